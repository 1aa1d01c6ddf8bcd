//! What the speech worker reports of a caller's voice, and how fast the box speaks.

use serde::{Deserialize, Serialize};

use crate::Language;

/// What came of an utterance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Heard {
    pub text: String,
    pub language: Language,
    /// How sure the recogniser is of the words, 0 to 1: the geometric mean of its token probabilities.
    pub confidence: f32,
    /// How sure it is of the language among those the council chose, 0 to 1.
    pub language_confidence: f32,
    /// Voiced length of the utterance in milliseconds.
    pub speech_ms: u32,
    /// From the last voiced sample to the decision that the caller had finished, in milliseconds.
    pub endpoint_ms: u32,
    /// Time the recogniser took, in milliseconds; most of it passes before the endpoint.
    pub recognise_ms: u32,
}

/// What the worker hears on one call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Hearing {
    /// The caller began to speak; what the box is saying should stop.
    SpeechStarted,
    /// The caller finished; the words follow.
    SpeechEnded,
    Heard(Heard),
    /// There was a voice, but no words could be made of it.
    Unintelligible,
    /// The worker was lost and is starting again; the utterance will be heard again from its beginning.
    Interrupted,
}

/// How fast the box speaks.
#[derive(Clone, Copy, Debug, Default, Hash, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pace {
    #[default]
    Normal,
    Slow,
}
