//! What the panel asks of the running box. The panel knows the store; all that is live, or that the council's knowledge
//! decides, is behind this trait.
//!
//! Its functions may take their time, so the panel calls them where blocking is allowed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use portaveu_board::{Condition, Lights};
use portaveu_call::{Decision, Language};
use tokio::sync::watch;

/// What a call that is going on is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LiveState {
    Talking,
    /// A person's telephone rings.
    Ringing,
    /// The caller waits for a turn.
    Queued,
    /// A person has taken over.
    WithPerson,
    /// The caller leaves a message.
    Message,
}

/// A call that is going on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveCall {
    /// Its number in the store.
    pub id: u64,
    pub line: &'static str,
    pub began: Timestamp,
    pub language: Language,
    pub state: LiveState,
    /// The caller's last words, without what is personal.
    pub heard: String,
    /// The topic that was answered last.
    pub answered: Option<String>,
}

/// "una", "els", "the".
const LONGEST_ARTICLE: usize = 3;

/// A topic of the published pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicFacts {
    pub id: String,
    /// Its file in the pack.
    pub path: String,
    pub names: BTreeMap<Language, String>,
    pub owner: Option<String>,
    pub valid_until: Option<Date>,
}

impl TopicFacts {
    /// Its name in this language, else in any.
    pub fn name(&self, language: Language) -> &str {
        self.names.get(&language).or_else(|| self.names.values().next()).map_or(&self.id, String::as_str)
    }

    /// Where people look for it in a list: the article that it begins with does not count.
    pub fn sorted_by(&self, language: Language) -> String {
        let name = self.name(language).to_lowercase();
        let short = |at: &usize| name[..*at].chars().count() <= LONGEST_ARTICLE;
        let rest = name.find([' ', '\'']).filter(short).map_or(&name[..], |at| &name[at + 1..]);
        rest.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_looked_for_without_its_article() {
        let named = |name: &str| TopicFacts {
            id: "a.b".into(),
            path: "topics/a.b.md".into(),
            names: [(Language::Ca, name.to_owned())].into(),
            owner: None,
            valid_until: None,
        };
        assert_eq!(named("L'aigua").sorted_by(Language::Ca), "aigua");
        assert_eq!(named("els Impostos").sorted_by(Language::Ca), "impostos");
        assert_eq!(named("pagar una multa").sorted_by(Language::Ca), "pagar una multa");
        assert_eq!(named("wifi").sorted_by(Language::Ca), "wifi");
    }
}

/// A topic as an editor writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopicText {
    pub department: String,
    pub office: Option<String>,
    pub owner: Option<String>,
    pub source: Option<String>,
    pub valid_until: Option<Date>,
    pub languages: BTreeMap<Language, LanguageText>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LanguageText {
    /// What the topic is called in a question back.
    pub name: String,
    pub answer: String,
    pub examples: Vec<String>,
}

/// Why a pack is not published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Of a topic, by its file in the pack: what the panel's form lets somebody write.
    Topic(String, TopicFault),
    /// A sentence that says what is wrong, and in which file: what the form does not let anybody write.
    Other(String),
}

impl From<String> for Fault {
    fn from(sentence: String) -> Self {
        Self::Other(sentence)
    }
}

/// What is wrong with a topic; the panel says it in its languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TopicFault {
    /// There is no such department.
    Department(String),
    /// There is no such office in the calendar.
    Office(String),
    NoName,
    /// None in this language, the council's first.
    NoAnswer(Language),
    /// An answer names a fact of the council that there is not; those that there are.
    Fact {
        name: String,
        known: String,
    },
}

/// What should be looked at before a topic is published, though nothing hinders that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Advice {
    /// The answer is not given any more since this day.
    Over(Date),
    SoonOver(Date),
    /// An answer in this language has so many words.
    Long(Language, usize),
    /// Figures that are in only one of two answers.
    Figures(Language, Language, String),
    /// The topic has no more examples than these.
    FewExamples(usize),
    /// There is none in this language: callers hear the one in the other.
    NoAnswer(Language, Language),
    /// Of this file, too: an example.
    SaidOfTwo(String, String),
}

/// What the box would do with a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    pub language: Language,
    pub decision: Decision,
    pub topics: Vec<String>,
    pub confidence: f32,
    /// What the caller would hear.
    pub reply: String,
}

/// One line of the box's state: a name that the panel's texts know, what there is to say, and how it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    pub name: &'static str,
    pub value: Value,
    pub condition: Condition,
}

/// What there is to say of a part of the box; the panel says it in its languages.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// As it is.
    Text(String),
    Lines {
        up: usize,
        all: usize,
    },
    /// Whether a trunk answers by which people are called.
    People(bool),
    Calls {
        now: usize,
        channels: usize,
    },
    /// Whether the box hears and speaks.
    Speech(bool),
    Answers {
        topics: usize,
        examples: usize,
    },
    /// Free bytes.
    Disk(u64),
    Store {
        calls: u64,
        bytes: u64,
    },
    /// When what is over its time was removed last.
    Retention(Option<Timestamp>),
    /// Of the warmest part, in degrees Celsius, where the machine tells one.
    Temperature(Option<f64>),
}

pub trait Desk: Send + Sync + 'static {
    /// The council's name.
    fn council(&self) -> String;
    fn time_zone(&self) -> TimeZone;
    /// The languages that the box answers in, the first one first.
    fn languages(&self) -> Vec<Language>;
    fn live(&self) -> Vec<LiveCall>;
    /// Told whenever a live call begins, changes or ends.
    fn changes(&self) -> watch::Receiver<()>;
    /// False when the call is over already.
    fn hang_up(&self, call: u64) -> bool;
    /// Ring a person for this call. False when the call is over already.
    fn hand_over(&self, call: u64) -> bool;
    fn topics(&self) -> Vec<TopicFacts>;
    /// What departments are called.
    fn departments(&self) -> BTreeMap<String, String>;
    /// Somebody's inbox has changed: for the lamp of its telephone.
    fn inbox_changed(&self, department: &str);
    fn try_out(&self, question: &str, language: Language) -> Result<Tried, String>;
    /// A sentence as callers hear it, as a WAV file.
    fn speak(&self, text: &str, language: Language) -> Result<Vec<u8>, String>;
    /// Where a text lies in the space of meanings: texts that mean the same lie close to each other.
    fn meanings(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, String>;
    /// The published topics' texts, by their path in the pack.
    fn topic_texts(&self) -> BTreeMap<String, String>;
    /// What there is to say of this text of a topic, beside all that is published; an error hinders its publishing.
    fn check(&self, path: &str, text: &str) -> Result<Vec<Advice>, Fault>;
    /// A topic's file, read; an error is a sentence.
    fn read_topic(&self, file: &str) -> Result<TopicText, String>;
    fn write_topic(&self, topic: &TopicText) -> String;
    /// Learn the installed pack with these topics over it, keep it as a version of who publishes it and why, and answer calls
    /// from it; calls that go on keep the one that they began with.
    fn publish(&self, topics: &BTreeMap<String, String>, by: (&str, &str)) -> Result<(), Fault>;
    fn lights(&self) -> Lights;
    fn readings(&self) -> Vec<Reading>;
    /// What monitoring reads: a name, what it is, and the number.
    fn gauges(&self) -> Vec<(&'static str, &'static str, f64)>;
    /// The newest lines of the log.
    fn log(&self) -> Vec<String>;
}
