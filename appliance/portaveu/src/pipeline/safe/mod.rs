//! Safe mode: what answers when the box cannot. Every caller hears one stored sentence, and then the council's emergency
//! telephones are rung, one after the other.
//!
//! It must need nothing but a line and its sound: the store, the pack or the speech worker may be why it is needed.

mod call;
pub mod ready;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use portaveu_board::button::Press;
use portaveu_board::{BoxState, Heartbeat};
use portaveu_call::{CallId, LineCommand, LineEvent, LineState, RejectReason, RemoteParty, Sound};
use portaveu_media::{Engine, hold_music};
use tokio::sync::{Semaphore, mpsc};

use crate::board;
use crate::button::{self, ButtonHeld};
use crate::config::Config;
use crate::lines::Lines;

type Routes = HashMap<CallId, mpsc::UnboundedSender<LineEvent>>;

struct SafeMode {
    lines: Lines,
    engine: Engine,
    sentence: Vec<i16>,
    extensions: Vec<String>,
    music: Arc<[i16]>,
    /// How long a telephone rings.
    ring: Duration,
    channels: Arc<Semaphore>,
    next_leg: AtomicU64,
    /// Where the events of a call and of its legs go.
    routes: Mutex<Routes>,
}

/// Answer calls in safe mode until stopped.
pub async fn run(config: &Config) -> Result<()> {
    let (front, heart) = (board::starting(), Arc::new(Heartbeat::default()));
    let (events, mut line_events) = mpsc::unbounded_channel();
    let (first, last) = config.media.ports;
    let media = heart.part("media", board::HANGS);
    let safe = Arc::new(SafeMode {
        lines: Lines::open(config, events, &heart)?,
        engine: Engine::start(config.media_address(), first..=last, config.sip.peers.clone(), move || media.beat())?,
        sentence: ready::sentence(&config.safe()),
        extensions: ready::extensions(&config.safe()),
        music: hold_music(),
        ring: Duration::from_secs(config.sip.person_ring_s),
        channels: Arc::new(Semaphore::new(config.channels)),
        next_leg: AtomicU64::new(0),
        routes: Mutex::default(),
    });
    eprintln!("safe mode, {}", safe.lines.description);
    let (alive, mut beats) = (heart.part("switchboard", board::HANGS), tokio::time::interval(board::HANGS / 5));
    let _lights = board::ShownLights::of(front, || BoxState::Safe)?;
    board::answers(heart, &safe.lines.description)?;
    let mut presses = button::presses()?;
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    loop {
        tokio::select! {
            Some(event) = line_events.recv() => safe.line_event(event),
            _ = beats.tick() => alive.beat(),
            Some(press) = presses.recv() => if press == Press::Long {
                return Err(ButtonHeld.into());
            },
            _ = tokio::signal::ctrl_c() => return Ok(()),
            _ = terminate.recv() => return Ok(()),
        }
    }
}

impl SafeMode {
    fn line_event(self: &Arc<Self>, event: LineEvent) {
        match event {
            LineEvent::State(LineState::Up) => tracing::info!("the line is up"),
            LineEvent::State(LineState::InOnly) => tracing::warn!("calls come in by the line, and none can go out"),
            LineEvent::State(LineState::Down(why)) => tracing::error!("the line is down: {why}"),
            LineEvent::Incoming { call, from, sound } => self.incoming(call, &from, sound),
            event => self.with_routes(|routes| {
                if let Some(events) = event.call().and_then(|leg| routes.get(&leg)) {
                    let _ = events.send(event); // a call that is over needs no events
                }
            }),
        }
    }

    fn with_routes<T>(&self, what: impl FnOnce(&mut Routes) -> T) -> T {
        what(&mut self.routes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn incoming(self: &Arc<Self>, call: CallId, from: &RemoteParty, sound: Sound) {
        // A telephone that is rung may send its calls on to the box, which must not talk to itself.
        let is_ours = self.extensions.contains(&from.diverted_from);
        let Some(channel) = self.channels.clone().try_acquire_owned().ok().filter(|_| !is_ours) else {
            return self.lines.send(LineCommand::Reject { call, reason: RejectReason::Busy });
        };
        let (events, inbox) = mpsc::unbounded_channel();
        self.with_routes(|routes| routes.insert(call, events));
        let safe = self.clone();
        tokio::spawn(async move {
            let legs = call::talk(&safe, call, sound, inbox).await;
            safe.with_routes(|routes| legs.iter().chain([&call]).for_each(|leg| _ = routes.remove(leg)));
            drop(channel);
        });
    }

    /// A leg that is dialled for this call; its events come with the call's.
    fn new_leg(&self, call: CallId) -> CallId {
        let leg = call.dialled(self.next_leg.fetch_add(1, Ordering::Relaxed) + 1);
        self.with_routes(|routes| {
            let events = routes.get(&call).cloned();
            events.map(|events| routes.insert(leg, events))
        });
        leg
    }
}
