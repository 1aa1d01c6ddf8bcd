//! Calls and their turns: written while they go on, found again by what they were about.
//!
//! It must not write a turn with what is personal in it, and a call that is over is counted once.

use std::collections::BTreeMap;

use jiff::Timestamp;
use portaveu_call::Decision;
use redb::{ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction};

use crate::postings::{self, Term};
use crate::redaction::redact;
use crate::room::Room;
use crate::sealed::SealedTable;
use crate::{Call, Outcome, Store, StoreError, Turn, failed, tallies};

pub const CALLS: SealedTable<u64, Call> = SealedTable::new("sealed_calls", "call");
pub const TURNS: SealedTable<(u64, u32), Turn> = SealedTable::new("sealed_turns", "turn");
/// Calls that are going on.
pub const OPEN: TableDefinition<u64, ()> = TableDefinition::new("open_calls");
/// Turns that had no answer, or a wrong one, and that nobody has dealt with.
pub const UNANSWERED: TableDefinition<(u64, u32), ()> = TableDefinition::new("unanswered");

/// A question that had no answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Unanswered {
    pub call: u64,
    pub turn: u32,
    pub question: Turn,
}

impl Store {
    /// A call goes on, and this is what is known of it.
    pub fn put_call(&self, call: &Call) -> Result<(), StoreError> {
        self.add(|write| {
            CALLS.put(write, &self.seal, call.id, call)?;
            write.open_table(OPEN).map_err(failed)?.insert(call.id, ()).map_err(failed)?;
            Ok(())
        })
    }

    /// A call is over: it is kept, counted and can be found.
    pub fn end_call(&self, call: &Call) -> Result<(), StoreError> {
        self.add(|write| self.end(write, call))
    }

    fn end(&self, write: &WriteTransaction, call: &Call) -> Result<(), StoreError> {
        if write.open_table(OPEN).map_err(failed)?.remove(call.id).map_err(failed)?.is_none() {
            return Ok(()); // it was counted before
        }
        if self.is_forgotten(write, call.id)? {
            return tallies::count(write, call); // as a number, and no more
        }
        self.file(write, call, &self.turns_of(write, call.id).unwrap_or_default()) // what can be read is counted
    }

    /// Keep a call that is over, with its turns: many in one transaction, for a store that is filled from elsewhere.
    pub fn import(&self, calls: &[(Call, Vec<Turn>)]) -> Result<(), StoreError> {
        self.add(|write| {
            for (call, turns) in calls {
                for (number, turn) in (0..).zip(turns) {
                    self.add_turn(write, call.id, number, turn)?;
                }
                self.file(write, call, &self.turns_of(write, call.id)?)?;
            }
            Ok(())
        })
    }

    /// Its caller, or staff, had it removed while it went on.
    fn is_forgotten(&self, write: &WriteTransaction, call: u64) -> Result<bool, StoreError> {
        Ok(CALLS.table(write)?.get(call).map_err(failed)?.is_none())
    }

    fn file(&self, write: &WriteTransaction, call: &Call, turns: &[Turn]) -> Result<(), StoreError> {
        CALLS.put(write, &self.seal, call.id, call)?;
        postings::add(write, call.id, &self.terms(call, turns))?;
        tallies::count(write, call)
    }

    /// Keep turn `number` of a call, counted from 0, without what is personal.
    pub fn put_turn(&self, call: u64, number: u32, turn: &Turn) -> Result<(), StoreError> {
        if self.disk.room() < Room::Words {
            return Ok(()); // the disk is nearly full: that there was a call is kept, and no more
        }
        self.add(
            |write| {
                if self.is_forgotten(write, call)? { Ok(()) } else { self.add_turn(write, call, number, turn) }
            },
        )
    }

    fn add_turn(&self, write: &WriteTransaction, call: u64, number: u32, turn: &Turn) -> Result<(), StoreError> {
        let kept = Turn { heard: redact(&turn.heard, turn.language), ..turn.clone() };
        TURNS.put(write, &self.seal, (call, number), &kept)?;
        if turn.decision == Decision::None {
            write.open_table(UNANSWERED).map_err(failed)?.insert((call, number), ()).map_err(failed)?;
        }
        Ok(())
    }

    /// Staff say that a turn's answer was not the right one. False when there is no such turn.
    pub fn mark_wrong(&self, call: u64, number: u32) -> Result<bool, StoreError> {
        self.write(|write| {
            let turn = TURNS.get(&TURNS.table(write)?, &self.seal, (call, number))?;
            let Some(turn) = turn else { return Ok(false) };
            TURNS.put(write, &self.seal, (call, number), &Turn { wrong: true, ..turn })?;
            postings::add(write, call, &[self.term(&Term::Wrong)])?;
            write.open_table(UNANSWERED).map_err(failed)?.insert((call, number), ()).map_err(failed)?;
            Ok(true)
        })
    }

    /// Questions that nobody has dealt with, the newest first.
    pub fn unanswered(&self, most: usize) -> Result<Vec<Unanswered>, StoreError> {
        let read = self.database.begin_read().map_err(failed)?;
        let (table, turns) =
            (read.open_table(UNANSWERED).map_err(failed)?, read.open_table(TURNS.table).map_err(failed)?);
        let mut found = Vec::new();
        for entry in table.iter().map_err(failed)?.rev().take(most) {
            let (call, turn) = entry.map_err(failed)?.0.value();
            if let Some(question) = TURNS.get(&turns, &self.seal, (call, turn))? {
                found.push(Unanswered { call, turn, question });
            }
        }
        Ok(found)
    }

    /// These questions are dealt with.
    pub fn settle(&self, questions: &[(u64, u32)]) -> Result<(), StoreError> {
        self.write(|write| {
            let mut table = write.open_table(UNANSWERED).map_err(failed)?;
            questions.iter().try_for_each(|question| table.remove(question).map(|_| ()).map_err(failed))
        })
    }

    pub fn call(&self, id: u64) -> Result<Option<Call>, StoreError> {
        let read = self.database.begin_read().map_err(failed)?;
        CALLS.get(&read.open_table(CALLS.table).map_err(failed)?, &self.seal, id)
    }

    /// The turns of a call by their numbers; some may not have been kept.
    pub fn turns(&self, call: u64) -> Result<BTreeMap<u32, Turn>, StoreError> {
        let read = self.database.begin_read().map_err(failed)?;
        self.turns_in(&read.open_table(TURNS.table).map_err(failed)?, call)
    }

    fn turns_of(&self, write: &WriteTransaction, call: u64) -> Result<Vec<Turn>, StoreError> {
        Ok(self.turns_in(&TURNS.table(write)?, call)?.into_values().collect())
    }

    fn turns_in(
        &self,
        table: &impl ReadableTable<(u64, u32), &'static [u8]>,
        call: u64,
    ) -> Result<BTreeMap<u32, Turn>, StoreError> {
        let range = table.range((call, 0)..=(call, u32::MAX)).map_err(failed)?;
        range
            .map(|entry| {
                let (key, sealed) = entry.map_err(failed)?;
                Ok((key.value().1, TURNS.open(&self.seal, &key.value(), sealed.value())?))
            })
            .collect()
    }

    /// Remove all that is known of a call; it stays counted, as a number. False when there is no such call.
    pub fn forget_call(&self, id: u64) -> Result<bool, StoreError> {
        self.write(|write| {
            let call = CALLS.get(&CALLS.table(write)?, &self.seal, id)?;
            call.map(|call| self.remove_call(write, id, Some(&call))).transpose().map(|removed| removed.is_some())
        })
    }

    /// `call`: what is known of it; what cannot be read is removed all the same.
    pub(crate) fn remove_call(&self, write: &WriteTransaction, id: u64, call: Option<&Call>) -> Result<(), StoreError> {
        let turns = self.turns_of(write, id).unwrap_or_default();
        let mut terms = call.map(|call| self.terms(call, &turns)).unwrap_or_default();
        terms.push(self.term(&Term::Wrong)); // the turns that it was marked in may be gone
        postings::remove(write, id, &terms)?;
        remove_turns(write, id)?;
        CALLS.table(write)?.remove(id).map_err(failed)?;
        Ok(())
    }

    /// Remove what was said in a call; that it was, and what it was about, stays.
    pub(crate) fn remove_words(&self, write: &WriteTransaction, id: u64) -> Result<(), StoreError> {
        let turns = self.turns_of(write, id).unwrap_or_default(); // what cannot be read goes all the same
        postings::remove(write, id, &self.word_terms(&turns))?;
        remove_turns(write, id)
    }

    /// Calls that were going on when the box lost power end now.
    pub(crate) fn end_lost_calls(&self) -> Result<(), StoreError> {
        self.write(|write| {
            let open: Vec<u64> = {
                let table = write.open_table(OPEN).map_err(failed)?;
                table
                    .iter()
                    .map_err(failed)?
                    .map(|entry| Ok(entry.map_err(failed)?.0.value()))
                    .collect::<Result<_, StoreError>>()?
            };
            for id in open {
                let Ok(Some(call)) = CALLS.get(&CALLS.table(write)?, &self.seal, id) else {
                    // Its caller had it forgotten, or it cannot be read: the box starts all the same.
                    write.open_table(OPEN).map_err(failed)?.remove(id).map_err(failed)?;
                    continue;
                };
                let last = self.turns_of(write, id).unwrap_or_default().last().map_or(call.began, |turn| turn.at);
                self.end(write, &Call { outcome: Outcome::Lost, ended: Some(last), ..call })?;
            }
            Ok(())
        })
    }
}

fn remove_turns(write: &WriteTransaction, call: u64) -> Result<(), StoreError> {
    let all = (call, 0)..=(call, u32::MAX);
    TURNS.table(write)?.retain_in(all.clone(), |_, _| false).map_err(failed)?;
    write.open_table(UNANSWERED).map_err(failed)?.retain_in(all, |_, ()| false).map_err(failed)
}

/// The first number that a call of this moment can have.
pub fn first_id(at: Timestamp) -> u64 {
    u64::try_from(at.as_microsecond()).unwrap_or_default()
}
