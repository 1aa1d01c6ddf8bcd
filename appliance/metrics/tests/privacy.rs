//! What must hold of every bundle, whatever calls there were: no count tells of fewer than `k` calls, neither by itself nor
//! by subtraction; none is lost, none counted twice; and the schema that is published describes what is sent.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

use jiff::Timestamp;
use portaveu_call::Language;
use portaveu_metrics::{Bundle, CallFacts, Counts, Ending, Hour, Label, Name, NotABundle, SCHEMA_DOCUMENT, Threshold};
use proptest::prelude::*;
use serde_json::Value;

fn hour(number: i64) -> Hour {
    Hour::of(Timestamp::from_second(1_790_000_000 + 3600 * number).unwrap())
}

fn label(sequence: u64, until: i64, k: u32) -> Label {
    Label { sequence, name: Name::new("box").unwrap(), until: hour(until), k: Threshold::try_from(k).unwrap() }
}

fn counts(calls: &[CallFacts]) -> Counts {
    let mut counts = Counts::since(hour(0));
    calls.iter().for_each(|call| counts.add(call));
    counts
}

fn close(calls: &[CallFacts], k: u32) -> Option<Value> {
    Bundle::close(&counts(calls), label(1, 1, k)).map(|bundle| serde_json::to_value(bundle).unwrap())
}

fn endings() -> impl Strategy<Value = Ending> {
    prop_oneof![
        6 => (0u32..5000).prop_map(|slowest_ms| Ending::Answered { slowest_ms }),
        2 => (0u32..400_000).prop_map(|waited_ms| Ending::HandedOver { waited_ms }),
        1 => Just(Ending::Message),
        1 => Just(Ending::Unanswered),
    ]
}

fn call() -> impl Strategy<Value = CallFacts> {
    // Squared, so that some languages and topics are rare.
    let languages = (0.0..1.0f64).prop_map(|at| Language::ALL[(at * at * 7.0) as usize]);
    let topics = prop::option::weighted(0.8, (0.0..1.0f64).prop_map(|at| (at * at * 12.0) as u32));
    let topics = topics.prop_map(|topic| topic.map(|number| Name::new(&format!("topic.{number}")).unwrap()));
    (languages, topics, endings()).prop_map(|(language, topic, ending)| CallFacts { language, topic, ending })
}

fn calls(most: usize) -> impl Strategy<Value = Vec<CallFacts>> {
    prop::collection::vec(call(), 0..most)
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

/// All counts under a key of a bundle.
fn shown(value: &Value) -> Vec<u64> {
    let cells = value.get("cells").unwrap_or(value).as_array().unwrap();
    cells.iter().map(|cell| number(&cell["calls"])).collect()
}

fn sum(value: &Value) -> u64 {
    shown(value).iter().sum()
}

fn cell(table: &Value, name: &str) -> Option<u64> {
    let cells = table["cells"].as_array().unwrap();
    cells.iter().find(|cell| cell["name"] == name).map(|cell| number(&cell["calls"]))
}

const TABLES: [&str; 3] = ["outcomes", "languages", "topics"];
const HISTOGRAMS: [(&str, &str); 2] = [("answer_ms", "answered"), ("wait_ms", "handed_over")];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn no_count_tells_of_fewer_than_k(calls in calls(120), k in 3u32..12) {
        let Some(bundle) = close(&calls, k) else {
            prop_assert!(calls.len() < k as usize);
            return Ok(());
        };
        let tells = |count: u64| (1..u64::from(k)).contains(&count);
        prop_assert_eq!(number(&bundle["calls"]), calls.len() as u64);
        for table in TABLES {
            prop_assert!(shown(&bundle[table]).iter().all(|count| *count >= u64::from(k)), "{}", bundle);
            prop_assert_eq!(sum(&bundle[table]) + number(&bundle[table]["other"]), calls.len() as u64);
            prop_assert!(!tells(number(&bundle[table]["other"])), "{}", bundle);
        }
        for (histogram, outcome) in HISTOGRAMS {
            prop_assert!(!shown(&bundle[histogram]).into_iter().any(tells), "{}", bundle);
            // It says nothing that the outcomes do not: it has all of a cell that is shown, or nothing.
            prop_assert_eq!(sum(&bundle[histogram]), cell(&bundle["outcomes"], outcome).unwrap_or(0));
        }
    }

    /// What is shown is the truth, and is hidden only if it or what is left would be too small.
    #[test]
    fn cells_are_not_hidden_without_need(calls in calls(120), k in 3u32..12) {
        let Some(bundle) = close(&calls, k) else { return Ok(()) };
        let mut hidden = Vec::new();
        for language in Language::ALL {
            let count = calls.iter().filter(|call| call.language == language).count() as u64;
            match cell(&bundle["languages"], language.code()) {
                Some(shown) => prop_assert_eq!(shown, count),
                None if count > 0 => hidden.push(count),
                None => {}
            }
        }
        hidden.sort_unstable();
        let without_the_largest: u64 = hidden.iter().rev().skip(1).sum();
        prop_assert!(hidden.last().is_none_or(|last| *last < u64::from(k)) || without_the_largest < u64::from(k));
    }

    /// Hours with too few calls wait for the next ones.
    #[test]
    fn no_call_is_lost_or_counted_twice(hours in prop::collection::vec(calls(12), 0..40)) {
        let (mut open, mut bundles) = (Counts::since(hour(0)), Vec::new());
        for (number, calls) in hours.iter().enumerate() {
            calls.iter().for_each(|call| open.add(call));
            let until = number as i64 + 1;
            if let Some(bundle) = Bundle::close(&open, label(bundles.len() as u64 + 1, until, 5)) {
                bundles.push(serde_json::to_value(bundle).unwrap());
                open = Counts::since(hour(until));
            }
        }
        let published: u64 = bundles.iter().map(|bundle| number(&bundle["calls"])).sum();
        let all: usize = hours.iter().map(Vec::len).sum();
        prop_assert_eq!(published + u64::from(open.calls()), all as u64);
        prop_assert!(open.calls() < 5);
        prop_assert!(bundles.is_sorted_by(|a, b| a["until"] == b["from"]), "hours are missing or told twice");
    }

    #[test]
    fn a_line_is_read_as_it_was_written_and_fits_the_schema(calls in calls(60), k in 3u32..12) {
        let Some(bundle) = Bundle::close(&counts(&calls), label(7, 1, k)) else { return Ok(()) };
        let line = bundle.to_line().unwrap();
        prop_assert_eq!(&Bundle::from_line(&line).unwrap(), &bundle);
        let (mut compiler, mut schemas) = (boon::Compiler::new(), boon::Schemas::new());
        compiler.add_resource("bundle.json", serde_json::from_str(SCHEMA_DOCUMENT).unwrap()).unwrap();
        let schema = compiler.compile("bundle.json", &mut schemas).unwrap();
        let value: Value = serde_json::from_str(&line).unwrap();
        let fits = schemas.validate(&value, schema);
        prop_assert!(fits.is_ok(), "{}", fits.unwrap_err());
    }

    /// Nothing that is almost a bundle is passed on.
    #[test]
    fn one_byte_more_and_it_is_no_bundle(calls in calls(60), at in any::<prop::sample::Index>(), byte in " -~") {
        let Some(bundle) = Bundle::close(&counts(&calls), label(7, 1, 5)) else { return Ok(()) };
        let line = bundle.to_line().unwrap();
        let (before, after) = line.split_at(at.index(line.len()));
        if let Ok(other) = Bundle::from_line(&format!("{before}{byte}{after}")) {
            // Only another name, another sequence or an earlier begin can come of it: no count.
            let (one, other) = (serde_json::to_value(bundle).unwrap(), serde_json::to_value(other).unwrap());
            for table in ["calls", "outcomes", "languages", "answer_ms", "wait_ms"] {
                prop_assert_eq!(&one[table], &other[table]);
            }
        }
    }
}

fn answered(language: Language, topic: &str, slowest_ms: u32) -> CallFacts {
    CallFacts { language, topic: Some(Name::new(topic).unwrap()), ending: Ending::Answered { slowest_ms } }
}

/// One call in Ukrainian among six in Spanish: without the second cell in `other`, the total would tell.
#[test]
fn a_lone_cell_takes_the_next_one_with_it() {
    let mut calls = vec![answered(Language::Es, "padron.register", 400); 9];
    calls.extend(vec![answered(Language::Ca, "padron.register", 400); 6]);
    calls.push(answered(Language::Uk, "padron.register", 400));
    let bundle = close(&calls, 5).unwrap();
    assert_eq!(bundle["languages"], serde_json::json!({ "cells": [{ "name": "es", "calls": 9 }], "other": 7 }));
}

#[test]
fn neighbouring_times_are_joined() {
    let times = [100, 200, 210, 220, 230, 240, 600, 700, 900, 2900, 9000];
    let calls: Vec<CallFacts> = times.iter().map(|ms| answered(Language::Es, "fine.pay", *ms)).collect();
    let buckets = serde_json::json!([
        { "up_to": 250, "calls": 6 }, { "up_to": 500, "calls": 0 }, { "up_to": null, "calls": 5 }
    ]);
    assert_eq!(close(&calls, 5).unwrap()["answer_ms"], buckets);
}

#[test]
fn a_bundle_that_tells_too_much_is_refused() {
    let mut calls = vec![answered(Language::Es, "fine.pay", 400); 9];
    calls.extend(vec![answered(Language::Ca, "fine.pay", 400); 6]);
    let line = Bundle::close(&counts(&calls), label(1, 1, 5)).unwrap().to_line().unwrap();
    let told = line
        .replace(r#"{"name":"ca","calls":6}"#, r#"{"name":"ca","calls":4}"#)
        .replace(r#""other":0"#, r#""other":2"#);
    assert!(matches!(Bundle::from_line(&told), Err(NotABundle::Telling)), "{told}");
    let said = line.replace(r#""calls":15"#, r#""calls":15,"heard":"em dic Maria""#);
    assert!(matches!(Bundle::from_line(&said), Err(NotABundle::Form(_))));
    let called = line.replace("fine.pay", "t.612345678");
    assert!(matches!(Bundle::from_line(&called), Err(NotABundle::Form(_))));
    assert!(matches!(Bundle::from_line(&format!("{line} ")), Err(NotABundle::Bytes)));
}

/// Every property of the schema is in a bundle, so that none is left of an older type.
#[test]
fn the_schema_has_nothing_that_a_bundle_has_not() {
    let bundle = close(&vec![answered(Language::Es, "fine.pay", 400); 9], 5).unwrap();
    let schema: Value = serde_json::from_str(SCHEMA_DOCUMENT).unwrap();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&schema["properties"]), keys(&bundle));
    let outcomes: Vec<Value> = ["answered", "handed_over", "message", "unanswered"].map(Value::from).to_vec();
    let names =
        |table: &str| schema["$defs"][table]["properties"]["cells"]["items"]["properties"]["name"]["enum"].clone();
    assert_eq!(names("outcomes"), Value::from(outcomes));
    assert_eq!(names("languages"), Value::from(Language::ALL.map(Language::code).to_vec()));
}
