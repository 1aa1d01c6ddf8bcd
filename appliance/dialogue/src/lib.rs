//! The conversation: a pure step from what happened to what to do. No I/O, no clock, no wording: what is said is named
//! ([`Saying`]) and the council's pack has the words.
//!
//! It must not decide what a caller means (the knowledge does) nor be able to wait for anything.

mod language;
mod states;

use std::collections::HashMap;

use portaveu_call::{Decision, Digit, Language, Pace, TimeAsked, Understood};

pub use states::Dialogue;

/// In how many parts an answer is said, by topic, language and pace. What is not here is said at once.
pub type Parts = HashMap<(String, Language, Pace), usize>;

/// What happened on the call.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The call was answered.
    Answered,
    /// The caller begins to speak.
    SpeechStarted,
    /// The caller said something, and this is what is made of it.
    Understood {
        language: Language,
        language_confidence: f32,
        understood: Understood,
    },
    /// There was a voice without words.
    Unintelligible,
    /// The speech worker was lost in the middle of an utterance.
    Interrupted,
    Digit(Digit),
    /// Everything was said, and then nobody spoke for a while.
    Silence,
    /// A person's telephone rings.
    PersonRung,
    /// The person's telephone was answered.
    PersonAnswered,
    /// The person is busy, does not answer, or hung up.
    PersonLost,
    /// Nobody was rung: the office is closed.
    NobodyThere,
}

/// What the box says, as the pack names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saying {
    Phrase(Phrase),
    /// The approved answer to a topic.
    Answer(String),
    /// A part of the approved answer, from 0.
    Part(String, usize),
    /// When the topic's office is open, as far as that was asked; its approved answer, if it has no office.
    Opening(String, TimeAsked),
    /// Whether the topic is meant.
    Confirm(String),
    /// Which of two or three topics is meant.
    Choose(Vec<String>),
    /// That nobody is there who answers for the topic, and when somebody will be.
    NobodyNow(Option<String>),
}

/// What the box says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phrase {
    /// That a machine answers. It is heard to its end, as [`Phrase::Emergency`] is.
    Notice,
    Greeting,
    AnythingElse,
    Goodbye,
    Thanks,
    NotHeard,
    NotUnderstood,
    OfferHuman,
    StillThere,
    Narrow,
    GoOn,
    NotOurs,
    Calm,
    EndCalm,
    TryAgain,
    NothingToRepeat,
    Slower,
    Louder,
    Wait,
    Language,
    Transferring,
    NoHuman,
    Emergency,
    EmergencyPerson,
    OneMoment,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Say these one after the other; what is being said goes on first.
    Say(Vec<Saying>),
    /// Stop speaking now.
    StopSpeaking,
    /// From now on in this language, at this pace, this much louder (in steps of 4 dB).
    Manner { language: Language, pace: Pace, louder: u8 },
    /// Listen patiently: the caller asked to wait.
    BePatient(bool),
    /// Ring the person who answers for this topic, or for danger.
    Ring { topic: Option<String>, danger: bool },
    /// Join the caller and the person.
    Join,
    /// Hang up when everything has been said.
    HangUp,
}

/// Whether what was decided is something to act on, rather than a failure to understand.
fn is_progress(understood: &Understood) -> bool {
    understood.decision != Decision::None
}
