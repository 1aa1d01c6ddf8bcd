//! The four lights on the front of the box, and what each can do.

use std::fmt;
use std::time::Duration;

/// What a light does. Never its colour: who sees none tells the lights apart by place, name and rhythm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Light {
    Off,
    On,
    Slow,
    Fast,
}

impl Light {
    pub const ALL: [Self; 4] = [Self::Off, Self::On, Self::Slow, Self::Fast];

    /// How long it shines and how long it is dark, each time. Two flashes a second at most: nobody's eyes are harmed.
    pub fn rhythm(self) -> Option<(Duration, Duration)> {
        let half = match self {
            Self::Off | Self::On => return None,
            Self::Slow => Duration::from_millis(1000),
            Self::Fast => Duration::from_millis(250),
        };
        Some((half, half))
    }
}

impl fmt::Display for Light {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::Off => "off",
            Self::On => "on",
            Self::Slow => "slow",
            Self::Fast => "fast",
        })
    }
}

/// The four lights on its front, from left to right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lights {
    pub power: Light,
    pub line: Light,
    pub call: Light,
    pub fault: Light,
}

impl Lights {
    pub const NAMES: [&str; 4] = ["power", "line", "call", "fault"];
    pub const OFF: Self = Self { power: Light::Off, line: Light::Off, call: Light::Off, fault: Light::Off };

    pub fn in_order(self) -> [Light; 4] {
        [self.power, self.line, self.call, self.fault]
    }
}
