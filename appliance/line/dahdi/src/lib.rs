//! The channels of an E1 card, by DAHDI's kernel driver: opened and set up for voice or for signalling.
//!
//! It must not configure the card itself: framing, clock and which channel carries signalling are `dahdi_cfg`'s matter.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;

/// Opens any channel by its number.
const CHANNEL: &str = "/dev/dahdi/channel";
const IMMEDIATE: i32 = 0;
const ALAW: i32 = 2;
/// 20 ms of A-law.
const FRAME: i32 = 160;
/// Two frames each way: what one is spoken late, the other holds.
const FRAMES: i32 = 2;
const MESSAGE: i32 = 1024;
const MESSAGES: i32 = 32;
/// 32 ms of tail, in samples: a town hall's PBX is near.
const ECHO_TAIL: i32 = 256;
const EVENT_ALARM: i32 = 4;
const EVENT_NO_ALARM: i32 = 5;
const EVENT_REMOVED: i32 = 20;

#[repr(C)]
pub struct BufferInfo {
    transmit_policy: i32,
    receive_policy: i32,
    buffers: i32,
    size: i32,
    full_read: i32,
    full_write: i32,
}

nix::ioctl_write_ptr!(set_block_size, 0xda, 1, i32);
nix::ioctl_read!(get_event, 0xda, 8, i32);
nix::ioctl_write_ptr!(set_buffers, 0xda, 27, BufferInfo);
nix::ioctl_write_ptr!(set_audio_mode, 0xda, 32, i32);
nix::ioctl_write_ptr!(set_echo_canceller, 0xda, 33, i32);
nix::ioctl_write_ptr!(specify, 0xda, 38, i32);
nix::ioctl_write_ptr!(set_law, 0xda, 39, i32);

/// What the card tells on its signalling channel beside messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// No signal, or none that can be understood.
    Alarm,
    AlarmOver,
    /// The card is gone.
    Removed,
}

/// A channel for signalling; reads give whole messages and do not wait.
pub fn open_d_channel(channel: u32) -> io::Result<OwnedFd> {
    let file = open(channel)?;
    buffers(&file, MESSAGES, MESSAGE)?;
    Ok(file.into())
}

/// A channel for sound; reads and writes are A-law octets at the line's pace. Both fail after an event, until it is forgotten.
pub fn open_b_channel(channel: u32) -> io::Result<OwnedFd> {
    let file = open(channel)?;
    buffers(&file, FRAMES, FRAME)?;
    // SAFETY: each gets a live file and a pointer to the int that DAHDI's header names for it.
    unsafe {
        set_block_size(file.as_raw_fd(), &FRAME)?;
        set_audio_mode(file.as_raw_fd(), &1)?;
        set_law(file.as_raw_fd(), &ALAW)?;
        // A system without an echo canceller is one with more echo, and no worse.
        let _ = set_echo_canceller(file.as_raw_fd(), &ECHO_TAIL);
    }
    Ok(file.into())
}

/// The event that made a read or poll of the signalling channel fail, if one did that concerns the line.
pub fn event(d_channel: BorrowedFd<'_>) -> Option<Event> {
    let mut event = 0;
    // SAFETY: a live file and a pointer to an int, which the driver fills.
    match unsafe { get_event(d_channel.as_raw_fd(), &raw mut event) }.map(|_| event) {
        Ok(EVENT_ALARM) => Some(Event::Alarm),
        Ok(EVENT_NO_ALARM) => Some(Event::AlarmOver),
        Ok(EVENT_REMOVED) | Err(_) => Some(Event::Removed),
        Ok(_) => None,
    }
}

/// Let a B channel go on after an event: an alarm that the signalling channel tells of as well, or a fax tone.
pub fn forget_events(b_channel: BorrowedFd<'_>) {
    let mut event = 0;
    // SAFETY: as in `event`.
    while unsafe { get_event(b_channel.as_raw_fd(), &raw mut event) }.is_ok() && event != 0 {}
}

fn open(channel: u32) -> io::Result<File> {
    let number = i32::try_from(channel).unwrap_or(i32::MAX);
    let named = |error: io::Error| io::Error::new(error.kind(), format!("channel {number} of {CHANNEL}: {error}"));
    let waits_not = nix::libc::O_NONBLOCK;
    let file = OpenOptions::new().read(true).write(true).custom_flags(waits_not).open(CHANNEL).map_err(named)?;
    // SAFETY: a live file and a pointer to an int.
    unsafe { specify(file.as_fd().as_raw_fd(), &number) }.map_err(|error| named(error.into()))?;
    Ok(file)
}

fn buffers(file: &File, buffers: i32, size: i32) -> io::Result<()> {
    let info = BufferInfo {
        transmit_policy: IMMEDIATE,
        receive_policy: IMMEDIATE,
        buffers,
        size,
        full_read: 0,
        full_write: 0,
    };
    // SAFETY: a live file and a pointer to the struct that DAHDI's header names for it.
    unsafe { set_buffers(file.as_raw_fd(), &info) }?;
    Ok(())
}
