//! A second opinion beside the classifier: what the examples mean that lie nearest to an utterance.
//!
//! The classifier knows what tells labels apart, and is as sure of what is like no example as of what is like many; which
//! examples are near knows better what is no topic, and what leaves open which is meant. It must not decide alone, as it
//! knows no letters, which survive mishearing; and it must not talk anybody out of danger.

use serde::{Deserialize, Serialize};

use crate::classifier::Ranked;
use crate::directions::Directions;
use crate::pack::Label;

/// Examples that have a say.
const NEAREST: usize = 32;
/// An example that is so much farther than the nearest one (in cosines) counts 1/e of it.
const REACH: f32 = 0.03;
/// What a label has of which no example is near.
const UNHEARD_OF: f32 = 0.003;
/// How much either opinion counts, as the power that its probabilities are raised to. Callers' questions are less like the
/// examples than these are like each other, so that together they are milder than they were trained to be.
const CLASSIFIER: f32 = 0.8;
const NEIGHBOURS: f32 = 0.5;

/// Where the examples lie, and which labels they have.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Nearest {
    directions: Directions,
    /// Of each example, the place of its label among the classifier's.
    places: Vec<usize>,
}

impl Nearest {
    /// `labels` are the classifier's, in its order.
    pub fn new(examples: &[(&[f32], &Label)], labels: &[Label]) -> Self {
        let known = examples.iter().filter_map(|(meaning, label)| Some((*meaning, labels.binary_search(label).ok()?)));
        let (meanings, places): (Vec<&[f32]>, Vec<usize>) = known.unzip();
        Self { directions: Directions::of(meanings.into_iter()), places }
    }

    /// Both opinions as one.
    pub fn weigh_in<'a>(&self, ranked: &Ranked<'a>, meaning: &[f32]) -> Ranked<'a> {
        let near = self.directions.nearest(meaning, NEAREST);
        if near.is_empty() {
            return ranked.clone();
        }
        let mut opinion = vec![UNHEARD_OF; ranked.shares.len()];
        for (place, share) in self.shares(&near) {
            opinion[place] += share;
        }
        let both = ranked.shares.iter().zip(opinion).map(|(a, b)| a.powf(CLASSIFIER) * b.powf(NEIGHBOURS));
        let joined = Ranked { labels: ranked.labels, shares: both.collect() }.normalised();
        joined.at_least(&Label::Emergency, ranked.share(&Label::Emergency))
    }

    /// The labels' places, each with its share of the say.
    fn shares(&self, near: &[(usize, f32)]) -> impl Iterator<Item = (usize, f32)> {
        let nearest = near.iter().map(|(_, cosine)| *cosine).fold(f32::NEG_INFINITY, f32::max);
        let weigh = move |cosine: f32| ((cosine - nearest) / REACH).exp();
        let total: f32 = near.iter().map(|(_, cosine)| weigh(*cosine)).sum();
        near.iter().map(move |(example, cosine)| (self.places[*example], weigh(*cosine) / total))
    }

    /// Whether it can judge meanings of so many dimensions for a classifier of so many labels.
    pub fn fits(&self, dimensions: usize, labels: usize) -> bool {
        self.directions.fits(self.places.len(), dimensions) && self.places.iter().all(|place| *place < labels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(id: &str) -> Label {
        Label::Topic(id.into())
    }

    /// Of examples of these labels, in three directions.
    fn joined(labels: [Label; 3], shares: [f32; 3], meaning: [f32; 4]) -> Vec<f32> {
        let directions = [[1.0, 1.0, 1.0, 1.0], [1.0, -1.0, 1.0, -1.0], [2.0, 2.0, -2.0, -2.0]];
        let examples: Vec<(&[f32], &Label)> = directions.iter().map(<[f32; 4]>::as_slice).zip(&labels).collect();
        let mut sorted = labels.clone();
        sorted.sort();
        assert_eq!(sorted, labels, "the classifier's are in order");
        let nearest = Nearest::new(&examples, &labels);
        assert!(nearest.fits(4, 3) && !nearest.fits(4, 2));
        nearest.weigh_in(&Ranked { labels: &labels, shares: shares.to_vec() }, &meaning).shares
    }

    #[test]
    fn what_no_example_is_near_is_believed_less() {
        let labels = || {
            let mut labels = [topic("fine"), topic("pool"), Label::Out];
            labels.sort();
            labels
        };
        for (n, near) in [[0.9, 1.0, 1.0, 1.0], [1.0, -1.0, 0.9, -1.0], [1.0, 1.0, -1.0, -0.9]].into_iter().enumerate()
        {
            let shares = joined(labels(), [1.0 / 3.0; 3], near);
            assert!(shares[n] > 0.8, "{shares:?}");
            assert!((shares.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        }
    }

    #[test]
    fn nobody_is_talked_out_of_danger() {
        let mut labels = [topic("fire"), topic("pool"), Label::Emergency];
        labels.sort();
        let danger = labels.iter().position(|label| *label == Label::Emergency).unwrap();
        let mut shares = [0.1, 0.1, 0.1];
        shares[danger] = 0.8;
        for meaning in [[1.0, 1.0, 1.0, 1.0], [1.0, -1.0, 1.0, -1.0], [1.0, 1.0, -1.0, -1.0]] {
            assert!(joined(labels.clone(), shares, meaning)[danger] > 0.799);
        }
    }

    #[test]
    fn without_examples_the_classifier_decides() {
        let labels = [topic("a"), topic("b")];
        let ranked = Ranked { labels: &labels, shares: vec![0.8, 0.2] };
        assert_eq!(Nearest::default().weigh_in(&ranked, &[1.0]).shares, ranked.shares);
    }
}
