//! A stick as a device: mounted by the kernel's own drivers, read-only and without programs, devices or links in it; unmounted
//! as soon as all is copied; mounted anew, for writing, only to hand over what the box has to say.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::mount::{MntFlags, MsFlags, mount, umount2};

use crate::apply::{Run, Taken};
use crate::disk;
use crate::receipt::Receipt;
use crate::refusal::Refusal;
use crate::stick::Stick;

/// Links are not followed (Linux 5.10 and newer).
const NO_LINKS: MsFlags = MsFlags::from_bits_retain(256);
const KINDS: [&str; 3] = ["vfat", "exfat", "ext4"];

struct Mounted(PathBuf);

/// All that is done with a stick that was plugged in.
pub fn provision(run: &mut Run<'_>, device: &Path, place: &Path) -> Result<Option<Receipt>, Refusal> {
    let kind = kind_of(device);
    let taken = match &kind {
        Ok(kind) => read(run, device, kind, place),
        Err(why) => Taken::Refused(None, Refusal::FileSystem(why.clone())),
    };
    let receipt = run.finish(taken);
    match kind.and_then(|kind| Mounted::new(device, &kind, place, MsFlags::empty())) {
        Ok(mounted) => run.tell(receipt.as_ref(), Stick::open(&mounted.0))?,
        Err(why) => run.tell(receipt.as_ref(), Err(Refusal::FileSystem(why)))?,
    }
    Ok(receipt)
}

fn read(run: &mut Run<'_>, device: &Path, kind: &str, place: &Path) -> Taken {
    let mounted = Mounted::new(device, kind, place, MsFlags::MS_RDONLY).map_err(Refusal::FileSystem);
    let opened = mounted.and_then(|mounted| Ok((Stick::open(&mounted.0)?, mounted)));
    match opened {
        Ok((stick, mounted)) => {
            let taken = run.take(&stick);
            drop(stick); // what is open cannot be unmounted
            drop(mounted);
            taken
        }
        Err(why) => Taken::Refused(None, why),
    }
}

/// One of those that are mounted, or what it is instead.
fn kind_of(device: &Path) -> Result<String, String> {
    let asked =
        Command::new("blkid").args(["-p", "-o", "value", "-s", "TYPE"]).arg(device).stdin(Stdio::null()).output();
    let output = asked.map_err(|error| format!("unknown (blkid: {error})"))?;
    let kind = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    match kind.as_str() {
        known if KINDS.contains(&known) && output.status.success() => Ok(kind),
        "" => Err("unknown".into()),
        _ => Err(kind),
    }
}

impl Mounted {
    /// The error says what it is instead of a good file system.
    fn new(device: &Path, kind: &str, place: &Path, flags: MsFlags) -> Result<Self, String> {
        disk::folder(place, 0o700).map_err(|why| why.to_string())?;
        let flags = flags | MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC | NO_LINKS;
        let mounted = mount(Some(device), place, Some(kind), flags, None::<&str>);
        mounted.map_err(|error| format!("{kind}, and cannot be mounted ({})", error.desc()))?;
        Ok(Self(place.to_owned()))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        if let Err(error) = umount2(&self.0, MntFlags::empty()) {
            println!("notice  {} stays mounted: {error}", self.0.display());
        }
    }
}
