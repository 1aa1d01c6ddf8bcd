//! What a leg's sound comes and goes by, from before it is agreed on until the media has it.

use anyhow::Result;
use portaveu_call::{CallId, LineEvent, Sound};
use portaveu_media::{BChannel, Engine, Port, Source};
use tokio::sync::mpsc;

use crate::lines::speaks_rtp;

/// What the box needs of its own for a leg's sound: a port for RTP, nothing where the line has a channel for it.
pub struct Place(Option<Port>);

impl Place {
    /// For a leg of this call's line.
    pub fn reserve(engine: &Engine, leg: CallId) -> Result<Self> {
        Ok(Self(if speaks_rtp(leg) { Some(engine.bind()?) } else { None }))
    }

    pub fn rtp_port(&self) -> Option<u16> {
        self.0.as_ref().map(Port::number)
    }

    /// Both together; none when they do not fit, which a line does not do.
    pub fn with(self, sound: Sound) -> Option<Source> {
        match sound {
            Sound::Rtp(plan) => Some(Source::Rtp(self.0?, plan)),
            Sound::BChannel(file) => Some(Source::Device(Box::new(BChannel::new(file)))),
            Sound::Device(device) => Some(Source::Device(device)),
            Sound::RtpToBeAgreed => None,
        }
    }
}

/// The sound of a call whose peer left the offer to us.
pub async fn agreed(events: &mut mpsc::UnboundedReceiver<LineEvent>) -> Option<Sound> {
    loop {
        match events.recv().await? {
            LineEvent::MediaAgreed { plan, .. } => return Some(Sound::Rtp(plan)),
            LineEvent::Ended { .. } => return None,
            _ => {}
        }
    }
}
