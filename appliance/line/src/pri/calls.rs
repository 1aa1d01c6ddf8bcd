//! The calls of a span: which is on which B channel, and what each may do next.
//!
//! It must not leave a B channel taken after its call, nor a call without an end.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use libpri::{Call, Cause, DChannel, Event, Outgoing, Setup};
use portaveu_call::{CallEnd, CallId, Digit, LineCommand, LineEvent, RejectReason, RemoteParty, Sound};

use super::PriConfig;
use super::channels::Channels;
use super::hardware::SpanHardware;

/// After so long without another digit, the called number is taken for complete.
const NEXT_DIGIT: Duration = Duration::from_secs(4);
/// An exchange that let a call's end go unanswered for so long (T308, twice) may still think its channel busy.
const UNANSWERED: Duration = Duration::from_secs(8);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The called number comes digit by digit, the last one then.
    Collecting(Instant),
    /// It came in, and the pipeline has it.
    Offered,
    /// We called; whether the exchange has agreed to the B channel.
    Dialling {
        agreed: bool,
    },
    Up,
    /// Its end was told then; the exchange has not let go of it yet.
    Clearing(Instant),
}

#[derive(Debug)]
struct Leg {
    call: Call,
    channel: Option<u8>,
    /// It is another one than the exchange asked for, and the exchange was not told yet.
    to_tell: Option<u8>,
    stage: Stage,
    from: RemoteParty,
}

pub struct Calls {
    pub config: PriConfig,
    pub hardware: Box<dyn SpanHardware>,
    legs: HashMap<CallId, Leg>,
    channels: Channels,
    next: u64,
    /// Whether the exchange answers.
    pub is_up: bool,
}

impl Calls {
    pub fn new(config: PriConfig, hardware: Box<dyn SpanHardware>) -> Self {
        let next = CallId::first_incoming(config.line).0;
        Self { config, hardware, legs: HashMap::new(), channels: Channels::default(), next, is_up: false }
    }

    pub fn is_empty(&self) -> bool {
        self.legs.is_empty()
    }

    fn id_of(&self, call: Call) -> Option<CallId> {
        self.legs.iter().find(|(_, leg)| leg.call == call).map(|(id, _)| *id)
    }

    /// What an event of the line means to the pipeline.
    pub fn handle(&mut self, signalling: &mut DChannel, event: Event) -> Vec<LineEvent> {
        match event {
            Event::Setup(setup) => self.incoming(signalling, setup).into_iter().collect(),
            Event::Digits { call, is_complete, .. } => {
                self.more_digits(signalling, call, is_complete).into_iter().collect()
            }
            Event::Proceeding { call, channel } | Event::MoreDigitsNeeded { call, channel } => {
                self.agreed(signalling, call, channel);
                Vec::new()
            }
            Event::Alerting { call, channel } => {
                let ringing = self.agreed(signalling, call, channel).map(|call| LineEvent::Ringing { call });
                ringing.into_iter().collect()
            }
            Event::Answered { call, channel } => self.answered(signalling, call, channel).into_iter().collect(),
            Event::Disconnected { call, cause } => {
                signalling.hang_up(call, cause);
                self.id_of(call).and_then(|id| self.ended(id, cause)).into_iter().collect()
            }
            Event::Released { call, cause } => self.released(signalling, call, cause).into_iter().collect(),
            Event::Gone { call } => {
                self.gone(signalling, call);
                Vec::new()
            }
            Event::Restarted { channel } => self.restarted(signalling, channel),
            Event::RestartAcknowledged { channel } => {
                self.channels.restarted(channel);
                Vec::new()
            }
            Event::Keys { call, digits } => {
                let Some(call) = self.id_of(call) else { return Vec::new() };
                let digits = digits.chars().filter_map(Digit::from_char);
                digits.map(|digit| LineEvent::Digit { call, digit }).collect()
            }
            Event::Up | Event::Down => Vec::new(),
        }
    }

    fn incoming(&mut self, signalling: &mut DChannel, setup: Setup) -> Option<LineEvent> {
        let call = setup.call;
        let channel = if setup.is_voice { self.channel_for(&setup) } else { Err(Cause::INCOMPATIBLE) };
        let channel = match channel {
            Ok(channel) => channel,
            Err(cause) => {
                tracing::info!("a call on the E1 line was refused with cause {} of Q.850", cause.0);
                signalling.hang_up(call, cause);
                return None;
            }
        };
        let id = CallId(self.next);
        self.next += 1;
        self.channels.take(channel, call);
        let from = RemoteParty { number: setup.caller, name: setup.name, diverted_from: setup.diverted_from };
        let stage = Stage::Collecting(Instant::now());
        let to_tell = (setup.channel != Some(channel)).then_some(channel);
        self.legs.insert(id, Leg { call, channel: Some(channel), to_tell, stage, from });
        // Without overlap receiving a number is complete, whether the exchange says so or not.
        if setup.is_complete || !self.config.overlap {
            return self.offer(signalling, id);
        }
        signalling.need_more_digits(call, self.legs.get_mut(&id)?.to_tell.take());
        None
    }

    /// The channel that the exchange asks for, or another one if it does not insist. When we have just asked for it
    /// ourselves, the exchange comes first, and gives our call another one.
    fn channel_for(&mut self, setup: &Setup) -> Result<u8, Cause> {
        let Some(asked) = setup.channel else { return self.channels.lowest_free().ok_or(Cause::NO_CHANNEL) };
        self.channels.restarted(Some(asked)); // who calls there knows that it is free
        if let Some(ours) = self.channels.call_on(asked)
            && let Some(leg) = self.legs.values_mut().find(|leg| leg.call == ours)
            && leg.stage == (Stage::Dialling { agreed: false })
        {
            leg.channel = None;
            self.channels.release(ours);
        }
        match self.channels.is_free(asked) {
            true => Ok(asked),
            false if setup.is_flexible => self.channels.lowest_free().ok_or(Cause::NO_CHANNEL),
            false => Err(Cause::CHANNEL_UNAVAILABLE),
        }
    }

    fn more_digits(&mut self, signalling: &mut DChannel, call: Call, is_complete: bool) -> Option<LineEvent> {
        let id = self.id_of(call)?;
        let leg = self.legs.get_mut(&id)?;
        let Stage::Collecting(since) = &mut leg.stage else { return None };
        *since = Instant::now();
        if is_complete { self.offer(signalling, id) } else { None }
    }

    /// Numbers that nobody goes on with are complete.
    pub fn look(&mut self, signalling: &mut DChannel) -> Vec<LineEvent> {
        let is_due = |leg: &Leg| matches!(leg.stage, Stage::Collecting(since) if since.elapsed() > NEXT_DIGIT);
        let due: Vec<CallId> = self.legs.iter().filter(|(_, leg)| is_due(leg)).map(|(id, _)| *id).collect();
        due.into_iter().filter_map(|id| self.offer(signalling, id)).collect()
    }

    fn offer(&mut self, signalling: &mut DChannel, id: CallId) -> Option<LineEvent> {
        let leg = self.legs.get_mut(&id)?;
        let channel = leg.channel?;
        // First of all: a call that nothing was said of cannot be ended in words either.
        signalling.proceed(leg.call, leg.to_tell.take());
        match self.hardware.open_b_channel(channel) {
            Ok(file) => {
                leg.stage = Stage::Offered;
                Some(LineEvent::Incoming { call: id, from: leg.from.clone(), sound: Sound::BChannel(file) })
            }
            Err(error) => {
                tracing::error!("{id} cannot be taken: its B channel {channel} cannot be opened: {error}");
                leg.stage = Stage::Clearing(Instant::now());
                signalling.hang_up(leg.call, Cause::TEMPORARY_FAILURE);
                None
            }
        }
    }

    /// The exchange has taken our call on, perhaps by another B channel than we proposed.
    fn agreed(&mut self, signalling: &mut DChannel, call: Call, channel: Option<u8>) -> Option<CallId> {
        let id = self.id_of(call)?;
        let leg = self.legs.get_mut(&id)?;
        if let Some(channel) = channel.filter(|channel| leg.channel != Some(*channel)) {
            if !self.channels.is_free(channel) {
                signalling.hang_up(call, Cause::CHANNEL_UNAVAILABLE);
                return None;
            }
            self.channels.release(call);
            self.channels.take(channel, call);
            leg.channel = Some(channel);
        }
        if let Stage::Dialling { agreed } = &mut leg.stage {
            *agreed = true;
        }
        Some(id)
    }

    fn answered(&mut self, signalling: &mut DChannel, call: Call, channel: Option<u8>) -> Option<LineEvent> {
        let id = self.agreed(signalling, call, channel)?;
        let leg = self.legs.get_mut(&id).filter(|leg| matches!(leg.stage, Stage::Dialling { .. }))?;
        match self.hardware.open_b_channel(leg.channel?) {
            Ok(file) => {
                leg.stage = Stage::Up;
                Some(LineEvent::Answered { call: id, sound: Sound::BChannel(file) })
            }
            Err(error) => {
                tracing::error!("{id} was answered, and its B channel cannot be opened: {error}");
                signalling.hang_up(call, Cause::TEMPORARY_FAILURE);
                self.ended(id, Cause::TEMPORARY_FAILURE)
            }
        }
    }

    /// The end of a leg as the pipeline hears it, once.
    fn ended(&mut self, id: CallId, cause: Cause) -> Option<LineEvent> {
        let leg = self.legs.get_mut(&id)?;
        if matches!(leg.stage, Stage::Clearing(_)) {
            return None;
        }
        let end = match std::mem::replace(&mut leg.stage, Stage::Clearing(Instant::now())) {
            Stage::Clearing(_) | Stage::Collecting(_) => return None,
            Stage::Dialling { .. } => failed(cause),
            Stage::Offered | Stage::Up => CallEnd::Remote,
        };
        Some(LineEvent::Ended { call: id, end })
    }

    fn released(&mut self, signalling: &mut DChannel, call: Call, cause: Cause) -> Option<LineEvent> {
        signalling.hang_up(call, cause);
        let id = self.id_of(call)?;
        let told = self.ended(id, cause);
        self.forget(call);
        told
    }

    /// The call is gone, by our own doing in the end: did the exchange ever answer?
    fn gone(&mut self, signalling: &mut DChannel, call: Call) -> Option<()> {
        let leg = self.forget(call)?;
        let channel = leg.channel?;
        if matches!(leg.stage, Stage::Clearing(since) if since.elapsed() >= UNANSWERED) {
            tracing::warn!("the exchange did not answer about B channel {channel}, which is restarted");
            self.channels.restarting(channel);
            signalling.restart(channel);
        }
        Some(())
    }

    fn forget(&mut self, call: Call) -> Option<Leg> {
        self.channels.release(call);
        self.legs.remove(&self.id_of(call)?)
    }

    /// The exchange has restarted a channel, or all.
    fn restarted(&mut self, signalling: &mut DChannel, channel: Option<u8>) -> Vec<LineEvent> {
        self.channels.restarted(channel);
        let is_over = |leg: &Leg| channel.is_none() || leg.channel == channel;
        let over: Vec<CallId> = self.legs.iter().filter(|(_, leg)| is_over(leg)).map(|(id, _)| *id).collect();
        let mut told = Vec::new();
        for id in over {
            told.extend(self.ended(id, Cause::TEMPORARY_FAILURE));
            if let Some(call) = self.legs.get(&id).map(|leg| leg.call) {
                signalling.forget(call);
                self.forget(call);
            }
        }
        told
    }

    /// Carry out a command; one for a leg that is gone does nothing.
    pub fn obey(&mut self, signalling: &mut DChannel, command: LineCommand) -> Option<LineEvent> {
        match command {
            LineCommand::Ring { call } => {
                let leg = self.legs.get(&call).filter(|leg| leg.stage == Stage::Offered)?;
                signalling.alert(leg.call);
                None
            }
            LineCommand::Answer { call, .. } => {
                let leg = self.legs.get_mut(&call).filter(|leg| leg.stage == Stage::Offered)?;
                leg.stage = Stage::Up;
                signalling.answer(leg.call);
                None
            }
            LineCommand::Reject { call, reason } => {
                let cause = match reason {
                    RejectReason::Busy => Cause::BUSY,
                    RejectReason::Unavailable => Cause::TEMPORARY_FAILURE,
                };
                self.hang_up(signalling, call, cause)
            }
            LineCommand::HangUp { call } => self.hang_up(signalling, call, Cause::NORMAL),
            LineCommand::Dial { call, target, .. } => self.dial(signalling, call, &target),
            // The box joins both by a second B channel.
            LineCommand::Transfer { call, .. } => Some(LineEvent::TransferRefused { call }),
            LineCommand::Lamp { .. } => None,
        }
    }

    fn hang_up(&mut self, signalling: &mut DChannel, call: CallId, cause: Cause) -> Option<LineEvent> {
        let leg = self.legs.get_mut(&call).filter(|leg| !matches!(leg.stage, Stage::Clearing(_)))?;
        leg.stage = Stage::Clearing(Instant::now());
        signalling.hang_up(leg.call, cause);
        Some(LineEvent::Ended { call, end: CallEnd::Local })
    }

    fn dial(&mut self, signalling: &mut DChannel, id: CallId, target: &str) -> Option<LineEvent> {
        let failed = |cause| Some(LineEvent::Ended { call: id, end: failed(cause) });
        if !self.is_up {
            return failed(Cause::TEMPORARY_FAILURE);
        }
        let Some(channel) = self.channels.highest_free() else { return failed(Cause::BUSY) };
        let outgoing = Outgoing { channel, called: target, is_complete: true, caller: &self.config.number };
        let Some(call) = signalling.call(&outgoing) else { return failed(Cause::TEMPORARY_FAILURE) };
        self.channels.take(channel, call);
        let stage = Stage::Dialling { agreed: false };
        let leg = Leg { call, channel: Some(channel), to_tell: None, stage, from: RemoteParty::default() };
        self.legs.insert(id, leg);
        None
    }

    pub fn hang_up_all(&mut self, signalling: &mut DChannel) {
        let all: Vec<CallId> = self.legs.keys().copied().collect();
        for call in all {
            self.hang_up(signalling, call, Cause::NORMAL);
        }
    }
}

/// A call of ours that came to nothing, in SIP's words: nearly those of RFC 3398, 7.2.4.1, but a network that cannot (5xx) is
/// told apart from one telephone that cannot, after which the next one is worth a try.
fn failed(cause: Cause) -> CallEnd {
    let status = match cause {
        Cause::UNALLOCATED => 404,
        Cause::BUSY => 486,
        Cause::REJECTED => 403,
        Cause::NO_CHANNEL | Cause::TEMPORARY_FAILURE | Cause::TIMER_EXPIRED | Cause(38 | 42 | 47) => 503,
        _ => 480,
    };
    CallEnd::Failed { status, reason: format!("cause {} of Q.850", cause.0) }
}
