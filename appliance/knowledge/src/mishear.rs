//! What else the recogniser might have made of the examples that it did not hear, learned from those it did
//! ([`hearings`](crate::hearings)): words that it took for others are taken for them again, and the letters of new words are
//! lost and changed as others were. The same text is misheard the same way every time, whatever else is in the pack.

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::RangeInclusive;

use similar::{Algorithm, DiffTag, capture_diff_slices};

use crate::embed::spoken;

/// Words that are taken for others together.
const LONGEST_RUN: usize = 3;
/// A single word must have been heard so often to be taken for what it was heard as.
const FAMILIAR: usize = 2;
/// Letters that are heard as others, with one letter on either side.
const MOST_LETTERS: usize = 5;
/// How often letters must have been said to know how often they are misheard, and how often anything is at most.
const SAID_OFTEN: usize = 3;
const MOSTLY: f32 = 0.9;

/// How the recogniser mishears a language.
#[derive(Debug, Default)]
pub struct Mishearing {
    /// What words were heard as, rightly or wrongly.
    words: HashMap<String, Vec<String>>,
    /// What several words, or letters, were wrongly heard as.
    runs: HashMap<Vec<String>, Wrong<String>>,
    letters: HashMap<Vec<char>, Wrong<Vec<char>>>,
}

#[derive(Debug, Default)]
struct Wrong<T> {
    heard: Vec<T>,
    /// How often, of all times that it was said.
    rate: f32,
}

impl<T> Wrong<T> {
    fn rated(&mut self, said: Option<&usize>) {
        self.rate = (self.heard.len() as f32 / said.copied().unwrap_or(1).max(1) as f32).min(MOSTLY);
    }
}

impl Mishearing {
    /// From what was said and what was heard.
    pub fn of<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut model = Self::default();
        let (mut runs_said, mut letters_said) = (HashMap::new(), HashMap::new());
        for (said, heard) in pairs {
            let (said, heard) = (words(said), words(heard));
            model.compare(&said, &heard);
            count(&said, 2..=LONGEST_RUN, &mut runs_said);
            count(&spaced(&said), 2..=MOST_LETTERS, &mut letters_said);
        }
        model.runs.iter_mut().for_each(|(run, wrong)| wrong.rated(runs_said.get(run)));
        model.letters.iter_mut().for_each(|(letters, wrong)| wrong.rated(letters_said.get(letters)));
        model.letters.retain(|letters, _| letters_said.get(letters).is_some_and(|said| *said >= SAID_OFTEN));
        model
    }

    fn compare(&mut self, said: &[String], heard: &[String]) {
        for change in capture_diff_slices(Algorithm::Myers, said, heard) {
            let (tag, of, into) = change.as_tag_tuple();
            match tag {
                DiffTag::Equal => said[of].iter().for_each(|word| self.hear(word, word.clone())),
                DiffTag::Replace | DiffTag::Delete if of.len() <= LONGEST_RUN && into.len() <= LONGEST_RUN + 1 => {
                    let (said, heard) = (&said[of], &heard[into]);
                    match said {
                        [word] => self.hear(word, heard.join(" ")),
                        run => self.runs.entry(run.to_vec()).or_default().heard.push(heard.join(" ")),
                    }
                    self.compare_letters(said, heard);
                }
                _ => {}
            }
        }
    }

    fn hear(&mut self, word: &str, heard: String) {
        self.words.entry(word.to_owned()).or_default().push(heard);
    }

    fn compare_letters(&mut self, said: &[String], heard: &[String]) {
        let (said, heard) = (spaced(said), spaced(heard));
        for change in capture_diff_slices(Algorithm::Myers, &said, &heard) {
            let (tag, of, into) = change.as_tag_tuple();
            if tag == DiffTag::Equal || of.len() + 2 > MOST_LETTERS || into.len() + 2 > MOST_LETTERS {
                continue;
            }
            let context = of.start.saturating_sub(1)..(of.end + 1).min(said.len());
            self.letters.entry(said[context].to_vec()).or_default().heard.push(heard[into].to_vec());
        }
    }

    /// How `text` might be heard: in lower case and without signs.
    pub fn misheard(&self, text: &str) -> String {
        let mut dice = Dice::new(text);
        let words = words(text);
        let mut heard: Vec<String> = Vec::new();
        let mut at = 0;
        while at < words.len() {
            let run = (2..=LONGEST_RUN.min(words.len() - at)).rev().find_map(|length| {
                let wrong = self.runs.get(&words[at..at + length])?;
                dice.chance(wrong.rate).then_some((length, dice.pick(&wrong.heard)?.clone()))
            });
            let (length, instead) = run.unwrap_or_else(|| (1, self.misheard_word(&words[at], &mut dice)));
            heard.push(instead);
            at += length;
        }
        heard.join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn misheard_word(&self, word: &str, dice: &mut Dice) -> String {
        let known = self.words.get(word).filter(|heard| heard.len() >= FAMILIAR);
        known.and_then(|heard| dice.pick(heard).cloned()).unwrap_or_else(|| self.misspelt(word, dice))
    }

    /// A word that was not heard before, or hardly.
    fn misspelt(&self, word: &str, dice: &mut Dice) -> String {
        let letters = spaced(&[word.to_owned()]);
        let mut heard = String::new();
        let mut at = 0;
        while at < letters.len() {
            let wrong = (2..=MOST_LETTERS.min(letters.len() - at)).rev().find_map(|length| {
                let context = &letters[at..at + length];
                let known = self.letters.get(context)?;
                dice.chance(known.rate).then_some((context, dice.pick(&known.heard)?))
            });
            heard.push(letters[at]);
            at += 1;
            if let Some((context, instead)) = wrong {
                heard.extend(instead);
                at += context.len() - 2; // the letter behind may be part of the next mistake
            }
        }
        heard.trim().to_owned()
    }
}

fn words(text: &str) -> Vec<String> {
    spoken(text).split(' ').map(str::to_owned).collect()
}

/// The words' letters, with a space around each word.
fn spaced(words: &[String]) -> Vec<char> {
    format!(" {} ", words.join(" ")).chars().collect()
}

/// How often each run of these lengths was said.
fn count<T: Clone + Eq + Hash>(said: &[T], lengths: RangeInclusive<usize>, counts: &mut HashMap<Vec<T>, usize>) {
    for length in lengths {
        said.windows(length).for_each(|run| *counts.entry(run.to_vec()).or_default() += 1);
    }
}

/// A generator of numbers that depends on the text alone (splitmix64).
struct Dice(u64);

impl Dice {
    fn new(text: &str) -> Self {
        Self(
            text.bytes()
                .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)),
        )
    }

    /// Below `faces`.
    fn roll(&mut self, faces: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % faces
    }

    fn chance(&mut self, rate: f32) -> bool {
        (self.roll(1 << 20) as f32) < rate * (1 << 20) as f32
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        of.get(usize::try_from(self.roll(of.len().max(1) as u64)).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEARD: [(&str, &str); 3] = [
        ("vull demanar cita prèvia", "vull demanar-se-te prèvia"),
        ("vull pagar la multa", "vull pagar la munta"),
        ("quan paga la multa?", "Quan paga la munta"),
    ];

    #[test]
    fn words_are_heard_as_they_were_before_and_always_the_same() {
        let model = Mishearing::of(HEARD.into_iter());
        let heard = model.misheard("Tinc una multa");
        assert_eq!(heard, "tinc una munta");
        assert_eq!(heard, model.misheard("Tinc una multa"));
        assert_eq!(model.misheard(""), "");
    }

    #[test]
    fn letters_of_new_words_change_as_those_of_others() {
        let model = Mishearing::of((0..20).map(|_| ("la multa", "la munta")));
        assert_eq!(model.misheard("culta"), "cunta", "nine times in ten");
        assert_eq!(Mishearing::default().misheard("Res de nou"), "res de nou");
    }
}
