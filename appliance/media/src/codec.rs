//! The codecs of the line, to and from the box's 16 kHz. In G.711 and G.722 a byte of payload is one tick of the 8 kHz RTP
//! clock, two samples at 16 kHz, and gaps are filled here; Opus has a module of its own.

use ezk_g711::{alaw, mulaw};
use ezk_g722::libg722::{self, Bitrate};
use portaveu_call::{Codec, FRAME_SAMPLES, Frame};

use crate::concealment::Concealment;
use crate::opus::{self, OpusDecoder, OpusEncoder};
use crate::resample::{Downsampler, Upsampler};

/// Bytes of payload in a frame of G.711 and G.722.
pub(crate) const FRAME_BYTES: usize = FRAME_SAMPLES / 2;

/// Payload to 16 kHz.
pub struct Decoder {
    way: Decoding,
    /// For the codecs that have none of their own.
    concealment: Concealment,
}

enum Decoding {
    G711(fn(u8) -> i16, Upsampler),
    G722(Box<libg722::decoder::Decoder>),
    Opus(OpusDecoder),
}

impl Decoder {
    pub fn new(codec: Codec) -> Self {
        let way = match codec {
            Codec::Pcma => Decoding::G711(alaw::decode, Upsampler::default()),
            Codec::Pcmu => Decoding::G711(mulaw::decode, Upsampler::default()),
            Codec::G722 => Decoding::G722(Box::new(libg722::decoder::Decoder::new(Bitrate::Mode1_64000, false, false))),
            Codec::Opus => Decoding::Opus(OpusDecoder::new()),
        };
        Self { way, concealment: Concealment::default() }
    }

    /// How long a payload lasts on the RTP clock; none when it is not of this codec.
    pub(crate) fn ticks(&self, payload: &[u8]) -> Option<u64> {
        match self.way {
            Decoding::G711(..) | Decoding::G722(_) => Some(payload.len() as u64),
            Decoding::Opus(_) => opus::ticks(payload),
        }
    }

    pub fn decode(&mut self, payload: &[u8]) -> Vec<i16> {
        let mut sound = match &mut self.way {
            Decoding::G711(expand, up) => up.all(payload.iter().map(|byte| expand(*byte))),
            Decoding::G722(decoder) => decoder.decode(payload),
            Decoding::Opus(decoder) => return decoder.decode(payload),
        };
        self.concealment.received(&mut sound);
        sound
    }

    /// At least so many samples in place of lost ones; `next` is the payload that follows them, if it is there.
    pub(crate) fn conceal(&mut self, samples: usize, next: Option<&[u8]>) -> Vec<i16> {
        match &mut self.way {
            Decoding::G711(..) | Decoding::G722(_) => self.concealment.conceal(samples),
            Decoding::Opus(decoder) => decoder.conceal(samples, next),
        }
    }
}

/// 16 kHz to payload.
pub struct Encoder(Encoding);

enum Encoding {
    G711(fn(i16) -> u8, Downsampler),
    G722(libg722::encoder::Encoder),
    Opus(OpusEncoder),
}

impl Encoder {
    pub fn new(codec: Codec) -> Self {
        Self(match codec {
            Codec::Pcma => Encoding::G711(alaw::encode, Downsampler::default()),
            Codec::Pcmu => Encoding::G711(mulaw::encode, Downsampler::default()),
            Codec::G722 => Encoding::G722(libg722::encoder::Encoder::new(Bitrate::Mode1_64000, false, false)),
            Codec::Opus => Encoding::Opus(OpusEncoder::new()),
        })
    }

    pub fn encode(&mut self, frame: &Frame) -> Vec<u8> {
        match &mut self.0 {
            Encoding::G711(compress, down) => {
                frame.as_chunks::<2>().0.iter().map(|[a, b]| compress(down.push(*a, *b))).collect()
            }
            Encoding::G722(encoder) => encoder.encode(frame),
            Encoding::Opus(encoder) => encoder.encode(frame),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_survives_each_codec() {
        for codec in [Codec::Pcma, Codec::Pcmu, Codec::G722, Codec::Opus] {
            let (mut encoder, mut decoder) = (Encoder::new(codec), Decoder::new(codec));
            let mut heard = Vec::new();
            for n in 0..25 {
                let frame: Frame = std::array::from_fn(|i| {
                    (6000.0 * (2.0 * std::f64::consts::PI * 800.0 * (n * 320 + i) as f64 / 16000.0).sin()) as i16
                });
                let payload = encoder.encode(&frame);
                assert_eq!(decoder.ticks(&payload), Some(u64::from(codec.clock() / 50)));
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
