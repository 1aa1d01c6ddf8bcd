//! An answer's text on its way to being published: what there is of it now, and keeping another one.

use std::collections::BTreeMap;

use jiff::Timestamp;
use portaveu_store::Draft;

use crate::Panel;
use crate::desk::TopicText;

/// A topic's draft, else what the published pack has of it.
pub fn text_of(panel: &Panel, pack: &BTreeMap<String, String>, path: &str) -> Option<String> {
    let draft = panel.read(panel.store.draft(path))?;
    draft.map(|draft| draft.text).or_else(|| pack.get(path).cloned())
}

/// Keep a text as a draft, which somebody else must read again.
pub fn keep(panel: &Panel, who: &str, path: &str, topic: &TopicText) -> Option<()> {
    let (path, text, by) = (path.to_owned(), panel.desk.write_topic(topic), who.to_owned());
    panel.read(panel.store.put_draft(&Draft { path, text, by, at: Timestamp::now(), reviewed_by: None }))
}
