//! A new version on a stick: it is started, a bad one is left again, and the plug may be pulled at any moment.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::bench::{Bench, PATIENCE};

/// Writing a gigabyte under emulation.
const WRITING: Duration = Duration::from_secs(900);
const CUTS: u32 = 20;

/// The version that runs, as its boot partition names it.
fn version(bench: &mut Bench) -> Result<String> {
    bench.run("tr ' ' '\\n' < /proc/cmdline | sed -n 's/^portaveu.version=//p'")
}

fn slot(bench: &mut Bench) -> Result<String> {
    bench.run("tr ' ' '\\n' < /proc/cmdline | sed -n 's/^rauc.slot=//p'")
}

fn plug(bench: &mut Bench, stick: &str) -> Result<()> {
    let stick = bench.made(stick)?;
    ensure!(stick.exists(), "{}: make it with `make rehearsal-bundles`", stick.display());
    bench.machine()?.plug(&stick)?;
    bench.until("mkdir -p /run/stick; mount -o ro LABEL=UPDATE /run/stick")?;
    Ok(())
}

fn unplug(bench: &mut Bench) -> Result<()> {
    bench.run("umount /run/stick")?;
    bench.machine()?.unplug()
}

fn install(bench: &mut Bench) -> Result<()> {
    let answer = bench.console()?.try_run("rauc install /run/stick/bundle.raucb", WRITING)?;
    ensure!(answer.status == 0, "rauc: {}", answer.text);
    Ok(())
}

/// Start what RAUC chose, and wait until that answers.
fn reboot(bench: &mut Bench) -> Result<()> {
    bench.console()?.send("systemctl reboot")?;
    bench.console()?.wait_for("Portaveu: slot", PATIENCE)?;
    bench.console()?.log_in(PATIENCE)?;
    bench.answers()
}

pub fn an_update_installs(bench: &mut Bench) -> Result<()> {
    let (before, old) = (slot(bench)?, version(bench)?);
    plug(bench, "update.img")?;
    let begin = Instant::now();
    install(bench)?;
    bench.note("writing an update", format!("{} s", begin.elapsed().as_secs()));
    unplug(bench)?;
    ensure!(bench.answers().is_ok(), "the box did not answer after the writing");
    reboot(bench)?;
    ensure!(slot(bench)? != before && version(bench)? != old, "the new version was not started");
    bench.until("systemctl is-active portaveu-mark-good")?;
    Ok(())
}

/// Its portaveu ends at once: the box goes back by itself.
pub fn a_bad_update_rolls_back(bench: &mut Bench) -> Result<()> {
    let (before, old) = (slot(bench)?, version(bench)?);
    plug(bench, "bad.img")?;
    install(bench)?;
    unplug(bench)?;
    let bad = if before == "A" { "B" } else { "A" };
    bench.console()?.send("systemctl reboot")?;
    bench.console()?.wait_for(&format!("Portaveu: slot {bad}"), PATIENCE)?;
    bench.console()?.wait_for(&format!("Portaveu: slot {before}"), WRITING)?;
    bench.console()?.log_in(PATIENCE)?;
    bench.answers()?;
    ensure!(slot(bench)? == before && version(bench)? == old, "the old version is not back");
    Ok(())
}

/// The plug is pulled again and again while a version is written: the box answers, by the old or the new one.
pub fn power_cuts_during_updates(bench: &mut Bench) -> Result<()> {
    plug(bench, "update.img")?;
    let begin = Instant::now();
    install(bench)?;
    let whole = begin.elapsed();
    let mut came_back = Vec::new();
    for cut in 0..CUTS {
        bench.restart()?;
        came_back.push(slot(bench)?);
        plug(bench, "update.img")?;
        bench.console()?.send("rauc install /run/stick/bundle.raucb")?;
        // From the first moment to beyond the last, so that the change of the boot order is met too.
        std::thread::sleep(whole * (cut + 1) * 21 / (CUTS * 20));
    }
    bench.restart()?;
    bench.note("slots after power cuts during updates", came_back.join(" "));
    Ok(())
}
