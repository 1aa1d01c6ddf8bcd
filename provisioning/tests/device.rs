//! A stick as a block device, mounted and unmounted by the program. It needs root and a loop device; FAT and exFAT, which not
//! every kernel has, are tried in the rehearsal machine.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

mod common;

use std::fs;
use std::process::{Command, Output};

use common::{Desk, PROGRAM, good, said};
use portaveu_provision::receipt::Outcome;

/// A file as a block device, given back at the end.
struct Loop(String);

impl Loop {
    /// None where that is not allowed.
    fn of(desk: &Desk, image: &str) -> Option<Self> {
        let output = Command::new("losetup").args(["--find", "--show", &desk.text(image)]).output().unwrap();
        let device = said(&output).trim().to_owned();
        if !output.status.success() {
            println!("SKIPPED: no loop device here: {}", String::from_utf8_lossy(&output.stderr));
        }
        output.status.success().then_some(Self(device))
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        good(&Command::new("losetup").args(["--detach", &self.0]).output().unwrap());
    }
}

/// A file system with what is in the desk's stick folder.
fn ext4(desk: &Desk) {
    let made = Command::new("mke2fs")
        .args(["-q", "-t", "ext4", "-d", &desk.text("stick"), &desk.text("image"), "16M"])
        .output();
    good(&made.unwrap());
}

/// What udev and systemd run when a stick is plugged in.
fn plug(desk: &Desk, device: &Loop) -> Output {
    let mut command = Command::new(PROGRAM);
    command.args([
        "stick",
        &device.0,
        "--mount",
        &desk.text("mount"),
        "--reboot",
        &format!("touch {}", desk.text("rebooted")),
    ]);
    let output = command.args(desk.appliance()).output().unwrap();
    assert!(!fs::read_to_string("/proc/mounts").unwrap().contains(&desk.text("mount")), "it is still mounted");
    output
}

/// The stick's folder, as it is on the device now.
fn read_back(desk: &Desk, device: &Loop) {
    fs::remove_dir_all(desk.path("stick")).unwrap();
    fs::create_dir(desk.path("stick")).unwrap();
    let script = format!("rdump / {}", desk.text("stick"));
    good(&Command::new("debugfs").args(["-R", &script, &device.0]).output().unwrap());
}

#[test]
fn an_empty_stick_gets_the_card_and_a_full_one_sets_the_box_up() {
    let desk = Desk::new();
    ext4(&desk);
    let Some(device) = Loop::of(&desk, "image") else { return };
    good(&plug(&desk, &device));
    read_back(&desk, &device);
    assert!(fs::read_dir(desk.path("stick/portaveu-boxes")).unwrap().count() == 1);
    drop(device);
    desk.write("update.raucb", "a system");
    desk.build(&["--update", &desk.text("update.raucb")]);
    ext4(&desk);
    let device = Loop::of(&desk, "image").unwrap();
    good(&plug(&desk, &device));
    assert!(desk.path("rebooted").exists() && desk.path("box/current/portaveu.toml").exists());
    read_back(&desk, &device);
    assert_eq!(desk.receipt("stick/portaveu-receipts").outcome, Outcome::Applied);
    good(&desk.run(&["receipt", "--stick", &desk.text("stick"), "--box-key", &desk.card()]));
    fs::remove_file(desk.path("rebooted")).unwrap();
    good(&plug(&desk, &device));
    assert!(!desk.path("rebooted").exists(), "a stick that is left in would start the box again and again");
}

#[test]
fn a_device_that_is_no_stick_changes_nothing() {
    let desk = Desk::provisioned();
    let before = desk.box_picture();
    // Nothing, a file system that is not taken, one that is damaged, and one that says it is two.
    let spoil: [(&str, &dyn Fn()); 4] = [
        ("unknown", &|| fs::write(desk.path("image"), vec![0; 1 << 20]).unwrap()),
        ("ext2", &|| {
            good(&Command::new("mke2fs").args(["-q", "-t", "ext2", &desk.text("image"), "4M"]).output().unwrap())
        }),
        ("ext4", &|| {
            ext4(&desk);
            let mut bytes = fs::read(desk.path("image")).unwrap();
            bytes[1024 + 4..1024 + 12].fill(0xff); // numbers of blocks
            fs::write(desk.path("image"), bytes).unwrap();
        }),
        ("unknown", &|| {
            ext4(&desk);
            let mut bytes = fs::read(desk.path("image")).unwrap();
            bytes[3..11].copy_from_slice(b"EXFAT   ");
            bytes[510..512].copy_from_slice(&[0x55, 0xaa]);
            fs::write(desk.path("image"), bytes).unwrap();
        }),
    ];
    for (kind, spoil) in spoil {
        let _ = fs::remove_file(desk.path("image"));
        spoil();
        let Some(device) = Loop::of(&desk, "image") else { return };
        let output = plug(&desk, &device);
        assert_eq!(output.status.code(), Some(2), "{kind}: {}", said(&output));
        let receipt = desk.receipt("box/receipts");
        assert_eq!(receipt.reason.as_deref(), Some("file-system"));
        assert!(receipt.text.en.contains(kind), "{}", receipt.text.en);
        assert_eq!(desk.box_picture(), before, "{kind}");
    }
}

#[test]
fn a_box_without_room_stays_as_it_is() {
    let desk = Desk::provisioned();
    desk.build(&["--version", "2"]);
    let small = desk.text("box");
    fs::rename(desk.path("box"), desk.path("whole")).unwrap();
    fs::create_dir(desk.path("box")).unwrap();
    let mounted =
        Command::new("mount").args(["-t", "tmpfs", "-o", "size=8m,mode=755", "none", &small]).output().unwrap();
    if !mounted.status.success() {
        println!("SKIPPED: nothing may be mounted here");
        return;
    }
    good(&Command::new("cp").args(["-a", &format!("{}/.", desk.text("whole")), &small]).output().unwrap());
    let before = desk.box_picture();
    let applied = desk.apply();
    let (after, receipt) = (desk.box_picture(), desk.receipt("box/receipts"));
    good(&Command::new("umount").arg(&small).output().unwrap());
    assert_eq!(applied.status.code(), Some(2));
    assert_eq!((after, receipt.reason.as_deref()), (before, Some("no-room")));
}
