//! Nothing personal leaves the box. All three programs run in a network of their own, every packet of which is captured;
//! fifty calls are held by known numbers, with known words; a browser and the broker look on. Then it is shown that there
//! was no packet but SIP and RTP with the PBX, the panel's TLS and the broker's MQTT, and that no bundle, page or line of
//! the log, nor the store's file, holds anything that was planted.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

mod common;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use common::{
    PATIENCE, Phone, PhoneOptions, always_open, edited_council, free_port, free_ports, kill, learned, portaveu,
};
use jiff::{SignedDuration, Timestamp};
use portaveu_call::{Decision, Language};
use portaveu_store::{Call, Counted, Outcome, Store, Turn};

const INSIDE: &str = "PORTAVEU_PRIVACY_INSIDE";
const TELEPHONES: &str = "192.0.2.2";
const AT_ONCE: usize = 10;
const ROUNDS: usize = 5;
/// What callers say, by espeak-ng; and what must be nowhere afterwards, without spaces and in small letters.
const SAID: &str =
    "Me llamo Genoveva. Mi teléfono es el seis uno dos, tres cuatro cinco, seis siete ocho. Quiero pagar una multa.";
const SECRETS: [&str; 4] = ["genoveva", "612345678", "seisunodos", "96155"];

#[test]
fn nothing_personal_leaves_the_box() {
    let run = Command::new("unshare")
        .args(["--map-root-user", "--net", "--"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "in_a_network_of_its_own", "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{told}\n{}", String::from_utf8_lossy(&run.stderr));
    assert!(told.contains("captured"), "{told}");
}

#[test]
fn in_a_network_of_its_own() {
    if std::env::var_os(INSIDE).is_none() {
        return; // by itself it would take the machine's network
    }
    assert!(Command::new("ip").args(["link", "set", "lo", "up"]).status().unwrap().success());
    let address = format!("{TELEPHONES}/32"); // baresip calls from none that is loopback's
    assert!(Command::new("ip").args(["addr", "add", &address, "dev", "lo"]).status().unwrap().success());
    let folder = tempfile::tempdir().unwrap();
    let ports = Ports { sip: free_port(), media: free_ports(60), panel: free_port(), broker: free_port() };
    prepare(folder.path(), &ports);
    let capture = Program::start(
        Command::new("tshark").args(["-i", "any", "-q", "-w"]).arg(folder.path().join("all.pcap")),
        "Capture started",
    );
    let broker =
        Program::start(Command::new("mosquitto").arg("-v").arg("-c").arg(folder.path().join("broker.conf")), "running");
    let port = ports.broker.to_string();
    let watcher = Program::start(
        Command::new("stdbuf").args(["-oL", "mosquitto_sub", "-h", "127.0.0.1", "-d", "-v", "-t", "#", "-p", &port]),
        "Subscribed",
    );
    let config = folder.path().join("portaveu.toml");
    let password = account(&config, "eva", "manager");
    let mut the_box = Program::start(
        portaveu().arg("run").arg("--config").arg(&config).env("RUST_LOG", "portaveu=debug,portaveu_store=debug,info"),
        "the line is up",
    );
    // The telephones of this test are told what to do over connections of their own, which are none of the box's.
    let controls: Vec<u16> = (0..ROUNDS).flat_map(|round| calls(&mut the_box, &ports, folder.path(), round)).collect();
    let pages = look(&ports, &password, folder.path());
    let bundles = watcher.end("portaveu/casa/counts");
    let worker = speech_worker(the_box.id());
    assert!(has_no_network(worker), "the speech worker has a network");
    let log = the_box.end("the panel is at");
    drop(broker);
    let packets = packets(capture, &folder.path().join("all.pcap"));
    println!(
        "captured {} packets; the log has {} lines, the pages {} letters",
        packets.len(),
        log.lines().count(),
        pages.len()
    );
    assert!(packets.len() > 10_000, "fifty calls have more packets than {}", packets.len());
    let strange: Vec<&String> = packets
        .iter()
        .filter(|packet| !ports.explain(packet) && !controls.iter().any(|port| has_port(packet, *port)))
        .collect();
    assert!(strange.is_empty(), "packets that nobody asked for: {strange:?}");
    let store = std::fs::read(folder.path().join("portaveu.redb")).unwrap();
    for (what, text) in [("a bundle", bundles), ("a page", pages), ("the log", log)] {
        let text = plain(&text);
        let found = SECRETS.iter().find(|secret| text.contains(**secret));
        assert!(found.is_none(), "{what} holds {found:?}");
    }
    let store = plain(&String::from_utf8_lossy(&store));
    assert!(!SECRETS.iter().any(|secret| store.contains(secret)), "the store's file holds what was planted");
}

fn plain(text: &str) -> String {
    text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
}

struct Ports {
    sip: u16,
    media: u16,
    panel: u16,
    broker: u16,
}

impl Ports {
    /// A packet is of the PBX, the panel or the broker, and went from this machine to itself.
    fn explain(&self, packet: &str) -> bool {
        let fields: Vec<&str> = packet.split('\t').collect();
        let is_here = fields[..2].iter().all(|address| ["127.0.0.1", TELEPHONES].contains(address));
        let ports: Vec<u16> = fields[2..].iter().filter_map(|port| port.parse().ok()).collect();
        let media = self.media..self.media + 60;
        is_here && ports.iter().any(|port| [self.sip, self.panel, self.broker].contains(port) || media.contains(port))
    }
}

fn has_port(packet: &str, port: u16) -> bool {
    packet.split('\t').skip(2).any(|field| field == port.to_string())
}

/// Settings, and eight calls of three hours ago, for which a bundle is due.
fn prepare(folder: &Path, ports: &Ports) {
    let Ports { sip, media, panel, broker } = ports;
    std::fs::copy(learned(), folder.join("learned.bin")).unwrap();
    let council = edited_council(folder, always_open);
    let settings = format!(
        "council = {council:?}\ndata = \".\"\nchannels = 12\n[media]\nports = [{media}, {}]\n[panel]\nlisten = \"127.0.0.1:{panel}\"\nprometheus = [\"127.0.0.1\"]\n\
         [metrics]\nname = \"casa\"\nsettings = \"metrics.toml\"\n[sip]\nlisten = \"127.0.0.1:{sip}\"\npeers = [\"127.0.0.1\"]\nring_ms = 200\n",
        media + 59
    );
    std::fs::write(folder.join("portaveu.toml"), settings).unwrap();
    let metrics = format!(
        "box = \"casa\"\nsocket = \"metrics.sock\"\n[broker]\nhost = \"127.0.0.1\"\nport = {broker}\ntls = false\n"
    );
    std::fs::write(folder.join("metrics.toml"), metrics).unwrap();
    std::fs::write(
        folder.join("broker.conf"),
        format!("user root\nlistener {broker} 127.0.0.1\nallow_anonymous true\n"),
    )
    .unwrap();
    let wav = folder.join("said.wav");
    assert!(
        Command::new("espeak-ng").args(["-v", "es", "-s", "140", "-w"]).arg(wav).arg(SAID).status().unwrap().success()
    );
    let store = Store::open(&folder.join("portaveu.redb")).unwrap();
    let began = Timestamp::now() - SignedDuration::from_hours(3);
    store
        .put_counted(&Counted { until: Some(began - SignedDuration::from_mins(60)), ..store.counted().unwrap() }, None)
        .unwrap();
    let call = |n: i64| {
        let began = began + SignedDuration::from_secs(n);
        let turn = Turn {
            at: began,
            heard: SAID.into(),
            language: Language::Es,
            confidence: 0.9,
            decision: Decision::None,
            topics: Vec::new(),
            wrong: false,
        };
        let call = Call {
            outcome: Outcome::Answered,
            ended: Some(began),
            caller: Some(store.caller("961550001", began).unwrap()),
            ..Call::begins(began.as_microsecond() as u64, "sip", began, Language::Es)
        };
        (call, vec![turn])
    };
    store.import(&(0..8).map(call).collect::<Vec<_>>()).unwrap();
}

/// The password for the first sign-in.
fn account(config: &Path, name: &str, role: &str) -> String {
    let made = portaveu().args(["people", "add", name, role, "--config"]).arg(config).output().unwrap();
    String::from_utf8(made.stdout).unwrap().trim().rsplit(' ').next().unwrap().to_owned()
}

/// Ten telephones call at once, say it, and hang up. Gives the ports that they were told so by.
fn calls(the_box: &mut Program, ports: &Ports, folder: &Path, round: usize) -> Vec<u16> {
    let heard = the_box.count("a turn is kept");
    let phone = |n: usize| {
        let number: &'static str = format!("96155{:04}", round * AT_ONCE + n).leak();
        let mut phone =
            Phone::new(&PhoneOptions { says: Some(folder.join("said.wav")), user: number, ..PhoneOptions::default() });
        phone.call(&format!("sip:box@127.0.0.1:{}", ports.sip));
        phone.wait_for("CALL_ESTABLISHED");
        phone
    };
    let mut phones: Vec<Phone> = (0..AT_ONCE).map(phone).collect();
    the_box.wait_for_all("a turn is kept", heard + AT_ONCE);
    phones.iter_mut().for_each(|phone| phone.command("hangup", ""));
    the_box.wait_for_all("a whole call is kept", (round + 1) * AT_ONCE);
    phones.iter().map(Phone::control_port).collect()
}

/// Everything that a manager can see, page by page.
fn look(ports: &Ports, password: &str, folder: &Path) -> String {
    let jar = folder.join("cookies");
    let base = format!("https://127.0.0.1:{}", ports.panel);
    let curl = |path: &str, form: &[(&str, &str)]| {
        let mut curl = Command::new("curl");
        curl.args(["-sSk", "-L", "--post302", "-b"]).arg(&jar).arg("-c").arg(&jar).arg(format!("{base}{path}"));
        form.iter().for_each(|(name, value)| _ = curl.arg("--data-urlencode").arg(format!("{name}={value}")));
        String::from_utf8(curl.output().unwrap().stdout).unwrap()
    };
    curl("/sign-in", &[("name", "eva"), ("password", password)]);
    let account = curl("/account", &[]);
    let token = account.split("name=\"token\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    curl("/account/password", &[("token", token), ("old", password), ("new", "cuatro gatos en la plaza")]);
    let mut all = String::new();
    for path in
        ["/now", "/calls", "/calls?topic=fine.pay", "/messages", "/unanswered", "/answers", "/people", "/account"]
    {
        let page = curl(path, &[]);
        assert!(page.contains("<h1>"), "{path} shows: {page}");
        all += &page;
    }
    let gauges = curl("/metrics", &[]);
    assert!(gauges.contains("\nportaveu_channels 12\n"), "monitoring reads: {gauges}");
    all += &gauges;
    let calls: Vec<String> =
        all.split("href=\"/calls/").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect();
    assert!(calls.len() >= ROUNDS * AT_ONCE, "only {} calls are on the pages", calls.len());
    let turns: String = calls.iter().map(|call| curl(&format!("/calls/{call}"), &[])).collect();
    assert!(turns.contains("[número]") && turns.contains("multa"), "nothing was heard and redacted");
    all + &turns
}

fn speech_worker(of: u32) -> u32 {
    let found = Command::new("pgrep").args(["-P", &of.to_string(), "-f", "portaveu-speech.* serve"]).output().unwrap();
    String::from_utf8(found.stdout).unwrap().lines().next().expect("there is no speech worker").parse().unwrap()
}

/// No interface but loopback, and no route anywhere, not even to itself.
fn has_no_network(process: u32) -> bool {
    let read = |what: &str| std::fs::read_to_string(format!("/proc/{process}/net/{what}")).unwrap();
    let interfaces = read("dev");
    let others = interfaces.lines().skip(2).filter(|line| !line.trim_start().starts_with("lo:"));
    others.count() == 0 && read("route").lines().count() <= 1 && !read("fib_trie").contains("127.0.0.1")
}

/// Address, address, and ports of each packet.
fn packets(capture: Program, file: &Path) -> Vec<String> {
    capture.end("");
    let fields = ["ip.src", "ip.dst", "udp.srcport", "udp.dstport", "tcp.srcport", "tcp.dstport"];
    let mut tshark = Command::new("tshark");
    // What an ICMP error quotes comes second: the first occurrence is the packet's own.
    tshark.arg("-r").arg(file).args(["-T", "fields", "-E", "occurrence=f"]);
    fields.iter().for_each(|field| _ = tshark.args(["-e", field]));
    let read = tshark.stderr(Stdio::null()).output().unwrap();
    String::from_utf8(read.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// A program whose lines are read as they come.
struct Program {
    process: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl Program {
    fn start(command: &mut Command, ready: &str) -> Self {
        let (reader, writer) = std::io::pipe().unwrap();
        let process = command.stdin(Stdio::null()).stdout(writer.try_clone().unwrap()).stderr(writer).spawn().unwrap();
        command.stdout(Stdio::null()).stderr(Stdio::null()); // or the pipe would never end
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            BufReader::new(reader).lines().map_while(Result::ok).for_each(|line| _ = sender.send(line))
        });
        let mut program = Self { process, lines, seen: Vec::new() };
        program.wait_for(ready);
        program
    }

    fn id(&self) -> u32 {
        self.process.id()
    }

    fn wait_for(&mut self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        while let Ok(line) = self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            self.seen.push(line);
            if self.seen.last().is_some_and(|line| line.contains(text)) {
                return;
            }
        }
        panic!("\"{text}\" did not come, but: {}", self.seen.join("\n"));
    }

    fn count(&self, text: &str) -> usize {
        self.seen.iter().filter(|line| line.contains(text)).count()
    }

    /// Until `text` has come so often, whenever it came.
    fn wait_for_all(&mut self, text: &str, count: usize) {
        while self.count(text) < count {
            self.wait_for(text);
        }
    }

    /// End it; gives all that it said, among which `text` must be.
    fn end(mut self, text: &str) -> String {
        if !self.seen.iter().any(|line| line.contains(text)) {
            self.wait_for(text);
        }
        kill(self.process.id(), "TERM");
        let _ = self.process.wait();
        self.seen.extend(self.lines.iter());
        self.seen.join("\n")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
