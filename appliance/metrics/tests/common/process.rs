//! A program that runs beside a test, and what it says, line by line.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Nothing here should take longer, back-off and keep-alive included.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Process {
    child: Child,
    lines: Receiver<String>,
}

impl Process {
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (said, lines) = channel();
        read(child.stdout.take().unwrap(), said.clone());
        read(child.stderr.take().unwrap(), said);
        Self { child, lines }
    }

    /// The next line that has `text`.
    pub fn wait_for(&self, text: &str) -> String {
        self.until(text).pop().unwrap()
    }

    /// The next lines, up to the first that has `text`.
    pub fn until(&self, text: &str) -> Vec<String> {
        let (end, mut lines) = (Instant::now() + PATIENCE, Vec::new());
        while let Ok(line) = self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
            lines.push(line);
            if lines.last().is_some_and(|line| line.contains(text)) {
                return lines;
            }
        }
        panic!("\"{text}\" did not come; these did: {lines:#?}");
    }

    /// All that is still said.
    pub fn to_the_end(&self) -> Vec<String> {
        self.lines.iter().collect()
    }

    /// What was said and not yet taken.
    pub fn rest(&self) -> Vec<String> {
        self.lines.try_iter().collect()
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id() as i32), signal).unwrap();
    }

    pub fn end(&mut self, signal: Signal) -> ExitStatus {
        self.signal(signal);
        self.child.wait().unwrap()
    }

    pub fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(from: impl Read + Send + 'static, said: Sender<String>) {
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if std::env::var_os("SHOW").is_some() {
                eprintln!("| {line}");
            }
            let _ = said.send(line);
        }
    });
}
