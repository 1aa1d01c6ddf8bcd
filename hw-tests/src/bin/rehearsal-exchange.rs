//! The exchange at the far end of the rehearsal's E1 line: libpri's network side, which calls the box on every channel at once,
//! listens whether a voice comes, and prints how it went.

use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use libpri::{Call, Cause, DChannel, Event, Outgoing, Side};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// A-law at rest is 0xd5 with little around it; a voice leaves that far behind.
const QUIET: u8 = 0x20;
const FIRST_CHANNEL: u8 = 1;
const SIGNALLING: u8 = 16;
const PATIENCE: Duration = Duration::from_secs(120);

struct Exchange {
    line: DChannel,
    answered: usize,
    ended: HashSet<Call>,
    is_up: bool,
    /// The box has acknowledged a RESTART.
    is_ready: bool,
}

impl Exchange {
    fn work(&mut self) -> Result<()> {
        let longest = Duration::from_millis(20);
        let wait = self.line.next_timer().unwrap_or(longest).min(longest);
        poll(&mut [PollFd::new(self.line.file(), PollFlags::POLLIN)], PollTimeout::try_from(wait)?)?;
        let mut events = self.line.run_timers();
        events.extend(self.line.receive());
        for event in events {
            self.handle(event);
        }
        Ok(())
    }

    /// Layer 2 being up at this end says nothing of the other: with both asking for it at once, messages are lost for a second. So
    /// a channel is restarted, as exchanges do, until the box acknowledges it.
    fn begin(&mut self) -> Result<()> {
        self.work_until("layer 2", |exchange| exchange.is_up)?;
        let deadline = Instant::now() + PATIENCE;
        while !self.is_ready {
            ensure!(Instant::now() < deadline, "the box does not acknowledge a RESTART");
            self.line.restart(FIRST_CHANNEL);
            let again = Instant::now() + Duration::from_secs(2);
            while !self.is_ready && Instant::now() < again {
                self.work()?;
            }
        }
        Ok(())
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Up => self.is_up = true,
            Event::RestartAcknowledged { .. } => self.is_ready = true,
            Event::Answered { .. } => self.answered += 1,
            Event::Disconnected { call, .. } | Event::Released { call, .. } => {
                self.line.hang_up(call, Cause::NORMAL);
                self.ended.insert(call);
            }
            Event::Gone { call } => drop(self.ended.insert(call)),
            _ => {}
        }
    }

    fn work_until(&mut self, what: &str, done: impl Fn(&Self) -> bool) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while !done(self) {
            ensure!(
                Instant::now() < deadline,
                "{what} did not come; {} calls answered, {} ended",
                self.answered,
                self.ended.len()
            );
            self.work()?;
        }
        Ok(())
    }
}

fn main() -> ExitCode {
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rehearsal-exchange: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Arguments: DAHDI's number of the span's first channel, and how many calls.
fn start() -> Result<()> {
    let numbers: Vec<u32> = std::env::args().skip(1).map(|text| text.parse().context(text)).collect::<Result<_>>()?;
    let [first, calls] = numbers[..] else { anyhow::bail!("usage: rehearsal-exchange FIRST-CHANNEL CALLS") };
    let signalling = dahdi::open_d_channel(first + u32::from(SIGNALLING) - 1)?;
    let line = DChannel::new(signalling, Side::Network, false).context("no memory")?;
    let mut exchange = Exchange { line, answered: 0, ended: HashSet::new(), is_up: false, is_ready: false };
    exchange.begin()?;
    let begin = Instant::now();
    let channels: Vec<u8> =
        (FIRST_CHANNEL..=31).filter(|channel| *channel != SIGNALLING).take(calls as usize).collect();
    let mut placed = Vec::new();
    let mut sounds = Vec::new();
    for channel in channels {
        sounds.push(File::from(dahdi::open_b_channel(first + u32::from(channel) - 1)?));
        let outgoing = Outgoing { channel, called: "962000100", is_complete: true, caller: "612345678" };
        placed.push(exchange.line.call(&outgoing).context("no room for a call")?);
        exchange.work()?;
    }
    let count = placed.len();
    exchange.work_until("an answer to each call", |exchange| exchange.answered + exchange.ended.len() >= count)?;
    let answered = begin.elapsed();
    let heard = listen(&mut exchange, &mut sounds)?;
    for call in placed {
        exchange.line.hang_up(call, Cause::NORMAL);
        exchange.work()?;
    }
    exchange.work_until("the end of each call", |exchange| exchange.ended.len() >= count)?;
    println!("answered {} of {count} in {} ms, heard a voice in {heard}", exchange.answered, answered.as_millis());
    ensure!(exchange.answered == count && heard == count, "not every call was answered and heard");
    Ok(())
}

/// In how many of the channels a voice came.
fn listen(exchange: &mut Exchange, sounds: &mut [File]) -> Result<usize> {
    let mut loud = vec![0_usize; sounds.len()];
    let deadline = Instant::now() + PATIENCE;
    while loud.iter().any(|count| *count < 800) && Instant::now() < deadline {
        exchange.work()?;
        for (sound, loud) in sounds.iter_mut().zip(&mut loud) {
            let mut octets = [0; 160];
            // Nothing there yet, or an event of the line: the next turn will tell.
            let length = sound.read(&mut octets).unwrap_or_default();
            *loud += octets[..length].iter().filter(|octet| (**octet ^ 0x55) & 0x7f > QUIET).count();
        }
    }
    Ok(loud.iter().filter(|count| **count >= 800).count())
}
