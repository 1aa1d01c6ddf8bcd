//! A telephone at the box's PBX: baresip, which calls, records what it hears, and says what happens to its calls.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

/// Where its program is told what to do.
const CONTROL: u16 = 4444;

pub struct Phone {
    own: Ipv4Addr,
    folder: tempfile::TempDir,
    process: Child,
    control: TcpStream,
    unread: Vec<u8>,
}

impl Phone {
    /// At `own`:5060, which is where the box's trunk is.
    pub fn new(own: Ipv4Addr) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let here = folder.path().display();
        silence(&folder.path().join("said.wav"))?;
        let config = format!(
            "sip_listen {own}:5060\naudio_player aubridge,nowhere\naudio_source aufile,{here}/said.wav\n\
             audio_alert aubridge,nowhere\nausrc_srate 8000\nauplay_srate 8000\naudio_srate 8000\nrtp_ports 30000-30099\n\
             snd_path {here}\nmodule_path /usr/lib/baresip/modules\nmodule g711.so\nmodule aufile.so\nmodule aubridge.so\n\
             module sndfile.so\nmodule account.so\nmodule menu.so\nmodule ctrl_tcp.so\nctrl_tcp_listen 127.0.0.1:{CONTROL}\n"
        );
        std::fs::write(folder.path().join("config"), config)?;
        let account = format!("<sip:caller@{own};transport=udp>;regint=0;audio_codecs=pcma;answermode=auto\n");
        std::fs::write(folder.path().join("accounts"), account)?;
        std::fs::write(folder.path().join("contacts"), "")?;
        let process = Command::new("baresip")
            .arg("-f")
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("baresip is not installed")?;
        let deadline = Instant::now() + Duration::from_secs(10);
        let control = loop {
            match TcpStream::connect(("127.0.0.1", CONTROL)) {
                Ok(stream) => break stream,
                Err(error) => ensure!(Instant::now() < deadline, "baresip does not start: {error}"),
            }
            std::thread::yield_now();
        };
        control.set_read_timeout(Some(Duration::from_millis(50)))?;
        Ok(Self { own, folder, process, control, unread: Vec::new() })
    }

    /// Call the box; whether it took the call in time.
    pub fn call(&mut self, uri: &str, patience: Duration) -> Result<bool> {
        self.command("dial", uri)?;
        Ok(self.next(&["CALL_ESTABLISHED", "CALL_CLOSED"], patience)?.as_deref() == Some("CALL_ESTABLISHED"))
    }

    /// Call as soon as the box says anything on SIP: calls of before would wait in its socket, and all be taken at once.
    pub fn call_until_taken(&mut self, uri: &str, patience: Duration) -> Result<()> {
        let deadline = Instant::now() + patience;
        speaks_sip(self.own, uri, deadline)?;
        ensure!(
            self.call(uri, deadline.saturating_duration_since(Instant::now()))?,
            "the box speaks SIP and takes no call"
        );
        Ok(())
    }

    pub fn hang_up(&mut self) -> Result<()> {
        self.command("hangup", "")
    }

    /// Whether the call is still up after `time`.
    pub fn stays_up(&mut self, time: Duration) -> Result<bool> {
        Ok(self.next(&["CALL_CLOSED"], time)?.is_none())
    }

    /// The first of these events, or none in time.
    pub fn next(&mut self, kinds: &[&str], patience: Duration) -> Result<Option<String>> {
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            if let Some(message) = self.message()?
                && let Some(kind) = message["type"].as_str().filter(|kind| kinds.contains(kind))
            {
                return Ok(Some(kind.to_owned()));
            }
        }
        Ok(None)
    }

    fn command(&mut self, name: &str, parameters: &str) -> Result<()> {
        let message = serde_json::json!({ "command": name, "params": parameters }).to_string();
        Ok(write!(self.control, "{}:{message},", message.len())?)
    }

    /// A netstring of JSON: `12:{"a":"bcdef"},`.
    fn message(&mut self) -> Result<Option<serde_json::Value>> {
        loop {
            if let Some(colon) = self.unread.iter().position(|byte| *byte == b':') {
                let length: usize = std::str::from_utf8(&self.unread[..colon])?.parse()?;
                let end = colon + 1 + length;
                if self.unread.len() > end {
                    let message = serde_json::from_slice(&self.unread[colon + 1..end])?;
                    self.unread.drain(..=end);
                    return Ok(Some(message));
                }
            }
            let mut bytes = [0; 4096];
            match self.control.read(&mut bytes) {
                Ok(0) => bail!("baresip ended"),
                Ok(count) => self.unread.extend_from_slice(&bytes[..count]),
                Err(_) => return Ok(None),
            }
        }
    }

    /// What was heard up to now, as samples at 8 kHz; of the last call that was recorded.
    pub fn heard(&self) -> Result<Vec<i16>> {
        let files = std::fs::read_dir(self.folder.path())?.filter_map(|entry| Some(entry.ok()?.path()));
        let recorded = files.filter(|path| path.to_string_lossy().ends_with("-dec.wav"));
        let last = recorded.max_by_key(|path| path.metadata().and_then(|m| m.modified()).ok());
        let path = last.context("the telephone heard nothing")?;
        // Its header is written at the end of the call; the samples are there before.
        let bytes = std::fs::read(&path)?;
        let samples = bytes.get(44..).unwrap_or_default().chunks_exact(2);
        Ok(samples.map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect())
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        // Else the box would wait for half a minute whether somebody still speaks.
        if self.hang_up().is_ok() {
            let _ = self.next(&["CALL_CLOSED"], Duration::from_secs(2));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Ask with OPTIONS, twice a second, until something comes back.
fn speaks_sip(own: Ipv4Addr, uri: &str, deadline: Instant) -> Result<()> {
    let socket = UdpSocket::bind((own, 0))?;
    socket.set_read_timeout(Some(Duration::from_millis(500)))?;
    let (port, host) = (socket.local_addr()?.port(), uri.rsplit('@').next().unwrap_or_default());
    for number in 1u32.. {
        ensure!(Instant::now() < deadline, "the box does not speak SIP in time");
        let request = format!(
            "OPTIONS {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {own}:{port};branch=z9hG4bK{number}\r\nMax-Forwards: 70\r\n\
             From: <sip:tests@{own}>;tag={number}\r\nTo: <{uri}>\r\nCall-ID: {number}@{own}\r\nCSeq: 1 OPTIONS\r\n\
             Content-Length: 0\r\n\r\n"
        );
        let begin = Instant::now();
        // Without a box, or a way to it, there is an error or nothing.
        let sent = socket.send_to(request.as_bytes(), (host, 5060));
        if sent.is_ok() && socket.recv(&mut [0; 2048]).is_ok() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(500).saturating_sub(begin.elapsed()));
    }
    Ok(())
}

/// Ten minutes in which the caller says nothing.
fn silence(path: &Path) -> Result<()> {
    write_wav(path, std::iter::repeat_n(0, 8000 * 600))
}

pub fn write_wav(path: &Path, samples: impl Iterator<Item = i16>) -> Result<()> {
    let spec =
        hound::WavSpec { channels: 1, sample_rate: 8000, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut wav = hound::WavWriter::create(path, spec)?;
    for sample in samples {
        wav.write_sample(sample)?;
    }
    Ok(wav.finalize()?)
}
