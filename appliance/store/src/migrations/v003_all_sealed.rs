//! Version 3: calls and turns sealed as messages are, counted by the hour and found by terms; accounts, versions of the
//! council's knowledge, and bundles of counts. Calls of before are sealed and what was said in them is redacted; they are
//! neither counted nor found by terms.

use jiff::Timestamp;
use portaveu_call::{Decision, Language};
use redb::{ReadableTable, TableDefinition, WriteTransaction};
use serde::{Deserialize, Serialize};

use crate::redaction::redact;
use crate::seal::Seal;
use crate::sealed::SealedTable;
use crate::{StoreError, failed};

const OLD_CALLS: TableDefinition<u64, &[u8]> = TableDefinition::new("calls");
const OLD_TURNS: TableDefinition<(u64, u32), &[u8]> = TableDefinition::new("turns");
const CALLS: SealedTable<u64, Call> = SealedTable::new("sealed_calls", "call");
const TURNS: SealedTable<(u64, u32), Turn> = SealedTable::new("sealed_turns", "turn");
const BY_NUMBER: [&str; 4] = ["sealed_calls", "audit", "knowledge_versions", "bundles"];
const BY_NAME: [&str; 4] = ["users", "drafts", "metrics", "retention"];
const BY_BYTES: [&str; 2] = ["sessions", "texts"];
const BY_SMALL_NUMBER: [&str; 2] = ["tallies", "caller_keys"];

#[derive(Serialize, Deserialize)]
enum Outcome {
    Open,
    Answered,
    HandedOver,
    Unanswered,
}

#[derive(Deserialize)]
struct OldCall {
    id: u64,
    line: String,
    began: Timestamp,
    ended: Option<Timestamp>,
    language: Language,
    outcome: Outcome,
}

#[derive(Deserialize)]
struct OldTurn {
    at: Timestamp,
    heard: String,
    language: Language,
    confidence: f32,
    decision: Decision,
    topics: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct Call {
    id: u64,
    line: String,
    began: Timestamp,
    ended: Option<Timestamp>,
    language: Language,
    outcome: Outcome,
    caller: Option<u64>,
    department: Option<String>,
    topics: Vec<String>,
    answer_ms: Vec<u32>,
    waited_s: u32,
}

#[derive(Serialize, Deserialize)]
struct Turn {
    at: Timestamp,
    heard: String,
    language: Language,
    confidence: f32,
    decision: Decision,
    topics: Vec<String>,
    wrong: bool,
}

pub fn run(write: &WriteTransaction, seal: &Seal) -> Result<(), StoreError> {
    make_tables(write)?;
    seal_calls(write, seal)?;
    seal_turns(write, seal)?;
    write.delete_table(OLD_CALLS).map_err(failed)?;
    write.delete_table(OLD_TURNS).map_err(failed)?;
    Ok(())
}

/// So that reading an empty store finds them.
fn make_tables(write: &WriteTransaction) -> Result<(), StoreError> {
    for name in BY_NUMBER {
        write.open_table(TableDefinition::<u64, &[u8]>::new(name)).map_err(failed)?;
    }
    for name in BY_NAME {
        write.open_table(TableDefinition::<&str, &[u8]>::new(name)).map_err(failed)?;
    }
    for name in BY_BYTES {
        write.open_table(TableDefinition::<&[u8], &[u8]>::new(name)).map_err(failed)?;
    }
    for name in BY_SMALL_NUMBER {
        write.open_table(TableDefinition::<u32, &[u8]>::new(name)).map_err(failed)?;
    }
    write.open_table(TURNS.table).map_err(failed)?;
    write.open_table(TableDefinition::<(u64, u32), ()>::new("unanswered")).map_err(failed)?;
    write.open_table(TableDefinition::<(u64, u64), ()>::new("postings")).map_err(failed)?;
    write.open_table(TableDefinition::<u64, ()>::new("open_calls")).map_err(failed)?;
    Ok(())
}

fn seal_calls(write: &WriteTransaction, seal: &Seal) -> Result<(), StoreError> {
    for entry in write.open_table(OLD_CALLS).map_err(failed)?.iter().map_err(failed)? {
        let OldCall { id, line, began, ended, language, outcome } =
            postcard::from_bytes(entry.map_err(failed)?.1.value())?;
        let (caller, department, topics, answer_ms, waited_s) = Default::default();
        let call = Call { id, line, began, ended, language, outcome, caller, department, topics, answer_ms, waited_s };
        CALLS.put(write, seal, id, &call)?;
    }
    Ok(())
}

fn seal_turns(write: &WriteTransaction, seal: &Seal) -> Result<(), StoreError> {
    for entry in write.open_table(OLD_TURNS).map_err(failed)?.iter().map_err(failed)? {
        let (key, bytes) = entry.map_err(failed)?;
        let OldTurn { at, heard, language, confidence, decision, topics } = postcard::from_bytes(bytes.value())?;
        let heard = redact(&heard, language);
        TURNS.put(
            write,
            seal,
            key.value(),
            &Turn { at, heard, language, confidence, decision, topics, wrong: false },
        )?;
    }
    Ok(())
}
