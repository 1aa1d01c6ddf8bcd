//! The sites on the box: `sites/<version>/`, and the link `current`, which changes in one step. `last.json` says what was
//! applied to its end, so that what the power cut short is known as that, and an old bundle as an old one.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::disk;
use crate::manifest::Digest;
use crate::refusal::Refusal;

pub const RECORD: &str = "bundle.json";

pub struct Sites<'a> {
    root: &'a Path,
}

/// The last bundle that was applied to its end, whatever it held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Last {
    pub version: u64,
    /// None after a reset by hand, and for a site that came with the image.
    pub manifest: Option<Digest>,
    /// The site that was in effect then.
    pub site: Option<u64>,
}

impl<'a> Sites<'a> {
    pub fn of(root: &'a Path) -> Self {
        Self { root }
    }

    pub fn current(&self) -> Option<u64> {
        fs::read_link(self.root.join("current")).ok()?.file_name()?.to_str()?.parse().ok()
    }

    pub fn last(&self) -> Result<Option<Last>, Refusal> {
        let path = self.root.join("last.json");
        let read = disk::read(&path)?;
        let parsed = read.map(|bytes| serde_json::from_slice(&bytes)).transpose();
        parsed.map_err(|error| Refusal::own(&path)(error.into()))
    }

    /// The bundle that the current site came by.
    pub fn record(&self) -> Result<Option<Digest>, Refusal> {
        Ok(disk::read(&self.root.join("current").join(RECORD))?.map(|bytes| Digest::of(&bytes)))
    }

    /// No bundle below this version is taken.
    pub fn had(&self) -> Result<u64, Refusal> {
        Ok(self.last()?.map_or(0, |last| last.version).max(self.current().unwrap_or(0)))
    }

    /// Takes a folder in, whose files are on the disk already. It is not in effect yet.
    pub fn add(&self, staged: &Path, version: u64) -> Result<(), Refusal> {
        disk::folder(&self.root.join("sites"), 0o755)?;
        let folder = self.folder(version);
        disk::remove(&folder)?;
        fs::rename(staged, &folder).map_err(Refusal::own(&folder))?;
        disk::sync(&self.root.join("sites"))
    }

    pub fn switch(&self, version: Option<u64>) -> Result<(), Refusal> {
        let link = self.root.join("current");
        let Some(version) = version else {
            disk::remove(&link)?;
            return disk::sync(self.root);
        };
        let new = self.root.join("current.new");
        disk::remove(&new)?;
        let made = symlink(Path::new("sites").join(version.to_string()), &new).and_then(|()| fs::rename(&new, &link));
        made.map_err(Refusal::own(&link))?;
        disk::sync(self.root)
    }

    /// A bundle was applied to its end: other sites, and the secrets in them, are not needed any more.
    pub fn settle(&self, last: &Last) -> Result<(), Refusal> {
        let text = serde_json::to_vec_pretty(last).map_err(|error| Refusal::Own(error.to_string()))?;
        disk::write(&self.root.join("last.json"), &text, 0o644)?;
        self.clean()
    }

    /// A site that came with the image, and by no bundle, counts as applied to its end.
    pub fn adopt(&self) -> Result<(), Refusal> {
        match (self.last()?, self.current(), self.record()?) {
            (None, Some(version), None) => self.settle(&Last { version, manifest: None, site: Some(version) }),
            _ => Ok(()),
        }
    }

    /// Removes what an interrupted run left. While a new site is not settled, the one before it is kept, to go back to.
    pub fn clean(&self) -> Result<(), Refusal> {
        for leftover in ["current.new", "staging"] {
            disk::remove(&self.root.join(leftover))?;
        }
        let (current, settled) = (self.current(), self.last()?.and_then(|last| last.site));
        let Ok(folders) = fs::read_dir(self.root.join("sites")) else { return Ok(()) };
        for folder in folders.flatten() {
            let version = folder.file_name().to_str().and_then(|name| name.parse().ok());
            if version.is_none() || (version != current && version != settled) {
                disk::remove(&folder.path())?;
            }
        }
        Ok(())
    }

    /// Whether it can be gone back to.
    pub fn is_there(&self, version: u64) -> bool {
        self.folder(version).is_dir()
    }

    fn folder(&self, version: u64) -> PathBuf {
        self.root.join("sites").join(version.to_string())
    }
}
