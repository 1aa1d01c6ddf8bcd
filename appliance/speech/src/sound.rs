//! Sound files and sample rates. Everything inside is 16 kHz, mono, 16 bit.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use portaveu_call::SAMPLE_RATE;
use rubato::audioadapter_buffers::owned::InterleavedOwned;
use rubato::{Fft, FixedSync, Resampler};
use symphonia::core::audio::SampleBuffer;
use symphonia::core::errors::Error as Symphonia;
use symphonia::core::formats::FormatReader;
use symphonia::core::io::MediaSourceStream;

/// Why a sound cannot be used; names the file.
#[derive(Debug, thiserror::Error)]
pub enum SoundError {
    #[error("{0} cannot be opened: {1}")]
    Open(String, io::Error),
    #[error("{0} is no WAV file that can be read ({1}); convert it with: sox {0} -r 16000 -c 1 converted.wav")]
    Format(String, String),
    #[error("{0} holds no sound")]
    Empty(String),
    #[error("{0} cannot be written: {1}")]
    Write(String, io::Error),
}

/// Read a WAV file of any rate and number of channels (PCM, float, A-law, µ-law).
pub fn read_wav(path: &Path) -> Result<Vec<i16>, SoundError> {
    let name = path.display().to_string();
    let file = File::open(path).map_err(|error| SoundError::Open(name.clone(), error))?;
    let broken = |error: Symphonia| SoundError::Format(name.clone(), error.to_string());
    let stream = MediaSourceStream::new(Box::new(file), symphonia::core::io::MediaSourceStreamOptions::default());
    let mut reader =
        symphonia::default::formats::WavReader::try_new(stream, &symphonia::core::formats::FormatOptions::default())
            .map_err(broken)?;
    let parameters = reader.default_track().map(|track| track.codec_params.clone()).unwrap_or_default();
    let mut decoder = symphonia::default::get_codecs()
        .make(&parameters, &symphonia::core::codecs::DecoderOptions::default())
        .map_err(broken)?;
    let (mut mono, mut rate) = (Vec::new(), 0);
    while let Ok(packet) = reader.next_packet() {
        let decoded = decoder.decode(&packet).map_err(broken)?;
        rate = decoded.spec().rate;
        let channels = decoded.spec().channels.count();
        let mut buffer = SampleBuffer::<f32>::new(decoded.capacity() as u64, *decoded.spec());
        buffer.copy_interleaved_ref(decoded);
        mono.extend(buffer.samples().chunks(channels).map(|frame| frame.iter().sum::<f32>() / channels as f32));
    }
    if mono.is_empty() || rate == 0 {
        return Err(SoundError::Empty(name));
    }
    Ok(resample(&mono, rate))
}

/// Samples from -1 to 1 at `rate`, as the box uses them.
pub fn resample(samples: &[f32], rate: u32) -> Vec<i16> {
    to_i16(&change_rate(samples, rate, SAMPLE_RATE))
}

/// The same sound at another rate.
pub fn change_rate(samples: &[f32], from: u32, to: u32) -> Vec<f32> {
    if from == to {
        return samples.to_vec();
    }
    let changed = Fft::<f32>::new(from as usize, to as usize, 1024, 1, FixedSync::Both).ok().and_then(|mut fft| {
        let input = InterleavedOwned::new_from(samples.to_vec(), 1, samples.len()).ok()?;
        Some(fft.process_all(&input, samples.len(), None).ok()?.take_data())
    });
    changed.unwrap_or_default()
}

fn to_i16(samples: &[f32]) -> Vec<i16> {
    samples.iter().map(|s| (s * 32767.0).round().clamp(-32768.0, 32767.0) as i16).collect()
}

/// A WAV file of 16 kHz, 16 bit.
pub fn wav(samples: &[i16]) -> Result<Vec<u8>, SoundError> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: SAMPLE_RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = io::Cursor::new(Vec::new());
    let mut write = || {
        let mut writer = hound::WavWriter::new(&mut bytes, spec)?;
        samples.iter().try_for_each(|sample| writer.write_sample(*sample))?;
        writer.finalize()
    };
    write().map_err(|error| SoundError::Write("a WAV file".into(), io::Error::other(error)))?;
    Ok(bytes.into_inner())
}

/// Write a WAV file whole or not at all.
pub fn write_wav(path: &Path, samples: &[i16]) -> Result<(), SoundError> {
    let failed = |error: io::Error| SoundError::Write(path.display().to_string(), error);
    let part = path.with_extension(format!("part{}", std::process::id()));
    let mut file = File::create(&part).map_err(failed)?;
    file.write_all(&wav(samples)?).map_err(failed)?;
    std::fs::rename(&part, path).map_err(failed)
}

/// Samples that count as sound at the ends of a rendered phrase.
const AUDIBLE: i16 = 300;
const KEPT: usize = 320;

/// Cut silence off both ends, but 20 ms: an answer should begin when it begins.
pub fn trim(samples: &[i16]) -> &[i16] {
    let audible = |sample: &i16| sample.saturating_abs() > AUDIBLE;
    let first = samples.iter().position(audible).unwrap_or(0);
    let last = samples.iter().rposition(audible).unwrap_or(samples.len().saturating_sub(1));
    &samples[first.saturating_sub(KEPT)..(last + KEPT).min(samples.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wav(rate: u32, channels: u16) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        let spec = hound::WavSpec {
            channels,
            sample_rate: rate,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(file.path(), spec).unwrap();
        for i in 0..rate {
            let sample = ((f64::from(i) / f64::from(rate) * 440.0 * std::f64::consts::TAU).sin() * 10000.0) as i16;
            (0..channels).for_each(|_| writer.write_sample(sample).unwrap());
        }
        writer.finalize().unwrap();
        file
    }

    #[test]
    fn any_rate_becomes_ours() {
        for (rate, channels) in [(8000, 1), (16000, 1), (22050, 2), (48000, 2)] {
            let samples = read_wav(wav(rate, channels).path()).unwrap();
            assert!(samples.len().abs_diff(16000) < 20, "{rate} Hz gave {} samples", samples.len());
            let crossings = samples.windows(2).filter(|pair| (pair[0] < 0) != (pair[1] < 0)).count();
            assert!(crossings.abs_diff(880) < 8, "{rate} Hz: {crossings} crossings");
        }
    }

    #[test]
    fn what_is_no_wav_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "this is a letter").unwrap();
        let error = read_wav(file.path()).unwrap_err().to_string();
        assert!(error.contains(&file.path().display().to_string()), "{error}");
    }

    #[test]
    fn only_silence_is_trimmed() {
        let sound: Vec<i16> = [vec![0; 5000], vec![900; 1000], vec![0; 9000]].concat();
        assert_eq!(trim(&sound).len(), 1000 + 2 * KEPT - 1);
    }
}
