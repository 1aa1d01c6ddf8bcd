//! How callers of this council word things, learned from its examples: trigrams of tokens, which the search weighs in where
//! the sound leaves open what was said.
//!
//! They must not put words into a caller's mouth: the sound weighs more, and where an utterance ends is for the sound alone to
//! say. What stands in no example, as names do, is heard a little worse for it; holding that to a bound made everything else worse.

use std::collections::HashMap;

use portaveu_call::Language;
use whisper_rs::WhisperTokenId;

use super::recogniser::log_sum;
use super::tokens::Tokens;

/// How much the wording weighs, where the sound weighs 1.
const WEIGHT: f32 = 0.3;
/// Stands before a sentence.
const BEFORE: WhisperTokenId = -1;
/// Stands for any token.
const ANY: WhisperTokenId = -2;

/// What goes before a token: the last two, or any before the last, or any.
type Before = [WhisperTokenId; 2];

/// Of each language that sentences are known of.
#[derive(Default)]
pub struct Wordings(HashMap<Language, Wording>);

impl Wordings {
    pub fn learn(sentences: &[(Language, String)], tokens: &Tokens) -> Self {
        let mut wordings = Self::default();
        for (language, sentence) in sentences {
            wordings.0.entry(*language).or_default().add(&tokens.of_text(&as_written(sentence)));
        }
        wordings
    }

    pub fn of(&self, language: Language) -> Option<&Wording> {
        self.0.get(&language)
    }
}

/// As Whisper writes what it hears.
fn as_written(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    std::iter::once(' ').chain(first).chain(letters).collect()
}

/// How often, after what.
#[derive(Clone, Copy, Default)]
struct Followed {
    times: f32,
    /// By how many tokens.
    kinds: f32,
}

/// Trigrams, smoothed as Witten and Bell do: the more kinds of tokens followed something, the likelier is one more.
#[derive(Default)]
pub struct Wording {
    followed: HashMap<Before, Followed>,
    times: HashMap<(Before, WhisperTokenId), f32>,
}

impl Wording {
    fn add(&mut self, sentence: &[WhisperTokenId]) {
        for (length, token) in sentence.iter().enumerate() {
            for before in befores(&sentence[..length]) {
                let times = self.times.entry((before, *token)).or_default();
                let followed = self.followed.entry(before).or_default();
                followed.kinds += f32::from(*times == 0.0);
                followed.times += 1.0;
                *times += 1.0;
            }
        }
    }

    /// Weighs the wording into how likely each of `likely` (a token and the logarithm of its probability) is after `taken`.
    /// `end` stays as likely as it was, and all together are.
    pub fn weigh(&self, taken: &[WhisperTokenId], likely: &mut [(WhisperTokenId, f32)], end: WhisperTokenId) {
        let known = befores(taken).map(|before| (before, self.followed.get(&before).copied().unwrap_or_default()));
        let unknown = 1.0 / end as f32; // any token is as likely
        let worded = |token: WhisperTokenId| {
            known.iter().filter(|(_, followed)| followed.kinds > 0.0).fold(unknown, |shorter, (before, followed)| {
                let times = self.times.get(&(*before, token)).copied().unwrap_or_default();
                (times + followed.kinds * shorter) / (followed.times + followed.kinds)
            })
        };
        let said = |likely: &[(WhisperTokenId, f32)]| {
            log_sum(likely.iter().filter(|(token, _)| *token != end).map(|(_, log)| *log))
        };
        let whole = said(likely);
        let words = |likely: &&mut (WhisperTokenId, f32)| likely.0 != end;
        likely.iter_mut().filter(words).for_each(|(token, log)| *log += WEIGHT * worded(*token).ln());
        let more = whole - said(likely);
        likely.iter_mut().filter(words).for_each(|(_, log)| *log += more);
    }
}

/// The shortest first.
fn befores(taken: &[WhisperTokenId]) -> [Before; 3] {
    let from_end = |places: usize| taken.len().checked_sub(places).map_or(BEFORE, |place| taken[place]);
    [[ANY, ANY], [ANY, from_end(1)], [from_end(2), from_end(1)]]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const END: WhisperTokenId = 50257;
    /// Tokens that are said in these tests are below.
    const SAID: WhisperTokenId = 9;

    fn wording(sentences: &[&[WhisperTokenId]]) -> Wording {
        let mut wording = Wording::default();
        sentences.iter().for_each(|sentence| wording.add(sentence));
        wording
    }

    fn likeliest(likely: &[(WhisperTokenId, f32)]) -> WhisperTokenId {
        likely.iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap().0
    }

    #[test]
    fn what_callers_say_is_taken_where_the_sound_leaves_it_open_and_only_there() {
        let wording = wording(&[&[1, 2, 3], &[1, 2, 3], &[4, 2, 5]]);
        let mut open = [(3, 0.49_f32.ln()), (5, 0.51_f32.ln())];
        wording.weigh(&[1, 2], &mut open, END);
        assert_eq!(likeliest(&open), 3);
        let mut open = [(3, 0.51_f32.ln()), (5, 0.49_f32.ln())];
        wording.weigh(&[4, 2], &mut open, END);
        assert_eq!(likeliest(&open), 5);
        let mut clear = [(3, 0.02_f32.ln()), (5, 0.98_f32.ln())];
        wording.weigh(&[1, 2], &mut clear, END);
        assert_eq!(likeliest(&clear), 5);
    }

    proptest! {
        #[test]
        fn the_end_and_the_whole_stay_as_likely_as_they_were(
            sentences in prop::collection::vec(prop::collection::vec(0..SAID, 0..6), 0..6),
            taken in prop::collection::vec(0..SAID, 0..4),
            logs in prop::collection::vec(-9.0_f32..0.0, 2..9),
        ) {
            let mut wording = Wording::default();
            sentences.iter().for_each(|sentence| wording.add(sentence));
            let mut likely: Vec<_> = (0..).zip(logs).collect();
            likely.push((END, -1.0));
            let before = log_sum(likely.iter().map(|(_, log)| *log));
            wording.weigh(&taken, &mut likely, END);
            prop_assert_eq!(likely.last(), Some(&(END, -1.0)));
            prop_assert!((log_sum(likely.iter().map(|(_, log)| *log)) - before).abs() < 1e-3);
        }
    }
}
