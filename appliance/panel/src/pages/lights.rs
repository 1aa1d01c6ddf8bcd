//! The four lights as they shine now, for anybody at the council: no name, no number, no word.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{Html, IntoResponse, Response};
use maud::{Markup, html};
use portaveu_board::{Light, Lights};

use crate::Panel;
use crate::shell::plain_page;
use crate::texts::Texts;
use crate::visit::header_text;

pub async fn show(State(panel): State<Arc<Panel>>, headers: HeaderMap) -> Response {
    let t = panel.texts.accepted(header_text(&headers, header::ACCEPT_LANGUAGE));
    if headers.contains_key("hx-request") {
        return Html(drawn(t, panel.desk.lights()).into_string()).into_response();
    }
    let body = html! {
        div hx-get="/lights" hx-trigger="every 2s" { (drawn(t, panel.desk.lights())) }
        p { a href="/" { (t.say("lights.sign_in")) } }
    };
    plain_page(t, t.say("lights.title"), &body).into_response()
}

/// Each light with its name and what it does, in words too.
pub fn drawn(t: &Texts, lights: Lights) -> Markup {
    let all = [
        ("power", t.say("lights.power"), lights.power),
        ("line", t.say("lights.line"), lights.line),
        ("call", t.say("lights.call"), lights.call),
        ("fault", t.say("lights.fault"), lights.fault),
    ];
    html! {
        ul.lights {
            @for (class, name, light) in all {
                @let (shines, words) = match light {
                    Light::Off => ("off", t.say("lights.off")),
                    Light::On => ("on", t.say("lights.on")),
                    Light::Slow => ("slow", t.say("lights.slow")),
                    Light::Fast => ("fast", t.say("lights.fast")),
                };
                li class={ "light " (class) " " (shines) } {
                    span.lamp aria-hidden="true" {}
                    span { strong { (name) } " " (words) }
                }
            }
        }
    }
}
