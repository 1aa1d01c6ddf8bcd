//! Keys that come as tones in the sound (ITU-T Q.23, Q.24), as on ISDN and from SIP peers that send no telephone events.
//!
//! It must not take a voice for a key: a key is two tones, one of each group, that hold nearly all of the sound's energy.

use std::f32::consts::TAU;

use portaveu_call::{Digit, FRAME_SAMPLES, Frame, SAMPLE_RATE};

const ROWS: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
const COLUMNS: [f32; 4] = [1209.0, 1336.0, 1477.0, 1633.0];
const KEYS: [[char; 4]; 4] = [['1', '2', '3', 'A'], ['4', '5', '6', 'B'], ['7', '8', '9', 'C'], ['*', '0', '#', 'D']];
/// Half of each block is heard with the next one, so that a tone of 40 ms fills two of them wherever it begins.
const HOP: usize = FRAME_SAMPLES / 2;
/// So many blocks in a row make a key, and so many without it end it.
const BLOCKS: u8 = 2;
/// RMS below which nothing is a key: about -34 dBm0.
const QUIETEST: f32 = 330.0;
/// The two tones' share of the energy.
const SHARE: f32 = 0.78;
/// Tones may be 1.5 % off, so each is looked for a little below and above, too: a share can then be asked for that voices do
/// not reach.
const OFF: [f32; 3] = [0.99, 1.0, 1.01];
/// How much stronger one tone may be than the other, as a ratio of powers: 9 dB.
const TWIST: f32 = 8.0;
/// How much stronger a tone is than the others of its group.
const ALONE: f32 = 6.0;

/// Finds the keys in one leg's sound.
#[derive(Debug)]
pub struct InBandKeys {
    /// The last half of the frame before.
    before: [i16; HOP],
    candidate: Option<Digit>,
    count: u8,
    pressed: Option<Digit>,
    absent: u8,
}

impl Default for InBandKeys {
    fn default() -> Self {
        Self { before: [0; HOP], candidate: None, count: 0, pressed: None, absent: 0 }
    }
}

impl InBandKeys {
    /// Hear 20 ms; a key is told once, when it has been there for long enough.
    pub fn hear(&mut self, frame: &Frame) -> Vec<Digit> {
        let mut block = [0; FRAME_SAMPLES];
        block[..HOP].copy_from_slice(&self.before);
        block[HOP..].copy_from_slice(&frame[..HOP]);
        self.before.copy_from_slice(&frame[HOP..]);
        [&block, frame].into_iter().filter_map(|block| self.follow(key(block))).collect()
    }

    fn follow(&mut self, heard: Option<Digit>) -> Option<Digit> {
        self.count = if heard == self.candidate { self.count.saturating_add(1) } else { 1 };
        self.candidate = heard;
        self.absent = if heard == self.pressed { 0 } else { self.absent.saturating_add(1) };
        if self.absent >= BLOCKS {
            self.pressed = None;
        }
        let new = heard.filter(|_| self.count >= BLOCKS && self.pressed != heard)?;
        (self.pressed, self.absent) = (Some(new), 0);
        Some(new)
    }
}

/// The key whose tones fill the block.
fn key(block: &Frame) -> Option<Digit> {
    let energy: f32 = block.iter().map(|sample| f32::from(*sample).powi(2)).sum();
    let length = FRAME_SAMPLES as f32;
    if energy < QUIETEST.powi(2) * length {
        return None;
    }
    let share = |tone: f32| OFF.map(|off| power(block, tone * off)).into_iter().fold(0.0, f32::max);
    let shares = |tones: [f32; 4]| tones.map(|tone| share(tone) / (energy * length / 2.0));
    let ((row, rows), (column, columns)) = (strongest(shares(ROWS))?, strongest(shares(COLUMNS))?);
    let is_key = rows + columns > SHARE && rows < columns * TWIST && columns < rows * TWIST;
    is_key.then(|| Digit::from_char(KEYS[row][column])).flatten()
}

/// Which tone of its group is alone, and its share.
fn strongest(shares: [f32; 4]) -> Option<(usize, f32)> {
    let (best, share) = shares.into_iter().enumerate().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let alone = shares.iter().enumerate().all(|(n, other)| n == best || *other * ALONE < share);
    alone.then_some((best, share))
}

/// Goertzel: the squared magnitude of one frequency.
fn power(block: &Frame, frequency: f32) -> f32 {
    let coefficient = 2.0 * (TAU * frequency / SAMPLE_RATE as f32).cos();
    let (mut one, mut two) = (0.0, 0.0);
    for sample in block {
        (one, two) = (f32::from(*sample) + coefficient * one - two, one);
    }
    one * one + two * two - coefficient * one * two
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Decoder;
    use portaveu_call::Codec;
    use proptest::prelude::*;

    fn tones(row: f32, column: f32, level: f32, milliseconds: usize, offset: usize) -> Vec<i16> {
        let tone = |n: usize| {
            let at = |frequency: f32| (TAU * frequency * n as f32 / SAMPLE_RATE as f32).sin() * level;
            (at(row) + at(column)) as i16
        };
        let silence = |samples: usize| std::iter::repeat_n(0, samples);
        silence(offset).chain((0..milliseconds * 16).map(tone)).chain(silence(16 * 80)).collect()
    }

    fn keys(sound: &[i16]) -> String {
        let mut detector = InBandKeys::default();
        let frames = sound.chunks_exact(FRAME_SAMPLES).map(|chunk| Frame::try_from(chunk).unwrap());
        frames.flat_map(|frame| detector.hear(&frame)).map(Digit::as_char).collect()
    }

    proptest! {
        /// Q.24: 40 ms, 1.5 % off, -25 to 0 dBm0, wherever it begins.
        #[test]
        fn every_key_is_one_key(row in 0usize..4, column in 0usize..4, off in -0.015f32..0.015, level in 1300f32..11_000.0, offset in 0usize..640) {
            let sound = tones(ROWS[row] * (1.0 + off), COLUMNS[column] * (1.0 - off), level, 40, offset);
            prop_assert_eq!(keys(&sound), KEYS[row][column].to_string());
        }

        #[test]
        fn noise_is_no_key(seed in any::<u64>()) {
            let mut random = fastrand::Rng::with_seed(seed);
            let noise: Vec<i16> = (0..16_000).map(|_| random.i16(-8000..8000)).collect();
            prop_assert_eq!(keys(&noise), "");
        }
    }

    /// The recordings of the tests, and those of `make bench-audio` where it has made them.
    #[test]
    fn voices_are_no_keys() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let folders = [root.join("../portaveu/tests/sounds"), root.join("../../target/bench/audio")];
        let files = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten();
        let mut seconds = 0.0;
        for path in files.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "wav"))
        {
            let wav = std::fs::read(&path).unwrap();
            let data = wav.windows(4).position(|name| name == b"data").unwrap() + 8;
            let voice = Decoder::new(Codec::Pcma).decode(&wav[data..]); // all are A-law
            assert_eq!(keys(&voice), "", "{}", path.display());
            seconds += voice.len() as f32 / SAMPLE_RATE as f32;
        }
        assert!(seconds > 10.0, "there are no recordings");
        println!("no key in {seconds:.0} s of telephone speech");
    }

    #[test]
    fn a_key_pressed_twice_is_two_keys() {
        let press = tones(ROWS[1], COLUMNS[1], 6000.0, 90, 0);
        assert_eq!(keys(&[press.clone(), press].concat()), "55");
    }

    #[test]
    fn one_tone_is_no_key() {
        assert_eq!(keys(&tones(ROWS[0], ROWS[0], 6000.0, 500, 0)), "");
        assert_eq!(keys(&tones(425.0, 425.0, 6000.0, 500, 0)), "", "the ring-back tone");
    }
}
