//! Version 1: calls and turns. It makes the tables, so that reading an empty store finds them.

use redb::{TableDefinition, WriteTransaction};

use crate::seal::Seal;
use crate::{StoreError, failed};

const CALLS: TableDefinition<u64, &[u8]> = TableDefinition::new("calls");
const TURNS: TableDefinition<(u64, u32), &[u8]> = TableDefinition::new("turns");

pub fn run(write: &WriteTransaction, _: &Seal) -> Result<(), StoreError> {
    write.open_table(CALLS).map_err(failed)?;
    write.open_table(TURNS).map_err(failed)?;
    Ok(())
}
