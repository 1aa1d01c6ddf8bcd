//! A stick's files, read as what they are: a stranger's. Nothing outside of the stick's own file system is opened, no link is
//! followed, no more is read than was announced, and each file is read once.

use std::fs::{File, Metadata};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat2, renameat};
use nix::sys::stat::{Mode, mkdirat};
use nix::unistd::{UnlinkatFlags, unlinkat};
use sha2::Digest as _;

use crate::manifest::{Blob, Digest};
use crate::refusal::Refusal;

pub const BUNDLE: &str = "portaveu/bundle.json";
pub const SIGNATURE: &str = "portaveu/bundle.json.minisig";
pub const FILES: &str = "portaveu/files";
pub const RECEIPTS: &str = "portaveu-receipts";
pub const BOXES: &str = "portaveu-boxes";
const LARGEST_SIGNATURE: u64 = 4096;

pub struct Stick {
    folder: OwnedFd,
}

impl Stick {
    pub fn open(mount: &Path) -> Result<Self, Refusal> {
        let folder = File::open(mount).map_err(|error| unreadable(&mount.display().to_string(), &error))?;
        Ok(Self { folder: folder.into() })
    }

    /// All of a small file, if it is there.
    pub fn small(&self, path: &str, largest: u64) -> Result<Option<Vec<u8>>, Refusal> {
        let Some((file, size)) = self.file(path)? else { return Ok(None) };
        if size > largest {
            return Err(Refusal::TooBig { what: path.into(), largest });
        }
        let mut bytes = Vec::new();
        file.take(largest).read_to_end(&mut bytes).map_err(|error| unreadable(path, &error))?;
        Ok(Some(bytes))
    }

    pub fn signature(&self) -> Result<Vec<u8>, Refusal> {
        self.small(SIGNATURE, LARGEST_SIGNATURE)?.ok_or(Refusal::Unsigned)
    }

    /// Copies what was signed; `what` is its name for people. What was written is not to be used when this fails.
    pub fn copy(&self, blob: &Blob, what: &str, to: &mut impl Write) -> Result<(), Refusal> {
        let path = format!("{FILES}/{}", blob.sha256.as_str());
        let (file, size) = self.file(&path)?.ok_or_else(|| Refusal::Missing(what.into()))?;
        if size != blob.size {
            return Err(Refusal::Changed(what.into()));
        }
        let mut copied = Hashed { to, hash: sha2::Sha256::new(), failed: None };
        let read = io::copy(&mut file.take(size), &mut copied);
        if let Some(error) = copied.failed {
            return Err(Refusal::Own(format!("{what} cannot be kept: {error}")));
        }
        let read = read.map_err(|error| unreadable(what, &error))?;
        let is_signed = read == size && Digest::from_hash(copied.hash) == blob.sha256;
        if is_signed { Ok(()) } else { Err(Refusal::Changed(what.into())) }
    }

    fn file(&self, path: &str) -> Result<Option<(File, u64)>, Refusal> {
        // Looked at before it is opened: to open a device or a pipe does something already.
        let looked = match self.at(path, OFlag::O_PATH) {
            Ok(found) => File::from(found).metadata(),
            Err(Errno::ENOENT) => return Ok(None),
            Err(Errno::ELOOP | Errno::EXDEV | Errno::ENOTDIR) => return Err(Refusal::NotAFile(path.into())),
            Err(error) => Err(error.into()),
        };
        let is_ordinary = |found: &Metadata| found.is_file() && found.nlink() <= 1;
        if !is_ordinary(&looked.map_err(|error| unreadable(path, &error))?) {
            return Err(Refusal::NotAFile(path.into()));
        }
        let opened = self.at(path, OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_NOCTTY).map(File::from);
        let file = opened.map_err(|error| unreadable(path, &error.into()))?;
        let found = file.metadata().map_err(|error| unreadable(path, &error))?;
        if is_ordinary(&found) { Ok(Some((file, found.len()))) } else { Err(Refusal::NotAFile(path.into())) }
    }

    fn at(&self, path: &str, flags: OFlag) -> Result<OwnedFd, Errno> {
        let inside = ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_SYMLINKS | ResolveFlag::RESOLVE_NO_XDEV;
        let mode = if flags.contains(OFlag::O_CREAT) { Mode::from_bits_truncate(0o644) } else { Mode::empty() };
        openat2(&self.folder, path, OpenHow::new().flags(flags | OFlag::O_CLOEXEC).mode(mode).resolve(inside))
    }

    pub fn has(&self, path: &str) -> bool {
        self.at(path, OFlag::O_PATH).is_ok()
    }

    /// A whole file in a folder at the stick's top, or none. What has its name already, makes room.
    pub fn write(&self, folder: &str, name: &str, bytes: &[u8]) -> io::Result<()> {
        match mkdirat(&self.folder, folder, Mode::from_bits_truncate(0o755)) {
            Err(error) if error != Errno::EEXIST => return Err(error.into()),
            _ => {}
        }
        let within = self.at(folder, OFlag::O_RDONLY | OFlag::O_DIRECTORY)?;
        let part = format!("{name}.part");
        let path = format!("{folder}/{part}");
        let mut file = File::from(self.at(&path, OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_TRUNC)?);
        let written = file.write_all(bytes).and_then(|()| file.sync_all());
        if written.is_err() {
            let _ = unlinkat(within.as_fd(), part.as_str(), UnlinkatFlags::NoRemoveDir); // the stick may be gone
        }
        written?;
        renameat(within.as_fd(), part.as_str(), within.as_fd(), name)?;
        File::from(within).sync_all()
    }
}

fn unreadable(what: &str, error: &io::Error) -> Refusal {
    Refusal::Unreadable { what: what.into(), why: error.to_string() }
}

/// Tells a disk that cannot be written from a stick that cannot be read.
struct Hashed<'a, W> {
    to: &'a mut W,
    hash: sha2::Sha256,
    failed: Option<io::Error>,
}

impl<W: Write> Write for Hashed<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.to.write_all(bytes) {
            Ok(()) => self.hash.update(bytes),
            Err(error) => {
                self.failed = Some(error);
                return Err(io::ErrorKind::Other.into());
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
