//! Signing in and out: name, password, and the code of who has a second factor, in one form, so that nobody learns which
//! of them was wrong.

pub mod code;
pub mod lock;
pub mod password;

use std::sync::Arc;

use axum::Extension;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use jiff::Timestamp;
use maud::{Markup, html};
use portaveu_store::{Session, User};
use serde::Deserialize;

use crate::Panel;
use crate::pages::refused;
use crate::rights::first;
use crate::shell::plain_page;
use crate::texts::Texts;
use crate::visit::{COOKIE, Peer, Posted, Visit, cookie, header_text, is_from_here, kept};

/// To the sign-in, or to where the person begins.
pub async fn begin(State(panel): State<Arc<Panel>>, headers: HeaderMap) -> Redirect {
    let begins = cookie(&headers, COOKIE).map(kept).and_then(|id| {
        let session = panel.read(panel.store.session(&id))??;
        panel.read(panel.store.user(&session.user))?
    });
    Redirect::to(begins.map_or("/sign-in", |user| first(user.role).path()))
}

pub async fn form(State(panel): State<Arc<Panel>>, headers: HeaderMap) -> Response {
    let t = panel.texts.accepted(header_text(&headers, header::ACCEPT_LANGUAGE));
    plain_page(t, t.say("sign_in.title"), &fields(t, None)).into_response()
}

fn fields(t: &Texts, error: Option<&str>) -> Markup {
    html! {
        @if let Some(error) = error { p.error role="alert" { (error) } }
        form.card method="post" action="/sign-in" {
            label for="name" { (t.say("sign_in.name")) }
            input #name name="name" autocomplete="username" autocapitalize="none" required autofocus;
            label for="password" { (t.say("sign_in.password")) }
            input #password name="password" type="password" autocomplete="current-password" required;
            label for="code" { (t.say("sign_in.code")) }
            input #code name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="6" aria-describedby="code-help";
            p.help #code-help { (t.say("sign_in.code_help")) }
            button { (t.say("sign_in.enter")) }
        }
        p { a href="/lights" { (t.say("lights.title")) } }
    }
}

#[derive(Deserialize)]
pub struct Entering {
    name: String,
    password: String,
    #[serde(default)]
    code: String,
}

pub async fn enter(
    State(panel): State<Arc<Panel>>,
    ConnectInfo(peer): Peer,
    address: Uri,
    headers: HeaderMap,
    body: axum::body::Bytes,
) -> Response {
    let t = panel.texts.accepted(header_text(&headers, header::ACCEPT_LANGUAGE));
    if !is_from_here(&address, &headers) {
        return refused(t, StatusCode::FORBIDDEN);
    }
    let Ok(entering) = serde_html_form::from_bytes::<Entering>(&body) else {
        return refused(t, StatusCode::BAD_REQUEST);
    };
    if !panel.tries.allow(peer.ip()) {
        let page = plain_page(t, t.say("sign_in.title"), &fields(t, Some(t.say("sign_in.too_often"))));
        return (StatusCode::TOO_MANY_REQUESTS, page).into_response();
    }
    let (checking, name) = (panel.clone(), entering.name.clone());
    let entered = tokio::task::spawn_blocking(move || sign_in(&checking, &entering)).await.ok().flatten();
    match entered {
        Some(token) => {
            panel.audit(&name, "sign_in", "");
            let cookie = format!("{COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Strict");
            ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response()
        }
        None => {
            tracing::warn!("somebody at {} could not sign in to the panel", peer.ip());
            panel.audit("", "sign_in_failed", &peer.ip().to_string());
            let page = plain_page(t, t.say("sign_in.title"), &fields(t, Some(t.say("sign_in.wrong"))));
            (StatusCode::UNAUTHORIZED, page).into_response()
        }
    }
}

/// The secret of a new session, if name, password and code are right.
fn sign_in(panel: &Panel, entering: &Entering) -> Option<String> {
    let now = Timestamp::now();
    let user = panel.read(panel.store.user(&entering.name))?;
    let is_right = password::verify(&entering.password, user.as_ref().map(|user| user.password.as_str()));
    let seconds = u64::try_from(now.as_second()).unwrap_or_default();
    let check = |user: &mut User| {
        let enters = is_right && !lock::is_locked(user, now) && code::take(user, &entering.code, seconds);
        if enters {
            lock::succeeded(user)
        } else {
            lock::failed(user, now)
        }
        enters
    };
    panel.read(panel.store.change_user(&entering.name, check))?.filter(|enters| *enters)?;
    let secret = || password::random::<32>().ok().map(|bytes| BASE64_URL_SAFE_NO_PAD.encode(bytes));
    let (token, form_token) = (secret()?, secret()?);
    let session = Session { user: entering.name.clone(), began: now, seen: now, form_token };
    panel.read(panel.store.put_session(&kept(&token), &session))?;
    Some(token)
}

#[derive(Deserialize)]
pub struct Nothing {}

pub async fn leave(
    State(panel): State<Arc<Panel>>,
    Extension(visit): Extension<Visit>,
    Posted(Nothing {}): Posted<Nothing>,
) -> Response {
    panel.read(panel.store.remove_session(&visit.session));
    let cookie = format!("{COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0");
    ([(header::SET_COOKIE, cookie)], Redirect::to("/sign-in")).into_response()
}
