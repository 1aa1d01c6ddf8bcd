//! `portaveu-metrics`: publishes `portaveu`'s bundles of anonymous counts to the council's MQTT broker.
//!
//! It never hears a call: it has the network, and no way to anything but bundles.

mod publisher;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use publisher::settings::Settings;

/// Publishes anonymous counts of calls to the council's MQTT broker.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// Its settings.
    #[arg(long, global = true, default_value = "/etc/portaveu/metrics.toml")]
    config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Publish until stopped.
    Run,
    /// Look whether settings, files and broker are in order; says what to mend.
    Check {
        /// Settings and files only: ask neither the broker nor portaveu.
        #[arg(long)]
        offline: bool,
    },
}

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::builder()
                .with_default_directive(tracing::Level::INFO.into())
                .from_env_lossy(),
        )
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    match start(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("portaveu-metrics: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn start(options: &Options) -> anyhow::Result<()> {
    let settings = Settings::load(&options.config)?;
    match options.command {
        Command::Run => publisher::run(settings).await,
        Command::Check { offline } => publisher::check(settings, offline).await,
    }
}
