//! The log: on standard error, and its newest lines for the panel.
//!
//! Nothing that callers say or that would tell who they are is logged above the level "debug".

use std::collections::VecDeque;
use std::io::{IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

const KEPT: usize = 300;

static NEWEST: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());

pub fn start() {
    let filter = || EnvFilter::builder().with_default_directive(tracing::Level::INFO.into()).from_env_lossy();
    let shown =
        fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal()).with_filter(filter());
    let kept = fmt::layer().with_writer(Newest).with_ansi(false).with_filter(tracing::level_filters::LevelFilter::INFO);
    tracing_subscriber::registry().with(shown).with(kept).init();
}

/// The newest lines, the oldest of them first.
pub fn newest() -> Vec<String> {
    NEWEST.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
}

struct Newest;

impl Write for Newest {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut lines = NEWEST.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == KEPT {
            lines.pop_front();
        }
        lines.push_back(String::from_utf8_lossy(bytes).trim_end().to_owned());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Newest {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        Self
    }
}
