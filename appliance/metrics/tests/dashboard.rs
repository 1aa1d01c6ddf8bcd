//! The dashboard asks for what Telegraf writes, and Telegraf reads what a bundle has.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

use std::collections::{BTreeMap, BTreeSet};

use portaveu_metrics::SCHEMA_DOCUMENT;
use serde_json::Value;

const TELEGRAF: &str = include_str!("../grafana/telegraf.conf");
const DASHBOARD: &str = include_str!("../grafana/portaveu.json");

/// The schema of what is at a path, arrays opened.
fn described(path: &str) -> Value {
    let schema: Value = serde_json::from_str(SCHEMA_DOCUMENT).unwrap();
    let resolve = |mut at: Value| {
        while let Some(reference) = at.get("$ref").and_then(Value::as_str) {
            at = schema.pointer(reference.trim_start_matches('#')).unwrap().clone();
        }
        at
    };
    let step = |at: Value, key: &str| resolve(at["properties"][key].clone());
    let found = path.split('.').fold(schema.clone(), step);
    assert!(found.is_object(), "the schema has no {path}");
    resolve(found.get("items").cloned().unwrap_or(found))
}

fn text(value: &toml::Value, key: &str) -> String {
    value[key].as_str().unwrap().to_owned()
}

fn blocks<'a>(value: &'a toml::Value, key: &str) -> impl Iterator<Item = &'a toml::Value> {
    value.get(key).and_then(toml::Value::as_array).into_iter().flatten()
}

/// What Telegraf writes: fields and tags by measurement.
fn written() -> BTreeMap<String, BTreeSet<String>> {
    let telegraf: toml::Value = toml::from_str(TELEGRAF).unwrap();
    let mut written = BTreeMap::new();
    for block in blocks(&telegraf["inputs"]["mqtt_consumer"][0], "json_v2") {
        let names: &mut BTreeSet<String> = written.entry(text(block, "measurement_name")).or_default();
        described(&text(block, "timestamp_path"));
        for simple in blocks(block, "tag").chain(blocks(block, "field")) {
            described(&text(simple, "path"));
            names.insert(simple.get("rename").map_or(text(simple, "path"), |_| text(simple, "rename")));
        }
        for object in blocks(block, "object") {
            let properties = described(&text(object, "path"))["properties"].as_object().unwrap().clone();
            assert!(blocks(object, "tags").all(|tag| properties.contains_key(tag.as_str().unwrap())));
            names.extend(properties.into_iter().map(|(name, _)| name));
        }
    }
    written
}

/// What is between quotes in a query, the measurement first.
fn asked(query: &str) -> (String, BTreeSet<String>) {
    let measurement = query.split("FROM ").nth(1).unwrap().split('"').nth(1).unwrap().to_owned();
    let names = query.split('"').skip(1).step_by(2).map(String::from).filter(|name| *name != measurement).collect();
    (measurement, names)
}

#[test]
fn every_query_is_answered_by_what_telegraf_writes() {
    let (written, dashboard): (_, Value) = (written(), serde_json::from_str(DASHBOARD).unwrap());
    let targets = dashboard["panels"].as_array().unwrap().iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    let variables = dashboard["templating"]["list"].as_array().unwrap().iter();
    let queries = targets.chain(variables.filter(|variable| variable["type"] == "query"));
    let mut used = BTreeSet::new();
    for query in queries.map(|target| target["query"].as_str().unwrap()) {
        let (measurement, names) = asked(query);
        assert!(names.is_subset(&written[&measurement]), "{query} asks for more than {:?}", written[&measurement]);
        used.insert(measurement);
    }
    assert_eq!(used, written.keys().cloned().collect(), "something is written and never shown");
}
