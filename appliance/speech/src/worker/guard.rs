//! Whether the decoder's words can be believed: Whisper fills silence, noise and music with phrases it saw in subtitles,
//! and loops when its window is cut too short.

use super::recogniser::Decoded;

/// Mean log-probability of a token below which words are doubted.
const DOUBTFUL: f32 = -1.0;
/// Below which not even a second hearing is believed: with the wording weighed in, noise comes to -1.15, and callers to -0.7 at the least.
const HOPELESS: f32 = -1.1;
const NO_SPEECH: f32 = 0.6;
/// A text that shrinks more than this is repetition (OpenAI's threshold).
const COMPRESSION: f32 = 2.4;
/// Words a second that nobody says.
const TOO_FAST: f32 = 8.0;

/// What Whisper writes over silence and music, lower case without signs, as its training subtitles ended.
const SUBTITLE_ENDINGS: [&str; 14] = [
    "subtítulos realizados por la comunidad de amara org",
    "subtítulos por la comunidad de amara org",
    "subtítols creats per la comunitat d amara org",
    "subtitles by the amara org community",
    "gracias por ver el video",
    "gracias por ver el vídeo",
    "suscríbete al canal",
    "suscríbete",
    "thanks for watching",
    "thank you for watching",
    "sous titres réalisés par la communauté d amara org",
    "sous titrage société radio canada",
    "música",
    "music",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Words,
    /// Hear it again with the whole window.
    Doubtful,
    NoWords,
}

pub fn judge(decoded: &Decoded, seconds: f32) -> Verdict {
    let words = plain(&decoded.text);
    if words.is_empty() || SUBTITLE_ENDINGS.contains(&words.as_str()) {
        return Verdict::NoWords;
    }
    if decoded.no_speech > NO_SPEECH && decoded.log_probability < DOUBTFUL {
        return Verdict::NoWords;
    }
    let too_fast = words.split(' ').count() as f32 > seconds * TOO_FAST + 2.0;
    if decoded.ran_out || repeats(decoded) || decoded.log_probability < DOUBTFUL || too_fast {
        return Verdict::Doubtful;
    }
    Verdict::Words
}

/// Whether a second hearing that is still doubtful may be passed on, with its low confidence.
pub fn is_usable(decoded: &Decoded) -> bool {
    !decoded.ran_out && !repeats(decoded) && decoded.log_probability > HOPELESS && decoded.no_speech < NO_SPEECH
}

/// The words alone, in lower case.
fn plain(text: &str) -> String {
    let lower = text.to_lowercase();
    lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn repeats(decoded: &Decoded) -> bool {
    let tokens = &decoded.tokens;
    let looping = (1..=6).any(|length| {
        tokens.len() >= 4 * length
            && tokens.windows(4 * length).any(|w| w.chunks(length).all(|part| part == &w[..length]))
    });
    looping || compression(&decoded.text) > COMPRESSION
}

/// Length over the length without repeated runs of 8 bytes: what a compressor would find, without one.
fn compression(text: &str) -> f32 {
    let bytes = text.as_bytes();
    let mut seen = std::collections::HashSet::new();
    let fresh = bytes.windows(8).filter(|window| seen.insert(*window)).count();
    if bytes.len() < 32 { 1.0 } else { bytes.len() as f32 / (fresh + 8) as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str, log_probability: f32, no_speech: f32) -> Decoded {
        let tokens = text.split(' ').map(|word| word.len() as i32).collect();
        Decoded { text: text.into(), tokens, log_probability, no_speech, ran_out: false }
    }

    #[test]
    fn words_said_clearly_are_believed() {
        assert_eq!(judge(&decoded("¿Qué papeles hacen falta para empadronarse?", -0.2, 0.01), 3.0), Verdict::Words);
    }

    #[test]
    fn subtitles_of_nothing_are_no_words() {
        for text in ["Subtítulos realizados por la comunidad de Amara.org", " ¡Suscríbete!", "...", "Música"] {
            assert_eq!(judge(&decoded(text, -0.2, 0.1), 3.0), Verdict::NoWords, "{text}");
        }
        assert_eq!(judge(&decoded("Gracias.", -1.2, 0.9), 3.0), Verdict::NoWords);
    }

    #[test]
    fn loops_and_haste_are_heard_again() {
        let looped = "que no que no que no que no que no que no que no que no que no que no que no que no que no";
        assert_eq!(judge(&decoded(looped, -0.2, 0.01), 9.0), Verdict::Doubtful);
        assert!(!is_usable(&decoded(looped, -0.2, 0.01)));
        assert_eq!(judge(&decoded("a b c d e f g h i j k l m n", -0.2, 0.01), 0.5), Verdict::Doubtful);
    }
}
