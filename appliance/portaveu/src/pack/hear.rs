//! What the recogniser makes of the examples, written to the pack: rendered and heard by the speech worker, on time that
//! nobody else wants.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use portaveu_call::{Language, Pace};
use portaveu_knowledge::{Pack, hearings_file};
use portaveu_speech::cache::Phrase;
use serde::Deserialize;

use crate::config::Config;
use crate::worker;

#[derive(Deserialize)]
struct Heard {
    said: String,
    heard: String,
}

pub fn hear(config: &Config, languages: &[Language], most: usize) -> Result<()> {
    let pack = Pack::load(&config.council)?;
    let chosen = pack.languages.iter().filter(|language| languages.is_empty() || languages.contains(language));
    for language in chosen {
        hear_language(config, &pack, *language, most)?;
    }
    Ok(())
}

fn hear_language(config: &Config, pack: &Pack, language: Language, most: usize) -> Result<()> {
    let mut new: Vec<_> = pack.examples.iter().filter(|e| e.language == language && e.place < most).collect();
    new.retain(|example| pack.hearings.of(&example.text).is_empty());
    new.sort_by_key(|example| example.place); // whoever stops it has the usual ones of every topic
    let path = hearings_file(&config.council, language);
    println!("{}: {} examples to hear", path.display(), new.len());
    std::fs::create_dir_all(path.parent().unwrap_or(&path)).with_context(|| format!("{}", path.display()))?;
    let mut file =
        OpenOptions::new().create(true).append(true).open(&path).with_context(|| format!("{}", path.display()))?;
    // As on a call, where a language that has no answers is rarely taken for another.
    let likely = pack
        .languages_by_likelihood()
        .into_iter()
        .filter(|(heard, likelihood)| *likelihood == 1.0 || *heard == language);
    let spoken: Vec<&str> = likely.map(|(language, _)| language.code()).collect();
    let mut child = worker::program(config, config.speech.threads)
        .args(["hear-back", "--languages", &spoken.join(",")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("portaveu-speech cannot be started")?;
    let phrase = |text: &str| Phrase { text: text.to_owned(), language, pace: Pace::Normal };
    let lines: Vec<String> = new.iter().map(|e| serde_json::to_string(&phrase(&e.text))).collect::<Result<_, _>>()?;
    // A worker that ended early takes no input; its end says so below.
    let _ = child.stdin.take().context("the worker takes no input")?.write_all(lines.join("\n").as_bytes());
    for line in BufReader::new(child.stdout.take().context("the worker gives no output")?).lines() {
        let Heard { said, heard } = serde_json::from_str(&line?)?;
        let line = format!("{said}\t{}\n", heard.split_whitespace().collect::<Vec<_>>().join(" "));
        file.write_all(line.as_bytes())?; // whole, so that whoever stops it leaves a file that can be read
    }
    let end = child.wait()?;
    ensure!(end.success(), "the worker ended early ({end}); what it heard is kept, begin again to go on");
    Ok(())
}
