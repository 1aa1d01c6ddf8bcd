//! Whisper, driven token by token: one encoder pass serves to find the language among the council's and to hear the words,
//! which a search finds that looks a little beyond the likeliest token.
//!
//! The encoder's window is cut to the utterance, which is most of the speed; [`Guard`](super::guard) says when the result
//! cannot be trusted, and then the whole window is heard. It must not invent words, and stops between tokens when told to.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use portaveu_call::{Language, SAMPLE_RATE};
use whisper_rs::{
    FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperState, WhisperTokenId,
};

use super::decoder::{Decoder, Stopped, Vocabulary};
use super::guard::{self, Verdict};
use super::search;
use super::tokens::Tokens;
use super::wording::Wordings;

/// Encoder positions a second of sound.
const POSITIONS_A_SECOND: usize = 50;
/// Positions beyond the utterance: without them its last word suffers, and the decoder loops.
const MARGIN: usize = 96;
/// Positions that the processor multiplies at once; what is left over takes it much longer.
const TOGETHER: usize = 16;
const WHOLE_WINDOW: usize = 1500;
/// Tokens that people can say in a second, and some to begin with: a decoder that wants more is looping.
const TOKENS_A_SECOND: f32 = 7.0;
const TOKENS_AT_LEAST: usize = 12;
/// From here on a language is taken without hearing what the words would be in another.
const SURE_OF_LANGUAGE: f32 = 0.8;
/// How much the decoder's mean log-probability weighs in: as many tokens as a short sentence has.
const WORDS_WEIGH: f32 = 15.0;
/// How much likelier (as a logarithm) Valencian is than Whisper says, which takes it for Spanish and hardly ever Spanish for it.
const VALENCIAN_UNDERRATED: f32 = 1.5;
/// Just over 100 ms: `full` reads its parameters and returns before it hears anything.
const NOT_WORTH_HEARING: [f32; 1700] = [0.0; 1700];
/// How far the search goes. `bench/recognition.py` shows what other values make of words and time.
const SLACK: f32 = 1.0;
const ALIKE: usize = 3;
/// How often the decoder may be asked, as a multiple of the tokens that an utterance may have.
const ASKED: usize = 2;

/// Why the recogniser cannot work.
#[derive(Debug, thiserror::Error)]
pub enum RecogniserError {
    #[error("the speech model {0} cannot be loaded: it is missing or damaged; run `make models`")]
    Model(String),
    #[error("the recogniser failed: {0}")]
    Failed(#[from] whisper_rs::WhisperError),
}

/// What was understood of an utterance.
#[derive(Clone, Debug)]
pub struct Recognised {
    pub text: String,
    pub language: Language,
    pub language_confidence: f32,
    pub confidence: f32,
    /// Whether the cut window was not trusted.
    pub second_hearing: bool,
}

/// Words found by the decoder, with what the guard judges them by.
#[derive(Debug, Default)]
pub struct Decoded {
    pub text: String,
    pub tokens: Vec<WhisperTokenId>,
    pub log_probability: f32,
    pub no_speech: f32,
    pub ran_out: bool,
}

pub struct Recogniser {
    context: WhisperContext,
    state: WhisperState,
    threads: usize,
    vocabulary: Vocabulary,
    tokens: Arc<Tokens>,
}

impl Recogniser {
    pub fn load(model: &Path, threads: usize) -> Result<Self, RecogniserError> {
        whisper_rs::install_logging_hooks(); // its notes go to `tracing` or nowhere, not to the terminal
        let broken = || RecogniserError::Model(model.display().to_string());
        let mut parameters = WhisperContextParameters::new();
        parameters.use_gpu(false).flash_attn(false); // with a cut window, flash attention makes the decoder loop
        let context = WhisperContext::new_with_params(model, parameters).map_err(|_| broken())?;
        let state = context.create_state().map_err(|_| broken())?;
        let vocabulary = Vocabulary::of(&context);
        let tokens = Arc::new(Tokens::of(&context));
        Ok(Self { context, state, threads, vocabulary, tokens })
    }

    /// What it writes texts with.
    pub fn tokens(&self) -> Arc<Tokens> {
        self.tokens.clone()
    }

    /// Hear an utterance (16 kHz, -1 to 1) in one of `languages`, each with how likely it was before a word was said.
    /// Callers are expected to word it as `wordings` have it.
    /// None when it was cancelled, or when there are no words in it.
    pub fn hear(
        &mut self,
        sound: &[f32],
        languages: &[(Language, f32)],
        wordings: &Wordings,
        cancelled: &AtomicBool,
    ) -> Result<Option<Recognised>, RecogniserError> {
        let seconds = sound.len() as f32 / SAMPLE_RATE as f32;
        let wanted = (seconds * POSITIONS_A_SECOND as f32) as usize + MARGIN;
        let cut = wanted.next_multiple_of(TOGETHER).min(WHOLE_WINDOW);
        let mut last = None;
        for window in [cut, WHOLE_WINDOW] {
            let shares = self.listen(sound, window, languages)?;
            let Some((decoded, language, share)) = self.decode_likeliest(&shares, seconds, wordings, cancelled)? else {
                return Ok(None);
            };
            match guard::judge(&decoded, seconds) {
                Verdict::Words => return Ok(Some(self.recognised(decoded, language, share, window != cut))),
                Verdict::NoWords => return Ok(None),
                Verdict::Doubtful => last = Some((decoded, language, share)),
            }
        }
        Ok(last.filter(|(decoded, ..)| guard::is_usable(decoded)).map(|(d, l, s)| self.recognised(d, l, s, true)))
    }

    fn recognised(&self, decoded: Decoded, language: Language, share: f32, second_hearing: bool) -> Recognised {
        Recognised {
            text: decoded.text.trim().to_owned(),
            language,
            language_confidence: share,
            confidence: decoded.log_probability.exp(),
            second_hearing,
        }
    }

    /// Run the encoder: how likely each language is, the likeliest first. Leaves the decoder after the start token.
    fn listen(
        &mut self,
        sound: &[f32],
        window: usize,
        languages: &[(Language, f32)],
    ) -> Result<Vec<(Language, f32)>, RecogniserError> {
        self.set_window(window)?;
        self.state.pcm_to_mel(sound, self.threads)?;
        self.state.encode(0, self.threads)?;
        self.state.decode(&[self.context.token_sot()], 0, self.threads)?;
        let logits = self.state.get_logits()?;
        let scores: Vec<(Language, f32)> = languages
            .iter()
            .filter_map(|(language, prior)| {
                let id = whisper_rs::get_lang_id(language.code())?;
                let underrated = if *language == Language::Ca { VALENCIAN_UNDERRATED } else { 0.0 };
                Some((*language, logits[self.context.token_lang(id) as usize] + prior.max(1e-6).ln() + underrated))
            })
            .collect();
        Ok(shares(scores))
    }

    /// The words in the likeliest language; where that is in doubt, the words of the second are looked at too, and what the
    /// decoder finds easier to believe weighs in: Whisper itself takes one Valencian sentence in twenty for Spanish.
    fn decode_likeliest(
        &mut self,
        languages: &[(Language, f32)],
        seconds: f32,
        wordings: &Wordings,
        cancelled: &AtomicBool,
    ) -> Result<Option<(Decoded, Language, f32)>, RecogniserError> {
        let most = (seconds * TOKENS_A_SECOND) as usize + TOKENS_AT_LEAST;
        let no_speech = self.no_speech()?;
        let Some((first, share)) = languages.first().copied() else { return Ok(None) };
        let Some(decoded) = self.decode(first, wordings, most, no_speech, cancelled)? else { return Ok(None) };
        let Some((second, other_share)) = languages.get(1).copied().filter(|_| share < SURE_OF_LANGUAGE) else {
            return Ok(Some((decoded, first, share)));
        };
        let Some(other) = self.decode(second, wordings, most, no_speech, cancelled)? else { return Ok(None) };
        if guard::judge(&other, seconds) != Verdict::Words {
            return Ok(Some((decoded, first, share))); // a loop is easy to believe, and no words
        }
        let score = |share: f32, decoded: &Decoded| share.max(1e-6).ln() + WORDS_WEIGH * decoded.log_probability;
        let weighed = shares(vec![(first, score(share, &decoded)), (second, score(other_share, &other))]);
        let Some((language, share)) = weighed.first().copied() else { return Ok(None) };
        // What was in doubt does not turn a conversation over at once.
        Ok(Some((if language == first { decoded } else { other }, language, share.min(SURE_OF_LANGUAGE))))
    }

    /// The window is a parameter of `full` alone; given a tenth of a second, `full` notes it and does nothing else.
    fn set_window(&mut self, positions: usize) -> Result<(), RecogniserError> {
        let mut parameters = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
        parameters.set_audio_ctx(positions as i32);
        parameters.set_language(Some("es"));
        parameters.set_print_progress(false);
        parameters.set_n_threads(self.threads as i32);
        Ok(self.state.full(parameters, &NOT_WORTH_HEARING)?)
    }

    /// The words in a language, after [`listen`](Self::listen); none when cancelled.
    fn decode(
        &mut self,
        language: Language,
        wordings: &Wordings,
        most: usize,
        no_speech: f32,
        cancelled: &AtomicBool,
    ) -> Result<Option<Decoded>, RecogniserError> {
        let wording = wordings.of(language);
        let language = self.context.token_lang(whisper_rs::get_lang_id(language.code()).unwrap_or_default());
        let (context, state, vocabulary) = (&self.context, &mut self.state, &self.vocabulary);
        let decoder = Decoder::begin(context, state, vocabulary, language, self.threads, cancelled)?;
        let mut decoder = decoder.expecting(wording);
        let limits = search::Limits { slack: SLACK, alike: ALIKE, most, asked: ASKED * most };
        let found = match search::search(&mut decoder, context.token_eot(), limits) {
            Ok(found) => found,
            Err(Stopped::Cancelled) => return Ok(None),
            Err(Stopped::Failed(error)) => return Err(error),
        };
        let mut bytes = Vec::new();
        for token in &found.tokens {
            bytes.extend_from_slice(context.token_to_bytes(*token)?);
        }
        Ok(Some(Decoded {
            text: String::from_utf8_lossy(&bytes).into_owned(),
            log_probability: found.log_probability() / (found.tokens.len() + 1) as f32,
            tokens: found.tokens,
            no_speech,
            ran_out: !found.ended,
        }))
    }

    /// Probability that there is no speech, read after the start token.
    fn no_speech(&self) -> Result<f32, RecogniserError> {
        let logits = self.state.get_logits()?;
        Ok((logits[self.context.token_nosp() as usize] - log_sum(logits.iter().copied())).exp())
    }
}

/// Scores (logarithms) as shares of the whole, the highest first.
fn shares(mut scores: Vec<(Language, f32)>) -> Vec<(Language, f32)> {
    scores.sort_by(|a, b| b.1.total_cmp(&a.1));
    let total = log_sum(scores.iter().map(|(_, score)| *score));
    scores.into_iter().map(|(language, score)| (language, (score - total).exp())).collect()
}

/// The logarithm of the sum of what these are the logarithms of.
pub fn log_sum(values: impl Iterator<Item = f32> + Clone) -> f32 {
    let highest = values.clone().fold(f32::NEG_INFINITY, f32::max);
    highest + values.map(|value| (value - highest).exp()).sum::<f32>().ln()
}
