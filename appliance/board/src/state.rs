//! How the box is, whole, and which lights tell that.
//!
//! While it works each light speaks for itself: power shines or, while the box is updated, blinks fast. Whatever else the box
//! does, power blinks slowly, and the four lights are looked at together.

use std::str::FromStr;

use crate::lights::{Light, Lights};
use crate::meaning::Meaning;

/// How a part of the box is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    Good,
    /// Somebody should look, calls go on.
    Attention,
    Broken,
}

/// How much of the box is taken by calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Calls {
    None,
    Some,
    /// The next caller hears the busy tone.
    AllChannels,
}

impl Calls {
    pub fn of(calls: usize, channels: usize) -> Self {
        match calls {
            0 => Self::None,
            all if all >= channels => Self::AllChannels,
            _ => Self::Some,
        }
    }
}

/// How far a technician's stick is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Reading,
    Verifying,
    Applying,
    Done,
    Refused,
}

/// The box answers calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Working {
    /// `Attention`: some lines are down; `Broken`: all are.
    pub lines: Condition,
    pub calls: Calls,
    /// The worst of its other parts.
    pub parts: Condition,
    /// A new version is being written beside the one that runs.
    pub updating: bool,
}

/// How the box is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoxState {
    Starting,
    /// It has no site yet.
    NotProvisioned,
    Provisioning(Stage),
    Working(Working),
    /// Callers hear a stored sentence, and the emergency extension is rung.
    Safe,
}

/// A state that the box does not have.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "\"{0}\" is no state of the box; by name it has starting, not-provisioned, reading, verifying, applying, done, refused and safe"
)]
pub struct UnknownState(String);

impl BoxState {
    /// The states that have nothing to be counted: a program that runs for one of them alone shows it by name.
    const NAMED: [Self; 8] = [
        Self::Starting,
        Self::NotProvisioned,
        Self::Provisioning(Stage::Reading),
        Self::Provisioning(Stage::Verifying),
        Self::Provisioning(Stage::Applying),
        Self::Provisioning(Stage::Done),
        Self::Provisioning(Stage::Refused),
        Self::Safe,
    ];

    /// Every state there is.
    pub fn all() -> impl Iterator<Item = Self> {
        const CONDITIONS: [Condition; 3] = [Condition::Good, Condition::Attention, Condition::Broken];
        const CALLS: [Calls; 3] = [Calls::None, Calls::Some, Calls::AllChannels];
        let working = CONDITIONS.into_iter().flat_map(|lines| {
            CALLS.into_iter().flat_map(move |calls| {
                CONDITIONS.into_iter().flat_map(move |parts| {
                    [false, true].map(|updating| Self::Working(Working { lines, calls, parts, updating }))
                })
            })
        });
        Self::NAMED.into_iter().chain(working)
    }

    pub fn lights(self) -> Lights {
        use Light::{Fast, Off, On, Slow};
        let [power, line, call, fault] = match self {
            Self::Starting => [Slow, Off, Off, Off],
            Self::NotProvisioned => [Slow, Off, Off, Slow],
            Self::Provisioning(Stage::Reading) => [Slow, Slow, Off, Off],
            Self::Provisioning(Stage::Verifying) => [Slow, Fast, Off, Off],
            Self::Provisioning(Stage::Applying) => [Slow, On, Fast, Off],
            Self::Provisioning(Stage::Done) => [Slow, On, On, Off],
            Self::Provisioning(Stage::Refused) => [Slow, Off, Off, On],
            Self::Safe => [Slow, Off, Off, Fast],
            Self::Working(working) => return working.lights(),
        };
        Lights { power, line, call, fault }
    }

    /// What is to be said of it, the most important first.
    pub fn meanings(self) -> Vec<Meaning> {
        vec![match self {
            Self::Starting => Meaning::Starting,
            Self::NotProvisioned => Meaning::NotProvisioned,
            Self::Provisioning(Stage::Reading) => Meaning::Reading,
            Self::Provisioning(Stage::Verifying) => Meaning::Verifying,
            Self::Provisioning(Stage::Applying) => Meaning::Applying,
            Self::Provisioning(Stage::Done) => Meaning::Done,
            Self::Provisioning(Stage::Refused) => Meaning::Refused,
            Self::Safe => Meaning::Safe,
            Self::Working(working) => return working.meanings().into(),
        }]
    }
}

impl FromStr for BoxState {
    type Err = UnknownState;

    fn from_str(name: &str) -> Result<Self, UnknownState> {
        let is_named = |state: &Self| state.meanings().first().is_some_and(|meaning| meaning.name() == name);
        Self::NAMED.into_iter().find(is_named).ok_or_else(|| UnknownState(name.to_owned()))
    }
}

impl Working {
    fn lights(self) -> Lights {
        Lights {
            power: if self.updating { Light::Fast } else { Light::On },
            line: match self.lines {
                Condition::Good => Light::On,
                Condition::Attention => Light::Slow,
                Condition::Broken => Light::Fast,
            },
            call: match self.calls {
                Calls::None => Light::Off,
                Calls::Some => Light::On,
                Calls::AllChannels => Light::Fast,
            },
            fault: match self.parts {
                Condition::Good => Light::Off,
                Condition::Attention => Light::Slow,
                Condition::Broken => Light::On,
            },
        }
    }

    fn meanings(self) -> [Meaning; 4] {
        [
            if self.updating { Meaning::Updating } else { Meaning::Answers },
            match self.parts {
                Condition::Good => Meaning::NoFault,
                Condition::Attention => Meaning::LookAtPanel,
                Condition::Broken => Meaning::CallTechnician,
            },
            match self.lines {
                Condition::Good => Meaning::LinesUp,
                Condition::Attention => Meaning::SomeLinesDown,
                Condition::Broken => Meaning::LinesDown,
            },
            match self.calls {
                Calls::None => Meaning::NoCall,
                Calls::Some => Meaning::CallsGoingOn,
                Calls::AllChannels => Meaning::AllChannels,
            },
        ]
    }
}
