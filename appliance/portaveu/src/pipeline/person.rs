//! The leg to a person: rung, answered, told what the call is about, and joined with the caller once the person takes it.
//! Sound is relayed on the media thread, frame by frame.
//!
//! It must not join anybody who did not take the call, least of all a voice mailbox.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use portaveu_call::{CallId, Digit, FRAME_SAMPLES, Hearing, LineCommand, Sound};
use portaveu_media::{Playout, Tick};
use portaveu_speech::cache::Phrase;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::interval;

use super::Stages;
use super::ringing::Rung;
use super::sound::Place;
use crate::mouth::Mouth;

/// How long a person has to take the call, after the summary.
const TO_TAKE_IT: Duration = Duration::from_secs(10);
/// Who says more than this before the end of the summary ("Tributos, ¿dígame?") may be a recording: only a key counts then.
const GREETING_MS: u32 = 2000;
/// How often it is looked whether the summary was said.
const LOOK: Duration = Duration::from_millis(50);
/// Most sound that waits between the two, in samples: more would be delay.
pub const MOST_RELAYED: usize = 4 * FRAME_SAMPLES;
const KEYS: usize = 8;

/// What a person says to a call.
#[derive(Clone, Copy, Debug)]
pub struct Reply {
    pub leg: CallId,
    pub takes_it: bool,
}

pub struct Person {
    pub leg: CallId,
    pub playout: Playout,
    joined: Arc<AtomicBool>,
    place: Option<Place>,
    since_rung: Instant,
    /// Until it is answered.
    rung: Option<Rung>,
    /// Since when the person talks to the caller.
    pub since: Option<Instant>,
    /// How long the person has sent nothing, in milliseconds; none before the answer.
    silent_ms: Option<Arc<AtomicU64>>,
    briefing: Option<tokio::task::JoinHandle<()>>,
    keys: Option<mpsc::Sender<Digit>>,
    _one_of_the_outgoing: Option<OwnedSemaphorePermit>,
}

impl Person {
    /// Ring `target`. None when there is no port for its sound, or too many people are rung or talking.
    pub fn ring(stages: &Stages, leg: CallId, target: &str, joined: Arc<AtomicBool>, danger: bool) -> Option<Self> {
        let permit = stages.outgoing.clone().try_acquire_owned().ok();
        if permit.is_none() && !danger {
            tracing::warn!("{target} is not rung: sip.outgoing legs are in use");
            return None;
        }
        let place = Place::reserve(&stages.engine, leg).inspect_err(|error| tracing::error!("{error}")).ok()?;
        stages.lines.send(LineCommand::Dial { call: leg, target: target.to_owned(), rtp_port: place.rtp_port() });
        Some(Self {
            leg,
            playout: Playout::default(),
            joined,
            place: Some(place),
            since_rung: Instant::now(),
            rung: Some(stages.ringing.begin(target)),
            since: None,
            silent_ms: None,
            briefing: None,
            keys: None,
            _one_of_the_outgoing: permit,
        })
    }

    /// Whether the telephone has rung for too long.
    pub fn does_not_answer(&self, ring: Duration) -> bool {
        self.silent_ms.is_none() && self.since_rung.elapsed() > ring
    }

    /// Whether whoever answered sends no sound any more.
    pub fn is_gone(&self, no_sound: Duration) -> bool {
        let silent = self.silent_ms.as_ref().map_or(0, |silent| silent.load(Ordering::Relaxed));
        Duration::from_millis(silent) > no_sound
    }

    /// The telephone was answered. Say `summary` and tell whether the person takes the call; without one it is taken at once.
    pub async fn answered(
        &mut self,
        stages: &Stages,
        sound: Sound,
        caller: Playout,
        summary: Option<Phrase>,
        replies: mpsc::UnboundedSender<Reply>,
    ) {
        let Some(source) = self.place.take().and_then(|place| place.with(sound)) else { return };
        self.rung = None;
        let silent_ms = Arc::new(AtomicU64::new(0));
        self.silent_ms = Some(silent_ms.clone());
        let joined = self.joined.clone();
        let leg = self.leg;
        let (keys, pressed) = mpsc::channel(KEYS);
        let ear = match summary {
            Some(summary) => Some(self.brief(stages, summary, pressed, replies).await),
            None => {
                let _ = replies.send(Reply { leg, takes_it: true });
                None
            }
        };
        self.keys = Some(keys.clone());
        let relay = move |tick: Tick| {
            silent_ms.store(tick.silent_for.as_millis() as u64, Ordering::Relaxed);
            tick.digits.into_iter().for_each(|digit| _ = keys.try_send(digit)); // one key is enough
            if joined.load(Ordering::Relaxed) {
                caller.relay(&tick.heard, MOST_RELAYED);
            } else if let Some(stream) = ear.as_ref().and_then(std::sync::Weak::upgrade) {
                stream.audio(&tick.heard, &tick.spoken);
            }
        };
        stages.engine.open(self.leg, source, self.playout.clone(), Box::new(relay));
    }

    /// The task that tells and listens; its ear lives as long as it does.
    async fn brief(
        &mut self,
        stages: &Stages,
        summary: Phrase,
        keys: mpsc::Receiver<Digit>,
        replies: mpsc::UnboundedSender<Reply>,
    ) -> std::sync::Weak<portaveu_speech::Stream> {
        let (stream, hearing) = stages.speech.open(stages.published().languages.clone()).await;
        let stream = Arc::new(stream);
        let ear = Arc::downgrade(&stream);
        let mouth = Mouth::new(self.playout.clone(), stages.phrases.clone(), stages.speech.clone());
        mouth.say(summary, 0, true);
        let leg = self.leg;
        self.briefing = Some(tokio::spawn(async move {
            let takes_it = takes_the_call(&mouth, keys, hearing).await;
            drop(stream);
            let _ = replies.send(Reply { leg, takes_it });
        }));
        ear
    }

    /// A key that came by signalling.
    pub fn pressed(&self, digit: Digit) {
        self.keys.iter().for_each(|keys| _ = keys.try_send(digit)); // one key is enough
    }

    pub fn hang_up(self, stages: &Stages) {
        self.joined.store(false, Ordering::Relaxed);
        if let Some(briefing) = &self.briefing {
            briefing.abort();
        }
        stages.lines.send(LineCommand::HangUp { call: self.leg });
        stages.engine.close(self.leg);
    }
}

/// A key takes the call. So does a voice that begins after the summary, unless somebody went on talking during it.
async fn takes_the_call(mouth: &Mouth, mut keys: mpsc::Receiver<Digit>, mut hearing: mpsc::Receiver<Hearing>) -> bool {
    let mut look = interval(LOOK);
    let mut told: Option<Instant> = None;
    let (mut speaking, mut is_mailbox) = (false, false);
    loop {
        tokio::select! {
            Some(_) = keys.recv() => return true,
            Some(event) = hearing.recv() => match event {
                Hearing::SpeechStarted if told.is_some() && !is_mailbox => return true,
                Hearing::SpeechStarted => speaking = true,
                Hearing::Heard(heard) => is_mailbox |= told.is_none() && heard.speech_ms > GREETING_MS,
                Hearing::SpeechEnded => speaking = false,
                Hearing::Interrupted | Hearing::Unintelligible => {}
            },
            _ = look.tick() => match told {
                None if !mouth.is_speaking() => {
                    tracing::debug!("the summary was said");
                    is_mailbox |= speaking;
                    told = Some(Instant::now());
                }
                Some(told) if told.elapsed() > TO_TAKE_IT => return false,
                _ => {}
            },
        }
    }
}
