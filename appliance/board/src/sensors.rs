//! How warm the box is and how much room its disk has. There is nothing to simulate: both are files that are read, and a test
//! gives other ones.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::state::Condition;

/// Less free disk than this is worth a look, and less than that is broken.
const LITTLE_DISK: u64 = 2 << 30;
const NO_DISK: u64 = 200 << 20;
const WARM_C: f64 = 80.0;
const HOT_C: f64 = 95.0;
/// A chip that tells something else has no sensor at that input.
const BELIEVABLE_C: std::ops::RangeInclusive<f64> = -40.0..=125.0;

/// Reads the kernel's thermal zones and the sensors of its hardware monitors.
pub struct Thermometer {
    classes: PathBuf,
}

impl Default for Thermometer {
    fn default() -> Self {
        Self::at(Path::new("/sys/class"))
    }
}

impl Thermometer {
    pub fn at(classes: &Path) -> Self {
        Self { classes: classes.to_owned() }
    }

    /// The warmest part that the kernel tells of, in degrees Celsius; none where it tells of none.
    pub fn warmest(&self) -> Option<f64> {
        let zones = entries(&self.classes.join("thermal")).map(|zone| zone.join("temp"));
        let chips = entries(&self.classes.join("hwmon")).flat_map(|chip| entries(&chip).filter(|file| is_input(file)));
        zones.chain(chips).filter_map(|file| degrees(&file)).max_by(f64::total_cmp)
    }
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
}

fn is_input(file: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.starts_with("temp") && name.ends_with("_input")
}

fn degrees(file: &Path) -> Option<f64> {
    let thousandths: f64 = fs::read_to_string(file).ok()?.trim().parse().ok()?;
    Some(thousandths / 1000.0).filter(|degrees| BELIEVABLE_C.contains(degrees))
}

/// A machine that tells no temperature is not said to be hot.
pub fn heat_condition(warmest: Option<f64>) -> Condition {
    match warmest {
        Some(degrees) if degrees > HOT_C => Condition::Broken,
        Some(degrees) if degrees > WARM_C => Condition::Attention,
        _ => Condition::Good,
    }
}

/// Bytes that may still be written where this folder is.
pub fn free_disk(folder: &Path) -> io::Result<u64> {
    let disk = nix::sys::statvfs::statvfs(folder)?;
    Ok(disk.blocks_available() * disk.fragment_size())
}

pub fn disk_condition(free: u64) -> Condition {
    match free {
        free if free < NO_DISK => Condition::Broken,
        free if free < LITTLE_DISK => Condition::Attention,
        _ => Condition::Good,
    }
}
