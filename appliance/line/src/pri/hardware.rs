//! Where a span's channels are: a card's, by DAHDI, or sockets of a rehearsal.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;

use nix::sys::socket::{AddressFamily, SockFlag, SockType, UnixAddr, connect, socket};

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

    /// A-law octets at the line's pace.
    fn open_b_channel(&mut self, channel: u8) -> io::Result<OwnedFd>;

    /// Why the D channel woke up without a message.
    fn alarm(&mut self, d_channel: BorrowedFd<'_>) -> Option<Alarm>;
}

/// A card's span, counted from 1.
#[derive(Clone, Copy, Debug)]
pub struct Dahdi {
    pub span: u32,
}

impl SpanHardware for Dahdi {
    fn open_d_channel(&mut self) -> io::Result<OwnedFd> {
        dahdi::open_d_channel(self.span)
    }

    fn open_b_channel(&mut self, channel: u8) -> io::Result<OwnedFd> {
        dahdi::open_b_channel(self.span, channel)
    }

    fn alarm(&mut self, d_channel: BorrowedFd<'_>) -> Option<Alarm> {
        Some(match dahdi::event(d_channel)? {
            dahdi::Event::Alarm => Alarm::NoSignal,
            dahdi::Event::AlarmOver => Alarm::Over,
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

    fn open_b_channel(&mut self, channel: u8) -> io::Result<OwnedFd> {
        self.open(channel)
    }

    fn alarm(&mut self, _: BorrowedFd<'_>) -> Option<Alarm> {
        Some(Alarm::Gone)
    }
}
