//! Updates against RAUC itself: its service on a bus of its own, with two files for slots and a boot loader's environment in a
//! third. RAUC mounts what it installs, which not every container allows: there that part is left out, and says so.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use embedded_svc::io::Write;
use embedded_svc::ota::{Ota, OtaUpdate, OtaUpdateFinished, SlotState};
use portaveu_board::updates::{Rauc, SimulatedUpdates, UpdateError, is_under_way};

const INSIDE: &str = "PORTAVEU_INSIDE_RAUC";

/// This test once more, on a D-Bus of its own.
fn on_a_bus(test: &str, folder: &Path) {
    let status = Command::new("dbus-run-session")
        .args(["--", "env", "DBUS_STARTER_BUS_TYPE=session"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, folder)
        .status()
        .expect("dbus-run-session (package dbus)");
    assert!(status.success());
}

fn run(folder: &Path, program: &str, arguments: &[&str]) {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A box with two slots, of which A runs, and an update for it.
fn prepare(folder: &Path) {
    let place = folder.display();
    let certificate = [
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-days", "2",
        "-subj", "/CN=test",
    ];
    run(folder, "openssl", &certificate);
    run(folder, "grub-editenv", &["grubenv", "create"]);
    run(folder, "grub-editenv", &["grubenv", "set", "ORDER=A B", "A_OK=1", "B_OK=1", "A_TRY=0", "B_TRY=0"]);
    for (file, size) in [("a.img", 2 << 20), ("b.img", 2 << 20)] {
        fs::File::create(folder.join(file)).unwrap().set_len(size).unwrap();
    }
    for name in ["rauc", "data", "content", "incoming"] {
        fs::create_dir(folder.join(name)).unwrap();
    }
    let slot = |number, file, name| format!("[slot.root.{number}]\ndevice={place}/{file}\ntype=raw\nbootname={name}\n");
    let system = format!(
        "[system]\ncompatible=portaveu-test\nbootloader=grub\ngrubenv={place}/grubenv\nmountprefix={place}/rauc\ndata-directory={place}/data\n\
         [keyring]\npath={place}/cert.pem\n[handlers]\npre-install={place}/look.sh\n{}{}",
        slot(0, "a.img", "A"),
        slot(1, "b.img", "B")
    );
    fs::write(folder.join("system.conf"), system).unwrap();
    fs::write(folder.join("look.sh"), format!("#!/bin/sh\ncat /proc/self/mounts >{place}/mounts\n")).unwrap();
    run(folder, "chmod", &["+x", "look.sh"]);
    fs::write(folder.join("content/root.img"), vec![7; 1 << 20]).unwrap();
    let manifest = "[update]\ncompatible=portaveu-test\nversion=0.2.0\ndescription=a version whose description is longer than the trait has room for, \
                    which is not to be the reason why an update of a town hall's box is refused\n[bundle]\nformat=plain\n[image.root]\nfilename=root.img\n";
    fs::write(folder.join("content/manifest.raucm"), manifest).unwrap();
    run(folder, "rauc", &["--cert=cert.pem", "--key=key.pem", "bundle", "content", "update.raucb"]);
}

struct Service(Child);

impl Service {
    fn start(folder: &Path) -> Self {
        let config = format!("--conf={}", folder.join("system.conf").display());
        let child = Command::new("rauc").args([&config, "--override-boot-slot=A", "service"]).spawn().unwrap();
        let begin = Instant::now();
        while Rauc::new(folder).get_running_slot().is_err() {
            assert!(begin.elapsed() < Duration::from_secs(20), "rauc's service does not answer");
            std::thread::sleep(Duration::from_millis(100));
        }
        Self(child)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn may_mount(folder: &Path) -> bool {
    let (image, place) = (folder.join("update.raucb"), folder.join("incoming"));
    let mounted = Command::new("mount").args(["-t", "squashfs", "-o", "loop,ro"]).args([&image, &place]).status();
    mounted.is_ok_and(|status| status.success()) && Command::new("umount").arg(&place).status().unwrap().success()
}

#[test]
fn rauc_is_an_ota() {
    let Some(folder) = std::env::var_os(INSIDE) else {
        let folder = tempfile::tempdir().unwrap();
        prepare(folder.path());
        return on_a_bus("rauc_is_an_ota", folder.path());
    };
    let folder = Path::new(&folder);
    let _service = Service::start(folder);
    let incoming = folder.join("incoming");
    let mut rauc = Rauc::new(&incoming);
    let running = rauc.get_running_slot().unwrap();
    assert_eq!((running.label.as_str(), running.state, running.firmware), ("root.0", SlotState::Factory, None));
    assert_eq!(rauc.get_boot_slot().unwrap().label, "root.0");
    assert_eq!(rauc.get_update_slot().unwrap().label, "root.1");

    let second = {
        let _first = rauc.initiate_update().unwrap();
        Rauc::new(&incoming).initiate_update().map(drop).unwrap_err()
    };
    assert!(matches!(second, UpdateError::UnderWay), "{second}");
    fs::write(incoming.join("update.raucb"), "left behind by a power cut").unwrap();
    let mut nonsense = rauc.initiate_update().unwrap();
    nonsense.write_all(b"no update at all").unwrap();
    let error = nonsense.complete().unwrap_err();
    assert!(error.to_string().contains("Invalid bundle format"), "{error}");
    assert_eq!(rauc.get_boot_slot().unwrap().label, "root.0");
    rauc.initiate_update().unwrap().abort().unwrap();
    assert_eq!(fs::read_dir(&incoming).unwrap().count(), 0, "something is left behind");

    rauc.mark_running_slot_valid().unwrap();
    assert!(matches!(rauc.factory_reset(), Err(UpdateError::FactoryReset)));
    if !may_mount(folder) {
        return eprintln!("nothing can be mounted here: no update is installed");
    }
    let mut update = rauc.initiate_update().unwrap();
    update.write_all(&fs::read(folder.join("update.raucb")).unwrap()).unwrap();
    update.finish().unwrap().activate().unwrap();
    assert_eq!(fs::read_dir(&incoming).unwrap().count(), 0, "something is left behind");
    assert_eq!(&fs::read(folder.join("b.img")).unwrap()[..1 << 20], vec![7; 1 << 20]);
    let next = rauc.get_boot_slot().unwrap();
    assert_eq!((next.label.as_str(), next.state), ("root.1", SlotState::Valid));
    let firmware = next.firmware.unwrap();
    assert_eq!(firmware.version, "0.2.0");
    assert_eq!(firmware.description.unwrap().len(), 128);
    assert!(firmware.released.starts_with("20"), "{}", firmware.released);
    assert!(
        is_under_way(&fs::read_to_string(folder.join("mounts")).unwrap()),
        "an update was not seen while it was written"
    );
    assert!(!is_under_way(&fs::read_to_string("/proc/self/mounts").unwrap()));
}

#[test]
fn simulated_slots_go_back_from_what_was_never_good() {
    let mut updates = SimulatedUpdates::default();
    let mut update = updates.initiate_update().unwrap();
    update.write_all(&[0; 100]).unwrap();
    update.complete().unwrap();
    assert_eq!(updates.get_running_slot().unwrap().label, "root.0");
    updates.reboot();
    let running = updates.get_running_slot().unwrap();
    assert_eq!((running.label.as_str(), running.state), ("root.1", SlotState::Unverified));
    updates.reboot();
    assert_eq!(updates.get_running_slot().unwrap().label, "root.0");
    updates.initiate_update().unwrap().complete().unwrap();
    updates.reboot();
    updates.mark_running_slot_valid().unwrap();
    updates.reboot();
    assert_eq!(updates.get_running_slot().unwrap().label, "root.1");
}
