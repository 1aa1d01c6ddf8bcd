//! Safe mode, called by a real telephone (baresip): the stored sentence is heard, and the council's emergency telephones ring.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use common::{PATIENCE, Phone, PhoneOptions, TestBox, sound};

/// Five seconds at 8 kHz.
const LONG_ENOUGH: u64 = 5 * 16_000;

/// A box that ran, and stopped so that it cannot start again: its store is no store, its pack is gone, nobody hears.
fn broken(settings: &str) -> TestBox {
    let mut portaveu = TestBox::start(4, settings);
    portaveu.wait_for("what safe mode needs is kept");
    let (folder, sip) = (std::mem::replace(&mut portaveu.folder, tempfile::tempdir().unwrap()), portaveu.sip);
    portaveu.stop();
    std::fs::write(folder.path().join("portaveu.redb"), "broken").unwrap();
    std::fs::remove_dir_all(folder.path().join("council")).unwrap();
    TestBox::start_safe(folder, sip)
}

#[test]
fn the_sentence_is_heard_and_the_emergency_telephone_rings_until_somebody_is_there() {
    let port = common::free_port();
    let mut police = Phone::new(&PhoneOptions { user: "192", port, ..PhoneOptions::default() });
    let settings = format!("person_ring_s = 2\n[[sip.trunk]]\nproxy = \"sip:127.0.0.1:{port}\"");
    let mut portaveu = broken(&settings);
    let mut phone = Phone::new(&PhoneOptions { says: Some(sound("es_multa.wav")), ..PhoneOptions::default() });
    phone.call(&portaveu.uri());
    phone.wait_for("CALL_ESTABLISHED");
    police.wait_for("CALL_INCOMING");
    police.wait_for("CALL_CLOSED"); // it rang in vain
    police.wait_for("CALL_INCOMING");
    police.command("accept", "");
    portaveu.wait_for("the caller and a person are joined");
    police.say(&sound("es_tributos.wav"));
    let (heard, bytes) = (phone.heard(), |wav: &Path| std::fs::metadata(wav).unwrap().len());
    let before = bytes(&heard);
    let deadline = Instant::now() + PATIENCE;
    while bytes(&heard) < before + LONG_ENOUGH {
        assert!(Instant::now() < deadline, "the caller hears nothing more");
        std::thread::yield_now(); // the recording grows while the telephone hears
    }
    police.command("hangup", "");
    phone.wait_for("CALL_CLOSED"); // and the recording is whole
    portaveu.stop();
    let listener = TestBox::start(1, "");
    let said = part(&heard, &["0", "9"]);
    let said = listener.recognised(&said);
    assert!(said.contains("no funciona"), "the caller heard: {said}");
    let person = part(&heard, &["-6"]);
    let person = listener.recognised(&person);
    assert!(person.contains("tributos"), "the person was heard as: {person}");
}

/// A part of a recording, beside it.
fn part(wav: &Path, trim: &[&str]) -> PathBuf {
    let part = wav.with_extension(format!("{}.wav", trim.concat()));
    assert!(Command::new("sox").arg(wav).arg(&part).arg("trim").args(trim).status().unwrap().success());
    part
}

/// Nobody answers: the caller is not left in the line for ever, and hears the sentence each time.
#[test]
fn a_caller_whom_nobody_answers_is_let_go() {
    let port = common::free_port();
    let mut police = Phone::new(&PhoneOptions { user: "192", port, ..PhoneOptions::default() });
    let portaveu = broken(&format!("person_ring_s = 1\n[[sip.trunk]]\nproxy = \"sip:127.0.0.1:{port}\""));
    let mut phone = Phone::new(&PhoneOptions::default());
    phone.call(&portaveu.uri());
    for _ in 0..3 {
        police.wait_for("CALL_INCOMING");
        police.wait_for("CALL_CLOSED");
    }
    phone.wait_for("CALL_CLOSED");
    portaveu.stop();
}
