//! The council's answers: what is published, what is being changed ([`edit`]), and what was published before ([`versions`]).
//!
//! It must not publish what nobody else has read, where there is anybody else who may, nor what the pack's own check refuses.

pub mod draft;
mod edit;
mod fault;
mod import;
mod versions;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use jiff::{Timestamp, ToSpan};
use maud::{Markup, html};
use portaveu_store::{Draft, User};
use serde::Deserialize;

use super::{blocking, moment};
use crate::Panel;
use crate::desk::{Fault, TopicFacts};
use crate::rights::{Area, may};
use crate::shell::{page, token};
use crate::sign_in::Nothing;
use crate::texts::Texts;
use crate::visit::{Posted, Visit, Who};

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
    let reading = panel.clone();
    let read =
        move || (reading.read(reading.store.drafts()).unwrap_or_default(), reading.desk.topics(), is_alone(&reading));
    let (drafts, topics, alone) = blocking(read).await.unwrap_or_default();
    let body = html! {
        (said)
        @if !drafts.is_empty() { (in_work(panel, t, visit, &drafts, alone)) }
        (question(t, visit))
        (published(panel, t, &topics))
        p { a href="/answers/versions" { (t.say("answers.versions")) } }
        (import::form(t, visit))
    };
    page(panel, visit, Area::Answers, t.say("menu.answers"), &body).into_response()
}

/// Where an answer is edited.
pub fn link(path: &str) -> String {
    format!("/answers/edit?{}", serde_html_form::to_string([("path", path)]).unwrap_or_default())
}

fn in_work(panel: &Panel, t: &Texts, visit: &Visit, drafts: &[Draft], alone: bool) -> Markup {
    let zone = panel.desk.time_zone();
    let of_draft = |action: &str, draft: &Draft, label: &str, class: &str| {
        html! {
            form.inline method="post" action=(action) {
                (token(visit))
                input type="hidden" name="path" value=(draft.path);
                input type="hidden" name="at" value=(draft.at);
                button class=(class) { (label) span.unseen { " " (draft.path) } }
            }
        }
    };
    html! {
        h2 { (t.say("answers.drafts")) }
        p { @if alone { (t.say("answers.alone")) } @else { (t.say("answers.drafts_help")) } }
        ul.drafts {
            @for draft in drafts {
                li.card {
                    p {
                        a href=(link(&draft.path)) { (draft.path) }
                        " · " (t.fill("answers.by", &[&draft.by, &moment(draft.at, &zone)]))
                    }
                    @match &draft.reviewed_by {
                        Some(who) => p.state { (t.fill("answers.reviewed", &[who])) },
                        None => @if may_review(&visit.user, draft, alone) {
                            (of_draft("/answers/review", draft, t.say("answers.review"), ""))
                        } @else { p.state { (t.say("answers.waits")) } },
                    }
                    (of_draft("/answers/discard", draft, t.say("answers.discard"), "quiet"))
                }
            }
        }
        @if drafts.iter().any(|draft| draft.reviewed_by.is_some()) {
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

/// Somebody else reads a draft, whoever wrote it; where there is nobody else, the page says so.
fn may_review(user: &str, draft: &Draft, alone: bool) -> bool {
    draft.by != user || alone
}

fn is_alone(panel: &Panel) -> bool {
    panel.read(panel.store.users()).is_some_and(|users| has_one_reader(&users))
}

/// Whether only one account may read drafts.
fn has_one_reader(users: &[User]) -> bool {
    users.iter().filter(|user| may(user.role, Area::Answers)).count() == 1
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

fn published(panel: &Panel, t: &Texts, topics: &[TopicFacts]) -> Markup {
    let today = Timestamp::now().to_zoned(panel.desk.time_zone()).date();
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
pub struct OfDraft {
    path: String,
    /// When the text was written that was on the page: nobody agrees to one that they have not read.
    at: Timestamp,
}

pub async fn review(
    State(panel): State<Arc<Panel>>,
    axum::Extension(visit): Who,
    Posted(OfDraft { path, at }): Posted<OfDraft>,
) -> Response {
    let (reviewing, who) = (panel.clone(), visit.user.clone());
    blocking(move || agree(&reviewing, &who, &path, at)).await;
    shown(&panel, &visit, &html! {}).await
}

/// Write down that somebody has read a draft and agrees, if they may.
fn agree(panel: &Panel, who: &str, path: &str, at: Timestamp) {
    let alone = is_alone(panel);
    let draft = panel.read(panel.store.draft(path)).flatten();
    if let Some(draft) = draft.filter(|draft| draft.at == at && may_review(who, draft, alone)) {
        panel.read(panel.store.put_draft(&Draft { reviewed_by: Some(who.to_owned()), ..draft }));
        panel.audit(who, "review_draft", path);
    }
}

pub async fn discard(
    State(panel): State<Arc<Panel>>,
    axum::Extension(visit): Who,
    Posted(OfDraft { path, at }): Posted<OfDraft>,
) -> Response {
    let draft = panel.read(panel.store.draft(&path)).flatten();
    if let Some(draft) = draft.filter(|draft| draft.at == at) {
        panel.read(panel.store.remove_draft_if_same(&draft));
        panel.audit(&visit.user, "discard_draft", &path);
    }
    shown(&panel, &visit, &html! {}).await
}

#[derive(Deserialize)]
pub struct Publishing {
    note: String,
}

/// Publish the drafts that somebody has read.
pub async fn publish(
    State(panel): State<Arc<Panel>>,
    axum::Extension(visit): Who,
    Posted(Publishing { note }): Posted<Publishing>,
) -> Response {
    let (publishing, who) = (panel.clone(), visit.user.clone());
    let published = blocking(move || {
        let drafts = publishing.read(publishing.store.drafts()).unwrap_or_default();
        let reviewed: Vec<Draft> = drafts.into_iter().filter(|draft| draft.reviewed_by.is_some()).collect();
        let mut files = publishing.desk.pack()?;
        files.extend(reviewed.iter().map(|draft| (draft.path.clone(), draft.text.clone())));
        let published = put_out(&publishing, &files, &who, &note)?;
        reviewed.iter().for_each(|draft| _ = publishing.read(publishing.store.remove_draft_if_same(draft)));
        Ok::<_, Fault>(published)
    });
    told(&panel, &visit, published.await).await
}

/// Callers hear it; whether it is among the versions as well, so that there is a way back to it.
struct Published {
    is_kept: bool,
}

/// Learn a pack, answer from it, and keep it as a version; before the first of them what came with the box is kept, so
/// that there is a way back.
fn put_out(panel: &Panel, files: &BTreeMap<String, String>, who: &str, note: &str) -> Result<Published, Fault> {
    let is_first = panel.store.versions().is_ok_and(|all| all.is_empty());
    let installed = is_first.then(|| panel.desk.pack()).transpose()?;
    panel.desk.publish(files)?;
    panel.audit(who, "publish", note);
    let installed = installed.iter().map(|files| (files, ("", "")));
    let is_kept = installed
        .chain([(files, (who, note))])
        .all(|(files, by)| panel.read(panel.store.put_version(files, by, Timestamp::now())).is_some());
    Ok(Published { is_kept })
}

/// The page with what came of a publishing.
async fn told(panel: &Arc<Panel>, visit: &Visit, published: Option<Result<Published, Fault>>) -> Response {
    let t = visit.texts(panel);
    let said = match published {
        Some(Ok(Published { is_kept })) => html! {
            p.said role="status" { (t.say("answers.is_published")) }
            @if !is_kept { p.error role="alert" { (t.say("answers.not_kept")) } }
        },
        Some(Err(fault)) => {
            html! { p.error role="alert" { (t.say("answers.not_published")) " " (fault::said(t, &fault)) } }
        }
        None => html! { p.error role="alert" { (t.say("refused.failed")) } },
    };
    shown(panel, visit, &said).await
}

/// For pages that only change something.
type Ordered = Posted<Nothing>;

#[cfg(test)]
mod tests {
    use portaveu_store::Role;

    use super::*;

    #[test]
    fn another_person_reads_a_draft_unless_there_is_none_who_may() {
        let draft = Draft {
            path: "topics/fine.pay.md".into(),
            text: String::new(),
            by: "ana".into(),
            at: Timestamp::UNIX_EPOCH,
            reviewed_by: None,
        };
        let people =
            |roles: &[Role]| -> Vec<User> { roles.iter().map(|role| User::new("ana", *role, String::new())).collect() };
        let ana_may = |roles: &[Role]| may_review("ana", &draft, has_one_reader(&people(roles)));
        assert!(!ana_may(&[Role::Manager, Role::Editor]), "a manager reads their own");
        assert!(!ana_may(&[Role::Manager, Role::Manager]));
        assert!(ana_may(&[Role::Manager]));
        assert!(ana_may(&[Role::Editor, Role::Attendant, Role::It]), "neither of the others reads answers");
        assert!(may_review("pep", &draft, false));
    }
}
