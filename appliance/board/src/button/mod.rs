//! The button: a short press asks the box to say how it is, a long one puts it into safe mode.
//!
//! [`PressLength`] decides, with the time as a value; [`listen`] hears a contact out.

mod hardware;
mod simulated;

use std::time::{Duration, Instant};

use embedded_hal::digital::{self, ErrorKind, InputPin};

pub use hardware::GpioButton;
pub use simulated::{Finger, SimulatedButton};

/// Contacts bounce for some milliseconds; what lasts no longer than this is no press.
pub const SETTLE: Duration = Duration::from_millis(30);
/// From here on a press is a long one, and counts before it is let go.
pub const LONG: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Press {
    /// Say how the box is.
    Short,
    /// Go into safe mode.
    Long,
}

/// Why the button cannot be heard.
#[derive(Debug, thiserror::Error)]
#[error(
    "the button {name} cannot be read: {error}; udev gives the group portaveu the GPIO chips (70-portaveu-board.rules)"
)]
pub struct ButtonError {
    name: &'static str,
    error: gpiocdev::Error,
}

impl digital::Error for ButtonError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

/// A pin that is high while the button is pressed. `InputPin` has no way to wait for an edge (embedded-hal-async has, for
/// executors without an operating system), so that is here.
pub trait Contact: InputPin<Error = ButtonError> {
    /// Return when the contact changes or, at the latest, after this time.
    fn wait(&mut self, at_most: Option<Duration>) -> Result<(), ButtonError>;
}

/// How long a button is pressed, bounces left out.
#[derive(Clone, Debug)]
pub struct PressLength {
    closed: bool,
    /// Since when the contact is as it is.
    since: Duration,
    press: Pressed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pressed {
    No,
    Since(Duration),
    /// What there is to tell of this press has been told.
    Told,
}

impl PressLength {
    /// A button that is pressed from the beginning is stuck: it counts when it has been let go once.
    pub fn new(closed: bool, now: Duration) -> Self {
        Self { closed, since: now, press: if closed { Pressed::Told } else { Pressed::No } }
    }

    /// The contact is like this at this time.
    pub fn step(&mut self, closed: bool, now: Duration) -> Option<Press> {
        let press = self.settle(now);
        if closed != self.closed {
            (self.closed, self.since) = (closed, now);
        }
        press
    }

    /// When there may be something to tell though the contact does not change.
    pub fn wake(&self) -> Option<Duration> {
        match (self.closed, self.press) {
            (true, Pressed::No) | (false, Pressed::Since(_) | Pressed::Told) => Some(self.since + SETTLE),
            (true, Pressed::Since(begin)) => Some(begin + LONG),
            (true, Pressed::Told) | (false, Pressed::No) => None,
        }
    }

    /// Take what the contact has been until now for real, if it was that for long enough.
    fn settle(&mut self, now: Duration) -> Option<Press> {
        if now.saturating_sub(self.since) < SETTLE {
            return None;
        }
        if self.closed && self.press == Pressed::No {
            self.press = Pressed::Since(self.since);
        }
        let Pressed::Since(begin) = self.press else {
            if !self.closed {
                self.press = Pressed::No;
            }
            return None;
        };
        let until = if self.closed { now } else { self.since };
        let is_long = until.saturating_sub(begin) >= LONG;
        self.press = match (self.closed, is_long) {
            (true, true) => Pressed::Told,
            (true, false) => return None,
            (false, _) => Pressed::No,
        };
        Some(if is_long { Press::Long } else { Press::Short })
    }
}

/// Hear this button out, for good; returns when it cannot be read.
pub fn listen(contact: &mut impl Contact, mut pressed: impl FnMut(Press)) -> Result<(), ButtonError> {
    let begin = Instant::now();
    let mut length = PressLength::new(contact.is_high()?, Duration::ZERO);
    loop {
        contact.wait(length.wake().map(|wake| wake.saturating_sub(begin.elapsed())))?;
        if let Some(press) = length.step(contact.is_high()?, begin.elapsed()) {
            pressed(press);
        }
    }
}
