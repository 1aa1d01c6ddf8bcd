//! In which directions texts lie in the space of meanings, and which of them are nearest to another one's.

use serde::{Deserialize, Serialize};

/// What a part of 1 is as a byte. No part reaches a half in these spaces, so that all fit.
const FULL: f32 = 254.0;

/// Directions in bytes: a quarter of the memory, and near enough.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Directions {
    dimensions: usize,
    rows: Vec<i8>,
}

impl Directions {
    pub fn of<'a>(meanings: impl Iterator<Item = &'a [f32]>) -> Self {
        let mut directions = Self::default();
        for meaning in meanings {
            directions.dimensions = meaning.len();
            directions.rows.extend(direction(meaning));
        }
        directions
    }

    /// The nearest `count` texts, in no order: their numbers and cosines. None, if `meaning` has no direction.
    pub fn nearest(&self, meaning: &[f32], count: usize) -> Vec<(usize, f32)> {
        if self.rows.is_empty() || self.dimensions != meaning.len() || length(meaning) == 0.0 {
            return Vec::new();
        }
        let wanted: Vec<i8> = direction(meaning).collect();
        let rows = self.rows.chunks_exact(self.dimensions);
        let mut near: Vec<(usize, i32)> = rows.map(|row| dot(row, &wanted)).enumerate().collect();
        if near.len() > count && count > 0 {
            near.select_nth_unstable_by_key(count - 1, |(_, dot)| std::cmp::Reverse(*dot));
        }
        near.truncate(count);
        near.into_iter().map(|(number, dot)| (number, dot as f32 / (FULL * FULL))).collect()
    }

    /// Whether there are so many texts of so many dimensions: what was kept may be damaged.
    pub fn fits(&self, texts: usize, dimensions: usize) -> bool {
        self.rows.len() == texts * dimensions && (texts == 0 || self.dimensions == dimensions)
    }
}

fn length(meaning: &[f32]) -> f32 {
    meaning.iter().map(|part| part * part).sum::<f32>().sqrt()
}

fn direction(meaning: &[f32]) -> impl Iterator<Item = i8> {
    let scale = FULL / length(meaning).max(f32::MIN_POSITIVE);
    meaning.iter().map(move |part| (part * scale).round() as i8) // `as` keeps to the ends of i8
}

fn dot(row: &[i8], wanted: &[i8]) -> i32 {
    row.iter().zip(wanted).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_are_found_whatever_their_length() {
        let texts = [[1.0, 1.0, 1.0, 1.0], [0.1, -0.1, 0.1, -0.1], [2.0, 2.0, -2.0, -2.0]];
        let directions = Directions::of(texts.iter().map(<[f32; 4]>::as_slice));
        let near = directions.nearest(&[0.3, -0.3, 0.3, -0.3], 1);
        assert_eq!(near.len(), 1);
        assert!(near[0].0 == 1 && (near[0].1 - 1.0).abs() < 0.03, "{near:?}");
        assert_eq!(directions.nearest(&[1.0; 4], 9).len(), 3);
    }

    #[test]
    fn what_has_no_direction_is_near_to_nothing() {
        let directions = Directions::of([[1.0, 0.0].as_slice()].into_iter());
        assert!(directions.nearest(&[0.0, 0.0], 1).is_empty() && directions.nearest(&[1.0], 1).is_empty());
        assert!(Directions::default().nearest(&[1.0], 1).is_empty());
        assert!(directions.fits(1, 2) && !directions.fits(2, 2) && !directions.fits(1, 3));
    }
}
