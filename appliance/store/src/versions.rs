//! Versions of the council's knowledge: which texts each was made of, who published it and why; and the drafts of the
//! next one. Texts are kept once each, by what is in them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use redb::{ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::sealed::SealedTable;
use crate::{PublishedText, Store, StoreError, failed};

pub type TextHash = [u8; 32];

pub const VERSIONS: SealedTable<u64, Version> = SealedTable::new("knowledge_versions", "knowledge version");
pub const DRAFTS: SealedTable<&str, Draft> = SealedTable::new("drafts", "draft");
pub const TEXTS: TableDefinition<&[u8], &[u8]> = TableDefinition::new("texts");

/// One state of the pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    pub number: u64,
    pub at: Timestamp,
    /// Empty: the pack was installed by a technician.
    pub by: String,
    pub note: String,
    /// Path in the pack to its text.
    pub files: BTreeMap<String, TextHash>,
}

impl Version {
    pub fn is_installed(&self) -> bool {
        self.by.is_empty()
    }
}

/// What a text is kept by.
pub fn hash(text: &str) -> TextHash {
    Sha256::digest(text.as_bytes()).into()
}

/// A file of the pack that somebody is changing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    pub path: String,
    pub text: String,
    pub by: String,
    pub at: Timestamp,
    /// Somebody else has read it and agrees.
    pub reviewed_by: Option<String>,
}

impl Store {
    /// Keep a version; gives its number.
    pub fn put_version(
        &self,
        files: &BTreeMap<String, String>,
        by: (&str, &str),
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        self.add(|write| self.add_version(write, files, by, at))
    }

    /// Keep a pack that was installed as a version. What it sets aside becomes drafts, but where somebody writes one
    /// already.
    pub fn put_installed(
        &self,
        files: &BTreeMap<String, String>,
        set_aside: &BTreeMap<String, PublishedText>,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        self.add(|write| {
            let texts = write.open_table(TEXTS).map_err(failed)?;
            for (path, aside) in set_aside {
                let is_there = DRAFTS.get(&DRAFTS.table(write)?, &self.seal, path.as_str())?.is_some();
                let text = texts.get(aside.hash.as_slice()).map_err(failed)?;
                if let Some(text) = text.filter(|_| !is_there) {
                    let (path, text) = (path.clone(), String::from_utf8_lossy(text.value()).into_owned());
                    let draft = Draft { path, text, by: aside.by.clone(), at, reviewed_by: None };
                    DRAFTS.put(write, &self.seal, &draft.path, &draft)?;
                }
            }
            drop(texts);
            self.add_version(write, files, ("", ""), at)
        })
    }

    fn add_version(
        &self,
        write: &WriteTransaction,
        files: &BTreeMap<String, String>,
        (by, note): (&str, &str),
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        let number = VERSIONS.table(write)?.last().map_err(failed)?.map_or(0, |(last, _)| last.value()) + 1;
        let mut texts = write.open_table(TEXTS).map_err(failed)?;
        let mut hashes = BTreeMap::new();
        for (path, text) in files {
            let hash = hash(text);
            if texts.get(hash.as_slice()).map_err(failed)?.is_none() {
                texts.insert(hash.as_slice(), text.as_bytes()).map_err(failed)?;
            }
            hashes.insert(path.clone(), hash);
        }
        let version = Version { number, at, by: by.to_owned(), note: note.to_owned(), files: hashes };
        VERSIONS.put(write, &self.seal, number, &version)?;
        Ok(number)
    }

    /// All versions, the newest first.
    pub fn versions(&self) -> Result<Vec<Version>, StoreError> {
        let table = self.database.begin_read().map_err(failed)?.open_table(VERSIONS.table).map_err(failed)?;
        let all = table.iter().map_err(failed)?.rev().map(|entry| {
            let (number, sealed) = entry.map_err(failed)?;
            VERSIONS.open(&self.seal, &number.value(), sealed.value())
        });
        all.collect()
    }

    /// A text of a version.
    pub fn text(&self, hash: &TextHash) -> Result<Option<String>, StoreError> {
        let table = self.database.begin_read().map_err(failed)?.open_table(TEXTS).map_err(failed)?;
        let bytes = table.get(hash.as_slice()).map_err(failed)?;
        Ok(bytes.map(|bytes| String::from_utf8_lossy(bytes.value()).into_owned()))
    }

    pub fn put_draft(&self, draft: &Draft) -> Result<(), StoreError> {
        self.add(|write| DRAFTS.put(write, &self.seal, &draft.path, draft))
    }

    pub fn drafts(&self) -> Result<Vec<Draft>, StoreError> {
        let table = self.database.begin_read().map_err(failed)?.open_table(DRAFTS.table).map_err(failed)?;
        let all = table.iter().map_err(failed)?.map(|entry| {
            let (path, sealed) = entry.map_err(failed)?;
            DRAFTS.open(&self.seal, &path.value(), sealed.value())
        });
        all.collect()
    }

    pub fn draft(&self, path: &str) -> Result<Option<Draft>, StoreError> {
        let read = self.database.begin_read().map_err(failed)?;
        DRAFTS.get(&read.open_table(DRAFTS.table).map_err(failed)?, &self.seal, path)
    }

    /// Remove a draft, unless somebody has written another one meanwhile.
    pub fn remove_draft_if_same(&self, draft: &Draft) -> Result<(), StoreError> {
        self.write(|write| {
            let kept = DRAFTS.get(&DRAFTS.table(write)?, &self.seal, &draft.path)?;
            if kept.as_ref() == Some(draft) {
                DRAFTS.table(write)?.remove(draft.path.as_str()).map_err(failed)?;
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Publication;

    #[test]
    fn what_a_newer_pack_sets_aside_becomes_a_draft_but_where_somebody_writes_one() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("portaveu.redb")).unwrap();
        let pack =
            |text: &str| BTreeMap::from(["topics/a.md", "topics/b.md"].map(|path| (path.to_owned(), text.to_owned())));
        let at = Timestamp::UNIX_EPOCH;
        store.put_installed(&pack("old"), &BTreeMap::new(), at).unwrap();
        store.put_version(&pack("ours"), ("ana", "why"), at).unwrap();
        let path = "topics/b.md".to_owned();
        let writing = Draft { path, text: "in work".into(), by: "pep".into(), at, reviewed_by: None };
        store.put_draft(&writing).unwrap();
        let newer = pack("newer");
        let mut publication = Publication::of(&store.versions().unwrap());
        let set_aside = publication.install(newer.iter().map(|(path, text)| (path.clone(), hash(text))).collect());
        store.put_installed(&newer, &set_aside, at).unwrap();
        let drafts = store.drafts().unwrap();
        assert_eq!((drafts[0].text.as_str(), drafts[0].by.as_str(), &drafts[0].reviewed_by), ("ours", "ana", &None));
        assert_eq!(drafts[1], writing);
        assert_eq!(Publication::of(&store.versions().unwrap()), publication);
    }
}
