//! Fills gaps: repeats the last pitch period, fading out over 60 ms, and blends into what comes after
//! (in the manner of G.711 Appendix I). It must not ring on: after the fade there is silence.

use portaveu_call::FRAME_SAMPLES;

const HISTORY: usize = 640; // 40 ms
const SHORTEST_PITCH: usize = 40; // 400 Hz
const LONGEST_PITCH: usize = 240; // 66 Hz
const COMPARED: usize = 320;
const FADE_PER_SAMPLE: f32 = 1.0 / (3 * FRAME_SAMPLES) as f32;
const BLEND: usize = 80; // 5 ms

#[derive(Debug)]
pub struct Concealment {
    history: [i16; HISTORY],
    /// While sound is missing: the period that is repeated, the place in it, the gain.
    gap: Option<Gap>,
}

#[derive(Debug)]
struct Gap {
    period: Vec<i16>,
    at: usize,
    gain: f32,
}

impl Gap {
    fn next(&mut self) -> i16 {
        let sample = f32::from(self.period[self.at % self.period.len()]) * self.gain;
        self.at += 1;
        self.gain = (self.gain - FADE_PER_SAMPLE).max(0.0);
        sample as i16
    }
}

impl Default for Concealment {
    fn default() -> Self {
        Self { history: [0; HISTORY], gap: None }
    }
}

impl Concealment {
    /// Sound arrived: note it, and blend it with the end of a gap.
    pub fn received(&mut self, sound: &mut [i16]) {
        if let Some(mut gap) = self.gap.take() {
            for (i, sample) in sound.iter_mut().take(BLEND).enumerate() {
                let share = i as f32 / BLEND as f32;
                *sample = (f32::from(*sample) * share + f32::from(gap.next()) * (1.0 - share)) as i16;
            }
        }
        self.remember(sound);
    }

    /// So many samples are missing: make them.
    pub fn conceal(&mut self, samples: usize) -> Vec<i16> {
        let history = &self.history;
        let gap = self.gap.get_or_insert_with(|| {
            let lag = pitch(history);
            Gap { period: history[HISTORY - lag..].to_vec(), at: 0, gain: 1.0 }
        });
        let sound: Vec<i16> = (0..samples).map(|_| gap.next()).collect();
        self.remember(&sound);
        sound
    }

    fn remember(&mut self, sound: &[i16]) {
        let recent = &sound[sound.len().saturating_sub(HISTORY)..];
        self.history.rotate_left(recent.len());
        self.history[HISTORY - recent.len()..].copy_from_slice(recent);
    }
}

/// The lag at which the recent past is most like itself.
fn pitch(history: &[i16; HISTORY]) -> usize {
    let recent = &history[HISTORY - COMPARED..];
    let likeness = |lag: usize| {
        let earlier = &history[HISTORY - COMPARED - lag..HISTORY - lag];
        let product: f64 = recent.iter().zip(earlier).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
        let energy: f64 = earlier.iter().map(|s| f64::from(*s).powi(2)).sum();
        product / (energy + 1.0).sqrt()
    };
    (SHORTEST_PITCH..=LONGEST_PITCH).max_by(|a, b| likeness(*a).total_cmp(&likeness(*b))).unwrap_or(LONGEST_PITCH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use portaveu_call::Frame;

    fn voice(n: usize) -> Frame {
        std::array::from_fn(|i| {
            let t = (n * FRAME_SAMPLES + i) as f64 / 16000.0;
            (1..6).map(|h| 2000.0 / h as f64 * (2.0 * std::f64::consts::PI * 125.0 * h as f64 * t).sin()).sum::<f64>()
                as i16
        })
    }

    #[test]
    fn a_lost_frame_of_a_vowel_sounds_like_the_vowel() {
        let mut concealment = Concealment::default();
        (0..5).for_each(|n| concealment.received(&mut voice(n)));
        let (made, lost) = (concealment.conceal(FRAME_SAMPLES), voice(5));
        let error: f64 = made.iter().zip(&lost).map(|(a, b)| f64::from(a - b).powi(2)).sum();
        let energy: f64 = lost.iter().map(|s| f64::from(*s).powi(2)).sum();
        assert!(error < 0.2 * energy, "error {error} of {energy}");
    }

    #[test]
    fn a_long_gap_fades_to_silence() {
        let mut concealment = Concealment::default();
        (0..5).for_each(|n| concealment.received(&mut voice(n)));
        (0..3).for_each(|_| _ = concealment.conceal(FRAME_SAMPLES));
        assert_eq!(concealment.conceal(FRAME_SAMPLES), [0; FRAME_SAMPLES]);
    }
}
