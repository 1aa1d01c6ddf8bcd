//! A store of an earlier version is brought to this one, and nothing of it is lost.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use portaveu_call::{Decision, Language};
use portaveu_store::{Outcome, Store};
use redb::{Database, TableDefinition};

/// As version 2 wrote them.
fn version_2(path: &std::path::Path) {
    let call = (7u64, "sip", Timestamp::UNIX_EPOCH, None::<Timestamp>, Language::Ca, 1u32);
    let turn = (
        Timestamp::UNIX_EPOCH,
        "em dic Empar, 612 345 678",
        Language::Ca,
        0.5f32,
        Decision::None,
        Vec::<String>::new(),
    );
    let database = Database::create(path).unwrap();
    let write = database.begin_write().unwrap();
    {
        let bytes = |table| TableDefinition::<u64, &[u8]>::new(table);
        let mut calls = write.open_table(bytes("calls")).unwrap();
        calls.insert(7, postcard::to_stdvec(&call).unwrap().as_slice()).unwrap();
        let mut turns = write.open_table(TableDefinition::<(u64, u32), &[u8]>::new("turns")).unwrap();
        turns.insert((7, 0), postcard::to_stdvec(&turn).unwrap().as_slice()).unwrap();
        write.open_table(bytes("messages")).unwrap();
        write.open_table(bytes("message_sounds")).unwrap();
        write.open_table(TableDefinition::<&str, u32>::new("meta")).unwrap().insert("version", 2).unwrap();
    }
    write.commit().unwrap();
}

#[test]
fn calls_of_version_2_are_sealed_and_redacted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("portaveu.redb");
    version_2(&path);
    let store = Store::open(&path).unwrap();
    let call = store.call(7).unwrap().unwrap();
    assert_eq!((call.language, call.outcome, call.line.as_str()), (Language::Ca, Outcome::Answered, "sip"));
    let turns = store.turns(7).unwrap();
    assert_eq!((turns.len(), turns[&0].decision), (1, Decision::None));
    assert!(!turns[&0].heard.contains("612") && !turns[&0].heard.contains("Empar"), "{}", turns[&0].heard);
    drop(store);
    assert_eq!(Store::open(&path).unwrap().turns(7).unwrap().len(), 1, "a second start changes nothing");
}

/// As version 3 wrote an hour: calls, busy tones, seconds, outcomes, languages, topics, answers, waits.
fn hour_of_version_3(path: &std::path::Path) {
    let outcomes = BTreeMap::from([(1u32, 2u32)]);
    let topics = BTreeMap::from([("padron.register", 2u32)]);
    let hour = (2u32, 3u32, 120u64, outcomes, BTreeMap::from([(Language::Ca, 2u32)]), topics, [1u32; 8], [1u32; 6]);
    let database = Database::open(path).unwrap();
    let write = database.begin_write().unwrap();
    {
        let mut tallies = write.open_table(TableDefinition::<u32, &[u8]>::new("tallies")).unwrap();
        tallies.insert(0, postcard::to_stdvec(&hour).unwrap().as_slice()).unwrap();
        write.open_table(TableDefinition::<&str, u32>::new("meta")).unwrap().insert("version", 3).unwrap();
    }
    write.commit().unwrap();
}

#[test]
fn hours_of_version_3_count_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("portaveu.redb");
    drop(Store::open(&path).unwrap());
    hour_of_version_3(&path);
    let store = Store::open(&path).unwrap();
    store.count_gave_up(Timestamp::UNIX_EPOCH).unwrap();
    let hours = store.tallies(Timestamp::UNIX_EPOCH..Timestamp::UNIX_EPOCH + SignedDuration::from_hours(1)).unwrap();
    let [(_, hour)] = hours.as_slice() else { panic!("{hours:?}") };
    assert_eq!((hour.calls, hour.refused, hour.gave_up, hour.of(Outcome::Answered)), (2, 3, 1, 2));
    assert_eq!((hour.seconds, hour.waits), (120, [1; 6]));
}
