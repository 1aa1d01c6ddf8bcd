//! `portaveu pack`: the council's own texts. `check` says what to write, `try` holds a conversation in the terminal
//! ([`converse`]), `new` begins a council's pack from the example ([`begin`]), `hear` writes down what the recogniser makes
//! of the examples ([`hear`]).

mod begin;
mod converse;
mod hear;

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;
use jiff::Timestamp;
use portaveu_call::Language;
use portaveu_knowledge::Knowledge;

use crate::config::Config;

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
        /// When the caller calls (RFC 3339); now, if it is not given. Opening hours depend on it.
        #[arg(long)]
        at: Option<Timestamp>,
    },
    /// Render the examples that were not heard yet, hear them on a noisy line, and write down what was understood, to be
    /// learned with the next publication. It takes about a second an example.
    Hear {
        /// Only these languages.
        #[arg(long = "lang", value_delimiter = ',')]
        languages: Vec<Language>,
        /// Only so many examples of each section, the usual ones first.
        #[arg(long, default_value_t = 40)]
        most: usize,
    },
    /// Begin another council's pack: copies this one and asks for the council's facts.
    New {
        /// The new folder.
        folder: PathBuf,
    },
}

pub fn run(config: &Config, command: &Command) -> Result<()> {
    match command {
        Command::Check => check(&*crate::load_knowledge(config)?),
        Command::Try { lang, at } => {
            let knowledge = crate::load_knowledge(config)?;
            let language = lang.unwrap_or(knowledge.pack.first_language());
            converse::converse(&knowledge, language, *at, &mut std::io::stdin().lock())
        }
        Command::Hear { languages, most } => hear::hear(config, languages, *most),
        Command::New { folder } => begin::begin(config, folder, &mut std::io::stdin().lock()),
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
    let mut out = std::io::stdout().lock();
    for sentence in &advice {
        writeln!(out, "advice  {sentence}")?;
    }
    writeln!(out, "{} topics, {} examples, {} pieces of advice", pack.topics.len(), pack.examples.len(), advice.len())?;
    Ok(())
}
