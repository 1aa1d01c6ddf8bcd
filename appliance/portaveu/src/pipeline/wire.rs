//! What the media thread does with a call's sound, and what it tells of it. It must not wait.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use portaveu_call::Digit;
use portaveu_media::{Playout, Tick};
use tokio::sync::mpsc;

use super::person::MOST_RELAYED;
use super::recording::LONGEST;

/// A sample louder than this is a voice, for the time of the first sound.
const VOICED: i16 = 300;

/// Shared with the media thread.
#[derive(Default)]
pub struct Wire {
    pub joined: Arc<AtomicBool>,
    pub silent_ms: AtomicU64,
    /// Set by a turn; the next voiced sample that is sent takes it and leaves its time.
    pub awaited: AtomicBool,
    pub first_sound: Mutex<Option<Instant>>,
    /// The caller's voice, while a message is taken.
    pub recording: Mutex<Option<Vec<i16>>>,
}

/// What the media thread does with 20 ms: to the worker, or to the person once they are joined.
pub fn sink(
    wire: Arc<Wire>,
    stream: Arc<portaveu_speech::Stream>,
    keys: mpsc::Sender<Digit>,
    person: Arc<Mutex<Option<Playout>>>,
) -> portaveu_media::Sink {
    Box::new(move |tick: Tick| {
        wire.silent_ms.store(tick.silent_for.as_millis() as u64, Ordering::Relaxed);
        if tick.spoken.iter().any(|s| s.saturating_abs() > VOICED) && wire.awaited.swap(false, Ordering::Relaxed) {
            *wire.first_sound.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
        for digit in tick.digits {
            let _ = keys.try_send(digit); // nobody presses so fast that a key may not be lost
        }
        if let Some(recording) = wire.recording.lock().unwrap_or_else(PoisonError::into_inner).as_mut()
            && recording.len() < LONGEST
        {
            recording.extend(tick.heard);
        }
        if !wire.joined.load(Ordering::Relaxed) {
            stream.audio(&tick.heard, &tick.spoken);
        } else if let Some(playout) = person.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            playout.relay(&tick.heard, MOST_RELAYED);
        }
    })
}
