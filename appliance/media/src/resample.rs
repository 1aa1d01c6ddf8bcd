//! 8 kHz to 16 kHz and back, by one half-band filter in two phases (a windowed sinc; every second tap is zero).

/// Taps on each side of the centre that are not zero.
const SIDE: usize = 12;
const HISTORY: usize = 2 * SIDE;

/// The odd-phase taps of the half-band low-pass, which interpolate midway between two samples.
fn taps() -> [f32; HISTORY] {
    let mut taps = [0.0; HISTORY];
    for (i, tap) in taps.iter_mut().enumerate() {
        let distance = i as f32 - SIDE as f32 + 0.5; // in samples at 8 kHz
        let x = std::f32::consts::PI * distance;
        let window = 0.5 + 0.5 * (std::f32::consts::PI * distance / (SIDE as f32 + 0.5)).cos();
        *tap = x.sin() / x * window;
    }
    let sum: f32 = taps.iter().sum();
    taps.map(|tap| tap / sum)
}

fn clip(sample: f32) -> i16 {
    sample.round().clamp(f32::from(i16::MIN), f32::from(i16::MAX)) as i16
}

/// 8 kHz in, 16 kHz out, delayed by 12 samples of the input (1.5 ms).
#[derive(Debug)]
pub struct Upsampler {
    taps: [f32; HISTORY],
    history: [f32; HISTORY],
}

impl Default for Upsampler {
    fn default() -> Self {
        Self { taps: taps(), history: [0.0; HISTORY] }
    }
}

impl Upsampler {
    pub fn all(&mut self, narrow: impl ExactSizeIterator<Item = i16>) -> Vec<i16> {
        let mut wide = Vec::with_capacity(2 * narrow.len());
        narrow.for_each(|sample| self.push(sample, &mut wide));
        wide
    }

    fn push(&mut self, sample: i16, out: &mut Vec<i16>) {
        self.history.rotate_left(1);
        self.history[HISTORY - 1] = f32::from(sample);
        let between: f32 = self.history.iter().zip(&self.taps).map(|(h, t)| h * t).sum();
        out.push(clip(self.history[SIDE - 1]));
        out.push(clip(between));
    }
}

/// 16 kHz in, 8 kHz out.
#[derive(Debug)]
pub struct Downsampler {
    taps: [f32; HISTORY],
    even: [f32; HISTORY],
    odd: [f32; HISTORY],
}

impl Default for Downsampler {
    fn default() -> Self {
        Self { taps: taps(), even: [0.0; HISTORY], odd: [0.0; HISTORY] }
    }
}

impl Downsampler {
    /// Take a pair of samples and give one.
    pub fn push(&mut self, first: i16, second: i16) -> i16 {
        self.even.rotate_left(1);
        self.even[HISTORY - 1] = f32::from(first);
        self.odd.rotate_left(1);
        self.odd[HISTORY - 1] = f32::from(second);
        let sides: f32 = self.odd.iter().zip(&self.taps).map(|(h, t)| h * t).sum();
        clip(0.5 * (self.even[SIDE] + sides))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f32, rate: f32, n: usize) -> Vec<i16> {
        (0..n).map(|i| (8000.0 * (2.0 * std::f32::consts::PI * hz * i as f32 / rate).sin()) as i16).collect()
    }

    fn level(samples: &[i16]) -> f32 {
        (samples.iter().map(|s| f32::from(*s).powi(2)).sum::<f32>() / samples.len() as f32).sqrt()
    }

    #[test]
    fn speech_passes_both_ways_and_what_folds_is_kept_out() {
        for (hz, passes) in [(300.0, true), (1000.0, true), (3000.0, true), (5500.0, false), (7000.0, false)] {
            let (mut down, wide) = (Downsampler::default(), tone(hz, 16000.0, 3200));
            let narrow: Vec<i16> = wide.chunks_exact(2).map(|pair| down.push(pair[0], pair[1])).collect();
            let ratio = level(&narrow[200..]) / level(&wide);
            assert!(if passes { (0.9..1.1).contains(&ratio) } else { ratio < 0.05 }, "{hz} Hz: {ratio}");
        }
        let wide = Upsampler::default().all(tone(1000.0, 8000.0, 1600).into_iter());
        let wanted = tone(1000.0, 16000.0, 3200);
        let worst = wide[100..].iter().zip(&wanted[100 - 2 * SIDE..]).map(|(a, b)| (a - b).abs()).max().unwrap();
        assert!(worst < 200, "an upsampled tone is off by {worst}");
    }
}
