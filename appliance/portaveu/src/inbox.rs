//! The messages that callers left (and, see [`people`], the panel's accounts), for whoever is at the box's terminal: a running box is asked through a socket of its own, since
//! the store belongs to one program; without one the store is opened.
//!
//! It must not listen to anybody but the box's own user.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use clap::Subcommand;
use jiff::tz::TimeZone;
use portaveu_store::{Message, MessageState, Retention, Store};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;

use crate::config::Config;
use crate::people;

/// The longest request.
const LONGEST: u64 = 4096;
/// Whoever asks has so long (a copy of everything takes a while), and the box waits so long when it cannot listen.
const PATIENCE: Duration = Duration::from_secs(600);
const BUSY: Duration = Duration::from_secs(1);

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Say that you will call back.
    Take { id: u64 },
    /// Say that it is dealt with.
    Done { id: u64 },
    /// Keep the caller's voice in a WAV file.
    Save { id: u64, file: PathBuf },
}

/// List the messages, or do something with one.
pub fn run(config: &Config, command: Option<&Command>) -> Result<()> {
    match command {
        None => {
            let listed: Vec<Message> = serde_json::from_slice(&ask(config, "list")?)?;
            print!("{}", table(&listed));
        }
        Some(Command::Take { id }) => println!("{}", String::from_utf8_lossy(&ask(config, &format!("taken {id}"))?)),
        Some(Command::Done { id }) => println!("{}", String::from_utf8_lossy(&ask(config, &format!("done {id}"))?)),
        Some(Command::Save { id, file }) => {
            let sound = ask(config, &format!("sound {id}"))?;
            // A caller's voice is for whoever saves it, and for nobody else.
            let opened = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file);
            let written = opened.and_then(|mut file| file.write_all(&sound));
            written.with_context(|| format!("{}: cannot be written", file.display()))?;
        }
    }
    Ok(())
}

fn table(messages: &[Message]) -> String {
    if messages.is_empty() {
        return "there are no messages\n".into();
    }
    let time = |message: &Message| message.at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string();
    let line = |message: &Message| {
        let number = message.number.as_deref().unwrap_or("no number");
        format!(
            "{}  {}  {:?}, {}, {}: {number}, {}\n    when: {}\n    said ({} s): {}\n",
            message.id,
            time(message),
            message.state,
            message.department,
            message.language,
            message.topic.as_deref().unwrap_or("no topic"),
            message.when,
            message.seconds,
            message.text
        )
    };
    messages.iter().map(line).collect()
}

/// The answer of the running box, or of the store itself.
pub fn ask(config: &Config, request: &str) -> Result<Vec<u8>> {
    let mut reply = Vec::new();
    match std::os::unix::net::UnixStream::connect(config.control_socket()) {
        Ok(mut stream) => {
            writeln!(stream, "{request}")?;
            let mut stream = BufReader::new(stream);
            let mut status = String::new();
            stream.read_line(&mut status)?;
            ensure!(status.trim() == "ok", "{}", status.trim());
            stream.read_to_end(&mut reply)?;
        }
        Err(_) => {
            let store = Store::open(&config.store())?;
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
        Err(error) => return tracing::error!("{}: messages cannot be read from here: {error}", socket.display()),
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
                other => tracing::debug!("whoever asked for messages left: {other:?}"),
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

fn answer(store: &Store, retention: &Retention, request: &str, changed: &dyn Fn(&str)) -> Result<Vec<u8>> {
    if let Some(request) = request.strip_prefix("people ") {
        return Ok(people::answer(store, request)?.into_bytes());
    }
    if let Some(path) = request.strip_prefix("copy ") {
        store.copy_to(Path::new(path))?;
        return Ok(Vec::new());
    }
    let (what, id) = request.split_once(' ').unwrap_or((request, "0"));
    let id: u64 = id.parse().with_context(|| format!("\"{id}\" is no message's number"))?;
    let no_such = || format!("there is no message {id}; `portaveu messages` lists them");
    let state = match what {
        "holdings" => return Ok(serde_json::to_vec(&(store.holdings(retention)?, store.last_enforced()?))?),
        "list" => return Ok(serde_json::to_vec(&store.messages()?)?),
        "sound" => return store.message_sound(id)?.with_context(no_such),
        "taken" => MessageState::Taken,
        "done" => MessageState::Done,
        other => bail!("\"{other}\" is nothing that can be asked for"),
    };
    ensure!(store.set_message_state(id, state)?, no_such());
    if let Some(message) = store.messages()?.iter().find(|message| message.id == id) {
        changed(&message.department);
    }
    Ok(format!("message {id} is {what}").into_bytes())
}
