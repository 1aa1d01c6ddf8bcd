//! Audio inside the box: always 16 kHz, mono, signed 16 bit, in frames of 20 ms, whatever the line's codec is.

/// Samples a second of all audio between the stages.
pub const SAMPLE_RATE: u32 = 16_000;
/// Length of a frame in milliseconds.
pub const FRAME_MS: u32 = 20;
/// Samples in a frame.
pub const FRAME_SAMPLES: usize = (SAMPLE_RATE / 1000 * FRAME_MS) as usize;

/// 20 ms of sound.
pub type Frame = [i16; FRAME_SAMPLES];

/// How long `samples` at [`SAMPLE_RATE`] last.
pub fn milliseconds(samples: usize) -> u64 {
    samples as u64 * 1000 / u64::from(SAMPLE_RATE)
}
