//! G.711 and G.722: a byte of payload is one tick of the 8 kHz RTP clock in all three, two samples at 16 kHz.

use ezk_g711::{alaw, mulaw};
use ezk_g722::libg722::{self, Bitrate};
use portaveu_call::{Codec, FRAME_SAMPLES, Frame};

use crate::resample::{Downsampler, Upsampler};

/// Bytes of payload in a frame, whatever the codec.
pub(crate) const FRAME_BYTES: usize = FRAME_SAMPLES / 2;

/// Payload to 16 kHz.
pub struct Decoder {
    codec: Codec,
    up: Upsampler,
    g722: libg722::decoder::Decoder,
}

impl Decoder {
    pub fn new(codec: Codec) -> Self {
        let g722 = libg722::decoder::Decoder::new(Bitrate::Mode1_64000, false, false);
        Self { codec, up: Upsampler::default(), g722 }
    }

    pub fn decode(&mut self, payload: &[u8]) -> Vec<i16> {
        if self.codec == Codec::G722 {
            return self.g722.decode(payload);
        }
        let expand = if self.codec == Codec::Pcma { alaw::decode } else { mulaw::decode };
        let mut out = Vec::with_capacity(2 * payload.len());
        for byte in payload {
            self.up.push(expand(*byte), &mut out);
        }
        out
    }
}

/// 16 kHz to payload.
pub struct Encoder {
    codec: Codec,
    down: Downsampler,
    g722: libg722::encoder::Encoder,
}

impl Encoder {
    pub fn new(codec: Codec) -> Self {
        let g722 = libg722::encoder::Encoder::new(Bitrate::Mode1_64000, false, false);
        Self { codec, down: Downsampler::default(), g722 }
    }

    pub fn encode(&mut self, frame: &Frame) -> Vec<u8> {
        if self.codec == Codec::G722 {
            return self.g722.encode(frame);
        }
        let compress = if self.codec == Codec::Pcma { alaw::encode } else { mulaw::encode };
        frame.as_chunks::<2>().0.iter().map(|[a, b]| compress(self.down.push(*a, *b))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_survives_each_codec() {
        for codec in [Codec::Pcma, Codec::Pcmu, Codec::G722] {
            let (mut encoder, mut decoder) = (Encoder::new(codec), Decoder::new(codec));
            let mut heard = Vec::new();
            for n in 0..25 {
                let frame: Frame = std::array::from_fn(|i| {
                    (6000.0 * (2.0 * std::f64::consts::PI * 800.0 * (n * 320 + i) as f64 / 16000.0).sin()) as i16
                });
                let payload = encoder.encode(&frame);
                assert_eq!(payload.len(), FRAME_BYTES);
                heard.extend(decoder.decode(&payload));
            }
            // The share of the energy that is at 800 Hz.
            let (mut re, mut im, mut all) = (0.0, 0.0, 0.0);
            for (i, s) in heard[1600..].iter().enumerate() {
                let phase = 2.0 * std::f64::consts::PI * 800.0 * i as f64 / 16000.0;
                re += f64::from(*s) * phase.cos();
                im += f64::from(*s) * phase.sin();
                all += f64::from(*s).powi(2);
            }
            let share = 2.0 * (re * re + im * im) / (heard.len() - 1600) as f64 / all;
            assert!(share > 0.99, "{codec:?} keeps only {share} of a tone");
        }
    }
}
