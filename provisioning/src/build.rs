//! The laptop's half: a bundle in a stick's folder, made from a folder with a site, for the box of a card.
//! It must not write a secret to the stick that the box's key does not protect.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::Args;
use jiff::Timestamp;
use minisign::SecretKey;
use sha2::Digest as _;

use crate::identity::Card;
use crate::keys::{self, Trusted};
use crate::manifest::{Blob, Digest, Entry, FORMAT, LARGEST_MANIFEST, Manifest};
use crate::place::Place;
use crate::stick::{BUNDLE, SIGNATURE, Stick};

#[derive(Args, Debug)]
pub struct Contents {
    /// The box's card, from portaveu-boxes on the stick that was in the box.
    #[arg(long = "box", value_name = "CARD")]
    pub card: PathBuf,
    /// Folder with portaveu.toml and, as needed, secrets, metrics.toml, metrics, council, models.
    #[arg(long)]
    pub site: Option<PathBuf>,
    /// Folder of the council's pack, where it is not in the site's folder.
    #[arg(long, requires = "site")]
    pub council: Option<PathBuf>,
    /// Folder of models and voices, all of them, where the box's own are not to be used.
    #[arg(long, requires = "site")]
    pub models: Option<PathBuf>,
    /// A RAUC bundle.
    #[arg(long)]
    pub update: Option<PathBuf>,
    /// Nothing but: back to how the box was unpacked. Calls and messages are gone then.
    #[arg(long, conflicts_with_all = ["site", "update"])]
    pub reset: bool,
    /// Must be higher than all before; the moment as YYYYMMDDhhmmss if it is not given.
    #[arg(long)]
    pub version: Option<u64>,
}

pub fn build(contents: &Contents, stick: &Path) -> Result<Manifest> {
    ensure!(stick.is_dir(), "{}: there is no stick; name the folder where it is mounted", stick.display());
    let card = card(&contents.card)?;
    let part = stick.join("portaveu.part");
    let _ = fs::remove_dir_all(&part); // of a build that was cut short
    let files = part.join("files");
    fs::create_dir_all(&files).with_context(|| format!("{}: cannot be written", stick.display()))?;
    let mut manifest = Manifest {
        format: FORMAT,
        recipient: card.age.clone(),
        version: contents.version.map_or_else(moment, Ok)?,
        made: Timestamp::from_second(Timestamp::now().as_second())?,
        files: Vec::new(),
        update: contents.update.as_deref().map(|update| add(update, &files)).transpose()?,
        reset: contents.reset,
    };
    for (place, path) in gather(contents)? {
        let blob = if place.is_sealed() { seal(&path, &card, &files)? } else { add(&path, &files)? };
        manifest.files.push(Entry { path: place, size: blob.size, sha256: blob.sha256 });
    }
    let text = serde_json::to_vec_pretty(&manifest)?;
    ensure!(text.len() as u64 <= LARGEST_MANIFEST, "there are too many files");
    let manifest = Manifest::parse(&text).map_err(|why| anyhow!("{why}"))?;
    durable(&part.join("bundle.json"), &text)?;
    let old = stick.join("portaveu");
    if old.exists() {
        fs::remove_dir_all(&old).with_context(|| format!("{}: the bundle before cannot be removed", old.display()))?;
    }
    fs::rename(&part, &old)?;
    Ok(manifest)
}

pub fn sign(stick: &Path, key: &SecretKey) -> Result<()> {
    let path = stick.join(BUNDLE);
    let bytes =
        fs::read(&path).with_context(|| format!("{}: cannot be read; build the stick first", path.display()))?;
    let manifest = Manifest::parse(&bytes).map_err(|why| anyhow!("{why}"))?;
    let comment = format!("portaveu bundle {} of {}", manifest.version, manifest.made);
    durable(&stick.join(SIGNATURE), keys::sign(key, &bytes, &comment)?.as_bytes())
}

/// All that a laptop can verify as the box will; only the box can open what is sealed.
pub fn verify(stick: &Path, trusted: &Trusted) -> Result<Manifest> {
    let said = |why| anyhow!("{why}");
    let stick = Stick::open(stick).map_err(said)?;
    let bytes = stick.small(BUNDLE, LARGEST_MANIFEST).map_err(said)?.context("there is no bundle on the stick")?;
    ensure!(
        trusted.signed(&bytes, &stick.signature().map_err(said)?),
        "the bundle was changed, or not signed by this key"
    );
    let manifest = Manifest::parse(&bytes).map_err(said)?;
    for entry in &manifest.files {
        let blob = Blob { size: entry.size, sha256: entry.sha256.clone() };
        stick.copy(&blob, &entry.path.to_string(), &mut std::io::sink()).map_err(said)?;
    }
    if let Some(update) = &manifest.update {
        stick.copy(update, "update.raucb", &mut std::io::sink()).map_err(said)?;
    }
    Ok(manifest)
}

pub fn card(path: &Path) -> Result<Card> {
    let bytes = fs::read(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    Card::parse(&bytes).map_err(|why| anyhow!("{}: {why}", path.display()))
}

/// A number that people can read, and that grows.
fn moment() -> Result<u64> {
    Ok(Timestamp::now().strftime("%Y%m%d%H%M%S").to_string().parse()?)
}

fn gather(contents: &Contents) -> Result<Vec<(Place, PathBuf)>> {
    let mut found = Vec::new();
    if let Some(site) = &contents.site {
        is_filled_in(&site.join("portaveu.toml"))?;
        walk(site, "", &mut found)?;
    }
    for (folder, name) in [(&contents.council, "council"), (&contents.models, "models")] {
        let Some(folder) = folder else { continue };
        let twice = contents.site.as_ref().is_some_and(|site| site.join(name).exists());
        ensure!(!twice, "{name} is in the site's folder too; leave out one of them");
        walk(folder, &format!("{name}/"), &mut found)?;
    }
    Ok(found)
}

fn is_filled_in(settings: &Path) -> Result<()> {
    let text = fs::read_to_string(settings)
        .with_context(|| format!("{}: cannot be read, and a site has a portaveu.toml", settings.display()))?;
    let left = text.lines().position(|line| line.contains("\"change me\""));
    match left {
        Some(line) => bail!("{}, line {}: \"change me\" is no password; fill it in", settings.display(), line + 1),
        None => Ok(()),
    }
}

/// In the order of names, so that the same folder makes the same list.
fn walk(folder: &Path, prefix: &str, found: &mut Vec<(Place, PathBuf)>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("{}: cannot be read", folder.display()))?;
    let mut entries = entries.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let (path, place) = (entry.path(), format!("{prefix}{name}"));
        if name.starts_with('.') {
            continue; // an editor's or a file manager's
        }
        if path.is_dir() {
            walk(&path, &format!("{place}/"), found)?;
        } else {
            let place = Place::new(&place).map_err(|place| {
                anyhow!("{}: \"{place}\" is no part of a site; rename it, or put it elsewhere", path.display())
            })?;
            found.push((place, path));
        }
    }
    Ok(())
}

fn seal(path: &Path, card: &Card, files: &Path) -> Result<Blob> {
    let plain = fs::read(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    let sealed = card.seal(&plain).map_err(|why| anyhow!("{}: {why}", path.display()))?;
    let blob = Blob { size: sealed.len() as u64, sha256: Digest::of(&sealed) };
    durable(&files.join(blob.sha256.as_str()), &sealed)?;
    Ok(blob)
}

fn add(path: &Path, files: &Path) -> Result<Blob> {
    let part = files.join("part");
    let failed = || format!("{}: cannot be put on the stick", path.display());
    let mut from = BufReader::new(File::open(path).with_context(failed)?);
    let mut to = BufWriter::new(File::create(&part).with_context(failed)?);
    let (mut hash, mut size, mut bytes) = (sha2::Sha256::new(), 0, vec![0; 1 << 16]);
    loop {
        let read = from.read(&mut bytes).with_context(failed)?;
        if read == 0 {
            break;
        }
        hash.update(&bytes[..read]);
        to.write_all(&bytes[..read]).with_context(failed)?;
        size += read as u64;
    }
    to.into_inner()?.sync_all().with_context(failed)?;
    let blob = Blob { size, sha256: Digest::from_hash(hash) };
    fs::rename(&part, files.join(blob.sha256.as_str())).with_context(failed)?;
    Ok(blob)
}

fn durable(path: &Path, bytes: &[u8]) -> Result<()> {
    let written = File::create(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.with_context(|| format!("{}: cannot be written", path.display()))
}

/// Secret and public.
fn pair_in(folder: &Path) -> (PathBuf, PathBuf) {
    (folder.join("provision.key"), folder.join("provision.pub"))
}

pub fn no_key_is_in(folder: &Path) -> Result<()> {
    let (secret, public) = pair_in(folder);
    match [secret, public].into_iter().find(|path| path.exists()) {
        Some(there) => bail!("{} is there already; a new key would not be trusted by your boxes", there.display()),
        None => Ok(()),
    }
}

/// Makes a pair of keys in a folder, and never over another.
pub fn keygen(folder: &Path, passphrase: Option<String>) -> Result<(PathBuf, PathBuf)> {
    no_key_is_in(folder)?;
    let (secret, public) = pair_in(folder);
    fs::create_dir_all(folder).with_context(|| format!("{}: cannot be made", folder.display()))?;
    let (secret_text, public_text) = keys::pair(passphrase)?;
    let written = crate::disk::create(&secret, 0o600).and_then(|mut file| {
        file.write_all(secret_text.as_bytes())?;
        file.sync_all()
    });
    written.with_context(|| format!("{}: cannot be written", secret.display()))?;
    durable(&public, public_text.as_bytes())?;
    Ok((secret, public))
}
