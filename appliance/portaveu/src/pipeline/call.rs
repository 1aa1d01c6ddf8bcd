//! One call from its first ring to its end. It owns everything of the call; when the task ends, all of it is let go.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use portaveu_call::{CallId, Language, LineCommand, LineEvent, Pace, RejectReason, RemoteParty, Sound};
use portaveu_dialogue::{Action, Dialogue, Event, Lost, Phrase, Saying};
use portaveu_media::Playout;
use tokio::sync::mpsc;
use tokio::time::{Instant as TokioInstant, interval, sleep_until};

use super::handover::{Turn, lost};
use super::person::{Person, Reply};
use super::report::{Records, Timing};
use super::ringing::Rung;
use super::sound::{Place, agreed};
use super::wire::{Wire, sink};
use super::{Notice, Stages};
use crate::lines;
use crate::mouth::Mouth;
use crate::published::Published;
use crate::wording::{self, Manner};

/// How often the call looks whether somebody should say something.
pub const LOOK: Duration = Duration::from_millis(100);
/// Silence after which the box asks whether somebody is there, takes a message for complete, and when the caller asked to wait.
const QUIET: Duration = Duration::from_secs(8);
const QUIET_IN_MESSAGE: Duration = Duration::from_secs(5);
const QUIET_WHEN_PATIENT: Duration = Duration::from_secs(60);
/// A peer that sends no sound for so long is gone, and no call lasts longer than this.
pub const NO_SOUND: Duration = Duration::from_secs(30);
pub const LONGEST: Duration = Duration::from_secs(3600);
/// What the PBX has beyond a person's ringing to tell what came of it.
const AFTER_RINGING: Duration = Duration::from_secs(15);
/// Keys that wait.
const KEYS: usize = 32;
/// How much likelier the call's language is than another, before a word is said.
const SAME_LANGUAGE: f32 = 4.0;

/// Run a call that has just come in.
pub async fn run(
    stages: Arc<Stages>,
    call: CallId,
    from: RemoteParty,
    sound: Sound,
    mut events: mpsc::UnboundedReceiver<LineEvent>,
    notices: mpsc::UnboundedSender<Notice>,
) {
    if answer(&stages, call, &mut events).await {
        talk(&stages, call, &from, sound, &mut events, &notices).await;
    }
    let _ = notices.send(Notice::Ended { call });
}

/// Let it ring. False when the caller gave up.
async fn answer(stages: &Stages, call: CallId, events: &mut mpsc::UnboundedReceiver<LineEvent>) -> bool {
    stages.lines.send(LineCommand::Ring { call });
    let ringing = sleep_until(TokioInstant::now() + Duration::from_millis(stages.config.sip.ring_ms));
    tokio::pin!(ringing);
    loop {
        tokio::select! {
            () = &mut ringing => return true,
            event = events.recv() => if matches!(event, None | Some(LineEvent::Ended { .. })) {
                gave_up(stages, call);
                return false;
            },
        }
    }
}

fn gave_up(stages: &Stages, call: CallId) {
    tracing::info!("{call}: the caller gave up while it rang");
    stages.recorder.gave_up(Timestamp::now());
}

async fn talk(
    stages: &Arc<Stages>,
    call: CallId,
    from: &RemoteParty,
    sound: Sound,
    events: &mut mpsc::UnboundedReceiver<LineEvent>,
    notices: &mpsc::UnboundedSender<Notice>,
) {
    let place = match Place::reserve(&stages.engine, call) {
        Ok(place) => place,
        Err(error) => {
            tracing::error!("{call} cannot be answered: {error}");
            stages.recorder.refused(Timestamp::now());
            stages.lines.send(LineCommand::Reject { call, reason: RejectReason::Unavailable });
            return;
        }
    };
    stages.lines.send(LineCommand::Answer { call, rtp_port: place.rtp_port() });
    let sound = match sound {
        Sound::RtpToBeAgreed => agreed(events).await,
        settled => Some(settled),
    };
    if sound.is_none() {
        gave_up(stages, call);
    }
    let Some(source) = sound.and_then(|sound| place.with(sound)) else { return };
    let caller = hashed(stages, from).await;
    let published = stages.published();
    let language = published.knowledge.pack.first_language();
    let (stream, mut hearing) = stages.speech.open(weights(&published, language)).await;
    let (keys, mut pressed) = mpsc::channel(KEYS);
    let (playout, wire, person_playout) = (Playout::default(), Arc::new(Wire::default()), Arc::new(Mutex::new(None)));
    let stream = Arc::new(stream);
    let (replies, mut replied) = mpsc::unbounded_channel();
    let (kept_messages, mut message_kept) = mpsc::unbounded_channel();
    let sink = sink(wire.clone(), stream.clone(), keys, person_playout.clone());
    stages.engine.open(call, source, playout.clone(), sink);
    let mut conversation = Conversation {
        dialogue: Dialogue::new(language, published.parts.clone(), number_to_call_back(from)),
        mouth: Mouth::new(playout.clone(), stages.phrases.clone(), stages.speech.clone()),
        records: Records::begin(stages.recorder.clone(), lines::kind(call), language, caller),
        manner: Manner { language, pace: Pace::Normal },
        stages: stages.clone(),
        published: published.clone(),
        call,
        notices: notices.clone(),
        playout,
        wire,
        person: None,
        person_playout,
        asked_for: None,
        department: None,
        turn: None,
        transfer: None,
        must_bridge: false,
        replies,
        kept_messages,
        beep: false,
        louder: 0,
        patient: false,
        closing: false,
        joining: false,
        kept: Vec::new(),
        caller_speaks: false,
        speaking: false,
        last_active: Instant::now(),
        began: Instant::now(),
        timing: None,
        last_heard: String::new(),
    };
    let mut orders = stages.live.begin(call, conversation.shown());
    conversation.happened(&Event::Answered);
    let mut look = interval(LOOK);
    loop {
        let language = conversation.manner.language;
        tokio::select! {
            event = events.recv() => match event {
                Some(event) => if conversation.line_event(event).await { break },
                None => break,
            },
            Some(event) = hearing.recv() => conversation.hearing(event).await,
            Some(reply) = replied.recv() => conversation.replied(reply),
            Some(kept) = message_kept.recv() => conversation.message_kept(kept),
            Some(order) = orders.recv() => conversation.ordered(order),
            Some(digit) = pressed.recv() => conversation.happened(&Event::Digit(digit)),
            _ = look.tick() => conversation.look(),
        }
        if conversation.manner.language != language {
            stream.expect(weights(&published, conversation.manner.language)).await;
        }
    }
    conversation.end();
}

fn weights(published: &Published, current: Language) -> Vec<(Language, f32)> {
    let languages = published.languages.iter();
    languages
        .map(|(language, likely)| (*language, if *language == current { SAME_LANGUAGE } else { *likely }))
        .collect()
}

/// The caller's number as the store keeps it.
async fn hashed(stages: &Arc<Stages>, from: &RemoteParty) -> Option<u64> {
    let number = Some(from.number.clone()).filter(|number| number.chars().any(|c| c.is_ascii_digit()))?;
    let store = stages.store.clone();
    let hashing = tokio::task::spawn_blocking(move || store.caller(&number, Timestamp::now()));
    let hashed = tokio::time::timeout(LOOK, hashing).await.ok()?.ok()?; // no call waits for the store
    hashed.inspect_err(|error| tracing::error!("a caller is kept as unknown: {error}")).ok()
}

/// The number that the line tells, if it is one that can be called back.
fn number_to_call_back(from: &RemoteParty) -> Option<String> {
    let digits = from.number.strip_prefix('+').unwrap_or(&from.number);
    let is_number = (9..=15).contains(&digits.len()) && digits.chars().all(|c| c.is_ascii_digit());
    is_number.then(|| from.number.clone())
}

pub struct Conversation {
    pub stages: Arc<Stages>,
    pub published: Arc<Published>,
    pub call: CallId,
    pub notices: mpsc::UnboundedSender<Notice>,
    pub dialogue: Dialogue,
    pub mouth: Mouth,
    pub playout: Playout,
    pub records: Records,
    pub wire: Arc<Wire>,
    pub person: Option<Person>,
    pub person_playout: Arc<Mutex<Option<Playout>>>,
    /// The department that the caller named, asking for a person.
    pub asked_for: Option<String>,
    /// Whose people are rung, or were last.
    pub department: Option<String>,
    pub turn: Option<Turn>,
    /// The PBX was asked to ring this extension itself, then.
    pub transfer: Option<(Rung, Instant)>,
    /// It does not do that.
    pub must_bridge: bool,
    pub replies: mpsc::UnboundedSender<Reply>,
    pub kept_messages: mpsc::UnboundedSender<bool>,
    /// The signal is due as soon as the prompt was said.
    pub beep: bool,
    pub manner: Manner,
    louder: u8,
    patient: bool,
    closing: bool,
    /// The person answered, and the caller still hears what is said to its end.
    pub joining: bool,
    /// What is being said to its end.
    kept: Vec<portaveu_speech::cache::Phrase>,
    pub caller_speaks: bool,
    speaking: bool,
    pub last_active: Instant,
    began: Instant,
    pub timing: Option<Timing>,
    /// The caller's last words, without what is personal.
    pub last_heard: String,
}

impl Conversation {
    /// True when the call is over.
    async fn line_event(&mut self, event: LineEvent) -> bool {
        match event {
            LineEvent::Ended { call, end } if call == self.call => {
                tracing::info!("{call} ended: {end:?}");
                return true;
            }
            LineEvent::Ended { call, end } if self.is_person(call) => self.person_lost(lost(&end)),
            LineEvent::MediaAgreed { call, plan } => {
                tracing::debug!("{call}: its sound is now {:?} by {:?}", plan.direction, plan.codec);
                self.stages.engine.change(call, plan);
            }
            LineEvent::Answered { call, sound } if self.is_person(call) => self.person_answered(sound).await,
            LineEvent::TransferRefused { call } if call == self.call => self.transfer_refused(),
            LineEvent::TransferEnded { call, status } if call == self.call => self.transfer_ended(status),
            LineEvent::Digit { call, digit } if call == self.call => self.happened(&Event::Digit(digit)),
            LineEvent::Digit { call, digit } if self.is_person(call) => {
                self.person.iter().for_each(|person| person.pressed(digit));
            }
            _ => {}
        }
        false
    }

    pub fn happened(&mut self, event: &Event) {
        self.last_active = Instant::now();
        for action in self.dialogue.step(event) {
            self.act(action);
        }
        self.playout.hold(Some(&self.stages.hold_music).filter(|_| self.dialogue.is_waiting()));
        if !self.dialogue.is_queued() {
            self.leave_queue(); // whatever it was left for, nobody waits behind a place that nobody holds
        }
        self.show();
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Say(sayings) => {
                self.closing = false; // danger that is told of during the goodbye keeps the call
                sayings.iter().for_each(|saying| self.say(saying));
            }
            Action::StopSpeaking => self.mouth.stop(),
            Action::Manner { language, pace, louder } => {
                self.manner = Manner { language, pace };
                self.louder = louder;
            }
            Action::BePatient(patient) => self.patient = patient,
            Action::Ring { topic, danger, rung } => self.ring(topic.as_deref(), danger, rung),
            Action::StopRinging => self.stop_ringing(),
            Action::Enqueue { topic } => self.enqueue(topic.as_deref()),
            Action::Forget => {
                self.records.forget();
                self.last_heard.clear();
            }
            Action::Record => self.record(),
            Action::KeepMessage(draft) => self.keep_message(draft),
            Action::Join => self.join(),
            Action::HangUp => self.closing = true,
        }
    }

    fn say(&mut self, saying: &Saying) {
        self.records.says(saying);
        let (pack, asked) = (&self.published.knowledge.pack, self.asked_for.as_deref());
        for phrase in wording::phrases(pack, saying, self.manner, asked, Timestamp::now()) {
            if self.stages.show {
                println!("box     ({}): {}", phrase.language, phrase.text);
            }
            let kept = matches!(saying, Saying::Phrase(Phrase::Notice | Phrase::Emergency));
            if kept && self.kept.contains(&phrase) {
                continue; // it is still being said to its end
            }
            if kept {
                self.kept.push(phrase.clone());
            }
            self.mouth.say(phrase, self.louder, kept);
        }
    }

    /// Ten times a second: is it time to say something, or to end?
    fn look(&mut self) {
        self.show_timing();
        let ring = Duration::from_secs(self.stages.config.sip.person_ring_s);
        if self.person.as_ref().is_some_and(|person| person.does_not_answer(ring)) {
            self.person_lost(Lost::NoAnswer);
        } else if self.person.as_ref().is_some_and(|person| person.is_gone(NO_SOUND)) {
            self.person_lost(Lost::HungUp);
        }
        if self.transfer.as_ref().is_some_and(|(_, since)| since.elapsed() > ring + AFTER_RINGING) {
            self.transfer_lost(Lost::NoAnswer);
        }
        if self.is_recording_full() {
            self.happened(&Event::RecordingFull);
        }
        let silent = Duration::from_millis(self.wire.silent_ms.load(Ordering::Relaxed));
        if silent > NO_SOUND || self.began.elapsed() > LONGEST {
            tracing::info!(
                "{}: no sound for {} s after {} s; hung up",
                self.call,
                silent.as_secs(),
                self.began.elapsed().as_secs()
            );
            self.stages.lines.send(LineCommand::HangUp { call: self.call });
        }
        let speaking = self.mouth.is_speaking();
        if !speaking {
            self.kept.clear();
            self.beep_if_due();
            self.look_at_queue();
            if std::mem::take(&mut self.joining) {
                self.happened(&Event::PersonAnswered);
            }
        }
        if std::mem::replace(&mut self.speaking, speaking) && !speaking {
            tracing::debug!("{}: everything was said", self.call);
        }
        if speaking || self.caller_speaks || self.wire.joined.load(Ordering::Relaxed) {
            self.last_active = Instant::now();
        } else if self.closing {
            self.stages.lines.send(LineCommand::HangUp { call: self.call });
        } else if self.last_active.elapsed() > self.quiet() {
            self.happened(&Event::Silence);
        }
        if self.closing && self.wire.joined.load(Ordering::Relaxed) {
            self.stages.lines.send(LineCommand::HangUp { call: self.call });
        }
    }

    fn quiet(&self) -> Duration {
        match self.patient {
            _ if self.is_recording() => QUIET_IN_MESSAGE,
            true => QUIET_WHEN_PATIENT,
            false => QUIET,
        }
    }

    fn show_timing(&mut self) {
        let first = self.wire.first_sound.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let (Some(first), Some(timing)) = (first, self.timing.take_if(|_| first.is_some())) {
            if self.stages.show {
                println!("timing  {}", timing.line(first));
            }
            tracing::debug!("{}: {}", self.call, timing.line(first));
            self.records.first_sound(&timing, first);
        }
    }

    fn end(mut self) {
        self.happened(&Event::CallerGone);
        self.stages.live.end(self.call);
        self.leave_queue();
        if let Some(person) = self.person.take() {
            self.freed(&person);
            person.hang_up(&self.stages);
        }
        self.stages.engine.close(self.call);
        self.records.end(self.dialogue.language(), self.department);
    }
}
