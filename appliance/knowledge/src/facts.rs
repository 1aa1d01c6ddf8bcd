//! A council's own facts, which its texts name in braces: `{phone}` in an answer becomes the number that stands in
//! `facts.toml`. So a pack is made another council's by writing one short file.

use std::collections::BTreeMap;

use portaveu_call::Language;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Facts(pub BTreeMap<String, Fact>);

/// The same in every language, or different in some.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Fact {
    Same(String),
    ByLanguage(BTreeMap<Language, String>),
}

impl Fact {
    /// In a language, else in the council's first.
    pub fn text(&self, language: Language, first: Language) -> &str {
        match self {
            Self::Same(text) => text,
            Self::ByLanguage(texts) => texts.get(&language).or(texts.get(&first)).map_or("", String::as_str),
        }
    }
}

impl Facts {
    /// The text with every fact that it names. A straight quote becomes a curly one, since texts stand between them in TOML.
    pub fn fill(&self, text: &str, language: Language, first: Language) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, fact)| {
            text.replace(&format!("{{{name}}}"), &fact.text(language, first).replace('"', "”"))
        })
    }
}

/// The first word in braces, if a text has one.
pub fn placeholder(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once('{')?;
    rest.split_once('}').map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_filled_in_by_language() {
        let facts: Facts = toml::from_str("phone = \"96 1\"\naddress = { es = \"Plaza\", ca = \"Plaça\" }").unwrap();
        let fill = |language| facts.fill("{address}, {phone}, {other}", language, Language::Es);
        assert_eq!(fill(Language::Ca), "Plaça, 96 1, {other}");
        assert_eq!(fill(Language::En), "Plaza, 96 1, {other}");
        assert_eq!(placeholder(&fill(Language::Es)), Some("other"));
        assert_eq!(placeholder("none"), None);
    }
}
