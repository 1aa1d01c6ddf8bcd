//! A bundle's way off the stick: each file is copied once, hashed on its way, opened with the box's key where it is sealed, and is on
//! the disk before it counts. What lies in `staging/` is not in effect, and is removed at the next run.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use nix::sys::statvfs::statvfs;

use crate::appliance::Groups;
use crate::disk;
use crate::identity::Identity;
use crate::manifest::{Blob, Entry, Manifest};
use crate::refusal::Refusal;
use crate::site::RECORD;
use crate::stick::Stick;

/// Is left free for what the box keeps of calls.
const RESERVE: u64 = 64 << 20;

pub struct Staging {
    folder: PathBuf,
}

impl Staging {
    pub fn new(root: &Path) -> Result<Self, Refusal> {
        let folder = root.join("staging");
        disk::remove(&folder)?;
        disk::folder(&folder, 0o700)?;
        Ok(Self { folder })
    }

    pub fn site(&self) -> PathBuf {
        self.folder.join("site")
    }

    pub fn update(&self) -> PathBuf {
        self.folder.join("update.raucb")
    }

    /// Everything that the manifest names, or an error and nothing that counts.
    pub fn fill(
        &self,
        stick: &Stick,
        manifest: &Manifest,
        bytes: &[u8],
        identity: &Identity,
        groups: &Groups,
    ) -> Result<(), Refusal> {
        self.room(manifest.size())?;
        for entry in &manifest.files {
            self.take(stick, entry, identity, groups)?;
        }
        if !manifest.files.is_empty() {
            disk::write(&self.site().join(RECORD), bytes, 0o644)?;
            disk::sync_all(&self.site())?;
        }
        match &manifest.update {
            Some(update) => copy(stick, update, "update.raucb", &self.update(), (None, 0o600)),
            None => Ok(()),
        }
    }

    fn room(&self, size: u64) -> Result<(), Refusal> {
        let found = statvfs(&self.folder).map_err(|error| Refusal::own(&self.folder)(error.into()))?;
        let (free, needed) = (found.blocks_available() * found.fragment_size(), size.saturating_add(RESERVE));
        if needed <= free { Ok(()) } else { Err(Refusal::Full { needed: needed >> 20, free: free >> 20 }) }
    }

    fn take(&self, stick: &Stick, entry: &Entry, identity: &Identity, groups: &Groups) -> Result<(), Refusal> {
        let path = entry.path.below(&self.site());
        self.folders(path.parent().unwrap_or(&self.folder))?;
        let (blob, what) = (Blob { size: entry.size, sha256: entry.sha256.clone() }, entry.path.to_string());
        let owner = groups.of(entry.path.reader());
        if !entry.path.is_sealed() {
            return copy(stick, &blob, &what, &path, owner);
        }
        let mut sealed = Vec::new();
        stick.copy(&blob, &what, &mut sealed)?;
        let plain = identity.open(&sealed).ok_or(Refusal::Sealed(what))?;
        let file = owned(&path, owner).and_then(|mut file| {
            file.write_all(&plain)?;
            file.sync_all()
        });
        file.map_err(Refusal::own(&path))
    }

    fn folders(&self, folder: &Path) -> Result<(), Refusal> {
        fs::create_dir_all(folder).map_err(Refusal::own(folder))?;
        for part in folder.ancestors().take_while(|part| part != &self.folder) {
            fs::set_permissions(part, fs::Permissions::from_mode(0o755)).map_err(Refusal::own(part))?;
        }
        Ok(())
    }
}

fn copy(stick: &Stick, blob: &Blob, what: &str, path: &Path, owner: (Option<u32>, u32)) -> Result<(), Refusal> {
    let mut file = owned(path, owner).map_err(Refusal::own(path))?;
    stick.copy(blob, what, &mut file)?;
    file.sync_all().map_err(Refusal::own(path))
}

/// Given to its reader before there is anything in it.
fn owned(path: &Path, (group, mode): (Option<u32>, u32)) -> std::io::Result<File> {
    let file = disk::create(path, 0o600)?;
    fchown(&file, None, group)?;
    file.set_permissions(fs::Permissions::from_mode(mode))?;
    Ok(file)
}
