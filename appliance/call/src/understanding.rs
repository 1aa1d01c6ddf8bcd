//! What the council's knowledge makes of what was heard.

use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};

/// What to do with an utterance; the JSON contract of `portaveu ask`.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// Say the approved answer to each topic.
    Answer,
    /// Ask whether the one topic is meant.
    Confirm,
    /// Ask which of the topics is meant.
    Choose,
    /// The caller wants a person.
    Human,
    /// Somebody is in danger: 112 first.
    Emergency,
    /// A phrase that steers the conversation.
    Control,
    /// Nothing that the council answers.
    None,
}

/// A phrase that steers the conversation.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Control {
    Repeat,
    Slower,
    Louder,
    Wait,
    /// The caller asks that nothing be kept of the call.
    Forget,
    Human,
    Goodbye,
    Thanks,
    Yes,
    No,
    /// The caller asks for another language: `language:ca`.
    Language(crate::Language),
}

impl std::fmt::Display for Control {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Repeat => f.write_str("repeat"),
            Self::Slower => f.write_str("slower"),
            Self::Louder => f.write_str("louder"),
            Self::Wait => f.write_str("wait"),
            Self::Forget => f.write_str("forget"),
            Self::Human => f.write_str("human"),
            Self::Goodbye => f.write_str("goodbye"),
            Self::Thanks => f.write_str("thanks"),
            Self::Yes => f.write_str("yes"),
            Self::No => f.write_str("no"),
            Self::Language(language) => write!(f, "language:{language}"),
        }
    }
}

impl From<Control> for String {
    fn from(control: Control) -> Self {
        control.to_string()
    }
}

impl TryFrom<String> for Control {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl std::str::FromStr for Control {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(code) = text.strip_prefix("language:") {
            return code.parse().map(Self::Language).map_err(|e: crate::UnknownLanguage| e.to_string());
        }
        let plain = [
            Self::Repeat,
            Self::Slower,
            Self::Louder,
            Self::Wait,
            Self::Forget,
            Self::Human,
            Self::Goodbye,
            Self::Thanks,
            Self::Yes,
            Self::No,
        ];
        plain.into_iter().find(|c| c.to_string() == text).ok_or_else(|| format!("\"{text}\" is no control phrase"))
    }
}

/// What an utterance asks of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeAsked {
    Now,
    Day { date: Date, part: PartOfDay },
    Weekend { saturday: Date },
    Month { year: i16, month: i8 },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartOfDay {
    Whole,
    Morning,
    Afternoon,
    Evening,
    At(Time),
}

/// Why there is nothing to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unanswerable {
    /// It is surely no matter of the council's.
    NotOurs,
    /// An insult or a joke.
    Abuse,
}

/// An utterance, understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Understood {
    pub decision: Decision,
    /// Topics to answer, confirm or choose from, best first.
    pub topics: Vec<String>,
    /// Topics that come next to mind, best first, should these be wrong.
    pub alternatives: Vec<String>,
    pub control: Option<Control>,
    /// The time that is asked about, where an answer depends on it.
    pub time: Option<TimeAsked>,
    /// Why the decision is [`Decision::None`], where more is known than that nothing fits.
    pub unanswerable: Option<Unanswerable>,
    /// The digits that were said, in order, for who was asked for a number.
    pub digits: String,
    /// It was a word or two: "no" rather than "no, that is not it".
    pub brief: bool,
    /// Probability of the best topic, 0 to 1.
    pub confidence: f32,
}

impl Understood {
    /// A decision that names nothing.
    pub fn new(decision: Decision, confidence: f32) -> Self {
        Self {
            decision,
            topics: Vec::new(),
            alternatives: Vec::new(),
            control: None,
            time: None,
            unanswerable: None,
            digits: String::new(),
            brief: false,
            confidence,
        }
    }
}
