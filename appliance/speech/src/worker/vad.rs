//! Silero's voice detector, one for each call. Detectors are kept for the next call: making one takes a while.

use std::path::{Path, PathBuf};

use portaveu_call::{Frame, SAMPLE_RATE};
use sherpa_onnx::{SileroVadModelConfig, VadModelConfig, VoiceActivityDetector};

/// Samples that the model judges at a time: 32 ms.
const WINDOW: i32 = 512;
/// Silence from which the detector says that nobody speaks, in seconds.
const SILENCE: f32 = 0.1;

/// The detector cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("the voice detector {0} cannot be loaded: it is missing or damaged; run `make models`")]
pub struct NoDetector(String);

pub struct Detectors {
    model: PathBuf,
    idle: Vec<Detector>,
}

impl Detectors {
    /// Load `ready` detectors ahead of the calls.
    pub fn load(model: &Path, ready: usize) -> Result<Self, NoDetector> {
        let mut detectors = Self { model: model.to_owned(), idle: Vec::new() };
        for _ in 0..ready {
            let made = detectors.make()?;
            detectors.idle.push(made);
        }
        Ok(detectors)
    }

    pub fn take(&mut self) -> Result<Detector, NoDetector> {
        self.idle.pop().map_or_else(|| self.make(), Ok)
    }

    pub fn give_back(&mut self, detector: Detector) {
        detector.0.reset();
        detector.0.clear();
        self.idle.push(detector);
    }

    fn make(&self) -> Result<Detector, NoDetector> {
        let broken = || NoDetector(self.model.display().to_string());
        let silero = SileroVadModelConfig {
            model: Some(self.model.display().to_string()),
            threshold: 0.5,
            min_silence_duration: SILENCE,
            min_speech_duration: 0.06,
            window_size: WINDOW,
            max_speech_duration: 60.0,
        };
        let config = VadModelConfig {
            silero_vad: silero,
            sample_rate: SAMPLE_RATE as i32,
            num_threads: 1,
            ..VadModelConfig::default()
        };
        VoiceActivityDetector::create(&config, 60.0).map(Detector).ok_or_else(broken)
    }
}

pub struct Detector(VoiceActivityDetector);

impl Detector {
    /// Whether there is a voice, as of this frame.
    pub fn voiced(&mut self, frame: &Frame) -> bool {
        self.0.accept_waveform(&frame.map(|sample| f32::from(sample) / 32768.0));
        while !self.0.is_empty() {
            self.0.pop(); // the endpointer keeps the sound, so the detector's own segments are let go
        }
        self.0.detected()
    }
}
