//! Softmax regression over [`Features`], one class for each label of the pack. Trained in seconds when a pack is new, the
//! same on every run, and kept beside its fingerprint.

use serde::{Deserialize, Serialize};

use crate::features::{Features, LETTER_SPACE};
use crate::pack::Label;

const EPOCHS: usize = 24;
const STEP: f32 = 0.12;
/// AdaGrad's start, which keeps the first steps small.
const CAUTION: f32 = 0.1;
const SHRINK: f32 = 2e-6;
/// A label with few examples counts as if it had this many.
const FEWEST: f32 = 24.0;

#[derive(Debug, Serialize, Deserialize)]
pub struct Classifier {
    labels: Vec<String>,
    meaning: Vec<f32>,
    letters: Vec<f32>,
    bias: Vec<f32>,
    dimensions: usize,
}

/// A label as text, which is how it is stored: topics as they are, the rest with a sign that no topic has.
fn name(label: &Label) -> String {
    match label {
        Label::Topic(id) => id.clone(),
        Label::Control(control) => format!("!control:{control}"),
        Label::Emergency => "!emergency".into(),
        Label::Out => "!out".into(),
    }
}

fn label(name: &str) -> Label {
    match name.strip_prefix('!') {
        None => Label::Topic(name.to_owned()),
        Some("emergency") => Label::Emergency,
        Some("out") => Label::Out,
        Some(other) => Label::Control(other.trim_start_matches("control:").to_owned()),
    }
}

impl Classifier {
    pub fn train(examples: &[(Label, Features)]) -> Self {
        let mut labels: Vec<String> = examples.iter().map(|(label, _)| name(label)).collect();
        labels.sort();
        labels.dedup();
        let dimensions = examples.first().map_or(0, |(_, features)| features.meaning.len());
        let classes = labels.len();
        let targets: Vec<usize> = examples.iter().map(|(l, _)| labels.binary_search(&name(l)).unwrap_or(0)).collect();
        let weights = class_weights(&targets, classes);
        let mut model = Self {
            labels,
            meaning: vec![0.0; dimensions * classes],
            letters: vec![0.0; LETTER_SPACE * classes],
            bias: vec![0.0; classes],
            dimensions,
        };
        let mut squares = Squares {
            meaning: vec![CAUTION; model.meaning.len()],
            letters: vec![CAUTION; model.letters.len()],
            bias: vec![CAUTION; classes],
        };
        let mut order: Vec<usize> = (0..examples.len()).collect();
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..EPOCHS {
            shuffle(&mut order, &mut random);
            for n in &order {
                model.learn(&examples[*n].1, targets[*n], weights[targets[*n]], &mut squares);
            }
        }
        model
    }

    fn learn(&mut self, features: &Features, target: usize, weight: f32, squares: &mut Squares) {
        let mut error = self.shares(features, 1.0);
        error[target] -= 1.0;
        error.iter_mut().for_each(|e| *e *= weight);
        let classes = self.labels.len();
        for (n, value) in features.meaning.iter().enumerate() {
            let at = n * classes..(n + 1) * classes;
            descend(&mut self.meaning[at.clone()], &mut squares.meaning[at], &error, *value);
        }
        for (place, value) in &features.letters {
            let start = *place as usize * classes;
            let at = start..start + classes;
            descend(&mut self.letters[at.clone()], &mut squares.letters[at], &error, *value);
        }
        descend(&mut self.bias, &mut squares.bias, &error, 1.0);
    }

    fn shares(&self, features: &Features, sharpness: f32) -> Vec<f32> {
        let classes = self.labels.len();
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

    /// Every label with its probability, best first.
    pub fn rank(&self, features: &Features, sharpness: f32) -> Vec<(Label, f32)> {
        let shares = self.shares(features, sharpness);
        let mut ranked: Vec<(Label, f32)> = self.labels.iter().map(|name| label(name)).zip(shares).collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        ranked
    }

    /// Whether it can judge features of this many dimensions: a stored one may be of another model, or damaged.
    pub fn fits(&self, dimensions: usize) -> bool {
        let classes = self.labels.len();
        self.dimensions == dimensions
            && classes > 0
            && self.meaning.len() == dimensions * classes
            && self.letters.len() == LETTER_SPACE * classes
            && self.bias.len() == classes
    }
}

struct Squares {
    meaning: Vec<f32>,
    letters: Vec<f32>,
    bias: Vec<f32>,
}

/// AdaGrad with a little shrinking.
fn descend(weights: &mut [f32], squares: &mut [f32], error: &[f32], value: f32) {
    for ((weight, square), error) in weights.iter_mut().zip(squares).zip(error) {
        let gradient = error * value + SHRINK * *weight;
        *square += gradient * gradient;
        *weight -= STEP * gradient / square.sqrt();
    }
}

fn class_weights(targets: &[usize], classes: usize) -> Vec<f32> {
    let mut counts = vec![0.0f32; classes];
    targets.iter().for_each(|target| counts[*target] += 1.0);
    counts.iter().map(|count| (FEWEST / count.max(1.0)).max(1.0)).collect()
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

    fn examples() -> Vec<(Label, Features)> {
        let say = |label: Label, text: &str| (label, Features::new(text, &[1.0, 0.0], &[0.0, 0.0]));
        let topic = |id: &str| Label::Topic(id.into());
        vec![
            say(topic("pool"), "cuanto cuesta la piscina"),
            say(topic("pool"), "precio de la piscina"),
            say(topic("fine"), "pagar una multa"),
            say(topic("fine"), "me han puesto una multa"),
            say(Label::Control("repeat".into()), "repita por favor"),
        ]
    }

    #[test]
    fn it_learns_and_learns_the_same() {
        let (one, two) = (Classifier::train(&examples()), Classifier::train(&examples()));
        let asked = Features::new("la piscina", &[1.0, 0.0], &[0.0, 0.0]);
        assert_eq!(one.rank(&asked, 1.0)[0].0, Label::Topic("pool".into()));
        assert_eq!(one.rank(&asked, 1.0), two.rank(&asked, 1.0));
    }

    #[test]
    fn shares_are_probabilities() {
        let ranked = Classifier::train(&examples()).rank(&examples()[0].1, 1.0);
        assert!((ranked.iter().map(|(_, share)| share).sum::<f32>() - 1.0).abs() < 1e-4);
        assert_eq!(ranked.len(), 3);
    }
}
