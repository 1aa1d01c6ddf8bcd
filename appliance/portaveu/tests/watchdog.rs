//! What systemd hears of a box that runs, by a socket such as its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

mod common;

use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

use common::{PATIENCE, TestBox};

/// A part may be silent for 10 s; a box that beats for longer than that has parts that all say that they are alive.
const LONGER: Duration = Duration::from_secs(13);

#[test]
fn systemd_hears_that_calls_are_answered_and_that_every_part_is_alive() {
    let mut before = TestBox::start(1, "");
    let (sip, folder) = (before.sip, std::mem::replace(&mut before.folder, tempfile::tempdir().unwrap()));
    before.stop();
    let socket = UnixDatagram::bind(folder.path().join(common::NOTIFY)).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let hears = || {
        let mut message = [0; 1000];
        let length = socket.recv(&mut message).unwrap();
        String::from_utf8(message[..length].to_vec()).unwrap()
    };
    let watched = TestBox::start_in(folder, sip);
    assert_eq!(hears(), format!("READY=1\nSTATUS=answering calls at sip:{sip} (1 channels)\n"));
    let answering = Instant::now();
    while answering.elapsed() < LONGER {
        assert_eq!(hears(), "WATCHDOG=1\n");
    }
    watched.stop();
}
