//! Two boxes behind the dispatcher that ships (`provisioning/dispatcher`): a real Kamailio, real telephones (baresip) in the
//! PBX's place, and a box that is killed.
//!
//! The PBX is 127.0.0.1, the dispatcher 127.0.0.10, the boxes 127.0.0.11 and 127.0.0.12: peers are known by their address.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

mod common;

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::Path;
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use common::{PATIENCE, Phone, PhoneOptions, TestBox, kill};

const DISPATCHER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 10);
const BOXES: [Ipv4Addr; 2] = [Ipv4Addr::new(127, 0, 0, 11), Ipv4Addr::new(127, 0, 0, 12)];
/// Bytes of a second of a telephone's recording.
const SECOND: u64 = 16_000;
/// A new call is answered within this, whatever happened to a box.
const SOON: Duration = Duration::from_secs(5);

/// A running Kamailio. What it logs is read line by line.
struct Dispatcher {
    process: Child,
    sip: SocketAddr,
    lines: Receiver<String>,
    _folder: tempfile::TempDir,
}

impl Dispatcher {
    /// With the settings that ship, and these boxes and PBXs; the latter are given by port and flags, the best first.
    fn start(sip: SocketAddr, boxes: &[TestBox], pbxs: &[(u16, u8)]) -> Self {
        let settings = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../provisioning/dispatcher/kamailio.cfg");
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("dispatcher.list");
        let group: String = boxes.iter().map(|portaveu| format!("1 sip:{} 8\n", portaveu.sip)).collect();
        let line = |(n, (port, flags)): (usize, &(u16, u8))| format!("2 sip:127.0.0.1:{port} {flags} {}\n", 9 - n);
        let group = group + &pbxs.iter().enumerate().map(line).collect::<String>();
        std::fs::write(&list, group).unwrap();
        let (reader, writer) = std::io::pipe().unwrap();
        let process = Command::new("/usr/sbin/kamailio")
            .args(["-DD", "-E", "-f"])
            .arg(settings)
            .arg("-Y")
            .arg(folder.path())
            .env("PORTAVEU_LISTEN", format!("udp:{sip}"))
            .env("PORTAVEU_DISPATCHER_LIST", list)
            .stdout(writer.try_clone().unwrap())
            .stderr(writer)
            .spawn()
            .expect("kamailio is not installed");
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            BufReader::new(reader).lines().map_while(Result::ok).for_each(|line| _ = sender.send(line))
        });
        let started = Self { process, sip, lines, _folder: folder };
        let deadline = Instant::now() + PATIENCE;
        let question = Speaker::at(Ipv4Addr::LOCALHOST, sip);
        while question.says("OPTIONS").answer(Duration::from_millis(200)).is_none() {
            assert!(Instant::now() < deadline, "the dispatcher does not start");
        }
        started
    }

    /// The next line that holds `text`.
    fn wait_for(&self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        let mut seen = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            assert!(!line.contains("WARNING") && !line.contains("CRITICAL"), "{line}");
            if line.contains(text) {
                return line;
            }
            seen.push(line);
        }
        panic!("\"{text}\" did not come; the dispatcher said:\n{}", seen.join("\n"));
    }

    fn uri(&self) -> String {
        format!("sip:box@{}", self.sip)
    }
}

impl Drop for Dispatcher {
    fn drop(&mut self) {
        kill(self.process.id(), "TERM"); // which ends its children too
        let _ = self.process.wait();
    }
}

/// Somebody who sends single messages to the dispatcher.
struct Speaker {
    socket: UdpSocket,
    from: SocketAddr,
    to: SocketAddr,
}

impl Speaker {
    fn at(address: Ipv4Addr, to: SocketAddr) -> Self {
        let socket = UdpSocket::bind((address, 0)).unwrap();
        Self { from: socket.local_addr().unwrap(), socket, to }
    }

    fn says(&self, method: &str) -> &Self {
        let Self { from, to, .. } = self;
        self.sends(&format!(
            "{method} sip:box@{to} SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bK{method}\r\n\
             From: <sip:a@{from}>;tag=1\r\nTo: <sip:box@{to}>\r\nCall-ID: {method}{from}\r\nCSeq: 1 {method}\r\n\
             Contact: <sip:a@{from}>\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        ))
    }

    fn sends(&self, message: &str) -> &Self {
        self.socket.send_to(message.as_bytes(), self.to).unwrap();
        self
    }

    fn answer(&self, wait: Duration) -> Option<String> {
        self.socket.set_read_timeout(Some(wait)).unwrap();
        let mut bytes = [0; 4096];
        let length = self.socket.recv(&mut bytes).ok()?;
        Some(String::from_utf8_lossy(&bytes[..length]).into_owned())
    }
}

/// Two boxes and the dispatcher before them; the PBXs, by which people are called, are given by port and flags.
fn two_boxes(channels: u16, settings: &str, pbxs: &[(u16, u8)]) -> (Dispatcher, [TestBox; 2]) {
    let sip = SocketAddr::from((DISPATCHER, common::free_port()));
    let trunk = format!("{settings}\n[[sip.trunk]]\nproxy = \"sip:{sip}\"");
    // baresip's sound comes from another address than it announces: so the PBX is a peer as well.
    let peers = [&DISPATCHER.to_string(), "127.0.0.1"];
    let boxes = BOXES.map(|own| TestBox::start_at(own, &peers, channels, &trunk, common::always_open));
    let dispatcher = Dispatcher::start(sip, &boxes, pbxs);
    (dispatcher, boxes)
}

/// A telephone whose call is up, and which of the boxes has it.
fn caller(dispatcher: &Dispatcher, boxes: &mut [TestBox]) -> (Phone, usize) {
    let mut phone = Phone::new(&PhoneOptions::default());
    phone.call(&dispatcher.uri());
    phone.wait_for("CALL_ESTABLISHED");
    let line = dispatcher.wait_for("a call goes to");
    let at = boxes.iter().position(|portaveu| line.contains(&portaveu.sip.to_string())).unwrap();
    boxes[at].wait_for("box     (es): Ayuntamiento");
    (phone, at)
}

/// The box says its notice again at a key, and the telephone hears it: both ways of the sound are open.
fn is_alive(phone: &mut Phone, portaveu: &mut TestBox) {
    let before = std::fs::metadata(phone.heard()).unwrap().len();
    phone.command("sndcode", "*");
    portaveu.wait_for("box     (es): Ayuntamiento");
    let deadline = Instant::now() + PATIENCE;
    while std::fs::metadata(phone.heard()).unwrap().len() < before + SECOND {
        assert!(Instant::now() < deadline, "the telephone hears nothing more");
        std::thread::yield_now();
    }
}

/// Two calls go to two boxes. One box is killed: the call on the other goes on, new ones are answered there, and the box
/// gets calls again when it is back.
#[test]
fn a_box_is_killed() {
    let (dispatcher, mut boxes) = two_boxes(4, "", &[(common::free_port(), 8)]);
    let (first, one) = caller(&dispatcher, &mut boxes);
    let (mut second, other) = caller(&dispatcher, &mut boxes);
    assert_ne!(one, other, "both calls went to the same box");

    kill(boxes[one].process.id(), "KILL");
    boxes[one].process.wait().unwrap();
    is_alive(&mut second, &mut boxes[other]);
    // Two, since one of them would have been the dead box's turn.
    let new = [(); 2].map(|()| {
        let mut phone = Phone::new(&PhoneOptions::default());
        let began = Instant::now();
        phone.call(&dispatcher.uri());
        phone.wait_for("CALL_ESTABLISHED");
        assert!(began.elapsed() < SOON, "a new call was answered only after {:?}", began.elapsed());
        boxes[other].wait_for("comes in");
        boxes[other].wait_for("box     (es): Ayuntamiento");
        phone
    });
    is_alive(&mut second, &mut boxes[other]);
    second.command("hangup", "");
    boxes[other].wait_for("ended: Remote");
    drop((first, new));

    let folder = std::mem::replace(&mut boxes[one].folder, tempfile::tempdir().unwrap());
    boxes[one] = TestBox::start_in(folder, boxes[one].sip);
    dispatcher.wait_for("answers again");
    let (_third, third) = caller(&dispatcher, &mut boxes);
    let (_fourth, fourth) = caller(&dispatcher, &mut boxes);
    assert_ne!(third, fourth, "the box that came back gets no calls");
}

/// A box whose channels are taken passes calls on to the other one; when both are full, the caller hears the busy tone.
#[test]
fn a_full_box_passes_calls_on() {
    let (dispatcher, mut boxes) = two_boxes(1, "", &[(common::free_port(), 8)]);
    let (mut first, one) = caller(&dispatcher, &mut boxes);
    let (_second, other) = caller(&dispatcher, &mut boxes);
    let mut third = Phone::new(&PhoneOptions::default());
    third.call(&dispatcher.uri());
    let closed = third.wait_for("CALL_CLOSED");
    assert!(closed["param"].as_str().unwrap().contains("486"), "{closed}");
    boxes.iter_mut().for_each(|portaveu| _ = portaveu.wait_for("hears the busy tone"));
    first.command("hangup", "");
    boxes[one].wait_for("ended: Remote");
    // Whosever turn it is: each time only one of them has room.
    for _ in 0..2 {
        third.call(&dispatcher.uri());
        third.wait_for("CALL_ESTABLISHED");
        boxes[one].wait_for("comes in");
        third.command("hangup", "");
        boxes[one].wait_for("ended: Remote");
    }
    assert!(boxes[other].process.try_wait().unwrap().is_none());
}

/// No box is left: the PBX is told at once that nobody takes calls, and asks elsewhere.
#[test]
fn no_box_answers() {
    let (dispatcher, mut boxes) = two_boxes(1, "", &[(common::free_port(), 8)]);
    for portaveu in &mut boxes {
        kill(portaveu.process.id(), "KILL");
        portaveu.process.wait().unwrap();
    }
    let mut phone = Phone::new(&PhoneOptions::default());
    phone.call(&dispatcher.uri());
    let closed = phone.wait_for("CALL_CLOSED");
    assert!(closed["param"].as_str().unwrap().contains("503"), "{closed}");
    let pbx = Speaker::at(Ipv4Addr::LOCALHOST, dispatcher.sip);
    assert!(pbx.says("OPTIONS").answer(SOON).unwrap().starts_with("SIP/2.0 503"));
}

/// The box calls a person by the dispatcher, and the PBX is who rings.
#[test]
fn a_caller_is_joined_with_a_person() {
    let port = common::free_port();
    let mut person = Phone::new(&PhoneOptions { user: "100", port, ..PhoneOptions::default() });
    let (dispatcher, mut boxes) = two_boxes(4, "", &[(port, 8)]);
    let (mut phone, at) = caller(&dispatcher, &mut boxes);
    phone.command("sndcode", "0");
    person.wait_for("CALL_INCOMING");
    person.command("accept", "");
    boxes[at].wait_for("person  hears:");
    person.command("sndcode", "1");
    boxes[at].wait_for("the caller and a person are joined");
    person.command("hangup", "");
    phone.wait_for("CALL_CLOSED");
}

/// The first PBX says nothing, and is not asked whether it is there: the second one rings the person. When that is gone
/// too, the caller hears that nobody can be reached.
#[test]
fn a_pbx_that_says_nothing_is_passed_over() {
    let (silent, port) = (common::free_port(), common::free_port());
    let _silent = UdpSocket::bind(("127.0.0.1", silent)).unwrap();
    let mut person = Phone::new(&PhoneOptions { user: "100", port, ..PhoneOptions::default() });
    let (dispatcher, mut boxes) = two_boxes(4, "", &[(silent, 0), (port, 8)]);
    let (mut phone, at) = caller(&dispatcher, &mut boxes);
    phone.command("sndcode", "0");
    person.wait_for("CALL_INCOMING");
    phone.command("hangup", "");
    boxes[at].wait_for("ended: Remote");
    person.wait_for("CALL_CLOSED");
    drop(person);
    let (mut phone, at) = caller(&dispatcher, &mut boxes);
    phone.command("sndcode", "0");
    boxes[at].wait_for("¿Quiere dejar un recado");
}

/// REFER and what comes of it pass the dispatcher; the PBX rings the person at its own address.
#[test]
fn the_pbx_transfers_the_call() {
    let port = common::free_port();
    let mut person = Phone::new(&PhoneOptions { user: "100,102", port, ..PhoneOptions::default() });
    let (dispatcher, mut boxes) = two_boxes(4, "transfer = \"refer\"", &[(port, 8)]);
    let (mut phone, at) = caller(&dispatcher, &mut boxes);
    phone.command("sndcode", "0");
    boxes[at].wait_for("the PBX is asked to ring 100");
    person.wait_for("CALL_INCOMING");
    person.command("hangup", "");
    boxes[at].wait_for("the PBX could not reach the person: Busy");
    boxes[at].wait_for("the PBX is asked to ring 102");
    person.wait_for("CALL_INCOMING");
    person.command("accept", "");
    boxes[at].wait_for("the PBX has joined the caller and a person");
    boxes[at].wait_for("ended: Local");
}

/// Nobody is known at this address: no answer at all, to nothing that could be sent.
#[test]
fn a_stranger_gets_no_answer() {
    let (dispatcher, mut boxes) = two_boxes(1, "", &[(common::free_port(), 8)]);
    let stranger = Speaker::at(Ipv4Addr::new(127, 0, 0, 2), dispatcher.sip);
    ["OPTIONS", "INVITE", "REGISTER", "BYE", "NEWMETHOD"].iter().for_each(|method| _ = stranger.says(method));
    stranger
        .sends("INVITE sip:box SIP/2.0\r\n\r\n")
        .sends("OPTIONS sip:[::1:bad SIP/2.0\r\nVia: x\r\n\r\n")
        .sends("\r\n\r\n");
    // An answer to nothing, which a proxy might pass on to the second Via.
    stranger.sends(&format!(
        "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP {};branch=z9hG4bK1\r\nVia: SIP/2.0/UDP {};branch=z9hG4bK2\r\n\
         From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
        stranger.to, stranger.from
    ));
    assert_eq!(stranger.answer(Duration::from_millis(1500)), None, "a stranger was answered");
    let peer = Speaker::at(Ipv4Addr::LOCALHOST, dispatcher.sip);
    assert!(peer.says("OPTIONS").answer(SOON).unwrap().starts_with("SIP/2.0 200"), "a peer was not served");
    assert!(peer.says("REGISTER").answer(SOON).unwrap().starts_with("SIP/2.0 405"));
    assert!(boxes.iter_mut().all(|portaveu| !portaveu.has_said("comes in")), "a stranger's call came in");
}
