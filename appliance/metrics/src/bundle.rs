//! A bundle: what leaves the box of at least `k` calls. Once closed it is frozen; sending it again sends the same bytes.
//!
//! It must not show, nor let anybody find by subtraction, a count of 1 to `k` - 1. Hence: tables hide small cells
//! ([`Table`]); a histogram is shown only with the outcome that it divides; and too few calls wait for the next hour.

use portaveu_call::Language;
use serde::{Deserialize, Serialize};

use crate::counts::{ANSWER_MS, WAIT_MS};
use crate::table::{buckets, buckets_keep};
use crate::{Bucket, Counts, Hour, Name, Outcome, Table, Threshold};

/// The version of what is published; it is in the schema document, too.
pub const SCHEMA: u32 = 1;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    schema: u32,
    /// 1, 2, 3 … without a gap: who has seen it knows a repetition, and what is missing.
    sequence: u64,
    #[serde(rename = "box")]
    name: Name,
    from: Hour,
    until: Hour,
    k: Threshold,
    calls: u32,
    outcomes: Table<Outcome>,
    languages: Table<Language>,
    topics: Table<Name>,
    /// The slowest answer of each answered call; empty when the answered are not shown.
    answer_ms: Vec<Bucket>,
    /// How long those who were handed over waited for a person; empty when they are not shown.
    wait_ms: Vec<Bucket>,
}

/// What a bundle is called, and how carefully it is closed.
#[derive(Clone, Debug)]
pub struct Label {
    /// One more than the last bundle's.
    pub sequence: u64,
    pub name: Name,
    pub until: Hour,
    pub k: Threshold,
}

/// Why a line is not passed on.
#[derive(Debug, thiserror::Error)]
pub enum NotABundle {
    #[error("it is not of schema {SCHEMA}: {0}")]
    Form(#[from] serde_json::Error),
    #[error("a count of it could tell of fewer than k calls, or does not add up")]
    Telling,
    #[error("it is not written as a bundle is")]
    Bytes,
}

impl Bundle {
    /// Close what was counted; nothing while there are fewer than `k` calls: then the same counts go on into the next hour.
    pub fn close(counts: &Counts, label: Label) -> Option<Self> {
        let Label { sequence, name, until, k } = label;
        let (calls, with_topic) = (counts.calls(), counts.topics.values().sum::<u32>());
        if calls < k.get() || until <= counts.from {
            return None;
        }
        let outcomes = Table::hiding(&counts.outcomes, 0, k);
        let divide = |outcome, bounds, times| match outcomes.shown(&outcome) {
            Some(_) => buckets(bounds, times, k),
            None => Vec::new(),
        };
        Some(Self {
            schema: SCHEMA,
            sequence,
            name,
            from: counts.from,
            until,
            k,
            calls,
            languages: Table::hiding(&counts.languages, 0, k),
            topics: Table::hiding(&counts.topics, calls - with_topic, k),
            answer_ms: divide(Outcome::Answered, ANSWER_MS, &counts.answer_ms),
            wait_ms: divide(Outcome::HandedOver, WAIT_MS, &counts.wait_ms),
            outcomes,
        })
    }

    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// The bytes that are kept, sent, and sent again.
    pub fn to_line(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// Read a line that must be a bundle to the byte, and must not tell more than one may.
    pub fn from_line(line: &str) -> Result<Self, NotABundle> {
        let bundle: Self = serde_json::from_str(line)?;
        if !bundle.is_discreet() {
            return Err(NotABundle::Telling);
        }
        if bundle.to_line()? != line {
            return Err(NotABundle::Bytes);
        }
        Ok(bundle)
    }

    fn is_discreet(&self) -> bool {
        let (calls, k) = (self.calls, self.k);
        let (answered, handed_over) =
            (self.outcomes.shown(&Outcome::Answered), self.outcomes.shown(&Outcome::HandedOver));
        self.schema == SCHEMA
            && self.from < self.until
            && calls >= k.get()
            && self.outcomes.keeps(calls, k)
            && self.languages.keeps(calls, k)
            && self.topics.keeps(calls, k)
            && buckets_keep(&self.answer_ms, ANSWER_MS, answered, k)
            && buckets_keep(&self.wait_ms, WAIT_MS, handed_over, k)
    }
}
