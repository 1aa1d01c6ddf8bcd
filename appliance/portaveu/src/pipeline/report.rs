//! What is told of a call: to the store, and with `--show-conversation` to whoever watches the demonstration.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use portaveu_call::{Heard, Language, Understood};
use portaveu_dialogue::Saying;
use portaveu_store::{Call, Outcome, Recorder, Turn};

/// When things happened in a turn.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// From the caller's last voice to the words, in milliseconds.
    pub heard_ms: u64,
    pub heard_at: Instant,
    pub understood: Duration,
}

impl Timing {
    /// The line for a demonstration, once the answer's first sound is on the wire.
    pub fn line(&self, first_sound: Instant) -> String {
        let understood = self.heard_ms + self.understood.as_millis() as u64;
        let spoken = self.heard_ms + first_sound.saturating_duration_since(self.heard_at).as_millis() as u64;
        format!("end of speech → heard {} ms → understood {understood} ms → first audio {spoken} ms", self.heard_ms)
    }
}

/// The records of one call.
pub struct Records {
    recorder: Recorder,
    call: Call,
    turns: u32,
    answered: bool,
    pub handed_over: bool,
}

impl Records {
    pub fn begin(recorder: Recorder, language: Language) -> Self {
        let began = Timestamp::now();
        let id = unique(began);
        let call = Call { id, line: "sip".into(), began, ended: None, language, outcome: Outcome::Open };
        recorder.call(call.clone());
        Self { recorder, call, turns: 0, answered: false, handed_over: false }
    }

    pub fn says(&mut self, saying: &Saying) {
        self.answered |= matches!(saying, Saying::Answer(_) | Saying::Part(..) | Saying::Opening(..));
    }

    pub fn turn(&mut self, heard: &Heard, understood: &Understood) {
        let turn = Turn {
            at: Timestamp::now(),
            heard: heard.text.clone(),
            language: heard.language,
            confidence: heard.confidence,
            decision: understood.decision,
            topics: understood.topics.clone(),
        };
        self.recorder.turn(self.call.id, self.turns, turn);
        self.turns += 1;
    }

    pub fn end(mut self, language: Language) {
        self.call.ended = Some(Timestamp::now());
        self.call.language = language;
        self.call.outcome = match (self.handed_over, self.answered) {
            (true, _) => Outcome::HandedOver,
            (false, true) => Outcome::Answered,
            (false, false) => Outcome::Unanswered,
        };
        self.recorder.call(self.call);
    }
}

/// Microseconds since 1970, moved on when two calls begin in the same one.
pub fn unique(began: Timestamp) -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static LAST: AtomicU64 = AtomicU64::new(0);
    let now = u64::try_from(began.as_microsecond()).unwrap_or_default();
    let last = LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(now.max(last + 1)));
    now.max(last.unwrap_or_default() + 1)
}
