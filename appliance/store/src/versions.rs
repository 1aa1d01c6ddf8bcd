//! Versions of the council's knowledge: which texts each was made of, who published it and why; and the drafts of the
//! next one. Texts are kept once each, by what is in them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use redb::{ReadableDatabase, ReadableTable, TableDefinition};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::sealed::SealedTable;
use crate::{Store, StoreError, failed};

type TextHash = [u8; 32];

pub const VERSIONS: SealedTable<u64, Version> = SealedTable::new("knowledge_versions", "knowledge version");
pub const DRAFTS: SealedTable<&str, Draft> = SealedTable::new("drafts", "draft");
pub const TEXTS: TableDefinition<&[u8], &[u8]> = TableDefinition::new("texts");

/// One state of the pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    pub number: u64,
    pub at: Timestamp,
    /// Empty: it came with the box.
    pub by: String,
    pub note: String,
    /// Path in the pack to its text.
    pub files: BTreeMap<String, TextHash>,
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
        (by, note): (&str, &str),
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        self.add(|write| {
            let number = VERSIONS.table(write)?.last().map_err(failed)?.map_or(0, |(last, _)| last.value()) + 1;
            let mut texts = write.open_table(TEXTS).map_err(failed)?;
            let mut hashes = BTreeMap::new();
            for (path, text) in files {
                let hash: TextHash = Sha256::digest(text.as_bytes()).into();
                texts.insert(hash.as_slice(), text.as_bytes()).map_err(failed)?;
                hashes.insert(path.clone(), hash);
            }
            let version = Version { number, at, by: by.to_owned(), note: note.to_owned(), files: hashes };
            VERSIONS.put(write, &self.seal, number, &version)?;
            Ok(number)
        })
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
