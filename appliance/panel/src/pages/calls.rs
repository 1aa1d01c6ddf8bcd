//! Calls that are over: found by what they were about, each with what was said and what was decided.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use maud::{Markup, html};
use portaveu_call::{Decision, Language};
use portaveu_store::{Call, Outcome, Search, Turn};
use serde::{Deserialize, Serialize};

use super::{blocking, folded, language_name, length, moment, refused, time_of_day, topics_in_order};
use crate::Panel;
use crate::desk::TopicFacts;
use crate::rights::Area;
use crate::shell::{button, page, token};
use crate::sign_in::Nothing;
use crate::texts::Texts;
use crate::visit::{Posted, Visit, Who};

const ON_A_PAGE: usize = 50;

/// What the form of the page asks for; all of it is text, and what cannot be read is not asked for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    from: String,
    until: String,
    language: String,
    outcome: String,
    topic: String,
    words: String,
    /// A number as the store keeps it: none stands in the address of a page.
    caller: String,
    wrong: String,
    before: String,
}

impl Asked {
    fn search(&self, panel: &Panel) -> Search {
        let zone = panel.desk.time_zone();
        let day = |text: &str, after: i64| {
            let date: Date = text.parse().ok()?;
            Some(date.checked_add(after.days()).ok()?.to_zoned(zone.clone()).ok()?.timestamp())
        };
        let text = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        Search {
            from: day(&self.from, 0),
            until: day(&self.until, 1),
            language: self.language.parse().ok(),
            outcome: Outcome::ALL.into_iter().find(|outcome| outcome_name(*outcome) == self.outcome),
            department: None,
            topic: text(&self.topic),
            caller: self.caller.parse().ok(),
            words: self.words.clone(),
            wrong: !self.wrong.is_empty(),
        }
    }
}

pub async fn list(
    State(panel): State<Arc<Panel>>,
    axum::Extension(visit): Who,
    Query(asked): Query<Asked>,
) -> Response {
    let (searching, wanted) = (panel.clone(), asked.clone());
    let found = blocking(move || {
        let search = wanted.search(&searching);
        searching.read(searching.store.search(&search, wanted.before.parse().ok(), ON_A_PAGE))
    });
    let Some(calls) = found.await.flatten() else {
        return refused(visit.texts(&panel), StatusCode::INTERNAL_SERVER_ERROR);
    };
    let t = visit.texts(&panel);
    let topics = topics_in_order(&panel, t);
    let body = html! {
        (form(&panel, t, &asked, &topics))
        (of_number(t, &visit))
        (table(t, &calls, &topics, &panel.desk.time_zone()))
        @if let Some(last) = calls.last().filter(|_| calls.len() == ON_A_PAGE) {
            @let older = Asked { before: last.id.to_string(), ..asked };
            p { a href={ "/calls?" (serde_html_form::to_string(&older).unwrap_or_default()) } { (t.say("calls.older")) } }
        }
    };
    page(&panel, &visit, Area::Calls, t.say("menu.calls"), &body).into_response()
}

fn form(panel: &Panel, t: &Texts, asked: &Asked, topics: &[TopicFacts]) -> Markup {
    html! {
        form.card.search method="get" action="/calls" role="search" {
            div { label for="from" { (t.say("calls.from")) } input #from name="from" type="date" value=(asked.from); }
            div { label for="until" { (t.say("calls.until")) } input #until name="until" type="date" value=(asked.until); }
            div {
                label for="language" { (t.say("calls.language")) }
                select #language name="language" {
                    option value="" { (t.say("calls.any")) }
                    @for language in panel.desk.languages() {
                        option value=(language) selected[language.code() == asked.language] { (language_name(language)) }
                    }
                }
            }
            div {
                label for="outcome" { (t.say("calls.outcome")) }
                select #outcome name="outcome" {
                    option value="" { (t.say("calls.any")) }
                    @for outcome in Outcome::ALL {
                        option value=(outcome_name(outcome)) selected[outcome_name(outcome) == asked.outcome] { (said(t, outcome)) }
                    }
                }
            }
            div {
                label for="topic" { (t.say("calls.topic")) }
                select #topic name="topic" {
                    option value="" { (t.say("calls.any")) }
                    @for topic in topics {
                        option value=(topic.id) selected[topic.id == asked.topic] { (topic.name(t.language)) }
                    }
                }
            }
            div { label for="words" { (t.say("calls.words")) } input #words name="words" value=(asked.words); }
            div.check {
                input #wrong name="wrong" type="checkbox" value="yes" checked[!asked.wrong.is_empty()];
                label for="wrong" { (t.say("calls.only_wrong")) }
            }
            button { (t.say("calls.search")) }
        }
    }
}

/// By the caller's number, which is not written into any address.
fn of_number(t: &Texts, visit: &Visit) -> Markup {
    html! {
        form.card.search method="post" action="/calls/number" {
            (token(visit))
            div {
                label for="number" { (t.say("calls.number")) }
                p.help #number-help { (t.say("calls.number_help")) }
                input #number name="number" inputmode="tel" autocomplete="off" required aria-describedby="number-help";
            }
            button { (t.say("calls.search")) }
        }
    }
}

#[derive(Deserialize)]
pub struct Number {
    number: String,
}

pub async fn find_number(
    State(panel): State<Arc<Panel>>,
    axum::Extension(visit): Who,
    Posted(Number { number }): Posted<Number>,
) -> Response {
    let Some(caller) = panel.read(panel.store.caller(&number, Timestamp::now())) else {
        return refused(visit.texts(&panel), StatusCode::INTERNAL_SERVER_ERROR);
    };
    panel.audit(&visit.user, "search_number", "");
    let asked = Asked { caller: caller.to_string(), ..Asked::default() };
    Redirect::to(&format!("/calls?{}", serde_html_form::to_string(&asked).unwrap_or_default())).into_response()
}

fn table(t: &Texts, calls: &[Call], topics: &[TopicFacts], zone: &TimeZone) -> Markup {
    html! {
        @if calls.is_empty() { p.empty { (t.say("calls.none")) } } @else {
            div.scroll tabindex="0" role="region" aria-label=(t.say("menu.calls")) {
                table {
                    thead { tr {
                        @for head in [t.say("calls.when"), t.say("calls.length"), t.say("calls.language"),
                            t.say("calls.outcome"), t.say("calls.topics")] { th scope="col" { (head) } }
                    } }
                    tbody {
                        @for call in calls {
                            tr {
                                td { a href={ "/calls/" (call.id) } { (moment(call.began, zone)) } }
                                td { (length(call.seconds())) }
                                td { (language_name(call.language)) }
                                td { (said(t, call.outcome)) }
                                td { (names(&call.topics, topics, t.language)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn names(ids: &[String], topics: &[TopicFacts], language: Language) -> String {
    let name = |id: &String| {
        topics.iter().find(|topic| topic.id == *id).map_or(id.as_str(), |topic| topic.name(language)).to_owned()
    };
    ids.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// An outcome in the address of a page.
fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Open => "open",
        Outcome::Answered => "answered",
        Outcome::HandedOver => "handed-over",
        Outcome::Unanswered => "unanswered",
        Outcome::Message => "message",
        Outcome::Lost => "lost",
    }
}

fn said(t: &Texts, outcome: Outcome) -> &str {
    match outcome {
        Outcome::Open => t.say("outcome.open"),
        Outcome::Answered => t.say("outcome.answered"),
        Outcome::HandedOver => t.say("outcome.handed_over"),
        Outcome::Unanswered => t.say("outcome.unanswered"),
        Outcome::Message => t.say("outcome.message"),
        Outcome::Lost => t.say("outcome.lost"),
    }
}

pub async fn show(State(panel): State<Arc<Panel>>, axum::Extension(visit): Who, Path(id): Path<u64>) -> Response {
    let reading = panel.clone();
    let found = blocking(move || {
        let call = reading.read(reading.store.call(id))??;
        Some((call, reading.read(reading.store.turns(id))?))
    });
    let t = visit.texts(&panel);
    let Some((call, turns)) = found.await.flatten() else { return refused(t, StatusCode::NOT_FOUND) };
    panel.audit(&visit.user, "see_call", &id.to_string());
    let (zone, topics) = (panel.desk.time_zone(), panel.desk.topics());
    let body = html! {
        dl.facts {
            div { dt { (t.say("calls.length")) } dd { (length(call.seconds())) } }
            div { dt { (t.say("calls.line")) } dd { (call.line) } }
            div { dt { (t.say("calls.language")) } dd { (language_name(call.language)) } }
            div { dt { (t.say("calls.outcome")) } dd { (said(t, call.outcome)) } }
            div { dt { (t.say("calls.topics")) } dd { (names(&call.topics, &topics, t.language)) } }
        }
        h2 { (t.say("calls.turns")) }
        @if turns.is_empty() { p.empty { (t.say("calls.no_turns")) } }
        ol.turns {
            @for (number, turn) in &turns { (turn_of(t, &visit, &call, *number, turn, &topics, &zone)) }
        }
        (folded(
            t.say("calls.forget_title"),
            "",
            t.say("calls.forget_help"),
            &button(&visit, &format!("/calls/{id}/forget"), t.say("calls.forget"), "danger"),
        ))
    };
    page(&panel, &visit, Area::Calls, &t.fill("calls.call_of", &[&moment(call.began, &zone)]), &body).into_response()
}

fn turn_of(
    t: &Texts,
    visit: &Visit,
    call: &Call,
    number: u32,
    turn: &Turn,
    topics: &[TopicFacts],
    zone: &TimeZone,
) -> Markup {
    let percent = format!("{:.0} %", turn.confidence * 100.0);
    html! {
        li {
            p.heard lang=(turn.language) { "«" (turn.heard) "»" }
            p.decided {
                (time_of_day(turn.at, zone)) " · " (decided(t, turn.decision))
                @if !turn.topics.is_empty() { ": " (names(&turn.topics, topics, t.language)) }
                " · " (t.fill("calls.sure", &[&percent]))
            }
            @if turn.wrong { p.mark { (t.say("calls.is_wrong")) } } @else if turn.decision == Decision::Answer {
                (button(visit, &format!("/calls/{}/wrong/{number}", call.id), t.say("calls.wrong"), "quiet"))
            }
        }
    }
}

pub fn decided(t: &Texts, decision: Decision) -> &str {
    match decision {
        Decision::Answer => t.say("decision.answer"),
        Decision::Confirm => t.say("decision.confirm"),
        Decision::Choose => t.say("decision.choose"),
        Decision::Human => t.say("decision.human"),
        Decision::Emergency => t.say("decision.emergency"),
        Decision::Control => t.say("decision.control"),
        Decision::None => t.say("decision.none"),
    }
}

pub async fn mark_wrong(
    State(panel): State<Arc<Panel>>,
    axum::Extension(visit): Who,
    Path((call, turn)): Path<(u64, u32)>,
    Posted(Nothing {}): Posted<Nothing>,
) -> Redirect {
    panel.read(panel.store.mark_wrong(call, turn));
    panel.audit(&visit.user, "mark_wrong", &call.to_string());
    Redirect::to(&format!("/calls/{call}"))
}

pub async fn forget(
    State(panel): State<Arc<Panel>>,
    axum::Extension(visit): Who,
    Path(call): Path<u64>,
    Posted(Nothing {}): Posted<Nothing>,
) -> Redirect {
    panel.read(panel.store.forget_call(call));
    panel.audit(&visit.user, "forget_call", &call.to_string());
    Redirect::to(Area::Calls.path())
}
