//! `portaveu check`: is everything there and in order? Each finding is a sentence with its mend.

use std::io::Write;

use anyhow::{Result, bail};
use jiff::Timestamp;
use portaveu_knowledge::Pack;
use portaveu_speech::models::{Models, NEEDED};

use crate::config::Config;

pub fn run(config: &Config) -> Result<()> {
    let pack = Pack::load(&config.council)?;
    let (topics, languages, examples) = (pack.topics.len(), pack.languages.len(), pack.examples.len());
    let mut out = std::io::stdout().lock();
    writeln!(out, "pack    {}: {topics} topics, {languages} languages, {examples} examples", pack.name)?;
    let today = pack.calendar.local(Timestamp::now()).date();
    for sentence in portaveu_knowledge::check(&pack, today) {
        writeln!(out, "advice  {sentence}")?;
    }
    let models = Models::open(&config.models)?;
    let broken: Vec<String> = NEEDED.iter().filter_map(|file| Some(models.verified(file).err()?.to_string())).collect();
    for sentence in &broken {
        writeln!(out, "broken  {sentence}")?;
    }
    if !broken.is_empty() {
        bail!("the models in {} are not in order", config.models.display());
    }
    writeln!(out, "models  in order: {}", config.models.display())?;
    Ok(())
}
