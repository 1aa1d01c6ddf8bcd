//! The worker's parts: what hears, what speaks, and the server that ties them to the socket.

mod decoder;
mod ears;
mod echo;
mod endpoint;
mod fast_voice;
mod guard;
pub mod hear_back;
pub mod isolation;
mod patience;
pub mod recogniser;
pub mod render;
mod search;
pub mod server;
pub mod tokens;
mod vad;
mod voice;
pub mod wording;
