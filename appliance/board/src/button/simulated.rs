//! A button without a box, for a workstation and for tests.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use embedded_hal::digital::{ErrorType, InputPin};

use super::{ButtonError, Contact};

#[derive(Default)]
struct Shared {
    /// Whether it is pressed, and whether that changed since it was waited for.
    state: Mutex<(bool, bool)>,
    changed: Condvar,
}

/// What presses it.
#[derive(Clone)]
pub struct Finger(Arc<Shared>);

pub struct SimulatedButton(Arc<Shared>);

impl SimulatedButton {
    pub fn new() -> (Self, Finger) {
        let shared = Arc::<Shared>::default();
        (Self(shared.clone()), Finger(shared))
    }

    fn closed(&self) -> bool {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner).0
    }
}

impl Finger {
    pub fn press(&self) {
        self.set(true);
    }

    pub fn let_go(&self) {
        self.set(false);
    }

    fn set(&self, closed: bool) {
        *self.0.state.lock().unwrap_or_else(PoisonError::into_inner) = (closed, true);
        self.0.changed.notify_all();
    }
}

impl ErrorType for SimulatedButton {
    type Error = ButtonError;
}

impl InputPin for SimulatedButton {
    fn is_high(&mut self) -> Result<bool, ButtonError> {
        Ok(self.closed())
    }

    fn is_low(&mut self) -> Result<bool, ButtonError> {
        Ok(!self.closed())
    }
}

impl Contact for SimulatedButton {
    fn wait(&mut self, at_most: Option<Duration>) -> Result<(), ButtonError> {
        let state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        let still = |state: &mut (bool, bool)| !state.1;
        let mut state = match at_most {
            Some(time) => {
                self.0.changed.wait_timeout_while(state, time, still).unwrap_or_else(PoisonError::into_inner).0
            }
            None => self.0.changed.wait_while(state, still).unwrap_or_else(PoisonError::into_inner),
        };
        state.1 = false;
        Ok(())
    }
}
