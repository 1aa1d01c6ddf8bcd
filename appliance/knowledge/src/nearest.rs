//! A second opinion beside the classifier: what the examples mean that lie nearest to an utterance.
//!
//! The classifier knows what tells labels apart, and is as sure of what is like no example as of what is like many; which
//! examples are near knows better what is no topic, and what leaves open which is meant. It must not decide alone: it
//! knows no letters, which survive mishearing.

use serde::{Deserialize, Serialize};

use crate::classifier::Ranked;
use crate::features::scale_to_length;
use crate::pack::Label;

/// Examples that are asked.
const ASKED: usize = 32;
/// An example that is so much farther than the nearest one (in cosines) counts 1/e of it.
const REACH: f32 = 0.03;
/// What a label has of which no example is near.
const UNHEARD_OF: f32 = 0.003;
/// How much either opinion counts, as the power that its probabilities are raised to. Callers' questions are less like the
/// examples than these are like each other, so that together they are milder than they were trained to be.
const CLASSIFIER: f32 = 0.8;
const NEIGHBOURS: f32 = 0.5;

/// Where the examples lie, in directions of bytes: a quarter of the memory, and near enough.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Nearest {
    dimensions: usize,
    directions: Vec<i8>,
    labels: Vec<Label>,
    /// Of each example, its place in `labels`.
    of_example: Vec<u16>,
}

impl Nearest {
    pub fn new<'a>(examples: impl Iterator<Item = (&'a [f32], &'a Label)>) -> Self {
        let mut nearest = Self::default();
        for (meaning, label) in examples {
            let place = nearest.labels.iter().position(|known| known == label).unwrap_or_else(|| {
                nearest.labels.push(label.clone());
                nearest.labels.len() - 1
            });
            nearest.of_example.push(u16::try_from(place).unwrap_or(u16::MAX));
            nearest.dimensions = meaning.len();
            nearest.directions.extend(direction(meaning));
        }
        nearest
    }

    /// Both opinions as one.
    pub fn temper<'a>(&self, ranked: &Ranked<'a>, meaning: &[f32]) -> Ranked<'a> {
        let mut of_label = vec![0.0; self.labels.len()];
        for (place, share) in self.shares(meaning) {
            of_label.get_mut(place).into_iter().for_each(|sum| *sum += share);
        }
        let near = |label: &Label| self.labels.iter().position(|known| known == label).map_or(0.0, |n| of_label[n]);
        let together = ranked
            .labels
            .iter()
            .zip(&ranked.shares)
            .map(|(label, share)| share.powf(CLASSIFIER) * (near(label) + UNHEARD_OF).powf(NEIGHBOURS));
        let mut shares: Vec<f32> = together.collect();
        let total: f32 = shares.iter().sum();
        shares.iter_mut().for_each(|share| *share /= total.max(f32::MIN_POSITIVE));
        Ranked { labels: ranked.labels, shares }
    }

    /// The nearest examples' labels with each one's share of the opinion, together 1.
    fn shares(&self, meaning: &[f32]) -> impl Iterator<Item = (usize, f32)> {
        let asked = direction(meaning);
        let rows = self.directions.chunks_exact(self.dimensions.max(1));
        let mut near: Vec<(i32, u16)> = rows.map(|row| dot(row, &asked)).zip(self.of_example.iter().copied()).collect();
        if near.len() > ASKED {
            near.select_nth_unstable_by_key(ASKED - 1, |(dot, _)| std::cmp::Reverse(*dot));
            near.truncate(ASKED);
        }
        let nearest = near.iter().map(|(dot, _)| *dot).max().unwrap_or(0);
        let weigh = move |dot: i32| ((dot - nearest) as f32 / (FULL * FULL * REACH)).exp();
        let total: f32 = near.iter().map(|(dot, _)| weigh(*dot)).sum();
        near.into_iter().map(move |(dot, place)| (usize::from(place), weigh(dot) / total))
    }
}

/// A direction's largest part is below a half, in these spaces.
const FULL: f32 = 254.0;

fn direction(meaning: &[f32]) -> Vec<i8> {
    let mut unit = meaning.to_vec();
    scale_to_length(unit.iter_mut(), 1.0);
    unit.into_iter().map(|part| (part * FULL).round() as i8).collect() // `as` keeps to the ends of i8
}

fn dot(a: &[i8], b: &[i8]) -> i32 {
    a.iter().zip(b).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(id: &str) -> Label {
        Label::Topic(id.into())
    }

    #[test]
    fn what_no_example_is_near_is_believed_less() {
        let (pool, fine, out) = (topic("pool"), topic("fine"), Label::Out);
        let examples = [([1.0, 1.0, 1.0, 1.0], &pool), ([1.0, -1.0, 1.0, -1.0], &fine), ([2.0, 2.0, -2.0, -2.0], &out)];
        let nearest = Nearest::new(examples.iter().map(|(meaning, label)| (meaning.as_slice(), *label)));
        let labels = [fine.clone(), out, pool];
        let ranked = Ranked { labels: &labels, shares: vec![0.1, 0.3, 0.6] };
        let share = |meaning: [f32; 4], label: &Label| nearest.temper(&ranked, &meaning).share(label);
        assert!(share([1.0, 1.0, -1.0, -0.9], &Label::Out) > 0.8);
        assert!(share([0.5, 0.6, 0.5, 0.5], &Label::Out) < 0.3);
        assert!(share([1.0, -1.0, 1.0, -1.0], &fine) > 0.5);
        assert!((nearest.temper(&ranked, &[0.2, 0.1, 0.0, 0.1]).shares.iter().sum::<f32>() - 1.0).abs() < 1e-5);
    }

    #[test]
    fn without_examples_the_classifier_decides() {
        let labels = [topic("a"), topic("b")];
        let ranked = Nearest::default().temper(&Ranked { labels: &labels, shares: vec![0.8, 0.2] }, &[1.0]);
        assert_eq!(ranked.best_topic().map(|(id, _)| id), Some("a"));
    }
}
