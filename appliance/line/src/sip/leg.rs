//! One leg of the SIP line: its dialog, and what was said of its sound. It must not decide what happens to it.

use std::time::Instant;

use portaveu_call::{Codec, MediaPlan};
use sofia_sip::Handle;

use super::SipConfig;
use super::sdp::{self, LocalMedia};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The peer's INVITE is open.
    Offered,
    /// Our INVITE is open.
    Dialling,
    Up,
    /// Hung up by us; the termination is still to come.
    Closing,
}

#[derive(Debug)]
pub struct Leg {
    pub handle: Handle,
    pub stage: Stage,
    pub plan: Option<MediaPlan>,
    /// The peer's description that `plan` follows from.
    pub offer: Option<String>,
    pub local: Option<LocalMedia>,
    pub tried_password: bool,
    pub by_tls: bool,
    pub dialled: Option<Dialled>,
    /// Our offer stands in a response, and the ACK brings the answer.
    pub awaits_answer: bool,
}

/// Where a leg was dialled to, and by which trunk.
#[derive(Clone, Debug)]
pub struct Dialled {
    pub extension: String,
    pub trunk: usize,
    pub since: Instant,
    /// The trunk has said something.
    pub heard_of: bool,
    /// Somebody behind the trunk has: a proxy says 100 by itself, and may then find nobody there.
    pub taken_on: bool,
}

impl Leg {
    pub fn new(handle: Handle, stage: Stage) -> Self {
        Self {
            handle,
            stage,
            plan: None,
            offer: None,
            local: None,
            tried_password: false,
            by_tls: false,
            dialled: None,
            awaits_answer: false,
        }
    }

    /// What the peer's answer to our offer agrees on, if it can be used.
    pub fn answered_with(&mut self, sdp: Option<&str>, codecs: &[Codec]) -> Option<MediaPlan> {
        let key = self.local.as_ref().and_then(|local| local.key);
        self.plan = sdp::plan_from(sdp?, codecs, key).ok();
        self.plan.clone()
    }

    /// Our description of the sound: an answer when a plan was agreed on, else an offer of everything.
    pub fn description(&mut self, config: &SipConfig) -> Option<String> {
        let local = self.local.as_mut()?;
        local.version += 1;
        let answered = self.plan.as_ref().zip(self.offer.as_deref());
        Some(sdp::describe(local, answered, &config.codecs))
    }

    /// End it as its stage asks for; a termination follows.
    pub fn hang_up(&mut self) {
        match self.stage {
            Stage::Offered => self.handle.respond(480, c"Temporarily Unavailable", None, None),
            Stage::Dialling => self.handle.cancel(),
            Stage::Up => self.handle.bye(),
            Stage::Closing => return,
        }
        self.stage = Stage::Closing;
    }
}
