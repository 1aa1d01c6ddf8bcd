//! The lights as they hang on the box: in sysfs where the kernel has them, else simulated.
//!
//! Who shows how provisioning goes holds the lock ([`Claim`]); who shows the usual state ([`Front`]) steps back meanwhile.

mod hardware;
mod simulated;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use embedded_hal::digital::{self, ErrorKind, OutputPin};
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

use crate::lights::{Light, Lights};
use hardware::SysfsLamp;
use simulated::SimulatedLamp;
pub use simulated::SimulatedLights;

/// Where the kernel has lights.
pub const LEDS: &str = "/sys/class/leds";
/// Held by who shows something else than the usual state.
pub const LOCK: &str = "/run/portaveu-lights.lock";

/// Why a light does not do what it should.
#[derive(Debug, thiserror::Error)]
pub enum LampError {
    #[error("the light's file {0} cannot be read: {1}")]
    Read(PathBuf, io::Error),
    #[error(
        "the light's file {0} cannot be written: {1}; udev lets the group portaveu write it (70-portaveu-board.rules)"
    )]
    Write(PathBuf, io::Error),
    #[error("the lock of the lights, {0}, cannot be taken: {1}")]
    Lock(PathBuf, io::Error),
}

impl digital::Error for LampError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

/// A light: a pin that is high or low and, which `OutputPin` does not know, can blink by itself.
///
/// Blinking is the kernel's, not a loop of ours that sets the pin: a program that hangs must not be seen in the lights as
/// another state, and a box has no reason to wake up four times a second. `StatefulOutputPin` is left out, since a light that
/// blinks is set neither high nor low.
pub trait Lamp: OutputPin<Error = LampError> + Send {
    fn blink(&mut self, on: Duration, off: Duration) -> Result<(), LampError>;

    /// What it does now; none where it blinks by no rhythm of ours.
    fn shines(&self) -> Result<Option<Light>, LampError>;
}

fn shine(lamp: &mut dyn Lamp, light: Light) -> Result<(), LampError> {
    match (light, light.rhythm()) {
        (_, Some((on, off))) => lamp.blink(on, off),
        (Light::Off, None) => lamp.set_low(),
        (_, None) => lamp.set_high(),
    }
}

/// Whether the lights show what they were told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    Shown,
    /// Somebody holds them; tell them again later.
    Claimed,
}

/// The four lights of the box.
pub struct Front {
    lamps: [Box<dyn Lamp>; 4],
    lock: PathBuf,
}

impl Front {
    /// The lights that are there ([`LEDS`], [`LOCK`]); those that are not are simulated, which is said once in the log.
    pub fn open(leds: &Path, lock: &Path) -> Result<Self, LampError> {
        let (simulated, _) = SimulatedLamp::front();
        let mut lamps = simulated.map(|lamp| Box::new(lamp) as Box<dyn Lamp>);
        let mut missing = Vec::new();
        for (lamp, name) in lamps.iter_mut().zip(Lights::NAMES) {
            match SysfsLamp::find(leds, name)? {
                Some(found) => *lamp = Box::new(found),
                None => missing.push(name),
            }
        }
        if !missing.is_empty() {
            tracing::info!("{} has no light for {}: simulated", leds.display(), missing.join(", "));
        }
        Ok(Self { lamps, lock: lock.to_owned() })
    }

    /// Lights that only a program can see.
    pub fn simulated(lock: &Path) -> (Self, SimulatedLights) {
        let (lamps, seen) = SimulatedLamp::front();
        (Self { lamps: lamps.map(|lamp| Box::new(lamp) as Box<dyn Lamp>), lock: lock.to_owned() }, seen)
    }

    /// Show the usual state, unless somebody holds the lights. What is shown already is left alone, so that nothing that
    /// blinks begins anew; what is shown is asked of the lights themselves, since others write them too.
    pub fn show(&mut self, lights: Lights) -> Result<Shown, LampError> {
        let _held = match File::open(&self.lock) {
            Ok(lock) => match Flock::lock(lock, FlockArg::LockExclusiveNonblock) {
                Ok(held) => Some(held),
                Err((_, Errno::EWOULDBLOCK)) => return Ok(Shown::Claimed),
                Err((_, error)) => return Err(LampError::Lock(self.lock.clone(), error.into())),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => None, // nobody ever held them
            Err(error) => return Err(LampError::Lock(self.lock.clone(), error)),
        };
        self.write(lights)?;
        Ok(Shown::Shown)
    }

    fn write(&mut self, lights: Lights) -> Result<(), LampError> {
        for (lamp, light) in self.lamps.iter_mut().zip(lights.in_order()) {
            if lamp.shines()? != Some(light) {
                shine(lamp.as_mut(), light)?;
            }
        }
        Ok(())
    }

    /// Hold the lights until the claim is dropped; waits while another one holds them.
    pub fn claim(self) -> Result<Claim, LampError> {
        let failed = |error| LampError::Lock(self.lock.clone(), error);
        let lock = File::options().create(true).append(true).open(&self.lock).map_err(failed)?;
        let held = Flock::lock(lock, FlockArg::LockExclusive).map_err(|(_, error)| failed(error.into()))?;
        Ok(Claim { front: self, _held: held })
    }
}

/// The lights, held: who shows the usual state steps back until this is dropped.
pub struct Claim {
    front: Front,
    _held: Flock<File>,
}

impl Claim {
    pub fn show(&mut self, lights: Lights) -> Result<(), LampError> {
        self.front.write(lights)
    }
}
