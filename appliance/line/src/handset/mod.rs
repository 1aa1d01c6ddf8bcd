//! The handset: a sound card for a line, so that a technician can talk to the box before the PBX is there.
//!
//! One call at a time, and nobody can be called by it. Whoever holds it picks up, hangs up and presses keys by the methods.

mod card;

use std::sync::{Arc, Mutex, PoisonError};

use portaveu_call::{CallEnd, CallId, Digit, LineCommand, LineEvent, LineState, RemoteParty, Sound};

use crate::Line;
pub use card::{Card, CardError, Listed, cards};

/// A sound card that is picked up like a telephone.
pub struct Handset {
    card: String,
    on_event: Box<dyn Fn(LineEvent) + Send + Sync>,
    state: Mutex<State>,
}

struct State {
    call: Option<CallId>,
    next: u64,
}

impl Handset {
    /// The handset's own among the lines, in the numbers of its calls.
    pub const LINE: u16 = u16::MAX;

    /// By this card of ALSA's; `on_event` must not block.
    pub fn new(card: String, on_event: impl Fn(LineEvent) + Send + Sync + 'static) -> Self {
        on_event(LineEvent::State(LineState::Up));
        let state = Mutex::new(State { call: None, next: CallId::first_incoming(Self::LINE).0 });
        Self { card, on_event: Box::new(on_event), state }
    }

    /// Call the box, unless a call is on.
    pub fn pick_up(&self) -> Result<(), CardError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.call.is_none() {
            let sound = Sound::Device(Box::new(Card::open(&self.card)?));
            let call = CallId(state.next);
            state.next += 1;
            state.call = Some(call);
            (self.on_event)(LineEvent::Incoming { call, from: RemoteParty::default(), sound });
        }
        Ok(())
    }

    pub fn is_up(&self) -> bool {
        self.call().is_some()
    }

    pub fn press(&self, digit: Digit) {
        if let Some(call) = self.call() {
            (self.on_event)(LineEvent::Digit { call, digit });
        }
    }

    pub fn hang_up(&self) {
        self.end(CallEnd::Remote);
    }

    fn call(&self) -> Option<CallId> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).call
    }

    fn end(&self, end: CallEnd) {
        if let Some(call) = self.state.lock().unwrap_or_else(PoisonError::into_inner).call.take() {
            (self.on_event)(LineEvent::Ended { call, end });
        }
    }
}

impl Line for Arc<Handset> {
    fn send(&self, command: LineCommand) {
        match command {
            LineCommand::HangUp { call } | LineCommand::Reject { call, .. } if self.call() == Some(call) => {
                self.end(CallEnd::Local);
            }
            LineCommand::Dial { call, .. } => {
                let end = CallEnd::Failed { status: 503, reason: "the handset calls nobody".into() };
                (self.on_event)(LineEvent::Ended { call, end });
            }
            LineCommand::Transfer { call, .. } => (self.on_event)(LineEvent::TransferRefused { call }),
            LineCommand::HangUp { .. } | LineCommand::Reject { .. } => {} // a leg that is gone
            LineCommand::Ring { .. } | LineCommand::Answer { .. } | LineCommand::Lamp { .. } => {}
        }
    }
}
