//! Version 2: messages and their sound.

use redb::{TableDefinition, WriteTransaction};

use crate::seal::Seal;
use crate::{StoreError, failed};

const MESSAGES: TableDefinition<u64, &[u8]> = TableDefinition::new("messages");
const SOUNDS: TableDefinition<u64, &[u8]> = TableDefinition::new("message_sounds");

pub fn run(write: &WriteTransaction, _: &Seal) -> Result<(), StoreError> {
    write.open_table(MESSAGES).map_err(failed)?;
    write.open_table(SOUNDS).map_err(failed)?;
    Ok(())
}
