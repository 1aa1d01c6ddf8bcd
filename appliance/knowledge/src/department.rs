//! Whom the council names for some topics, and by which telephones they are reached.

use std::collections::BTreeMap;

use portaveu_call::Language;
use serde::Deserialize;

use crate::features::plain;
use crate::pack::Pack;

/// How callers name departments, article and all, by department and language.
pub type Called = BTreeMap<String, BTreeMap<Language, Vec<String>>>;

/// Stands in an example for each name of each department.
const DEPARTMENT: &str = "{department}";
/// A word as short as this, at the beginning of a name, is an article.
const ARTICLE: usize = 3;
/// A name as long as this is hardly the end of another word, when what is before it is as long as "con" and "amb".
const LONG: usize = 6;
const WITH: usize = 3;

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

impl Pack {
    /// The example as it is, or once with each department's name in it.
    pub fn with_each_department(&self, example: &str, language: Language) -> Vec<String> {
        if !example.contains(DEPARTMENT) {
            return vec![example.to_owned()];
        }
        let names = self.called.values().filter_map(|names| names.get(&language)).flatten();
        names.map(|name| example.replace(DEPARTMENT, name)).collect()
    }

    /// The department that a caller who wants a person names; the longest name, should there be several. A long name may have
    /// a short word grown onto it: "con tributos" is heard as "contributos".
    pub fn department_named(&self, text: &str) -> Option<&str> {
        let text = format!(" {} ", plain(text));
        let grown = |name: &str| text.split(' ').any(|word| word.len() == name.len() + WITH && word.ends_with(name));
        let is_in = |name: &str| text.contains(&format!(" {name} ")) || name.len() >= LONG && grown(name);
        let names =
            self.called.iter().flat_map(|(id, names)| names.values().flatten().map(move |name| (id, bare(name))));
        let named = names.filter(|(_, name)| is_in(name));
        named.max_by_key(|(_, name)| name.len()).map(|(id, _)| id.as_str())
    }
}

/// A name without its article.
fn bare(name: &str) -> String {
    let name = plain(name);
    match name.split_once(' ') {
        Some((article, rest)) if article.len() <= ARTICLE => rest.to_owned(),
        _ => name,
    }
}

/// What a telephone's keys can dial.
fn is_dialable(extension: &str) -> bool {
    let digits = extension.strip_prefix('+').unwrap_or(extension);
    (1..=20).contains(&digits.len()) && digits.chars().all(|c| c.is_ascii_digit() || matches!(c, '*' | '#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn departments_are_known_by_what_callers_call_them() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../provisioning/example-council");
        let pack = Pack::load(&folder).unwrap();
        let named = [
            ("Quiero hablar con tributos", Some("tax")),
            ("quiero hablar contributos por favor", Some("tax")),
            ("Em pot passar amb els serveis socials?", Some("social")),
            ("Páseme con obras y servicios", Some("works")),
            ("Con la policía local", Some("police")),
            ("Estoy harto de las sobras", None),
            ("Quiero hablar con agricultura", None),
            ("Quiero hablar con una persona", None),
        ];
        named.iter().for_each(|(text, department)| assert_eq!(pack.department_named(text), *department, "{text}"));
    }
}
