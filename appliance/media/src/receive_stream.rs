//! From the payloads of one stream to frames: jitter buffer and decoder, and the decoded sound that is in hand until 20 ms of
//! it are due, since packets may be longer or shorter than that.
//!
//! It must not hold more sound than one packet has, nor less than a frame gives.

use std::time::Duration;

use portaveu_call::{Codec, FRAME_SAMPLES, Frame, SAMPLE_RATE};

use crate::codec::Decoder;
use crate::jitter::{JitterBuffer, Taken};

/// RMS below which a frame counts as quiet, for the jitter buffer to catch up in.
const QUIET: f32 = 120.0;

pub struct ReceiveStream {
    jitter: JitterBuffer,
    decoder: Decoder,
    in_hand: Vec<i16>,
    quiet: bool,
}

impl ReceiveStream {
    pub fn new(codec: Codec) -> Self {
        let (jitter, decoder) = (JitterBuffer::new(codec.clock()), Decoder::new(codec));
        Self { jitter, decoder, in_hand: Vec::new(), quiet: true }
    }

    /// From now on what is heard goes on to another leg.
    pub fn relay(&mut self) {
        self.jitter = JitterBuffer::for_relaying(self.jitter.clock());
    }

    /// A packet came; one that is not of the codec is treated as lost.
    pub fn insert(&mut self, now: Duration, timestamp: u32, payload: &[u8]) {
        if let Some(ticks) = self.decoder.ticks(payload) {
            self.jitter.insert(now, timestamp, ticks, payload);
        }
    }

    /// What is heard in the next 20 ms.
    pub fn hear(&mut self) -> Frame {
        while self.in_hand.len() < FRAME_SAMPLES {
            let sound = self.next();
            self.in_hand.extend(sound);
        }
        let mut frame = [0; FRAME_SAMPLES];
        frame.copy_from_slice(&self.in_hand[..FRAME_SAMPLES]);
        self.in_hand.drain(..FRAME_SAMPLES);
        self.quiet = level(&frame) < QUIET;
        frame
    }

    fn next(&mut self) -> Vec<i16> {
        match self.jitter.take(self.quiet) {
            Taken::Payload(payload) => self.decoder.decode(&payload),
            Taken::Missing { ticks, next } => {
                let samples = (ticks * u64::from(SAMPLE_RATE)).div_ceil(self.jitter.clock().into());
                self.decoder.conceal(samples as usize, next.as_deref())
            }
            Taken::Nothing => vec![0; FRAME_SAMPLES - self.in_hand.len()],
        }
    }
}

pub fn level(frame: &Frame) -> f32 {
    (frame.iter().map(|s| f32::from(*s).powi(2)).sum::<f32>() / frame.len() as f32).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use opus::{Application, Channels, Encoder};
    use proptest::prelude::*;

    /// Sound by libopus, as (timestamp, payload), `milliseconds` each; in stereo at 48 kHz, where asked for.
    fn encoded(sound: &[i16], milliseconds: usize, stereo: bool) -> Vec<(u32, Vec<u8>)> {
        let (rate, channels) = if stereo { (48_000, Channels::Stereo) } else { (SAMPLE_RATE, Channels::Mono) };
        let mut encoder = Encoder::new(rate, channels, Application::Voip).unwrap();
        encoder.set_inband_fec(true).unwrap();
        encoder.set_packet_loss_perc(20).unwrap();
        let wide: Vec<i16> = sound.iter().flat_map(|sample| vec![*sample; if stereo { 6 } else { 1 }]).collect();
        let length = milliseconds * rate as usize / 1000 * channels as usize;
        let payloads = wide.chunks_exact(length).map(|chunk| encoder.encode_vec(chunk, 1275).unwrap());
        payloads.enumerate().map(|(n, payload)| ((n * milliseconds * 48) as u32, payload)).collect()
    }

    /// What is heard of the packets that arrive, in time, until they are over.
    fn heard(packets: &[(u32, Vec<u8>)], arrives: impl Fn(usize) -> bool) -> Vec<i16> {
        let mut stream = ReceiveStream::new(Codec::Opus);
        let mut packets = packets.iter().enumerate().peekable();
        let mut sound = Vec::new();
        for tick in 0.. {
            while let Some((n, (timestamp, payload))) = packets.next_if(|(_, (timestamp, _))| *timestamp <= tick * 960)
            {
                if arrives(n) {
                    stream.insert(Duration::from_millis(u64::from(timestamp / 48)), *timestamp, payload);
                }
            }
            if packets.peek().is_none() {
                break;
            }
            sound.extend(stream.hear());
        }
        sound
    }

    fn recording() -> Vec<i16> {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../portaveu/tests/sounds/es_multa.wav");
        let wav = std::fs::read(path).unwrap();
        let data = wav.windows(4).position(|name| name == b"data").unwrap() + 8;
        Decoder::new(Codec::Pcma).decode(&wav[data..])
    }

    /// Energy of the difference, as a share of that of `sound`, at the delay where it is least.
    fn difference(sound: &[i16], other: &[i16]) -> f64 {
        let energy = |samples: &mut dyn Iterator<Item = f64>| samples.map(|sample| sample * sample).sum::<f64>();
        let all = energy(&mut sound.iter().map(|sample| f64::from(*sample)));
        let at = |delay: usize| {
            energy(&mut sound.iter().zip(&other[delay..]).map(|(a, b)| f64::from(*a) - f64::from(*b))) / all
        };
        (0..1600.min(other.len())).map(at).fold(f64::INFINITY, f64::min)
    }

    #[test]
    fn opus_packets_of_any_length_are_heard() {
        let voice = recording();
        for milliseconds in [5, 10, 20, 40, 60] {
            for stereo in [false, true] {
                let error = difference(&voice, &heard(&encoded(&voice, milliseconds, stereo), |_| true));
                assert!(error < 0.25, "{milliseconds} ms, stereo {stereo}: off by {error} of the energy");
            }
        }
    }

    /// One of five, by the redundancy in the packet after it: without, the difference is nearly double.
    #[test]
    fn lost_opus_packets_are_filled() {
        let voice = recording();
        for (milliseconds, most) in [(10, 0.25), (20, 0.3), (40, 0.2), (60, 0.5)] {
            let packets = encoded(&voice, milliseconds, false);
            let whole = heard(&packets, |_| true);
            let error = difference(&whole, &heard(&packets, |n| n % 5 != 3));
            assert!(error < most, "{milliseconds} ms: off by {error} of the energy");
        }
    }

    proptest! {
        /// Between packets of a call, each octet of which may be another.
        #[test]
        fn no_opus_payload_panics_or_is_held_for_long(
            junk in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..60), 0u32..6000), 1..60)
        ) {
            let good = encoded(&vec![1000; 20_000], 20, false);
            let (mut stream, mut timestamp) = (ReceiveStream::new(Codec::Opus), 0);
            for (n, (is_good, bytes, step)) in junk.iter().enumerate() {
                timestamp += step;
                let payload = if *is_good { &good[n].1 } else { bytes };
                stream.insert(Duration::from_millis(20 * n as u64), timestamp, payload);
                stream.hear();
                prop_assert!(stream.in_hand.len() <= 120 * 16, "{} samples", stream.in_hand.len());
            }
        }
    }
}
