//! Sticks that mean ill, or are broken: the box stays as it is to the last byte, and the receipt says why.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

mod common;

use std::fs::{self, File};
use std::os::unix::fs::symlink;

use common::{Desk, good, said};
use nix::sys::stat::{Mode, SFlag, mknod};
use nix::unistd::{geteuid, mkfifo};
use serde_json::json;

/// A box with a site, and a good stick with the next one, which is then spoiled.
fn refused(reason: &str, spoil: impl FnOnce(&mut Desk)) -> Desk {
    let mut desk = Desk::provisioned();
    desk.write("site/portaveu.toml", "password = \"hush-hush\"\n# the second\n");
    desk.build(&["--version", "2"]);
    spoil(&mut desk);
    let before = desk.box_picture();
    let applied = desk.apply();
    assert_eq!(
        applied.status.code(),
        Some(2),
        "{reason}: {}{}",
        said(&applied),
        String::from_utf8_lossy(&applied.stderr)
    );
    assert_eq!(desk.box_picture(), before, "{reason}");
    for folder in ["stick/portaveu-receipts", "box/receipts"] {
        let receipt = desk.receipt(folder);
        assert_eq!(receipt.reason.as_deref(), Some(reason), "{}", receipt.text.en);
        assert_eq!(receipt.site, Some(1));
        let all = serde_json::to_string(&receipt).unwrap();
        assert!(!all.contains("hush-hush"), "{all}");
    }
    good(&desk.run(&["receipt", "--stick", &desk.text("stick"), "--box-key", &desk.card()]));
    desk
}

fn forged(reason: &str, change: impl FnOnce(&mut serde_json::Value)) {
    refused(reason, |desk| desk.forge(change));
}

#[test]
fn who_is_not_trusted() {
    refused("unsigned", |desk| fs::remove_file(desk.path("stick/portaveu/bundle.json.minisig")).unwrap());
    refused("wrong-key", |desk| {
        good(&desk.run(&["keygen", "--without-passphrase", "--out", &desk.text("other")]));
        good(&desk.run(&["sign", "--stick", &desk.text("stick"), "--key", &desk.text("other/provision.key")]));
    });
    refused("wrong-key", |desk| {
        let path = desk.path("stick/portaveu/bundle.json");
        fs::write(&path, fs::read_to_string(&path).unwrap().replace("\"version\": 2", "\"version\": 3")).unwrap();
    });
    for spoilt in ["", "\0\u{fffd}", "untrusted comment: x\nAAAA\ntrusted comment: x\nAAAA\n"] {
        refused("wrong-key", |desk| desk.write("stick/portaveu/bundle.json.minisig", spoilt));
    }
    // The first signature is right, the second too short.
    refused("wrong-key", |desk| {
        let path = desk.path("stick/portaveu/bundle.json.minisig");
        let lines: Vec<String> = fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect();
        fs::write(&path, [&lines[0], &lines[1], &lines[2], "AAAA"].join("\n")).unwrap();
    });
    refused("too-big", |desk| desk.write("stick/portaveu/bundle.json.minisig", &"x".repeat(5000)));
}

#[test]
fn for_another_box_or_from_another_day() {
    refused("wrong-box", |desk| {
        let other = Desk::new();
        let (card, stick, key, site) =
            (other.card(), desk.text("stick"), desk.text("keys/provision.key"), desk.text("site"));
        good(&desk.run(&["build", "--box", &card, "--site", &site, "--stick", &stick, "--key", &key]));
        desk.manifest();
    });
    // What is in it was sealed for another box.
    refused("not-for-this-key", |desk| {
        let (own, other) = (desk.manifest().recipient, Desk::new());
        let (card, stick, key, site) =
            (other.card(), desk.text("stick"), desk.text("keys/provision.key"), desk.text("site"));
        good(&desk.run(&["build", "--box", &card, "--site", &site, "--stick", &stick, "--key", &key]));
        desk.forge(|manifest| manifest["box"] = json!(own));
    });
    refused("old-version", |desk| desk.forge(|manifest| manifest["version"] = json!(0)));
    // The same version with other content.
    refused("old-version", |desk| desk.forge(|manifest| manifest["version"] = json!(1)));
    forged("unknown-format", |manifest| *manifest = json!({"format": 2, "everything": "new"}));
}

#[test]
fn paths_that_lead_elsewhere() {
    for path in [
        "../../etc/passwd",
        "/etc/passwd",
        "council/../../../../etc/passwd",
        "council/..",
        "",
        "bundle.json",
        "council\\..\\x",
        "secrets/../portaveu.toml",
        "sites/9/x",
        "council/a\u{0}b",
        ".ssh/authorized_keys",
        "council/\u{202e}x",
    ] {
        forged("bad-manifest", |manifest| manifest["files"][0]["path"] = json!(path));
    }
    for digest in ["../../../etc/passwd", "", "ABCD", &"../".repeat(21), &"A".repeat(64)] {
        forged("bad-manifest", |manifest| manifest["files"][0]["sha256"] = json!(digest));
    }
}

#[test]
fn lists_that_contradict_themselves() {
    forged("bad-manifest", |manifest| {
        let first = manifest["files"][0].clone();
        manifest["files"].as_array_mut().unwrap().push(first);
    });
    forged("bad-manifest", |manifest| {
        let mut within = manifest["files"][0].clone();
        within["path"] = json!("council/council.toml/x");
        manifest["files"].as_array_mut().unwrap().push(within);
    });
    forged("bad-manifest", |manifest| manifest["reset"] = json!(true));
    forged("bad-manifest", |manifest| manifest["run"] = json!("rm -rf /"));
    forged("bad-manifest", |manifest| manifest["files"] = json!([]));
    forged("bad-manifest", |manifest| {
        manifest["files"].as_array_mut().unwrap().retain(|file| file["path"] != "portaveu.toml")
    });
    forged("bad-manifest", |manifest| manifest["files"][0]["size"] = json!(-1));
    refused("bad-manifest", |desk| desk.put_manifest("[".repeat(1 << 20).as_bytes()));
    refused("bad-manifest", |desk| desk.put_manifest(b"\xff\xfe{"));
}

#[test]
fn more_than_a_box_should_take() {
    forged("too-big", |manifest| manifest["files"][0]["size"] = json!(u64::MAX));
    forged("too-big", |manifest| manifest["update"] = json!({"size": 1_u64 << 32, "sha256": "0".repeat(64)}));
    forged("too-many-files", |manifest| {
        let one = manifest["files"][0].clone();
        let many = (0..10_001).map(|number| {
            let mut entry = one.clone();
            entry["path"] = json!(format!("council/{number}"));
            entry
        });
        manifest["files"] = many.collect();
    });
    refused("too-big", |desk| desk.put_manifest(" ".repeat((1 << 21) + 1).as_bytes()));
    // Sixty gigabytes where some bytes were announced: not even read.
    refused("changed", |desk| {
        let file = File::options().write(true).open(desk.blob("council/council.toml")).unwrap();
        file.set_len(60 << 30).unwrap();
    });
}

/// What is on the stick in place of a file of the site.
fn in_its_place(reason: &str, put: impl FnOnce(&Desk, &std::path::Path)) -> Desk {
    refused(reason, |desk| {
        let blob = desk.blob("council/council.toml");
        fs::rename(&blob, desk.path("same")).unwrap(); // with the very bytes that were signed
        put(desk, &blob);
    })
}

#[test]
fn what_is_no_file() {
    in_its_place("missing", |_, _| {});
    in_its_place("not-a-file", |desk, blob| symlink(desk.path("same"), blob).unwrap());
    in_its_place("not-a-file", |desk, blob| fs::hard_link(desk.path("same"), blob).unwrap());
    in_its_place("not-a-file", |_, blob| fs::create_dir(blob).unwrap());
    in_its_place("not-a-file", |_, blob| mkfifo(blob, Mode::S_IRWXU).unwrap()); // nor waits for one
    in_its_place("not-a-file", |_, blob| drop(std::os::unix::net::UnixListener::bind(blob).unwrap()));
    if geteuid().is_root() {
        let zero = nix::sys::stat::makedev(1, 5);
        in_its_place("not-a-file", |_, blob| mknod(blob, SFlag::S_IFCHR, Mode::S_IRWXU, zero).unwrap());
    }
    in_its_place("changed", |_, blob| fs::write(blob, "name = \"Vallverdo\"\n").unwrap());
    in_its_place("changed", |_, blob| fs::write(blob, "").unwrap());
    for folder in
        ["stick/portaveu", "stick/portaveu/files", "stick/portaveu/bundle.json", "stick/portaveu/bundle.json.minisig"]
    {
        refused("not-a-file", |desk| {
            fs::rename(desk.path(folder), desk.path("elsewhere")).unwrap();
            symlink(desk.path("elsewhere"), desk.path(folder)).unwrap();
        });
    }
}

#[test]
fn a_receipt_is_not_written_where_a_link_leads() {
    let desk = Desk::new();
    desk.build(&[]);
    fs::create_dir(desk.path("elsewhere")).unwrap();
    symlink(desk.path("elsewhere"), desk.path("stick/portaveu-receipts")).unwrap();
    good(&desk.apply());
    assert_eq!(fs::read_dir(desk.path("elsewhere")).unwrap().count(), 0);
    assert_eq!(desk.receipt("box/receipts").site, Some(desk.manifest().version));
}

#[test]
fn what_the_boxs_programs_refuse() {
    let with_settings = |desk: &mut Desk| {
        desk.validator = desk.script("check", "echo \"$1: password is hush-hush\" >&2; cat $1; exit 1");
        desk.restart = "false".into();
    };
    let desk = refused("settings-refused", with_settings);
    let receipt = desk.receipt("stick/portaveu-receipts");
    assert!(receipt.details.iter().any(|line| line.ends_with("password is …")), "{:?}", receipt.details);
    let desk = refused("update-refused", |desk| {
        desk.write("update.raucb", "no system");
        desk.build(&["--version", "2", "--update", &desk.text("update.raucb")]);
        desk.installer = desk.script("install", "echo 'signature verification failed'; exit 1");
    });
    assert_eq!(desk.receipt("box/receipts").details[0], "signature verification failed");
    // Started with the new site it fails, with the one before it does not.
    let desk = refused("did-not-start", |desk| {
        let current = desk.text("box/current");
        desk.restart = desk.script("restart", &format!("echo {}; [ $(readlink {current}) = sites/1 ]", "starting"));
    });
    good(&{
        let mut mended = desk;
        mended.restart = "true".into();
        mended.apply()
    });
}

#[test]
fn a_first_site_that_does_not_start_is_taken_back() {
    let mut desk = Desk::new();
    desk.build(&[]);
    desk.restart = "false".into();
    let before = desk.box_picture();
    assert_eq!(desk.apply().status.code(), Some(2));
    let mut after = desk.box_picture();
    after.retain(|path, _| path != std::path::Path::new("sites"));
    assert_eq!(after, before);
}

#[test]
fn a_site_that_came_with_the_image_is_gone_back_to() {
    let mut desk = Desk::new();
    fs::create_dir_all(desk.path("box/sites/5")).unwrap();
    desk.write("box/sites/5/portaveu.toml", "# of the image");
    symlink("sites/5", desk.path("box/current")).unwrap();
    desk.build(&["--version", "4"]);
    assert_eq!(desk.apply().status.code(), Some(2));
    assert_eq!(desk.receipt("box/receipts").reason.as_deref(), Some("old-version"));
    desk.build(&["--version", "6"]);
    desk.restart = "false".into();
    assert_eq!(desk.apply().status.code(), Some(2));
    assert_eq!(fs::read_to_string(desk.path("box/current/portaveu.toml")).unwrap(), "# of the image");
}

#[test]
fn many_sticks_do_not_fill_the_box() {
    let desk = Desk::new();
    desk.write("stick/portaveu.txt", "");
    fs::create_dir(desk.path("stick/portaveu")).unwrap();
    desk.put_manifest(b"{}");
    for _ in 0..120 {
        assert_eq!(desk.apply().status.code(), Some(2));
    }
    assert_eq!(fs::read_dir(desk.path("box/receipts")).unwrap().count(), 200, "a hundred, and their signatures");
}
