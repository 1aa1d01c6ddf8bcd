//! A mosquitto, who watches it, and a `portaveu` that has bundles: what `portaveu-metrics` lives between.

mod broker;
mod portaveu;
mod process;
mod wire;

pub use broker::{Certificates, Mosquitto};
pub use portaveu::Portaveu;
pub use process::Process;
pub use wire::Wire;

use std::path::Path;

/// Settings of a box that finds the broker at `port`.
pub fn settings(folder: &Path, port: u16, certificate: &str) -> std::path::PathBuf {
    let file = folder.join(format!("metrics-{certificate}.toml"));
    let text = format!(
        "box = \"test\"\nsocket = \"metrics.sock\"\n[broker]\nhost = \"127.0.0.1\"\nport = {port}\nkeep_alive = 5\n\
         tls = {{ ca = \"ca.pem\", certificate = \"{certificate}.pem\", key = \"{certificate}.key\" }}\n"
    );
    std::fs::write(&file, text).unwrap();
    file
}

/// The program under test.
pub fn metrics(folder: &Path, port: u16) -> Process {
    start("run", &settings(folder, port, "box"))
}

pub fn start(command: &str, settings: &Path) -> Process {
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_portaveu-metrics"));
    Process::start(program.arg(command).arg("--config").arg(settings))
}
