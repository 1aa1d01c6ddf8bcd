//! What is kept of calls, in redb: calls, their turns, and the messages that callers leave. A record that was acknowledged
//! survives a crash.
//!
//! It must not keep a voice nor a caller's number but in a message, and there sealed; and writing must never stall a
//! call: the [`Recorder`] has a thread.

mod messages;
mod migrations;
mod record;
mod recorder;
mod seal;

use std::path::Path;

use seal::{Seal, SealError};

use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};

pub use messages::{Message, MessageState};
pub use record::{Call, Outcome, Turn};
pub use recorder::Recorder;

const CALLS: TableDefinition<u64, &[u8]> = TableDefinition::new("calls");
const TURNS: TableDefinition<(u64, u32), &[u8]> = TableDefinition::new("turns");

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the store {0} cannot be opened: {1}; another portaveu may be using it")]
    Open(String, redb::DatabaseError),
    #[error("the store {0} is of version {1}, newer than this Portaveu's {2}; update the box")]
    TooNew(String, u32, u32),
    #[error("the store failed: {0}")]
    Failed(#[from] redb::Error),
    #[error("a record of the store cannot be read or written: {0}")]
    Record(#[from] postcard::Error),
    #[error("the store {0} holds sealed messages, and its key {1} is gone: bring it back from a backup")]
    NoKey(String, String),
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// Every error of redb is the same to a caller.
fn failed(error: impl Into<redb::Error>) -> StoreError {
    StoreError::Failed(error.into())
}

#[derive(Debug)]
pub struct Store {
    database: Database,
    seal: Seal,
}

impl Store {
    /// Open the store, make it if it is not there, and bring it to this version. Its key lies beside it.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let name = path.display().to_string();
        let database = Database::create(path).map_err(|error| StoreError::Open(name.clone(), error))?;
        migrations::run(&database, &name)?;
        let key = path.with_extension("key");
        if !key.exists() && messages::are_there(&database)? {
            return Err(StoreError::NoKey(name, key.display().to_string()));
        }
        Ok(Self { database, seal: Seal::with_key(&key)? })
    }

    /// Keep a call, as it is now.
    pub fn put_call(&self, call: &Call) -> Result<(), StoreError> {
        let bytes = postcard::to_stdvec(call)?;
        let write = self.database.begin_write().map_err(failed)?;
        write.open_table(CALLS).map_err(failed)?.insert(call.id, bytes.as_slice()).map_err(failed)?;
        write.commit().map_err(failed)
    }

    /// Keep turn `number` of a call, counted from 0.
    pub fn put_turn(&self, call: u64, number: u32, turn: &Turn) -> Result<(), StoreError> {
        let bytes = postcard::to_stdvec(turn)?;
        let write = self.database.begin_write().map_err(failed)?;
        write.open_table(TURNS).map_err(failed)?.insert((call, number), bytes.as_slice()).map_err(failed)?;
        write.commit().map_err(failed)
    }

    /// All calls, the oldest first.
    pub fn calls(&self) -> Result<Vec<Call>, StoreError> {
        let table = self.database.begin_read().map_err(failed)?.open_table(CALLS).map_err(failed)?;
        table.iter().map_err(failed)?.map(|entry| Ok(postcard::from_bytes(entry.map_err(failed)?.1.value())?)).collect()
    }

    /// The turns of a call, in order.
    pub fn turns(&self, call: u64) -> Result<Vec<Turn>, StoreError> {
        let table = self.database.begin_read().map_err(failed)?.open_table(TURNS).map_err(failed)?;
        let range = table.range((call, 0)..=(call, u32::MAX)).map_err(failed)?;
        range.map(|entry| Ok(postcard::from_bytes(entry.map_err(failed)?.1.value())?)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use portaveu_call::{Decision, Language};

    fn call(id: u64) -> Call {
        Call {
            id,
            line: "sip".into(),
            began: Timestamp::UNIX_EPOCH,
            ended: None,
            language: Language::Ca,
            outcome: Outcome::Open,
        }
    }

    fn turn(heard: &str) -> Turn {
        Turn {
            at: Timestamp::UNIX_EPOCH,
            heard: heard.into(),
            language: Language::Ca,
            confidence: 0.5,
            decision: Decision::Answer,
            topics: vec!["padron.register".into()],
        }
    }

    #[test]
    fn what_was_kept_is_there_after_opening_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("portaveu.redb");
        let store = Store::open(&path).unwrap();
        store.put_call(&call(7)).unwrap();
        store.put_turn(7, 0, &turn("primer")).unwrap();
        store.put_turn(7, 1, &turn("segon")).unwrap();
        store.put_turn(8, 0, &turn("d'un altre")).unwrap();
        drop(store);
        let store = Store::open(&path).unwrap();
        assert_eq!(store.calls().unwrap(), [call(7)]);
        assert_eq!(store.turns(7).unwrap(), [turn("primer"), turn("segon")]);
    }

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
