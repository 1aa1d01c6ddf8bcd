//! Keys that sign (minisign, ed25519): a technician's, which boxes trust, and each box's own, for its receipts.

use std::io::Cursor;

use minisign::{KeyPair, PublicKey, SecretKey, SecretKeyBox, SignatureBox};

/// The public halves that may sign: of a file with one or more of minisign's.
pub struct Trusted(Vec<PublicKey>);

impl Trusted {
    pub fn parse(text: &str) -> Result<Self, String> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.contains("comment:"));
        let keys: Result<Vec<PublicKey>, _> = lines.map(PublicKey::from_base64).collect();
        match keys {
            Ok(keys) if !keys.is_empty() => Ok(Self(keys)),
            _ => Err("there is no minisign public key in it".into()),
        }
    }

    /// Whether one of them signed exactly these bytes.
    pub fn signed(&self, bytes: &[u8], signature: &[u8]) -> bool {
        let text = std::str::from_utf8(signature).unwrap_or_default();
        // minisign reads 64 bytes of the second signature, which may be fewer.
        let is_whole = text.lines().nth(3).is_some_and(|second| second.trim().len() >= 88);
        match SignatureBox::from_string(text) {
            Ok(signature) if is_whole => self
                .0
                .iter()
                .any(|key| minisign::verify(key, &signature, Cursor::new(bytes), true, false, false).is_ok()),
            _ => false,
        }
    }
}

/// A signature as minisign's own program writes it.
pub fn sign(key: &SecretKey, bytes: &[u8], comment: &str) -> Result<String, minisign::PError> {
    Ok(minisign::sign(None, key, Cursor::new(bytes), Some(comment), None)?.into_string())
}

/// A new pair, as the texts of two files: secret, public.
pub fn pair(passphrase: Option<String>) -> Result<(String, String), minisign::PError> {
    let pair = match passphrase {
        Some(passphrase) => KeyPair::generate_encrypted_keypair(Some(passphrase))?,
        None => KeyPair::generate_unencrypted_keypair()?,
    };
    Ok((pair.sk.to_box(Some("portaveu secret key"))?.into_string(), pair.pk.to_box()?.into_string()))
}

pub fn unlocked(text: &str) -> Option<SecretKey> {
    SecretKeyBox::from_string(text).ok()?.into_unencrypted_secret_key().ok()
}

pub fn unlock(text: &str, passphrase: String) -> Option<SecretKey> {
    SecretKeyBox::from_string(text).ok()?.into_secret_key(Some(passphrase)).ok()
}
