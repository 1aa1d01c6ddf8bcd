//! What the recogniser makes of what callers may say: examples rendered by the box's own voices, put through a telephone
//! line with another speaker's pitch and some noise, and heard. The knowledge learns from such copies.
//!
//! The same text is heard the same way every time. It must not know the examples' wording: it would hear what it has read.

use std::io::{BufRead, Write};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::sync_channel;

use portaveu_call::{Language, SAMPLE_RATE};
use portaveu_speech::cache::Phrase;
use portaveu_speech::change_rate;
use portaveu_speech::models::Models;
use sha2::{Digest, Sha256};

use super::recogniser::Recogniser;
use super::voice::Renderer;
use super::wording::Wordings;

const LINE_RATE: u32 = 8000;
/// Other speakers, by playing faster or slower.
const SPEAKERS: std::ops::Range<f32> = 0.93..1.07;
/// How far the noise lies below the voice, in dB.
const NOISE_DB: std::ops::Range<f32> = 8.0..25.0;
/// Before and after the words, in samples.
const SILENCE: usize = 8000;
/// Rendered utterances that wait to be heard.
const WAITING: usize = 4;

/// Hear each phrase of `input` (JSON lines) and print what was made of it; what cannot be rendered is named and left out.
pub fn hear_back(input: impl BufRead, models: &Path, languages: &[Language], threads: usize) -> anyhow::Result<()> {
    let models = &Models::open(models)?;
    let mut recogniser = Recogniser::load(&models.verified("whisper-base.bin")?, threads)?;
    let weights: Vec<(Language, f32)> = languages.iter().map(|language| (*language, 1.0)).collect();
    let phrases =
        input.lines().map(|line| Ok(serde_json::from_str(&line?)?)).collect::<anyhow::Result<Vec<Phrase>>>()?;
    let (rendered, to_hear) = sync_channel(WAITING);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let mut renderer = Renderer::new(models, i32::try_from(threads).unwrap_or(1));
            for phrase in phrases {
                let sent = match renderer.render(&phrase) {
                    Ok(sound) => rendered.send((phrase, sound)).is_ok(),
                    Err(error) => {
                        eprintln!("\"{}\" could not be rendered: {error}", phrase.text);
                        true
                    }
                };
                if !sent {
                    break; // hearing failed, which ends everything
                }
            }
        });
        for (phrase, sound) in to_hear {
            let sound = telephone(&sound, &mut fastrand::Rng::with_seed(seed(&phrase.text)));
            if let Some(heard) = recogniser.hear(&sound, &weights, &Wordings::default(), &AtomicBool::new(false))? {
                let line = serde_json::json!({ "said": phrase.text, "heard": heard.text });
                writeln!(std::io::stdout(), "{line}")?;
            }
        }
        Ok(())
    })
}

fn seed(text: &str) -> u64 {
    Sha256::digest(text).iter().take(8).fold(0, |seed, byte| seed << 8 | u64::from(*byte))
}

/// Another speaker on a telephone line, from -1 to 1.
fn telephone(sound: &[i16], dice: &mut fastrand::Rng) -> Vec<f32> {
    let between =
        |range: std::ops::Range<f32>, dice: &mut fastrand::Rng| range.start + (range.end - range.start) * dice.f32();
    let voice: Vec<f32> = sound.iter().map(|sample| f32::from(*sample) / 32768.0).collect();
    let speaker = 100 * (SAMPLE_RATE as f32 / 100.0 * between(SPEAKERS, dice)) as u32; // even rates resample fast
    let narrow = change_rate(&voice, speaker, LINE_RATE);
    let mut line: Vec<f32> = change_rate(&narrow, LINE_RATE, SAMPLE_RATE);
    line.splice(0..0, [0.0; SILENCE]);
    line.resize(line.len() + SILENCE, 0.0);
    let level = |samples: &[f32]| (samples.iter().map(|s| s * s).sum::<f32>() / samples.len().max(1) as f32).sqrt();
    let mut rumble = 0.0;
    let noise: Vec<f32> = line
        .iter()
        .map(|_| {
            rumble = 0.95 * rumble + dice.f32() - 0.5;
            rumble
        })
        .collect();
    let gain = level(&line) / level(&noise).max(1e-6) * 10_f32.powf(-between(NOISE_DB, dice) / 20.0);
    line.iter_mut().zip(&noise).for_each(|(sample, noise)| *sample += gain * noise);
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_adds_noise_and_another_speaker_and_always_the_same() {
        let tone: Vec<i16> = (0..16_000).map(|n| ((n as f32 * 0.2).sin() * 8000.0) as i16).collect();
        let heard = |text: &str| telephone(&tone, &mut fastrand::Rng::with_seed(seed(text)));
        assert_eq!(heard("hola"), heard("hola"));
        assert_ne!(heard("hola").len(), heard("bon dia").len());
        assert!(heard("hola")[..4000].iter().any(|sample| sample.abs() > 1e-4));
    }
}
