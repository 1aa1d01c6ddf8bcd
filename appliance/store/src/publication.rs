//! What the versions come to: the pack that was installed last, and the topics that are said over it.
//!
//! The panel changes topics and nothing else. What was published of a topic goes on being said over newer packs, until one
//! comes that has another text of that topic than the pack over which it was published: then the pack's is said.

use std::collections::BTreeMap;

use crate::versions::{TextHash, Version};

const TOPICS: &str = "topics/";

/// A topic's text as somebody published it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedText {
    pub hash: TextHash,
    pub by: String,
}

/// What callers hear.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Publication {
    /// Path to text, of the pack that was installed last.
    pub installed: BTreeMap<String, TextHash>,
    /// What is said instead of the installed texts, or beside them.
    pub topics: BTreeMap<String, PublishedText>,
    /// What was said until a newer pack brought another text of it.
    pub set_aside: BTreeMap<String, PublishedText>,
}

impl Publication {
    /// Of all versions up to one, that one first.
    pub fn of(versions: &[Version]) -> Self {
        let mut publication = Self::default();
        for version in versions.iter().rev() {
            if version.is_installed() {
                publication.install(version.files.clone());
            } else {
                publication.publish(version);
            }
        }
        publication
    }

    /// A pack was installed; gives what it sets aside.
    pub fn install(&mut self, files: BTreeMap<String, TextHash>) -> BTreeMap<String, PublishedText> {
        let before = std::mem::replace(&mut self.installed, files);
        let is_untouched = |path: &String| self.installed.get(path) == before.get(path);
        let (topics, mut aside): (BTreeMap<_, _>, BTreeMap<_, _>) =
            std::mem::take(&mut self.topics).into_iter().partition(|(path, _)| is_untouched(path));
        aside.retain(|path, topic| self.installed.get(path) != Some(&topic.hash));
        self.topics = topics;
        self.set_aside.extend(aside.clone());
        aside
    }

    fn publish(&mut self, version: &Version) {
        let before = std::mem::take(&mut self.topics);
        let own = |path: &str, hash: &TextHash| path.starts_with(TOPICS) && self.installed.get(path) != Some(hash);
        for (path, &hash) in version.files.iter().filter(|(path, hash)| own(path, hash)) {
            let same = before.get(path).filter(|topic| topic.hash == hash).cloned();
            let topic = same.unwrap_or_else(|| PublishedText { hash, by: version.by.clone() });
            self.topics.insert(path.clone(), topic);
        }
    }

    /// Path to text of all that is said.
    pub fn files(&self) -> BTreeMap<String, TextHash> {
        let mut files = self.installed.clone();
        files.extend(self.topics.iter().map(|(path, topic)| (path.clone(), topic.hash)));
        files
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;

    fn version(by: &str, files: &[(&str, u8)]) -> Version {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), [*text; 32])).collect();
        Version { number: 0, at: Timestamp::UNIX_EPOCH, by: by.into(), note: String::new(), files }
    }

    fn publication(oldest_first: &[Version]) -> Publication {
        Publication::of(&oldest_first.iter().rev().cloned().collect::<Vec<_>>())
    }

    fn said(publication: &Publication) -> Vec<(String, u8)> {
        publication.files().into_iter().map(|(path, hash)| (path, hash[0])).collect()
    }

    #[test]
    fn what_was_published_is_said_over_a_newer_pack_and_everything_else_is_the_packs() {
        let now = publication(&[
            version("", &[("calendar.toml", 1), ("topics/a.md", 1), ("topics/b.md", 1)]),
            version("ana", &[("calendar.toml", 1), ("topics/a.md", 2), ("topics/b.md", 1), ("topics/new.md", 1)]),
            version("", &[("calendar.toml", 9), ("topics/a.md", 1), ("topics/b.md", 9), ("topics/c.md", 9)]),
        ]);
        let expected = [("calendar.toml", 9), ("topics/a.md", 2), ("topics/b.md", 9), ("topics/c.md", 9)];
        let expected = expected.into_iter().chain([("topics/new.md", 1)]);
        assert_eq!(said(&now), expected.map(|(path, text)| (path.to_owned(), text)).collect::<Vec<_>>());
        assert!(now.set_aside.is_empty());
    }

    #[test]
    fn a_topic_that_the_newer_pack_changed_is_the_packs_and_what_was_published_is_not_lost() {
        let mut versions = vec![
            version("", &[("topics/a.md", 1), ("topics/b.md", 1)]),
            version("ana", &[("topics/a.md", 2), ("topics/b.md", 2)]),
            version("pep", &[("topics/a.md", 2), ("topics/b.md", 3)]),
            version("", &[("topics/a.md", 4), ("topics/b.md", 3)]),
        ];
        let now = publication(&versions);
        assert_eq!(said(&now), [("topics/a.md".to_owned(), 4), ("topics/b.md".to_owned(), 3)]);
        let aside = PublishedText { hash: [2; 32], by: "ana".into() };
        assert_eq!(now.set_aside, [("topics/a.md".to_owned(), aside.clone())].into());
        versions.push(version("", &[("topics/a.md", 1), ("topics/b.md", 1)]));
        let now = publication(&versions);
        assert_eq!(said(&now), [("topics/a.md".to_owned(), 1), ("topics/b.md".to_owned(), 1)], "a pack taken back");
        assert_eq!(now.set_aside["topics/a.md"], aside);
    }

    #[test]
    fn an_earlier_version_brings_back_its_topics_alone() {
        let now = publication(&[
            version("", &[("calendar.toml", 1), ("topics/a.md", 1)]),
            version("ana", &[("calendar.toml", 1), ("topics/a.md", 2)]),
            version("", &[("calendar.toml", 9), ("topics/a.md", 1)]),
            version("pep", &[("calendar.toml", 1), ("topics/a.md", 1)]),
        ]);
        assert_eq!(said(&now), [("calendar.toml".to_owned(), 9), ("topics/a.md".to_owned(), 1)]);
        assert!(now.topics.is_empty());
    }

    proptest! {
        /// Whatever is installed and published: what is no topic is the installed pack's, and a published topic is said or set aside.
        #[test]
        fn nothing_is_lost_and_nothing_but_topics_is_changed(steps in prop::collection::vec((any::<bool>(), 0..4u8, 0..4u8), 1..12)) {
            let versions: Vec<Version> = steps.iter().map(|(installed, a, other)| {
                version(if *installed { "" } else { "ana" }, &[("facts.toml", *other), ("topics/a.md", *a)])
            }).collect();
            let now = publication(&versions);
            let newest = versions.iter().rev().find(|version| version.is_installed());
            let files = now.files();
            prop_assert_eq!(files.get("facts.toml"), newest.and_then(|version| version.files.get("facts.toml")));
            if let Some(last) = versions.last().filter(|version| !version.is_installed()) {
                prop_assert_eq!(files["topics/a.md"], last.files["topics/a.md"]);
            }
        }
    }
}
