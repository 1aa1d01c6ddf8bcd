//! `portaveu-metrics` between a real mosquitto, watched by mosquitto's own clients, and the library's side of `portaveu`:
//! in order and once each, whoever is cut off or killed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

mod common;

use std::path::Path;

use common::{Certificates, Mosquitto, Portaveu, Process, Wire, metrics, settings, start};
use nix::sys::signal::Signal;
use portaveu_metrics::SCHEMA_DOCUMENT;
use tempfile::{TempDir, tempdir};

const COUNTS: &str = "portaveu/test/counts";
const OFFLINE: &str = r#"portaveu/test/status 0 {"online":false}"#;
const ONLINE: &str = r#"portaveu/test/status 0 {"online":true"#;

/// A folder, the broker, and a portaveu.
fn scene() -> (TempDir, Mosquitto, Portaveu) {
    let folder = tempdir().unwrap();
    let broker = Mosquitto::start(folder.path());
    let portaveu = Portaveu::start(folder.path());
    (folder, broker, portaveu)
}

/// The next bundles, of whatever else an observer says.
fn bundles(observer: &Process, number: usize) -> Vec<String> {
    (0..number).filter_map(|_| bundle(&observer.wait_for(COUNTS))).collect()
}

/// The bundle in an observer's line.
fn bundle(line: &str) -> Option<String> {
    line.strip_prefix(COUNTS)?.strip_prefix(" 0 ").map(String::from)
}

/// The broker is there again, and the program finds it when the observer has.
fn start_again_observed(broker: &mut Mosquitto, metrics: &Process) -> Process {
    metrics.signal(Signal::SIGSTOP);
    broker.start_again();
    let observer = broker.observe(COUNTS);
    metrics.signal(Signal::SIGCONT);
    observer
}

/// No bundle came besides.
fn assert_no_more(observer: &Process) {
    assert_eq!(observer.rest().iter().filter_map(|line| bundle(line)).collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn bundles_arrive_in_order_and_once_each() {
    let (folder, broker, portaveu) = scene();
    let observer = broker.observe(COUNTS);
    let _metrics = metrics(folder.path(), broker.port);
    let mut closed = portaveu.close(1..=50);
    assert_eq!(bundles(&observer, 50), closed);
    closed = portaveu.close(51..=51);
    assert_eq!(bundles(&observer, 1), closed);
    portaveu.wait_until_noted(51);
    assert_eq!(portaveu.noted(), (1..=51).collect::<Vec<u64>>());
    assert_no_more(&observer);
}

#[test]
fn three_weeks_of_bundles_wait_for_a_broker_that_is_not_there() {
    let (folder, mut broker, portaveu) = scene();
    broker.kill();
    let metrics = metrics(folder.path(), broker.port);
    let closed = portaveu.close(1..=504);
    let said = metrics.wait_for("bundles wait in the box");
    assert!(said.contains(&format!("the broker 127.0.0.1:{} cannot be reached", broker.port)), "{said}");
    assert!(portaveu.noted().is_empty());
    let observer = start_again_observed(&mut broker, &metrics);
    assert_eq!(bundles(&observer, 504), closed);
    portaveu.wait_until_noted(504);
    assert_no_more(&observer);
}

/// What the broker knew is gone with it. What it had completed does not come again, except the one whose completion it said
/// and the program did not hear any more; all others do come, with the same bytes.
#[test]
fn a_broker_killed_in_the_middle_gets_every_bundle_that_it_had_not_completed() {
    let (folder, mut broker, portaveu) = scene();
    let metrics = metrics(folder.path(), broker.port);
    let mut closed = portaveu.close(1..=100);
    portaveu.wait_until_noted(30);
    let said = broker.kill();
    let completed = said.iter().filter(|line| line.contains("Sending PUBCOMP to portaveu-test")).count();
    metrics.wait_for("bundles wait in the box");
    closed.extend(portaveu.close(101..=120));
    let observer = start_again_observed(&mut broker, &metrics);
    let came: Vec<String> = observer.until(&closed[119]).iter().filter_map(|line| bundle(line)).collect();
    assert!(
        came == closed[completed..] || came == closed[completed - 1..],
        "{completed} were completed, these came: {came:?}"
    );
    portaveu.wait_until_noted(120);
    assert_eq!(portaveu.noted(), (1..=120).collect::<Vec<u64>>());
}

/// The broker still knows what it had of a bundle, and so does the program: QoS 2 brings it to its end.
#[test]
fn a_wire_that_breaks_again_and_again_neither_loses_nor_doubles() {
    let (folder, broker, portaveu) = scene();
    let (observer, wire) = (broker.observe(COUNTS), Wire::new(broker.port));
    let metrics = metrics(folder.path(), wire.port);
    let mut closed = Vec::new();
    for round in 0..12u64 {
        metrics.wait_for("connected with 127.0.0.1");
        let (first, last) = (round * 20 + 1, round * 20 + 20);
        closed.extend(portaveu.close(first..=last));
        portaveu.wait_until_noted(first + 1 + round);
        wire.lose_the_next_answer();
    }
    assert_eq!(bundles(&observer, closed.len()), closed);
    portaveu.wait_until_noted(240);
    assert_eq!(portaveu.noted(), (1..=240).collect::<Vec<u64>>());
    assert_no_more(&observer);
}

#[test]
fn a_broker_that_falls_silent_is_noticed_and_found_again() {
    let (folder, broker, portaveu) = scene();
    let observer = broker.observe(COUNTS);
    let metrics = metrics(folder.path(), broker.port);
    let mut closed = portaveu.close(1..=3);
    portaveu.wait_until_noted(3);
    broker.signal(Signal::SIGSTOP);
    closed.extend(portaveu.close(4..=6));
    metrics.wait_for("has stopped answering; bundles wait in the box");
    metrics.wait_for("does not answer; bundles wait in the box");
    assert_eq!(portaveu.noted(), [1, 2, 3]);
    broker.signal(Signal::SIGCONT);
    assert_eq!(bundles(&observer, 6), closed);
    portaveu.wait_until_noted(6);
    assert_no_more(&observer);
}

#[test]
fn portaveu_goes_and_comes_back() {
    let (folder, broker, mut portaveu) = scene();
    let observer = broker.observe(COUNTS);
    let metrics = metrics(folder.path(), broker.port);
    let mut closed = Vec::new();
    for round in 0..4u64 {
        closed.extend(portaveu.close(round * 50 + 1..=round * 50 + 50));
        portaveu.wait_until_noted(round * 50 + 10);
        portaveu.stop();
        metrics.wait_for("portaveu is gone");
        portaveu.start_again();
    }
    assert_eq!(bundles(&observer, 200), closed);
    portaveu.wait_until_noted(200);
    assert_no_more(&observer);
}

#[test]
fn the_birth_is_retained_and_the_will_is_seen_when_the_program_is_killed() {
    let (folder, broker, _portaveu) = scene();
    let observer = broker.observe("portaveu/test/status");
    let mut metrics = metrics(folder.path(), broker.port);
    observer.wait_for(ONLINE);
    let later = broker.retained("portaveu/test/status");
    assert!(later.contains(env!("CARGO_PKG_VERSION")) && later.contains(r#""online":true"#), "{later}");
    metrics.end(Signal::SIGKILL);
    observer.wait_for(OFFLINE);
    assert!(broker.retained("portaveu/test/status").contains(r#""online":false"#));
}

#[test]
fn a_program_that_is_stopped_says_so() {
    let (folder, broker, portaveu) = scene();
    let observer = broker.observe("portaveu/test/#");
    let mut metrics = metrics(folder.path(), broker.port);
    let closed = portaveu.close(1..=3);
    assert_eq!(bundles(&observer, 3), closed);
    assert!(metrics.end(Signal::SIGTERM).success());
    observer.wait_for(OFFLINE);
}

#[test]
fn whoever_asks_has_schema_and_birth_again_also_after_the_broker_was_away() {
    let (folder, mut broker, _portaveu) = scene();
    let observer = broker.observe("portaveu/test/#");
    let metrics = metrics(folder.path(), broker.port);
    observer.wait_for(ONLINE);
    drop(observer);
    broker.kill();
    metrics.wait_for("bundles wait in the box");
    broker.start_again();
    broker.wait_for("Sending SUBACK to portaveu-test");
    let observer = broker.observe("portaveu/test/#");
    broker.publish("portaveu/test/ask", "anything, and it is not read");
    observer.wait_for("portaveu/test/ask");
    let first = observer.wait_for("portaveu/test/schema 0 {");
    assert!(SCHEMA_DOCUMENT.starts_with(first.trim_start_matches("portaveu/test/schema 0 ")));
    observer.wait_for(ONLINE);
    let schema: serde_json::Value = serde_json::from_str(&broker.retained("portaveu/test/schema")).unwrap();
    assert_eq!(schema, serde_json::from_str::<serde_json::Value>(SCHEMA_DOCUMENT).unwrap());
}

#[test]
fn a_bundle_that_the_broker_refuses_stays_in_the_box() {
    let (folder, broker, portaveu) = scene();
    let observer = broker.observe(COUNTS);
    broker.allow_box("topic readwrite portaveu/test/status");
    let metrics = metrics(folder.path(), broker.port);
    let closed = portaveu.close(1..=2);
    let said = metrics.wait_for("bundle 1 is sent again");
    assert!(said.contains("NotAuthorized"), "{said}");
    assert!(portaveu.noted().is_empty());
    broker.allow_box("topic readwrite portaveu/test/#");
    assert_eq!(bundles(&observer, 2), closed);
}

#[test]
fn a_wrong_certificate_is_named() {
    let (folder, broker, portaveu) = scene();
    Certificates::new().sign(folder.path(), "stranger");
    let metrics = start("run", &settings(folder.path(), broker.port, "stranger"));
    portaveu.close(1..=1);
    let said = metrics.wait_for("does not accept the certificate");
    assert!(said.contains("stranger.pem"), "{said}");
    assert!(portaveu.noted().is_empty());
}

#[test]
fn check_says_in_a_sentence_what_is_wrong() {
    let (folder, mut broker, mut portaveu) = scene();
    let good = settings(folder.path(), broker.port, "box");
    let check = |settings: &Path, sentence: &str, success: bool| {
        let mut program = start("check", settings);
        program.wait_for(sentence);
        assert_eq!(program.wait().success(), success);
    };
    check(&good, "accepts this box", true);
    Certificates::new().sign(folder.path(), "stranger");
    check(&settings(folder.path(), broker.port, "stranger"), "does not accept the certificate", false);
    check(&settings(folder.path(), broker.port, "missing"), "missing.key: no key can be read", false);
    std::fs::copy(folder.path().join("box.pem"), folder.path().join("mixed.pem")).unwrap();
    std::fs::copy(folder.path().join("stranger.key"), folder.path().join("mixed.key")).unwrap();
    check(&settings(folder.path(), broker.port, "mixed"), "do not match", false);
    portaveu.stop();
    std::fs::remove_file(folder.path().join("metrics.sock")).unwrap();
    check(&good, "portaveu is not there", false);
    broker.kill();
    check(&good, "cannot be reached", false);
}
