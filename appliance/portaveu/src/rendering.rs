//! Approved text rendered to sound on whatever time the calls leave: by a worker of the box's own or, where systemd runs the
//! workers, by a service that takes what is to be rendered from the data folder.
//!
//! It must not take time from a call: rendering stands still while there is one.

use std::fs::File;
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use portaveu_speech::cache::{Phrase, PhraseCache};
use tokio::io::AsyncWriteExt;
use tokio::process::Child;

use crate::config::Config;
use crate::{whole, worker};

/// What is to be rendered (JSON lines of phrases), and what is locked while there is a call.
const LIST: &str = "render.jsonl";
const LOCK: &str = "render.lock";

pub enum Rendering {
    Worker(Child),
    Service(File),
}

impl Rendering {
    /// Render what the cache lacks, beside the calls. None when there is nothing to do.
    pub async fn beside(config: &Config, phrases: Vec<Phrase>) -> Result<Option<Self>> {
        let Some(list) = missing(config, phrases)? else { return Ok(None) };
        if config.speech.socket.is_none() {
            let mut render = render(config, 1);
            render.arg("--idle").stdout(Stdio::null()).stderr(Stdio::null());
            return Ok(Some(Self::Worker(given(render, &list).await?)));
        }
        let (lock, path) = (config.data.join(LOCK), config.data.join(LIST));
        let failed = |path: &PathBuf| format!("{}: cannot be written", path.display());
        let lock = File::create(&lock).with_context(|| failed(&lock))?;
        whole::write(&path, list.as_bytes()).with_context(|| failed(&path))?;
        Ok(Some(Self::Service(lock)))
    }

    pub fn pause(&mut self, pause: bool) {
        match self {
            Self::Worker(child) => {
                let _ = child.try_wait(); // lets the system forget it once it has ended
                let signal = if pause { Signal::SIGSTOP } else { Signal::SIGCONT };
                if let Some(id) = child.id().and_then(|id| i32::try_from(id).ok()) {
                    let _ = kill(Pid::from_raw(id), signal); // it may have ended just now
                }
            }
            Self::Service(lock) => {
                let held = if pause { lock.lock() } else { lock.unlock() };
                held.unwrap_or_else(|error| tracing::warn!("answers may be rendered during calls: {error}"));
            }
        }
    }
}

/// Render what the cache lacks, now, and say how far it is.
pub async fn now(config: &Config, phrases: Vec<Phrase>) -> Result<()> {
    let Some(list) = missing(config, phrases)? else {
        eprintln!("everything is rendered");
        return Ok(());
    };
    let status = given(render(config, config.speech.threads), &list).await?.wait().await?;
    ensure!(status.success(), "not everything could be rendered ({status})");
    Ok(())
}

/// As the worker reads it.
fn missing(config: &Config, phrases: Vec<Phrase>) -> Result<Option<String>> {
    let cache = PhraseCache::open(&config.phrases()).with_context(|| format!("{}", config.phrases().display()))?;
    let missing = phrases.iter().filter(|phrase| !cache.has(phrase)).map(serde_json::to_string);
    let lines: Vec<String> = missing.collect::<Result<_, _>>()?;
    Ok((!lines.is_empty()).then(|| lines.join("\n") + "\n"))
}

fn render(config: &Config, threads: usize) -> tokio::process::Command {
    let mut render = worker::command(config, threads);
    render.arg("render").arg("--cache").arg(config.phrases());
    render
}

async fn given(mut render: tokio::process::Command, list: &str) -> Result<Child> {
    let mut child = render.stdin(Stdio::piped()).spawn().context("portaveu-speech cannot be started")?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(list.as_bytes()).await?;
    }
    Ok(child)
}
