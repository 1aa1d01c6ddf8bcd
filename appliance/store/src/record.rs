//! The records of version 1. A record's fields never change: a new version gets new records and a migration.

use jiff::Timestamp;
use portaveu_call::{Decision, Language};
use serde::{Deserialize, Serialize};

/// How a call went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It is still going on, or the box lost power during it.
    Open,
    /// The caller had at least one answer.
    Answered,
    /// A person took over.
    HandedOver,
    /// The caller left without either.
    Unanswered,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Microseconds since 1970 when it began, made unique.
    pub id: u64,
    /// "sip", "pri" or "handset".
    pub line: String,
    pub began: Timestamp,
    pub ended: Option<Timestamp>,
    pub language: Language,
    pub outcome: Outcome,
}

/// One utterance of the caller and what was decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    pub at: Timestamp,
    pub heard: String,
    pub language: Language,
    pub confidence: f32,
    pub decision: Decision,
    pub topics: Vec<String>,
}
