//! One Markdown file of a pack:
//!
//! ```text
//! +++
//! department = "padron"
//! name.es = "empadronarse"
//! owner = "Ana, padrón"          (may be left out, as what follows)
//! source = "Ordenanza 12"
//! valid_until = "2027-12-31"
//! office = "townhall"
//! +++
//!
//! # es
//!
//! The approved answer, as it is read aloud.
//!
//! - something that a caller says
//! - something else that a caller says
//! ```
//!
//! Files of examples that belong to several topics have no head and no answers; a line `## topic, topic` says whose the
//! examples below it are.

use std::collections::BTreeMap;
use std::fmt::Write;

use jiff::civil::Date;
use portaveu_call::Language;
use serde::Deserialize;

/// What stands between the two lines of +++.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    pub department: String,
    /// Whose opening hours callers mean who ask for a time.
    #[serde(default)]
    pub office: Option<String>,
    /// A draft may have none yet; a pack's topic has.
    #[serde(default)]
    pub name: BTreeMap<Language, String>,
    /// Who at the council answers for the answer, and where it is taken from.
    #[serde(default)]
    pub owner: Option<String>,
    #[serde(default)]
    pub source: Option<String>,
    /// The last day on which the answer is given.
    #[serde(default)]
    pub valid_until: Option<Date>,
}

/// What a file says in a language.
#[derive(Debug, PartialEq)]
pub struct Section {
    pub language: Language,
    /// The line that it begins on, from 1.
    pub line: usize,
    pub text: String,
    pub examples: Vec<Example>,
}

#[derive(Debug, PartialEq)]
pub struct Example {
    pub line: usize,
    /// The names of the `##` line above it.
    pub group: Vec<String>,
    pub text: String,
}

/// A file, read.
#[derive(Debug, PartialEq)]
pub struct TopicFile {
    pub head: Option<Head>,
    pub sections: Vec<Section>,
}

impl TopicFile {
    /// Read a file; an error is the line it is on and what is wrong.
    pub fn parse(text: &str) -> Result<Self, (usize, String)> {
        let (head, body, skipped) = split_head(text)?;
        let mut sections: Vec<Section> = Vec::new();
        let mut group = Vec::new();
        for (number, line) in body.lines().enumerate() {
            let (number, line) = (number + skipped + 1, line.trim());
            if let Some(code) = line.strip_prefix("# ") {
                let language = code.trim().parse().map_err(|error| (number, format!("{error}")))?;
                if sections.iter().any(|section| section.language == language) {
                    return Err((number, format!("# {language} is here for the second time; join the two")));
                }
                sections.push(Section { language, line: number, text: String::new(), examples: Vec::new() });
                group.clear();
            } else if let Some(names) = line.strip_prefix("## ") {
                group = names.split(',').map(|name| name.trim().to_owned()).collect();
            } else if !line.is_empty() {
                let section = sections
                    .last_mut()
                    .ok_or((number, "this stands before the first language; begin with # es".into()))?;
                match line.strip_prefix("- ") {
                    Some(example) => {
                        let (group, text) = (group.clone(), example.trim().to_owned());
                        section.examples.push(Example { line: number, group, text });
                    }
                    None if section.examples.is_empty() => section.add(line),
                    None => {
                        return Err((
                            number,
                            "an answer stands above the examples; move this up, or begin it with - ".into(),
                        ));
                    }
                }
            }
        }
        Ok(Self { head, sections })
    }

    /// The file as it is written; read again it is the same.
    pub fn to_text(&self) -> String {
        let mut text = self.head.as_ref().map(Head::to_text).unwrap_or_default();
        for section in &self.sections {
            let _ = write!(text, "\n# {}\n", section.language); // a String takes everything
            if !section.text.is_empty() {
                let _ = write!(text, "\n{}\n", section.text);
            }
            let mut group: &[String] = &[];
            for (number, example) in section.examples.iter().enumerate() {
                if number == 0 || example.group != group {
                    text.push('\n');
                }
                if example.group != group {
                    group = &example.group;
                    let _ = write!(text, "## {}\n\n", group.join(", "));
                }
                let _ = writeln!(text, "- {}", example.text);
            }
        }
        text
    }
}

impl Head {
    fn to_text(&self) -> String {
        let quoted = |value: &str| toml::Value::String(value.to_owned()).to_string();
        let mut lines = vec![format!("department = {}", quoted(&self.department))];
        lines.extend(self.name.iter().map(|(language, name)| format!("name.{language} = {}", quoted(name))));
        let valid = self.valid_until.map(|day| day.to_string());
        for (key, value) in
            [("office", &self.office), ("owner", &self.owner), ("source", &self.source), ("valid_until", &valid)]
        {
            lines.extend(value.as_ref().map(|value| format!("{key} = {}", quoted(value))));
        }
        format!("+++\n{}\n+++\n", lines.join("\n"))
    }
}

impl Section {
    /// What somebody wrote for a language, whatever lines and signs are in it.
    pub fn of<'a>(language: Language, answer: &str, examples: impl Iterator<Item = &'a str>) -> Self {
        let plain = |text: &str| {
            let words: Vec<&str> = text.split_whitespace().collect();
            words.join(" ").trim_start_matches(['#', '-', '+', ' ']).to_owned()
        };
        let example = |text: &str| Example { line: 0, group: Vec::new(), text: plain(text) };
        let examples = examples.map(example).filter(|example| !example.text.is_empty()).collect();
        Self { language, line: 0, text: plain(answer), examples }
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty() && self.examples.is_empty()
    }

    fn add(&mut self, line: &str) {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        self.text.push_str(line);
    }
}

/// The head, what follows it, and how many lines come before that.
fn split_head(text: &str) -> Result<(Option<Head>, &str, usize), (usize, String)> {
    let Some(rest) = text.strip_prefix("+++\n") else { return Ok((None, text, 0)) };
    let (head, body) =
        rest.split_once("\n+++").ok_or((1, "the head that begins here has no end; close it with +++".into()))?;
    let parsed = toml::from_str(head).map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |span| head[..span.start].matches('\n').count() + 1);
        (line + 1, error.message().to_owned())
    })?;
    Ok((Some(parsed), body, head.lines().count() + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "+++\ndepartment = \"padron\"\nname.es = \"x\"\n+++\n\n# es\n\nUno.\nDos.\n\n- ¿eso?\n- ¿lo otro?\n\n# ca\n\nTres.\n";

    #[test]
    fn a_topic_is_read_whole() {
        let file = TopicFile::parse(GOOD).unwrap();
        assert_eq!(file.head.unwrap().department, "padron");
        assert_eq!(file.sections[0].text, "Uno. Dos.");
        let examples: Vec<&str> = file.sections[0].examples.iter().map(|example| example.text.as_str()).collect();
        assert_eq!(examples, ["¿eso?", "¿lo otro?"]);
        assert_eq!((file.sections[1].language, file.sections[1].line), (Language::Ca, 14));
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut file = TopicFile::parse(GOOD).unwrap();
        if let Some(head) = &mut file.head {
            (head.owner, head.valid_until) = (Some("Ana \"Nita\" Puig".into()), Some(jiff::civil::date(2027, 12, 31)));
        }
        let again = TopicFile::parse(&file.to_text()).unwrap();
        assert_eq!(again.head, file.head);
        let texts = |file: &TopicFile| -> Vec<(String, Vec<String>)> {
            let section = |s: &Section| (s.text.clone(), s.examples.iter().map(|e| e.text.clone()).collect());
            file.sections.iter().map(section).collect()
        };
        assert_eq!(texts(&again), texts(&file));
        let odd = Section::of(Language::Es, "# Uno\n- dos\n+++", ["- tres", "", "## cuatro"].into_iter());
        assert_eq!((odd.text.as_str(), odd.examples.len()), ("Uno - dos +++", 2));
        let written = TopicFile { head: None, sections: vec![odd] };
        assert_eq!(TopicFile::parse(&written.to_text()).unwrap().sections[0].examples[1].text, "cuatro");
    }

    #[test]
    fn groups_are_written_as_they_were() {
        let text = "\n# es\n\n## tax.waste, tax.vehicle\n\n- el recibo\n- el otro\n";
        assert_eq!(TopicFile::parse(text).unwrap().to_text(), text);
    }

    #[test]
    fn examples_can_be_of_several_topics() {
        let file =
            TopicFile::parse("# es\n\n## tax.waste, tax.vehicle\n\n- el recibo\n\n# ca\n\n- un altre\n").unwrap();
        assert_eq!(file.sections[0].examples[0].group, ["tax.waste", "tax.vehicle"]);
        assert_eq!((file.sections[1].examples[0].line, file.sections[1].examples[0].group.len()), (9, 0));
    }

    #[test]
    fn mistakes_are_named_by_their_line() {
        let line_of = |text: &str| TopicFile::parse(text).unwrap_err().0;
        assert_eq!(line_of("hello"), 1);
        assert_eq!(line_of("# es\n\nUno.\n\n- a\n\nDos.\n"), 7);
        assert_eq!(line_of("# es\n\nUno.\n\n# xx\n"), 5);
        assert_eq!(line_of("+++\ndepartment = \"a\"\nnames = 3\n+++\n"), 3);
        assert_eq!(line_of("+++\ndepartment = \"a\"\n"), 1);
    }
}
