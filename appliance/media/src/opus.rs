//! Opus (RFC 6716) by libopus, in the box's own 16 kHz mono, whatever the peer sends. A packet lasts 2.5 to 120 ms.
//!
//! It must not trust a payload: what libopus refuses is treated as lost.

use opus::{Application, Bitrate, Channels, Decoder, Encoder, Error, Signal, packet};
use portaveu_call::{Codec, FRAME_SAMPLES, Frame, SAMPLE_RATE};

/// Speech at 16 kHz gains nothing from more; with less, libopus leaves out the redundancy of in-band FEC.
const BITS_A_SECOND: i32 = 32_000;
/// How much loss libopus prepares for, in percent: without any, it sends no redundancy.
const EXPECTED_LOSS: i32 = 10;
/// The longest packet in octets that RFC 6716 (3.4) lets one frame have.
const LONGEST_PAYLOAD: usize = 1275;
/// libopus fills gaps in steps of 2.5 ms.
const STEP: usize = FRAME_SAMPLES / 8;

/// How long a payload lasts on the RTP clock; none when it is no Opus.
pub fn ticks(payload: &[u8]) -> Option<u64> {
    Some(packet::get_nb_samples(payload, Codec::Opus.clock()).ok()? as u64)
}

/// Without memory for libopus there is silence, and it is told.
fn told<T>(made: Result<T, Error>) -> Option<T> {
    made.inspect_err(|error| tracing::error!("a call has no sound, since libopus does not start: {error}")).ok()
}

pub struct OpusDecoder(Option<Decoder>);

impl OpusDecoder {
    pub fn new() -> Self {
        Self(told(Decoder::new(SAMPLE_RATE, Channels::Mono)))
    }

    pub fn decode(&mut self, payload: &[u8]) -> Vec<i16> {
        let Ok(length) = packet::get_nb_samples(payload, SAMPLE_RATE) else { return self.conceal(FRAME_SAMPLES, None) };
        self.fill(payload, length, false).unwrap_or_else(|| self.conceal(length, None))
    }

    /// What was lost, by its redundant copy in the packet that follows it, else by what was heard before; at least `samples`.
    pub fn conceal(&mut self, samples: usize, next: Option<&[u8]>) -> Vec<i16> {
        let length = samples.next_multiple_of(STEP);
        let copied = next.and_then(|next| self.fill(next, length, true));
        copied.or_else(|| self.fill(&[], length, false)).unwrap_or_else(|| vec![0; length])
    }

    fn fill(&mut self, payload: &[u8], length: usize, is_copy: bool) -> Option<Vec<i16>> {
        let mut sound = vec![0; length];
        let filled = self.0.as_mut()?.decode(payload, &mut sound, is_copy).ok()?;
        sound.truncate(filled);
        Some(sound)
    }
}

pub struct OpusEncoder(Option<Encoder>);

impl OpusEncoder {
    pub fn new() -> Self {
        let start = || {
            let mut encoder = Encoder::new(SAMPLE_RATE, Channels::Mono, Application::Voip)?;
            encoder.set_signal(Signal::Voice)?;
            encoder.set_bitrate(Bitrate::Bits(BITS_A_SECOND))?;
            encoder.set_inband_fec(true)?;
            encoder.set_packet_loss_perc(EXPECTED_LOSS)?;
            Ok(encoder)
        };
        Self(told(start()))
    }

    /// Empty, and so lost to the peer, when libopus fails.
    pub fn encode(&mut self, frame: &Frame) -> Vec<u8> {
        self.0.as_mut().and_then(|encoder| encoder.encode_vec(frame, LONGEST_PAYLOAD).ok()).unwrap_or_default()
    }
}
