//! Where things are on a box, and which programs are asked. Another value than the image's own is for tests.

use std::fs::File;
use std::path::PathBuf;

use clap::Args;
use nix::fcntl::{Flock, FlockArg};
use nix::unistd::Group;

use crate::disk;
use crate::keys::Trusted;
use crate::place::Reader;
use crate::refusal::Refusal;

#[derive(Args, Clone, Debug)]
pub struct Appliance {
    /// The box's identity, its site and its receipts.
    #[arg(long, default_value = "/var/lib/portaveu-provision")]
    pub root: PathBuf,
    /// Public keys of those who may sign sticks.
    #[arg(long, default_value = "/etc/portaveu/provision.pub")]
    pub trusted: PathBuf,
    /// What calls, messages and the store are in; a reset empties it.
    #[arg(long, default_value = "/var/lib/portaveu")]
    pub data: PathBuf,
    /// Checks new settings; their path is added to it.
    #[arg(long, default_value = "/usr/bin/portaveu check --config")]
    pub validator: String,
    /// The same for metrics.toml, if the site has one.
    #[arg(long, default_value = "/usr/bin/portaveu-metrics check --offline --config")]
    pub metrics_validator: String,
    /// The same for dahdi.conf, if the site has one.
    #[arg(long, default_value = "/usr/sbin/dahdi_cfg -t -c")]
    pub spans_validator: String,
    /// Installs an update; its path is added to it.
    #[arg(long, default_value = "/usr/bin/rauc install")]
    pub installer: String,
    /// Where systemd looks for drop-ins that are gone at the next start.
    #[arg(long, default_value = "/run/systemd/system")]
    pub units: PathBuf,
    /// Run when drop-ins were written.
    #[arg(long, default_value = "/usr/bin/systemctl daemon-reload")]
    pub reload: String,
    /// Where systemd-networkd looks for files that are gone at the next start.
    #[arg(long, default_value = "/run/systemd/network")]
    pub networks: PathBuf,
    /// Run when the box's address has changed.
    #[arg(long, default_value = "/usr/bin/systemctl reload systemd-networkd.service")]
    pub reload_networks: String,
    /// Run when the site has changed. If it fails, the box goes back to the site that it had.
    #[arg(long, default_value = "/usr/bin/systemctl restart portaveu.service portaveu-metrics.service")]
    pub restart: String,
    /// Run before a reset.
    #[arg(
        long,
        default_value = "/usr/bin/systemctl stop portaveu.service portaveu-safe.service portaveu-metrics.service"
    )]
    pub stop: String,
    /// Who reads settings and secrets.
    #[arg(long, default_value = "portaveu")]
    pub group: String,
    /// Who reads metrics.toml and what is in metrics.
    #[arg(long, default_value = "portaveu-metrics")]
    pub metrics_group: String,
}

/// The groups that files are given to.
pub struct Groups {
    portaveu: u32,
    metrics: u32,
}

impl Appliance {
    /// Held while anything is changed, so that two sticks come one after the other.
    pub fn lock(&self) -> Result<Flock<File>, Refusal> {
        disk::folder(&self.root, 0o755)?;
        let path = self.root.join("lock");
        let file = disk::create(&path, 0o600).map_err(Refusal::own(&path))?;
        Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, error)| Refusal::own(&path)(error.into()))
    }

    pub fn trusted(&self) -> Result<Trusted, Refusal> {
        let said = |what: String| Refusal::Own(format!("{}: {what}", self.trusted.display()));
        let text = std::fs::read_to_string(&self.trusted).map_err(|error| said(error.to_string()))?;
        Trusted::parse(&text).map_err(said)
    }

    pub fn groups(&self) -> Result<Groups, Refusal> {
        Ok(Groups { portaveu: group(&self.group)?, metrics: group(&self.metrics_group)? })
    }
}

impl Groups {
    /// Who reads a file besides root, and its mode.
    pub fn of(&self, reader: Reader) -> (Option<u32>, u32) {
        match reader {
            Reader::Everybody => (None, 0o644),
            Reader::Portaveu => (Some(self.portaveu), 0o640),
            Reader::Metrics => (Some(self.metrics), 0o640),
        }
    }
}

/// By name or by number.
fn group(name: &str) -> Result<u32, Refusal> {
    if let Ok(number) = name.parse() {
        return Ok(number);
    }
    let found = Group::from_name(name).ok().flatten().map(|group| group.gid.as_raw());
    found.ok_or_else(|| Refusal::Own(format!("there is no group {name}")))
}
