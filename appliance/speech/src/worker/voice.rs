//! The good voices, which render approved text ahead of time: Kokoro with espeak-ng's phonemes, festival for Catalan,
//! espeak-ng for the rest. No call ever waits for them.

use std::collections::HashSet;
use std::path::Path;

use portaveu_call::{Language, Pace};
use portaveu_speech::cache::Phrase;
use portaveu_speech::models::Models;
use portaveu_speech::{Engine, Voice, resample, trim};
use sherpa_onnx::{GenerationConfig, OfflineTts, OfflineTtsConfig, OfflineTtsKokoroModelConfig, OfflineTtsModelConfig};

use super::fast_voice::{self, VoiceError, run, sentences};

/// Loudness that every voice is brought to: an RMS of -21 dBFS over its audible part, and a peak below -2 dBFS.
const LOUDNESS: f32 = 2900.0;
const PEAK: f32 = 26_000.0;
/// Between sentences, in samples: 0.25 s.
const BREATH: usize = 4000;

/// How fast a voice speaks at a pace, 1 being its own.
pub fn speed(pace: Pace) -> f32 {
    match pace {
        Pace::Normal => 1.0,
        Pace::Slow => 0.8,
    }
}

/// Renders phrases; Kokoro is loaded with the first one that needs it.
pub struct Renderer<'a> {
    models: &'a Models,
    threads: i32,
    kokoro: Option<Kokoro>,
}

impl<'a> Renderer<'a> {
    pub fn new(models: &'a Models, threads: i32) -> Self {
        Self { models, threads, kokoro: None }
    }

    /// The phrase as samples at 16 kHz, without silence at its ends.
    pub fn render(&mut self, phrase: &Phrase) -> Result<Vec<i16>, VoiceError> {
        let text = phrase.spoken();
        let mut sound = Vec::new();
        for sentence in sentences(&text) {
            if !sound.is_empty() {
                sound.resize(sound.len() + BREATH, 0);
            }
            sound.extend_from_slice(trim(&self.sentence(sentence, phrase.language, phrase.pace)?));
        }
        level(&mut sound);
        Ok(sound)
    }

    fn sentence(&mut self, text: &str, language: Language, pace: Pace) -> Result<Vec<i16>, VoiceError> {
        let voice = Voice::of(language);
        match voice.engine {
            Engine::Kokoro(number) => self.kokoro()?.say(text, voice.espeak, number, pace),
            Engine::Festival => festival(text, pace),
            Engine::Espeak => fast_voice::say(text, language, pace),
        }
    }

    fn kokoro(&mut self) -> Result<&Kokoro, VoiceError> {
        if self.kokoro.is_none() {
            self.kokoro = Some(Kokoro::load(self.models, self.threads)?);
        }
        self.kokoro.as_ref().ok_or(VoiceError::Unloadable)
    }
}

struct Kokoro {
    model: OfflineTts,
    symbols: HashSet<char>,
}

impl Kokoro {
    fn load(models: &Models, threads: i32) -> Result<Self, VoiceError> {
        let tokens = models.verified("kokoro/tokens.txt")?;
        let symbols = std::fs::read_to_string(&tokens).map_err(|_| VoiceError::Unloadable)?;
        let name = |path: &Path| Some(path.display().to_string());
        let kokoro = OfflineTtsKokoroModelConfig {
            model: name(&models.verified("kokoro/model.onnx")?),
            voices: name(&models.verified("kokoro/voices.bin")?),
            tokens: name(&tokens),
            ..OfflineTtsKokoroModelConfig::default()
        };
        let model = OfflineTtsModelConfig { kokoro, num_threads: threads, ..OfflineTtsModelConfig::default() };
        let config = OfflineTtsConfig { model, max_num_sentences: 1, ..OfflineTtsConfig::default() };
        let symbols = symbols.lines().filter_map(|line| line.chars().next()).collect();
        Ok(Self { model: OfflineTts::create(&config).ok_or(VoiceError::Unloadable)?, symbols })
    }

    fn say(&self, text: &str, espeak: &str, voice: i32, pace: Pace) -> Result<Vec<i16>, VoiceError> {
        let ipa = run("espeak-ng", "espeak-ng", &["-q", "--ipa", "-v", espeak, "--stdin"], text.as_bytes())?;
        let phonemes = String::from_utf8_lossy(&ipa).replace('\n', " ");
        let known = phonemes.trim().chars().filter(|symbol| self.symbols.contains(symbol)).map(|symbol| symbol as i32);
        let config = GenerationConfig {
            sid: voice,
            speed: speed(pace),
            phoneme_codepoints: Some(vec![known.collect()]),
            ..GenerationConfig::default()
        };
        let sound = self.model.generate_with_config(text, &config, None::<fn(&[f32], f32) -> bool>);
        let sound = sound.ok_or_else(|| VoiceError::Failed("Kokoro", format!("nothing was made of \"{text}\"")))?;
        Ok(resample(sound.samples(), sound.sample_rate().unsigned_abs()))
    }
}

fn festival(text: &str, pace: Pace) -> Result<Vec<i16>, VoiceError> {
    let stretch = format!("(Parameter.set 'Duration_Stretch {:.2})", 1.0 / speed(pace));
    let arguments = ["-eval", "(language_catalan)", "-eval", &stretch, "-", "-o", "-"];
    let wav = run("text2wave", "festival", &arguments, &latin(text))?;
    if wav.len() < 1000 {
        return Err(VoiceError::Missing("festvox-ca-ona-hts"));
    }
    Ok(fast_voice::samples_of(&wav))
}

/// festival reads ISO 8859-15.
fn latin(text: &str) -> Vec<u8> {
    let byte = |c: char| match c {
        '€' => Some(0xa4),
        'œ' => Some(0xbd),
        '’' | '‘' => Some(b'\''),
        '–' | '—' => Some(b'-'),
        '…' | '«' | '»' | '“' | '”' => Some(b' '),
        _ => u8::try_from(c).ok(),
    };
    text.chars().filter_map(byte).collect()
}

/// Bring the audible part to one loudness.
fn level(sound: &mut [i16]) {
    let audible = || sound.iter().map(|s| f32::from(*s)).filter(|s| s.abs() > 100.0);
    let loudness = (audible().map(|s| s * s).sum::<f32>() / audible().count().max(1) as f32).sqrt();
    let peak = audible().map(f32::abs).fold(1.0, f32::max);
    let gain = (LOUDNESS / loudness.max(1.0)).min(PEAK / peak);
    for sample in sound {
        *sample = (f32::from(*sample) * gain) as i16;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn festival_gets_letters_that_it_knows() {
        assert_eq!(latin("l’ajuntament costa 5 €"), b"l'ajuntament costa 5 \xa4");
    }

    #[test]
    fn soft_and_loud_become_alike() {
        for amplitude in [500, 20_000] {
            let mut sound: Vec<i16> = (0..1600).map(|i| if i % 20 < 10 { amplitude } else { -amplitude }).collect();
            level(&mut sound);
            assert!(sound[0].abs_diff(2900) < 10, "{}", sound[0]);
        }
    }
}
