//! What happens on a D channel, copied out of libpri's union. It must not keep any of libpri's pointers but a call's name.

use std::ffi::{CStr, c_char, c_int};
use std::ptr::NonNull;

use libpri_sys as sys;

use crate::Call;

/// Why a call ended (Q.850).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cause(pub u8);

impl Cause {
    pub const UNALLOCATED: Self = Self(sys::PRI_CAUSE_UNALLOCATED as u8);
    pub const NORMAL: Self = Self(sys::PRI_CAUSE_NORMAL_CLEARING as u8);
    pub const BUSY: Self = Self(sys::PRI_CAUSE_USER_BUSY as u8);
    pub const NO_RESPONSE: Self = Self(sys::PRI_CAUSE_NO_USER_RESPONSE as u8);
    pub const NO_ANSWER: Self = Self(sys::PRI_CAUSE_NO_ANSWER as u8);
    pub const REJECTED: Self = Self(sys::PRI_CAUSE_CALL_REJECTED as u8);
    pub const TEMPORARY_FAILURE: Self = Self(sys::PRI_CAUSE_NORMAL_TEMPORARY_FAILURE as u8);
    pub const CHANNEL_UNAVAILABLE: Self = Self(sys::PRI_CAUSE_REQUESTED_CHAN_UNAVAIL as u8);
    pub const NO_CHANNEL: Self = Self(sys::PRI_CAUSE_NORMAL_CIRCUIT_CONGESTION as u8);
    pub const TIMER_EXPIRED: Self = Self(sys::PRI_CAUSE_RECOVERY_ON_TIMER_EXPIRE as u8);
    /// For a call that is no voice. Of the causes that fit, the one that libpri sends before anything else was.
    pub const INCOMPATIBLE: Self = Self(sys::PRI_CAUSE_INCOMPATIBLE_DESTINATION as u8);
}

/// A call comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setup {
    pub call: Call,
    pub channel: Option<u8>,
    /// Another channel would do as well.
    pub is_flexible: bool,
    /// With "+" when it is international; empty when withheld or unknown.
    pub caller: String,
    pub name: String,
    pub called: String,
    /// Whom the call was for before it was diverted here; empty when nobody says.
    pub diverted_from: String,
    /// No more digits of `called` follow.
    pub is_complete: bool,
    /// Speech or 3.1 kHz audio, not data.
    pub is_voice: bool,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Up,
    Down,
    /// The other end has restarted a B channel, or all of them: calls there are over.
    Restarted {
        channel: Option<u8>,
    },
    RestartAcknowledged {
        channel: Option<u8>,
    },
    Setup(Setup),
    /// More of the number that is called.
    Digits {
        call: Call,
        digits: String,
        is_complete: bool,
    },
    /// The other end wants more digits of the number that the box called.
    MoreDigitsNeeded {
        call: Call,
        channel: Option<u8>,
    },
    Proceeding {
        call: Call,
        channel: Option<u8>,
    },
    Alerting {
        call: Call,
        channel: Option<u8>,
    },
    Answered {
        call: Call,
        channel: Option<u8>,
    },
    /// The other end hangs up: `hang_up` answers it.
    Disconnected {
        call: Call,
        cause: Cause,
    },
    /// The other end has let go of the call: `hang_up` lets go of it here.
    Released {
        call: Call,
        cause: Cause,
    },
    /// The call is gone, and its B channel free.
    Gone {
        call: Call,
    },
    /// A key during the call, by signalling.
    Keys {
        call: Call,
        digits: String,
    },
}

fn call(raw: *mut sys::q931_call) -> Option<Call> {
    NonNull::new(raw).map(Call)
}

fn channel(encoded: c_int) -> Option<u8> {
    // Above the lowest byte are the span and flags; -1 stands for none.
    u8::try_from(encoded & 0xff).ok().filter(|channel| encoded >= 0 && (1..=31).contains(channel))
}

fn text(raw: &[c_char]) -> String {
    let bytes: Vec<u8> = raw.iter().map(|c| *c as u8).collect();
    CStr::from_bytes_until_nul(&bytes).map(|text| text.to_string_lossy().into_owned()).unwrap_or_default()
}

fn cause(raw: c_int) -> Cause {
    u8::try_from(raw).map_or(Cause::NORMAL, Cause)
}

/// A copy; none for what the box has no use for.
pub fn owned(event: &sys::pri_event) -> Option<Event> {
    // SAFETY: `e` is the first field of every member, and it says which one libpri has filled.
    unsafe {
        Some(match event.e as u32 {
            sys::PRI_EVENT_DCHAN_UP => Event::Up,
            sys::PRI_EVENT_DCHAN_DOWN => Event::Down,
            // Below 0 stands for all; a channel that there is not is none of ours.
            sys::PRI_EVENT_RESTART if event.restart.channel < 0 => Event::Restarted { channel: None },
            sys::PRI_EVENT_RESTART => Event::Restarted { channel: Some(channel(event.restart.channel)?) },
            sys::PRI_EVENT_RESTART_ACK if event.restartack.channel < 0 => Event::RestartAcknowledged { channel: None },
            sys::PRI_EVENT_RESTART_ACK => {
                Event::RestartAcknowledged { channel: Some(channel(event.restartack.channel)?) }
            }
            sys::PRI_EVENT_RING => Event::Setup(setup(&event.ring)?),
            sys::PRI_EVENT_INFO_RECEIVED => Event::Digits {
                call: call(event.ring.call)?,
                digits: text(&event.ring.callednum),
                is_complete: event.ring.complete != 0,
            },
            sys::PRI_EVENT_SETUP_ACK => {
                Event::MoreDigitsNeeded { call: call(event.setup_ack.call)?, channel: channel(event.setup_ack.channel) }
            }
            sys::PRI_EVENT_PROCEEDING | sys::PRI_EVENT_PROGRESS => {
                Event::Proceeding { call: call(event.proceeding.call)?, channel: channel(event.proceeding.channel) }
            }
            sys::PRI_EVENT_RINGING => {
                Event::Alerting { call: call(event.ringing.call)?, channel: channel(event.ringing.channel) }
            }
            sys::PRI_EVENT_ANSWER => {
                Event::Answered { call: call(event.answer.call)?, channel: channel(event.answer.channel) }
            }
            sys::PRI_EVENT_HANGUP_REQ => {
                Event::Disconnected { call: call(event.hangup.call)?, cause: cause(event.hangup.cause) }
            }
            sys::PRI_EVENT_HANGUP => {
                Event::Released { call: call(event.hangup.call)?, cause: cause(event.hangup.cause) }
            }
            sys::PRI_EVENT_HANGUP_ACK => Event::Gone { call: call(event.hangup.call)? },
            sys::PRI_EVENT_KEYPAD_DIGIT => {
                Event::Keys { call: call(event.digit.call)?, digits: text(&event.digit.digits) }
            }
            other => {
                tracing::trace!("libpri's event {other} is of no use here");
                return None;
            }
        })
    }
}

/// By the type of number (Q.931, table 4-9).
fn number(digits: &str, plan: c_int) -> String {
    let is_international = (plan >> 4) as u32 & 7 == sys::PRI_TON_INTERNATIONAL;
    if is_international && !digits.is_empty() { format!("+{digits}") } else { digits.to_owned() }
}

fn setup(ring: &sys::pri_event_ring) -> Option<Setup> {
    let is_shown = (ring.callingpres as u32 & sys::PRI_PRES_RESTRICTION) == sys::PRI_PRES_ALLOWED;
    let shown = |raw: &[c_char]| if is_shown { text(raw) } else { String::new() };
    let voice = [sys::PRI_TRANS_CAP_SPEECH, sys::PRI_TRANS_CAP_3_1K_AUDIO];
    Some(Setup {
        call: call(ring.call)?,
        channel: channel(ring.channel),
        is_flexible: ring.flexible != 0,
        caller: number(&shown(&ring.callingnum), ring.callingplan),
        name: shown(&ring.callingname),
        called: text(&ring.callednum),
        diverted_from: text(&ring.redirectingnum),
        is_complete: ring.complete != 0,
        is_voice: voice.contains(&(ring.ctype as u32)),
    })
}
