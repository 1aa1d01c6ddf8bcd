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
    fn spoken_ms(&self, first_sound: Instant) -> u64 {
        self.heard_ms + first_sound.saturating_duration_since(self.heard_at).as_millis() as u64
    }

    /// The line for a demonstration, once the answer's first sound is on the wire.
    pub fn line(&self, first_sound: Instant) -> String {
        let understood = self.heard_ms + self.understood.as_millis() as u64;
        let spoken = self.spoken_ms(first_sound);
        format!("end of speech → heard {} ms → understood {understood} ms → first audio {spoken} ms", self.heard_ms)
    }
}

/// The records of one call.
pub struct Records {
    recorder: Recorder,
    pub call: Call,
    turns: u32,
    pub handed_over: bool,
    pub left_message: bool,
    /// The caller wants nothing to be kept.
    forgotten: bool,
    waiting: Option<Instant>,
    waited: Duration,
}

impl Records {
    pub fn begin(recorder: Recorder, line: &str, language: Language, caller: Option<u64>) -> Self {
        let began = Timestamp::now();
        let call = Call { caller, ..Call::begins(unique(began), line, began, language) };
        recorder.call(call.clone());
        Self {
            recorder,
            call,
            turns: 0,
            handed_over: false,
            left_message: false,
            forgotten: false,
            waiting: None,
            waited: Duration::ZERO,
        }
    }

    pub fn says(&mut self, saying: &Saying) {
        if let Saying::Answer(topic) | Saying::Part(topic, 0) | Saying::Opening(topic, _) = saying {
            self.call.topics.push(topic.clone());
        }
    }

    /// The first sound of an answer.
    pub fn first_sound(&mut self, timing: &Timing, first_sound: Instant) {
        self.call.answer_ms.push(timing.spoken_ms(first_sound) as u32);
    }

    /// Whether the caller waits for a person now.
    pub fn waits(&mut self, waits: bool) {
        match (waits, self.waiting) {
            (true, None) => self.waiting = Some(Instant::now()),
            (false, Some(since)) => (self.waited, self.waiting) = (self.waited + since.elapsed(), None),
            _ => {}
        }
    }

    /// What staff may see of words: nothing, once the caller wants nothing to be kept.
    pub fn shown(&self, heard: &str) -> String {
        if self.forgotten { String::new() } else { heard.to_owned() }
    }

    pub fn forget(&mut self) {
        self.forgotten = true;
        self.recorder.forget(self.call.id); // now: power may be lost before the call is over
    }

    pub fn turn(&mut self, heard: &Heard, understood: &Understood) {
        if self.forgotten {
            return;
        }
        let turn = Turn {
            at: Timestamp::now(),
            heard: heard.text.clone(),
            language: heard.language,
            confidence: heard.confidence.min(understood.confidence),
            decision: understood.decision,
            topics: understood.topics.clone(),
            wrong: false,
        };
        self.recorder.turn(self.call.id, self.turns, turn);
        self.turns += 1;
    }

    pub fn end(mut self, language: Language, department: Option<String>) {
        self.waits(false);
        self.call.waited_s = self.waited.as_secs_f64().ceil() as u32; // who waited at all waited
        self.call.ended = Some(Timestamp::now());
        self.call.language = language;
        self.call.department = department;
        self.call.outcome = match (self.handed_over, self.left_message, self.call.topics.is_empty()) {
            (true, ..) => Outcome::HandedOver,
            (_, true, _) => Outcome::Message,
            (.., false) => Outcome::Answered,
            (.., true) => Outcome::Unanswered,
        };
        let id = self.call.id;
        self.recorder.ended(self.call);
        if self.forgotten {
            self.recorder.forget(id); // once more: the first may have been lost, and it stays counted
        }
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
