//! The lines that calls come in by, one adapter each. A line turns its protocol into [`portaveu_call::LineEvent`]s and
//! carries out [`portaveu_call::LineCommand`]s. It must not touch sound, nor decide what a call is for.

mod handset;
#[cfg(feature = "pri")]
mod pri;
mod sip;

use portaveu_call::LineCommand;

/// A line that is open. It closes when it is dropped, and its calls end.
pub trait Line: Send + Sync {
    /// Carry out a command; it does not wait, and one for a leg that is gone does nothing.
    fn send(&self, command: LineCommand);
}

pub use handset::{Card, CardError, Handset, Listed, cards};
#[cfg(feature = "pri")]
pub use pri::{Alarm, Dahdi, PriConfig, PriError, PriLine, SocketSpan, SpanHardware};
pub use sip::body::{key_in_info, status_in_notify};
pub use sip::sdp::{SdpError, plan_from};
pub use sip::{Account, SipConfig, SipError, SipLine, TrunkConfig};
