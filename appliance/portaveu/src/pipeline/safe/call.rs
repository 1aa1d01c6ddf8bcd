//! One call in safe mode: the sentence, then the telephones, then the sentence again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use portaveu_call::{CallId, LineCommand, LineEvent, RejectReason, Sound};
use portaveu_media::{Playout, Sink, Tick};
use tokio::sync::mpsc;
use tokio::time::interval;

use super::SafeMode;
use crate::pipeline::call::{LONGEST, LOOK, NO_SOUND};
use crate::pipeline::person::MOST_RELAYED;
use crate::pipeline::sound::{Place, agreed};

/// How often the sentence is said and everybody rung, before the box hangs up.
const ROUNDS: usize = 3;

/// A telephone that is rung or was answered.
struct Person {
    leg: CallId,
    /// Until it is answered.
    place: Option<Place>,
    since_rung: Instant,
}

enum Step<'a> {
    Say,
    Ring(&'a str),
}

struct SafeCall<'a> {
    safe: &'a SafeMode,
    call: CallId,
    to_caller: Playout,
    to_person: Playout,
    /// The caller and a person hear each other.
    joined: Arc<AtomicBool>,
    person: Option<Person>,
    dialled: Vec<CallId>,
    steps: Box<dyn Iterator<Item = Step<'a>> + Send + 'a>,
}

/// Until its end; gives the legs that were dialled for it.
pub async fn talk(
    safe: &SafeMode,
    call: CallId,
    sound: Sound,
    mut events: mpsc::UnboundedReceiver<LineEvent>,
) -> Vec<CallId> {
    let place = match Place::reserve(&safe.engine, call) {
        Ok(place) => place,
        Err(error) => {
            tracing::error!("{call} cannot be answered: {error}");
            safe.lines.send(LineCommand::Reject { call, reason: RejectReason::Unavailable });
            return Vec::new();
        }
    };
    safe.lines.send(LineCommand::Answer { call, rtp_port: place.rtp_port() });
    let sound = match sound {
        Sound::RtpToBeAgreed => agreed(&mut events).await,
        settled => Some(settled),
    };
    let Some(source) = sound.and_then(|sound| place.with(sound)) else { return Vec::new() };
    tracing::info!("{call} hears that the box is out of order");
    let silent_ms = Arc::new(AtomicU64::new(0));
    let (to_caller, to_person, joined) = (Playout::default(), Playout::default(), Arc::default());
    let mut this =
        SafeCall { safe, call, to_caller, to_person, joined, person: None, dialled: Vec::new(), steps: steps(safe) };
    safe.engine.open(call, source, this.to_caller.clone(), this.relay(&this.to_person, silent_ms.clone()));
    this.to_caller.hold(Some(&safe.music));
    let (began, mut look) = (Instant::now(), interval(LOOK));
    loop {
        let over = tokio::select! {
            event = events.recv() => event.is_none_or(|event| this.line_event(event)),
            _ = look.tick() => {
                let silent = Duration::from_millis(silent_ms.load(Ordering::Relaxed));
                silent > NO_SOUND || began.elapsed() > LONGEST || this.look()
            }
        };
        if over {
            return this.end();
        }
    }
}

fn steps<'a>(safe: &'a SafeMode) -> Box<dyn Iterator<Item = Step<'a>> + Send + 'a> {
    let round = || std::iter::once(Step::Say).chain(safe.extensions.iter().map(|extension| Step::Ring(extension)));
    Box::new((0..ROUNDS).flat_map(move |_| round()))
}

impl SafeCall<'_> {
    /// What is heard goes to the other one, once both are joined.
    fn relay(&self, other: &Playout, silent_ms: Arc<AtomicU64>) -> Sink {
        let (other, joined) = (other.clone(), self.joined.clone());
        Box::new(move |tick: Tick| {
            silent_ms.store(tick.silent_for.as_millis() as u64, Ordering::Relaxed);
            if joined.load(Ordering::Relaxed) {
                other.relay(&tick.heard, MOST_RELAYED);
            }
        })
    }

    fn is_person(&self, leg: CallId) -> bool {
        self.person.as_ref().is_some_and(|person| person.leg == leg)
    }

    /// True when the call is over.
    fn line_event(&mut self, event: LineEvent) -> bool {
        match event {
            LineEvent::Ended { call, .. } if call == self.call => return true,
            LineEvent::Ended { call, .. } if self.is_person(call) => {
                self.person = None;
                self.safe.engine.close(call);
                return self.joined.load(Ordering::Relaxed);
            }
            LineEvent::MediaAgreed { call, plan } => self.safe.engine.change(call, plan),
            LineEvent::Answered { call, sound } if self.is_person(call) => self.join(call, sound),
            _ => {}
        }
        false
    }

    fn join(&mut self, leg: CallId, sound: Sound) {
        let place = self.person.as_mut().and_then(|person| person.place.take());
        let Some(source) = place.and_then(|place| place.with(sound)) else { return };
        self.safe.engine.open(leg, source, self.to_person.clone(), self.relay(&self.to_caller, Arc::default()));
        self.to_caller.hold(None);
        self.safe.engine.relay(self.call);
        self.safe.engine.relay(leg);
        self.joined.store(true, Ordering::Relaxed);
        tracing::info!("{}: the caller and a person are joined", self.call);
    }

    /// What comes next, once everything was said and nobody is rung? True when nothing is left.
    fn look(&mut self) -> bool {
        let ring = self.safe.ring;
        let rings_in_vain = |person: &mut Person| person.place.is_some() && person.since_rung.elapsed() > ring;
        if let Some(person) = self.person.take_if(rings_in_vain) {
            self.safe.lines.send(LineCommand::HangUp { call: person.leg });
        }
        if self.person.is_some() || !self.to_caller.is_done() {
            return false;
        }
        match self.steps.next() {
            Some(Step::Say) => self.to_caller.append(&self.safe.sentence, false, true),
            Some(Step::Ring(extension)) => self.ring(extension),
            None => return true,
        }
        false
    }

    fn ring(&mut self, extension: &str) {
        let leg = self.safe.new_leg(self.call);
        self.dialled.push(leg);
        match Place::reserve(&self.safe.engine, leg) {
            Ok(place) => {
                tracing::info!("{}: {extension} is rung", self.call);
                let (call, target, rtp_port) = (leg, extension.to_owned(), place.rtp_port());
                self.safe.lines.send(LineCommand::Dial { call, target, rtp_port });
                self.person = Some(Person { leg, place: Some(place), since_rung: Instant::now() });
            }
            Err(error) => tracing::error!("{extension} is not rung: {error}"),
        }
    }

    fn end(self) -> Vec<CallId> {
        for leg in self.person.iter().map(|person| person.leg).chain([self.call]) {
            self.safe.lines.send(LineCommand::HangUp { call: leg });
            self.safe.engine.close(leg);
        }
        self.dialled
    }
}
