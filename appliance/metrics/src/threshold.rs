//! `k`: the fewest calls that a cell may show.

use serde::{Deserialize, Serialize};

/// With 2, two hidden cells that add up to 2 would be known to be one call each.
const LOWEST: u32 = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Threshold(u32);

#[derive(Debug, thiserror::Error)]
#[error("k is {0}; it must be at least {LOWEST}, or a count could tell of one caller")]
pub struct TooLow(u32);

impl Threshold {
    pub fn get(self) -> u32 {
        self.0
    }

    /// Whether `calls` may be shown.
    pub fn allows(self, calls: u32) -> bool {
        calls == 0 || calls >= self.0
    }
}

impl Default for Threshold {
    fn default() -> Self {
        Self(5)
    }
}

impl TryFrom<u32> for Threshold {
    type Error = TooLow;

    fn try_from(k: u32) -> Result<Self, TooLow> {
        if k >= LOWEST { Ok(Self(k)) } else { Err(TooLow(k)) }
    }
}

impl From<Threshold> for u32 {
    fn from(k: Threshold) -> Self {
        k.0
    }
}
