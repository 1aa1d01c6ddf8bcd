//! What the kernel lets the programs do, and what can be seen of the box from outside.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::bench::Bench;

const README: &str = include_str!("../../../README.md");
/// An address that is not the PBX's, not the council's, and here this machine's own.
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 9);
const PORT: u16 = 4321;

/// What listens is what the README's table says, and nothing else.
pub fn listens_as_documented(bench: &mut Bench) -> Result<()> {
    let listed = bench.run("ss -Hlntup | cat")?;
    let found: BTreeSet<String> = listed.lines().filter_map(listener).collect();
    let documented: BTreeSet<String> = documented().map(str::to_owned).collect();
    ensure!(!documented.is_empty(), "the README has no table of what listens");
    ensure!(found == documented, "listening: {found:?}; in the README: {documented:?}\n{listed}");
    Ok(())
}

/// "5060/udp portaveu", of a line of ss.
fn listener(line: &str) -> Option<String> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let (_, port) = fields.get(4)?.rsplit_once(':')?;
    let program = line.split('"').nth(1).unwrap_or("nobody");
    Some(format!("{port}/{} {program}", fields.first()?))
}

/// The first column of the table below "What listens".
fn documented() -> impl Iterator<Item = &'static str> {
    let table = README.split("### What listens").nth(1).unwrap_or_default();
    let rows = table.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    rows.skip(2).filter_map(|row| row.split('|').nth(1)).map(|cell| cell.trim().trim_matches('`'))
}

/// Each program reaches what it is for, and the kernel refuses the rest.
pub fn reaches_only_what_it_is_for(bench: &mut Bench) -> Result<()> {
    let _ = Command::new("ip").args(["addr", "add", &format!("{ELSEWHERE}/32"), "dev", "lo"]).status();
    let own = bench.own;
    let listeners: Vec<TcpListener> = [own, ELSEWHERE]
        .into_iter()
        .map(|address| TcpListener::bind(SocketAddr::from((address, PORT))).context("this machine's own end"))
        .collect::<Result<_>>()?;
    ensure!(
        reaches(bench, "init.scope", own)? && reaches(bench, "init.scope", ELSEWHERE)?,
        "the way there does not exist"
    );
    for (unit, address, may) in [
        ("portaveu.service", own, true),
        ("portaveu.service", ELSEWHERE, false),
        ("portaveu-metrics.service", own, true), // its broker's address
        ("portaveu-metrics.service", ELSEWHERE, false),
        ("portaveu-speech.service", own, false),
        ("portaveu-speech.service", ELSEWHERE, false),
    ] {
        let reached = reaches(bench, unit, address)?;
        ensure!(
            reached == may,
            "{unit}: {address} is {}",
            if reached { "reached, and must not be" } else { "not reached" }
        );
    }
    drop(listeners);
    let cards =
        bench.run("nsenter -n -t $(systemctl show -P MainPID portaveu-speech) ip -o link | awk '{print $2}'")?;
    ensure!(cards == "lo:", "the ear has a network: {cards}");
    Ok(())
}

/// Whether a program in this unit's group of processes gets a connection.
fn reaches(bench: &mut Bench, unit: &str, address: Ipv4Addr) -> Result<bool> {
    let group = if unit.ends_with(".scope") {
        format!("/sys/fs/cgroup/{unit}")
    } else {
        format!("/sys/fs/cgroup/system.slice/{unit}")
    };
    let command = format!(
        "sh -c 'echo $$ > {group}/cgroup.procs && exec timeout 5 bash -c \"exec 3<>/dev/tcp/{address}/{PORT}\"'"
    );
    let answer = bench.console()?.try_run(&command, crate::bench::PATIENCE)?;
    ensure!(!answer.text.contains("cgroup.procs"), "{}", answer.text);
    Ok(answer.status == 0)
}

/// systemd's own judgement of the sandboxes, as they are on the box with all drop-ins.
pub fn sandboxes_hold(bench: &mut Bench) -> Result<()> {
    let units = bench.run("systemctl list-unit-files --no-legend 'portaveu*.service' | awk '{print $1}'")?;
    for unit in
        ["portaveu", "portaveu-speech", "portaveu-metrics", "portaveu-safe", "portaveu-render", "portaveu-retention"]
    {
        ensure!(units.contains(&format!("{unit}.service")), "{unit} is no unit of {units}");
        bench.run(&format!("systemd-analyze security --no-pager --threshold=20 {unit}.service >/dev/null"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_says_what_listens() {
        let rows: Vec<&str> = documented().collect();
        assert!(rows.contains(&"5060/udp portaveu") && rows.len() < 8, "{rows:?}");
        let line = r#"udp UNCONN 0 0 10.77.0.2:5060 0.0.0.0:* users:(("portaveu",pid=1,fd=9))"#;
        assert_eq!(listener(line).unwrap(), "5060/udp portaveu");
    }
}
