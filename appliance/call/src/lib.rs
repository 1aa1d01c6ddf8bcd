//! The vocabulary of a call: what the stages say to each other. Every stage depends on this crate and on no other stage.
//!
//! It must not do any I/O, hold any state, or know how a stage does its work.

mod audio;
mod language;
mod line;
mod speech;
mod srtp;
mod understanding;

pub use audio::{FRAME_MS, FRAME_SAMPLES, Frame, SAMPLE_RATE, milliseconds};
pub use language::{Language, UnknownLanguage};
pub use line::{
    BChannelFile, CallEnd, CallId, Codec, Digit, Direction, LineCommand, LineEvent, LineState, MediaPlan, RejectReason,
    RemoteParty, Sound, SoundDevice,
};
pub use speech::{Heard, Hearing, Pace};
pub use srtp::{MasterKey, SrtpKeys};
pub use understanding::{Control, Decision, PartOfDay, TimeAsked, Unanswerable, Understood};
