//! An E1 line against libpri's own network side: an exchange in this process, over socket pairs.
#![cfg(feature = "pri")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

use std::collections::{HashMap, VecDeque};
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::UnixDatagram;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use libpri::{Call, Cause, DChannel, Event, Outgoing, Setup, Side};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};
use portaveu_call::{BChannelFile, CallEnd, CallId, LineCommand, LineEvent, LineState, RejectReason, Sound};
use portaveu_line::{Alarm, Line, PriConfig, PriLine, SpanHardware};

const PATIENCE: Duration = Duration::from_secs(20);
const LEG: CallId = CallId(7);

fn pair() -> (OwnedFd, OwnedFd) {
    let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
    socketpair(AddressFamily::Unix, SockType::SeqPacket, None, flags).unwrap()
}

type Far = Arc<Mutex<HashMap<u8, OwnedFd>>>;

/// Socket pairs in place of a card.
struct Wires {
    d_channel: Option<OwnedFd>,
    far: Far,
}

impl SpanHardware for Wires {
    fn open_d_channel(&mut self) -> io::Result<OwnedFd> {
        Ok(self.d_channel.take().unwrap())
    }

    fn open_b_channel(&mut self, channel: u8) -> io::Result<BChannelFile> {
        let mut all = self.far.lock().unwrap();
        if all.remove(&0).is_some() {
            return Err(io::Error::other("as if the driver had it still"));
        }
        let (near, far) = pair();
        all.insert(channel, far);
        Ok(BChannelFile { file: near, clear: |_| () })
    }

    fn alarm(&mut self, _: BorrowedFd<'_>) -> Option<Alarm> {
        Some(Alarm::Gone)
    }
}

/// The exchange, and the line under test.
struct Bench {
    exchange: DChannel,
    seen: VecDeque<Event>,
    /// The exchange's end of the wire, for what libpri would not send.
    wire: OwnedFd,
    far: Far,
    line: PriLine,
    events: Receiver<LineEvent>,
}

impl Bench {
    fn new() -> Self {
        Self::with_overlap(false, false)
    }

    /// Whether the exchange sends, and the line expects, numbers digit by digit.
    fn with_overlap(sends: bool, overlap: bool) -> Self {
        let (near, wire) = pair();
        let far = Far::default();
        let (sender, events) = channel();
        let config = PriConfig { line: 1, name: "the span".into(), number: "962000100".into(), overlap };
        let wires = Wires { d_channel: Some(near), far: far.clone() };
        let exchange = DChannel::new(wire.try_clone().unwrap(), Side::Network, sends).unwrap();
        let line = PriLine::start(config, wires, move |event| _ = sender.send(event)).unwrap();
        let mut bench = Self { exchange, seen: VecDeque::new(), wire, far, line, events };
        bench.exchange_sees(|event| (*event == Event::Up).then_some(()));
        bench.line_says(|event| matches!(event, LineEvent::State(LineState::Up)).then_some(()));
        bench
    }

    /// Let the exchange work until it has seen what is waited for.
    fn exchange_sees<T>(&mut self, what: impl Fn(&Event) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            while let Some(event) = self.seen.pop_front() {
                if let Some(found) = what(&event) {
                    return found;
                }
            }
            assert!(Instant::now() < deadline, "the exchange waits in vain");
            self.work();
        }
    }

    /// Let the exchange work until the line has said what is waited for.
    fn line_says<T>(&mut self, what: impl Fn(LineEvent) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            while let Ok(event) = self.events.try_recv() {
                if let Some(found) = what(event) {
                    return found;
                }
            }
            assert!(Instant::now() < deadline, "the line says nothing");
            self.work();
        }
    }

    fn work(&mut self) {
        let wait = self.exchange.next_timer().unwrap_or(PATIENCE).min(Duration::from_millis(5));
        let mut ready = [PollFd::new(self.exchange.file(), PollFlags::POLLIN)];
        poll(&mut ready, PollTimeout::try_from(wait).unwrap()).unwrap();
        let timers = self.exchange.run_timers();
        self.seen.extend(timers);
        self.seen.extend(self.exchange.receive());
    }

    /// A citizen calls by this channel.
    fn citizen_calls(&mut self, channel: u8, caller: &str) -> (Call, CallId, Sound) {
        let outgoing = Outgoing { channel, called: "962000100", is_complete: true, caller };
        let call = self.exchange.call(&outgoing).unwrap();
        let caller = caller.to_owned();
        let (id, sound) = self.line_says(|event| match event {
            LineEvent::Incoming { call, from, sound } => {
                assert_eq!(from.number, caller);
                Some((call, sound))
            }
            _ => None,
        });
        (call, id, sound)
    }

    fn answer(&mut self, call: CallId) {
        self.line.send(LineCommand::Ring { call });
        self.exchange_sees(|event| matches!(event, Event::Alerting { .. }).then_some(()));
        self.line.send(LineCommand::Answer { call, rtp_port: None });
        self.exchange_sees(|event| matches!(event, Event::Answered { .. }).then_some(()));
    }

    /// The box calls a person; the exchange has its SETUP.
    fn box_dials(&mut self) -> Setup {
        self.line.send(LineCommand::Dial { call: LEG, target: "100".into(), rtp_port: None });
        self.exchange_sees(|event| if let Event::Setup(setup) = event { Some(setup.clone()) } else { None })
    }

    fn end_of(&mut self, which: CallId) -> CallEnd {
        self.line_says(|event| match event {
            LineEvent::Ended { call, end } if call == which => Some(end),
            _ => None,
        })
    }

    /// The exchange hangs up, and both ends let go of the call.
    fn exchange_hangs_up(&mut self, call: Call, id: CallId) {
        self.exchange.hang_up(call, Cause::NORMAL);
        assert_eq!(self.end_of(id), CallEnd::Remote);
        let cause = self.exchange_sees(|event| match event {
            Event::Released { call: released, cause } if *released == call => Some(*cause),
            _ => None,
        });
        self.exchange.hang_up(call, cause);
    }
}

fn wire(sound: Sound) -> OwnedFd {
    let Sound::BChannel(channel) = sound else { panic!("{sound:?}") };
    channel.file
}

/// What one end of a B channel writes, the other reads.
fn passes(from: &OwnedFd, to: &OwnedFd, sound: &[u8]) {
    UnixDatagram::from(from.try_clone().unwrap()).send(sound).unwrap();
    let mut heard = [0; 200];
    let length = UnixDatagram::from(to.try_clone().unwrap()).recv(&mut heard).unwrap();
    assert_eq!(&heard[..length], sound);
}

#[test]
fn a_citizen_calls_and_hangs_up() {
    let mut bench = Bench::new();
    for _ in 0..2 {
        let (call, id, sound) = bench.citizen_calls(1, "612345678");
        assert_eq!(id.line(), 1);
        bench.answer(id);
        let (near, far) = (wire(sound), bench.far.lock().unwrap().remove(&1).unwrap());
        passes(&far, &near, &[0x55; 160]);
        passes(&near, &far, &[0xd5; 160]);
        bench.exchange_hangs_up(call, id); // and the channel is free for the next
    }
}

#[test]
fn the_box_hangs_up_and_refuses() {
    let mut bench = Bench::new();
    let (call, id, _) = bench.citizen_calls(1, "612345678");
    bench.answer(id);
    bench.line.send(LineCommand::HangUp { call: id });
    assert_eq!(bench.end_of(id), CallEnd::Local);
    let disconnected = |event: &Event| match event {
        Event::Disconnected { call, cause } => Some((*call, *cause)),
        _ => None,
    };
    assert_eq!(bench.exchange_sees(disconnected), (call, Cause::NORMAL));
    bench.exchange.hang_up(call, Cause::NORMAL);
    let (call, id, _) = bench.citizen_calls(2, "612345678");
    bench.line.send(LineCommand::Reject { call: id, reason: RejectReason::Busy });
    let refused = bench.exchange_sees(|event| match event {
        Event::Disconnected { call, cause } | Event::Released { call, cause } => Some((*call, *cause)),
        _ => None,
    });
    assert_eq!(refused, (call, Cause::BUSY));
}

#[test]
fn a_person_is_called_and_answers() {
    let mut bench = Bench::new();
    let setup = bench.box_dials();
    assert_eq!((setup.called.as_str(), setup.caller.as_str(), setup.channel), ("100", "962000100", Some(31)));
    // The exchange chooses another channel than the box proposed.
    bench.exchange.proceed(setup.call, Some(5));
    bench.exchange.alert(setup.call);
    bench.line_says(|event| matches!(event, LineEvent::Ringing { call: LEG }).then_some(()));
    bench.exchange.answer(setup.call);
    let sound = bench.line_says(|event| match event {
        LineEvent::Answered { call: LEG, sound } => Some(sound),
        _ => None,
    });
    let far = bench.far.lock().unwrap().remove(&5).expect("the exchange's channel was not opened");
    passes(&far, &wire(sound), &[0x2a; 160]);
    bench.line.send(LineCommand::HangUp { call: LEG });
    bench.exchange_sees(|event| matches!(event, Event::Disconnected { .. }).then_some(()));
}

#[test]
fn why_a_person_cannot_be_reached_is_told() {
    let mut bench = Bench::new();
    let statuses = [
        (Cause::BUSY, 486),
        (Cause::NO_ANSWER, 480),
        (Cause::NO_RESPONSE, 480),
        (Cause::REJECTED, 403),
        (Cause::UNALLOCATED, 404),
        (Cause::NO_CHANNEL, 503),
        (Cause::TEMPORARY_FAILURE, 503),
    ];
    for (cause, expected) in statuses {
        let setup = bench.box_dials();
        bench.exchange.proceed(setup.call, None);
        bench.exchange.hang_up(setup.call, cause);
        match bench.end_of(LEG) {
            CallEnd::Failed { status, reason } => assert_eq!(status, expected, "{cause:?}: {reason}"),
            end => panic!("{cause:?}: {end:?}"),
        }
    }
}

#[test]
fn all_thirty_channels_are_used_and_none_is_used_twice() {
    let mut bench = Bench::new();
    let mut calls = Vec::new();
    for channel in (1..=31).filter(|channel| *channel != 16) {
        let (call, id, sound) = bench.citizen_calls(channel, "612345678");
        bench.answer(id);
        calls.push((call, id, wire(sound)));
    }
    assert_eq!(bench.far.lock().unwrap().len(), 30);
    bench.line.send(LineCommand::Dial { call: LEG, target: "100".into(), rtp_port: None });
    assert!(matches!(bench.end_of(LEG), CallEnd::Failed { status: 486, .. }));
    let (call, id, _) = calls.swap_remove(7);
    bench.exchange_hangs_up(call, id);
    assert_eq!(bench.box_dials().channel, Some(8), "the one that is free");
}

/// Both ends ask for the same channel at the same moment: the exchange comes first, and gives the box another one.
#[test]
fn glare() {
    let mut bench = Bench::new();
    bench.line.send(LineCommand::Dial { call: LEG, target: "100".into(), rtp_port: None });
    let (_, id, sound) = bench.citizen_calls(31, "612345678");
    drop(sound);
    let setup = bench.exchange_sees(|event| if let Event::Setup(setup) = event { Some(setup.clone()) } else { None });
    bench.exchange.proceed(setup.call, Some(30));
    bench.exchange.answer(setup.call);
    bench.line_says(|event| matches!(event, LineEvent::Answered { call: LEG, .. }).then_some(()));
    bench.answer(id);
    let mut used: Vec<u8> = bench.far.lock().unwrap().keys().copied().collect();
    used.sort_unstable();
    assert_eq!(used, [30, 31]);
}

/// The signalling goes away for a moment in mid-call; the call outlives that.
#[test]
fn layer_two_goes_down_and_comes_back() {
    let mut bench = Bench::new();
    let (call, id, _sound) = bench.citizen_calls(3, "612345678");
    bench.answer(id);
    // DISC of Q.921, as an exchange sends it, and two octets in place of the check sum.
    let disc = [0x02, 0x01, 0x53, 0, 0];
    UnixDatagram::from(bench.wire.try_clone().unwrap()).send(&disc).unwrap();
    bench.line_says(|event| matches!(event, LineEvent::State(LineState::Down(_))).then_some(()));
    bench.line_says(|event| matches!(event, LineEvent::State(LineState::Up)).then_some(()));
    bench.exchange_hangs_up(call, id);
}

#[test]
fn a_restarted_channel_ends_its_call_and_no_other() {
    let mut bench = Bench::new();
    let (_, first, _one) = bench.citizen_calls(1, "612345678");
    let (call, second, _two) = bench.citizen_calls(2, "612345679");
    bench.answer(second);
    bench.exchange.restart(1);
    assert_eq!(bench.end_of(first), CallEnd::Remote);
    bench.exchange_sees(|event| matches!(event, Event::RestartAcknowledged { channel: Some(1) }).then_some(()));
    bench.exchange_hangs_up(call, second);
}

#[test]
fn a_number_comes_digit_by_digit() {
    let mut bench = Bench::with_overlap(true, true);
    let outgoing = Outgoing { channel: 4, called: "96200", is_complete: false, caller: "612345678" };
    let call = bench.exchange.call(&outgoing).unwrap();
    bench.exchange_sees(|event| matches!(event, Event::MoreDigitsNeeded { .. }).then_some(()));
    for digit in *b"0100" {
        bench.exchange.send_digit(call, digit);
    }
    let id = bench.line_says(|event| match event {
        LineEvent::Incoming { call, .. } => Some(call),
        _ => None,
    });
    bench.answer(id);
}

/// Many exchanges never say that a number is complete: without overlap receiving it is, and nobody waits.
#[test]
fn a_number_that_is_not_called_complete_is_complete() {
    let mut bench = Bench::with_overlap(true, false);
    let outgoing = Outgoing { channel: 4, called: "962000100", is_complete: false, caller: "612345678" };
    bench.exchange.call(&outgoing).unwrap();
    let begin = Instant::now();
    let id = bench.line_says(|event| match event {
        LineEvent::Incoming { call, .. } => Some(call),
        _ => None,
    });
    assert!(begin.elapsed() < Duration::from_secs(2), "the caller waits for digits that nobody sends");
    bench.answer(id);
}

/// A B channel that cannot be opened costs its call, and no other one later.
#[test]
fn a_channel_that_does_not_open_is_given_back() {
    let mut bench = Bench::new();
    bench.far.lock().unwrap().insert(0, pair().0); // tells the wires to fail once
    let outgoing = Outgoing { channel: 9, called: "962000100", is_complete: true, caller: "612345678" };
    let call = bench.exchange.call(&outgoing).unwrap();
    let cause = bench.exchange_sees(|event| match event {
        Event::Disconnected { call: ended, cause } if *ended == call => Some(*cause),
        _ => None,
    });
    assert_eq!(cause, Cause::TEMPORARY_FAILURE);
    bench.exchange.hang_up(call, cause);
    bench.exchange_sees(|event| matches!(event, Event::Gone { .. } | Event::Released { .. }).then_some(()));
    let (_, id, _sound) = bench.citizen_calls(9, "612345678");
    bench.answer(id);
}

/// Whatever comes on the signalling channel costs nothing but itself.
#[test]
fn ten_thousand_malformed_messages() {
    let mut bench = Bench::new();
    let (call, id, _sound) = bench.citizen_calls(1, "612345678");
    bench.answer(id);
    let wire = UnixDatagram::from(bench.wire.try_clone().unwrap());
    let mut random = fastrand::Rng::with_seed(2);
    for _ in 0..10_000 {
        let length = random.usize(1..120);
        let mut message: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(length).collect();
        // Half of them are unnumbered information to SAPI 0, TEI 0, with a body that begins as Q.931 does.
        if random.bool() {
            message.splice(..0, [0x02, 0x01, 0x03, 0x08, 0x02]);
        }
        while wire.send(&message).is_err() {
            bench.work(); // the line reads as fast as it can
        }
    }
    bench.exchange_hangs_up(call, id);
    let (_, id, _sound) = bench.citizen_calls(2, "612345678");
    bench.answer(id);
}
