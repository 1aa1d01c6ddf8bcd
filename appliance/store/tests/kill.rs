//! A program that writes is killed a hundred times: every record that it said was kept is there, and the store opens at once.
//!
//! The writer is this test program itself, run once more with a folder in its environment.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

mod common;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::{call, turn};
use portaveu_store::{Outcome, Store};

const FOLDER: &str = "PORTAVEU_STORE_TO_FILL";
const KILLS: usize = 100;
const SOON: Duration = Duration::from_secs(5);

fn open(folder: &Path) -> Store {
    Store::open(&folder.join("portaveu.redb")).unwrap()
}

/// Write calls without end, and say of each that it was acknowledged.
#[test]
fn write_until_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let store = open(Path::new(&folder));
    let first = store.search(&Default::default(), None, 1).unwrap().first().map_or(1, |last| last.id + 1);
    let mut out = std::io::stdout().lock();
    for id in first.. {
        store.put_call(&call(id, Outcome::Open)).unwrap();
        store.put_turn(id, 0, &turn("la contribució")).unwrap();
        store.end_call(&call(id, Outcome::Answered)).unwrap();
        writeln!(out, "kept {id}").unwrap();
    }
}

#[test]
fn no_acknowledged_record_is_lost_by_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let (mut all, mut slowest) = (0, Duration::ZERO);
    for kill in 0..KILLS {
        let mut writer = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "write_until_killed", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(writer.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut kept = lines.filter_map(|line| line.strip_prefix("kept ")?.parse::<u64>().ok());
        let mut acknowledged: Vec<u64> = kept.by_ref().take(1 + kill % 7).collect();
        writer.kill().unwrap();
        writer.wait().unwrap();
        acknowledged.extend(kept);
        let begin = Instant::now();
        let store = open(folder.path());
        slowest = slowest.max(begin.elapsed());
        for id in &acknowledged {
            assert_eq!(store.call(*id).unwrap(), Some(call(*id, Outcome::Answered)), "after kill {kill}");
            assert_eq!(store.turns(*id).unwrap(), [(0, turn("la contribució"))].into());
        }
        all += acknowledged.len();
    }
    println!("{KILLS} kills, {all} calls acknowledged, opened in {slowest:?} at most");
    assert!(all >= KILLS && slowest < SOON);
}
