//! A copy of the whole store as it is at one moment, while it goes on being used: for a backup. Browsers are not signed in
//! with it.

use std::path::Path;

use redb::{Builder, Database, Key, ReadTransaction, ReadableDatabase, ReadableTable, TableDefinition, Value};

use crate::room::{Disk, Room};
use crate::{Store, StoreError, accounts, bundles, callers, calls, failed, messages, migrations};
use crate::{postings, retention, tallies, versions};

/// Entries that are written in one transaction.
const AT_ONCE: usize = 50_000;

impl Store {
    /// Copy everything but sessions to a new file. Records stay sealed: the key is not in it, and is given back.
    pub fn copy_to(&self, path: &Path) -> Result<[u8; 32], StoreError> {
        let made = Builder::new().create(path).map_err(|error| StoreError::Open(path.display().to_string(), error))?;
        let from = self.database.begin_read().map_err(failed)?;
        let copy = Copy { disk: &self.disk, from: &from, into: &made };
        copy.table(migrations::META)?;
        copy.table(calls::CALLS.table)?;
        copy.table(calls::TURNS.table)?;
        copy.table(calls::OPEN)?;
        copy.table(calls::UNANSWERED)?;
        copy.table(postings::POSTINGS)?;
        copy.table(tallies::TALLIES)?;
        copy.table(callers::CALLER_KEYS.table)?;
        copy.table(messages::MESSAGES.table)?;
        copy.table(messages::SOUNDS)?;
        copy.table(accounts::USERS.table)?;
        copy.table(accounts::AUDIT.table)?;
        copy.table(versions::VERSIONS.table)?;
        copy.table(versions::DRAFTS.table)?;
        copy.table(versions::TEXTS)?;
        copy.table(bundles::BUNDLES)?;
        copy.table(bundles::METRICS)?;
        copy.table(retention::ENFORCED)?;
        let write = made.begin_write().map_err(failed)?;
        accounts::SESSIONS.table(&write)?;
        write.commit().map_err(failed)?;
        Ok(self.seal.key())
    }
}

struct Copy<'a> {
    disk: &'a Disk,
    from: &'a ReadTransaction,
    into: &'a Database,
}

impl Copy<'_> {
    fn table<K: Key + 'static, V: Value + 'static>(&self, table: TableDefinition<K, V>) -> Result<(), StoreError> {
        let from = self.from.open_table(table).map_err(failed)?;
        let mut entries = from.iter().map_err(failed)?.peekable();
        loop {
            if self.disk.room() < Room::Voices {
                return Err(StoreError::Full); // a copy must not be what fills the disk
            }
            let write = self.into.begin_write().map_err(failed)?;
            let mut into = write.open_table(table).map_err(failed)?;
            for entry in entries.by_ref().take(AT_ONCE) {
                let (key, value) = entry.map_err(failed)?;
                into.insert(key.value(), value.value()).map_err(failed)?;
            }
            drop(into);
            write.commit().map_err(failed)?;
            if entries.peek().is_none() {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use redb::TableHandle;

    #[test]
    fn no_table_is_forgotten_and_the_copy_opens() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("portaveu.redb");
        let store = Store::open(&path).unwrap();
        store.sign_out_everywhere("nobody").unwrap();
        let copy = folder.path().join("copy.redb");
        store.copy_to(&copy).unwrap();
        let names = |database: &Database| -> Vec<String> {
            let read = database.begin_read().unwrap();
            let tables = read.list_tables().unwrap();
            tables.map(|table| table.name().to_owned()).collect()
        };
        let copied = Builder::new().create(&copy).unwrap();
        assert_eq!(names(&copied), names(&store.database));
        drop(copied);
        std::fs::copy(path.with_extension("key"), copy.with_extension("key")).unwrap();
        Store::open(&copy).unwrap();
    }
}
