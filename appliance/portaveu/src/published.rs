//! The council's published knowledge: the pack of the settings, or what was published in the panel since; and what calls
//! need of it.
//!
//! It must not lose either: what a technician installs later is taken instead of what was published before it, and a pack
//! that is published is there whole or not at all.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use portaveu_call::Language;
use portaveu_dialogue::Parts;
use portaveu_knowledge::{Knowledge, Pack};
use sha2::{Digest, Sha256};

use crate::config::Config;
use crate::wording;

/// Says from which installed pack the published one was made.
const ORIGIN: &str = ".origin";
const NEW: &str = "published.new";

/// What calls use; a call keeps the one that it began with.
pub struct Published {
    /// Where its texts are.
    pub folder: PathBuf,
    pub knowledge: Arc<Knowledge>,
    pub parts: Arc<Parts>,
    pub languages: Vec<(Language, f32)>,
}

impl Published {
    /// Of the pack that answers calls. One that was published and cannot be used does not silence the box.
    pub fn in_use(config: &Config) -> Result<Self> {
        Self::learn(config, &folder(config)).or_else(|error| {
            tracing::error!("the installed pack answers calls: {error:#}");
            Self::learn(config, &config.council)
        })
    }

    /// Of this pack; learned now, if it is new.
    pub fn learn(config: &Config, folder: &Path) -> Result<Self> {
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&config.data);
        made.with_context(|| format!("{}: cannot be made", config.data.display()))?;
        let knowledge = Knowledge::load(Pack::load(folder)?, &config.models.join("e5"), &config.data)?;
        let parts = Arc::new(wording::in_parts(&knowledge.pack));
        let folder = folder.to_owned();
        Ok(Self { folder, languages: knowledge.pack.languages_by_likelihood(), knowledge: Arc::new(knowledge), parts })
    }
}

/// The folder of the pack that answers calls.
pub fn folder(config: &Config) -> PathBuf {
    let published = config.data.join("published");
    if !published.exists() {
        let _ = std::fs::rename(config.data.join("published.old"), &published); // power was lost while it was replaced
    }
    let origin = std::fs::read_to_string(published.join(ORIGIN));
    match (origin, files(&config.council)) {
        (Ok(origin), Ok(installed)) if origin == fingerprint(&installed) => published,
        (Ok(_), Ok(_)) => {
            tracing::info!(
                "a newer pack was installed: what was published in the panel before it is not used any more"
            );
            config.council.clone()
        }
        (Ok(_), Err(_)) => published,
        (Err(_), _) => config.council.clone(),
    }
}

/// The text files of a pack by their path in it.
pub fn files(folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    gather(folder, "", &mut found)?;
    Ok(found)
}

fn gather(folder: &Path, prefix: &str, found: &mut BTreeMap<String, String>) -> Result<()> {
    let failed = || format!("{}: cannot be read", folder.display());
    for entry in std::fs::read_dir(folder).with_context(failed)? {
        let path = entry.with_context(failed)?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|name| !name.starts_with('.')) else {
            continue;
        };
        if path.is_dir() {
            gather(&path, &format!("{prefix}{name}/"), found)?;
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            found.insert(format!("{prefix}{name}"), text); // music is no text, and is not edited
        }
    }
    Ok(())
}

fn fingerprint(files: &BTreeMap<String, String>) -> String {
    let mut hash = Sha256::new();
    for (name, text) in files {
        hash.update(format!("{name}\0{}\0{text}", text.len()));
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Where a pack is written before it is published, as errors name it.
pub fn beside(config: &Config) -> String {
    format!("{}/", config.data.join(NEW).display())
}

/// Write a pack beside the published one, with what is no text of the one that answers `now`.
pub fn write(config: &Config, now: &Path, files: &BTreeMap<String, String>) -> Result<PathBuf> {
    let new = config.data.join(NEW);
    let failed = || format!("{}: cannot be written", new.display());
    if new.exists() {
        std::fs::remove_dir_all(&new).with_context(failed)?;
    }
    for (name, text) in files {
        ensure!(
            !name.split('/').any(|part| part.is_empty() || part.starts_with('.')),
            "\"{name}\" is no file of a pack"
        );
        let path = new.join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(&new)).with_context(failed)?;
        keep(&path, text.as_bytes()).with_context(failed)?;
    }
    let music = now.join("hold.wav");
    if music.is_file() {
        keep(&new.join("hold.wav"), &std::fs::read(&music).with_context(failed)?).with_context(failed)?;
    }
    keep(&new.join(ORIGIN), fingerprint(&self::files(&config.council)?).as_bytes()).with_context(failed)?;
    Ok(new)
}

/// Durable when this returns.
fn keep(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = std::fs::File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// After a restart calls are answered from what was written; gives its place.
pub fn put_in_place(config: &Config, new: &Path) -> Result<PathBuf> {
    let (published, old) = (config.data.join("published"), config.data.join("published.old"));
    let failed = || format!("{}: cannot be put in its place", published.display());
    let _ = std::fs::remove_dir_all(&old); // there may be none
    if published.exists() {
        std::fs::rename(&published, &old).with_context(failed)?;
    }
    std::fs::rename(new, &published).with_context(failed)?;
    std::fs::File::open(&config.data).and_then(|folder| folder.sync_all()).with_context(failed)?;
    let _ = std::fs::remove_dir_all(&old);
    Ok(published)
}
