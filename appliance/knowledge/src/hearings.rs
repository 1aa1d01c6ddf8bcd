//! `misheard/<language>.tsv`: what the recogniser made of the pack's examples when they were rendered and heard on a noisy
//! line (`portaveu pack hear` writes it). Two columns: what was said, what was heard. What is no example any more is
//! passed over, so that the file may be older than the pack.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use portaveu_call::Language;

use crate::pack::PackError;

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
