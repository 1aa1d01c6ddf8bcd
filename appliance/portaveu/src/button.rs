//! The button on the box: pressed shortly, the box says by its sound card how it is; held for five seconds, it goes into safe
//! mode, and from there back. That must not wait for what is being said.

use std::sync::Arc;

use anyhow::Result;
use portaveu_board::BoxState;
use portaveu_board::button::{self, GpioButton, Press};
use portaveu_call::{FRAME_SAMPLES, Language, Pace, SoundDevice};
use portaveu_line::Card;
use portaveu_speech::cache::Phrase;
use tokio::sync::mpsc;

use crate::pipeline::Stages;

/// The sound card of the handset, as ALSA names it.
const CARD: &str = "default";
/// Presses that wait.
const WAITING: usize = 4;

/// Why the program ends: systemd starts safe mode instead of it, or the box again.
#[derive(Debug, thiserror::Error)]
#[error("the button of the box was held")]
pub struct ButtonHeld;

/// Until the button is held for long.
pub async fn heed(stages: &Arc<Stages>, state: impl Fn() -> BoxState) -> Result<()> {
    let mut presses = presses()?;
    let mut saying = tokio::task::JoinSet::new();
    loop {
        match presses.recv().await {
            Some(Press::Short) if saying.try_join_next().is_some() || saying.is_empty() => {
                let (stages, state) = (stages.clone(), state());
                saying.spawn(async move { say(&stages, state).await });
            }
            Some(Press::Short) => {} // it is still said
            Some(Press::Long) => return Err(ButtonHeld.into()),
            None => std::future::pending().await, // there is no button
        }
    }
}

/// How the button is pressed; the channel is closed where there is none.
pub fn presses() -> Result<mpsc::Receiver<Press>> {
    let (pressed, presses) = mpsc::channel(WAITING);
    let listen = move || {
        let heard = GpioButton::find().and_then(|found| match found {
            Some(mut contact) => button::listen(&mut contact, |press| _ = pressed.try_send(press)),
            None => Ok(()),
        });
        heard.unwrap_or_else(|error| tracing::error!("{error}"));
    };
    std::thread::Builder::new().name("button".into()).spawn(listen)?;
    Ok(presses)
}

async fn say(stages: &Stages, state: BoxState) {
    let first = stages.published().knowledge.pack.first_language();
    let language = if matches!(first, Language::Ca | Language::En) { first } else { Language::Es };
    let mut sound = Vec::new();
    for meaning in state.meanings() {
        let text = meaning.text(language).to_owned();
        sound.extend(stages.spoken(Phrase { text, language, pace: Pace::Normal }).await);
    }
    let played = tokio::task::spawn_blocking(move || play(&sound)).await;
    if let Ok(Err(error)) = played {
        tracing::error!("the box cannot say how it is: {error:#}");
    }
}

fn play(sound: &[i16]) -> Result<()> {
    let mut card = Card::open(CARD)?;
    for part in sound.chunks(FRAME_SAMPLES) {
        let mut frame = [0; FRAME_SAMPLES];
        frame[..part.len()].copy_from_slice(part);
        card.exchange(&frame)?;
    }
    Ok(())
}
