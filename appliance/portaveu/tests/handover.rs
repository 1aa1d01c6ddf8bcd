//! The way to people: telephones rung one after the other, a turn that is waited for, a call that a person takes, and a
//! message when nobody does. The people are real telephones (baresip), and so is the caller.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

mod common;

use std::net::UdpSocket;
use std::process::{Command, Stdio};

use common::{Phone, PhoneOptions, TestBox, sound};

/// The people's telephones, and a box that rings them.
fn people(user: &'static str, answers: bool, settings: &str) -> (Phone, TestBox) {
    let port = common::free_port();
    let person = Phone::new(&PhoneOptions { answers, user, port, ..PhoneOptions::default() });
    (person, TestBox::start(4, &format!("{settings}\n[[sip.trunk]]\nproxy = \"sip:127.0.0.1:{port}\"")))
}

/// A caller who has pressed 0.
fn caller_who_wants_a_person(portaveu: &mut TestBox) -> Phone {
    let mut phone = Phone::new(&PhoneOptions::default());
    phone.call(&portaveu.uri());
    phone.wait_for("CALL_ESTABLISHED");
    portaveu.wait_for("box     (es): Ayuntamiento");
    phone.command("sndcode", "0");
    phone
}

/// A person picks up, hears what it is about, and takes the call with a key.
fn takes_the_call(person: &mut Phone, portaveu: &mut TestBox) {
    person.wait_for("CALL_INCOMING");
    person.command("accept", "");
    portaveu.wait_for("person  hears:");
    person.command("sndcode", "1");
    portaveu.wait_for("the caller and a person are joined");
}

/// The longest stretch of silence in a recording, in seconds.
fn longest_silence(wav: &std::path::Path) -> f32 {
    let sound = portaveu_speech::read_wav(wav).unwrap();
    let quiet = |part: &[i16]| part.iter().all(|sample| sample.saturating_abs() < 100);
    let (mut longest, mut now) = (0, 0);
    for part in sound.chunks(1600) {
        now = if quiet(part) { now + 1 } else { 0 };
        longest = longest.max(now);
    }
    longest as f32 / 10.0
}

/// The first telephone is busy, the second one is answered; the person hears what it is about and takes it with a key.
#[test]
fn a_busy_telephone_is_followed_by_the_next_one() {
    let (mut person, mut portaveu) = people("100,102", false, "");
    let mut phone = caller_who_wants_a_person(&mut portaveu);
    portaveu.wait_for("Le paso con una persona");
    person.wait_for("CALL_INCOMING");
    person.command("hangup", ""); // which is 486
    portaveu.wait_for("Pruebo con otra persona");
    person.wait_for("CALL_INCOMING");
    person.command("accept", "");
    let summary = portaveu.wait_for("person  hears:");
    assert!(summary.contains("No ha dicho de qué se trata") && summary.contains("castellano"), "{summary}");
    assert!(!portaveu.has_said("are joined"), "the caller was joined before the person took the call");
    person.command("sndcode", "1");
    portaveu.wait_for("the caller and a person are joined");
    person.command("hangup", "");
    phone.wait_for("CALL_CLOSED");
    assert!(longest_silence(&phone.heard()) < 4.0, "the caller heard nothing for too long");
}

/// A word after the summary takes the call; a voice that goes on during it, as a mailbox's does, does not.
#[test]
fn a_word_takes_the_call_and_a_mailbox_does_not() {
    let (mut person, mut portaveu) = people("100,102", false, "");
    let mut phone = caller_who_wants_a_person(&mut portaveu);
    person.wait_for("CALL_INCOMING");
    person.command("accept", "");
    portaveu.wait_for("the summary was said");
    person.say(&sound("es_persona.wav"));
    portaveu.wait_for("the caller and a person are joined");
    person.command("hangup", "");
    phone.wait_for("CALL_CLOSED");

    let _phone = caller_who_wants_a_person(&mut portaveu);
    person.wait_for("CALL_INCOMING");
    person.command("accept", "");
    person.say(&sound("es_multa.wav"));
    portaveu.wait_for("the summary was said");
    person.say(&sound("es_persona.wav"));
    portaveu.wait_for("does not take the call");
    portaveu.wait_for("Pruebo con otra persona");
}

/// Everybody is busy: the caller waits with music, hears where they stand, and is put through when it is their turn.
#[test]
fn a_caller_waits_for_a_turn() {
    let port = common::free_port();
    let mut person = Phone::new(&PhoneOptions { user: "100", port, ..PhoneOptions::default() });
    let proxy = format!("[[sip.trunk]]\nproxy = \"sip:127.0.0.1:{port}\"");
    let mut portaveu = TestBox::start_with(4, &proxy, |file, text| match file {
        "council.toml" => text.replace("[\"100\", \"102\"], office = \"townhall\"", "[\"100\"]"),
        _ => text,
    });
    let mut phone = caller_who_wants_a_person(&mut portaveu);
    person.wait_for("CALL_INCOMING");
    person.command("hangup", "");
    portaveu.wait_for("Su turno es el número 1");
    takes_the_call(&mut person, &mut portaveu);
    person.command("hangup", "");
    phone.wait_for("CALL_CLOSED");
    assert!(longest_silence(&phone.heard()) < 4.0, "the caller heard nothing for too long");
}

/// A telephone that rings on and on is left for the next, and after the last one a message is offered.
#[test]
fn nobody_answers() {
    let (mut person, mut portaveu) = people("100,102", false, "person_ring_s = 2");
    let mut phone = caller_who_wants_a_person(&mut portaveu);
    person.wait_for("CALL_INCOMING");
    portaveu.wait_for("Pruebo con otra persona");
    portaveu.wait_for("Ahora mismo no puede atenderle nadie. ¿Quiere dejar un recado");
    phone.command("sndcode", "2");
    portaveu.wait_for("Dígame su pregunta");
}

/// Nothing answers at the PBX's address: the caller is told, and not kept waiting for the second telephone.
#[test]
fn the_pbx_is_gone() {
    let mut portaveu = TestBox::start(4, &format!("[[sip.trunk]]\nproxy = \"sip:127.0.0.1:{}\"", common::free_port()));
    let _phone = caller_who_wants_a_person(&mut portaveu);
    portaveu.wait_for("Le paso con una persona");
    portaveu.wait_for("¿Quiere dejar un recado");
}

/// The PBX transfers the call itself; a failed transfer brings the caller back, and the next telephone is tried.
#[test]
fn the_pbx_transfers_the_call() {
    let (mut person, mut portaveu) = people("100,102", false, "transfer = \"refer\"");
    let mut phone = caller_who_wants_a_person(&mut portaveu);
    portaveu.wait_for("the PBX is asked to ring 100");
    person.wait_for("CALL_INCOMING");
    person.command("hangup", "");
    portaveu.wait_for("the PBX could not reach the person: Busy");
    portaveu.wait_for("the PBX is asked to ring 102");
    portaveu.wait_for("Pruebo con otra persona");
    person.wait_for("CALL_INCOMING");
    person.command("accept", "");
    portaveu.wait_for("the PBX has joined the caller and a person");
    portaveu.wait_for("ended: Local");
    person.command("hangup", "");
    phone.wait_for("CALL_CLOSED");
}

/// A peer that does not know REFER: the box rings the person itself.
#[test]
fn a_pbx_that_does_not_transfer_is_done_without() {
    let (mut person, mut portaveu) = people("100,102", false, "transfer = \"refer\"");
    let folder = tempfile::tempdir().unwrap();
    let scenario = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scenarios/refer_refused.xml");
    let mut caller = Command::new("sipp")
        .args(["-sf", scenario, "-i", "127.0.0.1", "-p", &common::free_port().to_string(), "-m", "1", "-nostdin"])
        .arg(portaveu.sip.to_string())
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("sipp is not installed");
    portaveu.wait_for("the box joins both itself");
    takes_the_call(&mut person, &mut portaveu);
    person.command("hangup", "");
    assert!(caller.wait().unwrap().success(), "the caller's side went otherwise");
}

/// The first trunk says nothing: people are called by the second, and when the first dies in the middle of the day, it is
/// known before anybody calls.
#[test]
fn a_dead_trunk_is_passed_over() {
    let (dead, port) = (common::free_port(), common::free_port());
    let mut person = Phone::new(&PhoneOptions { user: "100,102", port, ..PhoneOptions::default() });
    // Bound, and never answered: what is sent there gets lost, as on a broken network.
    let _silent = UdpSocket::bind(("127.0.0.1", dead)).unwrap();
    let trunk = |port: u16| format!("[[sip.trunk]]\nproxy = \"sip:127.0.0.1:{port}\"\n");
    let mut portaveu = TestBox::start(4, &(trunk(dead) + &trunk(port)));
    let mut phone = caller_who_wants_a_person(&mut portaveu);
    portaveu.wait_for("does not answer");
    person.wait_for("CALL_INCOMING");
    phone.command("hangup", "");
    portaveu.wait_for("ended: Remote");
    let _phone = caller_who_wants_a_person(&mut portaveu);
    person.wait_for("CALL_INCOMING");
}

/// Who asks for a department by its name is put through there.
#[test]
fn a_department_is_asked_for_by_name() {
    let (mut person, mut portaveu) = people("150", false, "");
    let mut phone = Phone::new(&PhoneOptions { says: Some(sound("es_tributos.wav")), ..PhoneOptions::default() });
    phone.call(&portaveu.uri());
    portaveu.wait_for("150 is rung");
    person.wait_for("CALL_INCOMING");
}

/// A busy telephone sends its calls on to the box, as is usual. The box must not take its own call for a citizen's.
#[test]
fn a_telephone_that_sends_its_calls_to_the_box_counts_as_busy() {
    let (mut person, mut portaveu) = people("100,102", false, "");
    let _phone = caller_who_wants_a_person(&mut portaveu);
    person.wait_for("CALL_INCOMING");
    let folder = tempfile::tempdir().unwrap();
    let scenario = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scenarios/diverted.xml");
    let diverted = Command::new("sipp")
        .args(["-sf", scenario, "-i", "127.0.0.1", "-p", &common::free_port().to_string(), "-m", "1", "-nostdin"])
        .arg(portaveu.sip.to_string())
        .current_dir(folder.path())
        .output()
        .expect("sipp is not installed");
    assert!(diverted.status.success(), "{}", String::from_utf8_lossy(&diverted.stdout));
    portaveu.wait_for("counts as busy");
}

/// A proxy says 100 by itself before it finds that nobody is behind it: that is no reason not to try the next trunk.
#[test]
fn a_trunk_with_nobody_behind_it_is_passed_over() {
    let proxy = UdpSocket::bind("127.0.0.1:0").unwrap();
    let (first, port) = (proxy.local_addr().unwrap().port(), common::free_port());
    let mut person = Phone::new(&PhoneOptions { user: "100,102", port, ..PhoneOptions::default() });
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok((length, from)) = proxy.recv_from(&mut buffer) {
            let request = String::from_utf8_lossy(&buffer[..length]).into_owned();
            let kept = ["Via:", "From:", "To:", "Call-ID:", "CSeq:"];
            let headers: Vec<&str> =
                request.lines().filter(|line| kept.iter().any(|name| line.starts_with(name))).collect();
            let answer =
                |status: &str| format!("SIP/2.0 {status}\r\n{}\r\nContent-Length: 0\r\n\r\n", headers.join("\r\n"));
            let answers: &[&str] = match request.split(' ').next() {
                Some("OPTIONS") => &["200 OK"],
                Some("INVITE") => &["100 Trying", "503 Service Unavailable"],
                _ => &[],
            };
            answers.iter().for_each(|status| _ = proxy.send_to(answer(status).as_bytes(), from));
        }
    });
    let trunk = |port: u16| format!("[[sip.trunk]]\nproxy = \"sip:127.0.0.1:{port}\"\n");
    let mut portaveu = TestBox::start(4, &(trunk(first) + &trunk(port)));
    let _phone = caller_who_wants_a_person(&mut portaveu);
    person.wait_for("CALL_INCOMING");
}

/// 112 first, and then somebody who is there, at once.
#[test]
fn danger_rings_a_person_after_112() {
    let (mut person, mut portaveu) = people("192", true, "");
    let mut phone = Phone::new(&PhoneOptions { says: Some(sound("es_fuego.wav")), ..PhoneOptions::default() });
    phone.call(&portaveu.uri());
    portaveu.wait_for("llame ahora mismo al 112");
    portaveu.wait_for("no cuelgue: le paso con una persona");
    person.wait_for("CALL_ESTABLISHED");
    portaveu.wait_for("the caller and a person are joined");
    phone.command("hangup", "");
    portaveu.wait_for("ended: Remote");
    let heard = portaveu.recognised(&phone.heard());
    assert!(heard.contains("emergencia"), "the recording holds: {heard}");
}

/// Nobody is rung while the office is closed. The caller leaves a message: a number by keys, and a voice; it is kept
/// sealed, the lamp of the department's telephone is told, and staff read it, hear it and work it off.
#[test]
fn a_message_is_left_and_worked_off() {
    let lamp = UdpSocket::bind("127.0.0.1:0").unwrap();
    lamp.set_read_timeout(Some(common::PATIENCE)).unwrap();
    let proxy = format!("[[sip.trunk]]\nproxy = \"sip:{}\"", lamp.local_addr().unwrap());
    let mut portaveu = TestBox::start_with(4, &proxy, |file, text| match file {
        "council.toml" => text.replace("office = \"townhall\", queue", "office = \"never\", lamp = \"100\", queue"),
        _ => text + "\n[offices.never]\nname = { es = \"la oficina\" }\nhours = []\n",
    });
    let mut phone = caller_who_wants_a_person(&mut portaveu);
    portaveu.wait_for("Ahora la oficina no atiende. ¿Quiere dejar un recado");
    phone.command("sndcode", "1");
    portaveu.wait_for("Dígame su número de teléfono");
    "612345678".chars().for_each(|key| phone.command("sndcode", &key.to_string()));
    portaveu.wait_for("¿Le llamamos al 612 345 678?");
    phone.command("sndcode", "1");
    portaveu.wait_for("¿Cuándo le va bien");
    phone.command("sndcode", "#");
    portaveu.wait_for("Diga su recado después de la señal");
    portaveu.wait_for("the signal was given");
    phone.say(&sound("es_multa.wav"));
    portaveu.wait_for("a message for attention is kept");
    portaveu.wait_for("Su recado queda guardado");
    phone.command("hangup", "");
    portaveu.wait_for("ended: Remote");

    let listed = portaveu.tell("messages", &[]);
    assert!(
        listed.contains("612345678") && listed.contains("multa") && listed.contains(" new, for attention"),
        "{listed}"
    );
    let id = listed.split(' ').next().unwrap().to_owned();
    let wav = portaveu.folder.path().join("message.wav");
    portaveu.tell("messages", &["save".as_ref(), id.as_ref(), wav.as_os_str()]);
    assert!(portaveu.recognised(&wav).contains("multa"));
    portaveu.tell("messages", &["done".as_ref(), id.as_ref()]);
    assert!(portaveu.tell("messages", &[]).contains(" done, for attention"));
    assert!(next_lamp(&lamp, "Voice-Message: 1/0").contains("Messages-Waiting: yes"));
    assert!(next_lamp(&lamp, "Voice-Message: 0/0").contains("Messages-Waiting: no"));
    let store = std::fs::read(portaveu.folder.path().join("portaveu.redb")).unwrap();
    assert!(!store.windows(9).any(|part| part == b"612345678"), "the number can be read in the store");
}

/// The next NOTIFY that holds this; all are answered.
fn next_lamp(socket: &UdpSocket, count: &str) -> String {
    let mut bytes = [0; 4096];
    loop {
        let (length, from) = socket.recv_from(&mut bytes).expect("no NOTIFY came");
        let notify = String::from_utf8_lossy(&bytes[..length]).into_owned();
        let kept = ["Via:", "From:", "To:", "Call-ID:", "CSeq:"];
        let headers = notify.lines().filter(|line| kept.iter().any(|name| line.starts_with(name)));
        let headers: String = headers.map(|line| format!("{line}\r\n")).collect();
        socket.send_to(format!("SIP/2.0 200 OK\r\n{headers}Content-Length: 0\r\n\r\n").as_bytes(), from).unwrap();
        if notify.contains(count) {
            assert!(notify.starts_with("NOTIFY sip:100@") && notify.contains("Event: message-summary"), "{notify}");
            return notify;
        }
    }
}
