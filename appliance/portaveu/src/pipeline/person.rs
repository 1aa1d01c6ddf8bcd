//! The leg to a person: rung, answered, joined with the caller. Sound is relayed on the media thread, frame by frame.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use portaveu_call::{CallId, FRAME_SAMPLES, LineCommand, MediaPlan};
use portaveu_media::{Playout, Port};

use super::Stages;

/// How long a person's telephone rings.
const RING: Duration = Duration::from_secs(25);
/// Most sound that waits between the two, in samples: more would be delay.
pub const MOST_RELAYED: usize = 4 * FRAME_SAMPLES;

pub struct Person {
    pub leg: CallId,
    pub playout: Playout,
    joined: Arc<AtomicBool>,
    port: Option<Port>,
    rung: Instant,
    /// How long the person has sent nothing, in milliseconds; none before the answer.
    silent_ms: Option<Arc<AtomicU64>>,
}

impl Person {
    /// Ring `target`. None when there is no port for its sound.
    pub fn ring(stages: &Stages, leg: CallId, target: &str, joined: Arc<AtomicBool>) -> Option<Self> {
        let port = stages.engine.bind().inspect_err(|error| tracing::error!("{error}")).ok()?;
        stages.line.send(LineCommand::Dial { call: leg, target: target.to_owned(), rtp_port: port.number() });
        let rung = Instant::now();
        Some(Self { leg, playout: Playout::default(), joined, port: Some(port), rung, silent_ms: None })
    }

    /// Nobody answers, or whoever did sends no sound any more.
    pub fn is_gone(&self, no_sound: Duration) -> bool {
        match &self.silent_ms {
            None => self.rung.elapsed() > RING,
            Some(silent) => Duration::from_millis(silent.load(Ordering::Relaxed)) > no_sound,
        }
    }

    /// The person answered: let sound flow to the caller as soon as they are joined.
    pub fn answered(&mut self, stages: &Stages, plan: MediaPlan, caller: Playout) {
        let Some(port) = self.port.take() else { return };
        let silent_ms = Arc::new(AtomicU64::new(0));
        self.silent_ms = Some(silent_ms.clone());
        let joined = self.joined.clone();
        let relay = move |tick: portaveu_media::Tick| {
            silent_ms.store(tick.silent_for.as_millis() as u64, Ordering::Relaxed);
            if joined.load(Ordering::Relaxed) {
                caller.relay(&tick.heard, MOST_RELAYED);
            }
        };
        stages.engine.open(self.leg, port, plan, self.playout.clone(), Box::new(relay));
    }

    pub fn hang_up(self, stages: &Stages) {
        self.joined.store(false, Ordering::Relaxed);
        stages.line.send(LineCommand::HangUp { call: self.leg });
        stages.engine.close(self.leg);
    }
}
