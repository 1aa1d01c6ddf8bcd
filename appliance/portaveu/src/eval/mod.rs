//! `portaveu eval`: a table of questions, asked one by one and counted. The table's columns, the JSON lines and how a row
//! counts are a contract.

mod report;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use clap::Args;
use portaveu_call::{Decision, Language};
use portaveu_knowledge::Knowledge;
use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::ask::{Reply, Said, reply};
use crate::config::Config;
use crate::hear::Ear;

#[derive(Args)]
pub struct Options {
    /// Hear DIR/<id>.wav instead of reading the text; rows without a file are left out.
    #[arg(long, value_name = "DIR")]
    audio: Option<PathBuf>,
    /// Questions at the same time.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Write into this folder which topics were confused, whether probabilities are what they say (a plot), and what other
    /// thresholds would have given.
    #[arg(long, value_name = "FOLDER")]
    report: Option<PathBuf>,
    /// Tab-separated: id, lang, kind, expected, text.
    questions: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Right,
    #[serde(rename = "asked back")]
    AskedBack,
    #[serde(rename = "passed on")]
    PassedOn,
    Wrong,
}

#[derive(Clone, Debug, PartialEq)]
struct Row {
    id: String,
    language: Language,
    kind: String,
    expected: String,
    text: String,
}

#[derive(Serialize)]
struct Line {
    id: String,
    verdict: Verdict,
    #[serde(flatten)]
    reply: Reply,
}

pub async fn run(config: &Config, options: &Options) -> Result<()> {
    let name = options.questions.display();
    let table = std::fs::read_to_string(&options.questions).with_context(|| format!("{name}: cannot be read"))?;
    let mut rows = read(&table).with_context(|| name.to_string())?;
    if let Some(folder) = &options.audio {
        rows.retain(|row| folder.join(format!("{}.wav", row.id)).is_file());
    }
    let knowledge = Arc::new(crate::load_knowledge(config)?);
    let ear = match &options.audio {
        Some(_) => {
            let (languages, sentences) = (knowledge.pack.languages_by_likelihood(), knowledge.pack.sentences());
            Some(Arc::new(Ear::open(config, languages, sentences).await?))
        }
        None => None,
    };
    let places = Arc::new(Semaphore::new(options.jobs.max(1)));
    let mut running = JoinSet::new();
    for row in rows {
        let place = places.clone().acquire_owned().await?;
        let (knowledge, ear, folder) = (knowledge.clone(), ear.clone(), options.audio.clone());
        running.spawn(async move {
            let reply = ask(&knowledge, ear.zip(folder), &row).await;
            drop(place);
            (row, reply)
        });
    }
    let mut counts = BTreeMap::new();
    let (mut look_ups, mut guesses) = (Vec::new(), Vec::new());
    while let Some(done) = running.join_next().await {
        let (row, reply) = done?;
        let reply = reply?;
        look_ups.push(reply.ms.understand);
        guesses.extend(guess(&row, &reply));
        let verdict = judge(&row, &reply);
        *counts
            .entry((row.language, row.kind.clone()))
            .or_insert([0usize; 4])
            .get_mut(verdict as usize)
            .unwrap_or(&mut 0) += 1;
        println!("{}", serde_json::to_string(&Line { id: row.id, verdict, reply })?);
    }
    print_summary(&counts);
    if let Some(folder) = &options.report {
        report::write(folder, &guesses).with_context(|| folder.display().to_string())?;
    }
    look_ups.sort_unstable();
    eprintln!("look-up: median {} ms", look_ups.get(look_ups.len() / 2).unwrap_or(&0));
    Ok(())
}

fn guess(row: &Row, reply: &Reply) -> Option<report::Guess> {
    matches!(row.kind.as_str(), "topic" | "hours").then(|| report::Guess {
        expected: row.expected.clone(),
        best: reply.topics.first().cloned(),
        share: reply.confidence,
    })
}

async fn ask(knowledge: &Arc<Knowledge>, ear: Option<(Arc<Ear>, PathBuf)>, row: &Row) -> Result<Reply> {
    let said = match ear {
        None => Said::written(&row.text, row.language),
        Some((ear, folder)) => {
            let sound = portaveu_speech::read_wav(&folder.join(format!("{}.wav", row.id)))?;
            ear.hear(&sound).await?.map_or_else(|| Said::written("", row.language), Said::from)
        }
    };
    let knowledge = knowledge.clone();
    tokio::task::spawn_blocking(move || reply(&knowledge, &said, jiff::Timestamp::now())).await?
}

fn read(table: &str) -> Result<Vec<Row>> {
    let mut lines = table.lines().enumerate();
    match lines.next() {
        Some((_, "id\tlang\tkind\texpected\ttext")) => {}
        _ => bail!("line 1: the columns must be id, lang, kind, expected, text, with tabs between them"),
    }
    lines
        .filter(|(_, line)| !line.is_empty())
        .map(|(number, line)| row(line).with_context(|| format!("line {}", number + 1)))
        .collect()
}

fn row(line: &str) -> Result<Row> {
    let cells: Vec<&str> = line.splitn(5, '\t').collect();
    let [id, language, kind, expected, text] = cells[..] else { bail!("it has {} columns, not 5", cells.len()) };
    const KINDS: [&str; 7] = ["topic", "hours", "multi", "ambiguous", "out", "control", "emergency"];
    if !KINDS.contains(&kind) {
        bail!("kind \"{kind}\" is none of {}", KINDS.join(", "));
    }
    let own = |cell: &str| cell.to_owned();
    Ok(Row { id: own(id), language: language.parse()?, kind: own(kind), expected: own(expected), text: own(text) })
}

fn judge(row: &Row, reply: &Reply) -> Verdict {
    let asks = matches!(reply.decision, Decision::Confirm | Decision::Choose);
    let passes = matches!(reply.decision, Decision::None | Decision::Human);
    let topics: Vec<&str> = reply.topics.iter().map(String::as_str).collect();
    let right_or_wrong = |right: bool| if right { Verdict::Right } else { Verdict::Wrong };
    match row.kind.as_str() {
        "topic" | "hours" => match reply.decision {
            Decision::Answer if topics == [row.expected.as_str()] => Verdict::Right,
            _ if asks && topics.contains(&row.expected.as_str()) => Verdict::AskedBack,
            _ if passes => Verdict::PassedOn,
            _ => Verdict::Wrong,
        },
        "multi" => {
            let both: Vec<&str> = row.expected.split('+').collect();
            let named = both.iter().filter(|topic| topics.contains(topic)).count();
            match reply.decision {
                Decision::Answer if named == both.len() && topics.len() == both.len() => Verdict::Right,
                _ if asks && named > 0 => Verdict::AskedBack,
                _ if passes => Verdict::PassedOn,
                _ => Verdict::Wrong,
            }
        }
        "ambiguous" => {
            let expected: Vec<&str> = row.expected.split('|').collect();
            let named = topics.iter().filter(|topic| expected.contains(topic)).count();
            match reply.decision {
                Decision::Choose if named >= 2 || named == topics.len() => Verdict::Right,
                _ if asks && named > 0 => Verdict::AskedBack,
                _ if passes => Verdict::PassedOn,
                _ => Verdict::Wrong,
            }
        }
        "out" if passes => Verdict::Right,
        "out" if asks => Verdict::AskedBack,
        "out" => Verdict::Wrong,
        "emergency" => right_or_wrong(reply.decision == Decision::Emergency),
        _ => right_or_wrong(reply.control.is_some_and(|control| control.to_string() == row.expected)),
    }
}

fn print_summary(counts: &BTreeMap<(Language, String), [usize; 4]>) {
    println!(
        "\n{:<9}{:<11}{:>5}{:>8}{:>12}{:>11}{:>8}",
        "language", "kind", "rows", "right", "asked back", "passed on", "wrong"
    );
    let mut all = [0; 4];
    for ((language, kind), count) in counts {
        print_counts(language.code(), kind, count);
        all.iter_mut().zip(count).for_each(|(sum, n)| *sum += n);
    }
    print_counts("all", "", &all);
}

fn print_counts(language: &str, kind: &str, count: &[usize; 4]) {
    let total: usize = count.iter().sum();
    let percent = |n: usize| format!("{:.1} %", 100.0 * n as f64 / total.max(1) as f64);
    let [right, asked, passed, wrong] = count.map(percent);
    println!("{language:<9}{kind:<11}{total:>5}{right:>8}{asked:>12}{passed:>11}{wrong:>8}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::Took;

    fn verdict(kind: &str, expected: &str, decision: Decision, topics: &[&str]) -> Verdict {
        let row = Row {
            id: "x".into(),
            language: Language::Es,
            kind: kind.into(),
            expected: expected.into(),
            text: String::new(),
        };
        let reply = Reply {
            heard: String::new(),
            language: Language::Es,
            decision,
            topics: topics.iter().map(|t| (*t).to_owned()).collect(),
            control: None,
            reply: String::new(),
            ms: Took::default(),
            confidence: 1.0,
        };
        judge(&row, &reply)
    }

    #[test]
    fn rows_count_as_the_contract_says() {
        use Decision::{Answer, Choose, Confirm, Emergency, Human, None};
        let rows = [
            ("topic", "a", Answer, vec!["a"], Verdict::Right),
            ("topic", "a", Answer, vec!["a", "b"], Verdict::Wrong),
            ("hours", "a", Choose, vec!["b", "a"], Verdict::AskedBack),
            ("topic", "a", Confirm, vec!["b"], Verdict::Wrong),
            ("topic", "a", Human, vec![], Verdict::PassedOn),
            ("multi", "a+b", Answer, vec!["b", "a"], Verdict::Right),
            ("multi", "a+b", Answer, vec!["a"], Verdict::Wrong),
            ("multi", "a+b", Choose, vec!["a", "c"], Verdict::AskedBack),
            ("ambiguous", "a|b|c", Choose, vec!["a", "c", "x"], Verdict::Right),
            ("ambiguous", "a|b", Choose, vec!["a", "x"], Verdict::AskedBack),
            ("ambiguous", "a|b", Answer, vec!["a"], Verdict::Wrong),
            ("out", "none", None, vec![], Verdict::Right),
            ("out", "none", Confirm, vec!["a"], Verdict::AskedBack),
            ("out", "none", Answer, vec!["a"], Verdict::Wrong),
            ("emergency", "emergency", Emergency, vec![], Verdict::Right),
            ("emergency", "emergency", None, vec![], Verdict::Wrong),
        ];
        for (kind, expected, decision, topics, wanted) in rows {
            assert_eq!(verdict(kind, expected, decision, &topics), wanted, "{kind} {decision:?} {topics:?}");
        }
    }

    #[test]
    fn a_broken_table_is_named_by_its_line() {
        let error = format!("{:#}", read("id\tlang\tkind\texpected\ttext\n1\tes\ttopic\n").unwrap_err());
        assert!(error.contains("line 2") && error.contains("3 columns"), "{error}");
    }
}
