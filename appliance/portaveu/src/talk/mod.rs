//! `portaveu talk`: a call by this machine's sound card, without a PBX, and the check of that card.
//!
//! The box behind it is the same as behind a line; only settings of the line itself play no part.

mod line_check;

use std::io::{BufRead, IsTerminal};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use portaveu_board::Heartbeat;
use portaveu_call::Digit;
use portaveu_line::Handset;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::config::Config;
use crate::lines::{Events, Lines};
use crate::pipeline;

/// How often it is looked whether the box has hung up.
const LOOK: Duration = Duration::from_millis(100);

#[derive(Args)]
pub struct Options {
    /// The sound card, by ALSA's name.
    #[arg(long, default_value = "default")]
    card: String,
    /// Name the sound cards that are there.
    #[arg(long, conflicts_with = "check")]
    list: bool,
    /// Measure the card: noise, voice, echo, delay.
    #[arg(long)]
    check: bool,
    /// Show how loud the card hears, until Ctrl-C.
    #[arg(long, conflicts_with_all = ["list", "check"])]
    level: bool,
}

pub async fn run(config: Option<&std::path::Path>, options: &Options) -> Result<()> {
    if options.list {
        return list();
    }
    if options.check || options.level {
        let (card, measure) = (options.card.clone(), if options.level { line_check::meter } else { line_check::run });
        return tokio::task::spawn_blocking(move || measure(&card)).await?;
    }
    let (made, handset) = tokio::sync::oneshot::channel();
    let card = options.card.clone();
    let lines = move |_: &Config, events: Events, _: &Heartbeat| {
        let handset = Arc::new(Handset::new(card.clone(), move |event| _ = events.send(event)));
        let _ = made.send(handset.clone());
        let how = "Enter hangs up and calls again; digits, * and # are keys; q ends";
        Ok(Lines::handset(handset, format!("talking by the sound card \"{card}\". {how}")))
    };
    pipeline::run(Config::load(config)?, true, lines, async { talk(handset.await?).await }).await
}

/// Pick up, and do what the keyboard says, until it says no more and the call is over.
async fn talk(handset: Arc<Handset>) -> Result<()> {
    handset.pick_up()?;
    let mut typed = keyboard().context("the keyboard cannot be read")?;
    let mut look = tokio::time::interval(LOOK);
    let mut was_up = true;
    let mut keyboard_is_there = true;
    loop {
        tokio::select! {
            line = typed.recv(), if keyboard_is_there => match line.as_deref().map(str::trim) {
                None => keyboard_is_there = false,
                Some("q") => return Ok(()),
                Some("") if handset.is_up() => handset.hang_up(),
                Some("") => handset.pick_up().unwrap_or_else(|error| eprintln!("{error}")),
                Some(keys) => keys.chars().filter_map(Digit::from_char).for_each(|key| handset.press(key)),
            },
            _ = look.tick() => {}
        }
        let is_up = handset.is_up();
        if !is_up && !keyboard_is_there {
            return Ok(());
        }
        if std::mem::replace(&mut was_up, is_up) && !is_up {
            eprintln!("the call is over; Enter calls again, q ends");
        }
    }
}

/// What is typed, line by line.
fn keyboard() -> Result<UnboundedReceiver<String>> {
    let (sender, typed) = unbounded_channel();
    let read = move || std::io::stdin().lock().lines().map_while(Result::ok).try_for_each(|line| sender.send(line));
    std::thread::Builder::new().name("keyboard".into()).spawn(read)?;
    Ok(typed)
}

fn list() -> Result<()> {
    let cards = portaveu_line::cards()?;
    if cards.is_empty() && std::io::stdout().is_terminal() {
        eprintln!("ALSA knows no sound card on this machine");
    }
    for card in cards {
        let use_for = match (card.hears, card.speaks) {
            (true, true) => "hears and speaks",
            (true, false) => "hears only",
            _ => "speaks only",
        };
        println!("{:<28} {use_for:<17} {}", card.name, card.description);
    }
    Ok(())
}
