//! How long what is kept: each kind has its time, and what is over it is removed. What is left can be shown.
//!
//! It must not hold up calls: it works in short transactions.

use jiff::{SignedDuration, Timestamp};
use redb::{ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition};
use serde::{Deserialize, Serialize};

use crate::accounts::AUDIT;
use crate::callers;
use crate::calls::{CALLS, TURNS, first_id};
use crate::messages::{MESSAGES, UNDONE_LONGER};
use crate::tallies::TALLIES;
use crate::{Call, Store, StoreError, failed};

/// The last time that retention was enforced.
pub const ENFORCED: TableDefinition<&str, &[u8]> = TableDefinition::new("retention");
const LAST: &str = "last";
/// Calls that are removed in one transaction.
const AT_ONCE: usize = 500;
/// Days that each kind is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// What callers said.
    pub words_days: u32,
    /// That there was a call, and what it was about.
    pub calls_days: u32,
    /// Messages that are done; others three times as long.
    pub messages_days: u32,
    /// Who saw and changed what in the panel.
    pub audit_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { words_days: 90, calls_days: 365, messages_days: 30, audit_days: 730 }
    }
}

/// How many records were removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    pub words: u64,
    pub calls: u64,
    pub messages: u64,
    pub audit: u64,
    pub sessions: u64,
    pub caller_keys: u64,
}

/// What there is of a kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    pub kind: String,
    pub records: u64,
    pub oldest: Option<Timestamp>,
    /// None: it is kept for good.
    pub days: Option<u32>,
}

impl Holding {
    /// Whether nothing is kept beyond its time, a day's grace given for the daily round.
    pub fn is_in_time(&self, now: Timestamp) -> bool {
        let (Some(oldest), Some(days)) = (self.oldest, self.days) else { return true };
        now.duration_since(oldest) <= after_days(days + 1)
    }
}

fn after_days(days: u32) -> SignedDuration {
    SignedDuration::from_hours(24 * i64::from(days))
}

impl Store {
    /// Remove what is over its time.
    pub fn enforce(&self, retention: &Retention, now: Timestamp) -> Result<Removed, StoreError> {
        let before = |days: u32| first_id(now - after_days(days));
        let removed = Removed {
            words: self.remove_words_before(before(retention.words_days))?,
            calls: self.remove_calls_before(before(retention.calls_days))?,
            messages: self.forget_messages(now, after_days(retention.messages_days))? as u64,
            audit: self.remove_audit_before(before(retention.audit_days))?,
            sessions: self.remove_sessions_if(|session| session.is_over(now))? as u64,
            caller_keys: self.write(|write| callers::forget_keys(write, now))? as u64,
        };
        let last = postcard::to_stdvec(&(now, removed))?;
        self.write(|write| {
            write.open_table(ENFORCED).map_err(failed)?.insert(LAST, last.as_slice()).map_err(failed)?;
            Ok(())
        })?;
        Ok(removed)
    }

    /// When it was enforced last, and what was removed then.
    pub fn last_enforced(&self) -> Result<Option<(Timestamp, Removed)>, StoreError> {
        let table = self.database.begin_read().map_err(failed)?.open_table(ENFORCED).map_err(failed)?;
        let last = table.get(LAST).map_err(failed)?;
        Ok(last.map(|bytes| postcard::from_bytes(bytes.value())).transpose()?)
    }

    fn remove_words_before(&self, first: u64) -> Result<u64, StoreError> {
        let mut removed = 0;
        loop {
            let mut calls = self.calls_with_words_before(first)?;
            if calls.is_empty() {
                return Ok(removed);
            }
            calls.dedup();
            removed += calls.len() as u64;
            self.write(|write| calls.iter().try_for_each(|call| self.remove_words(write, *call)))?;
        }
    }

    fn calls_with_words_before(&self, first: u64) -> Result<Vec<u64>, StoreError> {
        let turns = self.database.begin_read().map_err(failed)?.open_table(TURNS.table).map_err(failed)?;
        let range = turns.range(..(first, 0)).map_err(failed)?.take(AT_ONCE);
        range.map(|entry| Ok(entry.map_err(failed)?.0.value().0)).collect()
    }

    fn remove_calls_before(&self, first: u64) -> Result<u64, StoreError> {
        let mut removed = 0;
        loop {
            let calls = self.first_calls_before(first)?;
            if calls.is_empty() {
                return Ok(removed);
            }
            removed += calls.len() as u64;
            self.write(|write| calls.iter().try_for_each(|(id, call)| self.remove_call(write, *id, call.as_ref())))?;
        }
    }

    /// Their numbers, and what can be read of them: what cannot is removed all the same.
    fn first_calls_before(&self, first: u64) -> Result<Vec<(u64, Option<Call>)>, StoreError> {
        let table = self.database.begin_read().map_err(failed)?.open_table(CALLS.table).map_err(failed)?;
        let range = table.range(..first).map_err(failed)?.take(AT_ONCE);
        range
            .map(|entry| {
                let (id, sealed) = entry.map_err(failed)?;
                Ok((id.value(), CALLS.open(&self.seal, &id.value(), sealed.value()).ok()))
            })
            .collect()
    }

    fn remove_audit_before(&self, first: u64) -> Result<u64, StoreError> {
        self.write(|write| {
            let mut removed = 0;
            let count = |_: u64, _: &[u8]| {
                removed += 1;
                false
            };
            AUDIT.table(write)?.retain_in(..first, count).map_err(failed)?;
            Ok(removed)
        })
    }

    /// What is kept now, by kind.
    pub fn holdings(&self, retention: &Retention) -> Result<Vec<Holding>, StoreError> {
        let read = self.database.begin_read().map_err(failed)?;
        let calls = read.open_table(CALLS.table).map_err(failed)?;
        let turns = read.open_table(TURNS.table).map_err(failed)?;
        let messages = read.open_table(MESSAGES.table).map_err(failed)?;
        let audit = read.open_table(AUDIT.table).map_err(failed)?;
        let tallies = read.open_table(TALLIES).map_err(failed)?;
        let of_id = |id: u64| Timestamp::from_microsecond(i64::try_from(id).unwrap_or_default()).ok();
        let first = |id: Option<u64>| id.and_then(of_id);
        let holding =
            |kind: &str, records: Result<u64, redb::StorageError>, oldest, days| -> Result<Holding, StoreError> {
                Ok(Holding { kind: kind.to_owned(), records: records.map_err(failed)?, oldest, days })
            };
        let oldest_turn = turns.first().map_err(failed)?.map(|(key, _)| key.value().0);
        let oldest_hour = tallies.first().map_err(failed)?.map(|(hour, _)| i64::from(hour.value()) * 3600);
        let oldest_id = |table: &redb::ReadOnlyTable<u64, &'static [u8]>| -> Result<Option<u64>, StoreError> {
            Ok(table.first().map_err(failed)?.map(|(id, _)| id.value()))
        };
        Ok(vec![
            holding("words", turns.len(), first(oldest_turn), Some(retention.words_days))?,
            holding("calls", calls.len(), first(oldest_id(&calls)?), Some(retention.calls_days))?,
            holding(
                "messages",
                messages.len(),
                first(oldest_id(&messages)?),
                Some(UNDONE_LONGER * retention.messages_days),
            )?,
            holding("audit", audit.len(), first(oldest_id(&audit)?), Some(retention.audit_days))?,
            holding("counts", tallies.len(), oldest_hour.and_then(|s| Timestamp::from_second(s).ok()), None)?,
        ])
    }
}
