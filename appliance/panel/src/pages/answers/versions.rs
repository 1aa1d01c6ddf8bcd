//! What was published before: who, when, why; what changed; and the way back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use portaveu_store::{Publication, TextHash, Version};
use similar::{ChangeTag, TextDiff};

use super::{Ordered, edit, put_out, told};
use crate::Panel;
use crate::pages::{blocking, folded, moment, refused};
use crate::rights::Area;
use crate::shell::{button, page};
use crate::visit::Who;

/// Lines around a change that are shown.
const AROUND: usize = 2;

pub async fn versions(State(panel): State<Arc<Panel>>, axum::Extension(visit): Who) -> Response {
    let t = visit.texts(&panel);
    let all = panel.read(panel.store.versions()).unwrap_or_default();
    let zone = panel.desk.time_zone();
    let back = |version: &Version| {
        let action = format!("/answers/versions/{}/restore", version.number);
        button(&visit, &action, t.say("answers.restore_now"), "danger")
    };
    let body = html! {
        @if all.is_empty() { p.empty { (t.say("answers.no_versions")) } }
        ol.versions reversed {
            @for version in &all {
                li.card {
                    p {
                        strong { (version.number) } " · " (moment(version.at, &zone)) " · "
                        @if version.is_installed() { (t.say("answers.installed")) } @else { (version.by) }
                    }
                    p { (version.note) }
                    div.actions {
                        a href={ "/answers/versions/" (version.number) } { (t.say("answers.what_changed")) }
                        (folded(t.say("answers.restore"), &version.number.to_string(), t.say("answers.restore_help"), &back(version)))
                    }
                }
            }
        }
    };
    page(&panel, &visit, Area::Answers, t.say("answers.versions"), &body).into_response()
}

/// A version beside the one before it.
pub async fn compare(
    State(panel): State<Arc<Panel>>,
    axum::Extension(visit): Who,
    Path(number): Path<u64>,
) -> Response {
    let t = visit.texts(&panel);
    let reading = panel.clone();
    let compared = blocking(move || {
        let all = reading.read(reading.store.versions())?;
        let at = all.iter().position(|version| version.number == number)?;
        Some(differences(&reading, &all[at..]))
    });
    let Some(changes) = compared.await.flatten() else { return refused(t, StatusCode::NOT_FOUND) };
    let body = html! {
        @if changes.is_empty() { p.empty { (t.say("answers.no_change")) } }
        @for (path, change) in changes { h2 { (path) } (change) }
    };
    page(&panel, &visit, Area::Answers, &t.fill("answers.version", &[&number.to_string()]), &body).into_response()
}

/// What was said as of the first of these versions, beside what was said before it.
fn differences(panel: &Panel, versions: &[Version]) -> Vec<(String, Markup)> {
    let (old, new) = (Publication::of(&versions[1..]).files(), Publication::of(versions).files());
    let text = |hash: Option<&TextHash>| {
        hash.and_then(|hash| panel.read(panel.store.text(hash)).flatten()).unwrap_or_default()
    };
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let changed = paths.into_iter().filter(|path| versions.len() > 1 && old.get(*path) != new.get(*path));
    changed.map(|path| (path.clone(), difference(&text(old.get(path)), &text(new.get(path))))).collect()
}

pub fn difference(before: &str, after: &str) -> Markup {
    let compared = TextDiff::from_lines(before, after);
    html! {
        div.difference {
            @for part in compared.grouped_ops(AROUND) {
                @for change in part.iter().flat_map(|op| compared.iter_changes(op)) {
                    @match change.tag() {
                        ChangeTag::Delete => p { del { (change.value()) } },
                        ChangeTag::Insert => p { ins { (change.value()) } },
                        ChangeTag::Equal => p { (change.value()) },
                    }
                }
                hr;
            }
        }
    }
}

/// Publish an earlier version's answers again, as a new one.
pub async fn restore(
    State(panel): State<Arc<Panel>>,
    axum::Extension(visit): Who,
    Path(number): Path<u64>,
    _: Ordered,
) -> Response {
    let (restoring, who) = (panel.clone(), visit.user.clone());
    let t = visit.texts(&panel);
    let (note, failed) = (t.fill("answers.restored", &[&number.to_string()]), t.say("refused.failed").to_owned());
    let done = blocking(move || match topics_of(&restoring, number) {
        Some(topics) => put_out(&restoring, &topics, &who, &note),
        None => Err(failed.into()),
    });
    told(&panel, &visit, done.await).await
}

/// All topics that were said as of a version, or nothing: what lacks one is another version.
fn topics_of(panel: &Panel, number: u64) -> Option<BTreeMap<String, String>> {
    let all = panel.read(panel.store.versions())?;
    let at = all.iter().position(|version| version.number == number)?;
    let files = Publication::of(&all[at..]).files().into_iter().filter(|(path, _)| edit::is_topic(path));
    files.map(|(path, hash)| Some((path, panel.read(panel.store.text(&hash))??))).collect()
}
