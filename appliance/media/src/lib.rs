//! RTP, jitter, codecs and DTMF. The core ([`Session`]) does no I/O: packets and the time come in as values, frames and
//! packets go out. The [`Engine`] is the one thread that owns the sockets and ticks every session each 20 ms; a leg whose
//! sound comes by a device has a thread of its own, which the device paces.
//!
//! It must not know what a call is for, and nothing that arrives from the network may make it panic or grow.

mod b_channel;
mod codec;
mod concealment;
mod device;
mod dtmf;
mod engine;
mod jitter;
mod opus;
mod playout;
mod receive_stream;
mod resample;
mod rtcp;
mod session;
mod srtp;
mod tones;

pub use b_channel::BChannel;
pub use codec::{Decoder, Encoder};
pub use engine::{Engine, EngineError, Port, Sink, Source, Tick};
pub use playout::Playout;
pub use session::{Identity, Session};
pub use tones::{beep, hold_music};
