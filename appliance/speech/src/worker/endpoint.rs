//! Where an utterance begins and ends, from frames and whether each is voiced. Time is counted in frames, so that sound
//! which is heard again after a failure is judged the same, however fast it comes.
//!
//! It must not know who recognises: a pause is an offer to begin, and speech that goes on takes the offer back.

use portaveu_call::{FRAME_MS, FRAME_SAMPLES, Frame, milliseconds};

/// Kept from before the detector fired: it fires late, and the first consonant is soft.
const BEFORE_MS: u32 = 600;
/// Voice shorter than this does not interrupt the box: a cough, a click.
const INTERRUPTING_MS: u32 = 160;
/// An utterance is cut here; Whisper's window ends at 30 s.
const LONGEST_MS: u32 = 25_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A first pause: recognition may begin.
    Paused,
    /// The pause was none: drop what was begun.
    Resumed,
}

#[derive(Debug, Default)]
pub struct Endpointer {
    sound: Vec<i16>,
    state: State,
    /// Frames since the detector last said voice, and voiced frames of this utterance.
    pause: u32,
    voiced: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Idle,
    Speaking,
    Paused,
}

impl Endpointer {
    /// Take 20 ms; `voiced` is the detector's word on it.
    pub fn frame(&mut self, frame: &Frame, voiced: bool) -> Option<Change> {
        self.sound.extend_from_slice(frame);
        if voiced {
            self.pause = 0;
            self.voiced += 1;
        } else {
            self.pause += 1;
        }
        match (self.state, voiced) {
            (State::Idle, false) => {
                let excess = self.sound.len().saturating_sub(samples(BEFORE_MS));
                self.sound.drain(..excess);
                self.voiced = 0;
                None
            }
            (State::Idle, true) => {
                self.state = State::Speaking;
                None
            }
            (State::Speaking, true) if self.sound.len() < samples(LONGEST_MS) => None,
            (State::Speaking, _) => {
                self.state = State::Paused;
                Some(Change::Paused)
            }
            (State::Paused, true) if self.sound.len() < samples(LONGEST_MS) => {
                self.state = State::Speaking;
                Some(Change::Resumed)
            }
            (State::Paused, _) => None,
        }
    }

    /// Since the detector's last word of voice, in milliseconds.
    pub fn pause_ms(&self) -> u32 {
        self.pause * FRAME_MS
    }

    pub fn voiced_ms(&self) -> u32 {
        self.voiced * FRAME_MS
    }

    /// Whether this is enough voice to interrupt the box.
    pub fn interrupts(&self) -> bool {
        self.state != State::Idle && self.voiced_ms() >= INTERRUPTING_MS
    }

    pub fn is_paused(&self) -> bool {
        self.state == State::Paused
    }

    /// Whether nothing more fits into this utterance.
    pub fn is_full(&self) -> bool {
        milliseconds(self.sound.len()) >= u64::from(LONGEST_MS)
    }

    /// The utterance up to now.
    pub fn sound(&self) -> &[i16] {
        &self.sound
    }

    /// The utterance is over; begin anew with its last moments.
    pub fn reset(&mut self) {
        let keep = self.sound.len().saturating_sub(FRAME_SAMPLES * 2);
        self.sound.drain(..keep);
        *self = Self { sound: std::mem::take(&mut self.sound), ..Self::default() };
    }
}

fn samples(milliseconds: u32) -> usize {
    (milliseconds / FRAME_MS) as usize * FRAME_SAMPLES
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn run(pattern: &str) -> Vec<(usize, Change)> {
        let mut endpointer = Endpointer::default();
        let frames = pattern.chars().enumerate();
        frames.filter_map(|(n, c)| Some((n, endpointer.frame(&[0; FRAME_SAMPLES], c == 'v')?))).collect()
    }

    #[test]
    fn a_pause_offers_and_speech_takes_back() {
        let changes = run(&["-".repeat(10), "v".repeat(20), "-".repeat(5), "v".repeat(3), "-".repeat(5)].concat());
        assert_eq!(changes, [(30, Change::Paused), (35, Change::Resumed), (38, Change::Paused)]);
    }

    #[test]
    fn a_click_interrupts_nobody_and_a_halting_voice_does() {
        let interrupts = |pattern: &str| {
            let mut endpointer = Endpointer::default();
            pattern.chars().any(|c| {
                endpointer.frame(&[0; FRAME_SAMPLES], c == 'v');
                endpointer.interrupts()
            })
        };
        assert!(!interrupts("-----vvv-----"));
        assert!(interrupts("--vvvvvvvv"));
        assert!(interrupts("--vvvvvvv-vv"));
    }

    #[test]
    fn an_endless_voice_is_cut() {
        let changes = run(&"v".repeat(2000));
        assert_eq!(changes.iter().filter(|(_, change)| *change == Change::Paused).count(), 1);
    }

    proptest! {
        #[test]
        fn it_never_holds_more_than_the_longest_utterance(pattern in "[v-]{0,3000}") {
            let mut endpointer = Endpointer::default();
            for c in pattern.chars() {
                endpointer.frame(&[0; FRAME_SAMPLES], c == 'v');
                if endpointer.is_full() { endpointer.reset(); }
                prop_assert!(endpointer.sound().len() <= samples(LONGEST_MS));
            }
        }
    }
}
