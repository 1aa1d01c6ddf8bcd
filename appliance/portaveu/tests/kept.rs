//! `portaveu store` and `portaveu people`, as whoever is at the box's terminal uses them: a report, a backup, the way back,
//! and what is refused.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

mod common;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use common::{TestBox, council, free_port, portaveu};
use jiff::{SignedDuration, Timestamp};
use portaveu_call::Language;
use portaveu_store::{Call, Message, MessageState, Outcome, Store};

const PASSPHRASE: &str = "cuatro gatos en la plaza";

/// A folder with settings and a store that has a call and a message.
fn filled() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let settings = "data = \"data\"\n[sip]\nlisten = \"127.0.0.1:1\"\npeers = [\"127.0.0.1\"]\n";
    std::fs::write(folder.path().join("portaveu.toml"), format!("council = {:?}\n{settings}", council())).unwrap();
    std::fs::create_dir(folder.path().join("data")).unwrap();
    let (store, now) = (store_of(folder.path()), Timestamp::now());
    let call = Call {
        outcome: Outcome::Answered,
        ended: Some(now),
        ..Call::begins(now.as_microsecond() as u64, "sip", now, Language::Ca)
    };
    store.import(&[(call, Vec::new())]).unwrap();
    let message = Message {
        id: now.as_microsecond() as u64,
        at: now,
        language: Language::Es,
        department: "padron".into(),
        topic: None,
        number: Some("612345678".into()),
        when: "por la tarde".into(),
        text: "me falta un papel".into(),
        seconds: 4,
        state: MessageState::New,
    };
    store.put_message(&message, b"a voice").unwrap();
    folder
}

fn store_of(folder: &Path) -> Store {
    Store::open(&folder.join("data/portaveu.redb")).unwrap()
}

fn run(folder: &Path, arguments: &[&str], typed: &str) -> Output {
    let mut command = portaveu();
    command.args(arguments).arg("--config").arg(folder.join("portaveu.toml"));
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let _ = writeln!(child.stdin.take().unwrap(), "{typed}"); // who needs nothing typed may be gone
    child.wait_with_output().unwrap()
}

fn told(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn refused(output: &Output, why: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains(why), "{said}");
}

fn backup(folder: &Path) -> PathBuf {
    let file = folder.join("backup");
    told(&run(folder, &["store", "backup", file.to_str().unwrap()], PASSPHRASE));
    file
}

#[test]
fn a_backup_comes_back_whole_on_another_box() {
    let (folder, other) = (filled(), filled());
    let kept = store_of(folder.path()).messages().unwrap();
    let file = backup(folder.path());
    let bytes = std::fs::read(&file).unwrap();
    assert!(!bytes.windows(9).any(|part| part == b"612345678"), "the number is in the backup");
    let report = told(&run(folder.path(), &["store", "report"], ""));
    let key = report.lines().find_map(|line| line.strip_prefix("signing key ")).unwrap();
    let restore = ["store", "restore", file.to_str().unwrap()];
    refused(&run(other.path(), &restore, PASSPHRASE), "was not signed by");
    let restore = [&restore[..], &["--signer", key]].concat();
    refused(&run(other.path(), &restore, "a wrong passphrase"), "passphrase is not right");
    assert_ne!(store_of(other.path()).messages().unwrap(), kept, "a refused backup changed something");
    told(&run(other.path(), &restore, PASSPHRASE));
    let store = store_of(other.path());
    assert_eq!(store.messages().unwrap(), kept);
    assert_eq!(store.message_sound(kept[0].id).unwrap().unwrap(), b"a voice");
}

#[test]
fn a_backup_comes_back_on_a_box_that_was_never_started() {
    let (folder, other) = (filled(), filled());
    let file = backup(folder.path());
    std::fs::remove_dir_all(other.path().join("data")).unwrap();
    let restore = ["store", "restore", file.to_str().unwrap()];
    refused(&run(other.path(), &restore, PASSPHRASE), "--signer KEY");
    std::fs::remove_dir_all(other.path().join("data")).unwrap();
    let report = told(&run(folder.path(), &["store", "report"], ""));
    let key = report.lines().find_map(|line| line.strip_prefix("signing key ")).unwrap();
    told(&run(other.path(), &[&restore[..], &["--signer", key]].concat(), PASSPHRASE));
    assert_eq!(store_of(other.path()).messages().unwrap(), store_of(folder.path()).messages().unwrap());
}

#[test]
fn a_backup_helps_where_the_key_is_lost_and_not_while_the_box_runs() {
    let folder = filled();
    let kept = store_of(folder.path()).messages().unwrap();
    let file = backup(folder.path());
    let restore = ["store", "restore", file.to_str().unwrap()];
    let running = store_of(folder.path());
    refused(&run(folder.path(), &restore, PASSPHRASE), "stop it first");
    drop(running);
    std::fs::remove_file(folder.path().join("data/portaveu.key")).unwrap();
    refused(&run(folder.path(), &["store", "report"], ""), "bring it back from a backup");
    told(&run(folder.path(), &restore, PASSPHRASE));
    assert_eq!(store_of(folder.path()).messages().unwrap(), kept);
}

#[test]
fn a_changed_backup_is_refused() {
    let folder = filled();
    let file = backup(folder.path());
    let mut bytes = std::fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let file = file.to_str().unwrap();
    refused(&run(folder.path(), &["store", "restore", file], PASSPHRASE), "or was changed since");
    let signature = format!("{file}.minisig");
    let whole = std::fs::read_to_string(&signature).unwrap();
    std::fs::write(&signature, &whole[..whole.trim_end().len() - 48]).unwrap();
    refused(&run(folder.path(), &["store", "restore", file], PASSPHRASE), "no whole signature");
    refused(&run(folder.path(), &["store", "backup", file], PASSPHRASE), "is there already");
    refused(&run(folder.path(), &["store", "backup", "other"], "short"), "twelve characters");
}

#[test]
fn what_is_kept_too_long_is_told() {
    let folder = filled();
    assert!(told(&run(folder.path(), &["store", "report"], "")).contains("in time"));
    let began = Timestamp::now() - SignedDuration::from_hours(24 * 400);
    let id = began.as_microsecond() as u64;
    let call = Call { outcome: Outcome::Answered, ended: Some(began), ..Call::begins(id, "sip", began, Language::Ca) };
    store_of(folder.path()).import(&[(call, Vec::new())]).unwrap();
    let report = run(folder.path(), &["store", "report"], "");
    assert!(String::from_utf8_lossy(&report.stdout).contains("KEPT TOO LONG"));
    refused(&report, "beyond its time");
}

#[test]
fn a_box_without_a_terminal_makes_the_first_account_itself() {
    let first = "first = { name = \"ana.puig\", password = \"cuatro gatos en la plaza\" }";
    let portaveu = TestBox::start(1, &format!("[panel]\nlisten = \"127.0.0.1:{}\"\n{first}", free_port()));
    assert_eq!(told(&run(portaveu.folder.path(), &["people"], "")), "ana.puig  it\n");
    portaveu.stop();
}

#[test]
fn accounts_are_made_and_the_last_that_can_make_others_stays() {
    let folder = filled();
    let people = |arguments: &[&str]| run(folder.path(), &[&["people"], arguments].concat(), "");
    assert!(told(&people(&[])).contains("there are no accounts"));
    assert!(told(&people(&["add", "ana.puig", "it"])).contains("password for the first sign-in of ana.puig"));
    refused(&people(&["add", "ana.puig", "it"]), "already");
    refused(&people(&["add", "pepa", "mayor"]), "attendant, editor, manager and it");
    refused(&people(&["add", "Pepa!", "it"]), "cannot be a name");
    told(&people(&["add", "pepa", "editor"]));
    refused(&people(&["remove", "ana.puig"]), "only account that can make others");
    told(&people(&["remove", "pepa"]));
    refused(&people(&["reset", "pepa"]), "no account");
    assert_eq!(told(&people(&[])), "ana.puig  it\n");
}

/// systemd gives the service its key, which then lies nowhere on the disk; a key beside the store, as a restore leaves it, comes first.
#[test]
fn the_key_may_come_from_systemd() {
    let (folder, credentials) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let settings = "data = \".\"\n[sip]\nlisten = \"127.0.0.1:1\"\npeers = [\"127.0.0.1\"]\n";
    std::fs::write(folder.path().join("portaveu.toml"), format!("council = {:?}\n{settings}", council())).unwrap();
    std::fs::write(credentials.path().join("store.key"), [7; 32]).unwrap();
    let people = |words: &[&str], with_credentials: bool| {
        let mut command = portaveu();
        command.args(words).arg("--config").arg(folder.path().join("portaveu.toml"));
        if with_credentials {
            command.env("CREDENTIALS_DIRECTORY", credentials.path());
        }
        command.output().unwrap()
    };
    assert!(people(&["people", "add", "maria", "it"], true).status.success());
    assert!(!folder.path().join("portaveu.key").exists());
    assert!(told(&people(&["people"], true)).contains("maria"));
    refused(&people(&["people"], false), "its key");
    std::fs::write(folder.path().join("portaveu.key"), [7; 32]).unwrap();
    assert!(told(&people(&["people"], false)).contains("maria"));
}

/// What is over its time goes when it is asked for, as the timer does where the box itself does not run.
#[test]
fn retention_is_enforced_when_asked_for() {
    let folder = filled();
    let old = Timestamp::now() - SignedDuration::from_hours(24 * 1000);
    let store = store_of(folder.path());
    let call = Call { ended: Some(old), ..Call::begins(old.as_microsecond() as u64, "sip", old, Language::Es) };
    store.import(&[(call, Vec::new())]).unwrap();
    drop(store);
    refused(&run(folder.path(), &["store", "report"], ""), "beyond its time");
    assert!(told(&run(folder.path(), &["store", "retain"], "")).contains(" 1 calls"));
    told(&run(folder.path(), &["store", "report"], ""));
}
