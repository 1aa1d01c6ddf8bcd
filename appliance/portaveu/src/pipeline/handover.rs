//! How a call gets to a person: telephones are rung, callers wait for their turn, and both are joined.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use portaveu_call::{CallEnd, CallId, LineCommand, Sound};
use portaveu_dialogue::{Event, Lost};
use portaveu_knowledge::Reach;

use super::Notice;
use super::call::Conversation;
use super::person::{Person, Reply};
use crate::config::Transfer;
use crate::wording;

/// How often the first of those who wait is tried for, though nobody is known to have become free.
const TRY_AGAIN: Duration = Duration::from_secs(15);
/// How often callers hear where they stand.
const TELL: Duration = Duration::from_secs(30);
/// When the place has changed, it is told no sooner than this after the last time.
const TELL_AGAIN: Duration = Duration::from_secs(10);
/// After this long a message is offered.
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);

/// A caller's place among those who wait.
pub struct Turn {
    department: String,
    telephones: usize,
    since: Instant,
    tried: Instant,
    told: Instant,
    position: usize,
}

impl Conversation {
    pub fn ring(&mut self, topic: Option<&str>, danger: bool, rung: usize) {
        let stages = self.stages.clone();
        let published = self.published.clone();
        let pack = &published.knowledge.pack;
        let asked = self.asked_for.as_deref();
        let reach = pack.reach(asked, topic, danger, Timestamp::now());
        let department = pack.department(asked, topic, danger);
        self.department = department.map(|(id, _)| id.to_owned());
        let queue = department.is_some_and(|(_, department)| department.queue);
        let event = match reach {
            Reach::Extensions(extensions) if rung < extensions.len() => {
                let by_pbx = stages.config.sip.transfer == Transfer::Refer && !self.must_bridge && !danger;
                if by_pbx { self.ask_to_transfer(&extensions[rung]) } else { self.dial(&extensions[rung], danger) }
            }
            reach => wording::rung(reach, rung, queue),
        };
        self.happened(&event);
    }

    fn dial(&mut self, extension: &str, danger: bool) -> Event {
        let leg = self.stages.new_leg(self.call);
        let _ = self.notices.send(Notice::Leg { leg, call: self.call });
        tracing::debug!("{}: {extension} is rung as {leg}", self.call);
        self.person = Person::ring(&self.stages, leg, extension, self.wire.joined.clone(), danger);
        if self.person.is_some() { Event::PersonRung } else { Event::PersonLost(Lost::Busy) }
    }

    fn ask_to_transfer(&mut self, extension: &str) -> Event {
        tracing::debug!("{}: the PBX is asked to ring {extension}", self.call);
        self.transfer = Some((self.stages.ringing.begin(extension), Instant::now()));
        self.stages.lines.send(LineCommand::Transfer { call: self.call, target: extension.to_owned() });
        Event::PersonRung
    }

    /// The PBX does not do that: the box rings the person itself, now and for the rest of the call.
    pub fn transfer_refused(&mut self) {
        self.must_bridge = true;
        if let Some((rung, _)) = self.transfer.take() {
            tracing::info!("{}: the PBX does not transfer calls; the box joins both itself", self.call);
            if let Event::PersonLost(lost) = self.dial(&rung.extension, false) {
                self.happened(&Event::PersonLost(lost));
            }
        }
    }

    /// The PBX has rung the person: the caller is there, or comes back.
    pub fn transfer_ended(&mut self, status: u16) {
        if self.transfer.is_none() {
            return;
        }
        if (200..300).contains(&status) {
            tracing::info!("{}: the PBX has joined the caller and a person", self.call);
            self.records.handed_over = true;
            self.transfer = None;
            self.stages.lines.send(LineCommand::HangUp { call: self.call });
        } else {
            match status {
                486 | 600 => self.transfer_lost(Lost::Busy),
                408 | 480 | 487 => self.transfer_lost(Lost::NoAnswer), // to the PBX, 408 is a telephone that rang in vain
                _ => self.transfer_refused(),
            }
        }
    }

    pub fn transfer_lost(&mut self, lost: Lost) {
        self.transfer = None;
        tracing::info!("{}: the PBX could not reach the person: {lost:?}", self.call);
        self.happened(&Event::PersonLost(lost));
    }

    pub fn stop_ringing(&mut self) {
        self.transfer = None;
        self.joining = false;
        if let Some(person) = self.person.take() {
            person.hang_up(&self.stages);
        }
    }

    /// Whether a leg is the person's; an earlier person's events may still come.
    pub fn is_person(&self, leg: CallId) -> bool {
        self.person.as_ref().is_some_and(|person| person.leg == leg)
    }

    /// The person's telephone was answered. In danger nobody is told first what the call is about.
    pub async fn person_answered(&mut self, sound: Sound) {
        let topic = self.dialogue.topic();
        let told = self.stages.config.sip.attended && !self.dialogue.is_danger();
        let summary = wording::summary(&self.published.knowledge.pack, topic, self.manner.language).filter(|_| told);
        if let (true, Some(phrase)) = (self.stages.show, &summary) {
            println!("person  hears: {}", phrase.text);
        }
        if let Some(person) = &mut self.person {
            person.answered(&self.stages, sound, self.playout.clone(), summary, self.replies.clone()).await;
        }
    }

    pub fn replied(&mut self, reply: Reply) {
        if !self.is_person(reply.leg) {
            return;
        }
        if !reply.takes_it {
            tracing::info!("{}: the person at {} does not take the call", self.call, reply.leg);
            return self.person_lost(Lost::Refused);
        }
        self.mouth.stop();
        self.joining = true; // as soon as what must be said to its end is over
    }

    pub fn join(&mut self) {
        self.records.handed_over = true;
        let playout = self.person.as_mut().map(|person| {
            person.since = Some(Instant::now());
            person.playout.clone()
        });
        *self.person_playout.lock().unwrap_or_else(PoisonError::into_inner) = playout;
        self.stages.engine.relay(self.call);
        self.person.iter().for_each(|person| self.stages.engine.relay(person.leg));
        self.wire.joined.store(true, Ordering::Relaxed);
        tracing::info!("{}: the caller and a person are joined", self.call);
    }

    pub fn person_lost(&mut self, lost: Lost) {
        if let Some(person) = self.person.take() {
            tracing::info!("{}: the person at {} is gone: {lost:?}", self.call, person.leg);
            self.freed(&person);
            person.hang_up(&self.stages);
            self.joining = false;
            self.happened(&Event::PersonLost(lost));
        }
    }

    /// Somebody else of the department may now be rung.
    pub fn freed(&self, person: &Person) {
        if let (Some(department), Some(since)) = (&self.department, person.since) {
            self.stages.queues.freed(department, since.elapsed());
        }
    }

    pub fn enqueue(&mut self, topic: Option<&str>) {
        let now = Instant::now();
        if let Some(turn) = &mut self.turn {
            turn.tried = now; // the place was kept while it was tried
            return;
        }
        let stages = self.stages.clone();
        let published = self.published.clone();
        let Some((id, department)) = published.knowledge.pack.department(self.asked_for.as_deref(), topic, false)
        else {
            return;
        };
        stages.queues.enter(id, self.call);
        let (department, telephones) = (id.to_owned(), department.extensions.len());
        self.turn = Some(Turn { department, telephones, since: now, tried: now, told: now, position: 0 });
        self.tell_place();
    }

    pub fn leave_queue(&mut self) {
        if let Some(turn) = self.turn.take() {
            self.stages.queues.leave(&turn.department, self.call);
        }
    }

    /// Is it the caller's turn, or time to say where the caller stands? Only asked while nothing is said and nobody rung.
    pub fn look_at_queue(&mut self) {
        let is_rung = self.person.is_some() || self.transfer.is_some();
        let Some(turn) = self.turn.as_ref().filter(|_| !is_rung) else { return };
        if turn.since.elapsed() > LONGEST_WAIT {
            return self.happened(&Event::QueueOver);
        }
        let Some((position, _)) = self.stages.queues.place(&turn.department, self.call, turn.telephones) else {
            return;
        };
        let free = self.stages.queues.was_freed_since(&turn.department, turn.tried);
        if position == 1 && (free || turn.tried.elapsed() > TRY_AGAIN) {
            return self.happened(&Event::YourTurn);
        }
        let moved = position != turn.position && turn.told.elapsed() > TELL_AGAIN;
        if moved || turn.told.elapsed() > TELL {
            self.tell_place();
        }
    }

    fn tell_place(&mut self) {
        let Some(turn) = &mut self.turn else { return };
        let place = self.stages.queues.place(&turn.department, self.call, turn.telephones);
        if let Some((position, minutes)) = place {
            (turn.told, turn.position) = (Instant::now(), position);
            self.happened(&Event::Queued { position, minutes });
        }
    }
}

/// What the end of a person's leg means to the caller.
pub fn lost(end: &CallEnd) -> Lost {
    match end {
        CallEnd::Remote | CallEnd::Local => Lost::HungUp,
        CallEnd::Failed { status, .. } => match status {
            486 | 600 => Lost::Busy,
            480 | 487 => Lost::NoAnswer,
            // 408: sofia's own, when nothing answers at the PBX's address.
            408 | 500..600 => Lost::LineDown,
            _ => Lost::Refused,
        },
    }
}
