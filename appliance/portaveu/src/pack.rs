//! `portaveu pack`: the council's own texts. `check` says what to write, `try` holds a conversation in the terminal, `new`
//! begins a council's pack from the example.

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use clap::Subcommand;
use jiff::Timestamp;
use portaveu_call::{Language, Pace};
use portaveu_dialogue::{Action, Dialogue, Event, Saying};
use portaveu_knowledge::{Context, Knowledge};

use crate::config::Config;
use crate::wording::{self, Manner};

/// Topics are named that so many examples took for another one.
const OFTEN: u32 = 3;

#[derive(Subcommand)]
pub enum Command {
    /// Learn the pack and say what to write: what is missing, out of date, too long, or taken for something else.
    Check,
    /// Hold a conversation in the terminal: write what a caller would say, a line each.
    Try {
        #[arg(long)]
        lang: Option<Language>,
    },
    /// Begin another council's pack: copies this one and asks for the council's name.
    New {
        /// The new folder.
        folder: PathBuf,
    },
}

pub fn run(config: &Config, command: &Command) -> Result<()> {
    match command {
        Command::Check => check(&crate::load_knowledge(config)?),
        Command::Try { lang } => {
            let knowledge = crate::load_knowledge(config)?;
            converse(&knowledge, lang.unwrap_or(knowledge.pack.first_language()), &mut std::io::stdin().lock())
        }
        Command::New { folder } => begin(config, folder, &mut std::io::stdin().lock()),
    }
}

fn check(knowledge: &Knowledge) -> Result<()> {
    let pack = &knowledge.pack;
    let mut advice = portaveu_knowledge::check(pack, pack.calendar.local(Timestamp::now()).date());
    for (topic, taken_for, count) in knowledge.confusions().iter().filter(|(_, _, count)| *count >= OFTEN) {
        advice.push(format!(
            "topics/{topic}.md: {count} examples that were tried were taken for {taken_for}; write more in both files \
             that tell the two apart"
        ));
    }
    advice.iter().for_each(|sentence| println!("advice  {sentence}"));
    println!("{} topics, {} examples, {} pieces of advice", pack.topics.len(), pack.examples.len(), advice.len());
    Ok(())
}

/// A call without a telephone: every line is an utterance.
fn converse(knowledge: &Knowledge, language: Language, input: &mut dyn BufRead) -> Result<()> {
    let parts = Arc::new(wording::in_parts(&knowledge.pack));
    let manner = Manner { language, pace: Pace::Normal };
    let mut conversation = Conversation { knowledge, dialogue: Dialogue::new(language, parts), manner };
    let mut open = conversation.happens(&Event::Answered);
    let mut line = String::new();
    while open && input.read_line(&mut line)? > 0 {
        open = conversation.hear(line.trim())?;
        line.clear();
    }
    Ok(())
}

struct Conversation<'a> {
    knowledge: &'a Knowledge,
    dialogue: Dialogue,
    manner: Manner,
}

impl Conversation<'_> {
    /// False when the call is over.
    fn hear(&mut self, text: &str) -> Result<bool> {
        let (language, choices) = (self.dialogue.language(), self.dialogue.choices().to_vec());
        let context = Context { at: Timestamp::now(), language, topic: self.dialogue.topic(), choices: &choices };
        let understood = self.knowledge.understand(text, &context)?;
        let control = understood.control.map_or_else(String::new, |control| format!(" {control}"));
        let topics = understood.topics.join(" ");
        println!("        ({:?}{control} {topics} {:.2})", understood.decision, understood.confidence);
        // A written line does not tell its language; the caller asks for another one, as on the telephone.
        Ok(self.happens(&Event::Understood { language, language_confidence: 1.0, understood }))
    }

    fn happens(&mut self, event: &Event) -> bool {
        let mut goes_on = true;
        for action in self.dialogue.step(event) {
            match action {
                Action::Say(sayings) => self.say(&sayings),
                Action::Manner { language, pace, .. } => self.manner = Manner { language, pace },
                Action::Ring { topic, danger } => {
                    let rung = wording::rung(&self.knowledge.pack, topic.as_deref(), danger, Timestamp::now());
                    goes_on &= self.happens(&rung) && rung != Event::PersonRung;
                }
                Action::HangUp => goes_on = false,
                _ => {}
            }
        }
        goes_on
    }

    fn say(&self, sayings: &[Saying]) {
        let pack = &self.knowledge.pack;
        let said = sayings.iter().flat_map(|saying| wording::phrases(pack, saying, self.manner, Timestamp::now()));
        said.for_each(|phrase| println!("box     {}", phrase.text));
    }
}

fn begin(config: &Config, folder: &Path, input: &mut dyn BufRead) -> Result<()> {
    ensure!(!folder.exists(), "{}: is there already; name a folder that is not", folder.display());
    let inside = std::path::absolute(folder)?.starts_with(std::path::absolute(&config.council)?);
    ensure!(!inside, "{}: lies inside the pack that is copied; name a folder elsewhere", folder.display());
    let name = ask(input, "What is the council called, as it is said on the telephone (for example: Alboraia)?")?;
    ensure!(!name.is_empty(), "a council needs a name");
    let example = portaveu_knowledge::Pack::load(&config.council)?.name;
    copy(&config.council, folder, &example, &name)?;
    println!(
        "The pack is in {}. Now adapt it: council.toml has the departments' extensions, calendar.toml the opening hours, \
         topics/ the answers, of which every fact is still the example's. Then: portaveu pack check --config {}",
        folder.display(),
        folder.join("portaveu.toml").display()
    );
    Ok(())
}

fn ask(input: &mut dyn BufRead, question: &str) -> Result<String> {
    print!("{question} ");
    std::io::stdout().flush()?;
    let mut line = String::new();
    input.read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

/// The folder with the new name wherever the example's stood.
fn copy(from: &Path, to: &Path, old: &str, new: &str) -> Result<()> {
    std::fs::create_dir_all(to).with_context(|| format!("{}: cannot be made", to.display()))?;
    for entry in std::fs::read_dir(from).with_context(|| format!("{}: cannot be read", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target, old, new)?;
        } else {
            let text = std::fs::read_to_string(entry.path())
                .with_context(|| format!("{}: cannot be read", entry.path().display()))?;
            std::fs::write(&target, text.replace(old, new))
                .with_context(|| format!("{}: cannot be written", target.display()))?;
        }
    }
    Ok(())
}
