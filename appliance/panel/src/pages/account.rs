//! One's own password, second factor and language.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use jiff::Timestamp;
use maud::{Markup, PreEscaped, html};
use portaveu_call::Language;
use portaveu_store::User;
use serde::Deserialize;

use super::{blocking, language_name};
use crate::Panel;
use crate::rights::Area;
use crate::shell::{button, page, token};
use crate::sign_in::{Nothing, code, lock, password};
use crate::texts::Texts;
use crate::visit::{Posted, Visit, Who};

pub async fn show(State(panel): State<Arc<Panel>>, axum::Extension(visit): Who) -> Response {
    shown(&panel, &visit, None)
}

fn shown(panel: &Panel, visit: &Visit, said: Option<&str>) -> Response {
    let t = visit.texts(panel);
    let has_code = panel.read(panel.store.user(&visit.user)).flatten().is_some_and(|user| user.totp.is_some());
    let body = html! {
        @if visit.must_change { p.error role="alert" { (t.say("account.must_change")) } }
        @if let Some(said) = said { p.said role="status" { (said) } }
        (password_form(t, visit))
        @if !visit.must_change {
            h2 { (t.say("account.code")) }
            p { (t.say("account.code_help")) }
            @if has_code {
                (button(visit, "/account/code/remove", t.say("account.code_remove"), "danger"))
            } @else {
                (button(visit, "/account/code", t.say("account.code_begin"), ""))
            }
            (language_form(panel, t, visit))
        }
    };
    page(panel, visit, Area::Account, t.say("menu.account"), &body).into_response()
}

fn password_form(t: &Texts, visit: &Visit) -> Markup {
    html! {
        h2 { (t.say("account.password")) }
        form.card method="post" action="/account/password" {
            (token(visit))
            label for="old" { (t.say("account.old")) }
            input #old name="old" type="password" autocomplete="current-password" required;
            label for="new" { (t.say("account.new")) }
            input #new name="new" type="password" autocomplete="new-password" required minlength=(password::SHORTEST) aria-describedby="new-help";
            p.help #new-help { (t.say("account.new_help")) }
            button { (t.say("account.change")) }
        }
    }
}

fn language_form(panel: &Panel, t: &Texts, visit: &Visit) -> Markup {
    html! {
        h2 { (t.say("account.language")) }
        form.card method="post" action="/account/language" {
            (token(visit))
            label for="language" { (t.say("account.language")) }
            select #language name="language" {
                @for language in panel.texts.languages() {
                    option value=(language) lang=(language) selected[language == t.language] { (language_name(language)) }
                }
            }
            button { (t.say("account.choose")) }
        }
    }
}

#[derive(Deserialize)]
pub struct NewPassword {
    old: String,
    new: String,
}

pub async fn change_password(
    State(panel): State<Arc<Panel>>,
    axum::Extension(visit): Who,
    Posted(given): Posted<NewPassword>,
) -> Response {
    let t = visit.texts(&panel);
    if !password::is_acceptable(&given.new, &visit.user) || given.new == given.old {
        return shown(&panel, &visit, Some(t.say("account.too_easy")));
    }
    let (changing, asking) = (panel.clone(), visit.clone());
    let changed = blocking(move || replace_password(&changing, &asking, &given));
    if changed.await.flatten().is_none() {
        return shown(&panel, &visit, Some(t.say("account.old_wrong")));
    }
    panel.audit(&visit.user, "change_password", "");
    Redirect::to("/").into_response()
}

/// The new password, for who knows the old one; guesses count as they do at the sign-in.
fn replace_password(panel: &Panel, visit: &Visit, given: &NewPassword) -> Option<()> {
    let (store, now) = (&panel.store, Timestamp::now());
    let user = panel.read(store.user(&visit.user))??;
    if lock::is_locked(&user, now) || !password::verify(&given.old, Some(&user.password)) {
        panel.read(store.change_user(&visit.user, |user| lock::failed(user, now)));
        return None;
    }
    let hash = password::hash(&given.new).ok()?;
    let change = |user: &mut User| (user.password, user.must_change) = (hash, false);
    let session = panel.read(store.session(&visit.session))??;
    panel.read(store.change_user(&visit.user, change))??;
    panel.read(store.sign_out_everywhere(&visit.user))?; // but for here
    panel.read(store.put_session(&visit.session, &session))
}

#[derive(Deserialize)]
pub struct Chosen {
    language: Language,
}

pub async fn choose_language(
    State(panel): State<Arc<Panel>>,
    axum::Extension(visit): Who,
    Posted(Chosen { language }): Posted<Chosen>,
) -> Redirect {
    panel.read(panel.store.change_user(&visit.user, |user| user.language = Some(language)));
    Redirect::to(Area::Account.path())
}

/// A new secret for the person's app, which is theirs once they have typed a code of it.
pub async fn begin_code(
    State(panel): State<Arc<Panel>>,
    axum::Extension(visit): Who,
    Posted(Nothing {}): Posted<Nothing>,
) -> Response {
    match password::random::<20>() {
        Ok(secret) => invite(&panel, &visit, &secret, None),
        Err(_) => shown(&panel, &visit, Some(visit.texts(&panel).say("refused.failed"))),
    }
}

fn invite(panel: &Panel, visit: &Visit, secret: &[u8], error: Option<&str>) -> Response {
    let t = visit.texts(panel);
    let Some((picture, typed)) = code::invitation(&visit.user, secret) else {
        return shown(panel, visit, Some(t.say("refused.failed")));
    };
    let body = html! {
        @if let Some(error) = error { p.error role="alert" { (error) } }
        p { (t.say("account.scan")) }
        div.code role="img" aria-label=(t.say("account.picture")) { (PreEscaped(picture)) }
        p { (t.say("account.type_instead")) " " code.secret { (typed) } }
        form.card method="post" action="/account/code/confirm" {
            (token(visit))
            input type="hidden" name="secret" value=(BASE64_URL_SAFE_NO_PAD.encode(secret));
            label for="code" { (t.say("account.code_now")) }
            input #code name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="6" required;
            button { (t.say("account.code_confirm")) }
        }
    };
    page(panel, visit, Area::Account, t.say("account.code"), &body).into_response()
}

#[derive(Deserialize)]
pub struct Confirmed {
    secret: String,
    code: String,
}

pub async fn confirm_code(
    State(panel): State<Arc<Panel>>,
    axum::Extension(visit): Who,
    Posted(given): Posted<Confirmed>,
) -> Response {
    let t = visit.texts(&panel);
    let secret = BASE64_URL_SAFE_NO_PAD.decode(&given.secret).ok().filter(|secret| secret.len() == 20);
    let Some(secret) = secret else { return shown(&panel, &visit, Some(t.say("refused.not_understood"))) };
    let now = u64::try_from(Timestamp::now().as_second()).unwrap_or_default();
    if !code::is_right(&visit.user, &secret, &given.code, now) {
        return invite(&panel, &visit, &secret, Some(t.say("account.code_wrong")));
    }
    let change = |user: &mut User| {
        user.totp = Some(secret);
        code::take(user, &given.code, now) // it signs nobody in besides
    };
    panel.read(panel.store.change_user(&visit.user, change));
    panel.audit(&visit.user, "second_factor", "");
    shown(&panel, &visit, Some(t.say("account.code_on")))
}

pub async fn remove_code(
    State(panel): State<Arc<Panel>>,
    axum::Extension(visit): Who,
    Posted(Nothing {}): Posted<Nothing>,
) -> Redirect {
    panel.read(panel.store.change_user(&visit.user, |user| user.totp = None));
    panel.audit(&visit.user, "no_second_factor", "");
    Redirect::to(Area::Account.path())
}
