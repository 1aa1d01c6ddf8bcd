//! Who a box is: the age key that secrets are encrypted to, the key that signs its receipts, and the card with their public
//! halves that it writes to an empty stick. The secret halves must not leave the box.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use age::secrecy::ExposeSecret;
use age::x25519;
use jiff::Timestamp;
use minisign::{PublicKey, SecretKey};
use serde::{Deserialize, Serialize};

use crate::keys::{self, Trusted};
use crate::refusal::Refusal;
use crate::{disk, manifest};

const NAME_LENGTH: usize = 12;

pub struct Identity {
    opens: x25519::Identity,
    signs: SecretKey,
}

/// What a laptop must know of a box.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    pub format: u32,
    pub name: String,
    /// Secrets are encrypted to it.
    pub age: String,
    /// Receipts are verified with it.
    pub minisign: String,
    pub made: Timestamp,
}

impl Identity {
    /// Of a box, made if it has none. A half-made one was never told to anybody, and is made anew.
    pub fn of(root: &Path) -> Result<Self, Refusal> {
        disk::folder(root, 0o755)?;
        let path = |name: &str| root.join(name);
        if disk::read(&path("signing.key"))?.is_none() {
            let (secret, public) = keys::pair(None).map_err(|error| Refusal::Own(error.to_string()))?;
            disk::write(&path("signing.pub"), public.as_bytes(), 0o644)?;
            disk::write(&path("signing.key"), secret.as_bytes(), 0o600)?;
        }
        if disk::read(&path("identity"))?.is_none() {
            let made = x25519::Identity::generate();
            disk::write(&path("identity.pub"), format!("{}\n", made.to_public()).as_bytes(), 0o644)?;
            disk::write(&path("identity"), format!("{}\n", made.to_string().expose_secret()).as_bytes(), 0o600)?;
        }
        let opens = x25519::Identity::from_str(text(&path("identity"))?.trim()).map_err(damaged(path("identity")))?;
        let signs = keys::unlocked(&text(&path("signing.key"))?).ok_or("").map_err(damaged(path("signing.key")))?;
        Ok(Self { opens, signs })
    }

    pub fn recipient(&self) -> String {
        self.opens.to_public().to_string()
    }

    pub fn name(&self) -> String {
        name_of(&self.recipient())
    }

    pub fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        age::decrypt(&self.opens, sealed).ok()
    }

    pub fn sign(&self, bytes: &[u8]) -> Result<String, Refusal> {
        keys::sign(&self.signs, bytes, &format!("receipt of {}", self.name()))
            .map_err(|error| Refusal::Own(format!("the receipt cannot be signed: {error}")))
    }

    pub fn card(&self) -> Result<Card, Refusal> {
        let public = PublicKey::from_secret_key(&self.signs).map_err(|error| Refusal::Own(error.to_string()))?;
        Ok(Card {
            format: manifest::FORMAT,
            name: self.name(),
            age: self.recipient(),
            minisign: public.to_base64(),
            made: Timestamp::now(),
        })
    }
}

impl Card {
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let card: Self = serde_json::from_slice(bytes).map_err(|error| format!("it is no box's card: {error}"))?;
        x25519::Recipient::from_str(&card.age).map_err(|error| format!("its age key is damaged: {error}"))?;
        Trusted::parse(&card.minisign).map_err(|_| "its key for receipts is damaged".to_owned())?;
        if card.name == name_of(&card.age) { Ok(card) } else { Err("its name is not the one of its key".into()) }
    }

    pub fn seal(&self, plain: &[u8]) -> Result<Vec<u8>, String> {
        let recipient = x25519::Recipient::from_str(&self.age).map_err(str::to_owned)?;
        age::encrypt(&recipient, plain).map_err(|error| error.to_string())
    }

    pub fn signs(&self) -> Result<Trusted, String> {
        Trusted::parse(&self.minisign)
    }
}

/// `portaveu-` and the first letters of its key after `age1`: nobody has to invent a name, and none is there twice.
pub fn name_of(recipient: &str) -> String {
    let letters: String = recipient.chars().skip(4).take(NAME_LENGTH).collect();
    format!("portaveu-{letters}")
}

fn text(path: &Path) -> Result<String, Refusal> {
    std::fs::read_to_string(path).map_err(Refusal::own(path))
}

fn damaged<E>(path: PathBuf) -> impl FnOnce(E) -> Refusal {
    move |_| Refusal::Own(format!("{} is damaged; remove it, and make sticks with the box's new card", path.display()))
}
