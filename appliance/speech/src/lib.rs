//! Hearing and speaking, seen from `portaveu`: the client of the worker, the cache of rendered phrases, and how text is
//! written out for speech. The worker itself (`main.rs`, `worker/`) is the only place with speech libraries in it;
//! nothing in this library may use them, so that `portaveu` does not link them.

pub mod cache;
mod client;
pub mod models;
pub mod normalise;
pub mod protocol;
mod sound;
mod voice;

pub use client::{Client, Speaking, Stream};
pub use sound::{SoundError, change_rate, read_wav, resample, trim, wav, write_wav};
pub use voice::{Engine, Voice};
