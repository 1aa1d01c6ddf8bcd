//! `portaveu`: answers a town hall's telephone. The command line, and which part does what:
//!
//! - `run` → [`pipeline`]: line, media, hearing, knowledge, dialogue, speaking
//! - `safe` → [`pipeline::safe`]: what answers when `run` cannot
//! - `talk` → [`talk`]: a call by this machine's sound card
//! - `check` → [`check`]: is everything there and in order
//! - `ask` → [`ask`]: one question, without a line
//! - `eval` → [`eval`]: many questions, counted
//! - `messages` → [`inbox`]: what callers left for people
//! - `people` → [`people`]: who may sign in to the panel
//! - `store` → [`kept`]: what is kept, its backup and the way back
//! - `pack` → [`pack`]: the council's own texts
//! - `render` → [`rendering`]: approved text to sound, ahead of the calls

mod ask;
mod board;
mod button;
mod check;
mod clock;
mod config;
mod control;
mod conversation;
mod desk;
mod eval;
mod health;
mod hear;
mod hours;
mod inbox;
mod kept;
mod lines;
mod log;
mod metrics;
mod mouth;
mod pack;
mod people;
mod pipeline;
mod published;
mod rendering;
mod talk;
mod whole;
mod wording;
mod worker;

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use portaveu_call::Language;
use portaveu_knowledge::{Knowledge, Pack};

use config::Config;

/// Answers a town hall's telephone, from the town hall's own server room.
///
/// Without --config it takes /etc/portaveu/portaveu.toml, else the example council of the source tree, and says which.
#[derive(Parser)]
#[command(
    version,
    after_help = "Try it:\n  portaveu check\n  portaveu ask \"¿Qué papeles hacen falta para empadronarse?\"\n  portaveu run"
)]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Args)]
struct Common {
    /// The box's settings.
    #[arg(long, global = true)]
    config: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Answer calls until stopped.
    Run {
        #[command(flatten)]
        common: Common,
        /// Print what callers and the box say, and how long answers took. For demonstrations: callers' words are personal.
        #[arg(long)]
        show_conversation: bool,
    },
    /// Answer calls when `run` cannot: one stored sentence, then the council's emergency telephones.
    Safe {
        #[command(flatten)]
        common: Common,
    },
    /// Call the box by this machine's sound card, without a PBX.
    Talk {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        options: talk::Options,
    },
    /// Look whether settings, pack and models are in order; says what to mend.
    Check {
        #[command(flatten)]
        common: Common,
    },
    /// Ask one question without a telephone.
    Ask {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        question: ask::Question,
    },
    /// Ask the questions of a table and count how they were answered.
    Eval {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        options: eval::Options,
    },
    /// The messages that callers left, oldest first.
    Messages {
        #[command(flatten)]
        common: Common,
        #[command(subcommand)]
        command: Option<inbox::Command>,
    },
    /// Who may sign in to the panel: a list, or make, renew or remove an account.
    People {
        #[command(flatten)]
        common: Common,
        #[command(subcommand)]
        command: Option<people::Command>,
    },
    /// What the box keeps: a report, a backup, and the way back.
    Store {
        #[command(flatten)]
        common: Common,
        #[command(subcommand)]
        command: kept::Command,
    },
    /// The council's own texts: check them, try them, begin new ones.
    Pack {
        #[command(flatten)]
        common: Common,
        #[command(subcommand)]
        command: pack::Command,
    },
    /// Render what the box says to sound, so that calls play it: its own phrases, and these topics' answers (all, if none is named).
    Render {
        #[command(flatten)]
        common: Common,
        /// Only these languages.
        #[arg(long = "lang", value_delimiter = ',')]
        languages: Vec<Language>,
        topics: Vec<String>,
    },
}

/// By this systemd knows what to start next (`RestartPreventExitStatus=` in its units).
const BUTTON_HELD: u8 = 70;

fn main() -> ExitCode {
    tell_threads();
    log::start();
    match start(Options::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_unread(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("portaveu: {error:#}");
            if error.is::<button::ButtonHeld>() { ExitCode::from(BUTTON_HELD) } else { ExitCode::FAILURE }
        }
    }
}

/// Whether nobody reads on what is printed, as after `| head`.
fn is_unread(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

/// candle looks at /proc/cpuinfo before each multiplication unless this variable says how many threads to use, which is a
/// third of the time of a look-up. A variable can only be given to a new program, so this one starts itself again.
fn tell_threads() {
    const THREADS: &str = "RAYON_NUM_THREADS";
    if std::env::var_os(THREADS).is_some() {
        return;
    }
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get().min(2));
    if let Ok(program) = std::env::current_exe() {
        let error = std::process::Command::new(program)
            .args(std::env::args_os().skip(1))
            .env(THREADS, threads.to_string())
            .exec();
        eprintln!("portaveu: goes on with slower look-ups: {error}");
    }
}

fn start(command: Command) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let config = |common: Common| Config::load(common.config.as_deref());
    match command {
        Command::Run { common, show_conversation } => {
            let lines = lines::Lines::open;
            runtime.block_on(pipeline::run(config(common)?, show_conversation, lines, std::future::pending()))
        }
        Command::Safe { common } => runtime.block_on(pipeline::safe::run(&config(common)?)),
        Command::Talk { common, options } => runtime.block_on(talk::run(common.config.as_deref(), &options)),
        Command::Check { common } => check::run(&config(common)?),
        Command::Ask { common, question } => runtime.block_on(ask::run(&config(common)?, &question)),
        Command::Eval { common, options } => runtime.block_on(eval::run(&config(common)?, &options)),
        Command::Messages { common, command } => inbox::run(&config(common)?, command.as_ref()),
        Command::People { common, command } => people::run(&config(common)?, command.as_ref()),
        Command::Store { common, command } => kept::run(&config(common)?, &command),
        Command::Pack { common, command } => pack::run(&config(common)?, &command),
        Command::Render { common, languages, topics } => {
            runtime.block_on(render(&config(common)?, &languages, &topics))
        }
    }
}

async fn render(config: &Config, languages: &[Language], topics: &[String]) -> Result<()> {
    let mut pack = Pack::load(&published::in_use_folder(config))?;
    pack.languages.retain(|language| languages.is_empty() || languages.contains(language));
    if let Some(unknown) = topics.iter().find(|id| !pack.topics.contains_key(*id)) {
        anyhow::bail!("there is no topic \"{unknown}\" in {}", config.council.display());
    }
    rendering::now(config, wording::all_phrases(&pack, topics)).await
}

/// The pack that answers calls, and what was learned of it; learns it now if it is new.
fn load_knowledge(config: &Config) -> Result<Arc<Knowledge>> {
    Ok(Arc::new(published::in_use(config)?))
}
