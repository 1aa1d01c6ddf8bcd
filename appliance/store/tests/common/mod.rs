//! Calls to fill a store with.

#![allow(dead_code, reason = "each test takes what it needs")]

use jiff::{SignedDuration, Timestamp};
use portaveu_call::{Decision, Language};
use portaveu_store::{Call, Outcome, Turn};

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn call(id: u64, outcome: Outcome) -> Call {
    let began = Timestamp::from_microsecond(id as i64).unwrap();
    Call {
        ended: Some(began + SignedDuration::from_secs(60)),
        outcome,
        caller: Some(id % 7),
        topics: vec!["padron.register".into()],
        answer_ms: vec![700],
        ..Call::begins(id, "sip", began, Language::Ca)
    }
}

pub fn turn(heard: &str) -> Turn {
    Turn {
        at: Timestamp::UNIX_EPOCH,
        heard: heard.into(),
        language: Language::Ca,
        confidence: 0.5,
        decision: Decision::Answer,
        topics: vec!["padron.register".into()],
        wrong: false,
    }
}
