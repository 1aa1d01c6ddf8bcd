//! The legs of the SIP line: which handle is which call, and what each may do next.
//!
//! It must not know RTP nor why a call is answered; it keeps the offer/answer rules and that no leg is ever forgotten.

use std::collections::HashMap;
use std::ffi::CStr;
use std::time::{Duration, Instant};

use portaveu_call::{CallEnd, CallId, LineCommand, LineEvent, RejectReason, RemoteParty, Sound};
use sofia_sip::{Agent, Handle, Response};

use super::SipConfig;
use super::body;
use super::leg::{Dialled, Leg, Stage};
use super::sdp::{self, LocalMedia};
use super::trunks::Trunks;

/// SIP's own among the lines, in the numbers of its calls.
const LINE: u16 = 0;
/// A trunk that says nothing to an INVITE for so long is not there; the next one is tried.
const NO_ANSWER: Duration = Duration::from_secs(4);

pub struct Calls {
    config: SipConfig,
    legs: HashMap<CallId, Leg>,
    next: u64,
}

impl Calls {
    pub fn new(config: SipConfig) -> Self {
        Self { config, legs: HashMap::new(), next: CallId::first_incoming(LINE).0 }
    }

    fn id_of(&self, handle: &Handle) -> Option<CallId> {
        self.legs.iter().find(|(_, leg)| leg.handle == *handle).map(|(id, _)| *id)
    }

    pub fn incoming(
        &mut self,
        handle: Handle,
        from: RemoteParty,
        sdp: Option<&str>,
        by_tls: bool,
    ) -> Option<LineEvent> {
        let plan = match sdp.map(|text| sdp::plan_from(text, &self.config.codecs, None)).transpose() {
            Ok(plan) => plan,
            Err(error) => {
                tracing::info!("a call was refused: {error}");
                handle.respond(488, c"Not Acceptable Here", None, None);
                handle.destroy();
                return None;
            }
        };
        let call = CallId(self.next);
        self.next += 1;
        self.legs.insert(
            call,
            Leg { plan: plan.clone(), offer: sdp.map(str::to_owned), by_tls, ..Leg::new(handle, Stage::Offered) },
        );
        Some(LineEvent::Incoming { call, from, sound: plan.map_or(Sound::RtpToBeAgreed, Sound::Rtp) })
    }

    pub fn reinvited(&mut self, handle: &Handle, sdp: Option<&str>) -> Option<LineEvent> {
        let call = self.id_of(handle)?;
        let codecs = &self.config.codecs;
        let leg = self.legs.get_mut(&call)?;
        let ours = leg.plan.as_ref().and_then(|plan| Some(plan.srtp.as_ref()?.ours));
        let preferred: Vec<_> = leg.plan.iter().map(|plan| plan.codec).chain(codecs.iter().copied()).collect();
        let agreed = match sdp.map(|text| sdp::plan_from(text, &preferred, ours)).transpose() {
            Ok(plan) => plan,
            Err(error) => {
                tracing::info!("{call}: a change of its sound was refused: {error}");
                handle.respond(488, c"Not Acceptable Here", None, None);
                return None;
            }
        };
        leg.awaits_answer = agreed.is_none();
        if let Some(local) = &mut leg.local {
            local.key = ours; // an offer of ours goes on as it was: encrypted, or not
        }
        leg.plan.clone_from(&agreed);
        leg.offer = sdp.map(str::to_owned);
        let answer = leg.description(&self.config);
        handle.respond(200, c"OK", self.config.contact(leg.by_tls).as_deref(), answer.as_deref());
        agreed.map(|plan| LineEvent::MediaAgreed { call, plan })
    }

    pub fn acknowledged(&mut self, handle: &Handle, sdp: Option<&str>) -> Option<LineEvent> {
        let call = self.id_of(handle)?;
        let leg = self.legs.get_mut(&call)?;
        if !std::mem::take(&mut leg.awaits_answer) {
            return None;
        }
        match leg.answered_with(sdp, &self.config.codecs) {
            Some(plan) => Some(LineEvent::MediaAgreed { call, plan }),
            None => {
                tracing::info!("{call}: the peer acknowledged without a usable description of its sound");
                leg.handle.bye();
                leg.stage = Stage::Closing;
                None
            }
        }
    }

    /// A response to the INVITE of a leg that the box dialled.
    pub fn answered(
        &mut self,
        agent: &Agent,
        trunks: &mut Trunks,
        handle: &Handle,
        answer: &Response,
        sdp: Option<&str>,
    ) -> Option<LineEvent> {
        let call = self.id_of(handle)?;
        let leg = self.legs.get_mut(&call)?;
        if leg.stage == Stage::Closing && (200..300).contains(&answer.status) {
            leg.handle.bye(); // answered in the moment that we gave up
        }
        if leg.stage != Stage::Dialling {
            return None;
        }
        let dialled = leg.dialled.as_mut()?;
        dialled.heard_of = true;
        let taken_on = dialled.taken_on;
        dialled.taken_on |= answer.status >= 180;
        let account = trunks.account(dialled.trunk);
        match (answer.status, &answer.realm, account) {
            (..180, _, _) => None,
            (180..200, _, _) => Some(LineEvent::Ringing { call }),
            (200..300, _, _) => match leg.answered_with(sdp, &self.config.codecs) {
                Some(plan) => {
                    leg.stage = Stage::Up;
                    Some(LineEvent::Answered { call, sound: Sound::Rtp(plan) })
                }
                None => {
                    leg.handle.bye();
                    self.fail(call, 488, "the sound of the answered call cannot be used")
                }
            },
            (401 | 407, Some(realm), Some(account)) if !leg.tried_password => {
                leg.tried_password = true;
                handle.authenticate(realm, &account.authentication, &account.password);
                (dialled.heard_of, dialled.taken_on, dialled.since) = (false, false, Instant::now());
                None
            }
            (408 | 500..600, _, _) if !taken_on => self.next_trunk(agent, trunks, call, answer.status, &answer.phrase),
            _ => self.fail(call, answer.status, &answer.phrase),
        }
    }

    /// Legs whose trunk says nothing are dialled by the next one.
    pub fn look(&mut self, agent: &Agent, trunks: &mut Trunks) -> Vec<LineEvent> {
        let is_silent = |leg: &Leg| {
            let silent = |dialled: &Dialled| !dialled.heard_of && dialled.since.elapsed() > NO_ANSWER;
            leg.stage == Stage::Dialling && leg.dialled.as_ref().is_some_and(silent)
        };
        let silent: Vec<CallId> = self.legs.iter().filter(|(_, leg)| is_silent(leg)).map(|(call, _)| *call).collect();
        silent.into_iter().filter_map(|call| self.next_trunk(agent, trunks, call, 408, "no answer")).collect()
    }

    /// The trunk did not take the call: dial by the next, or give up.
    fn next_trunk(
        &mut self,
        agent: &Agent,
        trunks: &mut Trunks,
        call: CallId,
        status: u16,
        reason: &str,
    ) -> Option<LineEvent> {
        let leg = self.legs.get(&call)?;
        let (dialled, port) = (leg.dialled.clone()?, leg.local.as_ref()?.port);
        leg.handle.cancel(); // should it ring all the same, it stops
        if !dialled.heard_of {
            trunks.failed(dialled.trunk);
        }
        let Some(next) = trunks.best(Some(dialled.trunk)) else { return self.fail(call, status, reason) };
        self.legs.remove(&call)?.handle.destroy();
        self.dial_by(agent, trunks, next, call, &dialled.extension, port)
    }

    fn fail(&mut self, call: CallId, status: u16, reason: &str) -> Option<LineEvent> {
        self.legs.remove(&call)?.handle.destroy();
        Some(LineEvent::Ended { call, end: CallEnd::Failed { status, reason: reason.to_owned() } })
    }

    /// Keys by INFO.
    pub fn info(&mut self, handle: &Handle, content_type: &str, body: &str) -> Option<LineEvent> {
        let call = self.id_of(handle)?;
        Some(LineEvent::Digit { call, digit: body::key_in_info(content_type, body)? })
    }

    /// Whether the peer takes our REFER; what comes of it follows as NOTIFY.
    pub fn refer_answered(&self, handle: &Handle, status: u16) -> Option<LineEvent> {
        let call = self.id_of(handle)?;
        (status >= 300).then_some(LineEvent::TransferRefused { call })
    }

    /// A NOTIFY of a REFER.
    pub fn notified(&self, handle: &Handle, body: &str) -> Option<LineEvent> {
        let call = self.id_of(handle)?;
        Some(LineEvent::TransferEnded { call, status: body::status_in_notify(body)? })
    }

    pub fn terminated(&mut self, handle: &Handle, status: u16) -> Option<LineEvent> {
        let call = self.id_of(handle)?;
        let leg = self.legs.remove(&call)?;
        let end = match leg.stage {
            Stage::Closing => CallEnd::Local,
            Stage::Dialling => CallEnd::Failed { status, reason: "the call was not answered".into() },
            Stage::Offered | Stage::Up => CallEnd::Remote,
        };
        leg.handle.destroy();
        Some(LineEvent::Ended { call, end })
    }

    /// Carry out a command; one for a leg that is gone does nothing.
    pub fn obey(&mut self, agent: &Agent, trunks: &Trunks, command: LineCommand) -> Option<LineEvent> {
        match command {
            LineCommand::Ring { call } => {
                self.respond(call, 180, c"Ringing");
                None
            }
            LineCommand::Answer { call, rtp_port } => {
                self.answer(call, rtp_port?);
                None
            }
            LineCommand::Reject { call, reason } => {
                match reason {
                    RejectReason::Busy => self.respond(call, 486, c"Busy Here"),
                    RejectReason::Unavailable => self.respond(call, 503, c"Service Unavailable"),
                }
                self.legs.get_mut(&call)?.stage = Stage::Closing;
                None
            }
            LineCommand::Dial { call, target, rtp_port } => match trunks.best(None) {
                Some(trunk) => self.dial_by(agent, trunks, trunk, call, &target, rtp_port?),
                None => Some(failed(call, 404, "no trunk is configured to dial by")),
            },
            LineCommand::HangUp { call } => {
                self.legs.get_mut(&call)?.hang_up();
                None
            }
            LineCommand::Transfer { call, target } => {
                let Some((to, _)) = trunks.reach(&target) else {
                    return Some(LineEvent::TransferRefused { call });
                };
                self.legs.get(&call)?.handle.refer(&to);
                None
            }
            LineCommand::Lamp { extension, new, old } => {
                self.light(agent, trunks, &extension, new, old);
                None
            }
        }
    }

    fn respond(&self, call: CallId, status: u16, phrase: &CStr) {
        if let Some(leg) = self.legs.get(&call).filter(|leg| leg.stage == Stage::Offered) {
            leg.handle.respond(status, phrase, self.config.contact(leg.by_tls).as_deref(), None);
        }
    }

    fn answer(&mut self, call: CallId, rtp_port: u16) {
        let Some(leg) = self.legs.get_mut(&call).filter(|leg| leg.stage == Stage::Offered) else { return };
        leg.local = Some(LocalMedia::new(self.config.told().ip(), rtp_port, call, None));
        leg.awaits_answer = leg.plan.is_none();
        leg.stage = Stage::Up;
        let description = leg.description(&self.config);
        leg.handle.respond(200, c"OK", self.config.contact(leg.by_tls).as_deref(), description.as_deref());
    }

    fn dial_by(
        &mut self,
        agent: &Agent,
        trunks: &Trunks,
        trunk: usize,
        call: CallId,
        extension: &str,
        rtp_port: u16,
    ) -> Option<LineEvent> {
        let (to, proxy) = trunks.reach_by(trunk, extension)?;
        let key = if trunks.encrypts(trunk) { Some(sdp::new_key()?) } else { None };
        let local = LocalMedia::new(self.config.told().ip(), rtp_port, call, key);
        let offer = sdp::describe(&local, None, &self.config.codecs);
        let by_tls = proxy.starts_with("sips:") || proxy.contains("transport=tls");
        let contact = self.config.contact(by_tls);
        match agent.invite(&trunks.own_address(trunk)?, &to, Some(proxy), contact.as_deref(), &offer) {
            Ok(Some(handle)) => {
                let extension = extension.to_owned();
                let dialled = Dialled { extension, trunk, since: Instant::now(), heard_of: false, taken_on: false };
                let leg =
                    Leg { local: Some(local), dialled: Some(dialled), by_tls, ..Leg::new(handle, Stage::Dialling) };
                self.legs.insert(call, leg);
                None
            }
            Ok(None) => Some(failed(call, 500, "the call could not be placed")),
            Err(error) => Some(failed(call, 500, &error.to_string())),
        }
    }

    /// The message lamp of an extension (RFC 3842), by a NOTIFY that nobody subscribed to, which PBXs take for theirs.
    fn light(&self, agent: &Agent, trunks: &Trunks, extension: &str, new: usize, old: usize) {
        let Some(trunk) = trunks.best(None) else { return };
        let (Some((to, proxy)), Some(from)) = (trunks.reach_by(trunk, extension), trunks.own_address(trunk)) else {
            return;
        };
        let waiting = if new > 0 { "yes" } else { "no" };
        let summary = format!("Messages-Waiting: {waiting}\r\nMessage-Account: {to}\r\nVoice-Message: {new}/{old}\r\n");
        if let Err(error) = agent.notify_messages(&from, &to, proxy, &summary) {
            tracing::error!("the lamp of {extension} is left as it is: {error}");
        }
    }

    pub fn hang_up_all(&mut self) {
        self.legs.values_mut().for_each(Leg::hang_up);
    }
}

fn failed(call: CallId, status: u16, reason: &str) -> LineEvent {
    LineEvent::Ended { call, end: CallEnd::Failed { status, reason: reason.to_owned() } }
}
