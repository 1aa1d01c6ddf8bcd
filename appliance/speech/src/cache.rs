//! Rendered phrases, kept as WAV files under a key of text, language, pace and voice. Rendered once, played by every call.
//!
//! It must not hold a half-written phrase: files appear whole.

use std::path::{Path, PathBuf};

use portaveu_call::{Language, Pace};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::sound::{SoundError, read_wav, write_wav};
use crate::{Voice, normalise};

/// Something the box says.
#[derive(Clone, Debug, Hash, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phrase {
    /// As the council wrote it.
    pub text: String,
    pub language: Language,
    #[serde(default)]
    pub pace: Pace,
}

impl Phrase {
    /// The text as it is read aloud.
    pub fn spoken(&self) -> String {
        normalise::for_speech(&self.text, self.language)
    }
}

/// The folder of rendered phrases.
#[derive(Clone, Debug)]
pub struct PhraseCache(PathBuf);

impl PhraseCache {
    pub fn open(folder: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        Ok(Self(folder.to_owned()))
    }

    pub fn path(&self, phrase: &Phrase) -> PathBuf {
        let voice = Voice::of(phrase.language).identity();
        let key = Sha256::digest(format!("{voice}\0{:?}\0{}", phrase.pace, phrase.spoken()));
        let name: String = key.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        self.0.join(format!("{}-{name}.wav", phrase.language))
    }

    pub fn has(&self, phrase: &Phrase) -> bool {
        self.path(phrase).is_file()
    }

    /// The phrase's sound; a damaged file is removed, so that it is rendered again.
    pub fn get(&self, phrase: &Phrase) -> Option<Vec<i16>> {
        let path = self.path(phrase);
        if !path.is_file() {
            return None;
        }
        read_wav(&path)
            .inspect_err(|error| {
                tracing::warn!("a rendered phrase is damaged and will be rendered again: {error}");
                let _ = std::fs::remove_file(&path);
            })
            .ok()
    }

    pub fn put(&self, phrase: &Phrase, samples: &[i16]) -> Result<(), SoundError> {
        write_wav(&self.path(phrase), samples)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_is_found_under_its_own_key_only() {
        let folder = tempfile::tempdir().unwrap();
        let cache = PhraseCache::open(folder.path()).unwrap();
        let phrase = Phrase { text: "Buenos días.".into(), language: Language::Es, pace: Pace::Normal };
        cache.put(&phrase, &[5; 3200]).unwrap();
        assert_eq!(cache.get(&phrase), Some(vec![5; 3200]));
        assert!(!cache.has(&Phrase { pace: Pace::Slow, ..phrase.clone() }));
        assert!(!cache.has(&Phrase { text: "Buenas tardes.".into(), ..phrase }));
    }

    #[test]
    fn a_damaged_phrase_is_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        let cache = PhraseCache::open(folder.path()).unwrap();
        let phrase = Phrase { text: "Hola.".into(), language: Language::Es, pace: Pace::Normal };
        std::fs::write(cache.path(&phrase), "garbage").unwrap();
        assert_eq!(cache.get(&phrase), None);
        assert!(!cache.has(&phrase));
    }
}
