//! The box as it should be every day: it starts, answers, and stands as its unit files and the README say.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::bench::{Bench, PATIENCE, greeting};
use crate::phone::write_wav;

/// Measured and told, not a reason to fail: the machine that emulates the box may have other work.
const WANTED_S: u32 = 60;

/// From power on to the first call taken; and what the caller hears is the greeting.
pub fn starts_and_answers(bench: &mut Bench) -> Result<()> {
    let took = bench.restart()?;
    let wanted = format!("{:.1} s (wanted, on an idle machine: at most {WANTED_S})", took.as_secs_f32());
    bench.note("power on to the first call taken", wanted);
    let mut phone = bench.phone()?;
    let begin = Instant::now();
    ensure!(phone.call(&bench.uri(), PATIENCE)?, "a call is not taken");
    bench.note("a call to its 200 OK", format!("{} ms", begin.elapsed().as_millis()));
    let first = greeting(&mut phone, PATIENCE)?;
    bench.note("200 OK to a second of the greeting", format!("{} ms", first.as_millis()));
    phone.stays_up(Duration::from_secs(8))?;
    phone.hang_up()?;
    let recorded = tempfile::Builder::new().suffix(".wav").tempfile()?;
    write_wav(recorded.path(), phone.heard()?.into_iter())?;
    let words = recognised(recorded.path())?;
    // The fast voice, which speaks until the greeting is rendered, makes a riddle of the town's name.
    ensure!(words.contains("autom"), "the caller heard \"{words}\", which is not the greeting");
    let memory = bench.run("free -m | awk '/^Mem/ {print $3}'")?;
    bench.note("memory of everything, answering", format!("{memory} MB"));
    Ok(())
}

/// What was recorded, as this machine's own recogniser hears it.
fn recognised(wav: &Path) -> Result<String> {
    let program = std::env::current_exe()?.with_file_name("portaveu-speech");
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(
        || Path::new(&std::env::var_os("HOME").unwrap_or_default()).join(".cache"),
        std::path::PathBuf::from,
    );
    let heard = Command::new(program)
        .arg("--models")
        .arg(cache.join("portaveu/models"))
        .args(["hear", "--languages", "es,ca"])
        .arg(wav)
        .output()
        .context("portaveu-speech is not built")?;
    let line: serde_json::Value = serde_json::from_slice(&heard.stdout)
        .with_context(|| format!("portaveu-speech: {}", String::from_utf8_lossy(&heard.stderr)))?;
    Ok(line["heard"].as_str().unwrap_or_default().to_lowercase())
}

pub fn root_is_sealed(bench: &mut Bench) -> Result<()> {
    let root = bench.run("findmnt -no SOURCE,OPTIONS /")?;
    ensure!(root.starts_with("/dev/mapper/root ro"), "the root is {root}");
    bench.run("! touch /usr/x && ! mount -o remount,rw / && ! touch /usr/x")?;
    let table = bench.run("cat /sys/class/block/dm-*/dm/uuid")?;
    ensure!(table.contains("CRYPT-VERITY-"), "dm-verity does not check the root: {table}");
    let data = bench.run("findmnt -no SOURCE /var/lib")?;
    ensure!(data == "/dev/mapper/data", "data are on {data}");
    ensure!(table.contains("CRYPT-LUKS2-"), "data are not encrypted: {table}");
    bench.run("test -s /var/lib/portaveu/portaveu.redb -a -s /var/lib/portaveu-provision/store.key -a ! -e /var/lib/portaveu/portaveu.key")?;
    Ok(())
}
