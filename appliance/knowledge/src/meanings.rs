//! Embeddings of the examples, kept between publishings: an edited pack embeds only what is new in it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::embed::{EmbedError, Embedder};

/// Texts that are embedded between two savings, so that learning that is cut short goes on from there.
const CHUNK: usize = 1500;

/// Changes when a text is embedded otherwise: what is known by the old way is made anew.
const FORM: u32 = 2;

/// The start of a text's SHA-256.
type Key = [u8; 8];

pub struct Meanings {
    path: PathBuf,
    /// As half floats.
    known: BTreeMap<Key, Vec<u16>>,
}

impl Meanings {
    /// What was kept in `path`; nothing, if it is of another model or damaged.
    pub fn open(path: &Path, dimensions: usize) -> Self {
        let kept = std::fs::read(path).ok().and_then(|bytes| postcard::from_bytes(&bytes).ok());
        let mut known: BTreeMap<Key, Vec<u16>> = kept.unwrap_or_default();
        known.retain(|_, embedding| embedding.len() == dimensions);
        Self { path: path.to_owned(), known }
    }

    /// The embeddings of these texts, of which the unknown ones are made. Others are forgotten.
    pub fn of(&mut self, texts: &[&str], embedder: &Embedder) -> Result<Vec<Vec<f32>>, EmbedError> {
        let keys: Vec<Key> = texts.iter().map(|text| key(text)).collect();
        let mut new: BTreeMap<Key, &str> = keys.iter().copied().zip(texts.iter().copied()).collect();
        self.known.retain(|key, _| new.contains_key(key));
        new.retain(|key, _| !self.known.contains_key(key));
        let new: Vec<(Key, &str)> = new.into_iter().collect();
        for (number, chunk) in new.chunks(CHUNK).enumerate() {
            tracing::info!("learning what callers say: {} of {} new examples", number * CHUNK, new.len());
            let embedded = embedder.embed_all(&chunk.iter().map(|(_, text)| *text).collect::<Vec<_>>())?;
            let halves = embedded.iter().map(|row| row.iter().map(|v| half::f16::from_f32(*v).to_bits()).collect());
            self.known.extend(chunk.iter().map(|(key, _)| *key).zip(halves));
            self.keep()?;
        }
        let whole = |halves: &Vec<u16>| halves.iter().map(|bits| half::f16::from_bits(*bits).to_f32()).collect();
        Ok(keys.iter().filter_map(|key| self.known.get(key)).map(whole).collect())
    }

    fn keep(&self) -> std::io::Result<()> {
        let bytes = postcard::to_stdvec(&self.known).map_err(std::io::Error::other)?;
        crate::learn::write_whole(&self.path, &bytes)
    }
}

fn key(text: &str) -> Key {
    let hash = Sha256::digest(format!("{FORM} {text}"));
    let mut key = Key::default();
    key.iter_mut().zip(hash).for_each(|(key, byte)| *key = byte);
    key
}
