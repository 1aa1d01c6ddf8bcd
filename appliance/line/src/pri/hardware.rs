//! Where a span's channels are: a card's, by DAHDI, or sockets of a rehearsal.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;
use std::time::Duration;

use nix::sys::socket::{AddressFamily, SockFlag, SockType, UnixAddr, connect, socket};
use portaveu_call::BChannelFile;

/// What the card tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alarm {
    NoSignal,
    Over,
    /// The file is at its end: it will not come back by itself.
    Gone,
}

/// The 31 channels of a span.
pub trait SpanHardware: Send {
    /// Whole messages, and it must not block.
    fn open_d_channel(&mut self) -> io::Result<OwnedFd>;

    /// By its number in the span.
    fn open_b_channel(&mut self, channel: u8) -> io::Result<BChannelFile>;

    /// Why the D channel woke up without a message.
    fn alarm(&mut self, d_channel: BorrowedFd<'_>) -> Option<Alarm>;
}

/// A card's span.
#[derive(Clone, Copy, Debug)]
pub struct Dahdi {
    /// DAHDI's number of its first channel.
    pub first: u32,
}

/// The last call's thread lets go of its channel within a frame or two, and the exchange may be faster.
const STILL_HELD: Duration = Duration::from_millis(10);
const TRIES: u32 = 20;

impl Dahdi {
    fn number(self, channel: u8) -> u32 {
        self.first + u32::from(channel) - 1
    }
}

impl SpanHardware for Dahdi {
    fn open_d_channel(&mut self) -> io::Result<OwnedFd> {
        dahdi::open_d_channel(self.number(16))
    }

    fn open_b_channel(&mut self, channel: u8) -> io::Result<BChannelFile> {
        let mut tries = 1..TRIES;
        loop {
            match dahdi::open_b_channel(self.number(channel)) {
                Err(error) if error.kind() == io::ErrorKind::ResourceBusy && tries.next().is_some() => {
                    std::thread::sleep(STILL_HELD);
                }
                opened => return Ok(BChannelFile { file: opened?, clear: dahdi::forget_events }),
            }
        }
    }

    fn alarm(&mut self, d_channel: BorrowedFd<'_>) -> Option<Alarm> {
        Some(match dahdi::event(d_channel)? {
            dahdi::Event::Alarm => Alarm::NoSignal,
            dahdi::Event::AlarmOver => Alarm::Over,
            dahdi::Event::Removed => Alarm::Gone,
        })
    }
}

/// A rehearsal: an exchange on this machine that has a Unix socket (packets) for each channel, named by its number.
#[derive(Clone, Debug)]
pub struct SocketSpan {
    pub folder: PathBuf,
}

impl SocketSpan {
    fn open(&self, channel: u8) -> io::Result<OwnedFd> {
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let file = socket(AddressFamily::Unix, SockType::SeqPacket, flags, None)?;
        let path = self.folder.join(channel.to_string());
        let named = |error| io::Error::new(io::Error::from(error).kind(), format!("{}: {error}", path.display()));
        connect(file.as_raw_fd(), &UnixAddr::new(&path)?).map_err(named)?;
        Ok(file)
    }
}

impl SpanHardware for SocketSpan {
    fn open_d_channel(&mut self) -> io::Result<OwnedFd> {
        self.open(16)
    }

    fn open_b_channel(&mut self, channel: u8) -> io::Result<BChannelFile> {
        Ok(BChannelFile { file: self.open(channel)?, clear: |_| () })
    }

    fn alarm(&mut self, _: BorrowedFd<'_>) -> Option<Alarm> {
        Some(Alarm::Gone)
    }
}
