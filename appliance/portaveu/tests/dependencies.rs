//! The direction of dependencies, held by `cargo metadata`: stages know the vocabulary and nothing of each other, the panel
//! knows the store and the board that it shows, only `portaveu` knows them all, and what must not be linked is not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

use std::collections::BTreeSet;

const STAGES: [&str; 6] =
    ["portaveu-dialogue", "portaveu-knowledge", "portaveu-line", "portaveu-media", "portaveu-speech", "portaveu-store"];
/// They watch at the side; no stage knows them.
const SIDES: [&str; 3] = ["portaveu-board", "portaveu-metrics", "portaveu-panel"];
const BINDINGS: [&str; 5] = ["dahdi", "libpri", "libpri-sys", "sofia-sip", "sofia-sip-sys"];

#[test]
fn stages_depend_on_the_vocabulary_and_never_on_each_other() {
    let metadata = cargo_metadata::MetadataCommand::new().no_deps().exec().unwrap();
    let ours: BTreeSet<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    for package in &metadata.packages {
        let name = package.name.as_str();
        let normal = package.dependencies.iter().filter(|d| d.kind == cargo_metadata::DependencyKind::Normal);
        let on: BTreeSet<&str> = normal.map(|d| d.name.as_str()).filter(|d| ours.contains(d)).collect();
        let allowed: BTreeSet<&str> = match name {
            "portaveu" => STAGES.into_iter().chain(SIDES).chain(["portaveu-call"]).collect(),
            "portaveu-panel" => ["portaveu-board", "portaveu-call", "portaveu-store"].into(),
            "portaveu-line" => ["portaveu-call", "dahdi", "libpri", "sofia-sip"].into(),
            "libpri" => ["libpri-sys"].into(),
            "sofia-sip" => ["sofia-sip-sys"].into(),
            "hw-tests" => ["dahdi", "libpri"].into(),
            "portaveu-provision" => ["portaveu-board"].into(), // whose lights show how far a stick is
            "portaveu-call" | "dahdi" | "libpri-sys" | "sofia-sip-sys" => BTreeSet::new(),
            stage => {
                assert!(STAGES.contains(&stage) || SIDES.contains(&stage), "{stage} is neither a stage nor known here");
                ["portaveu-call"].into()
            }
        };
        assert!(on.is_subset(&allowed), "{name} depends on {on:?}, and may on {allowed:?}");
        let programs = ["portaveu", "portaveu-call", "portaveu-provision", "hw-tests"];
        let known = STAGES.into_iter().chain(SIDES).chain(BINDINGS).chain(programs);
        assert!(known.into_iter().any(|known| known == name), "{name} is not known here");
    }
}

/// No speech library in the program that has the network.
#[test]
fn portaveu_links_no_speech_library() {
    let linked = std::process::Command::new("ldd").arg(env!("CARGO_BIN_EXE_portaveu")).output().unwrap();
    let linked = String::from_utf8(linked.stdout).unwrap();
    assert!(linked.contains("sofia-sip"), "{linked}");
    assert!(cfg!(feature = "pri") || !linked.contains("libpri"), "GPL-2 in a program that was not built for it");
    assert!(!linked.contains("onnx") && !linked.contains("whisper"), "{linked}");
    let program = std::fs::read(env!("CARGO_BIN_EXE_portaveu")).unwrap();
    assert!(!program.windows(20).any(|bytes| bytes == b"whisper_full_with_st"), "whisper.cpp is in the program");
}
