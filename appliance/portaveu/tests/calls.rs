//! Calls by a real SIP telephone (baresip): each codec, keys, hold, cancel, hanging up in every state, barge-in.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

mod common;

use common::{Phone, PhoneOptions, TestBox, kill, sound};

fn asks(codec: &'static str, transport: &'static str, wav: &str) -> PhoneOptions {
    PhoneOptions { codec, transport, says: Some(sound(wav)), ..PhoneOptions::default() }
}

/// A question is answered on the same call, over each codec and transport, and in each language.
#[test]
fn a_question_is_answered() {
    let mut portaveu = TestBox::start(4, "");
    for (codec, transport, wav, heard, answer) in [
        ("pcma", "udp", "es_multa.wav", "(es", "Una multa de tráfico"),
        ("pcmu", "tcp", "en_library.wav", "(en", "The library and the study room"),
        ("g722", "udp", "ca_multa.wav", "(ca", "Una multa de trànsit es pot pagar"),
        ("opus", "udp", "es_multa.wav", "(es", "Una multa de tráfico"),
    ] {
        let mut phone = Phone::new(&asks(codec, transport, wav));
        phone.call(&format!("{};transport={transport}", portaveu.uri()));
        phone.wait_for("CALL_ESTABLISHED");
        portaveu.wait_for(&format!("caller  {heard}"));
        portaveu.wait_for(answer);
        portaveu.wait_for("timing");
        phone.command("hangup", "");
        portaveu.wait_for("ended: Remote");
    }
    portaveu.stop();
}

/// What the telephone records is the box's voice: the recogniser hears the greeting in it.
#[test]
fn the_greeting_is_heard_at_the_other_end() {
    let mut portaveu = TestBox::start(4, "");
    let mut phone = Phone::new(&PhoneOptions::default());
    phone.call(&portaveu.uri());
    phone.wait_for("CALL_ESTABLISHED");
    portaveu.wait_for("everything was said");
    phone.command("hangup", "");
    portaveu.wait_for("ended: Remote");
    let heard = portaveu.recognised(&phone.heard());
    assert!(heard.contains("asistente") || heard.contains("ayuntamiento"), "the recording holds: {heard}");
}

/// Who speaks at once hears all the same that a machine answers.
#[test]
fn the_notice_is_heard_to_its_end() {
    let mut portaveu = TestBox::start(4, "");
    let mut phone = Phone::new(&PhoneOptions { after: 0.0, ..asks("pcma", "udp", "es_multa.wav") });
    phone.call(&portaveu.uri());
    portaveu.wait_for("caller  (es");
    portaveu.wait_for("everything was said");
    phone.command("hangup", "");
    portaveu.wait_for("ended: Remote");
    let heard = portaveu.recognised(&phone.heard());
    assert!(heard.contains("persona") && heard.contains("multa"), "the recording holds: {heard}");
}

#[test]
fn keys_work() {
    let mut portaveu = TestBox::start(4, "");
    let mut phone = Phone::new(&PhoneOptions::default());
    phone.call(&portaveu.uri());
    phone.wait_for("CALL_ESTABLISHED");
    portaveu.wait_for("box     (es): Ayuntamiento");
    phone.command("sndcode", "*");
    portaveu.wait_for("box     (es): Ayuntamiento");
}

#[test]
fn hold_stops_the_sound_and_resume_brings_it_back() {
    let mut portaveu = TestBox::start(4, "");
    let mut phone = Phone::new(&PhoneOptions::default());
    phone.call(&portaveu.uri());
    phone.wait_for("CALL_ESTABLISHED");
    portaveu.wait_for("box     (es): Ayuntamiento");
    phone.command("hold", "");
    portaveu.wait_for("its sound is now ReceiveOnly");
    phone.command("resume", "");
    portaveu.wait_for("its sound is now SendReceive");
    phone.command("hangup", "");
    portaveu.wait_for("ended: Remote");
}

#[test]
fn a_caller_who_gives_up_while_it_rings_leaves_nothing_behind() {
    let mut portaveu = TestBox::start(1, "");
    for _ in 0..3 {
        let mut phone = Phone::new(&PhoneOptions::default());
        phone.call(&portaveu.uri());
        phone.wait_for("CALL_RINGING");
        phone.command("hangup", "");
        portaveu.wait_for("gave up while it rang");
    }
    let mut phone = Phone::new(&PhoneOptions::default());
    phone.call(&portaveu.uri());
    phone.wait_for("CALL_ESTABLISHED");
}

#[test]
fn a_full_box_is_busy_and_takes_calls_again_afterwards() {
    let mut portaveu = TestBox::start(1, "");
    let (mut first, mut second) = (Phone::new(&PhoneOptions::default()), Phone::new(&PhoneOptions::default()));
    first.call(&portaveu.uri());
    first.wait_for("CALL_ESTABLISHED");
    second.call(&portaveu.uri());
    let closed = second.wait_for("CALL_CLOSED");
    assert!(closed["param"].as_str().unwrap().contains("486"), "{closed}");
    first.command("hangup", "");
    portaveu.wait_for("ended: Remote");
    second.call(&portaveu.uri());
    second.wait_for("CALL_ESTABLISHED");
}

#[test]
fn who_is_not_on_the_list_gets_no_answer() {
    let portaveu = TestBox::start(1, "");
    let options = b"OPTIONS sip:box@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.2:5999;branch=z9hG4bK1;rport\r\nFrom: <sip:a@127.0.0.2>;tag=1\r\nTo: <sip:box@127.0.0.1>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n";
    let answer_to = |from: &str, wait: u64| {
        let socket = std::net::UdpSocket::bind((from, 0)).unwrap();
        socket.set_read_timeout(Some(std::time::Duration::from_millis(wait))).unwrap();
        socket.send_to(options, portaveu.sip).unwrap();
        socket.recv(&mut [0; 2000]).is_ok()
    };
    assert!(!answer_to("127.0.0.2", 1500), "a stranger was answered");
    assert!(answer_to("127.0.0.1", 5000), "a peer on the list was not answered");
}

/// A telephone that sends back all it hears does not interrupt the box: its own voice is no caller's.
#[test]
fn the_boxs_own_echo_is_no_caller() {
    let mut portaveu = TestBox::start(4, "");
    let mut phone = Phone::new(&PhoneOptions { echoes: true, ..PhoneOptions::default() });
    phone.call(&portaveu.uri());
    phone.wait_for("CALL_ESTABLISHED");
    portaveu.wait_for("everything was said");
    assert!(!portaveu.has_said("the caller speaks"), "the box took its own echo for a caller");
}

/// The worker is killed in the middle of an utterance: one sentence, and the utterance is heard again.
#[test]
fn the_worker_dies_in_mid_utterance_and_the_call_goes_on() {
    let mut portaveu = TestBox::start(4, "");
    let mut phone = Phone::new(&asks("pcma", "udp", "es_multa.wav"));
    phone.call(&portaveu.uri());
    phone.wait_for("CALL_ESTABLISHED");
    portaveu.wait_for("the caller speaks");
    kill(portaveu.worker(), "KILL");
    portaveu.wait_for("Un momento, por favor");
    let heard = portaveu.wait_for("caller  (es");
    assert!(heard.contains("multa"), "{heard}");
    portaveu.wait_for("Una multa de tráfico se puede pagar");
    let network = network_sockets(portaveu.worker());
    assert!(network.is_empty(), "the worker holds sockets of the network: {network:?}");
    assert!(!network_sockets(portaveu.process.id()).is_empty(), "this test finds no sockets at all");
}

/// Sockets of this machine's network that a process holds.
fn network_sockets(process: u32) -> Vec<String> {
    let tables = ["udp", "tcp"].map(|table| std::fs::read_to_string(format!("/proc/self/net/{table}")).unwrap());
    let inodes: Vec<&str> =
        tables.iter().flat_map(|t| t.lines().skip(1)).filter_map(|l| l.split_whitespace().nth(9)).collect();
    let held = std::fs::read_dir(format!("/proc/{process}/fd")).unwrap();
    let links = held.filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok());
    let sockets =
        links.filter_map(|link| Some(link.to_str()?.strip_prefix("socket:[")?.trim_end_matches(']').to_owned()));
    sockets.filter(|inode| inodes.contains(&inode.as_str())).collect()
}

/// What was acknowledged survives a kill -9.
#[test]
fn the_store_survives_a_kill() {
    let mut portaveu = TestBox::start(4, "");
    let mut phone = Phone::new(&asks("pcma", "udp", "es_multa.wav"));
    phone.call(&portaveu.uri());
    portaveu.wait_for("a turn is kept");
    kill(portaveu.process.id(), "KILL");
    portaveu.process.wait().unwrap();
    let store = portaveu_store::Store::open(&portaveu.folder.path().join("portaveu.redb")).unwrap();
    let calls = store.search(&Default::default(), None, 10).unwrap();
    assert_eq!(calls.iter().map(|call| call.outcome).collect::<Vec<_>>(), [portaveu_store::Outcome::Lost]);
    assert_eq!(store.turns(calls[0].id).unwrap()[&0].topics, ["fine.pay"]);
}
