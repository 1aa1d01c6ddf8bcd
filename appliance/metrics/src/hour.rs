//! A full hour, UTC: nothing in a bundle is told more finely.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

const SECONDS: i64 = 3600;

/// A moment at minute 0; RFC 3339 in a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Timestamp", into = "Timestamp")]
pub struct Hour(Timestamp);

/// A moment within an hour where a full one is asked for.
#[derive(Debug, thiserror::Error)]
#[error("{0} is no full hour")]
pub struct NotFull(Timestamp);

impl Hour {
    /// The full hour at or before `moment`.
    pub fn of(moment: Timestamp) -> Self {
        let second = moment.as_second();
        Self(Timestamp::from_second(second - second.rem_euclid(SECONDS)).unwrap_or(Timestamp::MIN))
    }
}

impl TryFrom<Timestamp> for Hour {
    type Error = NotFull;

    fn try_from(moment: Timestamp) -> Result<Self, NotFull> {
        let hour = Self::of(moment);
        if hour.0 == moment { Ok(hour) } else { Err(NotFull(moment)) }
    }
}

impl From<Hour> for Timestamp {
    fn from(hour: Hour) -> Self {
        hour.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_belongs_to_the_hour_before_it() {
        let hour = Hour::of("2026-11-28T09:59:59.9Z".parse().unwrap());
        assert_eq!(serde_json::to_string(&hour).unwrap(), "\"2026-11-28T09:00:00Z\"");
        assert_eq!(Hour::of(hour.into()), hour);
    }

    #[test]
    fn a_moment_within_an_hour_cannot_be_read() {
        assert!(serde_json::from_str::<Hour>("\"2026-11-28T09:00:01Z\"").is_err());
    }
}
