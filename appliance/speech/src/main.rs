//! `portaveu-speech`: hears and speaks for `portaveu`, on a Unix socket, without a network.
//!
//! It must not open a network socket nor write what it hears. It may crash: calls go on without it for a moment.

mod worker;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use anyhow::Context;
use clap::{Parser, Subcommand};
use portaveu_call::Language;
use portaveu_speech::models::Models;
use worker::recogniser::Recogniser;
use worker::tokens::Tokens;
use worker::wording::Wordings;

/// Niceness of the worker.
const BEHIND_AUDIO: i32 = 5;

/// Hears and speaks for portaveu. `portaveu run` starts it; by hand it is useful to try the models.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// Folder of the models that `make models` fetched.
    #[arg(long)]
    models: PathBuf,
    /// Threads for the recogniser or the voice.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve one portaveu on a Unix socket.
    Serve {
        #[arg(long)]
        socket: PathBuf,
    },
    /// Render phrases into a folder: JSON lines {"text", "language", "pace"} on standard input.
    Render {
        #[arg(long)]
        cache: PathBuf,
        /// Only on time that nobody else wants.
        #[arg(long)]
        idle: bool,
        /// Wait before each phrase until nobody holds this lock: whoever holds it has calls.
        #[arg(long)]
        unless_locked: Option<PathBuf>,
    },
    /// Render what callers may say (JSON lines as above), put it through a noisy telephone line, and print what is heard.
    HearBack {
        /// Languages that may be spoken.
        #[arg(long, value_delimiter = ',', default_value = "es,ca,en")]
        languages: Vec<Language>,
    },
    /// Hear WAV files, one utterance each, and print a JSON line for each.
    Hear {
        /// Languages that may be spoken.
        #[arg(long, value_delimiter = ',', default_value = "es,ca,en")]
        languages: Vec<Language>,
        /// What callers may say: lines with a language, a tab and a sentence.
        #[arg(long)]
        wording: Option<PathBuf>,
        files: Vec<PathBuf>,
    },
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env().add_directive(tracing::Level::INFO.into()))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .without_time()
        .init();
    nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL)?; // never outlive portaveu
    worker::isolation::leave_the_network();
    match options.command {
        Command::Serve { socket } => {
            rustix::process::setpriority_process(None, BEHIND_AUDIO)?; // sound on the wire comes first
            worker::server::serve(&socket, &options.models, options.threads)
        }
        Command::Render { cache, idle, unless_locked } => {
            if idle {
                rustix::process::setpriority_process(None, 19)?;
            }
            let threads = i32::try_from(options.threads)?;
            worker::render::render(std::io::stdin().lock(), &options.models, &cache, threads, unless_locked.as_deref())
        }
        Command::HearBack { languages } => {
            rustix::process::setpriority_process(None, 19)?;
            worker::hear_back::hear_back(std::io::stdin().lock(), &options.models, &languages, options.threads)
        }
        Command::Hear { languages, wording, files } => {
            hear(&options.models, options.threads, &languages, wording.as_deref(), &files)
        }
    }
}

fn hear(
    models: &Path,
    threads: usize,
    languages: &[Language],
    wording: Option<&Path>,
    files: &[PathBuf],
) -> anyhow::Result<()> {
    let mut recogniser = Recogniser::load(&Models::open(models)?.verified("whisper-base.bin")?, threads)?;
    let wordings = wording.map(|path| read_wordings(path, &recogniser.tokens())).transpose()?.unwrap_or_default();
    let weights: Vec<(Language, f32)> = languages.iter().map(|language| (*language, 1.0)).collect();
    for file in files {
        let sound: Vec<f32> = portaveu_speech::read_wav(file)?.iter().map(|s| f32::from(*s) / 32768.0).collect();
        let begin = Instant::now();
        let heard = recogniser.hear(&sound, &weights, &wordings, &AtomicBool::new(false))?;
        let line = serde_json::json!({
            "file": file,
            "ms": begin.elapsed().as_millis() as u64,
            "heard": heard.as_ref().map(|h| &h.text),
            "language": heard.as_ref().map(|h| h.language),
            "language_confidence": heard.as_ref().map(|h| h.language_confidence),
            "confidence": heard.as_ref().map(|h| h.confidence),
            "second_hearing": heard.as_ref().map(|h| h.second_hearing),
        });
        println!("{line}");
    }
    Ok(())
}

fn read_wordings(path: &Path, tokens: &Tokens) -> anyhow::Result<Wordings> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    let sentences = text.lines().zip(1..).map(|(line, number)| {
        let (language, sentence) = line.split_once('\t').unwrap_or(("", line));
        let language = language.parse();
        let language =
            language.with_context(|| format!("{}, line {number}: a language and a tab come first", path.display()));
        Ok((language?, sentence.to_owned()))
    });
    Ok(Wordings::learn(&sentences.collect::<anyhow::Result<Vec<_>>>()?, tokens))
}
