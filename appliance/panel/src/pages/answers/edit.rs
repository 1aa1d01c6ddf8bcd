//! One answer being written: what callers hear, how they ask for it, who answers for it and until when.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::civil::Date;
use maud::{Markup, html};
use portaveu_call::Language;
use portaveu_store::Publication;
use serde::Deserialize;

use super::draft::{self, Looked};
use super::{fault, link};
use crate::Panel;
use crate::desk::{LanguageText, TopicText, Tried};
use crate::pages::{blocking, calls, language_name, refused};
use crate::rights::Area;
use crate::shell::{page, token};
use crate::texts::Texts;
use crate::visit::{Posted, Visit, Who};

#[derive(Deserialize)]
pub struct Which {
    path: String,
}

pub async fn edit(
    State(panel): State<Arc<Panel>>,
    axum::Extension(visit): Who,
    Query(Which { path }): Query<Which>,
) -> Response {
    let t = visit.texts(&panel);
    if !is_topic(&path) {
        return refused(t, StatusCode::NOT_FOUND);
    }
    let (reading, reader, wanted) = (panel.clone(), visit.clone(), path.clone());
    match blocking(move || opened(&reading, &reader, &wanted)).await.flatten() {
        Some((name, body)) => page(&panel, &visit, Area::Answers, &name, &body).into_response(),
        None => refused(t, StatusCode::NOT_FOUND),
    }
}

/// The page of a topic, and its heading: of its draft with what that changes, else of what is published.
fn opened(panel: &Panel, visit: &Visit, path: &str) -> Option<(String, Markup)> {
    let t = visit.texts(panel);
    let published = panel.desk.topic_texts().remove(path);
    let draft = panel.read(panel.store.draft(path))?;
    let text = draft.as_ref().map(|draft| &draft.text).or(published.as_ref())?;
    let topic = match panel.desk.read_topic(text) {
        Ok(topic) => topic,
        Err(error) => return Some((path.to_owned(), html! { p.error role="alert" { (error) } })),
    };
    let remarks = match draft {
        Some(draft) => {
            let publication = Publication::of(&panel.read(panel.store.versions())?);
            let looked = Looked::at(panel, t, draft, &publication);
            looked.to_read(panel, t, visit, draft::is_alone(panel), published.as_deref())
        }
        None => fault::found(t, &panel.desk.check(path, text)),
    };
    let body = html! { p.path { (path) } (remarks) (form(panel, t, visit, path, &topic)) };
    Some((name(t, &topic).to_owned(), body))
}

/// What the topic is called, in the panel's language if it can be.
pub fn name<'a>(t: &'a Texts, topic: &'a TopicText) -> &'a str {
    let names = topic.languages.get(&t.language).into_iter().chain(topic.languages.values());
    names.map(|text| text.name.as_str()).find(|name| !name.is_empty()).unwrap_or(t.say("answers.unnamed"))
}

fn form(panel: &Panel, t: &Texts, visit: &Visit, path: &str, topic: &TopicText) -> Markup {
    let optional = |value: &Option<String>| value.clone().unwrap_or_default();
    html! {
        form.card.edit method="post" action="/answers/edit" {
            (token(visit))
            label for="path" { (t.say("answers.path")) }
            input #path name="path" value=(path) required pattern="topics/[a-z0-9.\\-]+\\.md" aria-describedby="path-help";
            p.help #path-help { (t.say("answers.path_help")) }
            label for="department" { (t.say("messages.department")) }
            select #department name="department" {
                @for (id, name) in panel.desk.departments() {
                    option value=(id) selected[id == topic.department] { (name) }
                }
            }
            label for="office" { (t.say("answers.office")) }
            input #office name="office" value=(optional(&topic.office)) aria-describedby="office-help";
            p.help #office-help { (t.say("answers.office_help")) }
            label for="owner" { (t.say("answers.owner")) }
            input #owner name="owner" value=(optional(&topic.owner));
            label for="source" { (t.say("answers.source")) }
            input #source name="source" value=(optional(&topic.source));
            label for="valid" { (t.say("answers.valid_until")) }
            input #valid name="valid_until" type="date" value=(topic.valid_until.map(|day| day.to_string()).unwrap_or_default());
            @for language in panel.desk.languages() { (section(t, language, topic.languages.get(&language))) }
            button { (t.say("answers.keep")) }
        }
    }
}

fn section(t: &Texts, language: Language, text: Option<&LanguageText>) -> Markup {
    let empty = LanguageText::default();
    let text = text.unwrap_or(&empty);
    let id = |field: &str| format!("{field}-{language}");
    let listen =
        serde_html_form::to_string([("language", language.code()), ("text", &text.answer)]).unwrap_or_default();
    html! {
        fieldset {
            legend lang=(language) { (language_name(language)) }
            label for=(id("name")) { (t.say("answers.name")) }
            input id=(id("name")) name=(id("name")) lang=(language) dir="auto" value=(text.name);
            label for=(id("answer")) { (t.say("answers.answer")) }
            textarea id=(id("answer")) name=(id("answer")) lang=(language) dir="auto" rows="5" { (text.answer) }
            @if !text.answer.is_empty() {
                audio controls preload="none" src={ "/answers/sound?" (listen) } aria-label=(t.fill("answers.listen", &[language_name(language)])) {}
            }
            label for=(id("examples")) { (t.say("answers.examples")) }
            textarea id=(id("examples")) name=(id("examples")) lang=(language) dir="auto" rows="8" { (text.examples.join("\n")) }
        }
    }
}

/// Keep the form as a draft; it must be read again by somebody else.
pub async fn keep(
    State(panel): State<Arc<Panel>>,
    axum::Extension(visit): Who,
    Posted(fields): Posted<Vec<(String, String)>>,
) -> Response {
    let t = visit.texts(&panel);
    let fields: BTreeMap<String, String> = fields.into_iter().collect();
    let Some(path) = fields.get("path").filter(|path| is_topic(path)) else {
        return refused(t, StatusCode::BAD_REQUEST);
    };
    let topic = read(&fields, &panel.desk.languages());
    let fault = match panel.desk.read_topic(&panel.desk.write_topic(&topic)) {
        _ if has_bad_date(&fields) => Some(t.say("fault.date").to_owned()),
        read => read.err(),
    };
    if let Some(error) = fault {
        let body = html! { p.path { (path) } p.error role="alert" { (error) } (form(&panel, t, &visit, path, &topic)) };
        return page(&panel, &visit, Area::Answers, name(t, &topic), &body).into_response();
    }
    if draft::keep(&panel, &visit.user, path, &topic).is_none() {
        return refused(t, StatusCode::INTERNAL_SERVER_ERROR);
    }
    panel.audit(&visit.user, "edit_draft", path);
    Redirect::to(&link(path)).into_response()
}

/// Browsers without a calendar send what was typed.
fn has_bad_date(fields: &BTreeMap<String, String>) -> bool {
    let typed = fields.get("valid_until").map(|day| day.trim());
    typed.is_some_and(|day| !day.is_empty() && day.parse::<Date>().is_err())
}

/// A file of a topic: no other of the pack is changed here.
pub fn is_topic(path: &str) -> bool {
    let name = path.strip_prefix("topics/").and_then(|name| name.strip_suffix(".md")).unwrap_or_default();
    let is_sign = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
    !name.is_empty() && name.len() < 80 && !name.starts_with('.') && name.chars().all(is_sign)
}

fn read(fields: &BTreeMap<String, String>, languages: &[Language]) -> TopicText {
    let field = |name: &str| fields.get(name).map(|value| value.trim().to_owned()).unwrap_or_default();
    let optional = |name: &str| Some(field(name)).filter(|value| !value.is_empty());
    let of = |language: &Language| {
        let lines = field(&format!("examples-{language}"));
        let examples = lines.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
        let (name, answer) = (field(&format!("name-{language}")), field(&format!("answer-{language}")));
        (*language, LanguageText { name, answer, examples })
    };
    TopicText {
        department: field("department"),
        office: optional("office"),
        owner: optional("owner"),
        source: optional("source"),
        valid_until: field("valid_until").parse().ok(),
        languages: languages.iter().map(of).collect(),
    }
}

#[derive(Deserialize)]
pub struct Question {
    question: String,
}

/// What the box would say, in the panel's language; as a part of the page for htmx, else as a page.
pub async fn try_out(
    State(panel): State<Arc<Panel>>,
    axum::Extension(visit): Who,
    headers: HeaderMap,
    Posted(Question { question }): Posted<Question>,
) -> Response {
    let t = visit.texts(&panel);
    let (asking, language) = (panel.clone(), visit.language);
    let tried = blocking(move || asking.desk.try_out(&question, language)).await;
    let said = match tried {
        Some(Ok(tried)) => answer(&panel, t, &tried),
        Some(Err(error)) => html! { p.error role="alert" { (error) } },
        None => html! { p.error role="alert" { (t.say("refused.failed")) } },
    };
    if headers.contains_key("hx-request") {
        return Html(said.into_string()).into_response();
    }
    super::shown(&panel, &visit, &said).await
}

fn answer(panel: &Panel, t: &Texts, tried: &Tried) -> Markup {
    let topics = panel.desk.topics();
    let name = |id: &String| {
        topics.iter().find(|topic| topic.id == *id).map_or(id.as_str(), |topic| topic.name(t.language)).to_owned()
    };
    let names: Vec<String> = tried.topics.iter().map(name).collect();
    let listen =
        serde_html_form::to_string([("language", tried.language.code()), ("text", &tried.reply)]).unwrap_or_default();
    html! {
        div.card.tried {
            p.decided {
                (calls::decided(t, tried.decision)) @if !names.is_empty() { ": " (names.join(", ")) }
                " · " (t.fill("calls.sure", &[&format!("{:.0} %", tried.confidence * 100.0)]))
            }
            p.heard lang=(tried.language) { (tried.reply) }
            audio controls preload="none" src={ "/answers/sound?" (listen) } aria-label=(t.fill("answers.listen", &[language_name(tried.language)])) {}
        }
    }
}

#[derive(Deserialize)]
pub struct Spoken {
    text: String,
    language: Language,
}

/// A text as callers hear it.
pub async fn sound(
    State(panel): State<Arc<Panel>>,
    axum::Extension(visit): Who,
    Query(Spoken { text, language }): Query<Spoken>,
) -> Response {
    let speaking = panel.clone();
    match blocking(move || speaking.desk.speak(&text, language)).await {
        Some(Ok(sound)) => ([(header::CONTENT_TYPE, "audio/wav")], sound).into_response(),
        other => {
            tracing::error!("a text cannot be spoken: {other:?}");
            refused(visit.texts(&panel), StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_topics_are_written() {
        assert!(is_topic("topics/padron.register.md"));
        for wrong in
            ["council.toml", "topics/../council.md", "topics/.md", "topics/a/b.md", "topics/A.md", "/topics/a.md"]
        {
            assert!(!is_topic(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_topic_is_headed_by_its_name_in_the_panels_language_or_another() {
        let texts = crate::texts::AllTexts::load().unwrap();
        let named = |name: &str| LanguageText { name: name.to_owned(), ..LanguageText::default() };
        let mut topic = TopicText { languages: [(Language::Es, named("multas"))].into(), ..TopicText::default() };
        topic.languages.insert(Language::Ca, named(""));
        assert_eq!(name(texts.of(Language::Ca), &topic), "multas");
        topic.languages.insert(Language::Ca, named("multes"));
        assert_eq!(name(texts.of(Language::Ca), &topic), "multes");
        assert_eq!(name(texts.of(Language::En), &TopicText::default()), "Topic without a name");
    }

    #[test]
    fn a_form_is_read_whole() {
        let fields = [
            ("department", " padron "),
            ("owner", ""),
            ("valid_until", "2027-12-31"),
            ("answer-es", "Sí."),
            ("examples-es", "uno\r\n\r\n dos "),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let topic = read(&fields, &[Language::Es]);
        assert_eq!((topic.department.as_str(), topic.owner), ("padron", None));
        let typed = |day: &str| has_bad_date(&[("valid_until".to_owned(), day.to_owned())].into());
        assert_eq!(["2027-12-31", " ", "31/12/2027", "2027-02-30"].map(typed), [false, false, true, true]);
        assert_eq!(topic.valid_until, Some(jiff::civil::date(2027, 12, 31)));
        assert_eq!(topic.languages[&Language::Es].examples, ["uno", "dos"]);
    }
}
