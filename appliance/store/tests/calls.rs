//! Calls from their first ring to being forgotten.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

mod common;

use common::{at, call, turn};
use jiff::SignedDuration;
use portaveu_call::{Decision, Language};
use portaveu_store::{Call, Outcome, Retention, Search, Store, Turn};

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("portaveu.redb")).unwrap();
    (folder, store)
}

fn found(store: &Store, search: &Search) -> Vec<u64> {
    store.search(search, None, 100).unwrap().iter().map(|call| call.id).collect()
}

#[test]
fn what_was_kept_is_there_after_opening_again() {
    let (folder, store) = store();
    store.put_call(&call(7, Outcome::Open)).unwrap();
    store.put_turn(7, 0, &turn("primer")).unwrap();
    store.put_turn(7, 1, &turn("segon")).unwrap();
    store.put_call(&call(8, Outcome::Open)).unwrap();
    store.put_turn(8, 0, &turn("d'un altre")).unwrap();
    store.end_call(&call(7, Outcome::Answered)).unwrap();
    drop(store);
    let store = Store::open(&folder.path().join("portaveu.redb")).unwrap();
    assert_eq!(store.call(7).unwrap(), Some(call(7, Outcome::Answered)));
    assert_eq!(store.turns(7).unwrap(), [(0, turn("primer")), (1, turn("segon"))].into());
    let bytes = std::fs::read(folder.path().join("portaveu.redb")).unwrap();
    assert!(!bytes.windows(6).any(|part| part == b"primer"), "what was said is in the file");
}

#[test]
fn a_call_is_counted_once_and_a_lost_one_too() {
    let (folder, store) = store();
    let began = at("2026-03-02T10:15:00Z");
    let id = began.as_microsecond() as u64;
    store.put_call(&call(id, Outcome::Open)).unwrap();
    store.put_call(&call(id + 1, Outcome::Open)).unwrap();
    store.end_call(&call(id, Outcome::Answered)).unwrap();
    store.end_call(&call(id, Outcome::Answered)).unwrap();
    drop(store);
    let store = Store::open(&folder.path().join("portaveu.redb")).unwrap();
    let tallies = store.tallies(began - SignedDuration::from_hours(1)..began + SignedDuration::from_hours(1)).unwrap();
    let [(hour, tally)] = tallies.as_slice() else { panic!("{tallies:?}") };
    assert_eq!(*hour, at("2026-03-02T10:00:00Z"));
    assert_eq!((tally.calls, tally.of(Outcome::Answered), tally.of(Outcome::Lost)), (2, 1, 1));
    assert_eq!(tally.topics["padron.register"], 2);
    assert_eq!(store.call(id + 1).unwrap().map(|call| call.outcome), Some(Outcome::Lost));
}

#[test]
fn calls_are_found_by_what_they_were_about() {
    let (_folder, store) = store();
    let said = |words: &str| vec![Turn { heard: words.into(), ..turn("") }];
    let spanish = Call { language: Language::Es, ..call(30, Outcome::Answered) };
    let calls = [
        (call(10, Outcome::Answered), said("Vull pagar la contribució")),
        (call(20, Outcome::HandedOver), said("on es paga la contribució de la casa")),
        (spanish, said("¿Dónde está la biblioteca?")),
    ];
    store.import(&calls).unwrap();
    assert_eq!(found(&store, &Search::default()), [30, 20, 10]);
    assert_eq!(found(&store, &Search { words: "CONTRIBUCIO".into(), ..Default::default() }), [20, 10]);
    assert_eq!(found(&store, &Search { words: "contribució pagar".into(), ..Default::default() }), [10]);
    let search = Search { words: "contribucio".into(), outcome: Some(Outcome::HandedOver), ..Default::default() };
    assert_eq!(found(&store, &search), [20]);
    assert_eq!(found(&store, &Search { language: Some(Language::Es), ..Default::default() }), [30]);
    assert_eq!(found(&store, &Search { caller: Some(10 % 7), ..Default::default() }), [10]);
    assert_eq!(found(&store, &Search { words: "piscina".into(), ..Default::default() }), [0; 0]);
    let older = store.search(&Search { words: "contribucio".into(), ..Default::default() }, Some(20), 5).unwrap();
    assert_eq!(older.iter().map(|call| call.id).collect::<Vec<_>>(), [10]);
    assert!(store.mark_wrong(30, 0).unwrap());
    assert!(!store.mark_wrong(30, 1).unwrap());
    assert_eq!(found(&store, &Search { wrong: true, ..Default::default() }), [30]);
    assert_eq!(store.unanswered(10).unwrap().len(), 1);
    assert!(store.forget_call(20).unwrap());
    assert!(!store.forget_call(20).unwrap());
    assert_eq!(found(&store, &Search { words: "contribucio".into(), ..Default::default() }), [10]);
    assert_eq!(store.turns(20).unwrap(), [].into());
}

#[test]
fn what_is_forgotten_during_a_call_stays_forgotten_and_is_counted() {
    let (_folder, store) = store();
    store.put_call(&call(7, Outcome::Open)).unwrap();
    store.put_turn(7, 0, &turn("la contribució")).unwrap();
    assert!(store.forget_call(7).unwrap());
    store.put_turn(7, 1, &turn("la piscina")).unwrap();
    store.end_call(&call(7, Outcome::Answered)).unwrap();
    assert_eq!((store.call(7).unwrap(), store.turns(7).unwrap()), (None, [].into()));
    assert_eq!(found(&store, &Search { words: "piscina contribucio".into(), ..Default::default() }), [0; 0]);
    let hour = at("1970-01-01T00:00:00Z")..at("1970-01-01T01:00:00Z");
    assert_eq!(store.tallies(hour).unwrap()[0].1.calls, 1);
}

#[test]
fn questions_without_an_answer_wait_until_they_are_settled() {
    let (_folder, store) = store();
    store.put_call(&call(7, Outcome::Open)).unwrap();
    store.put_turn(7, 0, &Turn { decision: Decision::None, ..turn("quan passa el circ") }).unwrap();
    store.put_turn(7, 1, &turn("el padró")).unwrap();
    let waiting = store.unanswered(10).unwrap();
    assert_eq!(waiting.iter().map(|one| one.question.heard.as_str()).collect::<Vec<_>>(), ["quan passa el circ"]);
    store.settle(&[(7, 0)]).unwrap();
    assert_eq!(store.unanswered(10).unwrap(), []);
}

#[test]
fn each_kind_is_kept_for_its_time_and_no_longer() {
    let (_folder, store) = store();
    let now = at("2026-06-30T00:00:00Z");
    let ago = |days: i64| (now - SignedDuration::from_hours(24 * days)).as_microsecond() as u64;
    let calls: Vec<(Call, Vec<Turn>)> =
        [1, 100, 400].map(|days| (call(ago(days), Outcome::Answered), vec![turn("la contribució")])).into();
    store.import(&calls).unwrap();
    let retention = Retention::default();
    assert!(!store.holdings(&retention).unwrap().iter().all(|holding| holding.is_in_time(now)));
    let removed = store.enforce(&retention, now).unwrap();
    assert_eq!((removed.words, removed.calls), (2, 1));
    assert!(store.holdings(&retention).unwrap().iter().all(|holding| holding.is_in_time(now)));
    assert_eq!(found(&store, &Search { words: "contribucio".into(), ..Default::default() }), [ago(1)]);
    assert_eq!(
        found(&store, &Search { topic: Some("padron.register".into()), ..Default::default() }),
        [ago(1), ago(100)]
    );
    assert_eq!(store.last_enforced().unwrap(), Some((now, removed)));
    assert_eq!(store.enforce(&retention, now).unwrap(), Default::default());
}
