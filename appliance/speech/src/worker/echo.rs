//! Whether what comes from the line is only the box's own voice coming back: a hybrid's echo, or a loudspeaker's.
//!
//! An echo is a late, filtered copy of what was said, so its waveform correlates with it, however loud it is; a caller
//! who speaks over it does not. It must not mute callers: it only tells the voice detector which frames to leave out.

use portaveu_call::{FRAME_SAMPLES, Frame};

/// Half the rate is enough to compare waveforms, and four times cheaper.
const STEP: usize = 2;
const FRAME: usize = FRAME_SAMPLES / STEP;
/// What is compared: 60 ms.
const COMPARED: usize = 3 * FRAME;
/// The longest way there and back that is looked at: 400 ms.
const LONGEST_LAG: usize = 20 * FRAME;
/// Correlation from which a frame counts as echo.
const ALIKE: f32 = 0.45;
/// How far the lag of an echo wanders (2 ms), and in how many frames it must be the same: two voices are alike by chance,
/// now at one lag, now at another.
const SAME_LAG: usize = 16;
const STEADY: u32 = 3;
/// Power below which there is nothing to tell apart (an RMS of 8).
const SILENCE: f32 = 64.0;
/// Without likeness, this far below what was said is still taken for echo (-26 dB): nobody speaks that softly.
const FAINT: f32 = 0.0025;

#[derive(Debug)]
pub struct EchoDetector {
    spoken: Vec<f32>,
    heard: Vec<f32>,
    /// Where the likeness was last found.
    lag: Option<usize>,
    /// In how many frames it was found there.
    steady: u32,
    silent_frames: usize,
}

impl Default for EchoDetector {
    fn default() -> Self {
        Self {
            spoken: vec![0.0; LONGEST_LAG + COMPARED],
            heard: vec![0.0; COMPARED],
            lag: None,
            steady: 0,
            silent_frames: usize::MAX,
        }
    }
}

impl EchoDetector {
    /// Take the same 20 ms of both directions; `spoken` is empty when the box was silent.
    pub fn is_echo(&mut self, heard: &Frame, spoken: &[i16]) -> bool {
        self.silent_frames = if spoken.is_empty() { self.silent_frames.saturating_add(1) } else { 0 };
        if self.silent_frames > LONGEST_LAG / FRAME {
            return false;
        }
        push(&mut self.heard, heard);
        push(&mut self.spoken, if spoken.is_empty() { &[0; FRAME_SAMPLES] } else { spoken });
        let power = mean_square(&self.heard);
        if power < SILENCE {
            return true;
        }
        let loudest = self.spoken.chunks(FRAME).map(mean_square).fold(0.0, f32::max);
        power < loudest * FAINT || self.is_alike()
    }

    fn is_alike(&mut self) -> bool {
        let near = self.lag.into_iter().flat_map(|lag| lag.saturating_sub(SAME_LAG)..(lag + SAME_LAG).min(LONGEST_LAG));
        let same = self.most_alike(near).filter(|(_, likeness)| *likeness > ALIKE);
        let other = || self.most_alike(0..LONGEST_LAG).filter(|(_, likeness)| *likeness > ALIKE);
        match same {
            Some((lag, _)) => (self.lag, self.steady) = (Some(lag), self.steady + 1),
            None => match other() {
                Some((lag, _)) => (self.lag, self.steady) = (Some(lag), 1),
                None => return false,
            },
        }
        self.steady >= STEADY
    }

    fn most_alike(&self, lags: impl Iterator<Item = usize>) -> Option<(usize, f32)> {
        lags.map(|lag| (lag, self.likeness(lag))).max_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// Normalised correlation with what was said `lag` samples ago; an echo may be upside down.
    fn likeness(&self, lag: usize) -> f32 {
        let start = self.spoken.len() - COMPARED - lag;
        let earlier = &self.spoken[start..start + COMPARED];
        let (mut product, mut energy) = (0.0, 0.0);
        for (a, b) in self.heard.iter().zip(earlier) {
            product += a * b;
            energy += b * b;
        }
        product.abs() / (energy * mean_square(&self.heard) * COMPARED as f32 + 1.0).sqrt()
    }
}

fn push(buffer: &mut Vec<f32>, frame: &[i16]) {
    buffer.drain(..FRAME);
    buffer.extend(frame.as_chunks::<STEP>().0.iter().map(|[a, b]| (f32::from(*a) + f32::from(*b)) / 2.0));
}

fn mean_square(samples: &[f32]) -> f32 {
    samples.iter().map(|s| s * s).sum::<f32>() / samples.len() as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A voice-like sound: pulses at a wandering pitch through two resonances.
    fn voice(seed: u32, frames: usize) -> Vec<i16> {
        let (mut noise, mut phase, mut y1, mut y2) = (seed, 0.0f32, 0.0f32, 0.0f32);
        (0..frames * FRAME_SAMPLES)
            .map(|i| {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let hiss = noise as f32 / u32::MAX as f32 - 0.5;
                phase += (110.0 + seed as f32 * 37.0 + 40.0 * (i as f32 / 9000.0).sin()) / 16000.0;
                let pulse = if phase > 1.0 { 3.0 } else { 0.0 };
                phase = phase.fract();
                let y = pulse + 0.3 * hiss + 1.7 * y1 - 0.8 * y2;
                (y2, y1) = (y1, y);
                (y * 900.0).clamp(-30000.0, 30000.0) as i16
            })
            .collect()
    }

    fn echo_share(heard: &[i16], spoken: &[i16]) -> f32 {
        let mut detector = EchoDetector::default();
        let pairs = heard.as_chunks::<FRAME_SAMPLES>().0.iter().zip(spoken.chunks(FRAME_SAMPLES));
        let verdicts: Vec<bool> = pairs.map(|(h, s)| detector.is_echo(h, s)).collect();
        verdicts.iter().filter(|echo| **echo).count() as f32 / verdicts.len() as f32
    }

    #[test]
    fn the_own_voice_is_known_late_soft_and_filtered() {
        let spoken = voice(1, 100);
        for (delay, gain) in [(800, 0.6), (2400, 0.3), (4000, 0.15)] {
            let echo: Vec<i16> = (0..spoken.len())
                .map(|i| {
                    let at = |back: usize| i.checked_sub(delay + back).map_or(0.0, |n| f32::from(spoken[n]));
                    (gain * (0.7 * at(0) + 0.3 * at(9))) as i16
                })
                .collect();
            let share = echo_share(&echo, &spoken);
            assert!(share > 0.95, "echo after {delay} samples at {gain}: only {share} of the frames");
        }
    }

    #[test]
    fn a_caller_who_speaks_over_is_heard() {
        let (spoken, caller) = (voice(1, 100), voice(3, 100));
        let mixed: Vec<i16> = (0..spoken.len())
            .map(|i| caller[i].saturating_add(i.checked_sub(1600).map_or(0, |n| spoken[n] / 5)))
            .collect();
        let share = echo_share(&mixed, &spoken);
        assert!(share < 0.3, "{share} of the caller's frames were taken for echo");
    }

    #[test]
    fn with_the_box_silent_nothing_is_echo() {
        let mut detector = EchoDetector::default();
        let caller = voice(3, 30);
        assert!(caller.as_chunks::<FRAME_SAMPLES>().0.iter().all(|frame| !detector.is_echo(frame, &[])));
    }
}
