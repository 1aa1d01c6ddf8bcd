//! Which voice speaks which language: the good one that renders ahead of time, and the fast one that speaks at once.

use portaveu_call::Language;

/// What renders a voice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Kokoro-82M, with the number of the voice in `voices.bin` (the order of `provisioning/models/manifest.toml`).
    Kokoro(i32),
    /// festival's Catalan voice `festvox-ca-ona-hts`.
    Festival,
    /// espeak-ng, which has a voice for every language.
    Espeak,
}

/// The voices of a language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Voice {
    pub engine: Engine,
    /// espeak-ng's name for the language: for Kokoro's phonemes, and as the fast voice.
    pub espeak: &'static str,
}

impl Voice {
    pub fn of(language: Language) -> Self {
        let (engine, espeak) = match language {
            Language::Es => (Engine::Kokoro(0), "es"),
            Language::En => (Engine::Kokoro(4), "en-gb"),
            Language::Fr => (Engine::Kokoro(5), "fr-fr"),
            Language::Ca => (Engine::Festival, "ca-va"),
            Language::Ro => (Engine::Espeak, "ro"),
            Language::Ar => (Engine::Espeak, "ar"),
            Language::Uk => (Engine::Espeak, "uk"),
        };
        Self { engine, espeak }
    }

    /// Part of the cache's key: changes when the same text would sound different.
    pub fn identity(self) -> String {
        match self.engine {
            Engine::Kokoro(number) => format!("kokoro-82m-int8/{number}/1"),
            Engine::Festival => "festival/ona-hts/1".to_owned(),
            Engine::Espeak => format!("espeak-ng/{}/1", self.espeak),
        }
    }
}
