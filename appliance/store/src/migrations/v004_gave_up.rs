//! Version 4: each hour counts callers who gave up while it rang. Of before nobody knows: none.

use redb::{ReadableTable, TableDefinition, WriteTransaction};

use crate::seal::Seal;
use crate::{StoreError, failed};

const TALLIES: TableDefinition<u32, &[u8]> = TableDefinition::new("tallies");

pub fn run(write: &WriteTransaction, _: &Seal) -> Result<(), StoreError> {
    let mut table = write.open_table(TALLIES).map_err(failed)?;
    for (hour, tally) in all(&table)? {
        table.insert(hour, with_one_more(tally)?.as_slice()).map_err(failed)?;
    }
    Ok(())
}

fn all(table: &impl ReadableTable<u32, &'static [u8]>) -> Result<Vec<(u32, Vec<u8>)>, StoreError> {
    let hours = table.iter().map_err(failed)?;
    hours.map(|entry| entry.map(|(hour, tally)| (hour.value(), tally.value().to_vec())).map_err(failed)).collect()
}

/// The new count stands behind all others.
fn with_one_more(tally: Vec<u8>) -> Result<Vec<u8>, StoreError> {
    Ok([tally, postcard::to_stdvec(&0u32)?].concat())
}
