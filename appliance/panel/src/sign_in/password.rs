//! Passwords: hashed by Argon2id, long rather than strange.

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::prelude::{BASE64_STANDARD_NO_PAD, Engine as _};

pub const SHORTEST: usize = 12;
/// Nobody types more, and hashing takes time.
const LONGEST: usize = 200;
/// Memory in KiB, passes, lanes: OWASP's second choice, which a small box bears.
const COST: (u32, u32, u32) = (19_456, 2, 1);
/// Without letters and figures that are taken for one another.
const ALPHABET: &[u8] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// The box has no randomness, or Argon2 refuses.
#[derive(Debug, thiserror::Error)]
#[error("a password cannot be kept: {0}")]
pub struct PasswordError(String);

fn argon2() -> Result<Argon2<'static>, PasswordError> {
    let (memory, passes, lanes) = COST;
    let parameters = Params::new(memory, passes, lanes, None).map_err(|error| PasswordError(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters))
}

/// What is kept of a password.
pub fn hash(password: &str) -> Result<String, PasswordError> {
    let failed = |error: argon2::password_hash::Error| PasswordError(error.to_string());
    let salt = SaltString::from_b64(&BASE64_STANDARD_NO_PAD.encode(random::<16>()?)).map_err(failed)?;
    Ok(argon2()?.hash_password(password.as_bytes(), &salt).map_err(failed)?.to_string())
}

/// Takes as long for a hash that is none, so that nobody learns who has an account.
pub fn verify(password: &str, kept: Option<&str>) -> bool {
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let (Ok(argon2), Ok(hash)) = (argon2(), PasswordHash::new(kept.unwrap_or(NOBODY))) else { return false };
    password.len() <= LONGEST && argon2.verify_password(password.as_bytes(), &hash).is_ok() && kept.is_some()
}

/// Long enough, and not the name of who has it.
pub fn is_acceptable(password: &str, name: &str) -> bool {
    let length = password.chars().count();
    let letters: std::collections::HashSet<char> = password.chars().collect();
    (SHORTEST..=LONGEST).contains(&length)
        && letters.len() > 4
        && !password.to_lowercase().contains(&name.to_lowercase())
}

/// A password to be given to somebody, who then chooses another: sixteen signs, easy to read aloud.
pub fn invent() -> Result<String, PasswordError> {
    let signs: String =
        random::<16>()?.iter().map(|byte| ALPHABET[usize::from(*byte) % ALPHABET.len()] as char).collect();
    Ok([&signs[..4], &signs[4..8], &signs[8..12], &signs[12..]].join("-"))
}

pub fn random<const N: usize>() -> Result<[u8; N], PasswordError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| PasswordError(error.to_string()))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_password_is_taken() {
        let kept = hash("una clave muy larga").unwrap();
        assert!(kept.starts_with("$argon2id$"));
        assert!(verify("una clave muy larga", Some(&kept)));
        assert!(!verify("una clave muy larga ", Some(&kept)));
        assert!(!verify("una clave muy larga", None));
        assert!(!verify(&"x".repeat(100_000), Some(&kept)));
    }

    #[test]
    fn short_and_obvious_ones_are_refused() {
        assert!(!is_acceptable("corta", "pepa"));
        assert!(!is_acceptable("aaaaaaaaaaaaaaaa", "pepa"));
        assert!(!is_acceptable("Pepa-la-del-registro", "pepa"));
        assert!(is_acceptable("cuatro gatos en la plaza", "pepa"));
        assert!(is_acceptable(&invent().unwrap(), "pepa"));
        assert_ne!(invent().unwrap(), invent().unwrap());
    }
}
