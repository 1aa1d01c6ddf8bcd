//! Lights by the files that the kernel has for them, in a folder of the test's own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use portaveu_board::{BoxState, Front, Light, Lights, Shown, Stage};

struct Sysfs {
    _folder: tempfile::TempDir,
    leds: PathBuf,
    lock: PathBuf,
}

const LEDS: [&str; 4] = ["portaveu:green:power", "portaveu:green:line", "portaveu:blue:call", "portaveu:red:fault"];

impl Sysfs {
    fn new(leds: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (place, lock) = (folder.path().join("leds"), folder.path().join("lights.lock"));
        for led in leds {
            let led = place.join(led);
            fs::create_dir_all(&led).unwrap();
            for (file, text) in [("trigger", "none [timer] oneshot\n"), ("delay_on", "500\n"), ("delay_off", "500\n")] {
                fs::write(led.join(file), text).unwrap();
            }
        }
        Self { _folder: folder, leds: place, lock }
    }

    fn open(&self) -> Front {
        Front::open(&self.leds, &self.lock).unwrap()
    }

    fn delays(&self, led: &str) -> (u64, u64) {
        let read = |file: &str| read(&self.leds.join(led).join(file)).trim().parse().unwrap();
        (read("delay_on"), read("delay_off"))
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn each_state_is_written_as_the_kernels_timer_wants_it() {
    let sysfs = Sysfs::new(&LEDS);
    let mut front = sysfs.open();
    for state in BoxState::all() {
        assert_eq!(front.show(state.lights()).unwrap(), Shown::Shown);
        for (led, light) in LEDS.into_iter().zip(state.lights().in_order()) {
            let (on, off) = sysfs.delays(led);
            let is = match light {
                Light::Off => on == 0 && off > 0,
                Light::On => on > 0 && off == 0,
                Light::Slow => (on, off) == (1000, 1000),
                Light::Fast => (on, off) == (250, 250),
            };
            assert!(is, "{state:?}: {led} shines {on} ms and is dark {off} ms");
        }
    }
}

#[test]
fn a_light_that_is_not_left_to_the_timer_is_given_to_it() {
    let sysfs = Sysfs::new(&LEDS);
    let trigger = sysfs.leds.join(LEDS[0]).join("trigger");
    fs::write(&trigger, "[none] timer oneshot\n").unwrap();
    sysfs.open();
    assert_eq!(read(&trigger), "timer");
}

/// The kernel begins a rhythm anew when it is written, so what is shown already must be left alone.
#[test]
fn what_is_shown_already_is_not_written_again_and_what_others_wrote_is_put_right() {
    let sysfs = Sysfs::new(&LEDS);
    let mut front = sysfs.open();
    let starting = BoxState::Starting.lights();
    front.show(starting).unwrap();
    let power = sysfs.leds.join(LEDS[0]).join("delay_on");
    let long_ago = std::time::SystemTime::now() - Duration::from_secs(3600);
    fs::File::options().append(true).open(&power).unwrap().set_modified(long_ago).unwrap();
    front.show(starting).unwrap();
    assert_eq!(fs::metadata(&power).unwrap().modified().unwrap(), long_ago);
    fs::write(&power, "0").unwrap();
    front.show(starting).unwrap();
    assert_eq!(sysfs.delays(LEDS[0]), (1000, 1000));
}

#[test]
fn who_holds_the_lights_is_not_disturbed_and_gives_them_back() {
    let sysfs = Sysfs::new(&LEDS);
    let mut usual = sysfs.open();
    let applying = BoxState::Provisioning(Stage::Applying).lights();
    let mut claim = sysfs.open().claim().unwrap();
    claim.show(applying).unwrap();
    let before = LEDS.map(|led| sysfs.delays(led));
    assert_eq!(usual.show(BoxState::Safe.lights()).unwrap(), Shown::Claimed);
    assert_eq!(LEDS.map(|led| sysfs.delays(led)), before);
    drop(claim);
    assert_eq!(usual.show(BoxState::Safe.lights()).unwrap(), Shown::Shown);
    assert_eq!(sysfs.delays(LEDS[3]), (250, 250));
}

#[test]
fn a_claim_waits_for_the_one_before_it() {
    let sysfs = Sysfs::new(&LEDS);
    let (first, second) = (sysfs.open().claim().unwrap(), sysfs.open());
    let (told, taken) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let _claim = second.claim().unwrap();
        told.send(()).unwrap();
    });
    taken.recv_timeout(Duration::from_millis(200)).unwrap_err();
    drop(first);
    taken.recv_timeout(Duration::from_secs(10)).unwrap();
}

#[test]
fn a_machine_without_lights_has_simulated_ones_and_one_with_some_uses_those() {
    let nothing = Sysfs::new(&[]);
    assert_eq!(nothing.open().show(BoxState::Safe.lights()).unwrap(), Shown::Shown);
    let some = Sysfs::new(&["portaveu:amber:fault", "input3::capslock", "portaveu:red:fault:2"]);
    let lights = Lights { fault: Light::On, ..Lights::OFF };
    some.open().show(lights).unwrap();
    assert_eq!(some.delays("portaveu:amber:fault").1, 0);
    assert_eq!(some.delays("input3::capslock"), (500, 500));
    assert_eq!(some.delays("portaveu:red:fault:2"), (500, 500));
}

#[test]
fn a_light_without_its_files_is_told_by_its_path() {
    let sysfs = Sysfs::new(&LEDS);
    let file = sysfs.leds.join(LEDS[2]).join("delay_off");
    fs::remove_file(&file).unwrap();
    let error = sysfs.open().show(BoxState::Starting.lights()).unwrap_err().to_string();
    assert!(error.contains(file.to_str().unwrap()), "{error}");
}
