//! The council's answers: what is published, what is being changed ([`edit`]), and what was published before ([`versions`]).
//!
//! It must not publish what nobody else has read, where there is anybody else who may, nor what the pack's own check refuses; nothing
//! but topics is changed here.

pub mod draft;
mod edit;
mod fault;
mod import;
mod versions;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use maud::{Markup, html};
use portaveu_call::Language;
use portaveu_store::Publication;
use serde::Deserialize;

use super::{blocking, moment, refused, topics_in_order};
use crate::Panel;
use crate::desk::{Fault, TopicFacts};
use crate::rights::Area;
use crate::shell::{page, token};
use crate::sign_in::Nothing;
use crate::texts::Texts;
use crate::visit::{Posted, Visit, Who};
use draft::{Looked, is_alone};

pub use draft::{discard, review};
pub use edit::{edit, keep, sound, try_out};
pub use import::{import, import_file};
pub use versions::{compare, restore, versions};

/// An answer's last day is announced so long before.
const SOON_DAYS: i64 = 30;

pub async fn list(State(panel): State<Arc<Panel>>, axum::Extension(visit): Who) -> Response {
    shown(&panel, &visit, &html! {}).await
}

/// The page, with what came of what was asked for.
async fn shown(panel: &Arc<Panel>, visit: &Visit, said: &Markup) -> Response {
    let t = visit.texts(panel);
    let (reading, language) = (panel.clone(), visit.language);
    let read = move || (Drafts::read(&reading, language), topics_in_order(&reading, reading.texts.of(language)));
    let Some((drafts, topics)) = blocking(read).await else {
        return refused(t, StatusCode::INTERNAL_SERVER_ERROR);
    };
    let body = html! {
        (said)
        @if let Some(at) = drafts.newer_pack {
            p.said { (t.fill("answers.newer_pack", &[&moment(at, &panel.desk.time_zone())])) }
        }
        @if !drafts.all.is_empty() { (in_work(panel, t, visit, &drafts)) }
        (question(t, visit))
        (published(panel, t, &topics))
        p { a href="/answers/versions" { (t.say("answers.versions")) } }
        (import::form(t, visit))
    };
    page(panel, visit, Area::Answers, t.say("menu.answers"), &body).into_response()
}

/// What is in work.
struct Drafts {
    all: Vec<Looked>,
    /// Only one account may read them.
    alone: bool,
    /// When a newer pack was installed, if nothing was published since.
    newer_pack: Option<Timestamp>,
}

impl Drafts {
    fn read(panel: &Panel, language: Language) -> Self {
        let versions = panel.read(panel.store.versions()).unwrap_or_default();
        let publication = Publication::of(&versions);
        let drafts = panel.read(panel.store.drafts()).unwrap_or_default().into_iter();
        let looked = drafts.map(|draft| Looked::at(panel, panel.texts.of(language), draft, &publication));
        let newest = versions.first().filter(|version| version.is_installed() && versions.len() > 1);
        Self { all: looked.collect(), alone: is_alone(panel), newer_pack: newest.map(|version| version.at) }
    }
}

/// Where an answer is edited.
pub fn link(path: &str) -> String {
    format!("/answers/edit?{}", serde_html_form::to_string([("path", path)]).unwrap_or_default())
}

fn in_work(panel: &Panel, t: &Texts, visit: &Visit, drafts: &Drafts) -> Markup {
    html! {
        h2 { (t.say("answers.drafts")) }
        p { @if drafts.alone { (t.say("answers.alone")) } @else { (t.say("answers.drafts_help")) } }
        ul.drafts { @for draft in &drafts.all { (draft.listed(panel, t, visit, drafts.alone)) } }
        @if drafts.all.iter().any(Looked::is_ready) {
            form.card method="post" action="/answers/publish" {
                (token(visit))
                label for="note" { (t.say("answers.note")) }
                input #note name="note" maxlength="200" required;
                button { (t.say("answers.publish")) }
                p.help { (t.say("answers.publish_help")) }
            }
        }
    }
}

/// A question to the box, as a caller would ask it.
fn question(t: &Texts, visit: &Visit) -> Markup {
    html! {
        h2 { (t.say("answers.try")) }
        form.card method="post" action="/answers/try" hx-post="/answers/try" hx-target="#tried" {
            (token(visit))
            label for="question" { (t.say("answers.question")) }
            input #question name="question" required maxlength="300";
            button { (t.say("answers.ask")) }
        }
        div #tried role="status" {}
    }
}

fn today(panel: &Panel) -> Date {
    Timestamp::now().to_zoned(panel.desk.time_zone()).date()
}

fn published(panel: &Panel, t: &Texts, topics: &[TopicFacts]) -> Markup {
    let today = today(panel);
    let soon = today.saturating_add(SOON_DAYS.days());
    html! {
        h2 { (t.say("answers.published")) }
        div.scroll tabindex="0" role="region" aria-label=(t.say("answers.published")) {
            table {
                thead { tr {
                    th scope="col" { (t.say("calls.topic")) }
                    th scope="col" { (t.say("answers.owner")) }
                    th scope="col" { (t.say("answers.valid_until")) }
                } }
                tbody {
                    @for topic in topics {
                        tr {
                            th scope="row" { a href=(link(&topic.path)) { (topic.name(t.language)) } }
                            td { @if let Some(owner) = &topic.owner { (owner) } }
                            td {
                                @if let Some(last) = topic.valid_until {
                                    (last.strftime("%d/%m/%Y"))
                                    @if last < today { " " span.mark { (t.say("answers.over")) } }
                                    @else if last < soon { " " span.mark { (t.say("answers.soon_over")) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[derive(Deserialize)]
pub struct Publishing {
    note: String,
}

/// Publish the drafts that somebody has read and nothing hinders.
pub async fn publish(
    State(panel): State<Arc<Panel>>,
    axum::Extension(visit): Who,
    Posted(Publishing { note }): Posted<Publishing>,
) -> Response {
    let (publishing, who, language) = (panel.clone(), visit.user.clone(), visit.language);
    let published = blocking(move || {
        let mut ready = Drafts::read(&publishing, language).all;
        ready.retain(Looked::is_ready);
        if ready.is_empty() {
            return Err(Fault::Other(publishing.texts.of(language).say("answers.changed_meanwhile").to_owned()));
        }
        let mut topics = publishing.desk.topic_texts();
        topics.extend(ready.iter().map(|looked| (looked.draft.path.clone(), looked.draft.text.clone())));
        let unheard = put_out(&publishing, &topics, &who, &note)?;
        ready.iter().for_each(|looked| _ = publishing.read(publishing.store.remove_draft_if_same(&looked.draft)));
        Ok(unheard)
    });
    told(&panel, &visit, published.await).await
}

/// Publish these topics over the installed pack. Gives those that were changed and yet are not heard: their last day is past.
fn put_out(panel: &Panel, topics: &BTreeMap<String, String>, who: &str, note: &str) -> Result<Vec<TopicFacts>, Fault> {
    let (before, today) = (panel.desk.topic_texts(), today(panel));
    panel.desk.publish(topics, (who, note))?;
    panel.audit(who, "publish", note);
    let mut unheard = panel.desk.topics();
    unheard.retain(|topic| {
        before.get(&topic.path) != topics.get(&topic.path) && topic.valid_until.is_some_and(|last| last < today)
    });
    Ok(unheard)
}

/// The page with what came of a publishing.
async fn told(panel: &Arc<Panel>, visit: &Visit, published: Option<Result<Vec<TopicFacts>, Fault>>) -> Response {
    let t = visit.texts(panel);
    let said = match published {
        Some(Ok(unheard)) if unheard.is_empty() => {
            html! { p.said role="status" { (t.say("answers.is_published")) } }
        }
        Some(Ok(unheard)) => {
            let names = unheard.iter().map(|topic| topic.name(t.language)).collect::<Vec<_>>().join(", ");
            html! { p.error role="alert" { (t.fill("answers.is_unheard", &[&names])) } }
        }
        Some(Err(fault)) => {
            html! { p.error role="alert" { (t.say("answers.not_published")) " " (fault::said(t, &fault)) } }
        }
        None => html! { p.error role="alert" { (t.say("refused.failed")) } },
    };
    shown(panel, visit, &said).await
}

/// For pages that only change something.
type Ordered = Posted<Nothing>;
