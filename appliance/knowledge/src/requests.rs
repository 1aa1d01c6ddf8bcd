//! Two requests in one breath. An utterance is cut where it could hold two, and a small logistic regression, trained on
//! the pack's own `together.md`, tells a cut between two requests from one inside a story, a reason or an afterthought.

use serde::{Deserialize, Serialize};

use crate::classifier::Ranked;

/// Cuts that are looked at in one utterance.
const MOST_CUTS: usize = 8;
/// Words on either side of a cut.
const FEWEST_WORDS: usize = 2;
/// Words that begin a second request.
const JOINTS: [&str; 17] = [
    "y", "e", "i", "and", "et", "și", "та", "й", "también", "també", "además", "also", "plus", "ah", "oh", "aussi",
    "după",
];
/// Words that say that there is a second one.
const ALSO: [&str; 16] = [
    "también",
    "també",
    "also",
    "otra cosa",
    "altra cosa",
    "de paso",
    "de pas",
    "another",
    "too",
    "además",
    "a més",
    "ya que",
    "ja que",
    "while",
    "por otro lado",
    "otra pregunta",
];
const SIGNS: usize = 18;
const ROUNDS: usize = 4000;
const STEP: f32 = 0.5;
const SHRINK: f32 = 1e-4;

/// What a cut looks like.
pub type Signs = [f32; SIGNS];

/// Two topics that may both be asked for.
#[derive(Clone, Debug)]
pub struct Pair {
    pub topics: [String; 2],
    pub signs: Signs,
}

/// Whether `word` begins a second request.
pub fn is_joint(word: &str) -> bool {
    JOINTS.contains(&word.to_lowercase().trim_matches(|c: char| !c.is_alphanumeric()))
}

/// Places (in bytes) where a second request may begin.
pub fn cuts(text: &str) -> Vec<usize> {
    let words: Vec<(usize, &str)> = words(text).collect();
    let joint = |n: &usize| {
        let before = words[n - 1].1;
        before.ends_with(['.', '?', '!', ',', ';', ':', '…', '؟', '،']) || is_joint(words[*n].1)
    };
    let inner = FEWEST_WORDS..(words.len() + 1).saturating_sub(FEWEST_WORDS).max(FEWEST_WORDS);
    inner.filter(joint).map(|n| words[n].0).take(MOST_CUTS).collect()
}

fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_whitespace().map(|word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
}

/// What speaks for two requests at this cut; none where both sides are about the same.
pub fn pair(text: &str, cut: usize, whole: &Ranked, parts: [&Ranked; 2]) -> Option<Pair> {
    let (first, first_share) = parts[0].best_topic()?;
    let (second, second_share) = parts[1].best_topic()?;
    if first == second {
        return None;
    }
    let (before, after) = (text.get(..cut)?.trim_end(), text.get(cut..)?);
    let lower = after.to_lowercase();
    let is = |yes: bool| f32::from(u8::from(yes));
    let length = |part: &str| part.split_whitespace().count().min(8) as f32 / 8.0;
    let joint = is_joint(after.split_whitespace().next().unwrap_or_default());
    let also = ALSO.iter().any(|also| lower.contains(also));
    let (asked_before, asks_after) = (before.ends_with('?'), after.contains('?'));
    let signs = [
        log(first_share),
        log(second_share),
        log(whole.topic_share(first)),
        log(whole.topic_share(second)),
        log(parts[0].topic_share(second)),
        log(parts[1].topic_share(first)),
        is(joint),
        is(asked_before),
        is(before.ends_with(['.', '!', '…'])),
        is(before.ends_with([',', ';', ':'])),
        is(also),
        length(after),
        length(before),
        is(asks_after),
        // A request and then a reason for it, or the other way round.
        is(asked_before && !asks_after && !joint && !also),
        is(!asked_before && asks_after && !joint && !also),
        log(1.0 - parts[0].topics_share()),
        log(1.0 - parts[1].topics_share()),
    ];
    Some(Pair { topics: [first.to_owned(), second.to_owned()], signs })
}

/// From 0 (certain) to -1 (a thousandth or less).
fn log(share: f32) -> f32 {
    (share.max(0.0) + 1e-3).ln() / 7.0
}

/// The regression.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Requests {
    weights: Vec<f32>,
    bias: f32,
}

impl Requests {
    /// From cuts of which it is known whether they part two requests.
    pub fn train(known: &[(Signs, bool)]) -> Self {
        if known.is_empty() {
            return Self::default();
        }
        let mut model = Self { weights: vec![0.0; SIGNS], bias: 0.0 };
        for _ in 0..ROUNDS {
            let mut slope = [0.0; SIGNS];
            let mut bias_slope = 0.0;
            for (signs, two) in known {
                let error = model.probability(signs) - f32::from(u8::from(*two));
                slope.iter_mut().zip(signs).for_each(|(slope, sign)| *slope += error * sign / known.len() as f32);
                bias_slope += error / known.len() as f32;
            }
            for (weight, slope) in model.weights.iter_mut().zip(slope) {
                *weight -= STEP * (slope + SHRINK * *weight);
            }
            model.bias -= STEP * bias_slope;
        }
        model
    }

    pub fn probability(&self, signs: &Signs) -> f32 {
        if self.weights.len() != SIGNS {
            return 0.0;
        }
        let score: f32 = self.bias + self.weights.iter().zip(signs).map(|(weight, sign)| weight * sign).sum::<f32>();
        1.0 / (1.0 + (-score).exp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_are_where_a_second_request_may_begin() {
        let parts = |text: &'static str| cuts(text).into_iter().map(|cut| &text[cut..]).collect::<Vec<_>>();
        assert_eq!(parts("¿Cuánto cuesta la piscina y cuándo abre?"), ["y cuándo abre?"]);
        assert_eq!(parts("Hola, quiero pagar el IBI. Y la basura"), ["Y la basura"]);
        assert!(parts("quiero empadronarme").is_empty());
        assert!(parts("").is_empty());
    }

    #[test]
    fn it_learns_which_signs_count() {
        let signs = |first: f32| {
            let mut signs = [0.0; SIGNS];
            signs[0] = first;
            signs
        };
        let known: Vec<(Signs, bool)> = (0..20).map(|n| (signs(-(n as f32) / 4.0), n < 10)).collect();
        let model = Requests::train(&known);
        assert!(model.probability(&signs(-0.5)) > 0.7 && model.probability(&signs(-4.0)) < 0.3);
    }
}
