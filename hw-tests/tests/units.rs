//! Every unit of the box is sandboxed, by systemd's own judgement, and names only programs and units that exist.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Exposure that systemd calls OK, times ten.
const MOST_EXPOSED: &str = "20";

fn units(kind: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../systemd").canonicalize().unwrap();
    let all = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    all.filter(|path| path.extension().is_some_and(|extension| extension == kind)).collect()
}

#[test]
fn no_service_is_more_exposed_than_it_may_be() {
    let services = units("service");
    assert!(services.len() >= 8, "{services:?}");
    for unit in services {
        let judged = Command::new("systemd-analyze")
            .args(["security", "--offline=true", "--no-pager", "--threshold", MOST_EXPOSED])
            .arg(&unit)
            .output()
            .expect("systemd is not installed");
        let text = String::from_utf8_lossy(&judged.stdout);
        assert!(judged.status.success(), "{}: {}", unit.display(), text.lines().last().unwrap_or_default());
    }
}

#[test]
fn the_ear_has_no_network_and_the_network_has_no_ear() {
    for unit in units("service") {
        let text = std::fs::read_to_string(&unit).unwrap();
        let has = |line: &str| text.lines().any(|found| found == line);
        if text.contains("ExecStart=/usr/bin/portaveu-speech") {
            assert!(has("PrivateNetwork=yes") && has("RestrictAddressFamilies=AF_UNIX"), "{}", unit.display());
        }
        if !has("PrivateNetwork=yes") && text.contains("ExecStart=/usr/bin/portaveu") {
            assert!(has("IPAddressDeny=any"), "{}: reaches everything", unit.display());
        }
    }
}

/// A misspelt name in OnFailure= is no error to systemd, and no safe state to callers.
#[test]
fn units_name_units_that_exist() {
    let all: Vec<PathBuf> = ["service", "timer", "path"].into_iter().flat_map(units).collect();
    let names: BTreeSet<String> = all.iter().map(|p| p.file_name().unwrap().to_string_lossy().into_owned()).collect();
    for unit in &all {
        let text = std::fs::read_to_string(unit).unwrap();
        for word in text.split(|c: char| c.is_whitespace() || c == '=').filter(|word| word.starts_with("portaveu")) {
            let is_unit = [".service", ".timer", ".path"].iter().any(|end| word.ends_with(end)) && !word.contains('@');
            assert!(!is_unit || names.contains(word), "{} names {word}", unit.display());
        }
    }
}
