//! What the panel asks of the running box, answered.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use portaveu_board::{BoxState, Lights};
use portaveu_call::{Language, Pace};
use portaveu_knowledge::{Head, Section, TopicFile};
use portaveu_panel::{Desk, LanguageText, LiveCall, Reading, TopicFacts, TopicText, Tried};
use portaveu_speech::cache::Phrase;
use tokio::sync::watch;

use crate::ask;
use crate::health::Health;
use crate::pipeline::{Order, Stages};
use crate::published::{self, Published};

/// The longest text that the panel has spoken.
const LONGEST_SPOKEN: usize = 2000;

/// The box, as the panel knows it.
pub struct RunningBox {
    pub stages: Arc<Stages>,
    pub health: Arc<Health>,
    pub runtime: tokio::runtime::Handle,
    /// Two editors do not publish at the same time.
    pub publishing: Mutex<()>,
    /// What callers' words need as well is done for one page at a time.
    pub speaking: Mutex<()>,
    /// The meanings of the texts that were asked for last: a page that is shown again does not take the calls' time again.
    pub meanings: Mutex<HashMap<String, Vec<f32>>>,
}

impl Desk for RunningBox {
    fn council(&self) -> String {
        self.stages.published().knowledge.pack.name.clone()
    }

    fn time_zone(&self) -> TimeZone {
        self.stages.published().knowledge.pack.calendar.local(Timestamp::now()).time_zone().clone()
    }

    fn languages(&self) -> Vec<Language> {
        self.stages.published().knowledge.pack.languages.clone()
    }

    fn live(&self) -> Vec<LiveCall> {
        self.stages.live.all()
    }

    fn changes(&self) -> watch::Receiver<()> {
        self.stages.live.changes()
    }

    fn hang_up(&self, call: u64) -> bool {
        self.stages.live.order(call, Order::HangUp)
    }

    fn hand_over(&self, call: u64) -> bool {
        self.stages.live.order(call, Order::HandOver)
    }

    fn topics(&self) -> Vec<TopicFacts> {
        let published = self.stages.published();
        let facts = |topic: &portaveu_knowledge::Topic| TopicFacts {
            id: topic.id.clone(),
            path: format!("topics/{}.md", topic.id),
            names: topic.names.clone(),
            owner: topic.owner.clone(),
            valid_until: topic.valid_until,
        };
        published.knowledge.pack.topics.values().map(facts).collect()
    }

    fn departments(&self) -> BTreeMap<String, String> {
        let published = self.stages.published();
        let departments = published.knowledge.pack.departments.iter();
        departments.map(|(id, department)| (id.clone(), department.name.clone())).collect()
    }

    fn inbox_changed(&self, department: &str) {
        self.stages.show_lamp(department);
    }

    fn try_out(&self, question: &str, language: Language) -> Result<Tried, String> {
        let published = self.stages.published();
        let said = ask::Said::written(question, language);
        let reply = ask::reply(&published.knowledge, &said, Timestamp::now()).map_err(|error| format!("{error:#}"))?;
        let (decision, topics, confidence) = (reply.decision, reply.topics, reply.confidence);
        Ok(Tried { language, decision, topics, confidence, reply: reply.reply })
    }

    fn speak(&self, text: &str, language: Language) -> Result<Vec<u8>, String> {
        if text.chars().count() > LONGEST_SPOKEN {
            return Err(format!("a text of more than {LONGEST_SPOKEN} signs is not spoken"));
        }
        let _alone = self.speaking.lock().unwrap_or_else(PoisonError::into_inner);
        let phrase = Phrase { text: text.to_owned(), language, pace: Pace::Normal };
        let sound = self.runtime.block_on(self.stages.spoken(phrase));
        portaveu_speech::wav(&sound).map_err(|error| error.to_string())
    }

    fn meanings(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, String> {
        let mut known = self.meanings.lock().unwrap_or_else(PoisonError::into_inner);
        let knowledge = self.stages.published().knowledge.clone();
        let meaning = |text: &String| match known.remove(text) {
            Some(meaning) => Ok((text.clone(), meaning)),
            None => knowledge.meaning(text).map(|meaning| (text.clone(), meaning)).map_err(|error| error.to_string()),
        };
        *known = texts.iter().collect::<HashSet<_>>().into_iter().map(meaning).collect::<Result<_, _>>()?;
        Ok(texts.iter().filter_map(|text| known.get(text).cloned()).collect())
    }

    fn pack(&self) -> Result<BTreeMap<String, String>, String> {
        published::files(&self.stages.published().folder).map_err(|error| format!("{error:#}"))
    }

    fn read_topic(&self, file: &str) -> Result<TopicText, String> {
        let file = TopicFile::parse(file).map_err(|(line, what)| format!("line {line}: {what}"))?;
        let head = file.head.ok_or("the topic has no head between two lines of +++; write one")?;
        let Head { department, office, owner, source, valid_until, name } = head;
        let mut languages: BTreeMap<Language, LanguageText> = BTreeMap::new();
        for section in file.sections {
            let text = languages.entry(section.language).or_default();
            text.answer = section.text;
            text.examples = section.examples.into_iter().map(|example| example.text).collect();
        }
        for (language, name) in name {
            languages.entry(language).or_default().name = name;
        }
        Ok(TopicText { department, office, owner, source, valid_until, languages })
    }

    fn write_topic(&self, topic: &TopicText) -> String {
        let names = topic.languages.iter().filter(|(_, text)| !text.name.is_empty());
        let head = Head {
            department: topic.department.clone(),
            office: topic.office.clone(),
            name: names.map(|(language, text)| (*language, text.name.clone())).collect(),
            owner: topic.owner.clone(),
            source: topic.source.clone(),
            valid_until: topic.valid_until,
        };
        let section = |(language, text): (&Language, &LanguageText)| {
            Section::of(*language, &text.answer, text.examples.iter().map(String::as_str))
        };
        let sections = topic.languages.iter().map(section).filter(|section| !section.is_empty()).collect();
        TopicFile { head: Some(head), sections }.to_text()
    }

    fn publish(&self, files: &BTreeMap<String, String>) -> Result<(), String> {
        let _alone = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        let config = &self.stages.config;
        let publish = || -> anyhow::Result<()> {
            let new = published::write(config, &self.stages.published().folder, files)?;
            let learned = Published::learn(config, &new)?;
            self.stages.publish(Published { folder: published::put_in_place(config, &new)?, ..learned });
            Ok(())
        };
        // Editors know a file by its place in the pack.
        publish().map_err(|error| format!("{error:#}").replace(&published::beside(config), ""))
    }

    fn lights(&self) -> Lights {
        BoxState::Working(self.health.working(self.stages.live.all().len())).lights()
    }

    fn readings(&self) -> Vec<Reading> {
        let published = self.stages.published();
        let pack = &published.knowledge.pack;
        let answers = format!("{} / {}", pack.topics.len(), pack.examples.len());
        self.health.readings(self.stages.live.all().len(), answers, &self.time_zone())
    }

    fn gauges(&self) -> Vec<(&'static str, &'static str, f64)> {
        self.health.gauges(self.stages.live.all().len())
    }

    fn log(&self) -> Vec<String> {
        crate::log::newest()
    }
}
