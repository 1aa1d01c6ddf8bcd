//! The messages that callers left, by department: take one, call back, done.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::tz::TimeZone;
use maud::{Markup, html};
use portaveu_store::{Message, MessageState};
use serde::Deserialize;

use super::{blocking, folded, language_name, length, moment, refused};
use crate::Panel;
use crate::rights::Area;
use crate::shell::{button, page};
use crate::sign_in::Nothing;
use crate::texts::Texts;
use crate::visit::{Posted, Visit, Who};

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Shown {
    department: String,
    /// Those that are done as well.
    all: String,
}

pub async fn list(
    State(panel): State<Arc<Panel>>,
    axum::Extension(visit): Who,
    Query(shown): Query<Shown>,
) -> Response {
    let t = visit.texts(&panel);
    let reading = panel.clone();
    let Some(mut messages) = blocking(move || reading.read(reading.store.messages())).await.flatten() else {
        return refused(t, StatusCode::INTERNAL_SERVER_ERROR);
    };
    messages.retain(|message| {
        (shown.department.is_empty() || message.department == shown.department)
            && (!shown.all.is_empty() || message.state != MessageState::Done)
    });
    panel.audit(&visit.user, "see_messages", &shown.department);
    let zone = panel.desk.time_zone();
    let departments = panel.desk.departments();
    let body = html! {
        form.card.search method="get" action="/messages" {
            div {
                label for="department" { (t.say("messages.department")) }
                select #department name="department" {
                    option value="" { (t.say("calls.any")) }
                    @for (id, name) in &departments {
                        option value=(id) selected[*id == shown.department] { (name) }
                    }
                }
            }
            div.check {
                input #all name="all" type="checkbox" value="yes" checked[!shown.all.is_empty()];
                label for="all" { (t.say("messages.done_too")) }
            }
            button { (t.say("messages.show")) }
        }
        @if messages.is_empty() { p.empty { (t.say("messages.none")) } }
        ol.messages { @for message in &messages { (one(&panel, t, &visit, message, &departments, &zone)) } }
    };
    page(&panel, &visit, Area::Messages, t.say("menu.messages"), &body).into_response()
}

fn one(
    panel: &Panel,
    t: &Texts,
    visit: &Visit,
    message: &Message,
    departments: &BTreeMap<String, String>,
    zone: &TimeZone,
) -> Markup {
    let department = departments.get(&message.department).unwrap_or(&message.department);
    let topics = panel.desk.topics();
    let topic = message.topic.as_ref().and_then(|id| topics.iter().find(|topic| topic.id == *id));
    let action = |state: &str| format!("/messages/{}/{state}", message.id);
    html! {
        li.card {
            h2 { (moment(message.at, zone)) " · " (department) }
            p.state { (state(t, message.state)) }
            dl.facts {
                div {
                    dt { (t.say("messages.number")) }
                    dd {
                        @match &message.number {
                            Some(number) => a href={ "tel:" (number) } { (number) },
                            None => (t.say("messages.no_number")),
                        }
                    }
                }
                @if !message.when.is_empty() {
                    div { dt { (t.say("messages.when")) } dd lang=(message.language) { (message.when) } }
                }
                div { dt { (t.say("calls.language")) } dd { (language_name(message.language)) } }
                @if let Some(topic) = topic { div { dt { (t.say("calls.topic")) } dd { (topic.name(t.language)) } } }
            }
            @if !message.text.is_empty() {
                p.heard lang=(message.language) { "«" (message.text) "»" }
                p.help { (t.say("messages.heard_help")) }
            }
            @if message.seconds > 0 {
                audio controls preload="none" src=(action("sound")) aria-label=(t.fill("messages.listen", &[&length(message.seconds)])) {}
            }
            div.actions {
                @if message.state == MessageState::New { (button(visit, &action("taken"), t.say("messages.take"), "")) }
                @if message.state != MessageState::Done { (button(visit, &action("done"), t.say("messages.done"), "")) }
                @if message.state != MessageState::New { (button(visit, &action("new"), t.say("messages.give_back"), "quiet")) }
                (folded(
                    t.say("messages.forget"),
                    &moment(message.at, zone),
                    t.say("messages.forget_help"),
                    &button(visit, &action("forget"), t.say("messages.forget_now"), "danger"),
                ))
            }
        }
    }
}

fn state(t: &Texts, state: MessageState) -> &str {
    match state {
        MessageState::New => t.say("messages.is_new"),
        MessageState::Taken => t.say("messages.is_taken"),
        MessageState::Done => t.say("messages.is_done"),
    }
}

pub async fn change(
    State(panel): State<Arc<Panel>>,
    axum::Extension(visit): Who,
    Path((id, state)): Path<(u64, String)>,
    Posted(Nothing {}): Posted<Nothing>,
) -> Response {
    let state = match state.as_str() {
        "new" => MessageState::New,
        "taken" => MessageState::Taken,
        "done" => MessageState::Done,
        _ => return refused(visit.texts(&panel), StatusCode::NOT_FOUND),
    };
    let changing = panel.clone();
    let department = blocking(move || {
        changing.read(changing.store.set_message_state(id, state))?;
        let messages = changing.read(changing.store.messages())?;
        messages.into_iter().find(|message| message.id == id).map(|message| message.department)
    });
    if let Some(department) = department.await.flatten() {
        panel.desk.inbox_changed(&department);
        panel.audit(&visit.user, "change_message", &id.to_string());
    }
    Redirect::to(Area::Messages.path()).into_response()
}

/// Remove a message and its sound, for good.
pub async fn forget(
    State(panel): State<Arc<Panel>>,
    axum::Extension(visit): Who,
    Path(id): Path<u64>,
    Posted(Nothing {}): Posted<Nothing>,
) -> Response {
    let forgetting = panel.clone();
    let forgotten = blocking(move || forgetting.read(forgetting.store.forget_message(id))).await.flatten();
    match forgotten {
        None => return refused(visit.texts(&panel), StatusCode::INTERNAL_SERVER_ERROR),
        Some(Some(message)) => {
            panel.desk.inbox_changed(&message.department);
            panel.audit(&visit.user, "forget_message", &id.to_string());
        }
        Some(None) => {} // somebody else was sooner
    }
    Redirect::to(Area::Messages.path()).into_response()
}

pub async fn sound(State(panel): State<Arc<Panel>>, axum::Extension(visit): Who, Path(id): Path<u64>) -> Response {
    let reading = panel.clone();
    let sound = blocking(move || reading.read(reading.store.message_sound(id)).flatten()).await.flatten();
    match sound {
        Some(sound) => {
            panel.audit(&visit.user, "hear_message", &id.to_string());
            ([(header::CONTENT_TYPE, "audio/wav")], sound).into_response()
        }
        None => refused(visit.texts(&panel), StatusCode::NOT_FOUND),
    }
}
