//! Power lost at every write of a day's work: what was acknowledged is there afterwards, and the store opens.
//!
//! The storage keeps what was synced apart from what was only written; when the power goes, any part of the latter is on
//! the disk, in blocks, as on a real one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

mod common;

use std::io::{Error, Result};
use std::sync::{Arc, Mutex};

use common::{call, turn};
use jiff::Timestamp;
use portaveu_call::Language;
use portaveu_store::{Audit, Counted, Message, MessageState, Outcome, Role, Store, User};
use redb::StorageBackend;

/// A disk writes so much at once or not at all.
const BLOCK: usize = 512;

#[derive(Debug, Default)]
struct Disk {
    synced: Vec<u8>,
    written: Vec<u8>,
    /// Writes until the power goes; none: it stays.
    left: Option<usize>,
    writes: usize,
}

impl Disk {
    fn step(&mut self) -> Result<()> {
        self.writes += 1;
        match &mut self.left {
            Some(0) => return Err(Error::other("no power")),
            Some(left) => *left -= 1,
            None => {}
        }
        Ok(())
    }

    /// What is on the disk after the power went: each block that was not synced is there or not.
    fn after_power_loss(&self, random: &mut fastrand::Rng) -> Vec<u8> {
        let mut left = self.synced.clone();
        left.resize(if random.bool() { self.written.len() } else { left.len() }, 0);
        for (old, new) in left.chunks_mut(BLOCK).zip(self.written.chunks(BLOCK)) {
            if old.len() == new.len() && random.bool() {
                old.copy_from_slice(new);
            }
        }
        left
    }
}

#[derive(Clone, Debug, Default)]
struct Storage(Arc<Mutex<Disk>>);

impl StorageBackend for Storage {
    fn len(&self) -> Result<u64> {
        Ok(self.0.lock().unwrap().written.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        let disk = self.0.lock().unwrap();
        let from = offset as usize;
        out.copy_from_slice(disk.written.get(from..from + out.len()).ok_or(Error::other("beyond the end"))?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> Result<()> {
        let mut disk = self.0.lock().unwrap();
        disk.step()?;
        disk.written.resize(len as usize, 0);
        Ok(())
    }

    fn sync_data(&self) -> Result<()> {
        let mut disk = self.0.lock().unwrap();
        disk.step()?;
        disk.synced = disk.written.clone();
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<()> {
        let mut disk = self.0.lock().unwrap();
        disk.step()?;
        let from = offset as usize;
        disk.written[from..from + data.len()].copy_from_slice(data);
        Ok(())
    }
}

fn message(id: u64) -> Message {
    Message {
        id,
        at: Timestamp::UNIX_EPOCH,
        language: Language::Es,
        department: "padron".into(),
        topic: None,
        number: Some("612345678".into()),
        when: "por la tarde".into(),
        text: "me falta un papel".into(),
        seconds: 4,
        state: MessageState::New,
    }
}

fn user() -> User {
    User::new("pepa", Role::Editor, "hash".into())
}

/// Something that was acknowledged, and how to see it.
type Seen = Box<dyn Fn(&Store) -> bool>;

/// A day's work. Gives what was acknowledged before the first failure.
fn work(store: &Store) -> Vec<Seen> {
    let mut seen: Vec<Seen> = Vec::new();
    let mut days_work = || -> std::result::Result<(), portaveu_store::StoreError> {
        for id in [10, 20] {
            store.put_call(&call(id, Outcome::Open))?;
            seen.push(Box::new(move |store| store.call(id).unwrap().is_some()));
            store.put_turn(id, 0, &turn("la contribució"))?;
            seen.push(Box::new(move |store| store.turns(id).unwrap() == [(0, turn("la contribució"))].into()));
            store.end_call(&call(id, Outcome::Answered))?;
            seen.push(Box::new(move |store| store.call(id).unwrap() == Some(call(id, Outcome::Answered))));
        }
        store.put_message(&message(1), b"a voice")?;
        seen.push(Box::new(|store| store.message_sound(1).unwrap().unwrap() == b"a voice"));
        store.set_message_state(1, MessageState::Taken)?;
        seen.push(Box::new(|store| store.messages().unwrap()[0].state == MessageState::Taken));
        store.put_user(&user())?;
        seen.push(Box::new(|store| store.user("pepa").unwrap() == Some(user())));
        let entry = Audit { at: Timestamp::UNIX_EPOCH, who: "pepa".into(), what: "saw".into(), subject: "10".into() };
        store.audit(&entry)?;
        seen.push(Box::new(move |store| store.audit_log(9, 9).unwrap() == [(1, entry.clone())]));
        let counted = Counted { until: Some(Timestamp::UNIX_EPOCH), carried: vec![1], next: 1 };
        store.put_counted(&counted, Some(b"a bundle"))?;
        seen.push(Box::new(|store| store.counted().unwrap().next == 2));
        store.put_version(&[("a.md".to_owned(), "text".to_owned())].into(), ("pepa", "why"), Timestamp::UNIX_EPOCH)?;
        seen.push(Box::new(|store| store.versions().unwrap().len() == 1));
        Ok(())
    };
    let _ = days_work(); // a failure is the power going
    seen
}

#[test]
fn nothing_acknowledged_is_lost_whenever_the_power_goes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("portaveu.redb");
    let made = Storage::default(); // a file is made under another name first: see Store::open
    drop(Store::open_on(made.clone(), &path).unwrap());
    let made = made.0.lock().unwrap().synced.clone();
    let begin = |left| {
        let disk = Disk { synced: made.clone(), written: made.clone(), left, writes: 0 };
        Storage(Arc::new(Mutex::new(disk)))
    };
    let whole = begin(None);
    let acknowledged = work(&Store::open_on(whole.clone(), &path).unwrap()).len();
    let writes = whole.0.lock().unwrap().writes;
    assert!(acknowledged == 12 && writes > 100, "{acknowledged} acknowledged in {writes} writes");
    let mut random = fastrand::Rng::with_seed(7);
    for left in 0..writes {
        let storage = begin(Some(left));
        let seen = match Store::open_on(storage.clone(), &path) {
            Ok(store) => work(&store),
            Err(_) => Vec::new(),
        };
        let after = storage.0.lock().unwrap().after_power_loss(&mut random);
        let disk = Disk { synced: after.clone(), written: after, ..Default::default() };
        let store = Store::open_on(Storage(Arc::new(Mutex::new(disk))), &path)
            .unwrap_or_else(|error| panic!("the store does not open after write {left}: {error}"));
        for (number, seen) in seen.iter().enumerate() {
            assert!(seen(&store), "record {number} is gone after the power went at write {left}");
        }
    }
    println!("power was lost at each of {writes} writes");
}
