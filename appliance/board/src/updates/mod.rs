//! Updates: two systems on the disk, one of which runs while the other one is written. The trait is `embedded_svc`'s `Ota`, which
//! RAUC fits well: slots, the one to be booted, "this one is good". What does not fit is said in the README.
//!
//! It must not decide whether an update may be installed: RAUC verifies its signature, and the boot loader goes back by itself
//! from a system that was never said to be good.

mod hardware;
mod simulated;

use std::io;
use std::path::PathBuf;

use embedded_svc::io::{Error, ErrorKind};
use embedded_svc::ota::FirmwareInfo;

pub use hardware::Rauc;
pub use simulated::SimulatedUpdates;

/// Why an update, or a word on one, was not possible.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    #[error("rauc cannot be run: {0}")]
    NoRauc(io::Error),
    #[error("\"rauc {command}\" failed: {said}")]
    Refused { command: String, said: String },
    #[error("what rauc says of its slots is not understood: {0}")]
    NotUnderstood(serde_json::Error),
    #[error("rauc knows no slot that is {0}")]
    NoSlot(&'static str),
    #[error("the update's file {0} cannot be written: {1}")]
    Bundle(PathBuf, io::Error),
    #[error("another update is under way; wait until it is over")]
    UnderWay,
    #[error("the box could not be started again: {0}")]
    Reboot(String),
    #[error("a factory reset is not an update's business: use portaveu-provision")]
    FactoryReset,
}

impl Error for UpdateError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NoRauc(error) | Self::Bundle(_, error) => error.kind().into(),
            Self::NotUnderstood(_) => ErrorKind::InvalidData,
            Self::NoSlot(_) => ErrorKind::NotFound,
            Self::FactoryReset => ErrorKind::Unsupported,
            Self::Refused { .. } | Self::UnderWay | Self::Reboot(_) => ErrorKind::Other,
        }
    }
}

/// Whether an update is being written, by the mounts of this machine (/proc/self/mounts): RAUC mounts what it installs. No
/// D-Bus is needed for it, which the sandbox of `portaveu` does not have.
pub fn is_under_way(mounts: &str) -> bool {
    mounts.lines().filter_map(|mount| mount.split(' ').nth(1)).any(|place| place.ends_with("/rauc/bundle"))
}

/// `embedded_svc` has texts of a fixed length: what is longer is cut.
fn cut<Text: FromIterator<char>>(text: &str, longest: usize) -> Text {
    text[..text.floor_char_boundary(longest)].chars().collect()
}

fn firmware(version: &str, released: &str, description: Option<&str>) -> FirmwareInfo {
    FirmwareInfo {
        version: cut(version, 24),
        released: cut(released, 24),
        description: description.map(|description| cut(description, 128)),
        signature: None,
        download_id: None,
    }
}
