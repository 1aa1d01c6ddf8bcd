//! Counts by the hour, from which reports and metrics are made: no report reads calls.
//!
//! It must not hold anything of a single call but that it was one more.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::Timestamp;
use portaveu_call::Language;
use redb::{ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction};
use serde::{Deserialize, Serialize};

use crate::{Call, Outcome, Store, StoreError, failed};

/// Hours since 1970 to a [`Tally`].
pub const TALLIES: TableDefinition<u32, &[u8]> = TableDefinition::new("tallies");
const HOUR_S: i64 = 3600;
/// Upper ends of the classes of answer times, in milliseconds; one more is open.
pub const ANSWER_MS: [u32; 7] = [250, 500, 750, 1000, 1500, 2000, 3000];
/// Upper ends of the classes of waiting for a person, in seconds; one more is open.
pub const WAITED_S: [u32; 5] = [10, 30, 60, 180, 600];

/// What an hour's calls add up to, by the hour in which they began.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub calls: u32,
    /// Calls that heard the busy tone: all channels were in use.
    pub refused: u32,
    /// Their length, added up.
    pub seconds: u64,
    pub outcomes: BTreeMap<Outcome, u32>,
    pub languages: BTreeMap<Language, u32>,
    /// Calls in which a topic was answered.
    pub topics: BTreeMap<String, u32>,
    pub answers: [u32; ANSWER_MS.len() + 1],
    /// Calls that waited for a person.
    pub waits: [u32; WAITED_S.len() + 1],
    /// Callers who gave up while it rang, before the box took the call.
    pub gave_up: u32,
}

impl Tally {
    fn add_call(&mut self, call: &Call) {
        self.calls += 1;
        self.seconds += u64::from(call.seconds());
        *self.outcomes.entry(call.outcome).or_default() += 1;
        *self.languages.entry(call.language).or_default() += 1;
        let mut topics = call.topics.clone();
        topics.sort_unstable();
        topics.dedup();
        for topic in topics {
            *self.topics.entry(topic).or_default() += 1;
        }
        call.answer_ms.iter().for_each(|ms| self.answers[class(&ANSWER_MS, *ms)] += 1);
        if call.waited_s > 0 {
            self.waits[class(&WAITED_S, call.waited_s)] += 1;
        }
    }

    /// Add another hour's counts to these.
    pub fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.refused += other.refused;
        self.gave_up += other.gave_up;
        self.seconds += other.seconds;
        other.outcomes.iter().for_each(|(key, count)| *self.outcomes.entry(*key).or_default() += count);
        other.languages.iter().for_each(|(key, count)| *self.languages.entry(*key).or_default() += count);
        for (topic, count) in &other.topics {
            match self.topics.get_mut(topic) {
                Some(sum) => *sum += count,
                None => _ = self.topics.insert(topic.clone(), *count),
            }
        }
        self.answers.iter_mut().zip(other.answers).for_each(|(sum, count)| *sum += count);
        self.waits.iter_mut().zip(other.waits).for_each(|(sum, count)| *sum += count);
    }

    pub fn of(&self, outcome: Outcome) -> u32 {
        self.outcomes.get(&outcome).copied().unwrap_or(0)
    }
}

/// Which class a value falls into.
fn class(ends: &[u32], value: u32) -> usize {
    ends.iter().position(|end| value <= *end).unwrap_or(ends.len())
}

pub fn count(write: &WriteTransaction, call: &Call) -> Result<(), StoreError> {
    change(write, call.began, |tally| tally.add_call(call))
}

fn change(write: &WriteTransaction, at: Timestamp, by: impl FnOnce(&mut Tally)) -> Result<(), StoreError> {
    let mut table = write.open_table(TALLIES).map_err(failed)?;
    let hour = hour(at);
    let kept = table.get(hour).map_err(failed)?.map(|bytes| postcard::from_bytes(bytes.value())).transpose()?;
    let mut tally: Tally = kept.unwrap_or_default();
    by(&mut tally);
    table.insert(hour, postcard::to_stdvec(&tally)?.as_slice()).map_err(failed)?;
    Ok(())
}

fn hour(at: Timestamp) -> u32 {
    u32::try_from(at.as_second() / HOUR_S).unwrap_or_default()
}

impl Store {
    /// A caller heard the busy tone.
    pub fn count_refused(&self, at: Timestamp) -> Result<(), StoreError> {
        self.add(|write| change(write, at, |tally| tally.refused += 1))
    }

    /// A caller gave up while it rang.
    pub fn count_gave_up(&self, at: Timestamp) -> Result<(), StoreError> {
        self.add(|write| change(write, at, |tally| tally.gave_up += 1))
    }

    /// The hours that had calls, in order, with the moment each began.
    pub fn tallies(&self, during: Range<Timestamp>) -> Result<Vec<(Timestamp, Tally)>, StoreError> {
        let table = self.database.begin_read().map_err(failed)?.open_table(TALLIES).map_err(failed)?;
        let range = table.range(hour(during.start)..hour(during.end)).map_err(failed)?;
        range
            .map(|entry| {
                let (hour, bytes) = entry.map_err(failed)?;
                let began = Timestamp::from_second(i64::from(hour.value()) * HOUR_S).unwrap_or_default();
                Ok((began, postcard::from_bytes(bytes.value())?))
            })
            .collect()
    }
}
