//! What a text looks like to the classifier: its meaning (an embedding, centred on the examples' mean) and its letters
//! (hashed 2- to 5-grams inside words, which survive a misheard ending or a missing accent).

use std::hash::Hasher;

use unicode_normalization::UnicodeNormalization;

/// Places that letter n-grams are hashed into.
pub const LETTER_SPACE: usize = 1 << 15;
const SHORTEST: usize = 2;
const LONGEST: usize = 5;
/// Weight of letters against meaning.
const LETTERS: f32 = 1.0;
const MEANING: f32 = 2.5;

/// A text for the classifier: dense meaning, and sparse letters as (place, value).
#[derive(Clone, Debug, PartialEq)]
pub struct Features {
    pub meaning: Vec<f32>,
    pub letters: Vec<(u32, f32)>,
}

impl Features {
    /// `mean` is subtracted from the embedding: e5's vectors all lie in one narrow cone.
    pub fn new(text: &str, embedding: &[f32], mean: &[f32]) -> Self {
        let mut meaning: Vec<f32> = embedding.iter().zip(mean).map(|(e, m)| e - m).collect();
        scale_to(&mut meaning, MEANING);
        Self { meaning, letters: letters(text) }
    }
}

fn scale_to(values: &mut [f32], length: f32) {
    let norm = values.iter().map(|v| v * v).sum::<f32>().sqrt().max(1e-9);
    values.iter_mut().for_each(|v| *v *= length / norm);
}

/// Lower case, without accents and signs, words apart by one space.
pub fn plain(text: &str) -> String {
    let bare = text.nfd().filter(|c| !('\u{300}'..='\u{36f}').contains(c)).flat_map(char::to_lowercase);
    let spaced: String = bare.map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn letters(text: &str) -> Vec<(u32, f32)> {
    let mut counts = std::collections::BTreeMap::new();
    for word in plain(text).split(' ') {
        let padded: Vec<char> = format!(" {word} ").chars().collect();
        for length in SHORTEST..=LONGEST {
            for gram in padded.windows(length) {
                *counts.entry(place(gram)).or_insert(0.0f32) += 1.0;
            }
        }
    }
    let mut weighted: Vec<(u32, f32)> = counts.into_iter().map(|(place, count)| (place, 1.0 + count.ln())).collect();
    let norm = weighted.iter().map(|(_, v)| v * v).sum::<f32>().sqrt().max(1e-9);
    weighted.iter_mut().for_each(|(_, v)| *v *= LETTERS / norm);
    weighted
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
        assert_eq!(letters("¿Dónde está?"), letters("donde esta"));
    }

    #[test]
    fn a_misheard_ending_keeps_most_letters() {
        let common = |a: &str, b: &str| {
            let (a, b) = (letters(a), letters(b));
            a.iter().filter(|(place, _)| b.iter().any(|(other, _)| other == place)).count() as f32 / a.len() as f32
        };
        assert!(common("empadronarme", "empadronarmes") > 0.85);
        assert!(common("empadronarme", "piscina") < 0.1);
    }
}
