//! The box: its lights, its button, its watchdog, its clock, its sensors and its updates. [`BoxState`] is the one declaration of
//! how the box is; lights, label, voice and panel are worked out from it.
//!
//! It must not know what a call is, nor make one wait; and nothing here decides with a clock of its own: time comes in as a value.

pub mod button;
pub mod clock;
mod front;
mod heartbeat;
pub mod label;
mod lights;
mod meaning;
mod sensors;
mod state;
pub mod updates;
mod walk;

pub use front::{Claim, Front, LEDS, LOCK, Lamp, LampError, Shown, SimulatedLights};
pub use heartbeat::{Alive, Heartbeat, Silent};
pub use lights::{Light, Lights};
pub use meaning::Meaning;
pub use sensors::{Thermometer, disk_condition, free_disk, heat_condition};
pub use state::{BoxState, Calls, Condition, Stage, UnknownState, Working};
pub use walk::walk;
