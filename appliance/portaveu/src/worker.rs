//! The speech worker as a child of this program, for where systemd does not run it: started, and started again when it
//! ends.

use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use portaveu_speech::Client;
use tokio::process::{Child, Command};

use crate::config::Config;

/// A worker that ends sooner than this is not started again at once.
const TOO_SOON: Duration = Duration::from_secs(5);
/// From a cold and slow disk it takes a while.
const LOADING: Duration = Duration::from_secs(120);

/// The worker's program with what it always needs.
pub fn program(config: &Config, threads: usize) -> std::process::Command {
    let beside = std::env::current_exe().ok().map(|path| path.with_file_name("portaveu-speech"));
    let path = beside.filter(|path| path.is_file()).unwrap_or_else(|| "portaveu-speech".into());
    let mut command = std::process::Command::new(path);
    command.arg("--models").arg(&config.models).arg("--threads").arg(threads.to_string());
    command
}

pub fn command(config: &Config, threads: usize) -> Command {
    let mut command = Command::from(program(config, threads));
    command.kill_on_drop(true);
    command
}

/// The folder of the worker's socket, removed with the program.
pub struct SocketFolder(PathBuf);

impl SocketFolder {
    pub fn new() -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("portaveu-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder); // of a program that is gone
        let made = std::fs::DirBuilder::new().mode(0o700).create(&folder);
        made.with_context(|| format!("{}: cannot be made", folder.display()))?;
        Ok(Self(folder))
    }

    pub fn socket(&self) -> PathBuf {
        self.0.join("speech.sock")
    }
}

impl Drop for SocketFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Ends the worker when it is dropped.
pub struct Worker(tokio::task::JoinHandle<()>);

impl Drop for Worker {
    fn drop(&mut self) {
        self.0.abort(); // its child is killed with it
    }
}

/// Start the worker, wait until it has loaded its models, and keep it alive from then on.
pub async fn start(config: &Config, socket: &Path, speech: &Client) -> Result<Worker> {
    let launch = {
        let (config, socket) = (config.clone(), socket.to_owned());
        move || command(&config, config.speech.threads).arg("serve").arg("--socket").arg(&socket).spawn()
    };
    let mut child = launch().context("portaveu-speech cannot be started; build it with `cargo build --release`")?;
    tokio::select! {
        ready = wait_until_ready(speech) => ready?,
        end = child.wait() => bail!("the speech worker cannot start ({}); its reason is above", described(end)),
    }
    Ok(Worker(tokio::spawn(keep_running(child, launch))))
}

/// A worker that somebody else runs, or our own, is waited for until it has loaded its models.
pub async fn wait_until_ready(speech: &Client) -> Result<()> {
    tokio::time::timeout(LOADING, speech.ready()).await.context("the speech worker does not get ready")
}

/// The same, until it has learned how what callers are expected to say is worded.
pub async fn wait_until_wording_learned(speech: &Client) -> Result<()> {
    let learned = tokio::time::timeout(LOADING, speech.wording_learned()).await;
    learned.context("the speech worker does not learn how callers word things")
}

async fn keep_running(mut child: Child, launch: impl Fn() -> std::io::Result<Child>) {
    loop {
        let begin = Instant::now();
        let end = child.wait().await;
        tracing::error!("the speech worker ended ({}); it is started again", described(end));
        if begin.elapsed() < TOO_SOON {
            tokio::time::sleep(TOO_SOON).await;
        }
        child = loop {
            match launch() {
                Ok(child) => break child,
                Err(error) => tracing::error!("the speech worker cannot be started: {error}"),
            }
            tokio::time::sleep(TOO_SOON).await;
        };
    }
}

fn described(end: std::io::Result<std::process::ExitStatus>) -> String {
    end.map_or_else(|error| error.to_string(), |status| status.to_string())
}
