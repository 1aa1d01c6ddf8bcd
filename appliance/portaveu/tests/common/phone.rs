//! A baresip that calls: its sound comes from a WAV file, what it hears is recorded, and it reports over its control port.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{PATIENCE, free_port, free_ports};

pub struct PhoneOptions {
    pub codec: &'static str,
    pub transport: &'static str,
    /// What the caller says, from the moment the call is up.
    pub says: Option<PathBuf>,
    /// Silence before it, in seconds.
    pub after: f32,
    /// Answer calls by itself.
    pub answers: bool,
    /// Sends back what it hears, as a bad telephone's loudspeaker does.
    pub echoes: bool,
    /// Its own numbers, with commas between them.
    pub user: &'static str,
    /// 0: a free one.
    pub port: u16,
    /// Speaks TLS and SRTP, and nothing else, with these certificates (`agent.pem`, `cafile.pem`).
    pub secure: Option<PathBuf>,
}

impl Default for PhoneOptions {
    fn default() -> Self {
        Self {
            codec: "pcma",
            transport: "udp",
            says: None,
            after: 0.5,
            answers: false,
            echoes: false,
            user: "caller",
            port: 0,
            secure: None,
        }
    }
}

pub struct Phone {
    pub folder: tempfile::TempDir,
    pub port: u16,
    process: Child,
    control: TcpStream,
    buffer: Vec<u8>,
}

impl Phone {
    pub fn new(options: &PhoneOptions) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = if options.port == 0 { free_port() } else { options.port };
        // baresip takes the port after its own for TLS.
        let control = std::iter::repeat_with(free_port).find(|control| control.abs_diff(port) > 1).unwrap();
        let rtp = free_ports(10);
        // As the codec takes it: baresip neither resamples a file nor mixes it.
        let (rate, channels) = match options.codec {
            "opus" => ("48000", "2"),
            "g722" => ("16000", "1"),
            _ => ("8000", "1"),
        };
        let said = folder.path().join("said.wav");
        let mut sox = Command::new("sox");
        match &options.says {
            Some(wav) => sox.arg(wav).args(["-b", "16", "-e", "signed", "-r", rate, "-c", channels]).arg(&said).args([
                "pad",
                &options.after.to_string(),
                "120",
            ]),
            None => sox.args(["-n", "-b", "16", "-r", rate, "-c", channels]).arg(&said).args(["trim", "0", "120"]),
        };
        assert!(sox.status().expect("sox is not installed").success());
        let here = folder.path().display();
        let source = if options.echoes { "aubridge,nowhere".to_owned() } else { format!("aufile,{here}/said.wav") };
        let config = format!(
            "sip_listen 127.0.0.1:{port}\naudio_player aubridge,nowhere\naudio_source {source}\naudio_alert aubridge,nowhere\n\
             ausrc_srate {rate}\nauplay_srate {rate}\naudio_srate {rate}\nrtp_ports {rtp}-{}\nsnd_path {here}\nmodule_path /usr/lib/baresip/modules\n\
             module g711.so\nmodule g722.so\nmodule opus.so\nmodule aufile.so\nmodule aubridge.so\nmodule sndfile.so\nmodule srtp.so\nmodule account.so\nmodule menu.so\nmodule ctrl_tcp.so\n\
             ctrl_tcp_listen 127.0.0.1:{control}\n",
            rtp + 9
        );
        let secure = options.secure.as_ref().map_or_else(String::new, |folder| {
            let folder = folder.display();
            format!("sip_certificate {folder}/agent.pem\nsip_cafile {folder}/cafile.pem\n")
        });
        std::fs::write(folder.path().join("config"), config + &secure).unwrap();
        let answer = if options.answers { ";answermode=auto" } else { "" };
        let account = |user: &str| {
            let PhoneOptions { transport, codec, .. } = options;
            let codec = if *codec == "opus" { "opus/48000/2" } else { codec }; // else it is none that baresip knows
            let secure = if options.secure.is_some() { ";mediaenc=srtp-mand" } else { "" };
            format!(
                "<sip:{user}@127.0.0.1:{port};transport={transport}>;regint=0;audio_codecs={codec}{answer}{secure}\n"
            )
        };
        let accounts: String = options.user.split(',').map(account).collect();
        std::fs::write(folder.path().join("accounts"), accounts).unwrap();
        std::fs::write(folder.path().join("contacts"), "").unwrap();
        let process = Command::new("baresip")
            .arg("-f")
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let process = process.expect("baresip is not installed");
        let deadline = Instant::now() + PATIENCE;
        let control = loop {
            match TcpStream::connect(("127.0.0.1", control)) {
                Ok(stream) => break stream,
                Err(error) => assert!(Instant::now() < deadline, "baresip does not start: {error}"),
            }
            std::thread::yield_now();
        };
        control.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        Self { folder, port, process, control, buffer: Vec::new() }
    }

    /// Where it is told what to do.
    pub fn control_port(&self) -> u16 {
        self.control.peer_addr().unwrap().port()
    }

    pub fn call(&mut self, uri: &str) {
        self.command("dial", uri);
    }

    pub fn command(&mut self, name: &str, parameters: &str) {
        let message = serde_json::json!({ "command": name, "params": parameters }).to_string();
        write!(self.control, "{}:{message},", message.len()).unwrap();
    }

    /// From now on the telephone's owner says this.
    pub fn say(&mut self, wav: &Path) {
        let said = self.folder.path().join("next.wav");
        let mut sox = Command::new("sox");
        let made = sox.arg(wav).args(["-b", "16", "-e", "signed", "-r", "8000"]).arg(&said).args(["pad", "0.2", "60"]);
        assert!(made.status().unwrap().success());
        self.command("ausrc", &format!("aufile,{}", said.display()));
    }

    /// The next event of this type ("CALL_ESTABLISHED", "CALL_CLOSED", …).
    pub fn wait_for(&mut self, kind: &str) -> serde_json::Value {
        let deadline = Instant::now() + PATIENCE;
        let mut seen = Vec::new();
        while Instant::now() < deadline {
            let Some(message) = self.next_message() else { continue };
            if message["type"] == kind {
                return message;
            }
            seen.push(message);
        }
        panic!("the telephone did not report {kind}, but {seen:?}");
    }

    /// A netstring of JSON: `12:{"a":"bcdef"},`.
    fn next_message(&mut self) -> Option<serde_json::Value> {
        loop {
            if let Some(colon) = self.buffer.iter().position(|b| *b == b':') {
                let length: usize = std::str::from_utf8(&self.buffer[..colon]).unwrap().parse().unwrap();
                let end = colon + 1 + length;
                if self.buffer.len() > end {
                    let message = serde_json::from_slice(&self.buffer[colon + 1..end]).unwrap();
                    self.buffer.drain(..=end);
                    return Some(message);
                }
            }
            let mut bytes = [0; 4096];
            match self.control.read(&mut bytes) {
                Ok(0) => panic!("baresip ended"),
                Ok(count) => self.buffer.extend_from_slice(&bytes[..count]),
                Err(_) => return None,
            }
        }
    }

    /// What the telephone heard up to now.
    pub fn heard(&self) -> PathBuf {
        let files = std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        files.into_iter().find(|path| path.to_string_lossy().ends_with("-dec.wav")).expect("nothing was recorded")
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
