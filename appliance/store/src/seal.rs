//! Encryption of single records at rest (XChaCha20-Poly1305), with a key that only the box's user can read.
//!
//! It must not open a record under another name than it was sealed for: the name is authenticated with it.

use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use chacha20poly1305::aead::{Aead, AeadCore, KeyInit, OsRng, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;

const KEY_LENGTH: usize = 32;
const NONCE_LENGTH: usize = 24;

/// Why a record cannot be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error("the key {0} cannot be read or made: {1}")]
    Key(String, std::io::Error),
    #[error("the key {0} is damaged; without it what was sealed with it cannot be read: bring it back from a backup")]
    Damaged(String),
    #[error("a sealed record cannot be opened: it is damaged, or was sealed with another key")]
    Unreadable,
}

pub struct Seal {
    cipher: XChaCha20Poly1305,
    key: Key,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal") // never the key
    }
}

impl Seal {
    /// With the key in `path`, which is made when it is not there.
    pub fn with_key(path: &Path) -> Result<Self, SealError> {
        let name = path.display().to_string();
        let failed = |error| SealError::Key(name.clone(), error);
        if !path.exists() {
            let key = XChaCha20Poly1305::generate_key(&mut OsRng);
            // Whole or not at all: power lost here must not leave half a key.
            let part = path.with_extension("key.part");
            let mut options = std::fs::OpenOptions::new();
            let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&part).map_err(failed)?;
            file.write_all(&key).and_then(|()| file.sync_all()).map_err(failed)?;
            std::fs::rename(&part, path).map_err(failed)?;
        }
        let mut key = Vec::new();
        std::fs::File::open(path).and_then(|mut file| file.read_to_end(&mut key)).map_err(failed)?;
        if key.len() != KEY_LENGTH {
            return Err(SealError::Damaged(name));
        }
        let key = *Key::from_slice(&key);
        Ok(Self { cipher: XChaCha20Poly1305::new(&key), key })
    }

    /// For a backup, which nothing opens without it.
    pub fn key(&self) -> [u8; KEY_LENGTH] {
        self.key.into()
    }

    /// A key for something else, which does not tell this one.
    pub fn derived(&self, purpose: &str) -> [u8; KEY_LENGTH] {
        keyed_hash(&self.key.into(), purpose.as_bytes())
    }

    /// Nonce and ciphertext.
    pub fn close(&self, name: &str, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let nonce = XChaCha20Poly1305::generate_nonce(&mut OsRng);
        let payload = Payload { msg: plain, aad: name.as_bytes() };
        let sealed = self.cipher.encrypt(&nonce, payload).map_err(|_| SealError::Unreadable)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    pub fn open(&self, name: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (nonce, ciphertext) = sealed.split_at_checked(NONCE_LENGTH).ok_or(SealError::Unreadable)?;
        let payload = Payload { msg: ciphertext, aad: name.as_bytes() };
        self.cipher.decrypt(XNonce::from_slice(nonce), payload).map_err(|_| SealError::Unreadable)
    }
}

/// HMAC-SHA-256 of a text.
pub fn keyed_hash(key: &[u8; KEY_LENGTH], text: &[u8]) -> [u8; 32] {
    let mut block = hmac::digest::Key::<Hmac<Sha256>>::default(); // a shorter key is filled up with zeros (RFC 2104, 3)
    block[..KEY_LENGTH].copy_from_slice(key);
    <Hmac<Sha256> as Mac>::new(&block).chain_update(text).finalize().into_bytes().into()
}

/// Thirty-two bytes that nobody can guess.
pub fn random() -> [u8; KEY_LENGTH] {
    XChaCha20Poly1305::generate_key(&mut OsRng).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_and_name_open_it() {
        let folder = tempfile::tempdir().unwrap();
        let seal = Seal::with_key(&folder.path().join("key")).unwrap();
        let sealed = seal.close("message 7", b"call me").unwrap();
        assert!(!sealed.windows(7).any(|part| part == b"call me"));
        assert_eq!(Seal::with_key(&folder.path().join("key")).unwrap().open("message 7", &sealed).unwrap(), b"call me");
        assert!(seal.open("message 8", &sealed).is_err());
        assert!(Seal::with_key(&folder.path().join("other")).unwrap().open("message 7", &sealed).is_err());
        let mut damaged = sealed.clone();
        *damaged.last_mut().unwrap() ^= 1;
        assert!(seal.open("message 7", &damaged).is_err());
        assert!(seal.open("message 7", b"short").is_err());
    }

    #[test]
    fn a_damaged_key_is_named_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "half a key").unwrap();
        assert!(matches!(Seal::with_key(&path), Err(SealError::Damaged(_))));
        assert_eq!(std::fs::read(&path).unwrap(), b"half a key");
    }
}
