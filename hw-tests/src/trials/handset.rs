//! The handset's sound card, with a kernel that plays back what it is told to play.

use anyhow::{Context, Result, ensure};

use crate::bench::Bench;

/// What is said comes out of the loop's other end.
const CARD: &str = r#"</usr/share/alsa/alsa.conf>
pcm.loop { type asym playback.pcm "plughw:Loopback,0,0" capture.pcm "plughw:Loopback,1,0" }"#;
const SITE: &str = "/var/lib/portaveu-provision/current/portaveu.toml";

/// A technician's check of the line hears the whole tone come back, and tells after how long.
pub fn the_handset_hears_itself(bench: &mut Bench) -> Result<()> {
    bench.run("modprobe snd-aloop pcm_substreams=1")?;
    bench.run(&format!("printf '%s\\n' '{CARD}' >/run/loop.conf"))?;
    let said =
        bench.run(&format!("ALSA_CONFIG_PATH=/run/loop.conf portaveu talk --check --card loop --config {SITE}"))?;
    bench.run("rm /run/loop.conf")?;
    let told = |what: &str| said.lines().rfind(|line| line.starts_with(what)).context(said.clone());
    let (echo, delay) = (told("echo")?, told("delay")?);
    ensure!(echo.contains(": much") && delay.contains(" ms from saying to hearing"), "{said}");
    bench.note("a looped sound card", format!("{echo}; {delay}"));
    Ok(())
}
