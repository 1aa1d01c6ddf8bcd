//! What the panel asks of the running box, answered.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use portaveu_board::{BoxState, Lights};
use portaveu_call::{Language, Pace};
use portaveu_knowledge::{Head, PackError, Section, TopicFile};
use portaveu_panel::{
    Advice, Desk, Fault, LanguageText, LiveCall, Reading, TopicFacts, TopicFault, TopicText, Tried, Value,
};
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

    fn topic_texts(&self) -> BTreeMap<String, String> {
        let published = self.stages.published();
        let topics = published.texts.iter().filter(|(path, _)| id_of(path).is_some());
        topics.map(|(path, text)| (path.clone(), text.clone())).collect()
    }

    fn check(&self, path: &str, text: &str) -> Result<Vec<Advice>, Fault> {
        let published = self.stages.published();
        let (pack, id) = (&published.knowledge.pack, id_of(path).unwrap_or_default());
        let pack = pack.with_topic(id, text).map_err(|fault| match of_topic(&fault) {
            Some(fault) => Fault::Topic(path.to_owned(), fault),
            None => Fault::Other(format!("{path}: {fault}")),
        })?;
        let today = pack.calendar.local(Timestamp::now()).date();
        let advice = pack.topics.get(id).map(|topic| portaveu_knowledge::check_topic(&pack, topic, today));
        Ok(advice.unwrap_or_default().into_iter().map(advice_of).collect())
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

    fn publish(&self, topics: &BTreeMap<String, String>, by: (&str, &str)) -> Result<(), Fault> {
        let _alone = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        let (stages, config) = (&self.stages, &self.stages.config);
        let publish = || -> anyhow::Result<()> {
            let new = Published::of(config, stages.published().installed.clone(), topics.clone())?;
            stages.store.put_version(&new.texts, by, Timestamp::now())?; // from here on it is published
            published::put_in_place(config);
            stages.publish(new);
            Ok(())
        };
        publish().map_err(|error| fault(&error, &published::beside(config)))
    }

    fn lights(&self) -> Lights {
        BoxState::Working(self.health.working(self.stages.live.all().len())).lights()
    }

    fn readings(&self) -> Vec<Reading> {
        let published = self.stages.published();
        let pack = &published.knowledge.pack;
        let answers = Value::Answers { topics: pack.topics.len(), examples: pack.examples.len() };
        self.health.readings(self.stages.live.all().len(), answers)
    }

    fn gauges(&self) -> Vec<(&'static str, &'static str, f64)> {
        self.health.gauges(self.stages.live.all().len())
    }

    fn log(&self) -> Vec<String> {
        crate::log::newest()
    }
}

/// The topic that a file of the pack is of.
fn id_of(path: &str) -> Option<&str> {
    path.strip_prefix("topics/")?.strip_suffix(".md")
}

fn advice_of(advice: portaveu_knowledge::Advice) -> Advice {
    use portaveu_knowledge::Advice as Known;
    match advice {
        Known::Over(last) => Advice::Over(last),
        Known::SoonOver(last) => Advice::SoonOver(last),
        Known::Long { language, words } => Advice::Long(language, words),
        Known::Figures { first, other, apart } => Advice::Figures(first, other, apart),
        Known::FewExamples(count) => Advice::FewExamples(count),
        Known::NoAnswer { language, first } => Advice::NoAnswer(language, first),
        Known::SaidOfTwo { file, text } => Advice::SaidOfTwo(file, text),
    }
}

/// Why a pack in this folder is not published, for editors, who know a file by its place in the pack.
fn fault(error: &anyhow::Error, folder: &str) -> Fault {
    if let Some(PackError::Topic(path, _, fault)) = error.downcast_ref()
        && let Some(fault) = of_topic(fault)
    {
        return Fault::Topic(path.display().to_string().replace(folder, ""), fault);
    }
    Fault::Other(format!("{error:#}").replace(folder, ""))
}

/// None: no form lets anybody write that.
fn of_topic(fault: &portaveu_knowledge::TopicFault) -> Option<TopicFault> {
    use portaveu_knowledge::TopicFault as Known;
    match fault {
        Known::Department { id, .. } => Some(TopicFault::Department(id.clone())),
        Known::Office(id) => Some(TopicFault::Office(id.clone())),
        Known::NoName => Some(TopicFault::NoName),
        Known::NoAnswer(language) => Some(TopicFault::NoAnswer(*language)),
        Known::Fact { name, known } => Some(TopicFault::Fact { name: name.clone(), known: known.clone() }),
        Known::File(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_form_can_write_is_told_by_its_kind_and_the_rest_as_a_sentence() {
        let of = |fault| {
            let path = "/data/published.new/topics/fine.pay.md".into();
            super::fault(&PackError::Topic(path, 2, fault).into(), "/data/published.new/")
        };
        let office = of(portaveu_knowledge::TopicFault::Office("x".into()));
        assert_eq!(office, Fault::Topic("topics/fine.pay.md".into(), TopicFault::Office("x".into())));
        let written = of(portaveu_knowledge::TopicFault::File("no head".into()));
        assert_eq!(written, Fault::Other("topics/fine.pay.md, line 2: no head".into()));
    }
}
