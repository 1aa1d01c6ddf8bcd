//! The check of a sound card that a technician runs: is the room quiet, is a voice heard, how much of what the box says comes
//! back, and after how long.

use std::f32::consts::TAU;

use anyhow::Result;
use portaveu_call::{FRAME_SAMPLES, Frame, SAMPLE_RATE, SoundDevice};
use portaveu_line::Card;

const RATE: usize = SAMPLE_RATE as usize;
const TONE: f32 = 1000.0;
/// A quarter of the loudest.
const TONE_LEVEL: f32 = 8192.0;
/// A voice is this much louder than the room, in decibels.
const VOICE_ABOVE_NOISE: f32 = 10.0;
const NOISY: f32 = -40.0;
const LOUD: f32 = -3.0;
/// Echo above this, of what was said, is worth a word: the box cancels it, and still it costs.
const MUCH_ECHO: f32 = -15.0;
/// The chirp is recognised when it is so much of what is heard.
const SURE: f32 = 0.3;

/// Measure and say what is found.
pub fn run(name: &str) -> Result<()> {
    let mut card = Card::open(name)?;
    println!("sound card \"{name}\"");
    println!("noise   be quiet for a second …");
    let noise = level(&heard_while(&mut card, &[], 1.0)?);
    println!(
        "noise   {noise:.0} dB{}",
        if noise > NOISY { ": loud; look for a fan or a gain that is too high" } else { "" }
    );
    println!("voice   say something, for three seconds …");
    let voice = heard_while(&mut card, &[], 3.0)?;
    println!("voice   {}", verdict_on_voice(level(&voice), peak(&voice), noise));
    println!("echo    a tone of a second …");
    let tone = tone(1.0);
    let echo = share_of_tone(&heard_while(&mut card, &tone, 1.5)?);
    println!("echo    {}", verdict_on_echo(echo));
    let chirp = chirp();
    let delay = delay(&chirp, &heard_while(&mut card, &chirp, 1.5)?);
    println!(
        "delay   {}",
        delay.map_or("not measured: the card does not hear itself".into(), |ms| format!(
            "{ms:.0} ms from saying to hearing"
        ))
    );
    Ok(())
}

/// A line four times a second: how loud, and a bar of it from -60 to 0 dB.
pub fn meter(name: &str) -> Result<()> {
    let mut card = Card::open(name)?;
    loop {
        let heard = heard_while(&mut card, &[], 0.25)?;
        let (level, peak) = (level(&heard), peak(&heard));
        let bar = "#".repeat((level + 60.0).clamp(0.0, 60.0) as usize);
        println!("level {level:>4.0} dB {bar:<60} peak {peak:>4.0} dB{}", if peak > LOUD { ": too loud" } else { "" });
    }
}

/// What the card hears while it says `said` and then nothing.
fn heard_while(card: &mut dyn SoundDevice, said: &[i16], seconds: f32) -> Result<Vec<i16>> {
    let frames = (seconds * RATE as f32) as usize / FRAME_SAMPLES;
    let mut heard = Vec::with_capacity(frames * FRAME_SAMPLES);
    for n in 0..frames {
        let frame: Frame = std::array::from_fn(|i| said.get(n * FRAME_SAMPLES + i).copied().unwrap_or_default());
        heard.extend(card.exchange(&frame)?);
    }
    Ok(heard)
}

fn verdict_on_voice(voice: f32, peak: f32, noise: f32) -> String {
    if voice < noise + VOICE_ABOVE_NOISE {
        return format!("{voice:.0} dB: nobody was heard; look at the microphone and at its gain (alsamixer)");
    }
    let much = if peak > LOUD { ": too loud; turn the gain down (alsamixer)" } else { "" };
    format!("{voice:.0} dB, at most {peak:.0} dB{much}")
}

fn verdict_on_echo(echo: f32) -> String {
    match echo {
        ..-60.0 => {
            "none that is heard; was the tone? If not, look at the loudspeaker and its volume (alsamixer)".into()
        }
        MUCH_ECHO.. => {
            format!("{echo:.0} dB of what was said: much; turn the loudspeaker down or move the microphone away")
        }
        _ => format!("{echo:.0} dB of what was said"),
    }
}

fn decibels(ratio: f32) -> f32 {
    20.0 * ratio.max(1e-5).log10()
}

/// RMS, of the loudest possible.
fn level(sound: &[i16]) -> f32 {
    let energy: f32 = sound.iter().map(|sample| (f32::from(*sample) / 32_768.0).powi(2)).sum();
    decibels((energy / sound.len().max(1) as f32).sqrt())
}

fn peak(sound: &[i16]) -> f32 {
    decibels(sound.iter().map(|sample| f32::from(sample.saturating_abs()) / 32_768.0).fold(0.0, f32::max))
}

fn tone(seconds: f32) -> Vec<i16> {
    let sample = |n: usize| (TAU * TONE * n as f32 / RATE as f32).sin() * TONE_LEVEL;
    (0..(seconds * RATE as f32) as usize).map(|n| sample(n) as i16).collect()
}

/// How loud the tone is in the loudest tenth of a second, beside what was said of it.
fn share_of_tone(heard: &[i16]) -> f32 {
    let amplitude = |part: &[i16]| {
        let (sine, cosine) = part.iter().enumerate().fold((0.0, 0.0), |(sine, cosine), (n, sample)| {
            let (s, c) = (TAU * TONE * n as f32 / RATE as f32).sin_cos();
            (sine + f32::from(*sample) * s, cosine + f32::from(*sample) * c)
        });
        2.0 * sine.hypot(cosine) / part.len() as f32
    };
    decibels(heard.chunks(RATE / 10).map(amplitude).fold(0.0, f32::max) / TONE_LEVEL)
}

/// 100 ms from 500 to 3,000 Hz: like nothing else, and like itself at one place only.
fn chirp() -> Vec<i16> {
    let length = RATE / 10;
    let sample = |n: usize| {
        let time = n as f32 / RATE as f32;
        (TAU * (500.0 + 12_500.0 * time) * time).sin() * TONE_LEVEL
    };
    (0..length).map(|n| sample(n) as i16).collect()
}

/// After how many milliseconds the chirp is heard.
fn delay(chirp: &[i16], heard: &[i16]) -> Option<f32> {
    let energy = |sound: &[i16]| sound.iter().map(|sample| f32::from(*sample).powi(2)).sum::<f32>();
    let likeness = |part: &[i16]| {
        let product: f32 = part.iter().zip(chirp).map(|(a, b)| f32::from(*a) * f32::from(*b)).sum();
        product.abs() / (energy(part) * energy(chirp)).sqrt().max(1.0)
    };
    let likeness = heard.windows(chirp.len()).map(likeness).enumerate();
    let (at, how) = likeness.max_by(|a, b| a.1.total_cmp(&b.1))?;
    (how > SURE).then_some(at as f32 * 1000.0 / RATE as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A room that gives back what is said, later and softer.
    #[derive(Debug)]
    struct Room {
        air: Vec<i16>,
        part: f32,
    }

    impl SoundDevice for Room {
        fn exchange(&mut self, said: &Frame) -> std::io::Result<Frame> {
            let part = self.part;
            self.air.extend(said.iter().map(|sample| (f32::from(*sample) * part) as i16));
            let heard: Vec<i16> = self.air.drain(..FRAME_SAMPLES).collect();
            Ok(std::array::from_fn(|n| heard[n]))
        }
    }

    #[test]
    fn echo_and_delay_of_a_room_are_measured() {
        let mut room = Room { air: vec![0; RATE * 65 / 1000], part: 0.1 };
        let echo = share_of_tone(&heard_while(&mut room, &tone(1.0), 1.5).unwrap());
        assert!((echo + 20.0).abs() < 0.5, "{echo}");
        let ms = delay(&chirp(), &heard_while(&mut room, &chirp(), 1.5).unwrap()).unwrap();
        assert!((ms - 65.0).abs() < 1.0, "{ms}");
    }

    #[test]
    fn a_deaf_card_has_no_echo_and_no_delay() {
        let mut room = Room { air: vec![0; RATE], part: 0.0 };
        assert!(verdict_on_echo(share_of_tone(&heard_while(&mut room, &tone(1.0), 1.5).unwrap())).contains("none"));
        assert_eq!(delay(&chirp(), &heard_while(&mut room, &chirp(), 1.5).unwrap()), None);
        assert!(verdict_on_voice(-62.0, -50.0, -65.0).contains("nobody was heard"));
        assert!(verdict_on_voice(-20.0, -1.0, -65.0).contains("too loud"));
    }
}
