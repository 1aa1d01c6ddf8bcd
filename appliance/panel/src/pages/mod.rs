//! The pages, a file each; here is what they share.

pub mod account;
pub mod answers;
pub mod assets;
pub mod box_state;
pub mod calls;
pub mod lights;
pub mod messages;
pub mod now;
pub mod people;
pub mod reports;
pub mod unanswered;

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use portaveu_call::Language;

use crate::Panel;
use crate::desk::TopicFacts;
use crate::shell::plain_page;
use crate::texts::Texts;
use crate::visit::header_text;

/// A page that says no, and why.
pub fn refused(t: &Texts, status: StatusCode) -> Response {
    let why = match status {
        StatusCode::UNAUTHORIZED => t.say("refused.signed_out"),
        StatusCode::FORBIDDEN => t.say("refused.not_yours"),
        StatusCode::NOT_FOUND => t.say("refused.nothing_here"),
        StatusCode::PAYLOAD_TOO_LARGE => t.say("refused.too_long"),
        StatusCode::BAD_REQUEST => t.say("refused.not_understood"),
        _ => t.say("refused.failed"),
    };
    let body = html! { p { (why) } p { a href="/" { (t.say("refused.back")) } } };
    (status, plain_page(t, t.say("refused.title"), &body)).into_response()
}

pub async fn nowhere(State(panel): State<Arc<Panel>>, headers: HeaderMap) -> Response {
    refused(panel.texts.accepted(header_text(&headers, header::ACCEPT_LANGUAGE)), StatusCode::NOT_FOUND)
}

/// Where blocking is allowed: the store and the knowledge may take their time.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(work).await.inspect_err(|error| tracing::error!("a page failed: {error}")).ok()
}

/// The topics, as people look for them.
pub fn topics_in_order(panel: &Panel, t: &Texts) -> Vec<TopicFacts> {
    let mut topics = panel.desk.topics();
    topics.sort_by_cached_key(|topic| topic.sorted_by(t.language));
    topics
}

/// What cannot be undone is behind a fold, with what it will do. `whom` tells it from others of its kind where it is not seen.
pub fn folded(summary: &str, whom: &str, help: &str, form: &Markup) -> Markup {
    html! {
        details.confirm {
            summary { (summary) span.unseen { " " (whom) } }
            p { (help) }
            (form)
        }
    }
}

/// A day and a time as the council's people write them.
pub fn moment(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%d/%m/%Y %H:%M").to_string()
}

pub fn time_of_day(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string()
}

/// Minutes and seconds.
pub fn length(seconds: u32) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// A language's own name.
pub fn language_name(language: Language) -> &'static str {
    match language {
        Language::Es => "español",
        Language::Ca => "valencià",
        Language::En => "English",
        Language::Fr => "français",
        Language::Ro => "română",
        Language::Ar => "العربية",
        Language::Uk => "українська",
    }
}
