//! What is on the disk when the power goes: files and names are there before anything says that they are.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use crate::refusal::Refusal;

/// The whole file, or what was there before.
pub fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Refusal> {
    let part = path.with_extension("part");
    let written = create(&part, mode).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(Refusal::own(&part))?;
    fs::rename(&part, path).map_err(Refusal::own(path))?;
    sync(path.parent().unwrap_or(Path::new(".")))
}

/// A new file with this mode, whatever the umask is.
pub fn create(path: &Path, mode: u32) -> io::Result<File> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.set_permissions(Permissions::from_mode(mode))?;
    Ok(file)
}

pub fn folder(path: &Path, mode: u32) -> Result<(), Refusal> {
    let made = fs::create_dir_all(path).and_then(|()| fs::set_permissions(path, Permissions::from_mode(mode)));
    made.map_err(Refusal::own(path))
}

/// The names in a folder.
pub fn sync(folder: &Path) -> Result<(), Refusal> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(Refusal::own(folder))
}

/// The names in a folder and in all folders below.
pub fn sync_all(folder: &Path) -> Result<(), Refusal> {
    for entry in fs::read_dir(folder).map_err(Refusal::own(folder))? {
        let entry = entry.map_err(Refusal::own(folder))?;
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            sync_all(&entry.path())?;
        }
    }
    sync(folder)
}

/// A file, link or folder, with all that is in it; it may be gone already.
pub fn remove(path: &Path) -> Result<(), Refusal> {
    let is_folder = fs::symlink_metadata(path).is_ok_and(|found| found.is_dir());
    let removed = if is_folder { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Refusal::own(path)(error)),
        _ => Ok(()),
    }
}

/// What is in a folder, not the folder.
pub fn empty(folder: &Path) -> Result<(), Refusal> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(Refusal::own(folder))?,
    };
    for entry in entries {
        remove(&entry.map_err(Refusal::own(folder))?.path())?;
    }
    sync(folder)
}

/// What a file holds, if there is one.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>, Refusal> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        read => read.map(Some).map_err(Refusal::own(path)),
    }
}
