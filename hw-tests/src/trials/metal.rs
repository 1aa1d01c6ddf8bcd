//! What only a box of metal has.

use anyhow::{Result, ensure};

use crate::bench::Bench;

pub fn temperature_is_read(bench: &mut Bench) -> Result<()> {
    let hottest = bench.run("cat /sys/class/thermal/thermal_zone*/temp | sort -n | tail -1")?;
    let degrees: i32 = hottest.parse::<i32>()? / 1000;
    ensure!((5..95).contains(&degrees), "{degrees} degrees");
    bench.note("temperature", format!("{degrees} °C"));
    Ok(())
}

pub fn sound_card_is_there(bench: &mut Bench) -> Result<()> {
    let cards = bench.run("cat /proc/asound/cards")?;
    ensure!(!cards.contains("no soundcards"), "the handset has no card");
    Ok(())
}

pub fn e1_card_has_no_alarm(bench: &mut Bench) -> Result<()> {
    let span = bench.run("cat /proc/dahdi/1")?;
    ensure!(!["RED", "YELLOW", "BLUE", "NOTOPEN"].iter().any(|alarm| span.contains(alarm)), "{span}");
    Ok(())
}
