//! What goes wrong on a box, and callers must hardly notice.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::bench::{Bench, PATIENCE, greeting};

/// The ear dies while somebody calls: the call goes on, and the next one is heard.
pub fn speech_dies_in_a_call(bench: &mut Bench) -> Result<()> {
    let mut phone = bench.phone()?;
    ensure!(phone.call(&bench.uri(), PATIENCE)?, "a call is not taken");
    greeting(&mut phone, PATIENCE)?;
    let before = bench.run("systemctl show -P MainPID portaveu-speech")?;
    bench.run("systemctl kill --signal=KILL portaveu-speech")?;
    ensure!(phone.stays_up(Duration::from_secs(10))?, "the call ended with the ear");
    bench.until(&format!(
        "pid=$(systemctl show -P MainPID portaveu-speech); test $pid != 0 -a $pid != {before} -a -S /run/portaveu-speech/speech.sock"
    ))?;
    phone.hang_up()?;
    drop(phone);
    bench.answers()
}

/// portaveu stops working without ending: systemd ends it, and starts it again.
pub fn watchdog_bites(bench: &mut Bench) -> Result<()> {
    let bound = bench.run("systemctl show -P WatchdogUSec portaveu")?;
    ensure!(bound != "0" && bound != "infinity", "the unit has no watchdog");
    let hung = bench.run("systemctl show -P MainPID portaveu")?;
    bench.run(&format!("kill -STOP {hung}"))?;
    bench.until(&format!("pid=$(systemctl show -P MainPID portaveu); test $pid != 0 -a $pid != {hung}"))?;
    let why = bench.run("journalctl -b -u portaveu -o cat --no-pager | grep -i 'watchdog timeout'")?;
    ensure!(!why.is_empty(), "it was started again, but not by the watchdog");
    bench.answers()
}

/// portaveu ends again and again: callers hear the stored sentence, until somebody starts it.
pub fn ends_in_the_safe_state(bench: &mut Bench) -> Result<()> {
    bench.run(
        "for _ in 1 2 3 4 5 6; do systemctl kill --signal=KILL portaveu; sleep 3; done; systemctl is-failed portaveu",
    )?;
    bench.until("systemctl is-active portaveu-safe")?;
    let answered = bench.answers();
    bench.run("systemctl reset-failed portaveu; systemctl start portaveu")?;
    bench.until("! systemctl is-active portaveu-safe && systemctl is-active portaveu")?;
    answered?;
    bench.answers()
}

/// The button, as gpio-sim has it.
const BUTTON: &str = "/sys/devices/platform/gpio-sim*/gpiochip*/sim_gpio0/pull";

/// The button is held: callers hear the stored sentence. It is held again: the box is as before.
pub fn button_asks_for_the_safe_state(bench: &mut Bench) -> Result<()> {
    let hold = format!("for pull in {BUTTON}; do echo pull-up >$pull; sleep 8; echo pull-down >$pull; done");
    bench.run(&hold)?;
    bench.until("systemctl is-active portaveu-safe")?;
    bench.answers()?;
    bench.run(&hold)?;
    bench.until("! systemctl is-active portaveu-safe && systemctl is-active portaveu")?;
    bench.answers()
}

/// A list of texts comes while another is rendered, which its path unit does not see: it is rendered as well.
pub fn a_newer_list_is_rendered(bench: &mut Bench) -> Result<()> {
    bench.until("systemctl is-active portaveu-render")?;
    let process = "$(systemctl show -P MainPID portaveu-render)";
    let before = bench.run(&format!("echo {process}"))?;
    bench.run("touch /var/lib/portaveu/render.jsonl && systemctl kill portaveu-render")?;
    bench.until(&format!("systemctl is-active portaveu-render && test {process} != {before}"))?;
    Ok(())
}

/// Nothing can be written any more, but by root: calls are answered all the same.
pub fn disk_is_full(bench: &mut Bench) -> Result<()> {
    // Nine tenths again and again: where to find the rest costs room as well.
    let available = "$(df --output=avail -B1 /var/lib | tail -1)";
    let part = format!("fallocate -l $(({available} * 9 / 10)) /var/lib/full.$part || break");
    bench.run(&format!("for part in 1 2 3 4 5 6 7 8; do {part}; done; sync; test {available} -lt 100000"))?;
    let answered = bench.answers();
    let again = bench.run("systemctl restart portaveu").and_then(|_| bench.answers());
    bench.run("rm /var/lib/full.*")?;
    answered?;
    again?;
    bench.answers()
}

/// The cable is out, with the PBX behind it, and in again.
pub fn network_goes_and_comes(bench: &mut Bench) -> Result<()> {
    let before = bench.run("systemctl show -P MainPID portaveu")?;
    bench.machine()?.cable(false)?;
    bench.until("ip -o link show up | grep -q NO-CARRIER")?;
    bench.run("sleep 20")?; // longer than a registration or a session is asked for again
    bench.machine()?.cable(true)?;
    bench.answers()?;
    let after = bench.run("systemctl show -P MainPID portaveu")?;
    ensure!(before == after, "portaveu did not live through it");
    Ok(())
}

/// It starts without a network, and answers when there is one.
pub fn starts_without_a_network(bench: &mut Bench) -> Result<()> {
    bench.machine()?.cable(false)?;
    bench.run("systemctl restart systemd-networkd portaveu")?;
    bench.until("systemctl is-active portaveu")?;
    bench.machine()?.cable(true)?;
    bench.answers()
}

/// The kernel stands still: the hardware's watchdog resets the box, and it answers again.
pub fn hardware_watchdog_bites(bench: &mut Bench) -> Result<()> {
    let armed = bench.run("cat /sys/class/watchdog/watchdog0/state")?;
    ensure!(armed == "active", "nobody feeds the watchdog: {armed}");
    bench.console()?.send("echo 0 > /proc/sys/kernel/panic; echo c > /proc/sysrq-trigger")?;
    bench.console()?.wait_for("Portaveu: slot", PATIENCE * 2)?;
    bench.console()?.log_in(PATIENCE)?;
    bench.answers()
}
