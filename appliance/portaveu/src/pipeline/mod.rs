//! The one place that joins the stages: line, media, hearing, knowledge, dialogue, speaking. Each call is a task of its
//! own ([`call`]); this part takes the line's events to the call that they belong to.
//!
//! Audio queues are bounded and drop; the line's events and commands never do. Nothing here may make one call wait for another.

mod beside;
mod call;
mod handover;
mod hearing;
mod live;
mod person;
mod queue;
mod recording;
mod report;
mod ringing;
pub mod safe;
mod sound;
mod wire;

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use jiff::Timestamp;
use portaveu_board::{Alive, BoxState, Heartbeat};
use portaveu_call::{CallId, LineCommand, LineEvent, LineState, MediaPlan, RejectReason, Sound};
use portaveu_media::{Engine, hold_music};
use portaveu_speech::Client;
use portaveu_speech::cache::{Phrase, PhraseCache};
use portaveu_store::{Recorder, Store};
use tokio::sync::{Semaphore, mpsc, watch};

pub use live::{Live, Order};
use queue::Queues;
use ringing::Ringing;

use crate::clock::Clock;
use crate::config::Config;
use crate::health::Health;
use crate::lines::{Events, Lines};
use crate::published::Published;
use crate::rendering::Rendering;
use crate::worker::{self, SocketFolder};
use crate::{board, button, control, wording};

/// What every call uses.
pub struct Stages {
    pub config: Config,
    pub lines: Lines,
    pub engine: Engine,
    pub speech: Client,
    published: watch::Sender<Arc<Published>>,
    pub phrases: PhraseCache,
    pub recorder: Recorder,
    pub store: Arc<Store>,
    pub live: Arc<Live>,
    pub queues: Queues,
    pub ringing: Ringing,
    /// One for each leg that may be dialled or talk to a person at the same time.
    pub outgoing: Arc<Semaphore>,
    /// What callers hear who wait.
    pub hold_music: Arc<[i16]>,
    /// Print what is said: for a demonstration, never for a council.
    pub show: bool,
    next_leg: AtomicU64,
}

impl Stages {
    /// What calls that begin now are answered from.
    pub fn published(&self) -> Arc<Published> {
        self.published.borrow().clone()
    }

    /// From now on calls are answered from this.
    pub fn publish(&self, new: Published) {
        self.speech.expect_wording(new.knowledge.pack.sentences());
        self.published.send_replace(Arc::new(new));
    }

    /// Tell the department's telephone how many messages wait.
    pub fn show_lamp(&self, department: &str) {
        beside::lamp(self, department);
    }

    /// A phrase at 16 kHz: rendered, or by the fast voice.
    pub async fn spoken(&self, phrase: Phrase) -> Vec<i16> {
        if let Some(sound) = self.phrases.get(&phrase) {
            return sound;
        }
        let mut parts = self.speech.speak(phrase).await;
        let mut sound = Vec::new();
        while let Some(part) = parts.recv().await {
            sound.extend(part);
        }
        sound
    }

    /// A number for a leg that the box dials, by the line of this call: who came by ISDN is handed on by ISDN.
    pub fn new_leg(&self, call: CallId) -> CallId {
        call.dialled(self.next_leg.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

/// From a call to the switchboard.
pub enum Notice {
    /// Events of this leg belong to the call as well.
    Leg {
        leg: CallId,
        call: CallId,
    },
    Ended {
        call: CallId,
    },
}

type Inbox = mpsc::UnboundedSender<LineEvent>;

struct Switchboard {
    stages: Arc<Stages>,
    calls: HashMap<CallId, Inbox>,
    legs: HashMap<CallId, CallId>,
    notices: mpsc::UnboundedSender<Notice>,
    clock: Arc<Mutex<Clock>>,
    rendering: Option<Rendering>,
    rendered: mpsc::UnboundedSender<Option<Rendering>>,
}

/// Answer the calls of these lines until told to stop, or `over` is.
pub async fn run(
    config: Config,
    show: bool,
    lines: impl FnOnce(&Config, Events, &Heartbeat) -> Result<Lines>,
    over: impl Future<Output = Result<()>>,
) -> Result<()> {
    let (front, heart) = (board::starting(), Arc::new(Heartbeat::default()));
    let folder = SocketFolder::new()?;
    let socket = config.speech.socket.clone().unwrap_or_else(|| folder.socket());
    let speech = Client::connect(&socket);
    let _worker = match config.speech.socket {
        Some(_) => None,
        None => Some(worker::start(&config, &socket, &speech).await?),
    };
    config.make_data()?;
    let store = Arc::new(config.open_store()?);
    let published = Arc::new(Published::at_start(&config, &store)?);
    let (recorder, writing) = Recorder::start(store.clone())?;
    worker::wait_until_ready(&speech).await?;
    speech.expect_wording(published.knowledge.pack.sentences());
    let (events, line_events) = mpsc::unbounded_channel();
    let (first, last) = config.media.ports;
    let media = heart.part("media", board::HANGS);
    let stages = Stages {
        lines: lines(&config, events, &heart)?,
        engine: Engine::start(config.media_address(), first..=last, config.sip.peers.clone(), move || media.beat())?,
        phrases: PhraseCache::open(&config.phrases())?,
        next_leg: AtomicU64::new(0),
        live: Arc::default(),
        queues: Queues::default(),
        ringing: Ringing::default(),
        outgoing: Arc::new(Semaphore::new(config.sip.outgoing)),
        hold_music: own_hold_music(&config.council.join("hold.wav")).unwrap_or_else(hold_music),
        store,
        config,
        speech,
        published: watch::Sender::new(published),
        recorder,
        show,
    };
    eprintln!("{}", stages.lines.description);
    let stages = Arc::new(stages);
    let (socket, for_lamp) = (stages.config.control_socket(), stages.clone());
    let changed = move |department: &str| for_lamp.show_lamp(department);
    let asked = tokio::spawn(control::serve(socket.clone(), stages.store.clone(), stages.config.retention, changed));
    let forgetting = tokio::spawn(beside::enforce_retention(stages.clone()));
    let (config, speech, store) = (stages.config.clone(), stages.speech.clone(), stages.store.clone());
    let health = Arc::new(Health { config, lines: stages.lines.states.clone(), speech, store });
    beside::serve_panel(&stages, health.clone())?;
    let live = stages.live.clone();
    let state = move || BoxState::Working(health.working(live.all().len()));
    let lights = board::ShownLights::of(front, state.clone())?;
    let switchboard = heart.part("switchboard", board::HANGS);
    board::answers(heart, &stages.lines.description)?;
    let ended = tokio::select! {
        ended = switch(stages.clone(), line_events, switchboard) => ended,
        () = beside::count(&stages) => Ok(()),
        ended = button::heed(&stages, state) => ended,
        ended = over => ended,
    };
    drop(lights);
    asked.abort();
    forgetting.abort();
    let _ = std::fs::remove_file(socket);
    // What waits for the store is written. Browsers that are connected hold the stages still, so it is told to end.
    let write_rest = move || {
        stages.recorder.end();
        writing.join()
    };
    let _ = tokio::task::spawn_blocking(write_rest).await;
    ended
}

/// The council's own music for who waits, if it has any.
fn own_hold_music(path: &Path) -> Option<Arc<[i16]>> {
    let read = path.exists().then(|| portaveu_speech::read_wav(path))?;
    read.inspect_err(|error| tracing::error!("callers wait with the box's own music: {error}")).ok().map(Into::into)
}

async fn switch(stages: Arc<Stages>, mut line_events: mpsc::UnboundedReceiver<LineEvent>, alive: Alive) -> Result<()> {
    let mut beats = tokio::time::interval(board::HANGS / 5);
    let (notices, mut inbox) = mpsc::unbounded_channel();
    let mut published = stages.published.subscribe();
    let (calls, legs, clock) = Default::default();
    let (rendered, mut renderings) = mpsc::unbounded_channel();
    let mut board = Switchboard { stages, calls, legs, notices, clock, rendering: None, rendered };
    board.begin_rendering();
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    loop {
        tokio::select! {
            biased; // a leg is made known before its first event, and who has much to do is alive
            _ = beats.tick() => alive.beat(),
            Some(notice) = inbox.recv() => board.notice(notice),
            Some(event) = line_events.recv() => board.line_event(event),
            _ = published.changed() => board.begin_rendering(),
            Some(rendering) = renderings.recv() => board.renders(rendering),
            _ = tokio::signal::ctrl_c() => return Ok(()),
            _ = terminate.recv() => return Ok(()),
        }
    }
}

impl Switchboard {
    /// Render what the published answers say, beside the calls. They do not wait for it, nor end when it fails.
    fn begin_rendering(&mut self) {
        if let Some(Rendering::Worker(_)) = self.rendering {
            self.rendering = None; // it ends
        }
        let (stages, rendered) = (self.stages.clone(), self.rendered.clone());
        tokio::spawn(async move {
            if let Err(error) = safe::ready::keep(&stages).await {
                tracing::error!("safe mode keeps what it had: {error:#}");
            }
            let published = stages.published();
            let phrases = tokio::task::spawn_blocking(move || wording::all_phrases(&published.knowledge.pack, &[]));
            match Rendering::beside(&stages.config, phrases.await.unwrap_or_default()).await {
                Ok(rendering) => _ = rendered.send(rendering),
                Err(error) => tracing::error!("answers are not rendered ahead, the fast voice says them: {error:#}"),
            }
        });
    }

    fn renders(&mut self, rendering: Option<Rendering>) {
        self.rendering = rendering;
        self.pause_rendering();
    }

    fn line_event(&mut self, event: LineEvent) {
        match event {
            LineEvent::State(LineState::Up) => tracing::info!("the line is up"),
            LineEvent::State(LineState::InOnly) => tracing::warn!("calls come in by the line, and none can go out"),
            LineEvent::State(LineState::Down(why)) => tracing::error!("the line is down: {why}"),
            LineEvent::Date(date) => self.date(date),
            LineEvent::Incoming { call, from, sound } => {
                if self.stages.ringing.is_rung(&from.diverted_from) {
                    tracing::info!("{call} comes from a telephone that the box rings itself, and which counts as busy");
                    self.stages.lines.send(LineCommand::Reject { call, reason: RejectReason::Busy });
                    return;
                }
                if self.calls.len() >= self.stages.config.channels {
                    tracing::warn!("{call} hears the busy tone: all {} channels are in use", self.calls.len());
                    self.stages.recorder.refused(Timestamp::now());
                    self.stages.lines.send(LineCommand::Reject { call, reason: RejectReason::Busy });
                    return;
                }
                let number = if from.number.is_empty() { "the number withheld" } else { "with its number" };
                let kind = match &sound {
                    Sound::Rtp(MediaPlan { srtp: Some(_), .. }) => "encrypted sound",
                    _ => "plain sound",
                };
                tracing::debug!("{call} comes in, {number}, with {kind}");
                let (events, inbox) = mpsc::unbounded_channel();
                self.calls.insert(call, events);
                self.pause_rendering();
                tokio::spawn(call::run(self.stages.clone(), call, from, sound, inbox, self.notices.clone()));
            }
            event => {
                let owner = event.call().map(|leg| self.legs.get(&leg).copied().unwrap_or(leg));
                if let Some(events) = owner.and_then(|call| self.calls.get(&call)) {
                    let _ = events.send(event); // a call that is over needs no events
                }
            }
        }
    }

    fn date(&self, date: Timestamp) {
        if self.stages.config.sip.clock {
            let (clock, store) = (self.clock.clone(), self.stages.store.clone());
            let wanted = self.stages.config.data.join("clock");
            let judge = move || clock.lock().unwrap_or_else(PoisonError::into_inner).heard(date, &store, &wanted);
            tokio::task::spawn_blocking(judge);
        }
    }

    fn notice(&mut self, notice: Notice) {
        match notice {
            Notice::Leg { leg, call } => _ = self.legs.insert(leg, call),
            Notice::Ended { call } => {
                self.calls.remove(&call);
                self.legs.retain(|_, owner| *owner != call);
                self.pause_rendering();
            }
        }
    }

    fn pause_rendering(&mut self) {
        if let Some(rendering) = &mut self.rendering {
            rendering.pause(!self.calls.is_empty());
        }
    }
}
