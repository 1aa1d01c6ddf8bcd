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

/// One line of the box's state: a name that the panel's texts know, a value to show, and how it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    pub name: &'static str,
    pub value: String,
    pub condition: Condition,
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
    /// The files of the published pack, by their path in it.
    fn pack(&self) -> Result<BTreeMap<String, String>, String>;
    /// A topic's file, read; an error is a sentence.
    fn read_topic(&self, file: &str) -> Result<TopicText, String>;
    fn write_topic(&self, topic: &TopicText) -> String;
    /// Learn a pack and answer calls from it; calls that go on keep the one that they began with. An error is a sentence
    /// that says what is wrong with it, and in which file.
    fn publish(&self, files: &BTreeMap<String, String>) -> Result<(), String>;
    fn lights(&self) -> Lights;
    fn readings(&self) -> Vec<Reading>;
    /// What monitoring reads: a name, what it is, and the number.
    fn gauges(&self) -> Vec<(&'static str, &'static str, f64)>;
    /// The newest lines of the log.
    fn log(&self) -> Vec<String>;
}
