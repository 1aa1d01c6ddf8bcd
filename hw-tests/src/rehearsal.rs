//! The rehearsal's machine: QEMU under software emulation, with a TPM, a switched network of one cable, and a plug that can be
//! pulled at any moment.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::console::Console;

const FIRMWARE: &str = "/usr/share/OVMF/OVMF_CODE_4M.fd";
const FIRMWARE_VARIABLES: &str = "/usr/share/OVMF/OVMF_VARS_4M.fd";
/// The cable between the tests and the box.
const CABLE: &str = "box0";

/// A rehearsal's disk, TPM and firmware, which stay when the power goes.
pub struct Rehearsal {
    folder: PathBuf,
    running: Option<Running>,
}

struct Running {
    machine: Child,
    tpm: Child,
    monitor: Monitor,
    console: Console,
}

impl Drop for Running {
    fn drop(&mut self) {
        for child in [&mut self.machine, &mut self.tpm] {
            let _ = child.kill(); // SIGKILL: nothing in the machine hears of it
            let _ = child.wait();
        }
    }
}

impl Rehearsal {
    /// A new box of `image`, in `folder`. The cable is this process's own (see `own_network`).
    pub fn new(image: &Path, folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder.join("tpm"))?;
        done(Command::new("cp").arg("--sparse=always").arg(image).arg(folder.join("disk.img")))?;
        std::fs::copy(FIRMWARE_VARIABLES, folder.join("firmware.fd"))
            .with_context(|| format!("{FIRMWARE_VARIABLES}: install ovmf"))?;
        Ok(Self { folder: folder.to_owned(), running: None })
    }

    pub fn power_on(&mut self) -> Result<()> {
        ensure!(self.running.is_none(), "it is on already");
        let at = |name: &str| self.folder.join(name);
        for socket in ["serial.sock", "monitor.sock", "tpm.sock"] {
            let _ = std::fs::remove_file(at(socket)); // of the last time
        }
        let tpm = Command::new("swtpm")
            .args(["socket", "--tpm2", "--flags", "startup-clear", "--tpmstate"])
            .arg(format!("dir={}", at("tpm").display()))
            .arg("--ctrl")
            .arg(format!("type=unixio,path={}", at("tpm.sock").display()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .context("swtpm is not installed")?;
        appears(&at("tpm.sock"))?;
        let machine = Command::new("qemu-system-x86_64")
            .args(["-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "2560", "-machine", "q35"])
            .args(["-nodefaults", "-display", "none", "-action", "watchdog=reset", "-device", "i6300esb"])
            .arg("-drive")
            .arg(format!("if=pflash,format=raw,readonly=on,file={FIRMWARE}"))
            .arg("-drive")
            .arg(format!("if=pflash,format=raw,file={}", at("firmware.fd").display()))
            .arg("-drive")
            .arg(format!("if=none,id=disk,format=raw,discard=unmap,file={}", at("disk.img").display()))
            .args(["-device", "virtio-blk-pci,drive=disk,bootindex=0"])
            .arg("-netdev")
            .arg(format!("tap,id=lan,ifname={CABLE},script=no,downscript=no"))
            .args(["-device", "virtio-net-pci,netdev=lan,id=card,romfile="])
            .args(["-device", "virtio-rng-pci", "-device", "qemu-xhci,id=usb"])
            .arg("-chardev")
            .arg(format!("socket,id=tpm,path={}", at("tpm.sock").display()))
            .args(["-tpmdev", "emulator,id=tpm0,chardev=tpm", "-device", "tpm-crb,tpmdev=tpm0"])
            .arg("-chardev")
            .arg(format!(
                "socket,id=serial,server=on,wait=on,path={},logfile={},logappend=on",
                at("serial.sock").display(),
                at("serial.log").display()
            ))
            .args(["-serial", "chardev:serial", "-qmp"])
            .arg(format!("unix:{},server=on,wait=off", at("monitor.sock").display()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(at("qemu.err"))?)
            .spawn()
            .context("qemu-system-x86_64 is not installed")?;
        let serial = connected(&at("serial.sock"))?;
        let console = Console::new(serial.try_clone()?, serial);
        let monitor = Monitor::new(connected(&at("monitor.sock"))?)?;
        self.running = Some(Running { machine, tpm, monitor, console });
        Ok(())
    }

    /// The plug is pulled: what was not written is lost.
    pub fn cut_power(&mut self) {
        self.running = None;
    }

    pub fn console(&mut self) -> Result<&mut Console> {
        Ok(&mut self.running.as_mut().context("it is off")?.console)
    }

    /// Put a stick with this content into the box.
    pub fn plug(&mut self, stick: &Path) -> Result<()> {
        let monitor = &mut self.running.as_mut().context("it is off")?.monitor;
        monitor.tell(serde_json::json!({"execute": "blockdev-add", "arguments":
            {"node-name": "stick", "driver": "raw", "file": {"driver": "file", "filename": stick}}}))?;
        monitor.tell(serde_json::json!({"execute": "device_add", "arguments":
            {"driver": "usb-storage", "id": "stick", "drive": "stick", "bus": "usb.0", "removable": true}}))
    }

    /// Pull it out, whatever the box does with it.
    pub fn unplug(&mut self) -> Result<()> {
        let monitor = &mut self.running.as_mut().context("it is off")?.monitor;
        monitor.tell(serde_json::json!({"execute": "device_del", "arguments": {"id": "stick"}}))?;
        monitor.wait_for("DEVICE_DELETED")?;
        monitor.tell(serde_json::json!({"execute": "blockdev-del", "arguments": {"node-name": "stick"}}))
    }

    /// The cable out of the box, or in again.
    pub fn cable(&mut self, is_in: bool) -> Result<()> {
        let monitor = &mut self.running.as_mut().context("it is off")?.monitor;
        monitor.tell(serde_json::json!({"execute": "set_link", "arguments": {"name": "card", "up": is_in}}))
    }
}

/// QEMU's own control (QMP).
struct Monitor {
    reader: BufReader<UnixStream>,
    writer: UnixStream,
}

impl Monitor {
    fn new(stream: UnixStream) -> Result<Self> {
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        let mut monitor = Self { reader: BufReader::new(stream.try_clone()?), writer: stream };
        monitor.message()?; // its greeting
        monitor.tell(serde_json::json!({"execute": "qmp_capabilities"}))?;
        Ok(monitor)
    }

    fn message(&mut self) -> Result<serde_json::Value> {
        let mut line = String::new();
        self.reader.read_line(&mut line).context("QEMU says nothing")?;
        Ok(serde_json::from_str(&line)?)
    }

    fn tell(&mut self, command: serde_json::Value) -> Result<()> {
        writeln!(self.writer, "{command}")?;
        loop {
            let message = self.message()?;
            if let Some(error) = message.get("error") {
                bail!("QEMU refuses {command}: {error}");
            }
            if message.get("return").is_some() {
                return Ok(());
            }
        }
    }

    fn wait_for(&mut self, event: &str) -> Result<()> {
        while self.message()?["event"] != event {}
        Ok(())
    }
}

/// Go on in a network of this process's own, where the box's cable is, and where nobody else's ports are in the way.
pub fn own_network() -> Result<()> {
    const INSIDE: &str = "PORTAVEU_HW_TESTS_INSIDE";
    if std::env::var_os(INSIDE).is_none() {
        use std::os::unix::process::CommandExt;
        let error = Command::new("unshare")
            .args(["--map-root-user", "--net"])
            .arg(std::env::current_exe()?)
            .args(std::env::args_os().skip(1))
            .env(INSIDE, "yes")
            .exec();
        bail!("no network of its own: {error}");
    }
    for line in ["link set lo up", "tuntap add box0 mode tap", "addr add 10.77.0.1/24 dev box0", "link set box0 up"] {
        done(Command::new("ip").args(line.split(' ')))?;
    }
    Ok(())
}

fn done(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("{command:?} cannot be started"))?;
    ensure!(status.success(), "{command:?} failed");
    Ok(())
}

fn appears(path: &Path) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !path.exists() {
        ensure!(Instant::now() < deadline, "{} does not appear", path.display());
        std::thread::yield_now();
    }
    Ok(())
}

fn connected(path: &Path) -> Result<UnixStream> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        match UnixStream::connect(path) {
            Ok(stream) => return Ok(stream),
            Err(error) => ensure!(Instant::now() < deadline, "{}: {error}; see qemu.err beside it", path.display()),
        }
        std::thread::yield_now();
    }
}
