//! What is kept when the disk is nearly full: first no more voices, then no more words, and calls last. The telephone goes
//! on whatever becomes of the disk.
//!
//! It must not let the file system fill up: redb cannot go on after a write that failed for want of room.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const MIB: u64 = 1 << 20;
/// With less than this free, voices are not kept, then words, then nothing.
const VOICES: u64 = 500 * MIB;
const WORDS: u64 = 300 * MIB;
const ANYTHING: u64 = 100 * MIB;
/// How long it is believed what the disk said.
const BELIEVED: Duration = Duration::from_secs(5);

/// What there is room for, from nothing to everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Room {
    Nothing,
    Calls,
    Words,
    Voices,
}

impl Room {
    pub fn of(free: u64) -> Self {
        match free {
            free if free < ANYTHING => Self::Nothing,
            free if free < WORDS => Self::Calls,
            free if free < VOICES => Self::Words,
            _ => Self::Voices,
        }
    }
}

/// The disk that the store is on.
#[derive(Debug)]
pub struct Disk {
    folder: PathBuf,
    last: Mutex<Option<(Instant, Room)>>,
}

impl Disk {
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, last: Mutex::default() }
    }

    pub fn room(&self) -> Room {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, room)) = last.filter(|(at, _)| at.elapsed() < BELIEVED) {
            return room;
        }
        // A disk that tells nothing is not taken for a full one.
        let free = nix::sys::statvfs::statvfs(&self.folder);
        let room = free.map_or(Room::Voices, |disk| Room::of(disk.blocks_available() * disk.fragment_size()));
        let before = last.replace((Instant::now(), room)).map_or(Room::Voices, |(_, room)| room);
        if room < before {
            tracing::error!(
                "{}: the disk is nearly full; from now on it has room for: {room:?}",
                self.folder.display()
            );
        }
        room
    }

    /// Say what there is room for, until this is dropped: for a test that has no full disk.
    #[cfg(test)]
    pub fn pretend(&self, room: Room) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((Instant::now() + Duration::from_secs(3600), room));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn voices_go_first_and_calls_last() {
        let rooms = [600, 400, 200, 50].map(|mib| Room::of(mib * MIB));
        assert_eq!(rooms, [Room::Voices, Room::Words, Room::Calls, Room::Nothing]);
        assert_eq!(Disk::new("/proc".into()).room(), Room::of(0), "a file system without room");
        assert_eq!(Disk::new("/nowhere".into()).room(), Room::Voices);
    }
}
