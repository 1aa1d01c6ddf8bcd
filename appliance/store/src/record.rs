//! The records of the present version. A record's fields never change: a new version gets new records and a migration
//! (`migrations/`), which has copies of its own.

use jiff::Timestamp;
use portaveu_call::{Decision, Language};
use serde::{Deserialize, Serialize};

/// How a call went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is still going on.
    Open,
    /// The caller had at least one answer.
    Answered,
    /// A person took over.
    HandedOver,
    /// The caller left without either.
    Unanswered,
    /// The caller left a message.
    Message,
    /// The box lost power or failed during it.
    Lost,
}

impl Outcome {
    /// Those of calls that are over.
    pub const ALL: [Self; 5] = [Self::Answered, Self::HandedOver, Self::Message, Self::Unanswered, Self::Lost];
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
    /// The caller's number as a keyed hash, whose key changes every month; none when it was withheld.
    pub caller: Option<u64>,
    /// Whose people were rung, or get the message.
    pub department: Option<String>,
    /// What was answered, in order.
    pub topics: Vec<String>,
    /// From the end of each question to the first sound of its answer, in milliseconds.
    pub answer_ms: Vec<u32>,
    /// How long the caller waited for a person, in seconds.
    pub waited_s: u32,
}

impl Call {
    pub fn begins(id: u64, line: &str, began: Timestamp, language: Language) -> Self {
        Self {
            id,
            line: line.to_owned(),
            began,
            ended: None,
            language,
            outcome: Outcome::Open,
            caller: None,
            department: None,
            topics: Vec::new(),
            answer_ms: Vec::new(),
            waited_s: 0,
        }
    }

    pub fn seconds(&self) -> u32 {
        let length = self.ended.map(|ended| ended.duration_since(self.began).as_secs());
        length.and_then(|seconds| u32::try_from(seconds).ok()).unwrap_or(0)
    }
}

/// One utterance of the caller and what was decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    pub at: Timestamp,
    /// Without what is personal: the store takes it out before it writes.
    pub heard: String,
    pub language: Language,
    pub confidence: f32,
    pub decision: Decision,
    pub topics: Vec<String>,
    /// Staff say that the answer was not the right one.
    pub wrong: bool,
}
