//! The calls that are going on, as they change, and today's figures.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Redirect, Response};
use futures_util::StreamExt;
use futures_util::stream::{self, Stream};
use jiff::{Timestamp, ToSpan};
use maud::{Markup, html};
use portaveu_store::{Outcome, Tally};

use super::{blocking, language_name, time_of_day};
use crate::Panel;
use crate::desk::{LiveCall, LiveState};
use crate::rights::Area;
use crate::shell::{page, token};
use crate::sign_in::Nothing;
use crate::texts::Texts;
use crate::visit::{Posted, Who};

pub async fn show(State(panel): State<Arc<Panel>>, axum::Extension(visit): Who) -> Response {
    let t = visit.texts(&panel);
    let counting = panel.clone();
    let today = blocking(move || today(&counting)).await.flatten().unwrap_or_default();
    let body = html! {
        (figures(t, &today))
        h2 { (t.say("now.calls")) }
        div hx-ext="sse" sse-connect="/now/events" sse-swap="calls" aria-live="off" {
            (table(&panel, t, &panel.desk.live()))
        }
        form #orders method="post" { (token(&visit)) }
    };
    page(&panel, &visit, Area::Now, t.say("menu.now"), &body).into_response()
}

fn today(panel: &Panel) -> Option<Tally> {
    let now = Timestamp::now();
    let begin = now.to_zoned(panel.desk.time_zone()).start_of_day().ok()?.timestamp();
    let mut sum = Tally::default();
    let end = now.checked_add(1.hour()).ok()?;
    panel.read(panel.store.tallies(begin..end))?.iter().for_each(|(_, tally)| sum.add(tally));
    Some(sum)
}

fn figures(t: &Texts, today: &Tally) -> Markup {
    let figures = [
        (t.say("now.today_calls"), today.calls),
        (t.say("now.today_answered"), today.of(Outcome::Answered)),
        (t.say("now.today_handed_over"), today.of(Outcome::HandedOver)),
        (t.say("now.today_messages"), today.of(Outcome::Message)),
        (t.say("now.today_unanswered"), today.of(Outcome::Unanswered)),
        (t.say("now.today_refused"), today.refused),
        (t.say("now.today_gave_up"), today.gave_up),
    ];
    html! {
        h2 { (t.say("now.today")) }
        dl.figures { @for (name, count) in figures { div { dt { (name) } dd { (count) } } } }
    }
}

/// The live calls, and what can be done with each; the same for everybody who reads this language.
pub fn table(panel: &Panel, t: &Texts, calls: &[LiveCall]) -> Markup {
    let zone = panel.desk.time_zone();
    let topics = panel.desk.topics();
    let name =
        |id: &str| topics.iter().find(|topic| topic.id == id).map_or(id, |topic| topic.name(t.language)).to_owned();
    html! {
        @if calls.is_empty() { p.empty { (t.say("now.no_calls")) } } @else {
            div.scroll #live tabindex="0" role="region" aria-label=(t.say("now.calls")) {
                table {
                    thead { tr {
                        @for head in [t.say("now.since"), t.say("calls.line"), t.say("calls.language"), t.say("now.state"),
                            t.say("now.heard"), t.say("now.answered"), t.say("now.orders")] { th scope="col" { (head) } }
                    } }
                    tbody {
                        @for call in calls {
                            tr {
                                td { (time_of_day(call.began, &zone)) }
                                td { (call.line) }
                                td { (language_name(call.language)) }
                                td { (state(t, call.state)) }
                                td lang=(call.language) { (call.heard) }
                                td { @if let Some(topic) = &call.answered { (name(topic)) } }
                                td.orders { (orders(t, call, &time_of_day(call.began, &zone))) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn state(t: &Texts, state: LiveState) -> &str {
    match state {
        LiveState::Talking => t.say("now.talking"),
        LiveState::Ringing => t.say("now.ringing"),
        LiveState::Queued => t.say("now.queued"),
        LiveState::WithPerson => t.say("now.with_person"),
        LiveState::Message => t.say("now.leaving_message"),
    }
}

/// The buttons belong to a form outside of the table: forms are each session's own, and the table is everybody's.
fn orders(t: &Texts, call: &LiveCall, since: &str) -> Markup {
    let button = |order: &str, label: &str, class: &str| {
        html! {
            button id={ (order) "-" (call.id) } class=(class) form="orders" formaction={ "/now/" (call.id) "/" (order) } {
                (label) span.unseen { " · " (t.fill("now.call_since", &[since])) }
            }
        }
    };
    html! {
        @if call.state == LiveState::Talking { (button("hand-over", t.say("now.hand_over"), "")) }
        (button("hang-up", t.say("now.hang_up"), "danger"))
    }
}

pub async fn events(
    State(panel): State<Arc<Panel>>,
    axum::Extension(visit): Who,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let t = visit.texts(&panel);
    let language = t.language;
    // What changed after the page was drawn and before the browser asked for changes has been seen by nobody.
    let watching = (panel.live.watch(), panel.clone(), visit.session);
    let first: Arc<str> = table(&panel, t, &panel.desk.live()).into_string().into();
    let changed = stream::unfold(watching, move |(mut watch, panel, session)| async move {
        watch.changed().await.ok()?;
        let kept = panel.read(panel.store.session(&session))??; // who has left sees no more
        if kept.is_over(Timestamp::now()) {
            return None;
        }
        let html = watch.borrow_and_update().iter().find(|(of, _)| *of == language).map(|(_, html)| html.clone());
        Some((html, (watch, panel, session)))
    });
    let drawn = stream::once(std::future::ready(Some(first))).chain(changed);
    let events = drawn.map(|html| Ok(Event::default().event("calls").data(html.as_deref().unwrap_or_default())));
    Sse::new(events).keep_alive(KeepAlive::default())
}

pub async fn hang_up(
    State(panel): State<Arc<Panel>>,
    axum::Extension(visit): Who,
    Path(call): Path<u64>,
    Posted(Nothing {}): Posted<Nothing>,
) -> Redirect {
    panel.desk.hang_up(call);
    panel.audit(&visit.user, "hang_up", &call.to_string());
    Redirect::to(Area::Now.path())
}

pub async fn hand_over(
    State(panel): State<Arc<Panel>>,
    axum::Extension(visit): Who,
    Path(call): Path<u64>,
    Posted(Nothing {}): Posted<Nothing>,
) -> Redirect {
    panel.desk.hand_over(call);
    panel.audit(&visit.user, "hand_over", &call.to_string());
    Redirect::to(Area::Now.path())
}
