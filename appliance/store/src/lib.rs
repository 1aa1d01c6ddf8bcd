//! What is kept, in redb: calls and their turns, messages, counts by the hour, the panel's accounts and its log, versions of
//! the council's knowledge, and bundles on their way to the broker. A record that was acknowledged survives a crash.
//!
//! It must not keep a voice nor a caller's number but in a message; all that is personal is sealed; and writing must never
//! stall a call: the [`Recorder`] has a thread.

mod accounts;
mod bundles;
mod callers;
mod calls;
mod copy;
mod messages;
mod migrations;
mod postings;
mod publication;
mod record;
mod recorder;
pub mod redaction;
mod retention;
mod room;
mod seal;
mod sealed;
mod tallies;
mod versions;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Mutex;

use redb::{Builder, Database, ReadableDatabase, ReadableTableMetadata, StorageBackend, WriteTransaction};

use room::{Disk, Room};
use seal::{Seal, SealError};

pub use accounts::{Audit, Role, Session, User};
pub use bundles::Counted;
pub use calls::Unanswered;
pub use messages::{Message, MessageState};
pub use postings::Search;
pub use publication::{Publication, PublishedText};
pub use record::{Call, Outcome, Turn};
pub use recorder::Recorder;
pub use retention::{Holding, Removed, Retention};
pub use tallies::{ANSWER_MS, Tally, WAITED_S};
pub use versions::{Draft, TextHash, Version, hash};

/// What redb may keep of the file in memory.
const CACHE: usize = 64 << 20;

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the store {0} cannot be opened: {1}; another portaveu may be using it")]
    Open(String, redb::DatabaseError),
    #[error("the store {0} cannot be made: {1}")]
    Made(String, std::io::Error),
    #[error("the store {0} is of version {1}, newer than this Portaveu's {2}; update the box")]
    TooNew(String, u32, u32),
    #[error("the store failed: {0}")]
    Failed(#[from] redb::Error),
    #[error("a record of the store cannot be read or written: {0}")]
    Record(#[from] postcard::Error),
    #[error(
        "the store {0} holds sealed records, and its key {1} is not there: where systemd has the key, ask while the box runs; else bring it back from a backup"
    )]
    NoKey(String, String),
    #[error("the disk is full: nothing more is kept until there is room")]
    Full,
    #[error(transparent)]
    Seal(#[from] SealError),
}

impl StoreError {
    /// Another program has the store.
    pub fn is_in_use(&self) -> bool {
        matches!(self, Self::Open(_, redb::DatabaseError::DatabaseAlreadyOpen))
    }
}

/// Every error of redb is the same to a caller.
fn failed(error: impl Into<redb::Error>) -> StoreError {
    StoreError::Failed(error.into())
}

#[derive(Debug)]
pub struct Store {
    database: Database,
    seal: Seal,
    disk: Disk,
    /// For the terms that calls are found by.
    index_key: [u8; 32],
    /// The month's key for callers' numbers.
    caller_key: Mutex<Option<(u32, [u8; 32])>>,
}

impl Store {
    /// Open the store, make it if it is not there, and bring it to this version. So it is with its key.
    pub fn open_with(path: &Path, key: &Path) -> Result<Self, StoreError> {
        let name = path.display().to_string();
        let open = |path: &Path| {
            let database = Builder::new().set_cache_size(CACHE).create(path);
            database.map_err(|error| StoreError::Open(name.clone(), error))
        };
        if !path.exists() {
            // Whole or not at all: power lost here must not leave a file that is no store.
            let part = path.with_extension("redb.part");
            let _ = std::fs::remove_file(&part);
            drop(Self::with(open(&part)?, path, key)?);
            let only_ours = std::fs::set_permissions(&part, std::fs::Permissions::from_mode(0o600));
            only_ours.map_err(|error| StoreError::Made(name.clone(), error))?;
            std::fs::rename(&part, path).map_err(|error| StoreError::Made(name.clone(), error))?;
        }
        Self::with(open(path)?, path, key)
    }

    /// The same, with the key beside it.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_with(path, &path.with_extension("key"))
    }

    /// The same on storage of another kind, as crash tests have; the key lies beside `path` all the same.
    pub fn open_on(storage: impl StorageBackend, path: &Path) -> Result<Self, StoreError> {
        let open = |error| StoreError::Open(path.display().to_string(), error);
        Self::with(
            Builder::new().set_cache_size(CACHE).create_with_backend(storage).map_err(open)?,
            path,
            &path.with_extension("key"),
        )
    }

    fn with(database: Database, path: &Path, key: &Path) -> Result<Self, StoreError> {
        let name = path.display().to_string();
        if !key.exists() && is_sealed(&database)? {
            return Err(StoreError::NoKey(name, key.display().to_string()));
        }
        let seal = Seal::with_key(key)?;
        migrations::run(&database, &seal, &name)?;
        let disk = Disk::new(path.parent().unwrap_or(Path::new(".")).to_owned());
        let (index_key, caller_key) = (seal.derived("terms"), Mutex::new(None));
        let store = Self { database, seal, disk, index_key, caller_key };
        if store.disk.room() > Room::Nothing {
            store.end_lost_calls()?;
        }
        Ok(store)
    }

    /// Write something more, if there is room for it.
    fn add<T>(&self, work: impl FnOnce(&WriteTransaction) -> Result<T, StoreError>) -> Result<T, StoreError> {
        if self.disk.room() == Room::Nothing { Err(StoreError::Full) } else { self.write(work) }
    }

    /// All of the work, or nothing; durable when this returns. A crash needs no repair that reads the whole file.
    fn write<T>(&self, work: impl FnOnce(&WriteTransaction) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut write = self.database.begin_write().map_err(failed)?;
        write.set_quick_repair(true); // commits in two phases besides
        let done = work(&write)?;
        write.commit().map_err(failed)?;
        Ok(done)
    }
}

/// Whether there is anything that only its key can open.
fn is_sealed(database: &Database) -> Result<bool, StoreError> {
    let read = database.begin_read().map_err(failed)?;
    Ok(holds(&read, messages::MESSAGES.table)?
        || holds(&read, calls::CALLS.table)?
        || holds(&read, accounts::USERS.table)?
        || holds(&read, versions::DRAFTS.table)?)
}

fn holds<K: redb::Key + 'static>(
    read: &redb::ReadTransaction,
    table: redb::TableDefinition<K, &'static [u8]>,
) -> Result<bool, StoreError> {
    match read.open_table(table) {
        Ok(table) => table.is_empty().map(|is_empty| !is_empty).map_err(failed),
        Err(redb::TableError::TableDoesNotExist(_)) => Ok(false),
        Err(error) => Err(failed(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_store_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("portaveu.redb");
        migrations::set_version(&Store::open(&path).unwrap().database, 99).unwrap();
        assert!(matches!(Store::open(&path), Err(StoreError::TooNew(_, 99, _))));
    }

    #[test]
    fn a_file_that_is_no_store_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("portaveu.redb");
        std::fs::write(&path, "a letter to the mayor, long enough to be read as something").unwrap();
        let error = Store::open(&path).unwrap_err().to_string();
        assert!(error.contains("portaveu.redb"), "{error}");
    }
}
