//! The folder of models and its listing: what each file must be. A file is verified before a library loads it, since
//! the libraries end the process over a damaged one, or worse, use it.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};

/// Files without which a call cannot be held.
pub const NEEDED: [&str; 11] = [
    "whisper-base.bin",
    "silero_vad.onnx",
    "e5/encoder.safetensors",
    "e5/words.f16",
    "e5/tokenizer.json",
    "e5/config.json",
    "kokoro/model.onnx",
    "kokoro/voices.bin",
    "kokoro/tokens.txt",
    "sherpa/libsherpa-onnx-c-api.so",
    "sherpa/libonnxruntime.so",
];

/// What is wrong with a model, and the mend.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("{0}: cannot be read ({1}); run `make models` to fetch the models")]
    Listing(PathBuf, std::io::Error),
    #[error("{0}: is damaged ({1}); remove it and run `make models`")]
    BrokenListing(PathBuf, serde_json::Error),
    #[error("the model {0} was never fetched; run `make models`")]
    Unknown(PathBuf),
    #[error("the model {0} cannot be read ({1}); run `make models`")]
    Missing(PathBuf, std::io::Error),
    #[error("the model {0} is damaged: its checksum is another; remove it and run `make models`")]
    Damaged(PathBuf),
}

#[derive(Deserialize)]
struct Receipt {
    files: BTreeMap<String, Made>,
}

#[derive(Deserialize)]
struct Made {
    sha256: String,
}

/// The folder and the checksums that the model tool wrote.
#[derive(Debug)]
pub struct Models {
    folder: PathBuf,
    checksums: BTreeMap<String, String>,
}

impl Models {
    pub fn open(folder: &Path) -> Result<Self, ModelError> {
        let listing = folder.join("models.json");
        let text = std::fs::read(&listing).map_err(|error| ModelError::Listing(listing.clone(), error))?;
        let receipts: BTreeMap<String, Receipt> =
            serde_json::from_slice(&text).map_err(|error| ModelError::BrokenListing(listing, error))?;
        let files = receipts.into_values().flat_map(|receipt| receipt.files);
        Ok(Self { folder: folder.to_owned(), checksums: files.map(|(file, made)| (file, made.sha256)).collect() })
    }

    /// The path of a file that is what it must be.
    pub fn verified(&self, file: &str) -> Result<PathBuf, ModelError> {
        let path = self.folder.join(file);
        let Some(checksum) = self.checksums.get(file) else { return Err(ModelError::Unknown(path)) };
        match sha256(&path) {
            Ok(found) if found == *checksum => Ok(path),
            Ok(_) => Err(ModelError::Damaged(path)),
            Err(error) => Err(ModelError::Missing(path, error)),
        }
    }
}

fn sha256(path: &Path) -> std::io::Result<String> {
    let mut hash = Sha256::new();
    std::io::copy(&mut File::open(path)?, &mut hash)?;
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_listed_and_whole_is_given() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(Models::open(folder.path()), Err(ModelError::Listing(..))));
        let sum = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"; // of "foo"
        let listing = format!(r#"{{"m": {{"recipe": "x", "files": {{"a": {{"bytes": 3, "sha256": "{sum}"}}}}}}}}"#);
        std::fs::write(folder.path().join("models.json"), listing).unwrap();
        let models = Models::open(folder.path()).unwrap();
        assert!(matches!(models.verified("a"), Err(ModelError::Missing(..))));
        std::fs::write(folder.path().join("a"), "fob").unwrap();
        assert!(matches!(models.verified("a"), Err(ModelError::Damaged(_))));
        std::fs::write(folder.path().join("a"), "foo").unwrap();
        assert_eq!(models.verified("a").unwrap(), folder.path().join("a"));
        assert!(matches!(models.verified("b"), Err(ModelError::Unknown(_))));
    }
}
