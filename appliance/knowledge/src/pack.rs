//! The council's pack: a folder of text files that clerks can edit. `council.toml` names departments and languages,
//! `phrases/<language>.toml` holds what the box says of itself, `topics/<id>.md` an approved answer and how callers ask
//! for it, `controls/*.md`, `emergency.md` and `out.md` how callers say everything else.
//!
//! It must not guess: what it cannot read it names by file and line, and says how to mend it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use portaveu_call::{Control, Language};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::topic_file::{self, Section};

const FORMAT: u32 = 1;

/// What is wrong with a pack, where, and how to mend it.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    #[error("{}: cannot be read: {}", .0.display(), .1)]
    Read(PathBuf, std::io::Error),
    #[error("{}: {}", .0.display(), .1)]
    Toml(PathBuf, String),
    #[error("{}, line {}: {}", .0.display(), .1, .2)]
    Line(PathBuf, usize, String),
    #[error("{}: this is format {}, and this Portaveu reads format {FORMAT}; update the box or the pack", .0.display(), .1)]
    Format(PathBuf, u32),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CouncilFile {
    format: u32,
    name: String,
    languages: Vec<Language>,
    departments: BTreeMap<String, Department>,
}

/// Who answers for some topics.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Department {
    pub name: String,
    /// Rung when a caller wants a person.
    #[serde(default)]
    pub extension: Option<String>,
}

/// What the box says of itself, in one language.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phrases {
    pub greeting: String,
    pub anything_else: String,
    pub goodbye: String,
    pub thanks: String,
    pub not_heard: String,
    pub not_understood: String,
    pub offer_human: String,
    pub still_there: String,
    pub confirm: String,
    pub choose_two: String,
    pub choose_three: String,
    pub try_again: String,
    pub nothing_to_repeat: String,
    pub slower: String,
    pub louder: String,
    pub wait: String,
    pub language: String,
    pub transferring: String,
    pub no_human: String,
    pub emergency: String,
    pub one_moment: String,
}

/// Something that callers ask.
#[derive(Clone, Debug, PartialEq)]
pub struct Topic {
    pub id: String,
    pub department: String,
    /// What it is called in a question back: "¿Me pregunta por …?".
    pub names: BTreeMap<Language, String>,
    pub answers: BTreeMap<Language, String>,
}

/// What an example teaches.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Label {
    Topic(String),
    Control(String),
    Emergency,
    Out,
}

/// Something that a caller may say.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    pub label: Label,
    pub language: Language,
    pub text: String,
}

#[derive(Clone, Debug)]
pub struct Pack {
    pub name: String,
    pub languages: Vec<Language>,
    pub departments: BTreeMap<String, Department>,
    pub topics: BTreeMap<String, Topic>,
    pub phrases: BTreeMap<Language, Phrases>,
    pub examples: Vec<Example>,
    /// SHA-256 of everything that callers' words are matched against.
    pub fingerprint: String,
}

impl Pack {
    pub fn load(folder: &Path) -> Result<Self, PackError> {
        let council: CouncilFile = read_toml(&folder.join("council.toml"))?;
        if council.format != FORMAT {
            return Err(PackError::Format(folder.join("council.toml"), council.format));
        }
        let mut pack = Self {
            name: council.name,
            languages: council.languages,
            departments: council.departments,
            topics: BTreeMap::new(),
            phrases: BTreeMap::new(),
            examples: Vec::new(),
            fingerprint: String::new(),
        };
        if pack.languages.is_empty() {
            return Err(PackError::Toml(folder.join("council.toml"), "`languages` is empty; name at least one".into()));
        }
        for language in &pack.languages {
            let path = folder.join(format!("phrases/{language}.toml"));
            pack.phrases.insert(*language, read_toml(&path)?);
        }
        for path in markdown_files(&folder.join("topics"))? {
            pack.add_topic(&path)?;
        }
        for path in markdown_files(&folder.join("controls"))? {
            let name = stem(&path).replacen("language-", "language:", 1);
            name.parse::<Control>()
                .map_err(|error| PackError::Line(path.clone(), 1, format!("{error}; rename the file")))?;
            pack.add_examples(&path, &Label::Control(name))?;
        }
        pack.add_examples(&folder.join("emergency.md"), &Label::Emergency)?;
        pack.add_examples(&folder.join("out.md"), &Label::Out)?;
        pack.fingerprint = fingerprint(&pack.examples);
        Ok(pack)
    }

    fn add_topic(&mut self, path: &Path) -> Result<(), PackError> {
        let at = |line: usize, what: String| PackError::Line(path.to_owned(), line, what);
        let file = topic_file::parse(&read(path)?).map_err(|(line, what)| at(line, what))?;
        let head = file.head.ok_or_else(|| at(1, "a topic begins with a head between two lines of +++".into()))?;
        if !self.departments.contains_key(&head.department) {
            let known: Vec<&str> = self.departments.keys().map(String::as_str).collect();
            let what =
                format!("department \"{}\" is not in council.toml; it has {}", head.department, known.join(", "));
            return Err(at(2, what));
        }
        let id = stem(path);
        let mut answers = BTreeMap::new();
        for section in &file.sections {
            if section.text.is_empty() {
                return Err(at(section.line, format!("# {} has no answer under it", section.language)));
            }
            answers.insert(section.language, section.text.clone());
            self.teach(&Label::Topic(id.clone()), section);
        }
        self.topics.insert(id.clone(), Topic { id, department: head.department, names: head.name, answers });
        Ok(())
    }

    fn add_examples(&mut self, path: &Path, label: &Label) -> Result<(), PackError> {
        let file =
            topic_file::parse(&read(path)?).map_err(|(line, what)| PackError::Line(path.to_owned(), line, what))?;
        file.sections.iter().for_each(|section| self.teach(label, section));
        Ok(())
    }

    fn teach(&mut self, label: &Label, section: &Section) {
        let example = |text: &String| Example { label: label.clone(), language: section.language, text: text.clone() };
        self.examples.extend(section.examples.iter().map(example));
    }

    /// The language that what is missing in another is said in.
    pub fn first_language(&self) -> Language {
        self.languages.first().copied().unwrap_or(Language::Es)
    }

    /// `language` if the council speaks it, else its first one.
    pub fn spoken_language(&self, language: Language) -> Language {
        if self.phrases.contains_key(&language) { language } else { self.first_language() }
    }

    /// The answer to a topic, and the language it is in.
    pub fn answer(&self, topic: &str, language: Language) -> Option<(&str, Language)> {
        let answers = &self.topics.get(topic)?.answers;
        let spoken = if answers.contains_key(&language) { language } else { self.first_language() };
        Some((answers.get(&spoken)?, spoken))
    }

    /// What a topic is called in a question back.
    pub fn topic_name(&self, topic: &str, language: Language) -> Option<&str> {
        let names = &self.topics.get(topic)?.names;
        names.get(&language).or_else(|| names.get(&self.first_language())).map(String::as_str)
    }

    /// The extension that is rung for a topic, else the first department's with one.
    pub fn extension(&self, topic: Option<&str>) -> Option<&str> {
        let department = topic.and_then(|topic| self.topics.get(topic)).map(|topic| topic.department.as_str());
        let listed = department.and_then(|name| self.departments.get(name)).and_then(|d| d.extension.as_deref());
        listed.or_else(|| self.departments.values().find_map(|department| department.extension.as_deref()))
    }
}

fn fingerprint(examples: &[Example]) -> String {
    let mut hash = Sha256::new();
    for example in examples {
        hash.update(format!("{:?}\0{}\0", example.label, example.text));
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
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
