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
        text: String,
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
    /// The person takes the call.
    PersonAnswered,
    PersonLost(Lost),
    /// There is no further telephone to ring; whether callers can wait for a turn.
    LadderEnded {
        queue: bool,
    },
    /// Nobody was rung: the office is closed.
    NobodyThere,
    /// Where the caller stands among those who wait, from 1, and for about how long.
    Queued {
        position: usize,
        minutes: u32,
    },
    YourTurn,
    /// The caller has waited long enough.
    QueueOver,
    /// There is no room for more of a message.
    RecordingFull,
    /// Whether the message is safe.
    MessageKept(bool),
    /// The caller hung up.
    CallerGone,
}

/// Why a person does not talk to the caller, or no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    Busy,
    NoAnswer,
    /// The person's telephone, or the person, does not take the call.
    Refused,
    /// The network or the PBX cannot be reached.
    LineDown,
    HungUp,
}

/// What is known of a message, without its sound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    pub topic: Option<String>,
    /// Where to call back.
    pub number: Option<String>,
    /// When that suits, as it was said.
    pub when: String,
    /// What was said, as far as it was understood.
    pub text: String,
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
    /// Where the caller stands among those who wait, and for about how many minutes.
    Queued {
        position: usize,
        minutes: u32,
    },
    /// Whether this is the number to call back.
    CheckNumber(String),
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
    Forgotten,
    Language,
    Transferring,
    NoHuman,
    Emergency,
    EmergencyPerson,
    OneMoment,
    NextPerson,
    CannotRing,
    OfferMessage,
    NoMessage,
    MessageNumber,
    MessageTime,
    MessageRecord,
    MessageKept,
    MessageNotKept,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Say these one after the other; what is being said goes on first.
    Say(Vec<Saying>),
    /// Stop speaking now.
    StopSpeaking,
    /// From now on in this language, at this pace, this much louder (in steps of 4 dB).
    Manner {
        language: Language,
        pace: Pace,
        louder: u8,
    },
    /// Listen patiently: the caller asked to wait.
    BePatient(bool),
    /// Ring the person who answers for this topic, or for danger, at this one of their telephones.
    Ring {
        topic: Option<String>,
        danger: bool,
        rung: usize,
    },
    StopRinging,
    /// Wait for a turn at the topic's people, or go on waiting.
    Enqueue {
        topic: Option<String>,
    },
    /// Keep nothing of the call once it is over.
    Forget,
    /// Keep the caller's voice from now on, for a message.
    Record,
    /// The message is complete.
    KeepMessage(Draft),
    /// Join the caller and the person.
    Join,
    /// Hang up when everything has been said.
    HangUp,
}

/// Whether what was decided is something to act on, rather than a failure to understand.
fn is_progress(understood: &Understood) -> bool {
    understood.decision != Decision::None
}
