//! Sounds that are no voice: the signal before a recording, and a quiet tune for who waits. Both are made here, so that
//! nobody has rights in them.

use std::f32::consts::TAU;
use std::sync::Arc;

use portaveu_call::SAMPLE_RATE;

const RATE: f32 = SAMPLE_RATE as f32;
/// Loudest sample: about -14 dB of full scale, well below a voice.
const LOUDNESS: f32 = 3000.0;
/// A note, in seconds.
const NOTE: f32 = 0.4;
/// Semitones above A3, a broken chord a line: C, A minor, F, G.
const TUNE: [[i32; 8]; 4] =
    [[3, 7, 10, 15, 10, 7, 10, 7], [0, 3, 7, 12, 7, 3, 7, 3], [-4, 0, 3, 8, 3, 0, 3, 0], [-2, 2, 5, 10, 5, 2, 5, 2]];

/// "After the tone": 0.4 s of 1 kHz.
pub fn beep() -> Vec<i16> {
    let count = (0.4 * RATE) as usize;
    (0..count).map(|n| (LOUDNESS * edge(n, count) * (TAU * 1000.0 * n as f32 / RATE).sin()) as i16).collect()
}

/// 13 s that can be played over and over.
pub fn hold_music() -> Arc<[i16]> {
    let length = (NOTE * RATE) as usize;
    let mut sound = vec![0.0f32; length * TUNE.as_flattened().len()];
    for (place, semitones) in TUNE.as_flattened().iter().enumerate() {
        let pitch = 220.0 * 2f32.powf(*semitones as f32 / 12.0);
        // A note rings on for four, round the end into the beginning.
        for n in 0..4 * length {
            let seconds = n as f32 / RATE;
            let attack = (seconds / 0.01).min(1.0);
            let tone = (TAU * pitch * seconds).sin() + 0.3 * (TAU * 2.0 * pitch * seconds).sin();
            let at = (place * length + n) % sound.len();
            sound[at] += attack * (-3.0 * seconds).exp() * tone * edge(n, 4 * length);
        }
    }
    let peak = sound.iter().fold(1.0f32, |peak, sample| peak.max(sample.abs()));
    sound.into_iter().map(|sample| (LOUDNESS * sample / peak) as i16).collect()
}

/// Fades the last 10 ms, so that nothing clicks.
fn edge(n: usize, count: usize) -> f32 {
    ((count - n) as f32 / (0.01 * RATE)).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tune_has_no_gap_and_no_click() {
        let tune = hold_music();
        let loud = |part: &[i16]| part.iter().any(|sample| sample.abs() > 300);
        assert!(tune.chunks(SAMPLE_RATE as usize / 2).all(loud), "half a second of silence");
        let next = |n: usize| tune[(n + 1) % tune.len()];
        assert!((0..tune.len()).all(|n| (i32::from(tune[n]) - i32::from(next(n))).abs() < 1500), "a click");
        assert!(tune.iter().chain(&beep()).all(|sample| f32::from(*sample).abs() <= LOUDNESS));
    }
}
