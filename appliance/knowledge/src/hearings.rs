//! `misheard/<language>.tsv`: what the recogniser made of the pack's examples when they were rendered and heard on a noisy
//! line (`portaveu pack hear` writes it). Two columns: what was said, what was heard. What is no example any more
//! still says how the language is misheard, so that the file may be older than the pack.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use portaveu_call::Language;

use crate::pack_error::PackError;

/// What was said in which language, and what was heard.
#[derive(Clone, Debug, Default)]
pub struct Hearings {
    pairs: Vec<(Language, String, String)>,
    by_text: HashMap<String, Vec<String>>,
}

impl Hearings {
    /// Of the languages that have such a file.
    pub fn load(council: &Path) -> Result<Self, PackError> {
        let mut hearings = Self::default();
        for language in Language::ALL {
            let path = file(council, language);
            if !path.exists() {
                continue;
            }
            let text = std::fs::read_to_string(&path).map_err(|error| PackError::Read(path.clone(), error))?;
            for (number, line) in text.lines().enumerate() {
                let (said, heard) = line.split_once('\t').ok_or_else(|| {
                    let what = "it needs what was said, a tab, and what was heard; `portaveu pack hear` writes it";
                    PackError::Line(path.clone(), number + 1, what.into())
                })?;
                hearings.by_text.entry(said.to_owned()).or_default().push(heard.to_owned());
                hearings.pairs.push((language, said.to_owned(), heard.to_owned()));
            }
        }
        Ok(hearings)
    }

    pub fn of(&self, said: &str) -> &[String] {
        self.by_text.get(said).map_or(&[], Vec::as_slice)
    }

    /// Language, what was said, what was heard: of examples of today and of before.
    pub fn pairs(&self) -> impl Iterator<Item = (Language, &str, &str)> + Clone {
        self.pairs.iter().map(|(language, said, heard)| (*language, said.as_str(), heard.as_str()))
    }
}

/// The file of a language in a council's folder.
pub fn file(council: &Path, language: Language) -> PathBuf {
    council.join(format!("misheard/{language}.tsv"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hearings_are_found_by_what_was_said_and_mistakes_by_their_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(folder.path(), Language::Ca);
        std::fs::create_dir(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "la multa\tla moda\nla multa\tl'amulta\n").unwrap();
        let hearings = Hearings::load(folder.path()).unwrap();
        assert_eq!((hearings.of("la multa").len(), hearings.of("la piscina").len()), (2, 0));
        std::fs::write(&path, "la multa\tla moda\nla mul").unwrap();
        let error = Hearings::load(folder.path()).unwrap_err().to_string();
        assert!(error.contains("ca.tsv, line 2") && error.contains("portaveu pack hear"), "{error}");
    }
}
