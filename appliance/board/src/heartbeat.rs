//! The program's heart, for systemd's watchdog: it beats only while every part has lately said that it is alive, so that a
//! program which hangs in one part is ended and started again. (systemd itself feeds the hardware's watchdog.)
//!
//! It must not make a part wait: to say that it is alive costs one store to memory.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sd_notify::NotifyState;

/// systemd ends the program when this many beats in a row are left out.
const BEATS: u32 = 3;

/// A part that has not said in time that it is alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{part} has been silent for {} s, and may be for {}", since.as_secs(), bound.as_secs())]
pub struct Silent {
    pub part: &'static str,
    pub since: Duration,
    pub bound: Duration,
}

struct Part {
    bound: Duration,
    /// When it last was alive, in milliseconds since the heart began.
    alive: Arc<AtomicU64>,
}

/// What a part says that it is alive by.
#[derive(Clone)]
pub struct Alive {
    began: Instant,
    alive: Arc<AtomicU64>,
}

impl Alive {
    pub fn beat(&self) {
        self.alive.store(milliseconds(self.began.elapsed()), Ordering::Relaxed);
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

pub struct Heartbeat {
    began: Instant,
    parts: Mutex<BTreeMap<&'static str, Part>>,
}

impl Default for Heartbeat {
    fn default() -> Self {
        Self { began: Instant::now(), parts: Mutex::default() }
    }
}

impl Heartbeat {
    /// A part that from now on says that it is alive, at least once in `bound`.
    pub fn part(&self, name: &'static str, bound: Duration) -> Alive {
        let alive = Arc::new(AtomicU64::new(milliseconds(self.began.elapsed())));
        self.parts().insert(name, Part { bound, alive: alive.clone() });
        Alive { began: self.began, alive }
    }

    fn parts(&self) -> MutexGuard<'_, BTreeMap<&'static str, Part>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The part that is silent for too long at this time since the heart began.
    pub fn silent(&self, now: Duration) -> Option<Silent> {
        let silent = |(part, Part { bound, alive }): (&&'static str, &Part)| {
            let since = now.saturating_sub(Duration::from_millis(alive.load(Ordering::Relaxed)));
            (since > *bound).then_some(Silent { part, since, bound: *bound })
        };
        self.parts().iter().find_map(silent)
    }

    /// Tell systemd that calls are answered from now on.
    pub fn ready(&self, status: &str) -> io::Result<()> {
        sd_notify::notify(&[NotifyState::Ready, NotifyState::Status(status)])
    }

    /// One beat, if all parts are alive; else what is silent, which systemd shows as the program's status.
    pub fn beat(&self) -> io::Result<Option<Silent>> {
        let silent = self.silent(self.began.elapsed());
        match &silent {
            None => sd_notify::notify(&[NotifyState::Watchdog])?,
            Some(silent) => sd_notify::notify(&[NotifyState::Status(&silent.to_string())])?,
        }
        Ok(silent)
    }

    /// Beat for as long as systemd watches; returns at once where it does not, as on a workstation.
    pub fn keep_beating(&self) {
        let Some(patience) = sd_notify::watchdog_enabled() else { return };
        loop {
            match self.beat() {
                Ok(None) => {}
                Ok(Some(silent)) => tracing::error!("{silent}; systemd is about to start the program again"),
                Err(error) => tracing::error!("systemd does not hear that the program is alive: {error}"),
            }
            std::thread::sleep(patience / BEATS);
        }
    }
}
