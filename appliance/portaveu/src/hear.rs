//! Hears a WAV file as a call would be heard: through the worker's detector, endpointer and recogniser, in fast motion.

use std::time::{Duration, Instant};

use anyhow::Result;
use portaveu_call::{FRAME_SAMPLES, Frame, Heard, Hearing, Language};
use portaveu_speech::Client;

use crate::config::Config;
use crate::worker::{self, SocketFolder, Worker};

/// Silence put behind a file, so that its last utterance ends, in frames.
const SILENCE: usize = 200;
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// While the recogniser works, silence comes at this pace.
const WAITING: Duration = Duration::from_millis(5);

/// A worker for files.
pub struct Ear {
    speech: Client,
    languages: Vec<(Language, f32)>,
    _worker: Option<Worker>,
    _folder: SocketFolder,
}

impl Ear {
    /// `languages` may be spoken, each with how likely it is; callers are expected to say something like `sentences`.
    pub async fn open(
        config: &Config,
        languages: Vec<(Language, f32)>,
        sentences: Vec<(Language, String)>,
    ) -> Result<Self> {
        let folder = SocketFolder::new()?;
        let socket = config.speech.socket.clone().unwrap_or_else(|| folder.socket());
        let speech = Client::connect(&socket);
        let worker = match config.speech.socket {
            Some(_) => None,
            None => Some(worker::start(config, &socket, &speech).await?),
        };
        worker::wait_until_ready(&speech).await?;
        speech.expect_wording(sentences);
        worker::wait_until_wording_learned(&speech).await?;
        Ok(Self { speech, languages, _worker: worker, _folder: folder })
    }

    /// What is said in a sound; several utterances are put together. None when there are no words.
    pub async fn hear(&self, sound: &[i16]) -> Result<Option<Heard>> {
        let (stream, mut events) = self.speech.open(self.languages.clone()).await;
        let silence: Frame = [0; FRAME_SAMPLES];
        let (frames, _) = sound.as_chunks::<FRAME_SAMPLES>();
        let begin = Instant::now();
        let (mut whole, mut speaking, mut sent) = (None, false, 0);
        while begin.elapsed() < LONGEST_WAIT && (sent < frames.len() + SILENCE || speaking) {
            stream.recorded(frames.get(sent).unwrap_or(&silence)).await;
            sent += 1;
            if sent >= frames.len() || sent % 50 == 0 {
                tokio::time::sleep(WAITING).await;
            }
            while let Ok(event) = events.try_recv() {
                match event {
                    Hearing::SpeechStarted => speaking = true,
                    Hearing::SpeechEnded => speaking = false,
                    Hearing::Heard(heard) => whole = Some(join(whole, heard)),
                    Hearing::Interrupted | Hearing::Unintelligible => {}
                }
            }
        }
        Ok(whole)
    }
}

/// Two utterances of one file as one; the first says which language it is.
fn join(before: Option<Heard>, after: Heard) -> Heard {
    match before {
        None => after,
        Some(before) => Heard {
            text: format!("{} {}", before.text, after.text),
            confidence: before.confidence.min(after.confidence),
            speech_ms: before.speech_ms + after.speech_ms,
            recognise_ms: before.recognise_ms + after.recognise_ms,
            ..before
        },
    }
}
