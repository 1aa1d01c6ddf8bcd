//! The heart against a socket such as systemd's. Its address is a variable of the program, so this test starts itself anew.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command};
use std::time::Duration;

use portaveu_board::{Heartbeat, Silent};

const INSIDE: &str = "PORTAVEU_INSIDE_TEST";

#[test]
fn a_part_is_silent_when_its_bound_is_over_and_not_before() {
    let heart = Heartbeat::default();
    assert_eq!(heart.silent(Duration::MAX), None, "a heart without parts");
    let media = heart.part("media", Duration::from_secs(2));
    let _sip = heart.part("sip", Duration::from_secs(3600));
    media.beat();
    assert_eq!(heart.silent(Duration::from_secs(1)), None);
    let silent = heart.silent(Duration::from_secs(100)).unwrap();
    assert_eq!((silent.part, silent.bound), ("media", Duration::from_secs(2)));
    assert_eq!(heart.silent(Duration::from_secs(3700)).unwrap().part, "media");
}

#[test]
fn what_is_silent_is_a_sentence() {
    let silent = Silent { part: "media", since: Duration::from_millis(3200), bound: Duration::from_secs(2) };
    assert_eq!(silent.to_string(), "media has been silent for 3 s, and may be for 2");
}

/// This test once more, as a program that systemd watches.
struct Watched {
    child: Child,
    socket: UnixDatagram,
    _folder: tempfile::TempDir,
}

impl Watched {
    fn start(test: &str, patience: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test])
            .env(INSIDE, test)
            .env("NOTIFY_SOCKET", &path)
            .env("WATCHDOG_USEC", patience.as_micros().to_string())
            .env_remove("WATCHDOG_PID")
            .spawn()
            .unwrap();
        Self { child, socket, _folder: folder }
    }

    fn hears(&self) -> String {
        let mut message = [0; 1000];
        let length = self.socket.recv(&mut message).unwrap();
        String::from_utf8(message[..length].to_vec()).unwrap()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn is_inside(test: &str) -> bool {
    std::env::var(INSIDE).is_ok_and(|inside| inside == test)
}

#[test]
fn systemd_hears_that_the_program_is_ready_and_alive_until_a_part_hangs() {
    let name = "systemd_hears_that_the_program_is_ready_and_alive_until_a_part_hangs";
    if is_inside(name) {
        let heart = Heartbeat::default();
        let media = heart.part("media", Duration::from_millis(1500));
        heart.ready("calls are answered").unwrap();
        std::thread::spawn(move || {
            for _ in 0..20 {
                media.beat();
                std::thread::sleep(Duration::from_millis(100));
            }
            loop {
                std::thread::park(); // hangs
            }
        });
        return heart.keep_beating();
    }
    let watched = Watched::start(name, Duration::from_millis(600));
    assert_eq!(watched.hears(), "READY=1\nSTATUS=calls are answered\n");
    let mut beats = 0;
    let last = loop {
        match watched.hears().as_str() {
            "WATCHDOG=1\n" => beats += 1,
            other => break other.to_owned(),
        }
    };
    assert!(beats >= 5, "{beats} beats in two seconds");
    assert!(last.starts_with("STATUS=media has been silent"), "{last}");
    for _ in 0..5 {
        let after = watched.hears();
        assert!(after.starts_with("STATUS=media"), "a dead heart beats: {after}");
    }
}

#[test]
fn a_part_that_is_there_again_has_the_heart_beat_again() {
    let name = "a_part_that_is_there_again_has_the_heart_beat_again";
    if is_inside(name) {
        let heart = Heartbeat::default();
        let media = heart.part("media", Duration::from_millis(50));
        std::thread::sleep(Duration::from_millis(100));
        assert!(heart.beat().unwrap().is_some());
        media.beat();
        assert_eq!(heart.beat().unwrap(), None);
        return;
    }
    let watched = Watched::start(name, Duration::from_secs(10));
    assert!(watched.hears().starts_with("STATUS=media"));
    assert_eq!(watched.hears(), "WATCHDOG=1\n");
}

#[test]
fn a_program_that_nobody_watches_has_no_heart_to_keep() {
    let heart = Heartbeat::default();
    heart.ready("nobody hears it").unwrap();
    heart.keep_beating();
}
