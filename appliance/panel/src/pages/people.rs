//! Accounts and their roles, and who saw and changed what.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use portaveu_store::{Audit, Role, User};
use serde::Deserialize;

use super::{blocking, folded, moment, refused};
use crate::Panel;
use crate::people::{self, PeopleError};
use crate::rights::Area;
use crate::shell::{page, token};
use crate::sign_in::lock;
use crate::texts::Texts;
use crate::visit::{Posted, Visit, Who};

const ENTRIES: usize = 50;

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Older {
    before: Option<u64>,
}

pub async fn list(
    State(panel): State<Arc<Panel>>,
    axum::Extension(visit): Who,
    Query(older): Query<Older>,
) -> Response {
    shown(&panel, &visit, older.before.unwrap_or(u64::MAX), html! {})
}

fn shown(panel: &Panel, visit: &Visit, before: u64, said: Markup) -> Response {
    let t = visit.texts(panel);
    let users = panel.read(panel.store.users()).unwrap_or_default();
    let log = panel.read(panel.store.audit_log(before, ENTRIES)).unwrap_or_default();
    let body = html! {
        (said)
        (accounts(t, visit, &users))
        (new_account(t, visit))
        h2 { (t.say("people.log")) }
        (entries(panel, t, &log))
        @if let Some((last, _)) = log.last().filter(|_| log.len() == ENTRIES) {
            p { a href={ "/people?before=" (last) } { (t.say("calls.older")) } }
        }
    };
    page(panel, visit, Area::People, t.say("menu.people"), &body).into_response()
}

fn accounts(t: &Texts, visit: &Visit, users: &[User]) -> Markup {
    let change = |action: &str, user: &User, label: &str, class: &str| {
        html! {
            form.inline method="post" action=(action) {
                (token(visit))
                input type="hidden" name="name" value=(user.name);
                button class=(class) { (label) span.unseen { " " (user.name) } }
            }
        }
    };
    let now = Timestamp::now();
    html! {
        div.scroll tabindex="0" role="region" aria-label=(t.say("people.accounts")) {
            table {
                caption { (t.say("people.accounts")) }
                thead { tr {
                    th scope="col" { (t.say("sign_in.name")) }
                    th scope="col" { (t.say("people.role")) }
                    th scope="col" { (t.say("people.second_factor")) }
                    th scope="col" { (t.say("people.change")) }
                } }
                tbody {
                    @for user in users {
                        tr {
                            th scope="row" {
                                (user.name)
                                @if lock::is_locked(user, now) { p.help { (t.say("people.locked")) } }
                            }
                            td { (role(t, user.role)) }
                            td { @if user.totp.is_some() { (t.say("people.yes")) } @else { (t.say("people.no")) } }
                            td {
                                (folded(
                                    t.say("people.reset"),
                                    &user.name,
                                    t.say("people.reset_help"),
                                    &change("/people/reset", user, t.say("people.reset_now"), "danger"),
                                ))
                                @if user.name != visit.user {
                                    (folded(
                                        t.say("people.remove"),
                                        &user.name,
                                        t.say("people.remove_help"),
                                        &change("/people/remove", user, t.say("people.remove_now"), "danger"),
                                    ))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn new_account(t: &Texts, visit: &Visit) -> Markup {
    html! {
        h2 { (t.say("people.new")) }
        form.card method="post" action="/people" {
            (token(visit))
            label for="name" { (t.say("sign_in.name")) }
            input #name name="name" required maxlength="40" pattern="[a-z0-9.\\-]+" autocapitalize="none" aria-describedby="name-help";
            p.help #name-help { (t.say("people.name_help")) }
            label for="role" { (t.say("people.role")) }
            select #role name="role" { @for one in Role::ALL { option value=(role_name(one)) { (role(t, one)) } } }
            button { (t.say("people.add")) }
        }
    }
}

fn entries(panel: &Panel, t: &Texts, log: &[(u64, Audit)]) -> Markup {
    let zone = panel.desk.time_zone();
    html! {
        div.scroll tabindex="0" role="region" aria-label=(t.say("people.log")) {
            table {
                thead { tr {
                    th scope="col" { (t.say("calls.when")) }
                    th scope="col" { (t.say("people.who")) }
                    th scope="col" { (t.say("people.what")) }
                    th scope="col" { (t.say("people.to_what")) }
                } }
                tbody {
                    @for (_, entry) in log {
                        tr {
                            td { (moment(entry.at, &zone)) }
                            td { (entry.who) }
                            td { (t.say(&format!("audit.{}", entry.what))) }
                            td { (subject(&entry.subject, &zone)) }
                        }
                    }
                }
            }
        }
    }
}

/// Calls and messages are numbered by the moment at which they began, which says more to people.
fn subject(subject: &str, zone: &TimeZone) -> String {
    let began = subject.parse().ok().filter(|number| *number > i64::from(u32::MAX));
    let at = began.and_then(|microseconds| Timestamp::from_microsecond(microseconds).ok());
    at.map_or_else(|| subject.to_owned(), |at| moment(at, zone))
}

fn role(t: &Texts, role: Role) -> &str {
    match role {
        Role::Attendant => t.say("role.attendant"),
        Role::Editor => t.say("role.editor"),
        Role::Manager => t.say("role.manager"),
        Role::It => t.say("role.it"),
    }
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::Attendant => "attendant",
        Role::Editor => "editor",
        Role::Manager => "manager",
        Role::It => "it",
    }
}

#[derive(Deserialize)]
pub struct NewAccount {
    name: String,
    role: Role,
}

#[derive(Deserialize)]
pub struct Named {
    name: String,
}

pub async fn add(
    State(panel): State<Arc<Panel>>,
    axum::Extension(visit): Who,
    Posted(NewAccount { name, role }): Posted<NewAccount>,
) -> Response {
    let (changing, account) = (panel.clone(), name.clone());
    let added = blocking(move || people::add(&changing.store, &account, role)).await;
    done(&panel, &visit, "add_person", &name, added)
}

pub async fn reset(
    State(panel): State<Arc<Panel>>,
    axum::Extension(visit): Who,
    Posted(Named { name }): Posted<Named>,
) -> Response {
    let (changing, account) = (panel.clone(), name.clone());
    let reset = blocking(move || people::reset(&changing.store, &account)).await;
    done(&panel, &visit, "reset_person", &name, reset)
}

pub async fn remove(
    State(panel): State<Arc<Panel>>,
    axum::Extension(visit): Who,
    Posted(Named { name }): Posted<Named>,
) -> Response {
    if name == visit.user {
        return refused(visit.texts(&panel), StatusCode::FORBIDDEN); // by mistake, more often than not
    }
    let (changing, account) = (panel.clone(), name.clone());
    let removed = blocking(move || people::remove(&changing.store, &account).map(|()| String::new())).await;
    done(&panel, &visit, "remove_person", &name, removed)
}

/// The page again, with what came of it: a new password is shown this once.
fn done(panel: &Panel, visit: &Visit, what: &str, name: &str, result: Option<Result<String, PeopleError>>) -> Response {
    let t = visit.texts(panel);
    let said = match result {
        Some(Ok(password)) => {
            panel.audit(&visit.user, what, name);
            html! {
                p.said role="status" {
                    @if password.is_empty() { (t.fill("people.removed", &[name])) } @else {
                        (t.fill("people.password_is", &[name])) " " code.secret { (password) }
                    }
                }
            }
        }
        Some(Err(error)) => html! { p.error role="alert" { (sentence(t, &error)) } },
        None => html! { p.error role="alert" { (t.say("refused.failed")) } },
    };
    shown(panel, visit, u64::MAX, said)
}

fn sentence<'a>(t: &'a Texts, error: &PeopleError) -> &'a str {
    match error {
        PeopleError::Name(_) => t.say("people.bad_name"),
        PeopleError::Known(_) => t.say("people.known"),
        PeopleError::Unknown(_) => t.say("people.unknown"),
        PeopleError::Last(_) => t.say("people.last"),
        // No page makes the first account, whose password is the settings'.
        PeopleError::Weak(_) | PeopleError::Password(_) | PeopleError::Store(_) => t.say("refused.failed"),
    }
}
