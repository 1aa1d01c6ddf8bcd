//! The box under test, and the telephones that call it: real programs, driven by what they report, never by waiting.
#![allow(dead_code, reason = "each test binary uses its own part")]

mod phone;

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

#[allow(unused_imports, reason = "each test binary uses its own part")]
pub use phone::{Phone, PhoneOptions};

/// Longest that anything here may take.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// A socket of this name in a box's folder is told what systemd would be, which watches it then.
pub const NOTIFY: &str = "notify";

pub fn sound(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sounds").join(name)
}

pub fn council() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../provisioning/example-council").canonicalize().unwrap()
}

/// A port that nobody uses now, for UDP and TCP, and the one after it. It is below those that the system gives to connections,
/// which would take it before the program that it is for does.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let begin = std::process::id() as u16 % 600 * 16;
    for _ in 0..4000 {
        let port = 10_000 + (begin + NEXT.fetch_add(2, Ordering::Relaxed)) % 10_000;
        let is_free =
            |port| TcpListener::bind(("127.0.0.1", port)).is_ok() && UdpSocket::bind(("127.0.0.1", port)).is_ok();
        if is_free(port) && is_free(port + 1) {
            return port;
        }
    }
    panic!("no free port");
}

/// First of `count` free UDP ports, even.
pub fn free_ports(count: u16) -> u16 {
    let mut first = 20_000 + (std::process::id() as u16 % 100) * 100;
    loop {
        let sockets: Option<Vec<UdpSocket>> =
            (first..first + count).map(|port| UdpSocket::bind(("127.0.0.1", port)).ok()).collect();
        if sockets.is_some() {
            return first;
        }
        first = if first > 31_000 { 20_000 } else { first + count + count % 2 };
    }
}

/// What was learned of the example pack, made once for all tests of a build.
pub fn learned() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("learned");
    std::fs::create_dir_all(&folder).unwrap();
    let lock = std::fs::File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    // Embeddings are kept by their text: those that this machine has already are as good as new ones, and minutes sooner.
    let known = folder.join("meanings.bin");
    if let Some(kept) = kept_meanings().filter(|_| !known.exists()) {
        std::fs::copy(kept, known).unwrap();
    }
    let config = folder.join("portaveu.toml");
    let text =
        format!("council = {:?}\ndata = \".\"\n[sip]\nlisten = \"127.0.0.1:1\"\npeers = [\"127.0.0.1\"]\n", council());
    std::fs::write(&config, text).unwrap();
    let status =
        portaveu().args(["ask", "hola", "--config"]).arg(&config).stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.unwrap().success(), "the example pack cannot be learned");
    folder.join("learned.bin")
}

fn kept_meanings() -> Option<PathBuf> {
    let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from);
    let state = state.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".local/state")))?;
    Some(state.join("portaveu/meanings.bin")).filter(|path| path.is_file())
}

pub fn portaveu() -> Command {
    Command::new(env!("CARGO_BIN_EXE_portaveu"))
}

/// The example council with somebody at every department's telephone at any hour.
pub fn always_open(file: &str, text: String) -> String {
    if file == "council.toml" { text.replace(", office = \"townhall\"", "") } else { text }
}

/// A copy of the example council, of which `edit` changes `council.toml` and `calendar.toml`.
pub fn edited_council(folder: &Path, edit: impl Fn(&str, String) -> String) -> PathBuf {
    let edited = folder.join("council");
    std::fs::create_dir(&edited).unwrap();
    for entry in std::fs::read_dir(council()).unwrap() {
        let (path, name) = (entry.as_ref().unwrap().path(), entry.unwrap().file_name());
        match name.to_str().unwrap() {
            file @ ("council.toml" | "calendar.toml") => {
                std::fs::write(edited.join(file), edit(file, std::fs::read_to_string(path).unwrap())).unwrap();
            }
            file => std::os::unix::fs::symlink(path, edited.join(file)).unwrap(),
        }
    }
    edited
}

/// A running portaveu with a folder of its own. What it prints is read line by line.
pub struct TestBox {
    pub folder: tempfile::TempDir,
    pub sip: SocketAddr,
    pub process: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl TestBox {
    /// With the example council, and somebody at every department's telephone at any hour.
    pub fn start(channels: u16, extra: &str) -> Self {
        Self::start_with(channels, extra, always_open)
    }

    /// With the example council, of which `edit` changes `council.toml` and `calendar.toml`.
    pub fn start_with(channels: u16, extra: &str, edit: impl Fn(&str, String) -> String) -> Self {
        Self::start_at(Ipv4Addr::LOCALHOST, &["127.0.0.1"], channels, extra, edit)
    }

    /// At an address of its own, with peers of its own.
    pub fn start_at(
        own: Ipv4Addr,
        peers: &[&str],
        channels: u16,
        extra: &str,
        edit: impl Fn(&str, String) -> String,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::copy(learned(), folder.path().join("learned.bin")).unwrap();
        let (sip, media) = (free_port(), free_ports(4 * channels));
        let edited = edited_council(folder.path(), edit);
        let text = format!(
            "council = {:?}\ndata = \".\"\nchannels = {channels}\n[media]\nports = [{media}, {}]\n[sip]\nlisten = \"{own}:{sip}\"\npeers = {peers:?}\nring_ms = 200\n{extra}\n",
            edited,
            media + 4 * channels - 1
        );
        std::fs::write(folder.path().join("portaveu.toml"), text).unwrap();
        Self::start_in(folder, SocketAddr::from((own, sip)))
    }

    /// Start in a folder that another one left.
    pub fn start_in(folder: tempfile::TempDir, sip: SocketAddr) -> Self {
        Self::start_as(&["run", "--show-conversation"], folder, sip)
    }

    /// The same, in safe mode.
    pub fn start_safe(folder: tempfile::TempDir, sip: SocketAddr) -> Self {
        Self::start_as(&["safe"], folder, sip)
    }

    fn start_as(command: &[&str], folder: tempfile::TempDir, sip: SocketAddr) -> Self {
        // One pipe for both streams, so that what is printed and what is logged keep their order.
        let (reader, writer) = std::io::pipe().unwrap();
        let notify = Some(folder.path().join(NOTIFY)).filter(|socket| socket.exists());
        let watched = notify.map(|socket| [("NOTIFY_SOCKET", socket), ("WATCHDOG_USEC", "3000000".into())]);
        let process = portaveu()
            .args(command)
            .arg("--config")
            .arg(folder.path().join("portaveu.toml"))
            .env("RUST_LOG", "portaveu=debug,portaveu_store=debug,info")
            .envs(watched.into_iter().flatten())
            .stdout(writer.try_clone().unwrap())
            .stderr(writer)
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            BufReader::new(reader).lines().map_while(Result::ok).for_each(|line| _ = sender.send(line))
        });
        let mut started = Self { folder, sip, process, lines, seen: Vec::new() };
        started.wait_for("answering calls at");
        started.wait_for("the line is up");
        started
    }

    /// The next line that holds `text`.
    pub fn wait_for(&mut self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        while let Ok(line) = self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            self.seen.push(line.clone());
            if line.contains(text) {
                return line;
            }
        }
        panic!("\"{text}\" did not come; the box said:\n{}", self.seen.join("\n"));
    }

    /// Whether the box has printed `text` up to now.
    pub fn has_said(&mut self, text: &str) -> bool {
        self.seen.extend(self.lines.try_iter());
        self.seen.iter().any(|line| line.contains(text))
    }

    /// All that the box has printed up to now.
    pub fn said(&mut self) -> String {
        self.seen.extend(self.lines.try_iter());
        self.seen.join("\n")
    }

    /// What the recogniser hears in a recording.
    pub fn recognised(&self, wav: &Path) -> String {
        let reply = self.tell("ask", &["--json".as_ref(), "--wav".as_ref(), wav.as_os_str()]);
        let reply: serde_json::Value = serde_json::from_str(&reply).unwrap();
        reply["heard"].as_str().unwrap().to_lowercase()
    }

    /// What portaveu prints when it is run with this box's settings.
    pub fn tell(&self, command: &str, arguments: &[&OsStr]) -> String {
        let config = self.folder.path().join("portaveu.toml");
        let run = portaveu().arg(command).args(arguments).arg("--config").arg(config).output().unwrap();
        assert!(run.status.success(), "{command}: {}", String::from_utf8_lossy(&run.stderr));
        String::from_utf8(run.stdout).unwrap()
    }

    /// The process that hears.
    pub fn worker(&self) -> u32 {
        let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", self.process.id())).unwrap();
        // The runtime's threads may have started it, so every task's children are looked at.
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.process.id())).unwrap();
        let all = tasks.filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("children")).ok());
        let ids: Vec<String> =
            all.chain([children]).flat_map(|list| list.split(' ').map(str::to_owned).collect::<Vec<_>>()).collect();
        let serves = |id: &&String| {
            std::fs::read_to_string(format!("/proc/{id}/cmdline")).is_ok_and(|line| line.contains("serve"))
        };
        ids.iter().find(serves).expect("the box has no worker").parse().unwrap()
    }

    pub fn uri(&self) -> String {
        format!("sip:box@{}", self.sip)
    }

    /// End it as the system would, and see that it ends.
    pub fn stop(mut self) {
        kill(self.process.id(), "TERM");
        assert!(self.process.wait().unwrap().success());
    }
}

impl Drop for TestBox {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub fn kill(process: u32, signal: &str) {
    assert!(Command::new("kill").args([&format!("-{signal}"), &process.to_string()]).status().unwrap().success());
}

/// Open descriptors and threads of a process.
pub fn resources(process: u32) -> (usize, usize) {
    let count = |what: &str| std::fs::read_dir(format!("/proc/{process}/{what}")).unwrap().count();
    (count("fd"), count("task"))
}
