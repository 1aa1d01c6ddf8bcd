//! Who asks: every page but the sign-in, the lights and the assets knows it, or is not given.
//!
//! It must not let a request through that it cannot name, nor a form that this panel did not write.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, FromRequest, Multipart, Request, State};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::{SignedDuration, Timestamp};
use portaveu_call::Language;
use portaveu_store::Role;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::Panel;
use crate::pages::refused;
use crate::rights::{Area, may};
use crate::texts::Texts;

/// The browser gives it back to this host alone, over TLS, and no script sees it.
pub const COOKIE: &str = "__Host-portaveu";
/// How often it is written down that a session is in use.
const SEEN_EVERY: SignedDuration = SignedDuration::from_secs(60);

/// Somebody who is signed in, and asks for something.
#[derive(Clone, Debug)]
pub struct Visit {
    pub user: String,
    pub role: Role,
    pub language: Language,
    /// Forms carry it back.
    pub form_token: String,
    /// What is kept of the browser's secret.
    pub session: Vec<u8>,
    pub must_change: bool,
}

impl Visit {
    pub fn may(&self, area: Area) -> bool {
        may(self.role, area)
    }

    pub fn texts<'a>(&self, panel: &'a Panel) -> &'a Texts {
        panel.texts.of(self.language)
    }
}

/// What a browser's secret is kept as.
pub fn kept(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

/// The value of a cookie.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies.flat_map(|line| line.split(';')).find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// Lets through who may see `area`; others are told, or sent to sign in.
pub async fn guard(State((panel, area)): State<(Arc<Panel>, Area)>, mut request: Request, next: Next) -> Response {
    let (headers, found) = (request.headers().clone(), panel.clone());
    let visit = tokio::task::spawn_blocking(move || visit(&found, &headers)).await.ok().flatten();
    let Some(visit) = visit else {
        return match *request.method() {
            Method::GET => Redirect::to("/sign-in").into_response(),
            _ => refused(panel.texts.of(Language::Es), StatusCode::UNAUTHORIZED),
        };
    };
    if visit.must_change && area != Area::Account {
        return Redirect::to(Area::Account.path()).into_response();
    }
    if !visit.may(area) {
        return refused(visit.texts(&panel), StatusCode::FORBIDDEN);
    }
    request.extensions_mut().insert(visit);
    next.run(request).await
}

fn visit(panel: &Panel, headers: &HeaderMap) -> Option<Visit> {
    let id = kept(cookie(headers, COOKIE)?);
    let now = Timestamp::now();
    let session = panel.read(panel.store.session(&id))??;
    if session.is_over(now) {
        panel.read(panel.store.remove_session(&id));
        return None;
    }
    let user = panel.read(panel.store.user(&session.user))??;
    if now.duration_since(session.seen) > SEEN_EVERY {
        panel.read(panel.store.session_seen(&id, now));
    }
    let accepted = || panel.texts.accepted(header_text(headers, header::ACCEPT_LANGUAGE)).language;
    Some(Visit {
        language: user.language.unwrap_or_else(accepted),
        user: user.name,
        role: user.role,
        form_token: session.form_token,
        session: id,
        must_change: user.must_change,
    })
}

pub fn header_text(headers: &HeaderMap, name: header::HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

#[derive(Deserialize)]
struct Token {
    #[serde(default)]
    token: String,
}

/// A form that this panel wrote for this session.
pub struct Posted<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<Panel>> for Posted<T> {
    type Rejection = Response;

    async fn from_request(request: Request, panel: &Arc<Panel>) -> Result<Self, Response> {
        let asked = Asked::read(request, panel).await?;
        let token: Token = form(&asked.body).ok_or_else(|| asked.refuse(panel, StatusCode::BAD_REQUEST))?;
        if !asked.is_ours(&token.token) {
            return Err(asked.refuse(panel, StatusCode::FORBIDDEN));
        }
        form(&asked.body).map(Self).ok_or_else(|| asked.refuse(panel, StatusCode::BAD_REQUEST))
    }
}

/// A file in such a form.
pub struct Sent(pub Bytes);

impl FromRequest<Arc<Panel>> for Sent {
    type Rejection = Response;

    async fn from_request(request: Request, panel: &Arc<Panel>) -> Result<Self, Response> {
        let asked = Asked::read(request, panel).await?;
        let (token, file) = asked.parts().await.unwrap_or_default();
        if !asked.is_ours(&token) {
            return Err(asked.refuse(panel, StatusCode::FORBIDDEN));
        }
        file.map(Self).ok_or_else(|| asked.refuse(panel, StatusCode::BAD_REQUEST))
    }
}

/// Something that somebody who is signed in sent, from here; not yet known to be this session's.
struct Asked {
    visit: Visit,
    parts: Parts,
    body: Bytes,
}

impl Asked {
    async fn read(request: Request, panel: &Arc<Panel>) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let visit = parts.extensions.get::<Visit>().cloned();
        let visit = visit.ok_or_else(|| refused(panel.texts.of(Language::Es), StatusCode::UNAUTHORIZED))?;
        let refuse = |status| refused(visit.texts(panel), status);
        if !is_from_here(&parts.uri, &parts.headers) {
            return Err(refuse(StatusCode::FORBIDDEN));
        }
        let body = Bytes::from_request(Request::from_parts(parts.clone(), body), panel).await;
        let body = body.map_err(|_| refuse(StatusCode::PAYLOAD_TOO_LARGE))?;
        Ok(Self { visit, parts, body })
    }

    fn is_ours(&self, token: &str) -> bool {
        token.as_bytes().ct_eq(self.visit.form_token.as_bytes()).into()
    }

    fn refuse(&self, panel: &Panel, status: StatusCode) -> Response {
        refused(self.visit.texts(panel), status)
    }

    /// The token and the file of a form with several parts.
    async fn parts(&self) -> Option<(String, Option<Bytes>)> {
        let request = Request::from_parts(self.parts.clone(), Body::from(self.body.clone()));
        let mut parts = Multipart::from_request(request, &()).await.ok()?;
        let (mut token, mut file) = (String::new(), None);
        while let Some(part) = parts.next_field().await.ok()? {
            match part.name() {
                Some("token") => token = part.text().await.ok()?,
                Some("file") => file = Some(part.bytes().await.ok()?),
                _ => {}
            }
        }
        Some((token, file))
    }
}

fn form<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    serde_html_form::from_bytes(bytes).ok()
}

/// Browsers say where a form was sent from. What they call this host is in the address since HTTP/2, in a header before.
pub fn is_from_here(address: &Uri, headers: &HeaderMap) -> bool {
    let site = header_text(headers, header::HeaderName::from_static("sec-fetch-site"));
    let origin = header_text(headers, header::ORIGIN);
    let host = address.authority().map_or(header_text(headers, header::HOST), Authority::as_str);
    matches!(site, "" | "same-origin") && (origin.is_empty() || origin.strip_prefix("https://") == Some(host))
}

/// The other end of the connection.
pub type Peer = ConnectInfo<SocketAddr>;
pub type Who = Extension<Visit>;
