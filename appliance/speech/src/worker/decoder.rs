//! Whisper's decoder, asked what may follow a sequence of tokens.
//!
//! It remembers the sequence that it was asked about last, of which the next goes on from a beginning. It must not invent:
//! tokens that are no words are never offered.

use std::sync::atomic::{AtomicBool, Ordering};

use whisper_rs::{WhisperContext, WhisperState, WhisperTokenId};

use super::recogniser::{RecogniserError, log_sum};
use super::search;
use super::wording::Wording;

/// Where the words begin: after the start, the language, the task and the token for no timestamps, which is the first that
/// something is asked about.
const BEFORE_WORDS: usize = 3;
/// Tokens that are so much less likely than the likeliest (as a logarithm) are left out.
const HOPELESS: f32 = 12.0;
/// Signs that stand for sounds, not for words.
const SOUND_SIGNS: &str = "♪♫♬[](){}*#<>|~_^=@\\/";

/// What each token sounds like: its letters, whatever their case; none for those that are no words.
pub struct Vocabulary(Vec<Option<Vec<u8>>>);

impl Vocabulary {
    pub fn of(context: &WhisperContext) -> Self {
        let sound = |token: WhisperTokenId| {
            let text = context.token_to_str_lossy(token).unwrap_or_default();
            let is_word =
                token == context.token_eot() || !(text == " " || text.chars().any(|c| SOUND_SIGNS.contains(c)));
            // Of a letter that is cut in two there are bytes only.
            let bytes = context.token_to_bytes(token).unwrap_or_default();
            let letters = bytes.iter().filter(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii());
            is_word.then(|| letters.map(u8::to_ascii_lowercase).collect())
        };
        Self((0..=context.token_eot()).map(sound).collect())
    }
}

/// Why there is no sequence.
pub enum Stopped {
    Cancelled,
    Failed(RecogniserError),
}

impl From<whisper_rs::WhisperError> for Stopped {
    fn from(error: whisper_rs::WhisperError) -> Self {
        Self::Failed(error.into())
    }
}

pub struct Decoder<'a> {
    state: &'a mut WhisperState,
    vocabulary: &'a Vocabulary,
    threads: usize,
    cancelled: &'a AtomicBool,
    wording: Option<&'a Wording>,
    /// The token that words follow.
    start: WhisperTokenId,
}

impl<'a> Decoder<'a> {
    /// For what the encoder heard; the start token must have been taken in.
    pub fn begin(
        context: &WhisperContext,
        state: &'a mut WhisperState,
        vocabulary: &'a Vocabulary,
        language: WhisperTokenId,
        threads: usize,
        cancelled: &'a AtomicBool,
    ) -> Result<Self, RecogniserError> {
        state.decode(&[language, context.token_transcribe()], 1, threads)?;
        Ok(Self { state, vocabulary, threads, cancelled, wording: None, start: context.token_not() })
    }

    /// What callers are expected to say weighs in.
    pub fn expecting(self, wording: Option<&'a Wording>) -> Self {
        Self { wording, ..self }
    }
}

impl search::Decoder for Decoder<'_> {
    type Error = Stopped;

    fn likely_after(&mut self, taken: &[WhisperTokenId]) -> Result<Vec<(WhisperTokenId, f32)>, Stopped> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(Stopped::Cancelled);
        }
        // What was remembered from here on is forgotten.
        let last = taken.last().copied().unwrap_or(self.start);
        self.state.decode(&[last], BEFORE_WORDS + taken.len(), self.threads)?;
        let logits = self.state.get_logits()?;
        let offered = self.vocabulary.0.iter().zip(logits).enumerate().filter(|(_, (sound, _))| sound.is_some());
        let offered = offered.map(|(token, (_, logit))| (token, *logit));
        // Nothing ends before it began.
        let end = self.vocabulary.0.len() - 1;
        let offered = offered.filter(|(token, _)| !(taken.is_empty() && *token == end));
        let highest = offered.clone().map(|(_, logit)| logit).fold(f32::NEG_INFINITY, f32::max);
        let likely = offered.filter(|(_, logit)| highest - logit < HOPELESS);
        let mut likely: Vec<_> = likely.map(|(token, logit)| (token as WhisperTokenId, logit)).collect();
        if let Some(wording) = self.wording {
            wording.weigh(taken, &mut likely, end as WhisperTokenId);
        }
        let total = log_sum(likely.iter().map(|(_, logit)| *logit));
        Ok(likely.into_iter().map(|(token, logit)| (token, logit - total)).collect())
    }

    fn sound(&self, token: WhisperTokenId) -> &[u8] {
        let sound = usize::try_from(token).ok().and_then(|token| self.vocabulary.0.get(token)?.as_deref());
        sound.unwrap_or_default()
    }
}
