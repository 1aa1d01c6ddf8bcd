//! The box under test, a rehearsal's or a real one, with what every test needs of it.

use std::fs::OpenOptions;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};

use crate::console::Console;
use crate::phone::Phone;
use crate::rehearsal::Rehearsal;

/// A box under software emulation is an order of magnitude slower than one of metal.
pub const PATIENCE: Duration = Duration::from_secs(240);

/// What a test cannot do without, and not every subject has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The plug can be pulled, and the box begun anew.
    Plug,
    /// A stick can be put in and pulled out.
    Sticks,
    /// LEDs of the test image, which can be read.
    Leds,
    /// What only the test image has: two E1 spans that are joined, a sound card that hears itself.
    TestImage,
    /// LEDs, a button, a lid: what only a box of metal has.
    Metal,
}

enum Subject {
    Rehearsal { machine: Rehearsal, image: PathBuf, folder: PathBuf, made: u32 },
    Hardware { console: Console },
}

pub struct Bench {
    subject: Subject,
    pub address: Ipv4Addr,
    pub own: Ipv4Addr,
    pub numbers: Vec<(String, String)>,
}

impl Bench {
    pub fn rehearsal(image: &Path, folder: &Path) -> Result<Self> {
        let machine = Rehearsal::new(&image.join("disk.img"), &folder.join("0"))?;
        let subject = Subject::Rehearsal { machine, image: image.to_owned(), folder: folder.to_owned(), made: 0 };
        let (address, own) = (Ipv4Addr::new(10, 77, 0, 2), Ipv4Addr::new(10, 77, 0, 1));
        let mut bench = Self { subject, address, own, numbers: Vec::new() };
        bench.start()?;
        Ok(bench)
    }

    pub fn hardware(address: Ipv4Addr, own: Ipv4Addr, serial: &Path) -> Result<Self> {
        let line = OpenOptions::new().read(true).write(true).open(serial)?;
        let mut console = Console::new(line.try_clone()?, line);
        console.log_in(PATIENCE)?;
        Ok(Self { subject: Subject::Hardware { console }, address, own, numbers: Vec::new() })
    }

    pub fn described(&self) -> String {
        match &self.subject {
            Subject::Rehearsal { .. } => "rehearsal in QEMU, software emulation".to_owned(),
            Subject::Hardware { .. } => format!("box at {}", self.address),
        }
    }

    /// What is missing for a test, if anything is.
    pub fn lacks(&self, needs: &[Need]) -> Option<&'static str> {
        needs.iter().find_map(|need| match (&self.subject, need) {
            (Subject::Rehearsal { .. }, Need::Metal) => Some("needs a box of metal"),
            (Subject::Rehearsal { .. }, _) => None,
            (Subject::Hardware { .. }, Need::Metal | Need::Leds) => None,
            (Subject::Hardware { .. }, Need::Plug) => Some("needs a plug that can be switched"),
            (Subject::Hardware { .. }, Need::Sticks) => Some("needs somebody who puts sticks in"),
            (Subject::Hardware { .. }, Need::TestImage) => Some("needs what the test image simulates"),
        })
    }

    pub fn console(&mut self) -> Result<&mut Console> {
        match &mut self.subject {
            Subject::Rehearsal { machine, .. } => machine.console(),
            Subject::Hardware { console } => Ok(console),
        }
    }

    pub fn machine(&mut self) -> Result<&mut Rehearsal> {
        match &mut self.subject {
            Subject::Rehearsal { machine, .. } => Ok(machine),
            Subject::Hardware { .. } => bail!("a box of metal is no rehearsal"),
        }
    }

    /// Files that were made beside the image, such as bundles.
    pub fn made(&self, name: &str) -> Result<PathBuf> {
        match &self.subject {
            Subject::Rehearsal { image, .. } => Ok(image.join(name)),
            Subject::Hardware { .. } => bail!("a box of metal is no rehearsal"),
        }
    }

    pub fn run(&mut self, command: &str) -> Result<String> {
        self.console()?.run(command)
    }

    pub fn until(&mut self, command: &str) -> Result<String> {
        self.console()?.until(command, PATIENCE)
    }

    pub fn uri(&self) -> String {
        format!("sip:box@{}", self.address)
    }

    pub fn phone(&self) -> Result<Phone> {
        Phone::new(self.own)
    }

    pub fn note(&mut self, what: &str, number: String) {
        eprintln!("    {what}: {number}");
        self.numbers.push((what.to_owned(), number));
    }

    /// Power on, and wait until a call is taken; how long that took.
    pub fn start(&mut self) -> Result<Duration> {
        let mut phone = self.phone()?;
        let uri = self.uri();
        let begin = Instant::now();
        self.machine()?.power_on()?;
        let answered = phone.call_until_taken(&uri, PATIENCE);
        let took = begin.elapsed();
        self.machine()?.console()?.log_in(PATIENCE)?;
        if answered.is_err() {
            let log =
                self.run("systemctl --no-pager --failed; journalctl -b -u 'portaveu*' -n 60 --no-pager -o cat")?;
            bail!("no call was taken in {} s; the box says:\n{log}", took.as_secs());
        }
        Ok(took)
    }

    pub fn restart(&mut self) -> Result<Duration> {
        self.machine()?.cut_power();
        self.start()
    }

    /// A call is taken, and the greeting comes.
    pub fn answers(&mut self) -> Result<()> {
        let mut phone = self.phone()?;
        phone.call_until_taken(&self.uri(), PATIENCE)?;
        greeting(&mut phone, PATIENCE).map(|_| ())
    }

    /// After a failed test: a new box if this one does not answer by telephone and serial line, so that the next test begins with one that does.
    pub fn recover(&mut self, why: &str) {
        let log = self.run("systemctl --no-pager --failed; journalctl -b -u portaveu -n 20 --no-pager -o short-monotonic; journalctl -b -n 40 --no-pager -o short-monotonic");
        match &log {
            Ok(log) => eprintln!("    {why}\n    the box said before:\n{log}"),
            Err(silent) => eprintln!("    {why}\n    the box says nothing any more: {silent:#}"),
        }
        if log.is_ok() && self.answers().is_ok() {
            return;
        }
        let Subject::Rehearsal { machine, image, folder, made } = &mut self.subject else { return };
        machine.cut_power();
        *made += 1;
        match Rehearsal::new(&image.join("disk.img"), &folder.join(made.to_string())) {
            Ok(new) => *machine = new,
            Err(error) => eprintln!("    there is no new box: {error:#}"),
        }
        if let Err(error) = self.start() {
            eprintln!("    the new box does not answer: {error:#}");
        }
    }
}

/// Wait until a second of voice was heard; how long that took.
pub fn greeting(phone: &mut Phone, patience: Duration) -> Result<Duration> {
    const VOICE: i16 = 300;
    let begin = Instant::now();
    loop {
        let loud =
            phone.heard().map_or(0, |samples| samples.iter().filter(|s| s.unsigned_abs() > VOICE as u16).count());
        if loud > 2000 {
            return Ok(begin.elapsed());
        }
        ensure!(begin.elapsed() < patience, "no greeting in {} s: {loud} loud samples", patience.as_secs());
        phone.stays_up(Duration::from_millis(20))?;
    }
}
