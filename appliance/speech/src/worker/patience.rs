//! How long to wait after a pause before answering: a finished question is answered at once, a hanging one is waited for.
//! Elderly callers stop in the middle to think; an answer then would cut them off.

use portaveu_call::Language;

/// Pause after which a finished sentence is answered, in milliseconds from the detector's last word of voice.
const FINISHED_MS: u32 = 320;
/// After words that want others behind them.
const HANGING_MS: u32 = 900;
/// When there were no words: somebody may be about to begin.
const NOTHING_MS: u32 = 500;

pub fn after(text: Option<&str>, language: Language) -> u32 {
    let Some(text) = text else { return NOTHING_MS };
    let trimmed = text.trim_end();
    if trimmed.ends_with("...") || trimmed.ends_with('…') || trimmed.ends_with(',') {
        return HANGING_MS;
    }
    let lower = trimmed.to_lowercase();
    let last = lower.rsplit(|c: char| !c.is_alphanumeric()).find(|word| !word.is_empty()).unwrap_or_default();
    if hanging(language).contains(&last) { HANGING_MS } else { FINISHED_MS }
}

/// Words that a sentence does not end with.
fn hanging(language: Language) -> &'static [&'static str] {
    match language {
        Language::Es => &[
            "a", "al", "con", "de", "del", "e", "el", "en", "la", "las", "lo", "los", "mi", "o", "para", "pero", "por",
            "pues", "que", "si", "su", "un", "una", "y", "quería", "quiero", "eh",
        ],
        Language::Ca => &[
            "a", "al", "amb", "de", "del", "el", "els", "en", "i", "la", "les", "meu", "o", "per", "perquè", "però",
            "que", "si", "un", "una", "volia", "vull", "eh",
        ],
        Language::En => &[
            "a", "an", "and", "at", "but", "for", "from", "i", "if", "in", "my", "of", "or", "so", "the", "to", "um",
            "uh", "want", "with",
        ],
        Language::Fr => {
            &["à", "au", "avec", "de", "des", "du", "et", "la", "le", "les", "mon", "ou", "pour", "que", "un", "une"]
        }
        Language::Ro => &["a", "cu", "de", "din", "în", "la", "o", "pe", "pentru", "și", "să", "un"],
        Language::Ar | Language::Uk => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_answered_and_hanging_words_waited_for() {
        assert_eq!(after(Some("¿Qué horario tiene la biblioteca?"), Language::Es), FINISHED_MS);
        assert_eq!(after(Some("Pues mire, quería pedir cita para"), Language::Es), HANGING_MS);
        assert_eq!(after(Some("Volia saber si"), Language::Ca), HANGING_MS);
        assert_eq!(after(Some("I would like..."), Language::En), HANGING_MS);
        assert_eq!(after(None, Language::Es), NOTHING_MS);
    }
}
