//! `hw-tests`: the same tests against a rehearsal in QEMU and against a box.
//!
//! - [`rehearsal`]: the machine that QEMU plays, whose plug can be pulled
//! - [`bench`]: the box under test, of either kind, and a telephone
//! - [`trials`]: the tests, in the order in which they are run
//! - [`report`]: what came of them

mod bench;
mod console;
mod phone;
mod rehearsal;
mod report;
mod trials;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Result, bail};
use clap::{Args, Parser, Subcommand};

use bench::Bench;
use report::{Entry, Outcome, Report};

/// Tests a box, or a rehearsal of it.
#[derive(Parser)]
#[command(version)]
struct Options {
    #[command(subcommand)]
    subject: Subject,
}

#[derive(Subcommand)]
enum Subject {
    /// In QEMU, with the image that image/rehearsal/build.py made.
    Rehearsal {
        #[arg(long, default_value = "target/rehearsal")]
        image: PathBuf,
        #[command(flatten)]
        which: Which,
    },
    /// A box, by its address and the serial line of its test image.
    Box {
        #[arg(long)]
        address: std::net::Ipv4Addr,
        /// This machine's own address in the box's network, which is the box's trunk.
        #[arg(long)]
        own: std::net::Ipv4Addr,
        /// Such as /dev/ttyUSB0, set to 115200 baud.
        #[arg(long)]
        serial: PathBuf,
        #[command(flatten)]
        which: Which,
    },
}

#[derive(Args)]
struct Which {
    /// Only those that fit into a quarter of an hour.
    #[arg(long)]
    short: bool,
    /// Only those whose name holds one of these.
    only: Vec<String>,
    /// Where the report goes.
    #[arg(long, default_value = "target/hw-tests")]
    report: PathBuf,
}

impl Which {
    fn holds(&self, trial: &trials::Trial) -> bool {
        let named = self.only.is_empty() || self.only.iter().any(|only| trial.name.contains(only.as_str()));
        named && (trial.short || !self.short)
    }
}

fn main() -> ExitCode {
    match start(&Options::parse().subject) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("hw-tests: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(subject: &Subject) -> Result<usize> {
    match subject {
        Subject::Rehearsal { image, which } => {
            if !image.join("disk.img").exists() {
                bail!("{}: there is no image; make it with `make rehearsal`", image.display());
            }
            rehearsal::own_network()?;
            let folder = tempfile::tempdir_in(image)?;
            run(which, Bench::rehearsal(image, folder.path())?)
        }
        Subject::Box { address, own, serial, which } => run(which, Bench::hardware(*address, *own, serial)?),
    }
}

/// Run the trials, write the report, and give how many failed.
fn run(which: &Which, mut bench: Bench) -> Result<usize> {
    let mut report = Report::default();
    let chosen: Vec<_> = trials::ALL.iter().filter(|trial| which.holds(trial)).collect();
    for trial in chosen {
        eprintln!("{} …", trial.says);
        let begin = Instant::now();
        let outcome = match bench.lacks(trial.needs) {
            Some(why) => Outcome::Skipped(why),
            None => match (trial.run)(&mut bench) {
                Ok(()) => Outcome::Passed,
                Err(error) => {
                    let why = format!("{error:#}");
                    bench.recover(&why);
                    Outcome::Failed(why)
                }
            },
        };
        let took = begin.elapsed();
        match &outcome {
            Outcome::Passed => eprintln!("    passed, {} s", took.as_secs()),
            Outcome::Failed(why) => eprintln!("    FAILED, {} s: {why}", took.as_secs()),
            Outcome::Skipped(why) => eprintln!("    skipped: {why}"),
        }
        report.entries.push(Entry { name: trial.name, says: trial.says, outcome, took });
        report.numbers.clone_from(&bench.numbers);
        report.write(&which.report, &bench.described())?;
    }
    eprintln!("the report: {}", which.report.join("report.md").display());
    Ok(report.failed())
}
