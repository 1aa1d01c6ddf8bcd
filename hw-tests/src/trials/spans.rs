//! Two E1 spans, joined by the kernel: libpri's network side is the exchange, and calls the box on all channels at once.

use anyhow::{Result, ensure};

use crate::bench::{Bench, PATIENCE};

const CALLS: u32 = 30;
/// Of the second span.
const FIRST: u32 = 32;
const SITE: &str = "/var/lib/portaveu-provision/current";

pub fn thirty_calls_by_e1(bench: &mut Bench) -> Result<()> {
    bench.run("modprobe -a dahdi dahdi_dynamic dahdi_dynamic_loc")?;
    // What a stick brings besides; portaveu-spans sets the lines up when portaveu is started.
    bench.run(&format!(
        "cd {SITE} && cp /usr/share/portaveu/joined-spans.conf dahdi.conf && cp -p portaveu.toml kept.toml"
    ))?;
    // As a stick's settings are tried.
    bench.run(&format!("dahdi_cfg -t -c {SITE}/dahdi.conf"))?;
    bench
        .run(&format!("sed 's/^dchan/dcham/' {SITE}/dahdi.conf > /run/mistyped && ! dahdi_cfg -t -c /run/mistyped"))?;
    bench.run(&format!("printf '[[pri]]\\nspan = 1\\n' >> {SITE}/portaveu.toml"))?;
    let placed = restarted(bench).and_then(|()| {
        let command = format!("/usr/lib/portaveu/rehearsal-exchange {FIRST} {CALLS}");
        bench.console()?.try_run(&command, PATIENCE * 4)
    });
    bench.run(&format!("cd {SITE} && mv kept.toml portaveu.toml && rm dahdi.conf"))?;
    restarted(bench)?;
    let placed = placed?;
    ensure!(placed.status == 0, "{}", placed.text);
    bench.note("thirty calls by E1", placed.text);
    bench.answers()
}

fn restarted(bench: &mut Bench) -> Result<()> {
    bench.run("systemctl restart portaveu")?;
    bench.answers()
}
