//! `bundle.json`: what a bundle holds, for which box, and which of two is the newer. It is what is signed.
//!
//! It must not be believed before its signature was verified, and even then not beyond the limits that are here.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::place::Place;
use crate::refusal::Refusal;

/// Of the bundle's layout. A box refuses newer ones than it knows.
pub const FORMAT: u32 = 1;
pub const LARGEST_MANIFEST: u64 = 1 << 21;
const MOST_FILES: usize = 10_000;
const MIB: u64 = 1 << 20;
const LARGEST_SEALED: u64 = MIB;
const LARGEST_TEXT: u64 = 16 * MIB;
const LARGEST_MODEL: u64 = 2048 * MIB;
const LARGEST_UPDATE: u64 = 4095 * MIB; // what FAT can hold
const LARGEST_SITE: u64 = 4096 * MIB;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub format: u32,
    /// The public key of the box that it is for.
    #[serde(rename = "box")]
    pub recipient: String,
    /// A box takes only a higher one than the last.
    pub version: u64,
    pub made: Timestamp,
    /// The site, whole; none leaves the site as it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Entry>,
    /// A RAUC bundle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update: Option<Blob>,
    /// Back to how the box was when it was unpacked.
    #[serde(default, skip_serializing_if = "is_false")]
    pub reset: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub path: Place,
    pub size: u64,
    pub sha256: Digest,
}

/// Bytes on the stick: `portaveu/files/<sha256>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blob {
    pub size: u64,
    pub sha256: Digest,
}

/// 64 small hexadecimal digits, so that it is safe as a file's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(String);

impl Digest {
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest as _;
        Self::from_hash(sha2::Sha256::new_with_prefix(bytes))
    }

    pub fn from_hash(hash: sha2::Sha256) -> Self {
        use sha2::Digest as _;
        Self(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.0
    }
}

impl TryFrom<String> for Digest {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        let good = text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if good { Ok(Self(text)) } else { Err("a sha256 is 64 hexadecimal digits") }
    }
}

/// Read before the rest, so that a newer format is told as that.
#[derive(Deserialize)]
struct Header {
    format: u32,
}

impl Manifest {
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        let broken = |error: serde_json::Error| Refusal::Manifest(error.to_string());
        let Header { format } = serde_json::from_slice(bytes).map_err(broken)?;
        if format != FORMAT {
            return Err(Refusal::Format(format));
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(broken)?;
        manifest.within_limits()?;
        Ok(manifest)
    }

    pub fn size(&self) -> u64 {
        let files = self.files.iter().map(|entry| entry.size);
        files.chain(self.update.as_ref().map(|update| update.size)).fold(0, u64::saturating_add)
    }

    fn within_limits(&self) -> Result<(), Refusal> {
        let said = |reason: &str| Err(Refusal::Manifest(reason.into()));
        match (self.files.is_empty(), &self.update, self.reset) {
            (true, None, false) => return said("it holds nothing"),
            (false, _, true) | (_, Some(_), true) => return said("a reset holds nothing else"),
            _ => {}
        }
        if self.files.len() > MOST_FILES {
            return Err(Refusal::TooMany(MOST_FILES));
        }
        self.sizes()?;
        self.places()
    }

    fn sizes(&self) -> Result<(), Refusal> {
        for entry in &self.files {
            let largest = match &entry.path {
                path if path.is_sealed() => LARGEST_SEALED,
                path if path.is_model() => LARGEST_MODEL,
                _ => LARGEST_TEXT,
            };
            fits(&entry.path.to_string(), entry.size, largest)?;
        }
        let site = self.files.iter().map(|entry| entry.size).fold(0, u64::saturating_add);
        fits("portaveu/files", site, LARGEST_SITE)?;
        self.update.as_ref().map_or(Ok(()), |update| fits("update.raucb", update.size, LARGEST_UPDATE))
    }

    fn places(&self) -> Result<(), Refusal> {
        let places: BTreeSet<&Place> = self.files.iter().map(|entry| &entry.path).collect();
        if places.len() < self.files.len() {
            return Err(Refusal::Manifest("a path is there twice".into()));
        }
        // Not next to each other in order ("council/a-b" comes between "council/a" and "council/a/b"), so all before are asked.
        let parents = |place: &Place| {
            let path = place.to_string();
            let above: Vec<Place> =
                path.match_indices('/').filter_map(|(at, _)| Place::new(&path[..at]).ok()).collect();
            above
        };
        if let Some(place) = places.iter().find(|place| parents(place).iter().any(|above| places.contains(above))) {
            return Err(Refusal::Manifest(format!("{place} is within a file")));
        }
        let settings = Place::new("portaveu.toml").ok();
        if !self.files.is_empty() && !settings.is_some_and(|settings| places.contains(&settings)) {
            return Err(Refusal::Manifest("a site has a portaveu.toml".into()));
        }
        Ok(())
    }
}

fn fits(what: &str, size: u64, largest: u64) -> Result<(), Refusal> {
    if size <= largest { Ok(()) } else { Err(Refusal::TooBig { what: what.into(), largest }) }
}

fn is_false(value: &bool) -> bool {
    !value
}
