//! How the box's own programs ask a running box for what it keeps: through a socket in its data folder, since the store belongs
//! to one program. Without a running box the store is opened. The first word of a request says whom it is for.
//!
//! It must not listen to anybody but the box's own user.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use jiff::Timestamp;
use portaveu_store::{Audit, Retention, Store};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;

use crate::config::Config;
use crate::{inbox, kept, people};

/// The longest request.
const LONGEST: u64 = 4096;
/// Whoever asks has so long: a copy of everything takes a while.
const PATIENCE: Duration = Duration::from_secs(600);
/// How long the box waits when it cannot listen.
const BUSY: Duration = Duration::from_secs(1);

/// The answer of the running box, or of the store itself.
pub fn ask(config: &Config, request: &str) -> Result<Vec<u8>> {
    let mut reply = Vec::new();
    match std::os::unix::net::UnixStream::connect(config.control_socket()) {
        Ok(mut stream) => {
            writeln!(stream, "{request}")?;
            let mut stream = BufReader::new(stream);
            let mut status = String::new();
            stream.read_line(&mut status)?;
            ensure!(!status.is_empty(), "the box did not answer in time");
            ensure!(status.trim() == "ok", "{}", status.trim());
            stream.read_to_end(&mut reply)?;
        }
        Err(_) => {
            let store = config.open_store()?;
            reply = answer(&store, &config.retention, request, &|_| ())?;
        }
    }
    Ok(reply)
}

/// Serve the box's own user; `changed` is told whose inbox is another one now.
pub async fn serve(
    socket: PathBuf,
    store: Arc<Store>,
    retention: Retention,
    changed: impl Fn(&str) + Clone + Send + Sync + 'static,
) {
    let listener = match listen(&socket) {
        Ok(listener) => listener,
        Err(error) => {
            return tracing::error!("{}: the box cannot be asked for what it keeps: {error}", socket.display());
        }
    };
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(BUSY).await; // out of descriptors, say
            continue;
        };
        let (store, changed) = (store.clone(), changed.clone());
        tokio::spawn(async move {
            match timeout(PATIENCE, reply(stream, store, retention, changed)).await {
                Ok(Ok(())) => {}
                other => tracing::debug!("whoever asked for what is kept left: {other:?}"),
            }
        });
    }
}

fn listen(socket: &Path) -> std::io::Result<UnixListener> {
    let _ = std::fs::remove_file(socket); // of a box that is gone: the store lets only one run
    let listener = UnixListener::bind(socket)?;
    std::fs::set_permissions(socket, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

async fn reply(
    mut stream: UnixStream,
    store: Arc<Store>,
    retention: Retention,
    changed: impl Fn(&str) + Send + Sync + 'static,
) -> Result<()> {
    let mut request = String::new();
    let (reader, _) = stream.split();
    tokio::io::AsyncReadExt::take(tokio::io::BufReader::new(reader), LONGEST).read_line(&mut request).await?;
    let answered = tokio::task::spawn_blocking(move || answer(&store, &retention, request.trim(), &changed)).await?;
    match answered {
        Ok(bytes) => {
            stream.write_all(b"ok\n").await?;
            stream.write_all(&bytes).await?;
        }
        Err(error) => stream.write_all(format!("{error:#}\n").as_bytes()).await?,
    }
    Ok(stream.shutdown().await?)
}

/// Who stands in the log of who saw and changed what: the terminal knows no names.
const TERMINAL: &str = "(terminal)";

/// Write down that somebody at the terminal saw or changed something, as the panel does.
pub fn audited(store: &Store, what: &str, subject: &str) -> Result<()> {
    let (who, what, subject) = (TERMINAL.to_owned(), what.to_owned(), subject.to_owned());
    Ok(store.audit(&Audit { at: Timestamp::now(), who, what, subject })?)
}

fn answer(store: &Store, retention: &Retention, request: &str, changed: &dyn Fn(&str)) -> Result<Vec<u8>> {
    match request.split_once(' ') {
        Some(("messages", request)) => inbox::answer(store, request, changed),
        Some(("people", request)) => people::answer(store, request),
        Some(("store", request)) => kept::answer(store, retention, request),
        _ => bail!("\"{request}\" is nothing that can be asked for"),
    }
}
