//! What an utterance may mean that leaves it open ("it's about the car"): what the pack says of those that are nearest to it
//! in meaning.

use serde::{Deserialize, Serialize};

use crate::directions::Directions;

/// Examples that have a say.
const NEAREST: usize = 8;

/// The pack's vague examples: where they lie, and which topics each may mean.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Vague {
    directions: Directions,
    topics: Vec<Vec<String>>,
}

impl Vague {
    pub fn new(examples: &[(&[f32], &[String])]) -> Self {
        Self {
            directions: Directions::of(examples.iter().map(|(meaning, _)| *meaning)),
            topics: examples.iter().map(|(_, topics)| topics.to_vec()).collect(),
        }
    }

    /// Topics with their shares of what may be meant, together 1; none when nothing is near.
    pub fn may_mean(&self, meaning: &[f32]) -> Vec<(&str, f32)> {
        let mut near = self.directions.nearest(meaning, NEAREST);
        near.retain(|(_, cosine)| *cosine > 0.0);
        let total: f32 = near.iter().map(|(_, cosine)| cosine).sum();
        let mut shares: Vec<(&str, f32)> = Vec::new();
        for (example, cosine) in near {
            let topics = &self.topics[example];
            for topic in topics {
                let share = cosine / total / topics.len() as f32;
                match shares.iter_mut().find(|(known, _)| known == topic) {
                    Some((_, sum)) => *sum += share,
                    None => shares.push((topic, share)),
                }
            }
        }
        shares
    }

    /// Whether it can judge meanings of so many dimensions.
    pub fn fits(&self, dimensions: usize) -> bool {
        self.directions.fits(self.topics.len(), dimensions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_say_what_may_be_meant() {
        let topics = |topics: &[&str]| topics.iter().map(|topic| (*topic).to_owned()).collect::<Vec<_>>();
        let (car, towed, card) =
            (topics(&["tax.vehicle", "vehicle.towed"]), topics(&["vehicle.towed"]), topics(&["library.card"]));
        let vague = Vague::new(&[(&[1.0, 0.0], &car), (&[0.8, 0.2], &towed), (&[-1.0, 0.0], &card)]);
        let mut shares = vague.may_mean(&[1.0, 0.0]);
        shares.sort_by(|a, b| b.1.total_cmp(&a.1));
        assert_eq!(shares.iter().map(|(topic, _)| *topic).collect::<Vec<_>>(), ["vehicle.towed", "tax.vehicle"]);
        assert!((shares.iter().map(|(_, share)| share).sum::<f32>() - 1.0).abs() < 1e-5);
        assert!(Vague::default().may_mean(&[1.0, 0.0]).is_empty());
    }
}
