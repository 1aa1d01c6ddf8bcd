//! What the calls since an hour add up to, before anything is hidden. It stays in the box.
//!
//! Each call is in one cell of every table, so that tables cannot be played off against each other: one outcome, one
//! language, the topic it was first answered about, its slowest answer.

use std::collections::BTreeMap;

use portaveu_call::Language;
use serde::{Deserialize, Serialize};

use crate::{Hour, Name};

/// Upper bounds of the buckets, in milliseconds; what is longer is in one more.
pub(crate) const ANSWER_MS: &[u32] = &[250, 500, 750, 1000, 1500, 2000, 3000];
pub(crate) const WAIT_MS: &[u32] = &[5_000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000];
pub(crate) const LONGER: u32 = u32::MAX;

/// How a call went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The caller had at least one answer, and needed nobody.
    Answered,
    /// A person took over.
    HandedOver,
    /// The caller left a message.
    Message,
    Unanswered,
}

/// How a call went, with the time that belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The slowest answer began so long after the caller's last word.
    Answered {
        slowest_ms: u32,
    },
    /// A person took over so long after the caller asked for one.
    HandedOver {
        waited_ms: u32,
    },
    Message,
    Unanswered,
}

impl Ending {
    fn outcome(self) -> Outcome {
        match self {
            Self::Answered { .. } => Outcome::Answered,
            Self::HandedOver { .. } => Outcome::HandedOver,
            Self::Message => Outcome::Message,
            Self::Unanswered => Outcome::Unanswered,
        }
    }
}

/// What is counted of a call that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallFacts {
    pub language: Language,
    /// The topic that it was first answered about.
    pub topic: Option<Name>,
    pub ending: Ending,
}

/// The calls that ended since an hour. A bundle that could not be closed for want of calls leaves them as they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub(crate) from: Hour,
    pub(crate) outcomes: BTreeMap<Outcome, u32>,
    pub(crate) languages: BTreeMap<Language, u32>,
    pub(crate) topics: BTreeMap<Name, u32>,
    /// By the upper bound of the bucket.
    pub(crate) answer_ms: BTreeMap<u32, u32>,
    pub(crate) wait_ms: BTreeMap<u32, u32>,
}

impl Counts {
    pub fn since(from: Hour) -> Self {
        Self {
            from,
            outcomes: BTreeMap::new(),
            languages: BTreeMap::new(),
            topics: BTreeMap::new(),
            answer_ms: BTreeMap::new(),
            wait_ms: BTreeMap::new(),
        }
    }

    pub fn add(&mut self, call: &CallFacts) {
        count(&mut self.outcomes, call.ending.outcome());
        count(&mut self.languages, call.language);
        if let Some(topic) = &call.topic {
            count(&mut self.topics, topic.clone());
        }
        match call.ending {
            Ending::Answered { slowest_ms } => count(&mut self.answer_ms, bucket(ANSWER_MS, slowest_ms)),
            Ending::HandedOver { waited_ms } => count(&mut self.wait_ms, bucket(WAIT_MS, waited_ms)),
            Ending::Message | Ending::Unanswered => {}
        }
    }

    pub fn calls(&self) -> u32 {
        self.outcomes.values().sum()
    }
}

fn count<K: Ord>(cells: &mut BTreeMap<K, u32>, cell: K) {
    *cells.entry(cell).or_default() += 1;
}

fn bucket(bounds: &[u32], ms: u32) -> u32 {
    bounds.iter().copied().find(|bound| ms <= *bound).unwrap_or(LONGER)
}
