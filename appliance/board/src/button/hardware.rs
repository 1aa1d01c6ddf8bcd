//! The button as a GPIO line, found by its name, which the board's device tree (`gpio-line-names`) or gpio-sim gives it.
//!
//! A line and no input device, since a box without a device tree can have one too, on a USB or Super-I/O chip, and the rehearsal
//! image's gpio-sim is one: one code for all. `gpiocdev` speaks the kernel's present interface (v2) in Rust alone, is kept by a
//! maintainer of libgpiod, and brings nothing along but bindings.

use std::time::Duration;

use embedded_hal::digital::{ErrorType, InputPin};
use gpiocdev::Request;
use gpiocdev::line::{EdgeDetection, Value};

use super::{ButtonError, Contact};

/// As schematics have it: a name that ends in `-n` is of a line that is low while the button is pressed.
const PRESSED_HIGH: &str = "portaveu-button";
const PRESSED_LOW: &str = "portaveu-button-n";
/// `gpiocdev` knows no wait without an end.
const LONG_WAIT: Duration = Duration::from_secs(3600);

pub struct GpioButton {
    name: &'static str,
    request: Request,
}

impl GpioButton {
    /// None where no line has the button's name.
    pub fn find() -> Result<Option<Self>, ButtonError> {
        let found = [PRESSED_HIGH, PRESSED_LOW].map(|name| gpiocdev::find_named_line(name).map(|line| (name, line)));
        let Some((name, line)) = found.into_iter().flatten().next() else { return Ok(None) };
        let mut builder = Request::builder();
        builder.with_consumer("portaveu").with_found_line(&line).as_input();
        if name == PRESSED_LOW {
            builder.as_active_low();
        }
        builder.with_edge_detection(EdgeDetection::BothEdges);
        builder.request().map(|request| Some(Self { name, request })).map_err(|error| ButtonError { name, error })
    }

    fn closed(&self) -> Result<bool, ButtonError> {
        let value = self.request.lone_value().map_err(|error| self.failed(error))?;
        Ok(value == Value::Active)
    }

    fn failed(&self, error: gpiocdev::Error) -> ButtonError {
        ButtonError { name: self.name, error }
    }
}

impl ErrorType for GpioButton {
    type Error = ButtonError;
}

impl InputPin for GpioButton {
    fn is_high(&mut self) -> Result<bool, ButtonError> {
        self.closed()
    }

    fn is_low(&mut self) -> Result<bool, ButtonError> {
        self.closed().map(|closed| !closed)
    }
}

impl Contact for GpioButton {
    fn wait(&mut self, at_most: Option<Duration>) -> Result<(), ButtonError> {
        let changed = self.request.wait_edge_event(at_most.unwrap_or(LONG_WAIT));
        if changed.map_err(|error| self.failed(error))? {
            self.request.read_edge_event().map_err(|error| self.failed(error))?;
        }
        Ok(())
    }
}
