//! What a text looks like to the classifier: its meaning (an embedding, centred on the examples' mean) and its letters
//! (hashed 2- to 5-grams inside words, which survive a misheard ending or a missing accent; the rarer, the heavier).

use std::collections::BTreeMap;
use std::hash::Hasher;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// Places that letter n-grams are hashed into.
pub const LETTER_SPACE: usize = 1 << 15;
const SHORTEST: usize = 2;
const LONGEST: usize = 5;
/// The length of either half of the features; larger means less shrinking in training.
const LENGTH: f32 = 2.5;

/// A text for the classifier: dense meaning, and sparse letters as (place, value).
#[derive(Clone, Debug, PartialEq)]
pub struct Features {
    pub meaning: Vec<f32>,
    pub letters: Vec<(u32, f32)>,
}

/// What features are measured against: the examples of a pack.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Measure {
    /// Subtracted from every embedding: e5's vectors all lie in one narrow cone.
    mean: Vec<f32>,
    /// In how many examples each place occurs.
    occurrences: Vec<u32>,
    examples: u32,
}

impl Measure {
    pub fn new(texts: &[&str], embeddings: &[Vec<f32>], dimensions: usize) -> Self {
        let mut mean = vec![0.0; dimensions];
        for embedding in embeddings {
            mean.iter_mut().zip(embedding).for_each(|(m, e)| *m += e / embeddings.len() as f32);
        }
        let mut occurrences = vec![0; LETTER_SPACE];
        for text in texts {
            counted(text).keys().for_each(|place| occurrences[*place as usize] += 1);
        }
        Self { mean, occurrences, examples: u32::try_from(texts.len()).unwrap_or(u32::MAX) }
    }

    pub fn features(&self, text: &str, embedding: &[f32]) -> Features {
        let mut meaning: Vec<f32> = embedding.iter().zip(&self.mean).map(|(e, m)| e - m).collect();
        scale_to_length(meaning.iter_mut());
        let mut letters: Vec<(u32, f32)> =
            counted(text).into_iter().map(|(place, count)| (place, (1.0 + count.ln()) * self.rarity(place))).collect();
        scale_to_length(letters.iter_mut().map(|(_, value)| value));
        Features { meaning, letters }
    }

    /// Without meaning: fit for a first look, as no encoder has to run.
    pub fn letters_alone(&self, text: &str) -> Features {
        Features { meaning: Vec::new(), ..self.features(text, &[]) }
    }

    fn rarity(&self, place: u32) -> f32 {
        1.0 + ((self.examples + 1) as f32 / (self.occurrences_of(place) + 1) as f32).ln()
    }

    pub fn occurrences_of(&self, place: u32) -> u32 {
        self.occurrences.get(place as usize).copied().unwrap_or(0)
    }

    pub fn dimensions(&self) -> usize {
        self.mean.len()
    }
}

fn scale_to_length<'a>(values: impl Iterator<Item = &'a mut f32>) {
    let values: Vec<&mut f32> = values.collect();
    let norm = values.iter().map(|v| **v * **v).sum::<f32>().sqrt().max(1e-9);
    values.into_iter().for_each(|v| *v *= LENGTH / norm);
}

/// Lower case, without accents and signs, words apart by one space.
pub fn plain(text: &str) -> String {
    let bare = text.nfd().filter(|c| !('\u{300}'..='\u{36f}').contains(c)).flat_map(char::to_lowercase);
    let spaced: String = bare.map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// How often each place occurs in the text.
fn counted(text: &str) -> BTreeMap<u32, f32> {
    let mut counts = BTreeMap::new();
    for word in plain(text).split(' ') {
        let padded: Vec<char> = format!(" {word} ").chars().collect();
        for length in SHORTEST..=LONGEST {
            for gram in padded.windows(length) {
                *counts.entry(place(gram)).or_insert(0.0) += 1.0;
            }
        }
    }
    counts
}

/// FNV-1a, which is the same on every machine and in every version.
fn place(gram: &[char]) -> u32 {
    struct Fnv(u64);
    impl Hasher for Fnv {
        fn finish(&self) -> u64 {
            self.0
        }
        fn write(&mut self, bytes: &[u8]) {
            for byte in bytes {
                self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
    }
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
    gram.iter().for_each(|c| hash.write(&u32::from(*c).to_le_bytes()));
    (hash.finish() % LETTER_SPACE as u64) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_case_and_signs_do_not_count() {
        assert_eq!(plain("¿Qué horario TIENE l'ajuntament?"), "que horario tiene l ajuntament");
        assert_eq!(counted("¿Dónde está?"), counted("donde esta"));
    }

    #[test]
    fn a_misheard_ending_keeps_most_letters() {
        let common = |a: &str, b: &str| {
            let (a, b) = (counted(a), counted(b));
            a.keys().filter(|place| b.contains_key(place)).count() as f32 / a.len() as f32
        };
        assert!(common("empadronarme", "empadronarmes") > 0.85);
        assert!(common("empadronarme", "piscina") < 0.1);
    }

    #[test]
    fn what_is_rare_weighs_more() {
        let measure = Measure::new(&["la piscina", "la multa"], &[vec![1.0], vec![0.0]], 1);
        let features = measure.features("la piscina", &[1.0]);
        let value = |gram: &str| {
            let place = place(&gram.chars().collect::<Vec<_>>());
            features.letters.iter().find(|(other, _)| *other == place).map(|(_, value)| *value).unwrap()
        };
        assert!(value("pis") > value(" la"));
        assert!((features.letters.iter().map(|(_, v)| v * v).sum::<f32>().sqrt() - LENGTH).abs() < 1e-3);
    }
}
