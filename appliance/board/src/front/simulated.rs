//! Lights that nobody sees, for a workstation and for tests.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use embedded_hal::digital::{ErrorType, OutputPin};

use super::{Lamp, LampError};
use crate::lights::{Light, Lights};

type Shared = Arc<Mutex<[Option<Light>; 4]>>;

pub struct SimulatedLamp {
    lights: Shared,
    place: usize,
}

/// What simulated lights show.
pub struct SimulatedLights(Shared);

impl SimulatedLights {
    /// None while one of them blinks by no rhythm of ours.
    pub fn now(&self) -> Option<Lights> {
        let [power, line, call, fault] = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Some(Lights { power: power?, line: line?, call: call?, fault: fault? })
    }
}

impl SimulatedLamp {
    pub fn front() -> ([Self; 4], SimulatedLights) {
        let lights = Arc::new(Mutex::new([Some(Light::Off); 4]));
        ([0, 1, 2, 3].map(|place| Self { lights: lights.clone(), place }), SimulatedLights(lights))
    }

    fn set(&mut self, light: Option<Light>) -> Result<(), LampError> {
        self.lights.lock().unwrap_or_else(PoisonError::into_inner)[self.place] = light;
        Ok(())
    }
}

impl ErrorType for SimulatedLamp {
    type Error = LampError;
}

impl OutputPin for SimulatedLamp {
    fn set_low(&mut self) -> Result<(), LampError> {
        self.set(Some(Light::Off))
    }

    fn set_high(&mut self) -> Result<(), LampError> {
        self.set(Some(Light::On))
    }
}

impl Lamp for SimulatedLamp {
    fn blink(&mut self, on: Duration, off: Duration) -> Result<(), LampError> {
        self.set(Light::ALL.into_iter().find(|light| light.rhythm() == Some((on, off))))
    }

    fn shines(&self) -> Result<Option<Light>, LampError> {
        Ok(self.lights.lock().unwrap_or_else(PoisonError::into_inner)[self.place])
    }
}
