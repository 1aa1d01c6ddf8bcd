//! `portaveu store`: what the box keeps. `report` shows that nothing is kept beyond its time; `backup` writes all of it to a
//! file that a passphrase opens and the box has signed; `restore` brings it back.
//!
//! It must not bring back a file that was not signed by who is trusted, nor lose what is there when that fails.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use age::secrecy::SecretString;
use anyhow::{Context, Result, bail, ensure};
use clap::Subcommand;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use minisign::{KeyPair, PublicKey, SecretKey, SecretKeyBox, SignatureBox};
use portaveu_store::{Holding, Removed, Retention, Store};

use crate::config::Config;
use crate::control::{ask, audited};
use crate::whole;

/// The key that opens sealed records comes first in a backup, then the store.
const KEY_LENGTH: usize = 32;

#[derive(Subcommand, Debug)]
pub enum Command {
    /// What is kept, since when and how long, and the box's key for signing.
    Report,
    /// Remove now what is over its time. A running box does so when it starts, and daily.
    Retain,
    /// Write everything but sessions to a file; reads the passphrase from standard input. FILE.minisig is its signature.
    Backup { file: PathBuf },
    /// Bring a backup back on a box that is not running; reads the passphrase from standard input.
    Restore {
        file: PathBuf,
        /// The signing key of the box that wrote it, as its report shows it; this box's own if it is not given.
        #[arg(long)]
        signer: Option<String>,
    },
}

pub fn run(config: &Config, command: &Command) -> Result<()> {
    match command {
        Command::Report => report(config),
        Command::Retain => retain(config),
        Command::Backup { file } => backup(config, file, &passphrase()?),
        Command::Restore { file, signer } => restore(config, file, signer.as_deref(), &passphrase()?),
    }
}

/// What is answered to a request after the word "store".
pub fn answer(store: &Store, retention: &Retention, request: &str) -> Result<Vec<u8>> {
    match request.split_once(' ').unwrap_or((request, "")) {
        ("holdings", _) => Ok(serde_json::to_vec(&(store.holdings(retention)?, store.last_enforced()?))?),
        ("retain", _) => Ok(serde_json::to_vec(&store.enforce(retention, Timestamp::now())?)?),
        ("copy", path) => {
            audited(store, "backup", "")?; // before: so that it is in the backup as well
            Ok(store.copy_to(Path::new(path))?.to_vec())
        }
        _ => bail!("\"{request}\" is nothing that can be asked for"),
    }
}

fn report(config: &Config) -> Result<()> {
    let (holdings, last): (Vec<Holding>, Option<(Timestamp, Removed)>) =
        serde_json::from_slice(&ask(config, "store holdings")?)?;
    let now = Timestamp::now();
    for holding in &holdings {
        let oldest = holding.oldest.map_or("nothing".into(), |oldest| format!("since {}", day(oldest)));
        let limit = holding.days.map_or("for good".into(), |days| format!("at most {days} days"));
        let verdict = if holding.is_in_time(now) { "in time" } else { "KEPT TOO LONG" };
        println!("{:9} {:>9} records, {oldest}, {limit}: {verdict}", holding.kind, holding.records);
    }
    match last {
        Some((at, removed)) => println!("removed last on {}: {}", day(at), told(&removed)),
        None => println!("nothing was removed yet: the box does so when it starts, and daily"),
    }
    println!("signing key {}", public(&signing_key(config)?)?.to_base64());
    ensure!(holdings.iter().all(|holding| holding.is_in_time(now)), "something is kept beyond its time; start the box");
    Ok(())
}

fn retain(config: &Config) -> Result<()> {
    let removed: Removed = serde_json::from_slice(&ask(config, "store retain")?)?;
    println!("removed: {}", told(&removed));
    Ok(())
}

fn told(removed: &Removed) -> String {
    let Removed { words, calls, messages, audit, sessions, caller_keys } = removed;
    format!(
        "the words of {words} calls, {calls} calls, {messages} messages, {audit} entries of the log, {sessions} sessions and \
         {caller_keys} keys of numbers"
    )
}

fn day(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d").to_string()
}

fn passphrase() -> Result<SecretString> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    let passphrase = line.trim_end_matches(['\r', '\n']);
    ensure!(passphrase.chars().count() >= 12, "a passphrase has twelve characters or more; type it on standard input");
    Ok(SecretString::from(passphrase.to_owned()))
}

fn backup(config: &Config, file: &Path, passphrase: &SecretString) -> Result<()> {
    let copy = config.data.join("backup.part");
    let _ = std::fs::remove_file(&copy); // of a backup that was cut short
    let copied = ask(config, &format!("store copy {}", copy.display()));
    let sealed = copied.and_then(|key| seal(&key, &copy, file, passphrase));
    let _ = std::fs::remove_file(&copy); // there may be none
    sealed?;
    let signing = signing_key(config)?;
    let read = File::open(file).with_context(|| format!("{}: cannot be read", file.display()))?;
    let comment = format!("portaveu backup of {}", Timestamp::now());
    let signature = minisign::sign(None, &signing, BufReader::new(read), Some(&comment), None)?;
    let beside = signature_of(file);
    std::fs::write(&beside, signature.to_string())
        .with_context(|| format!("{}: cannot be written", beside.display()))?;
    println!("everything is in {}, signed in {}", file.display(), beside.display());
    Ok(())
}

fn seal(key: &[u8], copy: &Path, file: &Path, passphrase: &SecretString) -> Result<()> {
    let failed = || format!("{}: cannot be written", file.display());
    ensure!(!file.exists(), "{}: is there already; choose another name", file.display());
    let out = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file).with_context(failed)?;
    let mut out = age::Encryptor::with_user_passphrase(passphrase.clone()).wrap_output(BufWriter::new(out))?;
    out.write_all(key)?;
    std::io::copy(&mut File::open(copy)?, &mut out).with_context(failed)?;
    let written = out.finish()?.into_inner().map_err(std::io::IntoInnerError::into_error).with_context(failed)?;
    written.sync_all().with_context(failed)
}

fn restore(config: &Config, file: &Path, signer: Option<&str>, passphrase: &SecretString) -> Result<()> {
    config.make_data()?;
    let signer = match signer {
        Some(key) => {
            PublicKey::from_base64(key).ok().context("--signer is no signing key; `portaveu store report` shows one")?
        }
        None => public(&signing_key(config)?)?,
    };
    verify(file, &signer)?;
    let (store, key) = (config.store(), config.own_key());
    // A store that is damaged, or whose key is gone, is what a backup is for.
    if store.exists() && config.open_store().is_err_and(|error| error.is_in_use()) {
        bail!("the box is running; stop it first");
    }
    let new = config.data.join("restored.redb");
    unseal(file, &new, passphrase)?;
    let store_again = Store::open(&new).context("what is in the backup is no store of this Portaveu")?;
    audited(&store_again, "restore", "")?;
    drop(store_again);
    let moment = Timestamp::now().as_second(); // what an earlier one put aside stays
    let aside = |path: &Path| -> Result<()> {
        let kind = path.extension().unwrap_or_default().to_string_lossy();
        let old = path.with_extension(format!("{kind}.before-restore-{moment}"));
        if path.exists() { Ok(std::fs::rename(path, old)?) } else { Ok(()) }
    };
    aside(&store)?;
    aside(&key)?;
    std::fs::rename(new.with_extension("key"), &key)?;
    std::fs::rename(&new, &store)?;
    File::open(&config.data)?.sync_all()?;
    println!("everything is back; what was here before is beside it, as *.before-restore-{moment}");
    Ok(())
}

fn verify(file: &Path, signer: &PublicKey) -> Result<()> {
    let beside = signature_of(file);
    let text = std::fs::read_to_string(&beside).with_context(|| format!("{}: cannot be read", beside.display()))?;
    // minisign reads 64 bytes of the second signature, which may be fewer.
    let is_whole = text.lines().nth(3).is_some_and(|second| second.trim().len() >= 88);
    let signature = SignatureBox::from_string(&text).ok().filter(|_| is_whole);
    let signature = signature.with_context(|| format!("{}: is no whole signature of minisign's", beside.display()))?;
    let read = File::open(file).with_context(|| format!("{}: cannot be read", file.display()))?;
    if minisign::verify(signer, &signature, BufReader::new(read), true, false, false).is_err() {
        bail!(
            "{} was not signed by {}, or was changed since; nothing was restored. If another box wrote it, give that box's \
             key with --signer KEY, as `portaveu store report` shows it there",
            file.display(),
            signer.to_base64()
        );
    }
    Ok(())
}

/// Key and store, beside each other under a name of their own.
fn unseal(file: &Path, new: &Path, passphrase: &SecretString) -> Result<()> {
    let decryptor = age::Decryptor::new(BufReader::new(File::open(file)?))?;
    let identity = age::scrypt::Identity::new(passphrase.clone());
    let mut plain = decryptor
        .decrypt(std::iter::once(&identity as &dyn age::Identity))
        .context("the passphrase is not right; nothing was restored")?;
    let mut key = [0; KEY_LENGTH];
    plain.read_exact(&mut key)?;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut kept = options.open(new.with_extension("key"))?;
    kept.write_all(&key)?;
    kept.sync_all()?;
    let mut out = options.open(new)?;
    std::io::copy(&mut plain, &mut out).with_context(|| format!("{}: cannot be written", new.display()))?;
    Ok(out.sync_all()?)
}

fn signature_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".minisig");
    name.into()
}

/// The key that the box signs with, made when it is first needed.
fn signing_key(config: &Config) -> Result<SecretKey> {
    let path = config.data.join("signing.key");
    let failed = || format!("{}: the signing key cannot be kept or read", path.display());
    if !path.exists() {
        let made = KeyPair::generate_unencrypted_keypair()?.sk.to_box(Some("portaveu signing key"))?;
        whole::write(&path, made.to_string().as_bytes()).with_context(failed)?;
    }
    let kept = SecretKeyBox::from_string(&std::fs::read_to_string(&path).with_context(failed)?)?;
    Ok(kept.into_unencrypted_secret_key()?)
}

fn public(key: &SecretKey) -> Result<PublicKey> {
    Ok(PublicKey::from_secret_key(key)?)
}
