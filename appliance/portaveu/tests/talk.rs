//! The handset, by ALSA's plug-ins that need no card: what is heard comes from a file, what is said goes to one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

mod common;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::channel;

use common::{PATIENCE, always_open, edited_council, learned, portaveu, sound};

/// Silence for the greeting, a question, and silence for the answer, as the capture file of a card named "test".
fn card(folder: &Path) -> Command {
    let question = portaveu_speech::read_wav(&sound("es_multa.wav")).unwrap();
    let silence = |seconds: usize| vec![0i16; seconds * 16_000];
    let heard = [silence(14), question, silence(120)].concat();
    std::fs::write(folder.join("heard.raw"), heard.iter().flat_map(|sample| sample.to_le_bytes()).collect::<Vec<u8>>())
        .unwrap();
    let at = |name: &str| folder.join(name);
    let file = |more: String| format!("{{ type file slave.pcm \"null\" format raw {more} }}");
    let playback = file(format!("file {:?}", at("said.raw")));
    let capture = file(format!("file \"/dev/null\" infile {:?}", at("heard.raw")));
    let settings = format!(
        "</usr/share/alsa/alsa.conf>\npcm.test {{ type asym playback.pcm {playback} capture.pcm {capture} hint {{ show on description \"A file\" }} }}\n"
    );
    std::fs::write(at("alsa.conf"), settings).unwrap();
    let config = format!(
        "council = {:?}\ndata = \".\"\n[sip]\nlisten = \"127.0.0.1:1\"\npeers = [\"127.0.0.1\"]\n",
        edited_council(folder, always_open)
    );
    std::fs::write(at("portaveu.toml"), config).unwrap();
    std::fs::copy(learned(), at("learned.bin")).unwrap();
    let mut talk = portaveu();
    talk.env("ALSA_CONFIG_PATH", at("alsa.conf")).arg("talk").arg("--config").arg(at("portaveu.toml"));
    talk
}

fn stdout(run: &Output) -> String {
    String::from_utf8_lossy(&run.stdout).into_owned()
}

#[test]
fn a_question_is_answered_by_a_sound_card() {
    let folder = tempfile::tempdir().unwrap();
    let mut talk = card(folder.path())
        .args(["--card", "test"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (sender, lines) = channel();
    let printed = BufReader::new(talk.stdout.take().unwrap());
    std::thread::spawn(move || printed.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
    let wait_for = |text: &str| loop {
        let line = lines.recv_timeout(PATIENCE).expect(text);
        if line.contains(text) {
            return line;
        }
    };
    wait_for("Ayuntamiento de Vallverda");
    let heard = wait_for("caller  (es");
    assert!(heard.to_lowercase().contains("multa"), "{heard}");
    wait_for("multa de tráfico");
    let mut keyboard = talk.stdin.take().unwrap();
    keyboard.write_all(b"*\n").unwrap();
    wait_for("multa de tráfico"); // said again
    keyboard.write_all(b"0\n").unwrap();
    wait_for("recado"); // nobody can be called by a sound card, and the call goes on
    keyboard.write_all(b"2\n").unwrap();
    wait_for("Dígame su pregunta");
    keyboard.write_all(b"q\n").unwrap();
    assert!(talk.wait().unwrap().success());
    // What the technician heard first is the notice, at its own speed.
    let said = std::fs::read(folder.path().join("said.raw")).unwrap();
    let said: Vec<i16> = said.chunks_exact(2).map(|bytes| i16::from_le_bytes([bytes[0], bytes[1]])).collect();
    let wav = folder.path().join("said.wav");
    portaveu_speech::write_wav(&wav, &said[..6 * 16_000]).unwrap();
    let ask = portaveu()
        .args(["ask", "--json", "--wav"])
        .arg(&wav)
        .arg("--config")
        .arg(folder.path().join("portaveu.toml"))
        .output();
    let heard = stdout(&ask.unwrap());
    assert!(heard.to_lowercase().contains("automático"), "{heard}");
}

#[test]
fn cards_are_named_and_one_that_is_missing_is_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let listed = card(folder.path()).arg("--list").output().unwrap();
    assert!(stdout(&listed).lines().any(|line| line.starts_with("test ") && line.contains("hears and speaks")));
    let folder = tempfile::tempdir().unwrap();
    let missing = card(folder.path()).args(["--check", "--card", "nobody"]).output().unwrap();
    let why = String::from_utf8(missing.stderr).unwrap();
    assert!(!missing.status.success() && why.contains("the sound card \"nobody\"") && why.contains("--list"), "{why}");
}

/// A second of a tone that is half as loud as can be: 9 dB below, and 6 at its peak.
#[test]
fn the_meter_shows_how_loud_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let mut meter = card(folder.path());
    let tone = (0..160_000).map(|n| ((n as f32 * 0.4).sin() * 16_384.0) as i16);
    std::fs::write(folder.path().join("heard.raw"), tone.flat_map(i16::to_le_bytes).collect::<Vec<u8>>()).unwrap();
    let mut meter = meter.args(["--level", "--card", "test"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut shown = BufReader::new(meter.stdout.take().unwrap()).lines().map_while(Result::ok);
    let loud = shown.find(|line| line.contains("-9 dB ####")).expect("no level");
    assert!(loud.contains("peak   -6 dB"), "{loud}");
    meter.kill().unwrap();
    meter.wait().unwrap();
}

#[test]
fn the_line_check_says_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let check = card(folder.path()).args(["--check", "--card", "test"]).output().unwrap();
    let said = stdout(&check);
    assert!(check.status.success() && said.contains("nobody was heard") && said.contains("not measured"), "{said}");
}
