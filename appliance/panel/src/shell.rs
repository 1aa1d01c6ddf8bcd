//! What is around every page: its head, the menu, the language, and who is signed in.

use axum::response::Html;
use maud::{DOCTYPE, Markup, html};

use crate::Panel;
use crate::pages::assets::versioned;
use crate::rights::Area;
use crate::texts::Texts;
use crate::visit::Visit;

/// htmx writes no styles of its own and evaluates nothing: the page's policy forbids both.
const HTMX: &str = r#"{"includeIndicatorStyles":false,"allowEval":false,"selfRequestsOnly":true}"#;

fn document(t: &Texts, title: &str, body: &Markup) -> Html<String> {
    let page = html! {
        (DOCTYPE)
        html lang=(t.language) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="htmx-config" content=(HTMX);
                title { (title) " · Portaveu" }
                link rel="stylesheet" href=(versioned("panel.css"));
                link rel="stylesheet" href=(versioned("reports.css"));
                link rel="icon" href=(versioned("icon.svg")) type="image/svg+xml";
                script src=(versioned("htmx.js")) defer {}
                script src=(versioned("sse.js")) defer {}
            }
            body { (body) }
        }
    };
    Html(page.into_string())
}

/// A page of somebody who is signed in.
pub fn page(panel: &Panel, visit: &Visit, area: Area, title: &str, main: &Markup) -> Html<String> {
    let t = visit.texts(panel);
    let body = html! {
        a.skip href="#main" { (t.say("shell.skip")) }
        header.top {
            span.brand { "Portaveu" span.council { (panel.desk.council()) } }
            form.leave method="post" action="/sign-out" {
                (token(visit))
                a href=(Area::Account.path()) { (visit.user) }
                button.quiet { (t.say("shell.leave")) }
            }
        }
        nav.menu aria-label=(t.say("shell.menu")) {
            ul {
                @for entry in Area::MENU.into_iter().filter(|entry| visit.may(*entry)) {
                    li {
                        a href=(entry.path()) aria-current=[(entry == area).then_some("page")] { (t.say(entry.title())) }
                    }
                }
            }
        }
        main #main tabindex="-1" { h1 { (title) } (main) }
    };
    document(t, title, &body)
}

/// A page for whoever it is.
pub fn plain_page(t: &Texts, title: &str, main: &Markup) -> Html<String> {
    let body = html! {
        header.top { span.brand { "Portaveu" } }
        main.narrow #main { h1 { (title) } (main) }
    };
    document(t, title, &body)
}

/// What a form carries, so that it is known to be this session's.
pub fn token(visit: &Visit) -> Markup {
    html! { input type="hidden" name="token" value=(visit.form_token); }
}

/// A button that does one thing.
pub fn button(visit: &Visit, action: &str, label: &str, class: &str) -> Markup {
    html! {
        form.inline method="post" action=(action) { (token(visit)) button class=(class) { (label) } }
    }
}
