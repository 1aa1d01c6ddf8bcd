//! The box's serial line: a root shell, of which every command's output and status is read.
//!
//! It must not know what is at its other end: QEMU's socket and a box's cable are the same here.

use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

/// A shell's answer to a command.
pub struct Answer {
    pub text: String,
    pub status: i32,
}

pub struct Console {
    writer: Box<dyn Write + Send>,
    bytes: Receiver<Vec<u8>>,
    /// What came and was not asked for yet.
    unread: String,
    commands: u32,
}

impl Console {
    pub fn new(mut reader: impl Read + Send + 'static, writer: impl Write + Send + 'static) -> Self {
        let (sender, bytes) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self { writer: Box::new(writer), bytes, unread: String::new(), commands: 0 }
    }

    /// Wait for the shell that the test image starts on the serial line, and make it a quiet one.
    pub fn log_in(&mut self, patience: Duration) -> Result<()> {
        self.wait_for("root@portaveu:", patience).context("no shell on the serial line")?;
        // A line at a time: what is typed ahead is lost when one shell takes the place of the other.
        self.write("exec env PS1='@'SHELL@ PS2= TERM=dumb sh\n")?;
        self.wait_for("\n@SHELL@", patience)?;
        self.write("PS1=; stty -echo -onlcr cols 1000; dmesg -n 1; echo '@'READY@\n")?;
        self.wait_for("\n@READY@", patience)?;
        self.run("true").map(|_| ())
    }

    /// Everything up to and with `text`.
    pub fn wait_for(&mut self, text: &str, patience: Duration) -> Result<String> {
        let deadline = Instant::now() + patience;
        loop {
            if let Some(at) = self.unread.find(text) {
                let rest = self.unread.split_off(at + text.len());
                return Ok(std::mem::replace(&mut self.unread, rest));
            }
            match self.bytes.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.unread.push_str(&String::from_utf8_lossy(&bytes)),
                Err(RecvTimeoutError::Timeout) => {
                    bail!("\"{text}\" did not come in {} s, but:\n{}", patience.as_secs(), last(&self.unread))
                }
                Err(RecvTimeoutError::Disconnected) => {
                    bail!("the serial line was closed, after:\n{}", last(&self.unread))
                }
            }
        }
    }

    /// A command that must succeed; its output, without the last line's end.
    pub fn run(&mut self, command: &str) -> Result<String> {
        let answer = self.try_run(command, Duration::from_secs(60))?;
        ensure!(answer.status == 0, "`{command}` ended with {}:\n{}", answer.status, answer.text);
        Ok(answer.text)
    }

    pub fn try_run(&mut self, command: &str, patience: Duration) -> Result<Answer> {
        self.commands += 1;
        let (begin, end) = (format!("@BEGIN{}@", self.commands), format!("@END{}@", self.commands));
        // In two parts, so that a line that is echoed is not taken for the answer.
        self.write(&format!(
            "echo '@'BEGIN{n}@; {{ {command}\n}} 2>&1 </dev/null; echo '@'END{n}@$?@\n",
            n = self.commands
        ))?;
        self.wait_for(&begin, patience)?;
        let text = self.wait_for(&end, patience).with_context(|| format!("`{command}` did not end"))?;
        let status = self.wait_for("@", patience)?;
        let text = text.trim_end_matches(&end).replace('\r', "");
        let status = status.trim_end_matches('@').parse().context("a status")?;
        Ok(Answer { text: text.trim_matches('\n').to_owned(), status })
    }

    /// A command whose end nobody waits for.
    pub fn send(&mut self, command: &str) -> Result<()> {
        self.write(&format!("{{ {command}; }} >/dev/null 2>&1 &\n"))
    }

    /// Ask again until `command` succeeds.
    pub fn until(&mut self, command: &str, patience: Duration) -> Result<String> {
        let seconds = patience.as_secs();
        let waiting =
            format!("for _ in $(seq {}); do {{ {command}; }} && exit 0; sleep 0.2; done; exit 1", seconds * 5);
        let answer = self.try_run(&format!("( {waiting} )"), patience * 3)?;
        ensure!(answer.status == 0, "`{command}` did not come true in {seconds} s:\n{}", last(&answer.text));
        Ok(answer.text)
    }

    fn write(&mut self, text: &str) -> Result<()> {
        self.writer
            .write_all(text.as_bytes())
            .and_then(|()| self.writer.flush())
            .context("the serial line takes nothing")
    }
}

fn last(text: &str) -> &str {
    let begin = text.char_indices().rev().nth(1500).map_or(0, |(at, _)| at);
    &text[begin..]
}
