//! The council's pack: a folder of text files that clerks can edit. `council.toml` names departments and languages,
//! `facts.toml` what differs from one council to the next, `phrases/<language>.toml` holds what the box says of itself, `topics/<id>.md` an approved answer and how callers ask
//! for it, `controls/*.md`, `emergency.md`, `out.md` and `abuse.md` how callers say everything else. `vague.md` holds questions that
//! leave open which of some topics is meant, `together.md` those for two topics in one breath, and beside them such for
//! one topic that only look like two. `misheard/` is what the recogniser makes of them ([`Hearings`]).
//!
//! It must not guess: what it cannot read it names by file and line, and says how to mend it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use portaveu_call::{Control, Language};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::calendar::{Calendar, Office};
use crate::department::{Called, Department};
use crate::facts::{Facts, placeholder};
use crate::hearings::Hearings;
use crate::pack_error::PackError;
use crate::phrases::{self, Phrases};
use crate::topic_fault::TopicFault;
use crate::topic_file::{Section, TopicFile};

/// The format of packs that is read.
pub(crate) const FORMAT: u32 = 1;
/// How likely a language without answers is, beside one that has them.
const RARE: f32 = 0.05;
/// A question back names no more.
const MOST_TOPICS: usize = 3;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CouncilFile {
    format: u32,
    languages: Vec<Language>,
    departments: BTreeMap<String, Department>,
    /// How callers name departments.
    #[serde(default)]
    called: Called,
    /// The department that is rung when somebody is in danger.
    #[serde(default)]
    emergency: Option<String>,
}

/// Something that callers ask.
#[derive(Clone, Debug, PartialEq)]
pub struct Topic {
    pub id: String,
    pub department: String,
    /// The office whose opening hours belong to it.
    pub office: Option<String>,
    pub owner: Option<String>,
    pub source: Option<String>,
    /// The last day on which the answer is given.
    pub valid_until: Option<Date>,
    /// What it is called in a question back: "¿Me pregunta por …?".
    pub names: BTreeMap<Language, String>,
    pub answers: BTreeMap<Language, String>,
}

/// What an example teaches.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Label {
    Topic(String),
    Control(String),
    Emergency,
    /// Nothing that the council answers.
    Out,
    /// Insults and jokes.
    Abuse,
    /// About the council's matters, but which of them is left open.
    Vague,
}

impl Label {
    pub fn control(&self) -> Option<&str> {
        match self {
            Self::Control(name) => Some(name),
            _ => None,
        }
    }

    pub fn topic(&self) -> Option<&str> {
        match self {
            Self::Topic(id) => Some(id),
            _ => None,
        }
    }
}

/// Something that a caller may say.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    pub label: Label,
    pub language: Language,
    /// Its place in its section, from 0: the usual ways of saying it come first.
    pub place: usize,
    pub text: String,
}

/// Something that a caller may say, and all the topics that it is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Grouped {
    pub language: Language,
    pub topics: Vec<String>,
    pub text: String,
}

#[derive(Clone, Debug)]
pub struct Pack {
    pub name: String,
    pub facts: Facts,
    pub languages: Vec<Language>,
    pub departments: BTreeMap<String, Department>,
    pub(crate) called: Called,
    /// The department that is rung when somebody is in danger.
    pub emergency: Option<String>,
    pub topics: BTreeMap<String, Topic>,
    pub phrases: BTreeMap<Language, Phrases>,
    pub calendar: Calendar,
    pub examples: Vec<Example>,
    /// Each is about one of its topics, and leaves open which.
    pub vague: Vec<Grouped>,
    /// Each asks for all of its topics, which are one or two.
    pub together: Vec<Grouped>,
    pub hearings: Hearings,
    /// SHA-256 of everything that callers' words are matched against.
    pub fingerprint: String,
}

impl Pack {
    pub fn load(folder: &Path) -> Result<Self, PackError> {
        let council: CouncilFile = read_toml(&folder.join("council.toml"))?;
        if council.format != FORMAT {
            return Err(PackError::Format(folder.join("council.toml"), council.format));
        }
        let facts: Facts = read_toml(&folder.join("facts.toml"))?;
        let first = council.languages.first().copied().unwrap_or(Language::Es);
        if let Some((key, _)) = facts.0.iter().find(|(_, fact)| fact.text(first, first).is_empty()) {
            let what = format!("`{key}` has no text in {first}, the council's first language; write one");
            return Err(PackError::Toml(folder.join("facts.toml"), what));
        }
        let Some(name) = facts.0.get("name").map(|name| name.text(first, first).to_owned()) else {
            let what = "`name` is missing; write the council's name, as in: name = \"Alboraia\"";
            return Err(PackError::Toml(folder.join("facts.toml"), what.into()));
        };
        let mut pack = Self {
            name,
            facts,
            languages: council.languages,
            departments: council.departments,
            called: council.called,
            emergency: council.emergency,
            topics: BTreeMap::new(),
            phrases: BTreeMap::new(),
            calendar: load_calendar(folder)?,
            examples: Vec::new(),
            vague: Vec::new(),
            together: Vec::new(),
            hearings: Hearings::load(folder)?,
            fingerprint: String::new(),
        };
        pack.check_council().map_err(|what| PackError::Toml(folder.join("council.toml"), what))?;
        for language in &pack.languages {
            let path = folder.join(format!("phrases/{language}.toml"));
            let text = pack.facts.fill(&read(&path)?, *language, first);
            phrases::check(&text).map_err(|(line, what)| PackError::Line(path.clone(), line, what))?;
            let phrases = toml::from_str(&text).map_err(|error| PackError::Toml(path, error.to_string()))?;
            pack.phrases.insert(*language, phrases);
        }
        for path in markdown_files(&folder.join("topics"))? {
            let added = pack.add_topic(stem(&path), &read(&path)?);
            added.map_err(|(line, fault)| PackError::Topic(path, line, fault))?;
        }
        for path in markdown_files(&folder.join("controls"))? {
            let name = stem(&path).replacen("language-", "language:", 1);
            name.parse::<Control>()
                .map_err(|error| PackError::Line(path.clone(), 1, format!("{error}; rename the file")))?;
            pack.add_examples(&path, &Label::Control(name))?;
        }
        pack.add_examples(&folder.join("emergency.md"), &Label::Emergency)?;
        pack.add_examples(&folder.join("out.md"), &Label::Out)?;
        pack.add_examples(&folder.join("abuse.md"), &Label::Abuse)?;
        pack.vague = pack.grouped(&folder.join("vague.md"))?;
        pack.together = pack.grouped(&folder.join("together.md"))?;
        if pack.examples.is_empty() {
            return Err(PackError::Toml(
                folder.join("topics"),
                "no topic has an example; write how callers ask for it".into(),
            ));
        }
        pack.fingerprint = pack.fingerprint();
        Ok(pack)
    }

    /// What is wrong with `council.toml`, if anything is.
    fn check_council(&self) -> Result<(), String> {
        if self.languages.is_empty() {
            return Err("`languages` is empty; name at least one".into());
        }
        if let Some(unknown) = self.emergency.as_ref().filter(|id| !self.departments.contains_key(*id)) {
            return Err(format!("`emergency` is \"{unknown}\", and there is no such department"));
        }
        if let Some(unknown) = self.called.keys().find(|id| !self.departments.contains_key(*id)) {
            return Err(format!("[called] names \"{unknown}\", and there is no such department"));
        }
        if let Some(wrong) = self.departments.values().find_map(Department::undialable) {
            return Err(format!(
                "\"{wrong}\" stands among the extensions and lamps of a department and is no number; write digits, as in \
                 \"100\" or \"+34612345678\""
            ));
        }
        let strange = |office: &&String| self.calendar.office(office).is_none();
        match self.departments.values().filter_map(|department| department.office.as_ref()).find(strange) {
            Some(office) => Err(format!("office \"{office}\" of a department is not in calendar.toml")),
            None => Ok(()),
        }
    }

    /// The same pack with this text of a topic, as far as [`crate::check`] looks at it: it is not learned so.
    pub fn with_topic(&self, id: &str, text: &str) -> Result<Self, TopicFault> {
        let mut pack = self.clone();
        pack.topics.remove(id);
        pack.examples.retain(|example| example.label.topic() != Some(id));
        pack.add_topic(id.to_owned(), text).map_err(|(_, fault)| fault)?;
        Ok(pack)
    }

    /// An error has the line it is on.
    fn add_topic(&mut self, id: String, text: &str) -> Result<(), (usize, TopicFault)> {
        let file = TopicFile::parse(text).map_err(|(line, what)| (line, TopicFault::File(what)))?;
        let no_head = || (1, TopicFault::File("a topic begins with a head between two lines of +++".into()));
        let head = file.head.ok_or_else(no_head)?;
        let all = |keys: &mut dyn Iterator<Item = &String>| keys.map(String::as_str).collect::<Vec<_>>().join(", ");
        if !self.departments.contains_key(&head.department) {
            let known = all(&mut self.departments.keys());
            return Err((2, TopicFault::Department { id: head.department, known }));
        }
        if let Some(office) = head.office.as_ref().filter(|office| self.calendar.office(office).is_none()) {
            return Err((2, TopicFault::Office(office.clone())));
        }
        if head.name.is_empty() {
            return Err((2, TopicFault::NoName));
        }
        let mut answers = BTreeMap::new();
        for section in &file.sections {
            if section.text.is_empty() && section.examples.is_empty() {
                let what = format!("# {} has neither an answer nor examples under it", section.language);
                return Err((section.line, TopicFault::File(what)));
            }
            if !section.text.is_empty() {
                let answer = self.facts.fill(&section.text, section.language, self.first_language());
                if let Some(unknown) = placeholder(&answer) {
                    let known = all(&mut self.facts.0.keys());
                    return Err((section.line, TopicFault::Fact { name: unknown.to_owned(), known }));
                }
                answers.insert(section.language, answer);
            }
            self.teach(&Label::Topic(id.clone()), section);
        }
        if !answers.contains_key(&self.first_language()) {
            return Err((2, TopicFault::NoAnswer(self.first_language())));
        }
        let topic = Topic {
            id: id.clone(),
            department: head.department,
            office: head.office,
            owner: head.owner,
            source: head.source,
            valid_until: head.valid_until,
            names: head.name,
            answers,
        };
        self.topics.insert(id, topic);
        Ok(())
    }

    fn add_examples(&mut self, path: &Path, label: &Label) -> Result<(), PackError> {
        let file =
            TopicFile::parse(&read(path)?).map_err(|(line, what)| PackError::Line(path.to_owned(), line, what))?;
        file.sections.iter().for_each(|section| self.teach(label, section));
        Ok(())
    }

    fn teach(&mut self, label: &Label, section: &Section) {
        let language = section.language;
        let texts = section.examples.iter().flat_map(|example| self.with_each_department(&example.text, language));
        let example = |(place, text)| Example { label: label.clone(), language, place, text };
        let examples: Vec<Example> = texts.enumerate().map(example).collect();
        self.examples.extend(examples);
    }

    /// A file of examples that belong to several topics; a pack need not have it.
    fn grouped(&self, path: &Path) -> Result<Vec<Grouped>, PackError> {
        if !path.exists() {
            return Ok(Vec::new());
        }
        let at = |line: usize, what: String| PackError::Line(path.to_owned(), line, what);
        let file = TopicFile::parse(&read(path)?).map_err(|(line, what)| at(line, what))?;
        let mut grouped = Vec::new();
        let sections = file.sections.into_iter();
        for (language, example) in sections.flat_map(|s| s.examples.into_iter().map(move |e| (s.language, e))) {
            if example.group.is_empty() {
                return Err(at(example.line, "put a line ## with the topics above this example".into()));
            }
            if example.group.len() > MOST_TOPICS {
                return Err(at(example.line, format!("the ## line above names more than {MOST_TOPICS} topics")));
            }
            if let Some(unknown) = example.group.iter().find(|id| !self.topics.contains_key(*id)) {
                let what = format!("the ## line above names \"{unknown}\", and there is no such topic");
                return Err(at(example.line, what));
            }
            grouped.push(Grouped { language, topics: example.group, text: example.text });
        }
        Ok(grouped)
    }

    fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for Example { label, language, place, text } in &self.examples {
            hash.update(format!("{label:?}\0{language}\0{place}\0{text}\0"));
        }
        for (language, said, heard) in self.hearings.pairs() {
            hash.update(format!("{language}\0{said}\0{heard}\0"));
        }
        for grouped in self.vague.iter().chain(&self.together) {
            hash.update(format!("{}\0{}\0", grouped.topics.join(","), grouped.text));
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The language that what is missing in another is said in.
    pub fn first_language(&self) -> Language {
        self.languages.first().copied().unwrap_or(Language::Es)
    }

    /// `language` if the council speaks it, else its first one.
    pub fn spoken_language(&self, language: Language) -> Language {
        if self.phrases.contains_key(&language) { language } else { self.first_language() }
    }

    /// The council's languages, each with how likely a caller speaks it before a word was said: one that has no answers is
    /// rarer than those that the town speaks.
    pub fn languages_by_likelihood(&self) -> Vec<(Language, f32)> {
        let has_answers = |language| self.topics.values().any(|topic| topic.answers.contains_key(&language));
        let likelihood = |language| if has_answers(language) { 1.0 } else { RARE };
        self.languages.iter().map(|language| (*language, likelihood(*language))).collect()
    }

    /// The answer to a topic, and the language it is in.
    pub fn answer(&self, topic: &str, language: Language) -> Option<(&str, Language)> {
        let answers = &self.topics.get(topic)?.answers;
        let spoken = if answers.contains_key(&language) { language } else { self.first_language() };
        Some((answers.get(&spoken)?, spoken))
    }

    pub fn is_out_of_date(&self, topic: &str, day: Date) -> bool {
        self.topics.get(topic).and_then(|topic| topic.valid_until).is_some_and(|last| last < day)
    }

    /// What a topic is called in a question back.
    pub fn topic_name(&self, topic: &str, language: Language) -> Option<&str> {
        let names = &self.topics.get(topic)?.names;
        names.get(&language).or_else(|| names.get(&self.first_language())).map(String::as_str)
    }

    /// The office whose opening hours belong to a topic.
    pub fn office(&self, topic: &str) -> Option<&Office> {
        self.calendar.office(self.topics.get(topic)?.office.as_deref()?)
    }
}

fn load_calendar(folder: &Path) -> Result<Calendar, PackError> {
    let path = folder.join("calendar.toml");
    Calendar::new(read_toml(&path)?, folder).map_err(|what| PackError::Toml(path, what))
}

fn read(path: &Path) -> Result<String, PackError> {
    std::fs::read_to_string(path).map_err(|error| PackError::Read(path.to_owned(), error))
}

fn read_toml<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, PackError> {
    toml::from_str(&read(path)?).map_err(|error| PackError::Toml(path.to_owned(), error.to_string()))
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// The `.md` files of a folder in order of their names, so that a pack is always read the same.
fn markdown_files(folder: &Path) -> Result<Vec<PathBuf>, PackError> {
    let failed = |error| PackError::Read(folder.to_owned(), error);
    let entries = std::fs::read_dir(folder).map_err(failed)?.collect::<Result<Vec<_>, _>>().map_err(failed)?;
    let mut paths: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    paths.sort();
    Ok(paths)
}
