//! Numbered steps from one version of the store to the next. A step that was released never changes; a new one is
//! added at the end: `template.rs.txt` shows how. All that are due run in one transaction: a store is of one version or of
//! the other.

mod v001_calls_and_turns;
mod v002_messages;
mod v003_all_sealed;
mod v004_gave_up;

use redb::{Database, ReadableTable, TableDefinition, WriteTransaction};

use crate::seal::Seal;
use crate::{StoreError, failed};

pub const META: TableDefinition<&str, u32> = TableDefinition::new("meta");
const VERSION: &str = "version";

type Step = fn(&WriteTransaction, &Seal) -> Result<(), StoreError>;

/// Step `n` leads from version `n` to `n + 1`.
const STEPS: [Step; 4] = [v001_calls_and_turns::run, v002_messages::run, v003_all_sealed::run, v004_gave_up::run];

pub fn run(database: &Database, seal: &Seal, name: &str) -> Result<(), StoreError> {
    let write = database.begin_write().map_err(failed)?;
    let version = version(&write)?;
    let due = STEPS.get(version as usize..).ok_or(StoreError::TooNew(name.to_owned(), version, STEPS.len() as u32))?;
    due.iter().try_for_each(|step| step(&write, seal))?;
    write.open_table(META).map_err(failed)?.insert(VERSION, STEPS.len() as u32).map_err(failed)?;
    write.commit().map_err(failed)
}

fn version(write: &WriteTransaction) -> Result<u32, StoreError> {
    let meta = write.open_table(META).map_err(failed)?;
    let version = meta.get(VERSION).map_err(failed)?.map_or(0, |value| value.value());
    Ok(version)
}

#[cfg(test)]
pub fn set_version(database: &Database, version: u32) -> Result<(), StoreError> {
    let write = database.begin_write().map_err(failed)?;
    write.open_table(META).map_err(failed)?.insert(VERSION, version).map_err(failed)?;
    write.commit().map_err(failed)
}
