//! An answer's text on its way to being published: keeping one, what there is to say of it, and somebody else's reading,
//! which is of what changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use maud::{Markup, html};
use portaveu_store::{Draft, Publication, User, hash};
use serde::Deserialize;

use super::{edit, fault, link, shown, versions};
use crate::Panel;
use crate::desk::{Advice, Fault, TopicText};
use crate::pages::{blocking, folded, moment};
use crate::rights::{Area, may};
use crate::shell::token;
use crate::texts::Texts;
use crate::visit::{Posted, Visit, Who};

/// A topic's draft, else what is published of it.
pub fn text_of(panel: &Panel, published: &BTreeMap<String, String>, path: &str) -> Option<String> {
    let draft = panel.read(panel.store.draft(path))?;
    draft.map(|draft| draft.text).or_else(|| published.get(path).cloned())
}

/// Keep a text as a draft, which somebody else must read again.
pub fn keep(panel: &Panel, who: &str, path: &str, topic: &TopicText) -> Option<()> {
    let (path, text, by) = (path.to_owned(), panel.desk.write_topic(topic), who.to_owned());
    panel.read(panel.store.put_draft(&Draft { path, text, by, at: Timestamp::now(), reviewed_by: None }))
}

/// A draft with what there is to say of it.
pub struct Looked {
    pub draft: Draft,
    /// In the panel's language.
    name: String,
    /// An error hinders its publishing.
    pub found: Result<Vec<Advice>, Fault>,
    /// It was published, until a newer pack brought another text of the topic.
    is_set_aside: bool,
}

impl Looked {
    pub fn at(panel: &Panel, t: &Texts, draft: Draft, publication: &Publication) -> Self {
        let topic = panel.desk.read_topic(&draft.text);
        let name = topic.map_or_else(|_| draft.path.clone(), |topic| edit::name(t, &topic).to_owned());
        let aside = publication.set_aside.get(&draft.path);
        let is_set_aside = aside.is_some_and(|aside| aside.hash == hash(&draft.text));
        Self { found: panel.desk.check(&draft.path, &draft.text), name, is_set_aside, draft }
    }

    pub fn is_ready(&self) -> bool {
        self.draft.reviewed_by.is_some() && self.found.is_ok()
    }

    /// As the list shows it.
    pub fn listed(&self, panel: &Panel, t: &Texts, visit: &Visit, alone: bool) -> Markup {
        let discard = self.button(visit, "/answers/discard", t.say("answers.discard_now"), "danger");
        html! {
            li.card {
                p { a href=(link(&self.draft.path)) { (self.name) } " · " (self.origin(panel, t)) }
                (self.remarks(t))
                @if self.waits_for(&visit.user, alone) {
                    p { a href=(link(&self.draft.path)) { (t.say("answers.read_it")) span.unseen { " " (self.name) } } }
                } @else { (self.state(t)) }
                (folded(t.say("answers.discard"), &self.name, t.say("answers.discard_help"), &discard))
            }
        }
    }

    /// As who reads it sees it: what changes, and then whether that is right.
    pub fn to_read(&self, panel: &Panel, t: &Texts, visit: &Visit, alone: bool, published: Option<&str>) -> Markup {
        html! {
            section.card {
                h2 { (t.say("answers.changes")) }
                p { (self.origin(panel, t)) }
                (self.remarks(t))
                @match published {
                    Some(text) if text == self.draft.text => p.empty { (t.say("answers.nothing_changes")) },
                    Some(text) => (versions::difference(text, &self.draft.text)),
                    None => p { (t.say("answers.is_new")) },
                }
                @if self.waits_for(&visit.user, alone) {
                    (self.button(visit, "/answers/review", t.say("answers.review"), ""))
                } @else { (self.state(t)) }
            }
        }
    }

    fn origin(&self, panel: &Panel, t: &Texts) -> String {
        t.fill("answers.by", &[&self.draft.by, &moment(self.draft.at, &panel.desk.time_zone())])
    }

    fn remarks(&self, t: &Texts) -> Markup {
        html! {
            @if self.is_set_aside { p.state { (t.say("answers.set_aside")) } }
            (fault::found(t, &self.found))
        }
    }

    fn state(&self, t: &Texts) -> Markup {
        match &self.draft.reviewed_by {
            Some(who) => html! { p.state { (t.fill("answers.reviewed", &[who])) } },
            None => html! { p.state { (t.say("answers.waits")) } },
        }
    }

    fn waits_for(&self, user: &str, alone: bool) -> bool {
        self.draft.reviewed_by.is_none() && may_review(user, &self.draft, alone)
    }

    fn button(&self, visit: &Visit, action: &str, label: &str, class: &str) -> Markup {
        html! {
            form.inline method="post" action=(action) {
                (token(visit))
                input type="hidden" name="path" value=(self.draft.path);
                input type="hidden" name="at" value=(self.draft.at);
                button class=(class) { (label) }
            }
        }
    }
}

/// Somebody else reads a draft, whoever wrote it; where there is nobody else, the page says so.
fn may_review(user: &str, draft: &Draft, alone: bool) -> bool {
    draft.by != user || alone
}

pub fn is_alone(panel: &Panel) -> bool {
    panel.read(panel.store.users()).is_some_and(|users| has_one_reader(&users))
}

/// Whether only one account may read drafts.
fn has_one_reader(users: &[User]) -> bool {
    users.iter().filter(|user| may(user.role, Area::Answers)).count() == 1
}

#[derive(Deserialize)]
pub struct OfDraft {
    path: String,
    /// When the text was written that was on the page: nobody agrees to one that they have not read.
    at: Timestamp,
}

impl OfDraft {
    /// The draft that was on the page, if it still is there.
    fn find(&self, panel: &Panel) -> Option<Draft> {
        panel.read(panel.store.draft(&self.path)).flatten().filter(|draft| draft.at == self.at)
    }
}

pub async fn review(
    State(panel): State<Arc<Panel>>,
    axum::Extension(visit): Who,
    Posted(of_draft): Posted<OfDraft>,
) -> Response {
    let (reviewing, who) = (panel.clone(), visit.user.clone());
    let agreed = blocking(move || agree(&reviewing, &who, of_draft.find(&reviewing)?)).await.flatten();
    after(&panel, &visit, agreed).await
}

/// Write down that somebody has read a draft and agrees, if they may.
fn agree(panel: &Panel, who: &str, draft: Draft) -> Option<()> {
    let draft = may_review(who, &draft, is_alone(panel)).then_some(draft)?;
    let path = draft.path.clone();
    panel.read(panel.store.put_draft(&Draft { reviewed_by: Some(who.to_owned()), ..draft }))?;
    panel.audit(who, "review_draft", &path);
    Some(())
}

pub async fn discard(
    State(panel): State<Arc<Panel>>,
    axum::Extension(visit): Who,
    Posted(of_draft): Posted<OfDraft>,
) -> Response {
    let draft = of_draft.find(&panel);
    let discarded = draft.and_then(|draft| panel.read(panel.store.remove_draft_if_same(&draft)));
    if discarded.is_some() {
        panel.audit(&visit.user, "discard_draft", &of_draft.path);
    }
    after(&panel, &visit, discarded).await
}

/// The list again; it says so when the draft was not any more what was on the page.
async fn after(panel: &Arc<Panel>, visit: &Visit, done: Option<()>) -> Response {
    let t = visit.texts(panel);
    let said = html! { @if done.is_none() { p.error role="alert" { (t.say("answers.changed_meanwhile")) } } };
    shown(panel, visit, &said).await
}

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
