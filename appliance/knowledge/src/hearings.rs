//! `misheard/<language>.tsv`: what the recogniser made of the pack's examples when they were rendered and heard on a noisy
//! line (`portaveu pack hear` writes it). Two columns: what was said, what was heard. What is no example any more is
//! passed over, so that the file may be older than the pack.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use portaveu_call::Language;

use crate::pack_error::PackError;

/// What each text was heard as.
#[derive(Clone, Debug, Default)]
pub struct Hearings(HashMap<String, Vec<String>>);

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
                hearings.0.entry(said.to_owned()).or_default().push(heard.to_owned());
            }
        }
        Ok(hearings)
    }

    pub fn of(&self, said: &str) -> &[String] {
        self.0.get(said).map_or(&[], Vec::as_slice)
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
