//! A light as the kernel has it: a folder below /sys/class/leds, whose `timer` trigger it is left to. With that trigger alone
//! everything can be shown: no time dark is on, no time lit is off. `brightness` is never written, since writing a zero there
//! takes the trigger away, and with it the files that udev has let us write.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use embedded_hal::digital::{ErrorType, OutputPin};

use super::{Lamp, LampError};
use crate::lights::Light;

/// The time that counts while the other one is none.
const ANY: Duration = Duration::from_millis(1000);

pub struct SysfsLamp {
    folder: PathBuf,
}

impl SysfsLamp {
    /// The light `portaveu:<any colour>:<name>`.
    pub fn find(leds: &Path, name: &str) -> Result<Option<Self>, LampError> {
        let folders = match fs::read_dir(leds) {
            Ok(folders) => folders,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(LampError::Read(leds.to_owned(), error)),
        };
        let is_it = |folder: &fs::DirEntry| {
            let folder = folder.file_name();
            let mut parts = folder.to_str().unwrap_or_default().split(':');
            parts.next() == Some("portaveu") && parts.nth(1) == Some(name) && parts.next().is_none()
        };
        let Some(folder) = folders.flatten().find(is_it) else { return Ok(None) };
        let lamp = Self { folder: folder.path() };
        lamp.leave_to_the_timer()?;
        Ok(Some(lamp))
    }

    fn leave_to_the_timer(&self) -> Result<(), LampError> {
        let path = self.folder.join("trigger");
        let triggers = fs::read_to_string(&path).map_err(|error| LampError::Read(path.clone(), error))?;
        if triggers.contains("[timer]") {
            return Ok(());
        }
        fs::write(&path, "timer").map_err(|error| LampError::Write(path, error))
    }

    fn write(&self, name: &str, time: Duration) -> Result<(), LampError> {
        let path = self.folder.join(name);
        fs::write(&path, time.as_millis().to_string()).map_err(|error| LampError::Write(path, error))
    }

    fn read(&self, name: &str) -> Result<Duration, LampError> {
        let path = self.folder.join(name);
        let number = |text: String| text.trim().parse().map_err(io::Error::other);
        let time = fs::read_to_string(&path).and_then(number);
        time.map(Duration::from_millis).map_err(|error| LampError::Read(path, error))
    }
}

impl ErrorType for SysfsLamp {
    type Error = LampError;
}

/// The order matters: were both times none for a moment, the kernel would make it a second of its own choice.
impl OutputPin for SysfsLamp {
    fn set_low(&mut self) -> Result<(), LampError> {
        self.write("delay_off", ANY)?;
        self.write("delay_on", Duration::ZERO)
    }

    fn set_high(&mut self) -> Result<(), LampError> {
        self.write("delay_on", ANY)?;
        self.write("delay_off", Duration::ZERO)
    }
}

impl Lamp for SysfsLamp {
    fn blink(&mut self, on: Duration, off: Duration) -> Result<(), LampError> {
        self.write("delay_on", on)?;
        self.write("delay_off", off)
    }

    fn shines(&self) -> Result<Option<Light>, LampError> {
        let (on, off) = (self.read("delay_on")?, self.read("delay_off")?);
        Ok(match (on.is_zero(), off.is_zero()) {
            (true, true) => None,
            (true, false) => Some(Light::Off),
            (false, true) => Some(Light::On),
            (false, false) => Light::ALL.into_iter().find(|light| light.rhythm() == Some((on, off))),
        })
    }
}
