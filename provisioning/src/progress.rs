//! What the box is doing with a stick, for its lights. Whoever shows it must not be able to hold it up.

use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The stick is read; it must stay where it is.
    Reading,
    /// All is on the box, and verified; the settings are tried.
    Checking,
    Updating,
    Switching,
    Restarting,
    Resetting,
    /// The receipt or the card is written; the stick must stay where it is.
    Writing,
    Done,
    Refused,
}

pub trait Progress {
    fn show(&mut self, stage: Stage);
}

/// Tells it on standard output, which is the box's log.
pub struct Told;

impl Progress for Told {
    fn show(&mut self, stage: Stage) {
        println!("stage   {stage}");
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reading => "reading the stick; leave it in",
            Self::Checking => "checking the settings",
            Self::Updating => "installing the update",
            Self::Switching => "changing to the new settings",
            Self::Restarting => "starting again",
            Self::Resetting => "going back to how it was unpacked",
            Self::Writing => "writing to the stick; leave it in",
            Self::Done => "done; the stick may be pulled out",
            Self::Refused => "refused; the stick may be pulled out",
        })
    }
}
