//! The kernel's clock, and what the box knows of how it is kept. There is no simulated one: [`super::judge`] takes values, and a
//! workstation's clock is not this program's to set.

use std::path::Path;

use jiff::Timestamp;
use nix::errno::Errno;
use nix::sys::time::TimeSpec;
use nix::time::{ClockId, clock_settime};

/// systemd-timesyncd makes this when it has set the clock by a server since boot. adjtimex(2), where `timedatectl` looks, has
/// no safe binding, and asking timedated wants D-Bus, which the program's sandbox does not have.
const SYNCHRONISED: &str = "run/systemd/timesync/synchronized";

#[derive(Debug, thiserror::Error)]
pub enum ClockError {
    #[error("the clock cannot be set to {to}: {error}; it wants CAP_SYS_TIME")]
    Set { to: Timestamp, error: Errno },
}

/// Whether NTP has set the clock since boot; `root` is `/`.
pub fn ntp_has_synchronised(root: &Path) -> bool {
    root.join(SYNCHRONISED).exists()
}

/// When this program was built: its file's time, which an image has from its sources.
pub fn built() -> Timestamp {
    let program = std::env::current_exe().and_then(std::fs::metadata).and_then(|file| file.modified());
    program.ok().and_then(|time| Timestamp::try_from(time).ok()).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Set the clock. The battery's is left as it is (only NTP has the kernel write it): at the next boot the PBX is asked again.
pub fn set(to: Timestamp) -> Result<(), ClockError> {
    let time = TimeSpec::new(to.as_second(), to.subsec_nanosecond().into());
    clock_settime(ClockId::CLOCK_REALTIME, time).map_err(|error| ClockError::Set { to, error })
}
