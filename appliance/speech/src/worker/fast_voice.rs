//! The voice that speaks at once: espeak-ng, run as a program. It speaks what nobody rendered ahead of time, sentence by
//! sentence, so that the first sound is there within a moment however long the text is.

use std::io;
use std::process::{Command, Stdio};

use portaveu_call::{Language, Pace};
use portaveu_speech::models::ModelError;
use portaveu_speech::{Voice, resample, trim};

/// espeak-ng's words a minute at normal pace, below its own 175: callers are not used to it.
const WORDS_A_MINUTE: f32 = 150.0;

/// Why a program of a voice could not speak.
#[derive(Debug, thiserror::Error)]
pub enum VoiceError {
    #[error("{0} is not installed (on Debian: apt-get install {0})")]
    Missing(&'static str),
    #[error("{0} failed: {1}")]
    Failed(&'static str, String),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error("the voice model Kokoro cannot be loaded, though its files are whole; the log has the library's reason")]
    Unloadable,
}

/// Run a program with `text` as its standard input and give its standard output.
pub fn run(
    program: &'static str,
    package: &'static str,
    arguments: &[&str],
    text: &[u8],
) -> Result<Vec<u8>, VoiceError> {
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child = child.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => VoiceError::Missing(package),
        _ => VoiceError::Failed(package, error.to_string()),
    })?;
    if let Some(mut input) = child.stdin.take() {
        io::Write::write_all(&mut input, text).map_err(|error| VoiceError::Failed(package, error.to_string()))?;
    }
    let output = child.wait_with_output().map_err(|error| VoiceError::Failed(package, error.to_string()))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(VoiceError::Failed(package, output.status.to_string()))
    }
}

/// Say a sentence: samples at 16 kHz.
pub fn say(sentence: &str, language: Language, pace: Pace) -> Result<Vec<i16>, VoiceError> {
    let speed = (WORDS_A_MINUTE * super::voice::speed(pace)).round().to_string();
    let voice = Voice::of(language).espeak;
    let wav = run("espeak-ng", "espeak-ng", &["-v", voice, "-s", &speed, "--stdin", "--stdout"], sentence.as_bytes())?;
    Ok(trim(&samples_of(&wav)).to_vec())
}

/// The samples of a 16-bit mono WAV that a program wrote to a pipe, so that its lengths are not to be believed.
pub fn samples_of(wav: &[u8]) -> Vec<i16> {
    let Some(rate) = wav.get(24..28).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes) else {
        return Vec::new();
    };
    let samples: Vec<f32> = wav
        .get(44..)
        .unwrap_or_default()
        .as_chunks::<2>()
        .0
        .iter()
        .map(|b| f32::from(i16::from_le_bytes(*b)) / 32768.0)
        .collect();
    resample(&samples, rate)
}

/// Cut a text after its sentences, so that each can be spoken while the next is made.
pub fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(['.', '!', '?', ';', ':', '\n', '؟'])
        .map(str::trim)
        .filter(|part| part.chars().any(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_cut_after_their_sign() {
        let parts: Vec<&str> = sentences("Abrimos de nueve a dos. ¿Algo más? Adiós").collect();
        assert_eq!(parts, ["Abrimos de nueve a dos.", "¿Algo más?", "Adiós"]);
    }

    #[test]
    fn a_broken_pipe_of_sound_is_silence() {
        assert!(samples_of(b"RIFF").is_empty());
    }
}
