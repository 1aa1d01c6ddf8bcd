//! Messages of an exchange on the signalling channel of an E1 line: libpri parses them, and we copy its events out of its
//! union. Another libpri keeps layer 2 up. libpri's own code is not instrumented, so that messages are built as Q.931 has them.
#![no_main]

use std::cell::RefCell;
use std::os::unix::net::UnixDatagram;

use libfuzzer_sys::fuzz_target;
use libpri::{Call, Cause, DChannel, Event, Side};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};

/// Unnumbered information to SAPI 0, TEI 0, which needs no place in layer 2's count; the check sum is two octets of anything.
const UNNUMBERED: [u8; 3] = [0x02, 0x01, 0x03];
const CHECK_SUM: [u8; 2] = [0, 0];
const SETUP: u8 = 0x05;
/// Without these, no SETUP is one: 3.1 kHz audio, A-law, on a channel that follows.
const BEARER: [u8; 5] = [0x04, 3, 0x90, 0x90, 0xa3];
/// Turns for both ends to read what the other has said.
const TURNS: usize = 4;

struct Line {
    ours: DChannel,
    exchange: DChannel,
    wire: UnixDatagram,
}

impl Line {
    fn new() -> Self {
        let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
        let (near, far) = socketpair(AddressFamily::Unix, SockType::SeqPacket, None, flags).expect("no sockets");
        let wire = far.try_clone().expect("no files").into();
        let ours = DChannel::new(near, Side::User, true).expect("no memory");
        let exchange = DChannel::new(far, Side::Network, true).expect("no memory");
        Self { ours, exchange, wire }
    }

    /// What happened at our end.
    fn work(&mut self) -> Vec<Event> {
        let mut events = self.ours.run_timers();
        self.exchange.run_timers();
        for _ in 0..TURNS {
            events.extend(self.ours.receive());
            self.exchange.receive();
        }
        events
    }

    /// Do with a call one of what the box does.
    fn act(&mut self, what: u8, call: Call) {
        match what % 6 {
            0 => self.ours.proceed(call, Some(what % 31)),
            1 => self.ours.alert(call),
            2 => self.ours.answer(call),
            3 => self.ours.hang_up(call, Cause(what)),
            4 => self.ours.need_more_digits(call, None),
            _ => {}
        }
    }
}

fn call_of(event: &Event) -> Option<Call> {
    match event {
        Event::Setup(setup) => Some(setup.call),
        Event::Digits { call, .. }
        | Event::MoreDigitsNeeded { call, .. }
        | Event::Proceeding { call, .. }
        | Event::Alerting { call, .. }
        | Event::Answered { call, .. }
        | Event::Disconnected { call, .. }
        | Event::Released { call, .. }
        | Event::Keys { call, .. } => Some(*call),
        Event::Up | Event::Down | Event::Gone { .. } | Event::Restarted { .. } | Event::RestartAcknowledged { .. } => {
            None
        }
    }
}

/// The call's number, the message's type, and information elements with their lengths.
type Message = (u8, u8, Vec<(u8, Vec<u8>)>);

fn frame((number, kind, elements): &Message) -> Vec<u8> {
    let mut frame = [&UNNUMBERED[..], &[0x08, 0x02, 0, number % 4, kind % 0x7f]].concat();
    if kind % 0x7f == SETUP {
        frame.extend(BEARER);
        frame.extend([0x18, 3, 0xa9, 0x83, 0x80 | (1 + number % 31)]);
    }
    for (name, content) in elements {
        frame.push(*name);
        if name & 0x80 == 0 {
            let content = &content[..content.len().min(255)];
            frame.push(content.len() as u8);
            frame.extend(content);
        }
    }
    frame.extend(CHECK_SUM);
    frame
}

thread_local! {
    /// libpri never frees a line, so there is one.
    static LINE: RefCell<Line> = RefCell::new(Line::new());
}

fuzz_target!(|messages: Vec<(u8, Option<Message>, Vec<u8>)>| {
    LINE.with_borrow_mut(|line| {
        let mut calls = Vec::new();
        for (what, message, junk) in &messages {
            let _ = line.wire.send(message.as_ref().map(frame).as_deref().unwrap_or(junk));
            for call in line.work().iter().filter_map(call_of) {
                line.act(*what, call);
                calls.push(call);
            }
        }
        calls.into_iter().for_each(|call| line.ours.forget(call));
        line.work();
    });
});
