//! The council's published knowledge: the installed pack, and over it the topics that were published in the panel, which
//! the store's versions say; and what calls need of it.
//!
//! It must not lose either, nor let the panel change what is no topic. The folder in the data folder is made anew from the
//! store whenever the box starts, and is only there to be read: by what learns a pack, and by commands.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use portaveu_call::Language;
use portaveu_dialogue::Parts;
use portaveu_knowledge::{Knowledge, Pack};
use portaveu_store::{Draft, Publication, PublishedText, Store, hash};
use sha2::{Digest, Sha256};

use crate::config::Config;
use crate::wording;

/// Says over which installed pack the published one was made.
const ORIGIN: &str = ".origin";
const NEW: &str = "published.new";

/// A pack's texts by their path in it.
pub type Texts = BTreeMap<String, String>;

/// What calls use; a call keeps the one that it began with.
pub struct Published {
    /// What came with the installed pack, as it was when the box started.
    pub installed: Arc<Texts>,
    /// The texts that are said.
    pub texts: Texts,
    pub knowledge: Arc<Knowledge>,
    pub parts: Arc<Parts>,
    pub languages: Vec<(Language, f32)>,
}

impl Published {
    /// What the store says is published over the pack that is installed now. What cannot be used does not silence the box.
    pub fn at_start(config: &Config, store: &Store) -> Result<Self> {
        let installed = Arc::new(files(&config.council)?);
        let topics = over(store, &installed).unwrap_or_else(|error| {
            tracing::error!("what was published in the panel cannot be read: {error:#}");
            BTreeMap::new()
        });
        let only_installed = || {
            let _ = std::fs::remove_dir_all(folder(config)); // there may be none
            Self::learn(config, &config.council, installed.clone(), (*installed).clone())
        };
        if topics.is_empty() {
            return only_installed();
        }
        let said = usable(config, store, &installed, topics).and_then(|topics| {
            let said = Self::of(config, installed.clone(), topics.into_iter().map(|(path, (text, _))| (path, text)));
            said.inspect(|_| put_in_place(config))
        });
        said.or_else(|error| {
            tracing::error!("the installed pack answers calls: {error:#}");
            only_installed()
        })
    }

    /// These topics over the installed pack; learned now, if they are new.
    pub fn of(
        config: &Config,
        installed: Arc<Texts>,
        topics: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self> {
        let mut texts = (*installed).clone();
        texts.extend(topics);
        let new = write(config, &installed, &texts)?;
        Self::learn(config, &new, installed, texts)
    }

    fn learn(config: &Config, folder: &Path, installed: Arc<Texts>, texts: Texts) -> Result<Self> {
        let knowledge = learn(config, folder)?;
        let parts = Arc::new(wording::in_parts(&knowledge.pack));
        let languages = knowledge.pack.languages_by_likelihood();
        Ok(Self { installed, texts, languages, knowledge: Arc::new(knowledge), parts })
    }
}

/// Of the pack that answers calls, for commands.
pub fn in_use(config: &Config) -> Result<Knowledge> {
    learn(config, &in_use_folder(config)).or_else(|error| {
        tracing::error!("the installed pack is used: {error:#}");
        learn(config, &config.council)
    })
}

fn learn(config: &Config, folder: &Path) -> Result<Knowledge> {
    config.make_data()?;
    Ok(Knowledge::load(Pack::load(folder)?, &config.models.join("e5"), &config.data)?)
}

/// The folder of the pack that answers calls: the published one, if it was made over the pack that is installed.
pub fn in_use_folder(config: &Config) -> PathBuf {
    let origin = std::fs::read_to_string(folder(config).join(ORIGIN));
    match (origin, files(&config.council)) {
        (Ok(origin), Ok(installed)) if origin == fingerprint(&installed) => folder(config),
        _ => config.council.clone(),
    }
}

fn folder(config: &Config) -> PathBuf {
    config.data.join("published")
}

/// Topics that are said over the installed pack, with who published each. A pack that is new is written down, and what it
/// changes of them as drafts.
fn over(store: &Store, installed: &Texts) -> Result<BTreeMap<String, (String, String)>> {
    let mut publication = Publication::of(&store.versions()?);
    let files: BTreeMap<_, _> = installed.iter().map(|(path, text)| (path.clone(), hash(text))).collect();
    if publication.installed != files {
        let is_newer = !publication.installed.is_empty();
        let set_aside = publication.install(files);
        if let Err(error) = store.put_installed(installed, &set_aside, Timestamp::now()) {
            tracing::error!("the pack that was installed is not written down yet: {error}");
        }
        if is_newer {
            tracing::info!("{}", told(&publication, &set_aside));
        }
    }
    let text = |(path, topic): (String, PublishedText)| {
        let text = store.text(&topic.hash)?.with_context(|| format!("{path}: its text is not in the store"))?;
        Ok((path, (text, topic.by)))
    };
    publication.topics.into_iter().map(text).collect()
}

fn told(publication: &Publication, set_aside: &BTreeMap<String, PublishedText>) -> String {
    let said = publication.topics.len();
    let told =
        format!("a newer pack was installed: {said} topics that were published in the panel go on being said over it");
    if set_aside.is_empty() {
        return told;
    }
    let aside = set_aside.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    format!("{told}; the pack itself changed {aside}: the pack's text is said, what was published is kept as a draft")
}

/// Those topics with which the installed pack can be read; the others become drafts, as when a department is gone.
fn usable(
    config: &Config,
    store: &Store,
    installed: &Texts,
    mut topics: BTreeMap<String, (String, String)>,
) -> Result<BTreeMap<String, (String, String)>> {
    loop {
        let mut texts = installed.clone();
        texts.extend(topics.iter().map(|(path, (text, _))| (path.clone(), text.clone())));
        let new = write(config, installed, &texts)?;
        let error = match Pack::load(&new) {
            Ok(_) => return Ok(topics),
            Err(error) => error,
        };
        let path = error.topic().and_then(|path| Some(path.strip_prefix(&new).ok()?.to_str()?.to_owned()));
        let Some((path, (text, by))) = path.and_then(|path| topics.remove_entry(&path)) else {
            return Err(error.into());
        };
        tracing::error!(
            "what was published of {path} does not fit the installed pack, and is kept as a draft: {error}"
        );
        if store.draft(&path)?.is_none() {
            store.put_draft(&Draft { path, text, by, at: Timestamp::now(), reviewed_by: None })?;
        }
    }
}

/// The text files of a pack.
fn files(folder: &Path) -> Result<Texts> {
    let mut found = Texts::new();
    gather(folder, "", &mut found)?;
    Ok(found)
}

fn gather(folder: &Path, prefix: &str, found: &mut Texts) -> Result<()> {
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

fn fingerprint(files: &Texts) -> String {
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

/// Write a pack beside the published one.
fn write(config: &Config, installed: &Texts, texts: &Texts) -> Result<PathBuf> {
    config.make_data()?;
    let new = config.data.join(NEW);
    let failed = || format!("{}: cannot be written", new.display());
    if new.exists() {
        std::fs::remove_dir_all(&new).with_context(failed)?;
    }
    for (name, text) in texts {
        ensure!(
            !name.split('/').any(|part| part.is_empty() || part.starts_with('.')),
            "\"{name}\" is no file of a pack"
        );
        let path = new.join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(&new)).with_context(failed)?;
        std::fs::write(&path, text).with_context(failed)?;
    }
    std::fs::write(new.join(ORIGIN), fingerprint(installed)).with_context(failed)?;
    Ok(new)
}

/// For commands, and without it they take the installed pack: calls do not need it.
pub fn put_in_place(config: &Config) {
    let published = folder(config);
    let _ = std::fs::remove_dir_all(&published); // there may be none
    if let Err(error) = std::fs::rename(config.data.join(NEW), &published) {
        tracing::error!("{}: cannot be put in its place: {error}", published.display());
    }
}
