//! What an utterance may mean that leaves it open ("it's about the car"): what the pack says of those that are nearest to it
//! in meaning.

use serde::{Deserialize, Serialize};

/// Examples that are asked.
const NEAREST: usize = 8;

/// The pack's vague examples: where they lie, and which topics each may mean.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Vague(Vec<(Vec<f32>, Vec<String>)>);

impl Vague {
    pub fn new(examples: Vec<(Vec<f32>, Vec<String>)>) -> Self {
        Self(examples)
    }

    /// Topics with their shares of what may be meant, together 1; none when nothing is near.
    pub fn may_mean(&self, meaning: &[f32]) -> Vec<(&str, f32)> {
        let nearness = |other: &[f32]| -> f32 { other.iter().zip(meaning).map(|(a, b)| a * b).sum() };
        let mut near: Vec<(f32, &[String])> =
            self.0.iter().map(|(other, topics)| (nearness(other), topics.as_slice())).collect();
        near.sort_by(|a, b| b.0.total_cmp(&a.0));
        near.truncate(NEAREST);
        near.retain(|(nearness, _)| *nearness > 0.0);
        let total: f32 = near.iter().map(|(nearness, _)| nearness).sum();
        let mut shares: Vec<(&str, f32)> = Vec::new();
        for (nearness, topics) in near {
            for topic in topics {
                let share = nearness / total / topics.len() as f32;
                match shares.iter_mut().find(|(known, _)| known == topic) {
                    Some((_, sum)) => *sum += share,
                    None => shares.push((topic, share)),
                }
            }
        }
        shares
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_say_what_may_be_meant() {
        let example = |x: f32, y: f32, topics: &[&str]| (vec![x, y], topics.iter().map(|t| (*t).to_owned()).collect());
        let vague = Vague::new(vec![
            example(1.0, 0.0, &["tax.vehicle", "vehicle.towed"]),
            example(0.8, 0.2, &["vehicle.towed"]),
            example(-1.0, 0.0, &["library.card"]),
        ]);
        let mut shares = vague.may_mean(&[1.0, 0.0]);
        shares.sort_by(|a, b| b.1.total_cmp(&a.1));
        assert_eq!(shares.iter().map(|(topic, _)| *topic).collect::<Vec<_>>(), ["vehicle.towed", "tax.vehicle"]);
        assert!((shares.iter().map(|(_, share)| share).sum::<f32>() - 1.0).abs() < 1e-5);
        assert!(Vague::default().may_mean(&[1.0, 0.0]).is_empty());
    }
}
