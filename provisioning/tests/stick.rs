//! From two empty folders to a box with a site, by the commands that a technician types and systemd runs.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

mod common;

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use common::{Desk, PROGRAM, good, said};
use portaveu_provision::receipt::Outcome;

#[test]
fn a_box_gets_its_site_and_says_so() {
    let desk = Desk::new();
    good(&desk.run(&["build", "--box", &desk.card(), "--site", &desk.text("site"), "--stick", &desk.text("stick")]));
    assert_eq!(desk.apply().status.code(), Some(2), "it is not signed yet");
    good(&desk.run(&["sign", "--stick", &desk.text("stick"), "--key", &desk.text("keys/provision.key")]));
    let verified = desk.run(&["verify", "--stick", &desk.text("stick"), "--trusted", &desk.text("keys/provision.pub")]);
    good(&verified);
    assert!(said(&verified).contains("5 files, 3 of them sealed"), "{}", said(&verified));
    let applied = desk.apply();
    good(&applied);
    let stages = ["reading", "checking", "changing", "starting", "writing", "done"];
    let places: Vec<usize> =
        stages.iter().map(|stage| said(&applied).find(&format!("stage   {stage}")).unwrap()).collect();
    assert!(places.is_sorted(), "{}", said(&applied));
    for name in
        ["portaveu.toml", "metrics.toml", "secrets/tls/agent.pem", "council/council.toml", "council/topics/padron.md"]
    {
        let (made, there) = (desk.path("site").join(name), desk.path("box/current").join(name));
        assert_eq!(fs::read(made).unwrap(), fs::read(&there).unwrap(), "{name}");
        let mode = there.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, if name.starts_with("council") { 0o644 } else { 0o640 }, "{name}");
    }
    let receipts = desk.run(&["receipt", "--stick", &desk.text("stick"), "--box-key", &desk.card()]);
    good(&receipts);
    assert!(said(&receipts).contains("Refused") && said(&receipts).contains("Applied"), "{}", said(&receipts));
    assert_eq!(desk.receipt("box/receipts").outcome, Outcome::Applied);
}

#[test]
fn no_secret_is_on_the_stick() {
    let desk = Desk::new();
    desk.build(&[]);
    desk.build(&[]); // nor does a second build leave what the first one made
    assert_eq!(fs::read_dir(desk.path("stick/portaveu/files")).unwrap().count(), 5);
    for file in common::picture(&desk.path("stick")).values() {
        let text = String::from_utf8_lossy(&file.1);
        assert!(!text.contains("hush-hush") && !text.contains("a secret key"));
    }
}

#[test]
fn what_was_applied_is_not_applied_again() {
    let mut desk = Desk::provisioned();
    let before = desk.box_picture();
    desk.restart = "false".into(); // nothing is restarted for nothing
    good(&desk.apply());
    assert_eq!(desk.receipt("stick/portaveu-receipts").outcome, Outcome::Unchanged);
    assert_eq!(desk.box_picture(), before);
}

#[test]
fn a_new_site_replaces_the_one_before_and_its_secrets() {
    let desk = Desk::provisioned();
    desk.write("site/portaveu.toml", "# the second\n");
    fs::remove_file(desk.path("site/metrics.toml")).unwrap();
    desk.build(&["--version", "2"]);
    good(&desk.apply());
    assert_eq!(fs::read_dir(desk.path("box/sites")).unwrap().count(), 1);
    assert_eq!(fs::read_to_string(desk.path("box/current/portaveu.toml")).unwrap(), "# the second\n");
    assert!(!desk.path("box/current/metrics.toml").exists());
}

#[test]
fn models_go_along_as_they_are() {
    let desk = Desk::new();
    fs::create_dir_all(desk.path("voices/kokoro")).unwrap();
    fs::write(desk.path("voices/kokoro/model.onnx"), vec![7; 3 << 20]).unwrap();
    desk.write("voices/.directory", "a file manager's");
    desk.build(&["--models", &desk.text("voices")]);
    good(&desk.apply());
    let there = desk.path("box/current/models/kokoro/model.onnx");
    assert_eq!(fs::read(&there).unwrap(), vec![7; 3 << 20]);
    assert_eq!(there.metadata().unwrap().permissions().mode() & 0o777, 0o644);
    assert_eq!(fs::read_dir(desk.path("box/current/models")).unwrap().count(), 1);
}

#[test]
fn systemd_is_told_whom_the_programs_may_reach() {
    let desk = Desk::new();
    desk.write("site/portaveu.toml", "[sip]\npeers = [\"203.0.113.0/24\", \"2001:db8::1\"]\n");
    desk.write("site/metrics.toml", "[broker]\nhost = \"203.0.113.7\"\n");
    desk.build(&["--version", "1"]);
    good(&desk.apply());
    let drop_in = |unit: &str| fs::read_to_string(desk.path("units").join(unit)).unwrap_or_default();
    for unit in ["portaveu.service.d/peers.conf", "portaveu-safe.service.d/peers.conf"] {
        assert_eq!(drop_in(unit), "[Service]\nIPAddressAllow=203.0.113.0/24 2001:db8::1/128\n");
    }
    assert_eq!(drop_in("portaveu-metrics.service.d/broker.conf"), "[Service]\nIPAddressAllow=203.0.113.7\n");
    // Gone with the next start of the machine, and made by the first service.
    fs::remove_dir_all(desk.path("units")).unwrap();
    good(&Command::new(PROGRAM).arg("first-boot").args(desk.appliance()).output().unwrap());
    assert!(drop_in("portaveu.service.d/peers.conf").contains("203.0.113.0/24"));
    fs::remove_file(desk.path("site/metrics.toml")).unwrap();
    desk.build(&["--version", "2"]);
    good(&desk.apply());
    assert_eq!(drop_in("portaveu-metrics.service.d/broker.conf"), "", "nobody is reached any more");
}

#[test]
fn an_update_is_handed_over_before_the_site_changes() {
    let mut desk = Desk::provisioned();
    desk.write("update.raucb", "a system");
    let seen = desk.text("seen");
    desk.installer =
        desk.script("install", &format!("cat \"$1\" > {seen}; readlink {} >> {seen}", desk.text("box/current")));
    desk.build(&["--version", "2", "--update", &desk.text("update.raucb")]);
    good(&desk.apply());
    assert_eq!(fs::read_to_string(desk.path("seen")).unwrap(), "a systemsites/1\n");
    let receipt = desk.receipt("stick/portaveu-receipts");
    assert!(receipt.updated && receipt.site == Some(2));
    assert!(!desk.path("box/staging").exists());
}

#[test]
fn an_update_alone_leaves_the_site() {
    let mut desk = Desk::provisioned();
    desk.restart = "false".into();
    desk.write("update.raucb", "a system");
    let (card, stick, key) = (desk.card(), desk.text("stick"), desk.text("keys/provision.key"));
    let update = desk.text("update.raucb");
    good(&desk.run(&["build", "--box", &card, "--stick", &stick, "--key", &key, "--update", &update]));
    let before = desk.site_picture();
    good(&desk.apply());
    assert_eq!(desk.site_picture(), before);
    assert!(desk.receipt("box/receipts").updated);
    good(&desk.apply());
    assert!(!desk.receipt("box/receipts").updated, "the box would start again and again");
}

#[test]
fn a_reset_leaves_identity_receipts_and_the_last_version() {
    let desk = Desk::provisioned();
    desk.write("data/portaveu.redb", "calls");
    let identity = fs::read(desk.path("box/identity")).unwrap();
    desk.build(&["--version", "2", "--reset"]);
    good(&desk.apply());
    assert_eq!(desk.receipt("stick/portaveu-receipts").outcome, Outcome::Reset);
    assert!(!desk.path("box/current").exists() && !desk.path("box/sites/1").exists());
    assert_eq!(fs::read_dir(desk.path("data")).unwrap().count(), 0);
    assert_eq!(fs::read(desk.path("box/identity")).unwrap(), identity);
    desk.write("data/portaveu.redb", "calls of the next council");
    good(&desk.apply());
    assert!(desk.path("data/portaveu.redb").exists(), "a stick that is left in resets again and again");
    desk.build(&["--version", "1"]);
    assert_eq!(desk.apply().status.code(), Some(2));
    assert_eq!(desk.receipt("box/receipts").reason.as_deref(), Some("old-version"));
}

#[test]
fn a_reset_by_hand_must_be_meant() {
    let desk = Desk::provisioned();
    let appliance = desk.appliance();
    let reset = |more: &[&str]| Command::new(PROGRAM).arg("reset").args(more).args(&appliance).output().unwrap();
    assert!(!reset(&[]).status.success() && desk.path("box/current").exists());
    good(&reset(&["--yes"]));
    assert!(!desk.path("box/current").exists());
    assert_eq!(desk.apply().status.code(), Some(2), "the stick from before the reset");
    desk.build(&["--version", "2"]);
    good(&desk.apply());
}

#[test]
fn a_stick_that_cannot_be_written_leaves_the_receipt_on_the_box() {
    let desk = Desk::new();
    desk.build(&[]);
    desk.write("stick/portaveu-receipts", "a file where the folder should be");
    let applied = desk.apply();
    good(&applied);
    assert!(said(&applied).contains("nothing could be written to the stick"));
    assert_eq!(desk.receipt("box/receipts").outcome, Outcome::Applied);
}

#[test]
fn a_stick_is_not_needed_once_it_was_read() {
    let mut desk = Desk::provisioned();
    desk.write("site/portaveu.toml", "# the second\n");
    desk.build(&["--version", "2"]);
    desk.validator = desk.script("check", &format!("rm -r {}", desk.text("stick")));
    good(&desk.apply());
    assert_eq!(fs::read_to_string(desk.path("box/current/portaveu.toml")).unwrap(), "# the second\n");
    assert_eq!(desk.receipt("box/receipts").outcome, Outcome::Applied);
}

#[test]
fn a_changed_receipt_is_known() {
    let desk = Desk::new();
    desk.build(&[]);
    good(&desk.apply());
    let folder = desk.path("stick/portaveu-receipts");
    let is_text = |path: &Path| path.extension().is_some_and(|extension| extension == "json");
    let receipt = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).find(|path| is_text(path)).unwrap();
    fs::write(&receipt, fs::read_to_string(&receipt).unwrap().replace("applied", "refused")).unwrap();
    let shown = desk.run(&["receipt", "--stick", &desk.text("stick"), "--box-key", &desk.card()]);
    assert!(!shown.status.success() && said(&shown).contains("NOT BY THIS BOX"));
}

#[test]
fn a_key_is_kept_by_its_passphrase() {
    let desk = Desk::new();
    let typed = |arguments: &[&str], passphrase: &str| {
        let mut command = Command::new(PROGRAM);
        let mut child = command.args(arguments).stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        writeln!(child.stdin.take().unwrap(), "{passphrase}").unwrap();
        child.wait().unwrap().success()
    };
    let (folder, key, stick) = (desk.text("other"), desk.text("other/provision.key"), desk.text("stick"));
    desk.build(&[]);
    assert!(!typed(&["keygen", "--out", &folder], "short"));
    assert!(typed(&["keygen", "--out", &folder], "cuatro gatos en la plaza"));
    let again = desk.run(&["keygen", "--out", &folder]); // it asks for nothing before it refuses
    let why = String::from_utf8_lossy(&again.stderr);
    assert!(!again.status.success() && why.contains("is there already"), "a key is never overwritten: {why}");
    assert!(!typed(&["sign", "--stick", &stick, "--key", &key], "cinco gatos en la plaza"));
    assert!(typed(&["sign", "--stick", &stick, "--key", &key], "cuatro gatos en la plaza"));
    good(&desk.run(&["verify", "--stick", &stick, "--trusted", &desk.text("other/provision.pub")]));
}

#[test]
fn a_folder_that_is_no_site_is_not_built() {
    let desk = Desk::new();
    let refused = |why: &str| {
        let (card, site, stick) = (desk.card(), desk.text("site"), desk.text("stick"));
        let output = desk.run(&["build", "--box", &card, "--site", &site, "--stick", &stick]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(why), "{said}");
        assert!(!desk.path("stick/portaveu").exists());
    };
    desk.write("site/notas de la visita.txt", "");
    refused("is no part of a site");
    fs::remove_file(desk.path("site/notas de la visita.txt")).unwrap();
    fs::rename(desk.path("site/portaveu.toml"), desk.path("portaveu.toml")).unwrap();
    refused("a site has a portaveu.toml");
    desk.write("site/portaveu.toml", &"#".repeat(1 << 20));
    refused("portaveu.toml is larger than 1 MiB");
}
