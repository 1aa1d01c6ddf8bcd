//! Softmax regression over [`Features`], one class for each label of the pack. Trained in seconds when a pack is
//! published, the same on every run, and kept beside its fingerprint.

use serde::{Deserialize, Serialize};

use crate::features::{Features, LETTER_SPACE, Measure};
use crate::pack::Label;

const EPOCHS: usize = 3;
/// The weights are the mean of those after so many last rounds: one round's own depend on the order of the examples.
const AVERAGED: usize = 2;
const STEP: f32 = 0.12;
/// AdaGrad's start, which keeps the first steps small.
const CAUTION: f32 = 0.1;
/// How freely weights may grow: the inverse of the penalty on their squares. By cross-validation over the examples.
const FREEDOM: f32 = 3.0;
/// Examples that are this well known teach nothing more in this round.
const KNOWN: f32 = 0.05;
/// Classes whose probability is off by less are left alone, their weights do not shrink either: nearly all are, and looking after
/// them took most of the time.
const NEARLY_RIGHT: f32 = 0.002;

/// An example: what it looks like, and how much it counts for which labels.
pub struct Taught {
    pub features: Features,
    pub labels: Vec<(Label, f32)>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Classifier {
    labels: Vec<Label>,
    meaning: Vec<f32>,
    letters: Vec<f32>,
    bias: Vec<f32>,
}

impl Classifier {
    pub fn train(examples: &[&Taught], measure: &Measure) -> Self {
        let mut labels: Vec<Label> =
            examples.iter().flat_map(|e| e.labels.iter().map(|(label, _)| label.clone())).collect();
        labels.sort();
        labels.dedup();
        let classes = labels.len();
        let targets: Vec<Vec<(usize, f32)>> = examples
            .iter()
            .map(|e| e.labels.iter().filter_map(|(l, weight)| Some((labels.binary_search(l).ok()?, *weight))).collect())
            .collect();
        let mut model = Self {
            labels,
            meaning: vec![0.0; measure.dimensions() * classes],
            letters: vec![0.0; LETTER_SPACE * classes],
            bias: vec![0.0; classes],
        };
        let mut descent = Descent {
            meaning: vec![CAUTION; model.meaning.len()],
            letters: vec![CAUTION; model.letters.len()],
            bias: vec![CAUTION; classes],
            everywhere: 1.0 / (FREEDOM * examples.len() as f32),
            measure,
        };
        let mut order: Vec<usize> = (0..examples.len()).collect();
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        let mut mean = model.clone();
        for epoch in 0..EPOCHS {
            shuffle(&mut order, &mut random);
            for n in &order {
                model.learn(&examples[*n].features, &targets[*n], &mut descent);
            }
            if epoch + AVERAGED >= EPOCHS {
                mean.add(&model, 1.0 / AVERAGED as f32);
            }
        }
        mean
    }

    /// Add a share of another's weights.
    fn add(&mut self, other: &Self, share: f32) {
        let add = |sum: &mut [f32], more: &[f32]| sum.iter_mut().zip(more).for_each(|(sum, more)| *sum += share * more);
        add(&mut self.meaning, &other.meaning);
        add(&mut self.letters, &other.letters);
        add(&mut self.bias, &other.bias);
    }

    fn learn(&mut self, features: &Features, targets: &[(usize, f32)], descent: &mut Descent) {
        let weight: f32 = targets.iter().map(|(_, weight)| weight).sum();
        let mut error = self.shares(features, 1.0);
        error.iter_mut().for_each(|share| *share *= weight);
        targets.iter().for_each(|(class, weight)| error[*class] -= weight);
        if error.iter().all(|error| error.abs() < KNOWN) {
            return;
        }
        let wrong: Vec<(usize, f32)> =
            error.into_iter().enumerate().filter(|(_, error)| error.abs() >= NEARLY_RIGHT).collect();
        let classes = self.labels.len();
        for (n, value) in features.meaning.iter().enumerate() {
            let at = n * classes..(n + 1) * classes;
            descend(&mut self.meaning[at.clone()], &mut descent.meaning[at], &wrong, *value, descent.everywhere);
        }
        for (place, value) in &features.letters {
            let start = *place as usize * classes;
            let at = start..start + classes;
            // A place shrinks only where it occurs, and then by what it missed.
            let shrink = 1.0 / (FREEDOM * descent.measure.occurrences_of(*place).max(1) as f32);
            descend(&mut self.letters[at.clone()], &mut descent.letters[at], &wrong, *value, shrink);
        }
        descend(&mut self.bias, &mut descent.bias, &wrong, 1.0, 0.0);
    }

    fn shares(&self, features: &Features, sharpness: f32) -> Vec<f32> {
        let classes = self.labels.len();
        if classes == 0 {
            return Vec::new();
        }
        let mut scores = self.bias.clone();
        let mut add = |row: &[f32], value: f32| scores.iter_mut().zip(row).for_each(|(score, w)| *score += w * value);
        for (row, value) in self.meaning.chunks_exact(classes).zip(&features.meaning) {
            add(row, *value);
        }
        for (place, value) in &features.letters {
            add(&self.letters[*place as usize * classes..][..classes], *value);
        }
        let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        scores.iter_mut().for_each(|score| *score = ((*score - highest) * sharpness).exp());
        let total: f32 = scores.iter().sum();
        scores.iter_mut().for_each(|score| *score /= total);
        scores
    }

    /// The probability of every label, raised to `sharpness`.
    pub fn rank(&self, features: &Features, sharpness: f32) -> Ranked<'_> {
        Ranked { labels: &self.labels, shares: self.shares(features, sharpness) }
    }

    /// What it tells apart, sorted.
    pub fn labels(&self) -> &[Label] {
        &self.labels
    }

    /// Whether it can judge features of this many dimensions: a stored one may be of another model, or damaged.
    pub fn fits(&self, dimensions: usize) -> bool {
        let classes = self.labels.len();
        classes > 0
            && self.meaning.len() == dimensions * classes
            && self.letters.len() == LETTER_SPACE * classes
            && self.bias.len() == classes
    }
}

/// Every label with its probability.
#[derive(Clone, Debug)]
pub struct Ranked<'a> {
    pub labels: &'a [Label],
    pub shares: Vec<f32>,
}

impl<'a> Ranked<'a> {
    /// The same with every probability raised to `power`: below 1 they come nearer to each other.
    pub fn tempered(mut self, power: f32) -> Self {
        self.shares.iter_mut().for_each(|share| *share = share.powf(power));
        self.normalised()
    }

    /// The same with probabilities that are 1 together.
    pub fn normalised(mut self) -> Self {
        let total: f32 = self.shares.iter().sum();
        self.shares.iter_mut().for_each(|share| *share /= total.max(f32::MIN_POSITIVE));
        self
    }

    /// The same, where a label has no smaller probability than this one.
    pub fn at_least(mut self, label: &Label, least: f32) -> Self {
        let Some(place) = self.labels.iter().position(|known| known == label) else { return self };
        let has = self.shares[place];
        if has < least {
            self.shares.iter_mut().for_each(|share| *share *= (1.0 - least) / (1.0 - has));
            self.shares[place] = least;
        }
        self
    }

    pub fn share(&self, wanted: &Label) -> f32 {
        self.labels.iter().position(|label| label == wanted).map_or(0.0, |n| self.shares[n])
    }

    pub fn topic_share(&self, topic: &str) -> f32 {
        self.labels.iter().position(|label| label.topic() == Some(topic)).map_or(0.0, |n| self.shares[n])
    }

    /// That it is about some topic.
    pub fn topics_share(&self) -> f32 {
        self.labels.iter().zip(&self.shares).filter(|(label, _)| label.topic().is_some()).map(|(_, share)| share).sum()
    }

    /// Labels and probabilities, best first.
    pub fn best_first(&self) -> Vec<(&'a Label, f32)> {
        let mut ranked: Vec<(&Label, f32)> = self.labels.iter().zip(self.shares.iter().copied()).collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        ranked
    }

    /// The likeliest topic and its probability.
    pub fn best_topic(&self) -> Option<(&'a str, f32)> {
        let topics = self.labels.iter().zip(&self.shares).filter_map(|(label, share)| Some((label.topic()?, *share)));
        topics.max_by(|a, b| a.1.total_cmp(&b.1))
    }
}

struct Descent<'a> {
    meaning: Vec<f32>,
    letters: Vec<f32>,
    bias: Vec<f32>,
    /// What every weight that each example touches shrinks by.
    everywhere: f32,
    measure: &'a Measure,
}

/// AdaGrad, with a penalty on squared weights, of the classes that were wrong.
fn descend(weights: &mut [f32], squares: &mut [f32], wrong: &[(usize, f32)], value: f32, shrink: f32) {
    for (class, error) in wrong {
        let (weight, square) = (&mut weights[*class], &mut squares[*class]);
        let gradient = error * value + shrink * *weight;
        *square += gradient * gradient;
        *weight -= STEP * gradient / square.sqrt();
    }
}

/// Fisher and Yates, by a xorshift generator: the same order on every machine.
fn shuffle(order: &mut [usize], random: &mut u64) {
    for last in (1..order.len()).rev() {
        *random ^= *random << 13;
        *random ^= *random >> 7;
        *random ^= *random << 17;
        order.swap(last, (*random % (last as u64 + 1)) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: [(&str, &str); 4] = [
        ("pool", "cuanto cuesta la piscina"),
        ("pool", "precio de la piscina"),
        ("fine", "pagar una multa"),
        ("fine", "me han puesto una multa"),
    ];

    fn trained() -> (Classifier, Measure) {
        let texts: Vec<&str> = SAID.iter().map(|(_, text)| *text).collect();
        let measure = Measure::new(&texts, &vec![vec![1.0, 0.0]; SAID.len()], 2);
        let taught: Vec<Taught> = SAID
            .iter()
            .map(|(topic, text)| Taught {
                features: measure.features(text, &[1.0, 0.5]),
                labels: vec![(Label::Topic((*topic).into()), 1.0)],
            })
            .collect();
        (Classifier::train(&taught.iter().collect::<Vec<_>>(), &measure), measure)
    }

    #[test]
    fn it_learns_and_learns_the_same() {
        let ((one, measure), (two, _)) = (trained(), trained());
        let asked = measure.features("la piscina", &[1.0, 0.5]);
        assert_eq!(one.rank(&asked, 1.0).best_topic().unwrap().0, "pool");
        assert_eq!(one.rank(&asked, 1.0).shares, two.rank(&asked, 1.0).shares);
    }

    #[test]
    fn shares_are_probabilities() {
        let (classifier, measure) = trained();
        let ranked = classifier.rank(&measure.features("una multa", &[1.0, 0.5]), 1.5);
        assert!((ranked.shares.iter().sum::<f32>() - 1.0).abs() < 1e-4);
        assert!(ranked.share(&Label::Topic("fine".into())) > 0.5);
    }

    #[test]
    fn tempered_shares_come_nearer_and_stay_probabilities() {
        let labels = [Label::Out, Label::Vague];
        let ranked = Ranked { labels: &labels, shares: vec![0.9, 0.1] }.tempered(0.5);
        assert!((ranked.shares[0] - 0.75).abs() < 1e-4 && (ranked.shares[1] - 0.25).abs() < 1e-4, "{ranked:?}");
    }
}
