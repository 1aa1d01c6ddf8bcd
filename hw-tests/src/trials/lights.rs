//! What the lights say, read from the kernel as the box sets them: not what a program thinks that it shows.

use anyhow::{Context, Result, bail, ensure};

use crate::bench::{Bench, PATIENCE};

const LIGHTS: &str = "/sys/class/leds/portaveu:*:";

/// How a light is seen, as `appliance/board/README.md` calls it.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Off,
    On,
    Slow,
    Fast,
}

/// power, line, call, fault.
fn front(bench: &mut Bench) -> Result<[Seen; 4]> {
    let mut seen = Vec::new();
    for name in ["power", "line", "call", "fault"] {
        let files = bench.run(&format!("cd {LIGHTS}{name} && cat trigger delay_on delay_off"))?;
        seen.push(light(&files)?);
    }
    seen.try_into().ok().context("four lights")
}

fn light(files: &str) -> Result<Seen> {
    let mut lines = files.lines();
    ensure!(
        lines.next().is_some_and(|trigger| trigger.contains("[timer]")),
        "the light is not left to the kernel: {files}"
    );
    let mut delay = || lines.next().unwrap_or_default().trim().parse::<u32>().context(files.to_owned());
    Ok(match (delay()?, delay()?) {
        (0, _) => Seen::Off,
        (_, 0) => Seen::On,
        (1000, 1000) => Seen::Slow,
        (250, 250) => Seen::Fast,
        (on, off) => bail!("{on} ms on and {off} ms off are no light's meaning"),
    })
}

fn becomes(bench: &mut Bench, wanted: [Seen; 4], when: &str) -> Result<()> {
    let begin = std::time::Instant::now();
    loop {
        let seen = front(bench)?;
        if seen == wanted {
            return Ok(());
        }
        ensure!(begin.elapsed() < PATIENCE, "{when} the lights are {seen:?}, and not {wanted:?}");
    }
}

/// The states that the box itself can be brought into.
pub fn lights_tell_the_state(bench: &mut Bench) -> Result<()> {
    use Seen::{Fast, Off, On, Slow};
    let mut phone = bench.phone()?; // it is the trunk, too: without it the line is down
    becomes(bench, [On, On, Off, Off], "while nobody calls")?;
    ensure!(phone.call(&bench.uri(), PATIENCE)?, "a call is not taken");
    becomes(bench, [On, On, On, Off], "in a call")?;
    phone.hang_up()?;
    becomes(bench, [On, On, Off, Off], "after the call")?;
    bench.run("systemctl stop portaveu-speech")?;
    let without_ear = front_has(bench, 3, &[Slow, On]);
    bench.run("systemctl start portaveu-speech")?;
    without_ear?;
    becomes(bench, [On, On, Off, Off], "with its ear again")?;
    drop(phone);
    bench.run("systemctl stop portaveu; systemctl start portaveu-safe")?;
    let safe = becomes(bench, [Slow, Off, Off, Fast], "in the safe state");
    bench.run("systemctl start portaveu")?;
    safe?;
    bench.answers()
}

/// Waits until this light is one of those.
fn front_has(bench: &mut Bench, light: usize, wanted: &[Seen]) -> Result<()> {
    let begin = std::time::Instant::now();
    while !wanted.contains(&front(bench)?[light]) {
        ensure!(begin.elapsed() < PATIENCE, "the light {light} does not become one of {wanted:?}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_light_is_what_the_kernels_timer_makes_of_it() {
        assert_eq!(light("none [timer]\n1000\n1000").unwrap(), Seen::Slow);
        assert_eq!(light("none [timer]\n1\n0").unwrap(), Seen::On);
        assert_eq!(light("none [timer]\n0\n1000").unwrap(), Seen::Off);
        assert!(light("[none] timer\n0\n1").is_err() && light("[timer]\n3\n4").is_err());
    }
}
