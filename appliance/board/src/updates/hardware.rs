//! Updates by RAUC's command line, which speaks to its service over D-Bus.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use embedded_svc::io::{ErrorType, Write};
use embedded_svc::ota::{Ota, OtaUpdate, OtaUpdateFinished, Slot, SlotState};
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use serde::Deserialize;

use super::{UpdateError, cut, firmware};

/// RAUC, which knows the slots of this box.
pub struct Rauc {
    /// Where an update is written while it comes in; on the data partition, since root is read-only and small.
    incoming: PathBuf,
}

impl Rauc {
    pub fn new(incoming: &Path) -> Self {
        Self { incoming: incoming.to_owned() }
    }

    fn status(&self) -> Result<Status, UpdateError> {
        let said = rauc(&["status", "--detailed", "--output-format=json"])?;
        serde_json::from_str(&said).map_err(UpdateError::NotUnderstood)
    }

    fn slot(&self, which: &'static str, is: impl Fn(&Status, &str, &RaucSlot) -> bool) -> Result<Slot, UpdateError> {
        let status = self.status()?;
        let mut slots = status.slots.iter().flatten();
        let found = slots.find(|(name, slot)| slot.bootname.is_some() && is(&status, name, slot));
        found.map(|(name, slot)| slot.told(name)).ok_or(UpdateError::NoSlot(which))
    }
}

/// What `rauc` prints; an error holds its reason, else its last sentence.
fn rauc(arguments: &[&str]) -> Result<String, UpdateError> {
    let output = Command::new("rauc").args(arguments).output().map_err(UpdateError::NoRauc)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    let reason = said.lines().find_map(|line| line.strip_prefix("LastError: "));
    let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
    Err(UpdateError::Refused { command: arguments.join(" "), said: reason.unwrap_or(last).to_owned() })
}

/// What `rauc status` tells, as far as it is asked.
#[derive(Deserialize)]
struct Status {
    /// The slot that is booted next.
    boot_primary: Option<String>,
    slots: Vec<BTreeMap<String, RaucSlot>>,
}

#[derive(Deserialize)]
struct RaucSlot {
    bootname: Option<String>,
    state: String,
    boot_status: Option<String>,
    #[serde(default)]
    slot_status: SlotStatus,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SlotStatus {
    bundle: Bundle,
    installed: Option<Installed>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Bundle {
    version: Option<String>,
    description: Option<String>,
}

#[derive(Deserialize)]
struct Installed {
    timestamp: String,
}

impl RaucSlot {
    fn told(&self, name: &str) -> Slot {
        let SlotStatus { bundle, installed } = &self.slot_status;
        let released = installed.as_ref().map_or("", |installed| &installed.timestamp);
        let firmware = bundle.version.as_ref().map(|v| firmware(v, released, bundle.description.as_deref()));
        let state = match (self.boot_status.as_deref(), &firmware) {
            (Some("good"), None) => SlotState::Factory,
            (Some("good"), Some(_)) => SlotState::Valid,
            (Some("bad"), _) => SlotState::Invalid,
            _ => SlotState::Unknown,
        };
        Slot { label: cut(name, 32), state, firmware }
    }
}

impl ErrorType for Rauc {
    type Error = UpdateError;
}

impl Ota for Rauc {
    type Update<'a> = Incoming;

    fn get_boot_slot(&self) -> Result<Slot, UpdateError> {
        self.slot("booted next", |status, name, _| status.boot_primary.as_deref() == Some(name))
    }

    fn get_running_slot(&self) -> Result<Slot, UpdateError> {
        self.slot("running", |_, _, slot| slot.state == "booted")
    }

    fn get_update_slot(&self) -> Result<Slot, UpdateError> {
        self.slot("free for an update", |_, _, slot| slot.state == "inactive")
    }

    fn is_factory_reset_supported(&self) -> Result<bool, UpdateError> {
        Ok(false)
    }

    fn factory_reset(&mut self) -> Result<(), UpdateError> {
        Err(UpdateError::FactoryReset)
    }

    fn initiate_update(&mut self) -> Result<Incoming, UpdateError> {
        let path = self.incoming.join("update.raucb");
        let failed = |error| UpdateError::Bundle(path.clone(), error);
        // The folder is what is locked: RAUC takes no bundle that anybody has open, and a lock is gone with its holder.
        let folder = File::open(&self.incoming).map_err(failed)?;
        let alone = Flock::lock(folder, FlockArg::LockExclusiveNonblock).map_err(|(_, error)| match error {
            Errno::EWOULDBLOCK => UpdateError::UnderWay,
            error => failed(error.into()),
        })?;
        let file = File::create(&path).map_err(failed)?;
        Ok(Incoming { file, bundle: BundleFile { path, _alone: alone } })
    }

    fn mark_running_slot_valid(&mut self) -> Result<(), UpdateError> {
        rauc(&["status", "mark-good", "booted"]).map(drop)
    }

    fn mark_running_slot_invalid_and_reboot(&mut self) -> UpdateError {
        if let Err(error) = rauc(&["status", "mark-bad", "booted"]) {
            return error;
        }
        match Command::new("systemctl").arg("reboot").output() {
            Ok(output) if output.status.success() => loop {
                std::thread::park(); // until systemd ends the program
            },
            Ok(output) => UpdateError::Reboot(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
            Err(error) => UpdateError::Reboot(error.to_string()),
        }
    }
}

/// The update's file, which is gone when this is.
struct BundleFile {
    path: PathBuf,
    _alone: Flock<File>,
}

impl BundleFile {
    fn failed(&self, error: io::Error) -> UpdateError {
        UpdateError::Bundle(self.path.clone(), error)
    }
}

impl Drop for BundleFile {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::error!("{} is left behind: {error}", self.path.display());
        }
    }
}

/// An update that comes in. Dropped, it is as if nothing had come.
pub struct Incoming {
    file: File,
    bundle: BundleFile,
}

impl ErrorType for Incoming {
    type Error = UpdateError;
}

impl Write for Incoming {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, UpdateError> {
        self.file.write(bytes).map_err(|error| self.bundle.failed(error))
    }

    fn flush(&mut self) -> Result<(), UpdateError> {
        self.file.sync_all().map_err(|error| self.bundle.failed(error))
    }
}

impl OtaUpdate for Incoming {
    type OtaUpdateFinished = Whole;

    fn finish(mut self) -> Result<Whole, UpdateError> {
        self.flush()?;
        Ok(Whole(self.bundle))
    }

    fn complete(self) -> Result<(), UpdateError> {
        self.finish()?.activate()
    }

    fn abort(self) -> Result<(), UpdateError> {
        Ok(())
    }
}

/// An update that has come in whole; RAUC has not looked at it yet.
pub struct Whole(BundleFile);

impl ErrorType for Whole {
    type Error = UpdateError;
}

impl OtaUpdateFinished for Whole {
    /// RAUC verifies it, writes it into the free slot and has that booted next, all in one.
    fn activate(self) -> Result<(), UpdateError> {
        rauc(&["install", &self.0.path.to_string_lossy()]).map(drop)
    }
}
