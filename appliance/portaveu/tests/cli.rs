//! The command line: its JSON, and one clear sentence for whatever is wrong.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

mod common;

use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};

use common::{council, portaveu, sound};

/// A configuration file in a folder of its own.
fn config(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("portaveu.toml"), text).unwrap();
    folder
}

fn good() -> String {
    format!(
        "council = {:?}\ndata = \".\"\n[sip]\nlisten = \"127.0.0.1:{}\"\npeers = [\"127.0.0.1\"]\n",
        council(),
        common::free_port()
    )
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    portaveu().args(arguments).arg("--config").arg(folder.join("portaveu.toml")).output().unwrap()
}

/// Run, and write these lines to it.
fn told(folder: &Path, arguments: &[&str], lines: &str) -> Output {
    let mut process = portaveu()
        .args(arguments)
        .arg("--config")
        .arg(folder.join("portaveu.toml"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    process.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    process.wait_with_output().unwrap()
}

/// It fails, with a sentence that holds all of these and no trace of a panic.
fn fails_with(output: &Output, words: &[&str]) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "it did not fail: {said}");
    assert!(words.iter().all(|word| said.contains(word)), "{words:?} are not all in: {said}");
    assert!(!said.contains("panicked"), "{said}");
}

/// A fire is no question about the rubbish.
#[test]
fn danger_is_danger_whatever_it_happens_to() {
    let folder = config(&good());
    std::fs::copy(common::learned(), folder.path().join("learned.bin")).unwrap();
    let decision = |language: &str, text: &str| {
        let output = run(folder.path(), &["ask", "--json", "--lang", language, text]);
        let reply: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        reply["decision"].as_str().unwrap().to_owned()
    };
    let dangers = [
        ("es", "hay fuego en el contenedor de mi calle"),
        ("es", "se ha caído una farola encima de una señora"),
        ("es", "hay un perro atacando a un niño"),
        ("es", "está ardiendo la papelera del parque"),
        ("ca", "hi ha foc en el contenidor"),
        ("en", "the playground is on fire"),
    ];
    dangers.iter().for_each(|(language, text)| assert_eq!(decision(language, text), "emergency", "{text}"));
    let matters = [("es", "el contenedor está lleno y huele mal"), ("es", "la farola de mi calle está apagada")];
    matters.iter().for_each(|(language, text)| assert_eq!(decision(language, text), "answer", "{text}"));
}

#[test]
fn ask_prints_the_contract_on_one_line() {
    let folder = config(&good());
    std::fs::copy(common::learned(), folder.path().join("learned.bin")).unwrap();
    for arguments in [
        vec!["ask", "--json", "--lang", "es", "Me han puesto una multa y quiero pagarla"],
        vec!["ask", "--json", "--at", "2026-11-24T10:00:00Z", "--wav", sound("es_multa.wav").to_str().unwrap()],
    ] {
        let output = run(folder.path(), &arguments);
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(text.lines().count(), 1, "{text}");
        let reply: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(reply["decision"], "answer");
        assert_eq!(reply["topics"], serde_json::json!(["fine.pay"]));
        assert_eq!(reply["language"], "es");
        assert!(reply["control"].is_null() && reply["ms"]["hear"].is_u64() && reply["ms"]["understand"].is_u64());
        assert!(reply["reply"].as_str().unwrap().starts_with("Una multa"));
    }
    let reply: serde_json::Value =
        serde_json::from_slice(&run(folder.path(), &["ask", "--json", "Repítamelo, por favor"]).stdout).unwrap();
    assert_eq!((reply["decision"].as_str(), reply["control"].as_str()), (Some("control"), Some("repeat")));
}

#[test]
fn eval_prints_a_line_a_row_and_a_table() {
    let folder = config(&good());
    std::fs::copy(common::learned(), folder.path().join("learned.bin")).unwrap();
    let table = folder.path().join("questions.tsv");
    std::fs::write(
        &table,
        "id\tlang\tkind\texpected\ttext\na1\tes\ttopic\tfine.pay\tMe han puesto una multa y quiero pagarla\n",
    )
    .unwrap();
    let output = run(folder.path(), &["eval", table.to_str().unwrap()]);
    let text = String::from_utf8(output.stdout).unwrap();
    let line: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!((line["id"].as_str(), line["verdict"].as_str()), (Some("a1"), Some("right")));
    assert!(text.contains("100.0 %"), "{text}");
    std::fs::write(&table, "id\tlang\nx\n").unwrap();
    fails_with(&run(folder.path(), &["eval", table.to_str().unwrap()]), &["questions.tsv", "line 1", "id, lang, kind"]);
}

#[test]
fn a_wrong_configuration_is_named_by_file_line_and_key() {
    let folder = config(&good().replace("peers", "pears"));
    fails_with(&run(folder.path(), &["check"]), &["portaveu.toml", "line 5", "pears", "peers"]);
    let folder = config("council = \"nowhere\"\n[sip]\nlisten = \"127.0.0.1:5060\"\npeers = [\"127.0.0.1\"]\n");
    fails_with(&run(folder.path(), &["check"]), &["nowhere/council.toml", "cannot be read"]);
    let missing = portaveu().args(["run", "--config", "/nowhere/portaveu.toml"]).output().unwrap();
    fails_with(&missing, &["/nowhere/portaveu.toml", "cannot be read"]);
}

#[test]
fn a_broken_pack_is_named_by_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    let copied = std::process::Command::new("cp").arg("-r").arg(council()).arg(folder.path().join("pack")).status();
    assert!(copied.unwrap().success());
    let text = good().replace(&format!("{:?}", council()), "\"pack\"");
    std::fs::write(folder.path().join("portaveu.toml"), text).unwrap();
    let topic = folder.path().join("pack/topics/fine.pay.md");
    let whole = std::fs::read_to_string(&topic).unwrap();
    std::fs::write(&topic, whole.replace("\"fines\"", "\"finance\"")).unwrap();
    fails_with(&run(folder.path(), &["check"]), &["topics/fine.pay.md, line 2", "finance", "council.toml"]);
    std::fs::write(&topic, format!("{whole}\nEsto no es un ejemplo.\n")).unwrap();
    fails_with(&run(folder.path(), &["run"]), &["topics/fine.pay.md, line", "begin it with - "]);
}

#[test]
fn missing_and_damaged_models_are_named() {
    let folder = config(&format!("models = \"models\"\n{}", good()));
    fails_with(&run(folder.path(), &["check"]), &["models/models.json", "make models"]);
    fails_with(&run(folder.path(), &["ask", "hola"]), &["models/e5", "make models"]);
    fails_with(&run(folder.path(), &["run"]), &["models/models.json", "make models"]);
    let models = folder.path().join("models");
    std::fs::create_dir(&models).unwrap();
    std::fs::write(models.join("models.json"), r#"{"w": {"files": {"whisper-base.bin": {"sha256": "00"}}}}"#).unwrap();
    std::fs::write(models.join("whisper-base.bin"), b"lmgg and then nothing").unwrap();
    fails_with(&run(folder.path(), &["run"]), &["whisper-base.bin", "damaged"]);
}

#[test]
fn a_port_in_use_is_named() {
    let folder = config(&good());
    std::fs::copy(common::learned(), folder.path().join("learned.bin")).unwrap();
    let text = std::fs::read_to_string(folder.path().join("portaveu.toml")).unwrap();
    let address = text.lines().find_map(|line| line.strip_prefix("listen = ")).unwrap().trim_matches('"').to_owned();
    let _taken = (std::net::UdpSocket::bind(&address).unwrap(), std::net::TcpListener::bind(&address).unwrap());
    fails_with(&run(folder.path(), &["run"]), &[&address, "in use"]);
}

#[test]
fn a_recording_that_is_none_is_named() {
    let folder = config(&good());
    std::fs::copy(common::learned(), folder.path().join("learned.bin")).unwrap();
    let letter = folder.path().join("letter.wav");
    std::fs::write(&letter, "Estimado señor alcalde").unwrap();
    fails_with(&run(folder.path(), &["ask", "--wav", letter.to_str().unwrap()]), &["letter.wav", "no WAV"]);
    fails_with(&run(folder.path(), &["ask", "--wav", "/nowhere.wav"]), &["/nowhere.wav", "cannot be opened"]);
    fails_with(&run(folder.path(), &["ask"]), &["--wav"]);
}

/// Silence, noise, tones and music are no words.
#[test]
fn sounds_that_are_no_speech_yield_nothing() {
    let folder = config(&good());
    std::fs::copy(common::learned(), folder.path().join("learned.bin")).unwrap();
    let wav = folder.path().join("sound.wav");
    for effect in [
        vec!["trim", "0", "4"],
        vec!["synth", "4", "whitenoise", "vol", "0.1"],
        vec!["synth", "4", "brownnoise", "vol", "0.5"],
        vec!["synth", "4", "sine", "425", "vol", "0.3"],
        vec!["synth", "6", "pluck", "C4", "pluck", "E4", "pluck", "G4", "vol", "0.5"],
    ] {
        let made =
            std::process::Command::new("sox").args(["-n", "-r", "8000", "-c", "1"]).arg(&wav).args(&effect).status();
        assert!(made.unwrap().success());
        let output = run(folder.path(), &["ask", "--json", "--wav", wav.to_str().unwrap()]);
        let reply: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(reply["heard"], "", "{effect:?}");
        assert_eq!(reply["decision"], "none", "{effect:?}");
    }
}

#[test]
fn opening_hours_are_computed_for_the_time_that_is_given() {
    let folder = config(&good());
    std::fs::copy(common::learned(), folder.path().join("learned.bin")).unwrap();
    let answer = |at: &str, text: &str| {
        let output = run(folder.path(), &["ask", "--json", "--at", at, text]);
        let reply: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        reply["reply"].as_str().unwrap().to_owned()
    };
    let tuesday = "2026-11-24T16:00:00+01:00";
    assert!(answer(tuesday, "¿Está abierto ahora el ayuntamiento?").contains("Vuelve a abrir hoy, a las 16:30"));
    assert!(answer(tuesday, "¿La biblioteca abre el sábado por la tarde?").contains("A esa hora no"));
    assert!(answer(tuesday, "¿Abre la biblioteca el día de Navidad?").contains("festivo"));
    assert!(answer("2026-11-24T09:30:00Z", "¿Está abierto ahora el ayuntamiento?").contains("hasta las 14:00"));
    assert!(answer(tuesday, "¿Qué horario tiene la biblioteca?").starts_with("La biblioteca y la sala de estudio"));
}

#[test]
fn a_conversation_can_be_tried_without_a_telephone() {
    let folder = config(&good());
    std::fs::copy(common::learned(), folder.path().join("learned.bin")).unwrap();
    let said = "¿Qué horario tiene la biblioteca?\n¿Y los sábados?\nRepítamelo, por favor\nNada más, adiós\n";
    let text = String::from_utf8(told(folder.path(), &["pack", "try"], said).stdout).unwrap();
    assert!(text.contains("asistente automático"), "{text}");
    assert!(text.contains("La biblioteca y la sala de estudio abren"), "{text}");
    assert_eq!(text.matches("la biblioteca abre de 10:00 a 14:00").count(), 2, "{text}");
    assert!(text.contains("Gracias por llamar"), "{text}");
}

#[test]
fn a_council_begins_its_pack_from_the_example() {
    let folder = config(&good());
    let new = folder.path().join("alboraia");
    assert!(
        told(folder.path(), &["pack", "new", new.to_str().unwrap()], "Alboraia\nla calle Nueva, 2\n").status.success()
    );
    let facts = std::fs::read_to_string(new.join("facts.toml")).unwrap();
    assert!(
        facts.contains("d'Alboraia") && facts.contains("es = \"la calle Nueva, 2\"") && !facts.contains("Vallverda"),
        "{facts}"
    );
    let settings = new.join("portaveu.toml");
    assert!(portaveu().arg("check").arg("--config").arg(settings).status().unwrap().success());
    fails_with(&run(folder.path(), &["pack", "new", new.to_str().unwrap()]), &["is there already"]);
}

/// The worker renders what callers may say, and prints what it then hears on a noisy line.
#[test]
fn examples_are_heard_back() {
    let models = std::env::var_os("XDG_CACHE_HOME").map(std::path::PathBuf::from);
    let models = models.unwrap_or_else(|| Path::new(&std::env::var_os("HOME").unwrap()).join(".cache"));
    let worker = Path::new(env!("CARGO_BIN_EXE_portaveu")).with_file_name("portaveu-speech");
    let mut process = std::process::Command::new(worker)
        .arg("--models")
        .arg(models.join("portaveu/models"))
        .args(["hear-back", "--languages", "ca"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let phrase = "{\"text\": \"Quant costa la piscina municipal?\", \"language\": \"ca\"}\n";
    process.stdin.take().unwrap().write_all(phrase.as_bytes()).unwrap();
    let heard = String::from_utf8(process.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(heard.to_lowercase().matches("municipal").count(), 2, "once said and once heard: {heard}");
}
