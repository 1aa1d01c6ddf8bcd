//! Many calls at once and in a row, by sipp, and messages that no telephone sends: nothing is lost, nothing grows.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

mod common;

use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::process::Command;

use common::{TestBox, resources};

fn sipp(portaveu: &TestBox, arguments: &[&str]) {
    run_sipp(portaveu, &["-sn", "uac"], arguments);
}

fn run_sipp(portaveu: &TestBox, scenario: &[&str], arguments: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let run = Command::new("sipp")
        .args(["-i", "127.0.0.1", "-p", &common::free_port().to_string(), "-timeout", "50s", "-nostdin"])
        .args(scenario)
        .args(arguments)
        .arg(portaveu.sip.to_string())
        .current_dir(folder.path())
        .output()
        .expect("sipp is not installed");
    assert!(run.status.success(), "sipp {arguments:?}: {}", String::from_utf8_lossy(&run.stdout));
}

#[test]
fn a_hundred_calls_in_a_row_leave_nothing_behind() {
    let mut portaveu = TestBox::start(30, "");
    sipp(&portaveu, &["-m", "5", "-l", "1", "-r", "5"]);
    (0..5).for_each(|_| _ = portaveu.wait_for("ended: Remote"));
    let before = resources(portaveu.process.id());
    sipp(&portaveu, &["-m", "100", "-l", "4", "-r", "8"]);
    (0..100).for_each(|_| _ = portaveu.wait_for("ended: Remote"));
    let after = resources(portaveu.process.id());
    assert!(after.0 <= before.0 + 4 && after.1 <= before.1 + 4, "descriptors and threads: {before:?}, then {after:?}");
    portaveu.stop();
}

#[test]
fn thirty_calls_at_once_are_held() {
    let mut portaveu = TestBox::start(30, "");
    sipp(&portaveu, &["-m", "30", "-l", "30", "-r", "30", "-d", "5000"]);
    (0..30).for_each(|_| _ = portaveu.wait_for("ended: Remote"));
    assert!(!portaveu.has_said("busy tone"));
}

fn scenario(name: &str) -> String {
    format!("{}/tests/scenarios/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn a_codec_is_changed_in_mid_call_and_an_impossible_one_refused() {
    let mut portaveu = TestBox::start(4, "");
    run_sipp(&portaveu, &["-sf", &scenario("codec_change.xml")], &["-m", "1"]);
    portaveu.wait_for("its sound is now SendReceive by Pcmu");
    portaveu.wait_for("ended: Remote");
}

/// PRACK and session timers are agreed to, and a withheld number is not known even where the network asserts it.
#[test]
fn a_careful_peer_is_served() {
    let mut portaveu = TestBox::start(4, "");
    run_sipp(&portaveu, &["-sf", &scenario("careful_peer.xml")], &["-m", "1"]);
    portaveu.wait_for("comes in, the number withheld");
    portaveu.wait_for("ended: Remote");
}

/// A PBX asks whether the box is there, by UDP and by TCP.
#[test]
fn the_box_says_that_it_is_there() {
    let portaveu = TestBox::start(1, "");
    for transport in ["udp", "tcp"] {
        let asked = Command::new("sipsak").args(["-v", "-E", transport, "-s", &portaveu.uri()]).output();
        let asked = asked.expect("sipsak is not installed");
        let answer = String::from_utf8_lossy(&asked.stdout);
        assert!(asked.status.success() && answer.contains("200 OK"), "{transport}: {answer}");
    }
}

/// Behind NAT no address of the inside is told, in SIP or in SDP.
#[test]
fn a_peer_outside_sees_the_public_address() {
    let mut portaveu = TestBox::start(1, "public = \"192.0.2.77\"");
    run_sipp(&portaveu, &["-sf", &scenario("outside.xml")], &["-m", "1"]);
    portaveu.wait_for("ended: Remote");
}

/// Nobody makes the box call a number that the council has not listed.
#[test]
fn a_caller_cannot_have_others_called() {
    let mut portaveu = TestBox::start(4, "");
    run_sipp(&portaveu, &["-sf", &scenario("toll_fraud.xml")], &["-m", "1"]);
    portaveu.wait_for("ended: Remote");
    assert!(!portaveu.has_said("is rung"));
}

/// A registrar by this scenario, and the box with these settings of its trunk.
fn signs_in(registrar: &str, settings: &str) {
    let port = common::free_port();
    let mut registrar = Command::new("sipp")
        .args(["-sf", &scenario(registrar), "-i", "127.0.0.1", "-p", &port.to_string(), "-m", "1", "-nostdin"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .current_dir(std::env::temp_dir())
        .spawn()
        .expect("sipp is not installed");
    let portaveu = TestBox::start(1, &format!("[[sip.trunk]]\nproxy = \"sip:127.0.0.1:{port}\"\n{settings}")); // which waits for the line to be up
    assert!(registrar.wait().unwrap().success(), "the registrar did not accept the password");
    drop(portaveu);
}

#[test]
fn the_box_signs_in_with_its_password() {
    signs_in("registrar.xml", "register = { user = \"portaveu\", password = \"secret\" }");
}

#[test]
fn a_carrier_is_called_by_its_domain() {
    let account = "{ user = \"961000000\", authentication = \"line-7\", password = \"secret\" }";
    signs_in("carrier.xml", &format!("domain = \"carrier.example\"\nregister = {account}"));
}

/// In the manner of RFC 4475: messages that are wrong in each part that a parser looks at.
const TORTURE: &[&str] = &[
    "",
    "\r\n\r\n",
    "\0\0\0\0",
    "INVITE",
    "INVITE sip:box SIP/2.0\r\n",
    "INVITE sip:box SIP/7.0\r\n\r\n",
    "INVITE  sip:box  SIP/2.0\r\n\r\n",
    "INVITE <sip:box@h> SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKx\r\n\r\n",
    "INVITE sip:box@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKt1\r\nContent-Length: 99999999999\r\n\r\nx",
    "INVITE sip:box@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKt2\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:box@b>\r\nCall-ID: t2\r\nCSeq: 4294967299 INVITE\r\nContent-Length: -3\r\n\r\n",
    "INVITE sip:box@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKt3\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:box@b>\r\nCall-ID: t3\r\nCSeq: 1 BYE\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
    "INVITE sip:box@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKt4\r\nFrom: \"un\"\"ended <sip:a@b>;tag=1\r\nTo: <sip:box@b\r\nCall-ID: t4\r\nCSeq: 1 INVITE\r\nContact: <>\r\nContent-Length: 0\r\n\r\n",
    "INVITE sip:box@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKt5\r\nFrom: <sip:a@127.0.0.1>;tag=1\r\nTo: <sip:box@127.0.0.1>\r\nCall-ID: t5\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContact: <sip:a@127.0.0.1:9>\r\nContent-Type: application/sdp\r\nContent-Length: 14\r\n\r\nthis is no sdp",
    "INVITE sip:box@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKt6\r\nFrom: <sip:a@127.0.0.1>;tag=1\r\nTo: <sip:box@127.0.0.1>\r\nCall-ID: t6\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContact: <sip:a@127.0.0.1:9>\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi",
    "INVITE tel:+34965550100 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKt7\r\nFrom: <sip:a@b>;tag=1\r\nTo: <tel:1>\r\nCall-ID: t7\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
    "BYE sip:box@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKt8\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:box@b>;tag=nobody\r\nCall-ID: t8\r\nCSeq: 2 BYE\r\nContent-Length: 0\r\n\r\n",
    "CANCEL sip:box@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKt9\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:box@b>\r\nCall-ID: t9\r\nCSeq: 1 CANCEL\r\nContent-Length: 0\r\n\r\n",
    "NEWMETHOD sip:box@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKt10\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:box@b>\r\nCall-ID: t10\r\nCSeq: 1 NEWMETHOD\r\nContent-Length: 0\r\n\r\n",
    "ACK sip:box@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKt11\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:box@b>;tag=2\r\nCall-ID: t11\r\nCSeq: 1 ACK\r\n\r\n",
    "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKt12\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:box@b>;tag=2\r\nCall-ID: t12\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
    "SIP/2.0 9999 What\r\nVia: SIP/2.0/UDP 127.0.0.1\r\n\r\n",
    "REGISTER sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKt13\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: t13\r\nCSeq: 1 REGISTER\r\nContact: *\r\nExpires: 99999999999\r\nContent-Length: 0\r\n\r\n",
    "OPTIONS sip:[::1:bad SIP/2.0\r\nVia: SIP/2.0/UDP [::1;branch=z9hG4bKt14\r\nCSeq: x\r\n\r\n",
    "OPTIONS sip:%00%ff@127.0.0.1;%20=%zz SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKt15\r\nFrom: \u{202e}<sip:a@b>;tag=\r\nTo: <sip:box@b>\r\nCall-ID: \r\nCSeq: 0 OPTIONS\r\n\r\n",
    "INFO sip:box@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKt16\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:box@b>;tag=9\r\nCall-ID: t16\r\nCSeq: 1 INFO\r\nContent-Type: application/dtmf-relay\r\nContent-Length: 8\r\n\r\nSignal=5",
];

#[test]
fn malformed_messages_do_not_stop_the_service() {
    let mut portaveu = TestBox::start(4, "");
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    for message in TORTURE {
        for bytes in [message.as_bytes(), &message.as_bytes()[..message.len() / 2], message.repeat(40).as_bytes()] {
            let _ = socket.send_to(&bytes[..bytes.len().min(60_000)], portaveu.sip);
        }
        let mut stream = TcpStream::connect(portaveu.sip).unwrap();
        let _ = stream.write_all(message.as_bytes());
        let _ = stream.shutdown(std::net::Shutdown::Write);
        stream.set_read_timeout(Some(std::time::Duration::from_millis(50))).unwrap();
        let _ = stream.read(&mut [0; 4096]);
    }
    sipp(&portaveu, &["-m", "3", "-l", "1"]);
    (0..3).for_each(|_| _ = portaveu.wait_for("ended: Remote"));
    assert!(portaveu.process.try_wait().unwrap().is_none());
}
