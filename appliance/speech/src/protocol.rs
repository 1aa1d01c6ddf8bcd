//! What goes over the worker's Unix socket: postcard messages, each after its length in 4 bytes (big endian).

use portaveu_call::{Hearing, Language, Pace};
use serde::{Deserialize, Serialize};

/// Longest message either side accepts, in bytes.
pub const LONGEST_MESSAGE: usize = 1 << 20;

/// How likely each of the council's languages is before a word was said. Weights need not add up to 1.
pub type LanguageWeights = Vec<(Language, f32)>;

/// From `portaveu` to the worker. A stream is one call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    Open {
        stream: u64,
        languages: LanguageWeights,
    },
    Expect {
        stream: u64,
        languages: LanguageWeights,
    },
    /// 20 ms of the caller, and what the box said meanwhile (empty when it was silent); 16 kHz.
    Audio {
        stream: u64,
        heard: Vec<i16>,
        spoken: Vec<i16>,
    },
    Close {
        stream: u64,
    },
    /// Some of what callers may say, in messages that are short enough.
    Sentences(Vec<(Language, String)>),
    /// Those were all: the client's callers are expected to word things so, and no longer as before.
    ExpectWording,
    /// Say a text that is not in the cache, with the fast voice.
    Speak {
        id: u64,
        text: String,
        language: Language,
        pace: Pace,
    },
}

/// From the worker to `portaveu`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Report {
    /// The models are loaded.
    Ready,
    /// How callers word what they are expected to say is known.
    WordingLearned,
    Hearing {
        stream: u64,
        event: Hearing,
    },
    /// Sound of a `Speak`, 16 kHz; the last part may be empty.
    Sound {
        id: u64,
        samples: Vec<i16>,
        last: bool,
    },
}
