//! Which language a call is in. The first words decide; after that it takes two utterances in a row, or one very sure
//! one, so that a single misheard sentence does not turn the conversation over.

use portaveu_call::Language;

/// From which a single utterance decides.
const VERY_SURE: f32 = 0.97;
/// From which danger is answered in it.
const LIKELY: f32 = 0.5;
/// From which two in a row do.
const SURE: f32 = 0.75;

#[derive(Clone, Debug, PartialEq)]
pub struct LanguageChoice {
    current: Language,
    /// The caller has spoken, so that `current` is more than the council's default.
    settled: bool,
    candidate: Option<Language>,
}

impl LanguageChoice {
    pub fn new(default: Language) -> Self {
        Self { current: default, settled: false, candidate: None }
    }

    pub fn current(&self) -> Language {
        self.current
    }

    /// The caller asked for it.
    pub fn set(&mut self, language: Language) {
        *self = Self { current: language, settled: true, candidate: None };
    }

    /// Danger was told in `language`: what is likelier than not is enough.
    pub fn hear_danger(&mut self, language: Language, confidence: f32) {
        if confidence >= LIKELY {
            self.set(language);
        }
    }

    /// An utterance was in `language`. True when the conversation changes to it.
    pub fn hear(&mut self, language: Language, confidence: f32) -> bool {
        if language == self.current {
            self.candidate = None;
            self.settled = true;
            return false;
        }
        let again = self.candidate == Some(language);
        let changes = confidence >= VERY_SURE || (confidence >= SURE && (again || !self.settled));
        if changes {
            self.set(language);
        } else {
            self.candidate = (confidence >= SURE).then_some(language);
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_words_decide_and_one_slip_does_not() {
        let mut choice = LanguageChoice::new(Language::Es);
        assert!(choice.hear(Language::Ca, 0.8));
        assert!(!choice.hear(Language::Es, 0.9));
        assert!(!choice.hear(Language::Ca, 0.9));
        assert!(!choice.hear(Language::Es, 0.9));
        assert!(choice.hear(Language::Es, 0.8));
        assert!(choice.hear(Language::En, 0.99));
        assert!(!choice.hear(Language::Ca, 0.5));
    }
}
