//! What became of a stick: a file that people can read and programs too, signed by the box, kept on the box and written to the
//! stick. There must be nothing secret in it.

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::disk;
use crate::identity::Identity;
use crate::manifest::{Digest, Manifest};
use crate::refusal::{Refusal, Sentence};
use crate::stick::{RECEIPTS, Stick};

/// On the box; the oldest make room, so that a thousand sticks do not fill its disk.
const MOST_KEPT: usize = 100;
const LARGEST: u64 = 1 << 16;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Receipt {
    pub format: u32,
    #[serde(rename = "box")]
    pub name: String,
    pub at: Timestamp,
    pub outcome: Outcome,
    /// Of a refusal, for programs.
    pub reason: Option<String>,
    /// None if nobody who is trusted signed one.
    pub bundle: Option<Summary>,
    /// The version of the site that is in effect now.
    pub site: Option<u64>,
    /// Whether an update was installed, which begins to count when the box starts again.
    pub updated: bool,
    pub text: Sentence,
    /// What programs said that were asked.
    pub details: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Applied,
    /// All of it was applied before.
    Unchanged,
    Reset,
    Refused,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Summary {
    pub version: u64,
    pub made: Timestamp,
    pub manifest: Digest,
}

impl Summary {
    pub fn of(manifest: &Manifest, bytes: &[u8]) -> Self {
        Self { version: manifest.version, made: manifest.made, manifest: Digest::of(bytes) }
    }
}

impl Outcome {
    /// Of all but a refusal, which has its own.
    pub fn sentence(self) -> Sentence {
        let [es, ca, en] = match self {
            Self::Applied => ["aplicado", "aplicat", "applied"],
            Self::Unchanged => [
                "ya estaba aplicado; no cambia nada",
                "ja estava aplicat; no canvia res",
                "it was applied before; nothing changes",
            ],
            Self::Reset => [
                "el equipo está como salió de fábrica",
                "l'equip està com va eixir de fàbrica",
                "the box is as it left the factory",
            ],
            Self::Refused => ["no se acepta", "no s'accepta", "refused"],
        };
        Sentence { es: es.into(), ca: ca.into(), en: en.into() }
    }
}

/// A receipt as it is written: its name, its bytes, their signature.
pub struct Signed {
    name: String,
    bytes: Vec<u8>,
    signature: String,
}

impl Receipt {
    pub fn signed(&self, identity: &Identity) -> Result<Signed, Refusal> {
        let mut bytes = serde_json::to_vec_pretty(self).map_err(|error| Refusal::Own(error.to_string()))?;
        bytes.push(b'\n');
        let signature = identity.sign(&bytes)?;
        let moment = self.at.strftime("%Y%m%dT%H%M%SZ"); // FAT has no colons
        Ok(Signed { name: format!("{}-{moment}", self.name), bytes, signature })
    }
}

impl Signed {
    pub fn keep(&self, root: &Path) -> Result<(), Refusal> {
        let folder = root.join("receipts");
        disk::folder(&folder, 0o700)?;
        let taken = |name: &str| folder.join(format!("{name}.json")).exists();
        let name = self.free(&taken);
        disk::write(&folder.join(format!("{name}.json.minisig")), self.signature.as_bytes(), 0o600)?;
        disk::write(&folder.join(format!("{name}.json")), &self.bytes, 0o600)?;
        make_room(&folder)
    }

    /// The signature first: a receipt that is there has one.
    pub fn hand_over(&self, stick: &Stick) -> std::io::Result<()> {
        let name = self.free(&|name| stick.has(&format!("{RECEIPTS}/{name}.json")));
        stick.write(RECEIPTS, &format!("{name}.json.minisig"), self.signature.as_bytes())?;
        stick.write(RECEIPTS, &format!("{name}.json"), &self.bytes)
    }

    fn free(&self, taken: &dyn Fn(&str) -> bool) -> String {
        (0..MOST_KEPT).map(|number| numbered(&self.name, number)).find(|name| !taken(name)).unwrap_or(self.name.clone())
    }
}

/// A box without a clock may say the same moment twice. (An underscore comes after the dot, so that names stay in order.)
fn numbered(name: &str, number: usize) -> String {
    if number == 0 { name.to_owned() } else { format!("{name}_{number}") }
}

fn make_room(folder: &Path) -> Result<(), Refusal> {
    let found = fs::read_dir(folder).map_err(Refusal::own(folder))?;
    let receipts =
        found.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "json"));
    let mut by_age: Vec<_> =
        receipts.map(|path| (path.metadata().and_then(|found| found.modified()).ok(), path)).collect();
    by_age.sort();
    for (_, old) in &by_age[..by_age.len().saturating_sub(MOST_KEPT)] {
        disk::remove(old)?;
        disk::remove(&old.with_extension("json.minisig"))?;
    }
    Ok(())
}

/// A receipt as it was found.
pub struct Found {
    pub name: String,
    pub bytes: Vec<u8>,
    pub signature: Vec<u8>,
}

/// On a laptop: what a box wrote to a stick, oldest first.
pub fn on_stick(mount: &Path, name: &str) -> Result<Vec<Found>, Refusal> {
    let stick = Stick::open(mount)?;
    let Ok(entries) = fs::read_dir(mount.join(RECEIPTS)) else { return Ok(Vec::new()) };
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|file| file.starts_with(name) && file.ends_with(".json")).collect();
    names.sort();
    let read = |path: String| Ok(stick.small(&path, LARGEST)?.unwrap_or_default());
    let found = |name: String| {
        let path = format!("{RECEIPTS}/{name}");
        Ok(Found { name, bytes: read(path.clone())?, signature: read(format!("{path}.minisig"))? })
    };
    names.into_iter().map(found).collect()
}
