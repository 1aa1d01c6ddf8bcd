//! The lines that calls come in by, one adapter each. A line turns its protocol into [`portaveu_call::LineEvent`]s and
//! carries out [`portaveu_call::LineCommand`]s. It must not touch sound, nor decide what a call is for.

mod sip;

pub use sip::sdp::{SdpError, plan_from};
pub use sip::{Account, SipConfig, SipError, SipLine, TrunkConfig};
