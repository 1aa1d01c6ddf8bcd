//! Temperature and disk, by files as the kernel has them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

use std::fs;
use std::path::Path;
use std::process::Command;

use portaveu_board::{Condition, Thermometer, disk_condition, free_disk, heat_condition};

fn sensor(classes: &Path, file: &str, text: &str) {
    let file = classes.join(file);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

#[test]
fn the_warmest_part_counts_and_inputs_without_a_sensor_do_not() {
    let classes = tempfile::tempdir().unwrap();
    let thermometer = Thermometer::at(classes.path());
    assert_eq!(thermometer.warmest(), None);
    sensor(classes.path(), "thermal/thermal_zone0/temp", "47000\n");
    assert_eq!(thermometer.warmest(), Some(47.0));
    sensor(classes.path(), "hwmon/hwmon0/temp1_input", "61500\n");
    sensor(classes.path(), "hwmon/hwmon0/temp1_crit", "105000\n");
    sensor(classes.path(), "hwmon/hwmon0/fan1_input", "99000\n");
    sensor(classes.path(), "hwmon/hwmon0/temp2_input", "127500\n");
    sensor(classes.path(), "hwmon/hwmon0/temp3_input", "no sensor\n");
    assert_eq!(thermometer.warmest(), Some(61.5));
}

#[test]
fn a_box_is_warm_then_hot_and_one_without_sensors_is_neither() {
    use Condition::{Attention, Broken, Good};
    for (degrees, condition) in [(None, Good), (Some(80.0), Good), (Some(80.5), Attention), (Some(95.5), Broken)] {
        assert_eq!(heat_condition(degrees), condition, "{degrees:?}");
    }
}

#[test]
fn a_disk_has_little_room_then_none() {
    use Condition::{Attention, Broken, Good};
    for (free, condition) in
        [(2 << 30, Good), ((2 << 30) - 1, Attention), (200 << 20, Attention), ((200 << 20) - 1, Broken)]
    {
        assert_eq!(disk_condition(free), condition, "{free}");
    }
}

/// What `df` says, to a tenth: other programs write meanwhile.
#[test]
fn free_disk_is_what_df_says() {
    let folder = tempfile::tempdir().unwrap();
    let df = Command::new("df").args(["--output=avail", "-B1"]).arg(folder.path()).output().unwrap();
    let df: u64 = String::from_utf8(df.stdout).unwrap().lines().nth(1).unwrap().trim().parse().unwrap();
    let free = free_disk(folder.path()).unwrap();
    assert!(free.abs_diff(df) < df / 10, "{free} and {df}");
    assert!(free_disk(&folder.path().join("nothing")).is_err());
}
