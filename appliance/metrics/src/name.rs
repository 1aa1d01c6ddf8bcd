//! The only text in a bundle: the name of a topic, as the council published it, and the box's.
//!
//! A name must not be able to hold a sentence or a telephone number.

use serde::{Deserialize, Serialize};

const LONGEST: usize = 64;
const MOST_DIGITS: usize = 4;

/// Small letters, digits, `_`, `.` and `-`, beginning with a letter: "padron.register".
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

/// A text that must not be in a bundle.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "\"{0}\" cannot be the name of a topic or a box: it must begin with a letter and have at most {LONGEST} of a-z, 0-9, \
     \"_\", \".\" and \"-\", with at most {MOST_DIGITS} digits"
)]
pub struct NotAName(String);

impl Name {
    pub fn new(text: &str) -> Result<Self, NotAName> {
        Self::try_from(text.to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Name {
    type Error = NotAName;

    fn try_from(text: String) -> Result<Self, NotAName> {
        let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-');
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let is_name = text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.len() <= LONGEST
            && text.bytes().all(allowed)
            && digits <= MOST_DIGITS;
        if is_name { Ok(Self(text)) } else { Err(NotAName(text)) }
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_a_name() {
        for text in ["padron.register", "sports_pool-2", "box.2026"] {
            assert_eq!(Name::new(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn what_a_caller_says_or_a_telephone_number_is_none() {
        let long = "a".repeat(LONGEST + 1);
        for text in ["", "Vull empadronar-me", "quiero", "+34612345678", "612345678", "t.612345678", "padró", &long] {
            assert_eq!(Name::new(text).is_ok(), text == "quiero", "{text}");
        }
    }
}
