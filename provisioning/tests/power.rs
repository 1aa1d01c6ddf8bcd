//! Power lost at any moment. The program is killed at each of its system calls in turn (by strace, so that the program has no
//! hook for it), and must leave the old state or the new one; the next run must come to the same end as one without a cut.
//!
//! What a real cut does besides, losing what was written but not yet on the disk, is held by the order of its system calls.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output};

use common::{Desk, PROGRAM, Picture, good, picture, said};
use portaveu_provision::identity::Card;

/// What is on a disk does not matter here, only the order; memory is quicker.
const MEMORY: &str = "/dev/shm";

/// What changes a disk or starts a program, by name, in the order in which this run calls it.
const STEPS: &str = "trace=write,openat,openat2,rename,mkdir,mkdirat,symlink,unlink,unlinkat,rmdir,fsync,fchmod,chmod,fchown,\
                     clone,clone3,vfork,wait4,flock";

fn strace(arguments: &[&str], desk: &Desk) -> Output {
    Command::new("strace").args(arguments).arg(PROGRAM).args(desk.applying()).output().expect("strace is not installed")
}

/// The name of each step and how often it was called until then, from the moment on when the box is locked.
fn steps(desk: &Desk) -> Vec<(String, usize)> {
    let log = desk.text("trace");
    good(&strace(&["-qq", "-o", &log, "-e", STEPS], desk));
    let mut counts = BTreeMap::new();
    let text = fs::read_to_string(log).unwrap();
    let names = text.lines().filter_map(|line| line.split_once('(')).map(|(name, _)| name.to_owned());
    let counted = names.map(|name| {
        let count = counts.entry(name.clone()).or_insert(0_usize);
        *count += 1;
        (name, *count)
    });
    counted.skip_while(|(name, _)| name != "flock").collect()
}

/// Kills it as it enters that call.
fn cut_at((name, count): &(String, usize), desk: &Desk) {
    let inject = format!("inject={name}:signal=KILL:when={count}");
    let output = strace(&["-qq", "-o", "/dev/null", "-e", &format!("trace={name}"), "-e", &inject], desk);
    assert_eq!(output.status.signal(), Some(9), "{name} {count}: {}", String::from_utf8_lossy(&output.stderr));
}

const FOLDERS: [&str; 3] = ["box", "data", "stick"];

fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    good(&Command::new("cp").arg("-a").args([from, to]).output().unwrap());
}

/// What matters of a box: what is in effect, and what callers left.
fn effect(desk: &Desk) -> (Picture, Picture) {
    (desk.site_picture(), picture(&desk.path("data")))
}

/// Cuts at every step; `after` is told the step, and what is in effect then.
fn cut_everywhere(desk: &Desk, mut after: impl FnMut(&str, (Picture, Picture))) {
    let before = |name: &str| desk.path(&format!("{name}.before"));
    FOLDERS.iter().for_each(|name| copy(&desk.path(name), &before(name)));
    let again = || FOLDERS.iter().for_each(|name| copy(&before(name), &desk.path(name)));
    let steps = steps(desk);
    let end = (effect(desk), settled(desk));
    println!("cut at {} steps", steps.len());
    for step in &steps {
        again();
        cut_at(step, desk);
        let step = format!("{} {}", step.0, step.1);
        after(&step, effect(desk));
        let next = desk.apply();
        assert!(next.status.success(), "after {step}: {}{}", said(&next), String::from_utf8_lossy(&next.stderr));
        assert_eq!((effect(desk), settled(desk)), end, "after {step}");
    }
}

/// The whole box, but for what differs from run to run.
fn settled(desk: &Desk) -> Picture {
    let mut found = desk.box_picture();
    found.retain(|path, _| !path.starts_with("signing.pub"));
    found
}

#[test]
fn a_cut_leaves_the_old_site_or_the_new_one() {
    let desk = Desk::provisioned_in(MEMORY);
    desk.write("data/portaveu.redb", "calls");
    desk.write("site/portaveu.toml", "# the second\n");
    desk.write("update.raucb", "a system");
    desk.build(&["--version", "2", "--update", &desk.text("update.raucb")]);
    let old = effect(&desk);
    let (mut was_old, mut was_new) = (0, 0);
    cut_everywhere(&desk, |step, now| {
        if now == old {
            was_old += 1;
            assert_eq!(was_new, 0, "step {step}: it went back");
        } else {
            let text = now.0.get(Path::new("portaveu.toml")).map(|file| file.1.clone());
            assert_eq!(text.as_deref(), Some(&b"# the second\n"[..]), "step {step}");
            assert_eq!(now.0.len(), old.0.len(), "step {step}: not whole");
            was_new += 1;
        }
    });
    assert!(was_old > 20 && was_new > 20, "{was_old} old, {was_new} new");
}

#[test]
fn a_cut_leaves_a_new_box_without_a_site_or_with_a_whole_one() {
    let desk = Desk::new_in(MEMORY);
    desk.build(&["--version", "1"]);
    cut_everywhere(&desk, |step, now| assert!([0, 10].contains(&now.0.len()), "step {step}: {:?}", now.0.keys()));
}

#[test]
fn a_reset_that_was_begun_comes_to_its_end() {
    let desk = Desk::provisioned_in(MEMORY);
    for name in ["a", "b", "c"] {
        desk.write(&format!("data/{name}"), "calls");
    }
    desk.build(&["--version", "2", "--reset"]);
    let begun = || desk.path("box/resetting").exists();
    let mut seen = BTreeSet::new();
    let old = effect(&desk);
    cut_everywhere(&desk, |step, now| {
        seen.insert(begun());
        let whole = now == old || now == (Picture::new(), Picture::new());
        assert!(whole || begun(), "step {step}: half a reset, and nobody knows");
    });
    assert_eq!(seen.len(), 2);
}

#[test]
fn a_cut_in_the_first_start_leaves_an_identity_that_is_whole() {
    let desk = Desk::new_in(MEMORY);
    let again = || {
        let _ = fs::remove_dir_all(desk.path("box"));
        let _ = fs::remove_dir_all(desk.path("stick/portaveu-boxes"));
    };
    again();
    for step in steps(&desk) {
        again();
        cut_at(&step, &desk);
        good(&desk.apply());
        let card = fs::read_dir(desk.path("stick/portaveu-boxes")).unwrap().next().unwrap().unwrap().path();
        let card = Card::parse(&fs::read(card).unwrap()).unwrap_or_else(|error| panic!("after {step:?}: {error}"));
        assert_eq!(fs::read_to_string(desk.path("box/identity.pub")).unwrap().trim(), card.age, "after {step:?}");
        assert!(fs::read_to_string(desk.path("box/signing.pub")).unwrap().contains(&card.minisign), "after {step:?}");
    }
}

/// Nothing is in effect before it is on the disk.
#[test]
fn files_and_folders_are_on_the_disk_before_the_link_changes() {
    let desk = Desk::provisioned();
    desk.write("site/portaveu.toml", "# the second\n");
    desk.build(&["--version", "2"]);
    let log = desk.text("trace");
    let calls = "trace=openat,openat2,mkdir,mkdirat,fsync,rename,renameat,renameat2,write";
    good(&strace(&["-qq", "-y", "-s", "300", "-o", &log, "-e", calls], &desk));
    let staging = desk.text("box/staging");
    let (mut unsafe_yet, mut switched, mut root_synced) = (BTreeSet::new(), false, false);
    for line in fs::read_to_string(log).unwrap().lines() {
        let opened = line.rsplit_once('<').map(|(_, path)| path.trim_end_matches('>').to_owned());
        if line.contains("O_CREAT") && line.contains(&staging) {
            unsafe_yet.extend(opened);
        } else if line.starts_with("mkdir") && line.contains(&format!("{staging}/site")) && line.ends_with("= 0") {
            unsafe_yet.insert(line.split('"').nth(1).unwrap().to_owned());
        } else if let Some(path) = line.strip_prefix("fsync(").and_then(|rest| rest.split(['<', '>']).nth(1)) {
            unsafe_yet.remove(path);
            root_synced |= switched && path == desk.text("box");
            unsafe_yet.retain(|other| !(path == format!("{}/sites", desk.text("box")) && other == "sites"));
        } else if line.starts_with("rename") && line.contains("/staging/site\"") {
            assert!(unsafe_yet.is_empty(), "renamed before they are on the disk: {unsafe_yet:?}");
            unsafe_yet.insert("sites".to_owned());
        } else if line.starts_with("rename") && line.contains("current.new") {
            assert!(unsafe_yet.is_empty(), "in effect before they are on the disk: {unsafe_yet:?}");
            switched = true;
        }
    }
    assert!(switched && root_synced);
}
