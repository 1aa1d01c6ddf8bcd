//! Whom the council names for some topics, and by which telephones they are reached.

use serde::Deserialize;

/// Who answers for some topics.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Department {
    pub name: String,
    /// Rung one after the other when a caller wants a person; nothing else is ever dialled.
    #[serde(default)]
    pub extensions: Vec<String>,
    /// Callers wait for their turn while all extensions are busy.
    #[serde(default)]
    pub queue: bool,
    /// The extension whose lamp says that messages wait.
    #[serde(default)]
    pub lamp: Option<String>,
    /// The office in whose opening hours somebody is there; without one, always.
    #[serde(default)]
    pub office: Option<String>,
}

impl Department {
    /// One of its telephones that no key can dial.
    pub fn undialable(&self) -> Option<&String> {
        self.extensions.iter().chain(&self.lamp).find(|extension| !is_dialable(extension))
    }
}

/// What a telephone's keys can dial.
fn is_dialable(extension: &str) -> bool {
    let digits = extension.strip_prefix('+').unwrap_or(extension);
    (1..=20).contains(&digits.len()) && digits.chars().all(|c| c.is_ascii_digit() || matches!(c, '*' | '#'))
}
