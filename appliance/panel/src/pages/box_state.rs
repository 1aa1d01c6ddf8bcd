//! How the box is, for the council's IT: its lights, its parts, its log, and a file to send to whoever helps.

use std::sync::Arc;

use axum::extract::{ConnectInfo, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::html;
use portaveu_board::Condition;
use portaveu_call::Language;

use super::{blocking, lights, moment};
use crate::Panel;
use crate::desk::{Reading, Value};
use crate::reports::numbers;
use crate::rights::Area;
use crate::shell::page;
use crate::texts::Texts;
use crate::visit::{Peer, Who};

pub async fn show(State(panel): State<Arc<Panel>>, axum::Extension(visit): Who) -> Response {
    let t = visit.texts(&panel);
    let asked = panel.clone();
    let (readings, log) = blocking(move || (asked.desk.readings(), asked.desk.log())).await.unwrap_or_default();
    let body = html! {
        div hx-get="/lights" hx-trigger="every 2s" { (lights::drawn(t, panel.desk.lights())) }
        h2 { (t.say("box.parts")) }
        div.scroll tabindex="0" role="region" aria-label=(t.say("box.parts")) {
            table {
                thead { tr {
                    th scope="col" { (t.say("box.part")) }
                    th scope="col" { (t.say("box.value")) }
                    th scope="col" { (t.say("box.condition")) }
                } }
                tbody {
                    @for reading in &readings {
                        tr class=(class(reading.condition)) {
                            th scope="row" { (t.say(&format!("reading.{}", reading.name))) }
                            td { (value(&panel, t, &reading.value)) }
                            td { (condition(t, reading.condition)) }
                        }
                    }
                }
            }
        }
        h2 { (t.say("box.log")) }
        p { a href="/box/diagnostics" download="portaveu-diagnostics.txt" { (t.say("box.diagnostics")) } " " (t.say("box.diagnostics_help")) }
        pre.log tabindex="0" { @for line in &log { (line) "\n" } }
    };
    page(&panel, &visit, Area::Box, t.say("menu.box"), &body).into_response()
}

/// What a reading shows, as a sentence.
fn value(panel: &Panel, t: &Texts, value: &Value) -> String {
    let whole = |number: u64| numbers::whole(u32::try_from(number).unwrap_or(u32::MAX), t.language);
    let count = |number: usize| whole(number as u64);
    let decimal = |number: f64| numbers::decimal((number * 10.0).round() / 10.0, t.language);
    match value {
        Value::Text(text) => text.clone(),
        Value::Lines { all: 0, .. } => t.say("value.no_lines").to_owned(),
        Value::Lines { up, all } => t.fill("value.lines", &[&count(*up), &count(*all)]),
        Value::People(true) => t.say("value.people").to_owned(),
        Value::People(false) => t.say("value.no_people").to_owned(),
        Value::Calls { now, channels } => t.fill("value.calls", &[&count(*now), &count(*channels)]),
        Value::Speech(true) => t.say("value.speech").to_owned(),
        Value::Speech(false) => t.say("value.no_speech").to_owned(),
        Value::Answers { topics, examples } => t.fill("value.answers", &[&count(*topics), &count(*examples)]),
        Value::Disk(free) => t.fill("value.disk", &[&decimal(*free as f64 / 1e9)]),
        Value::Store { calls, bytes } => t.fill("value.store", &[&whole(*calls), &decimal(*bytes as f64 / 1e6)]),
        Value::Retention(Some(at)) => t.fill("value.retention", &[&moment(*at, &panel.desk.time_zone())]),
        Value::Retention(None) => t.say("value.no_retention").to_owned(),
        Value::Temperature(Some(degrees)) => t.fill("value.temperature", &[&decimal(degrees.round())]),
        Value::Temperature(None) => t.say("value.no_temperature").to_owned(),
    }
}

fn class(condition: Condition) -> &'static str {
    match condition {
        Condition::Good => "good",
        Condition::Attention => "attention",
        Condition::Broken => "broken",
    }
}

fn condition(t: &Texts, condition: Condition) -> &str {
    match condition {
        Condition::Good => t.say("box.good"),
        Condition::Attention => t.say("box.attention"),
        Condition::Broken => t.say("box.broken"),
    }
}

/// The box's own numbers, as Prometheus reads them. Who may not read them does not learn that there are any.
pub async fn gauges(State(panel): State<Arc<Panel>>, ConnectInfo(peer): Peer) -> Response {
    if !panel.settings.prometheus.contains(&peer.ip().to_canonical()) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let asked = panel.clone();
    let gauges = blocking(move || asked.desk.gauges()).await.unwrap_or_default();
    let lines = |(name, help, value): (&str, &str, f64)| {
        format!("# HELP portaveu_{name} {help}\n# TYPE portaveu_{name} gauge\nportaveu_{name} {value}\n")
    };
    let text: String = gauges.into_iter().map(lines).collect();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

/// Everything that IT sees, as text: the log has no caller's word nor number.
pub async fn diagnostics(State(panel): State<Arc<Panel>>, axum::Extension(visit): Who) -> Response {
    panel.audit(&visit.user, "diagnostics", "");
    let asked = panel.clone();
    let (readings, log) = blocking(move || (asked.desk.readings(), asked.desk.log())).await.unwrap_or_default();
    let t = panel.texts.of(Language::En); // for whoever helps, whoever sends it
    let line = |reading: &Reading| {
        format!("{}: {} ({})\n", reading.name, value(&panel, t, &reading.value), class(reading.condition))
    };
    let text = format!(
        "portaveu {}\n{}\n{}\n",
        env!("CARGO_PKG_VERSION"),
        readings.iter().map(line).collect::<String>(),
        log.join("\n")
    );
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}
