//! Questions that had no answer, or a wrong one, put together by what they mean: each group becomes an example of a topic
//! or a draft of a new one in two clicks.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use maud::{Markup, html};
use portaveu_call::Language;
use portaveu_store::Unanswered;
use serde::Deserialize;

use super::answers::{draft, link};
use super::{blocking, refused, topics_in_order};
use crate::Panel;
use crate::desk::{LanguageText, TopicFacts, TopicText};
use crate::rights::Area;
use crate::shell::{page, token};
use crate::texts::Texts;
use crate::visit::{Posted, Visit, Who};

/// The newest questions that are looked at.
const MOST: usize = 300;
/// Texts whose meanings are closer than this (cosine) belong together.
const ALIKE: f32 = 0.9;
/// How often it is looked for new questions.
const LOOK: Duration = Duration::from_secs(60);
/// Questions of a group that are shown.
const SHOWN: usize = 8;

type Group = Vec<Unanswered>;

pub async fn list(State(panel): State<Arc<Panel>>, axum::Extension(visit): Who) -> Response {
    let reading = panel.clone();
    let t = visit.texts(&panel);
    let Some(groups) = blocking(move || groups(&reading)).await.flatten() else {
        return refused(t, StatusCode::INTERNAL_SERVER_ERROR);
    };
    let topics = topics_in_order(&panel, t);
    let body = html! {
        p { (t.say("unanswered.help")) }
        @if groups.is_empty() { p.empty { (t.say("unanswered.none")) } }
        ol.groups { @for (number, group) in groups.iter().enumerate() { (one(t, &visit, number, group, &topics)) } }
    };
    page(&panel, &visit, Area::Unanswered, t.say("menu.unanswered"), &body).into_response()
}

/// What new questions mean is found out beside the pages, since each takes some milliseconds.
pub async fn know_meanings(panel: &Arc<Panel>) {
    let mut often = tokio::time::interval(LOOK);
    loop {
        often.tick().await;
        let panel = panel.clone();
        blocking(move || groups(&panel)).await;
    }
}

/// The largest group first.
fn groups(panel: &Panel) -> Option<Vec<Group>> {
    let questions = panel.read(panel.store.unanswered(MOST))?;
    let texts: Vec<String> = questions.iter().map(|one| one.question.heard.clone()).collect();
    let meanings =
        panel.desk.meanings(&texts).inspect_err(|error| tracing::error!("questions stay ungrouped: {error}"));
    let mut groups = together(questions, &meanings.unwrap_or_default());
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    Some(groups)
}

/// Each question goes to the first group whose first question means nearly the same.
fn together(questions: Vec<Unanswered>, meanings: &[Vec<f32>]) -> Vec<Group> {
    let mut groups: Vec<(usize, Group)> = Vec::new();
    for (number, question) in questions.into_iter().enumerate() {
        let alike = groups.iter_mut().find(|(first, _)| match (meanings.get(*first), meanings.get(number)) {
            (Some(a), Some(b)) => cosine(a, b) >= ALIKE,
            _ => false,
        });
        match alike {
            Some((_, group)) => group.push(question),
            None => groups.push((number, vec![question])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt().max(f32::EPSILON)
}

fn one(t: &Texts, visit: &Visit, number: usize, group: &[Unanswered], topics: &[TopicFacts]) -> Markup {
    let likely = group.iter().find_map(|one| one.question.topics.first());
    let about = t.fill("unanswered.times", &[&group.len().to_string()]);
    let hidden = html! {
        (token(visit))
        @for one in group { input type="hidden" name="question" value={ (one.call) "-" (one.turn) }; }
    };
    html! {
        li.card {
            h2 { (about) }
            ul.questions {
                @for one in group.iter().take(SHOWN) {
                    li lang=(one.question.language) {
                        a href={ "/calls/" (one.call) } { "«" (one.question.heard) "»" }
                        @if one.question.wrong { " " span.mark { (t.say("calls.is_wrong")) } }
                    }
                }
            }
            form.row method="post" action="/unanswered/example" {
                (hidden)
                label for={ "topic-" (number) } { (t.say("unanswered.is_about")) }
                select id={ "topic-" (number) } name="topic" required {
                    option value="" { (t.say("unanswered.choose")) }
                    @for topic in topics {
                        option value=(topic.id) selected[Some(&topic.id) == likely] { (topic.name(t.language)) }
                    }
                }
                button { (t.say("unanswered.make_example")) }
            }
            form.inline method="post" action="/unanswered/topic" { (hidden) button.quiet { (t.say("unanswered.make_topic")) } }
            form.inline method="post" action="/unanswered/settle" { (hidden) button.quiet { (t.say("unanswered.settle")) } }
        }
    }
}

#[derive(Deserialize)]
pub struct Chosen {
    #[serde(default)]
    question: Vec<String>,
    #[serde(default)]
    topic: String,
}

impl Chosen {
    /// Call and turn of each.
    fn ids(&self) -> Vec<(u64, u32)> {
        let id = |text: &String| {
            text.split_once('-').and_then(|(call, turn)| Some((call.parse().ok()?, turn.parse().ok()?)))
        };
        self.question.iter().filter_map(id).collect()
    }

    fn questions(&self, panel: &Panel) -> Vec<(Language, String)> {
        let turn = |(call, turn): (u64, u32)| {
            let turns = panel.read(panel.store.turns(call))?;
            turns.get(&turn).map(|turn| (turn.language, turn.heard.clone()))
        };
        self.ids().into_iter().filter_map(turn).collect()
    }
}

/// The questions become examples in the draft of a topic, and are dealt with.
pub async fn make_example(
    State(panel): State<Arc<Panel>>,
    axum::Extension(visit): Who,
    Posted(chosen): Posted<Chosen>,
) -> Response {
    let Some(topic) = panel.desk.topics().into_iter().find(|topic| topic.id == chosen.topic) else {
        return refused(visit.texts(&panel), StatusCode::BAD_REQUEST);
    };
    let path = topic.path.clone();
    let (writing, who) = (panel.clone(), visit.user.clone());
    let written = blocking(move || {
        let text = draft::text_of(&writing, &writing.desk.topic_texts(), &topic.path)?;
        let mut text = writing.desk.read_topic(&text).ok()?;
        for (language, heard) in chosen.questions(&writing) {
            let examples = &mut text.languages.entry(language).or_default().examples;
            if !examples.contains(&heard) {
                examples.push(heard);
            }
        }
        draft::keep(&writing, &who, &topic.path, &text)?;
        writing.read(writing.store.settle(&chosen.ids()))
    });
    after(&panel, &visit, &path, written.await.flatten())
}

fn after(panel: &Panel, visit: &Visit, path: &str, written: Option<()>) -> Response {
    if written.is_none() {
        return refused(visit.texts(panel), StatusCode::INTERNAL_SERVER_ERROR);
    }
    panel.audit(&visit.user, "edit_draft", path);
    Redirect::to(&link(path)).into_response()
}

/// The questions begin a topic of their own.
pub async fn make_topic(
    State(panel): State<Arc<Panel>>,
    axum::Extension(visit): Who,
    Posted(chosen): Posted<Chosen>,
) -> Response {
    let path = format!("topics/new.{}.md", Timestamp::now().as_second());
    let (writing, who, name) = (panel.clone(), visit.user.clone(), path.clone());
    let written = blocking(move || {
        let department = writing.desk.departments().into_keys().next().unwrap_or_default();
        let mut text = TopicText { department, ..TopicText::default() };
        for language in writing.desk.languages() {
            text.languages.insert(language, LanguageText::default());
        }
        for (language, heard) in chosen.questions(&writing) {
            text.languages.entry(language).or_default().examples.push(heard);
        }
        draft::keep(&writing, &who, &name, &text)?;
        writing.read(writing.store.settle(&chosen.ids()))
    });
    after(&panel, &visit, &path, written.await.flatten())
}

pub async fn settle(
    State(panel): State<Arc<Panel>>,
    axum::Extension(visit): Who,
    Posted(chosen): Posted<Chosen>,
) -> Redirect {
    panel.read(panel.store.settle(&chosen.ids()));
    panel.audit(&visit.user, "settle", &chosen.question.join(" "));
    Redirect::to(Area::Unanswered.path())
}

#[cfg(test)]
mod tests {
    use super::*;
    use portaveu_call::Decision;
    use portaveu_store::Turn;

    #[test]
    fn what_means_the_same_comes_together() {
        let question = |call| Unanswered {
            call,
            turn: 0,
            question: Turn {
                at: Timestamp::UNIX_EPOCH,
                heard: String::new(),
                language: Language::Es,
                confidence: 0.1,
                decision: Decision::None,
                topics: Vec::new(),
                wrong: false,
            },
        };
        let meanings = [vec![1.0, 0.0], vec![0.0, 1.0], vec![0.99, 0.05]];
        let groups = together((0..3).map(question).collect(), &meanings);
        let calls: Vec<Vec<u64>> = groups.iter().map(|group| group.iter().map(|one| one.call).collect()).collect();
        assert_eq!(calls, [vec![0, 2], vec![1]]);
        assert_eq!(together((0..2).map(question).collect(), &[]).len(), 2, "without meanings each is alone");
    }
}
