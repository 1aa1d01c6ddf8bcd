//! Whole calls over an E1 line, with libpri's own network side for an exchange: a citizen asks aloud and presses keys, which
//! are tones in the B channel, and is handed to a person by a second one.

#![cfg(feature = "pri")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

mod common;

use std::collections::VecDeque;
use std::f32::consts::TAU;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use libpri::{Cause, DChannel, Event, Outgoing, Side};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{AddressFamily, Backlog, SockFlag, SockType, UnixAddr, bind, listen, socket};
use portaveu_call::{Codec, FRAME_SAMPLES, Frame};
use portaveu_media::{Decoder, Encoder};

use common::{PATIENCE, TestBox, sound};

/// The exchange's end of a channel, before the box has opened its own.
fn listener(folder: &Path, channel: u8) -> UnixListener {
    let socket = socket(AddressFamily::Unix, SockType::SeqPacket, SockFlag::SOCK_CLOEXEC, None).unwrap();
    bind(socket.as_raw_fd(), &UnixAddr::new(&folder.join(channel.to_string())).unwrap()).unwrap();
    listen(&socket, Backlog::new(4).unwrap()).unwrap();
    socket.into()
}

/// The standard library knows streams only; accepting packets is the same.
fn accepted(listener: &UnixListener) -> OwnedFd {
    let (file, _) = listener.accept().unwrap();
    file.set_nonblocking(true).unwrap();
    file.into()
}

/// An exchange, which must work on whatever is waited for: else the box would take the line for dead.
struct Exchange {
    signalling: DChannel,
    seen: VecDeque<Event>,
}

impl Exchange {
    fn wait_for<T>(&mut self, what: impl Fn(&Event) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = self.seen.pop_front().as_ref().and_then(&what) {
                return found;
            }
            assert!(Instant::now() < deadline, "the exchange waits in vain");
            self.work(Duration::from_millis(20));
        }
    }

    /// Work on until the box has printed this.
    fn while_waiting_for(&mut self, portaveu: &mut TestBox, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !portaveu.has_said(text) {
            assert!(Instant::now() < deadline, "\"{text}\" did not come");
            self.work(Duration::from_millis(20));
        }
    }

    fn work(&mut self, longest: Duration) {
        let wait = self.signalling.next_timer().unwrap_or(longest).min(longest);
        let mut ready = [PollFd::new(self.signalling.file(), PollFlags::POLLIN)];
        poll(&mut ready, PollTimeout::try_from(wait).unwrap()).unwrap();
        let timers = self.signalling.run_timers();
        self.seen.extend(timers);
        self.seen.extend(self.signalling.receive());
    }
}

/// Somebody at the far end of a B channel, at the exchange's pace.
struct Talker {
    says: Sender<Vec<i16>>,
    heard: Receiver<Frame>,
}

impl Talker {
    fn at(file: OwnedFd) -> Self {
        let (says, script) = channel::<Vec<i16>>();
        let (ear, heard) = channel();
        std::thread::spawn(move || {
            let (mut encoder, mut decoder) = (Encoder::new(Codec::Pcma), Decoder::new(Codec::Pcma));
            let mut waiting = VecDeque::new();
            let begin = Instant::now();
            for tick in 1u32.. {
                std::thread::sleep(
                    (begin + Duration::from_millis(20) * tick).saturating_duration_since(Instant::now()),
                );
                waiting.extend(script.try_iter().flatten());
                let said: Frame = std::array::from_fn(|_| waiting.pop_front().unwrap_or_default());
                let mut octets = [0; 160];
                if nix::unistd::write(&file, &encoder.encode(&said)) == Err(nix::Error::EPIPE) {
                    return;
                }
                while let Ok(length @ 1..) = nix::unistd::read(&file, &mut octets) {
                    let samples = decoder.decode(&octets[..length]);
                    let _ = ear.send(std::array::from_fn(|n| samples.get(n).copied().unwrap_or_default()));
                }
            }
        });
        Self { says, heard }
    }

    fn presses(&self, row: f32, column: f32) {
        let tone = |n: usize, frequency: f32| (TAU * frequency * n as f32 / 16_000.0).sin() * 6000.0;
        self.says.send((0..1600).map(|n| (tone(n, row) + tone(n, column)) as i16).collect()).unwrap();
    }

    /// Wait until something is heard that is no silence.
    fn hears_something(&self) {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            let frame = self.heard.recv_timeout(PATIENCE).unwrap();
            if frame.iter().any(|sample| sample.abs() > 1000) {
                return;
            }
        }
        panic!("nothing but silence");
    }

    /// Wait until this tone is heard.
    fn hears_tone(&self, frequency: f32) {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            let frame = self.heard.recv_timeout(PATIENCE).unwrap();
            let part = |n: usize| (TAU * frequency * n as f32 / 16_000.0).sin_cos();
            let (sine, cosine) = frame.iter().enumerate().fold((0.0, 0.0), |(sine, cosine), (n, sample)| {
                let (s, c) = part(n);
                (sine + f32::from(*sample) * s, cosine + f32::from(*sample) * c)
            });
            if sine.hypot(cosine) / (FRAME_SAMPLES as f32 / 2.0) > 2000.0 {
                return;
            }
        }
        panic!("no tone of {frequency} Hz");
    }
}

fn tone(frequency: f32, seconds: f32) -> Vec<i16> {
    let samples = (seconds * 16_000.0) as usize;
    (0..samples).map(|n| ((TAU * frequency * n as f32 / 16_000.0).sin() * 8000.0) as i16).collect()
}

#[test]
fn a_citizen_is_answered_and_handed_to_a_person() {
    let folder = tempfile::tempdir().unwrap();
    let [signalling, citizen, person] = [16, 1, 31].map(|channel| listener(folder.path(), channel));
    let mut portaveu = TestBox::start(2, &format!("[[pri]]\nsockets = {:?}", folder.path()));
    let signalling = DChannel::new(accepted(&signalling), Side::Network, false).unwrap();
    let mut exchange = Exchange { signalling, seen: VecDeque::new() };
    exchange.wait_for(|event| (*event == Event::Up).then_some(()));

    let outgoing = Outgoing { channel: 1, called: "962000100", is_complete: true, caller: "612345678" };
    let call = exchange.signalling.call(&outgoing).unwrap();
    exchange.wait_for(|event| matches!(event, Event::Answered { .. }).then_some(()));
    let citizen = Talker::at(accepted(&citizen));
    citizen.hears_something();
    exchange.while_waiting_for(&mut portaveu, "box     (es): Ayuntamiento");
    exchange.while_waiting_for(&mut portaveu, "everything was said");
    citizen.says.send(portaveu_speech::read_wav(&sound("es_multa.wav")).unwrap()).unwrap();
    exchange.while_waiting_for(&mut portaveu, "multa de tráfico");

    citizen.presses(941.0, 1336.0); // 0
    let setup = exchange.wait_for(|event| if let Event::Setup(setup) = event { Some(setup.clone()) } else { None });
    assert_eq!(setup.channel, Some(31));
    exchange.signalling.alert(setup.call);
    exchange.signalling.answer(setup.call);
    let person = Talker::at(accepted(&person));
    exchange.while_waiting_for(&mut portaveu, "person  hears:");
    person.hears_something();
    person.presses(697.0, 1209.0); // 1
    exchange.while_waiting_for(&mut portaveu, "the caller and a person are joined");
    citizen.says.send(tone(600.0, 1.0)).unwrap();
    person.hears_tone(600.0);
    person.says.send(tone(1000.0, 1.0)).unwrap();
    citizen.hears_tone(1000.0);

    exchange.signalling.hang_up(call, Cause::NORMAL);
    exchange.wait_for(|event| matches!(event, Event::Disconnected { .. }).then_some(()));
    exchange.while_waiting_for(&mut portaveu, "ended: Remote");
}
