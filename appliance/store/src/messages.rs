//! Messages that callers leave for a department: what was said and its sound, both sealed.
//!
//! It must not be the reason that a message is lost: putting one is acknowledged when it is durable, and not before.

use jiff::{SignedDuration, Timestamp};
use portaveu_call::Language;
use redb::{ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction};
use serde::{Deserialize, Serialize};

use crate::room::Room;
use crate::sealed::SealedTable;
use crate::{Store, StoreError, failed};

pub const MESSAGES: SealedTable<u64, Message> = SealedTable::new("messages", "message");
pub const SOUNDS: TableDefinition<u64, &[u8]> = TableDefinition::new("message_sounds");
/// One that nobody has dealt with is kept so many times longer.
pub const UNDONE_LONGER: u32 = 3;

/// A message, without its sound.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Microseconds since 1970 when it was left, made unique.
    pub id: u64,
    pub at: Timestamp,
    pub language: Language,
    /// Whose inbox it is in.
    pub department: String,
    pub topic: Option<String>,
    /// Where to call back.
    pub number: Option<String>,
    /// When that suits, in the caller's words.
    pub when: String,
    /// What was said, as the recogniser heard it.
    pub text: String,
    pub seconds: u32,
    pub state: MessageState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageState {
    New,
    /// Somebody is going to call back.
    Taken,
    Done,
}

impl Store {
    /// Keep a message with its sound (a WAV file); durable when this returns.
    pub fn put_message(&self, message: &Message, sound: &[u8]) -> Result<(), StoreError> {
        let is_heard = self.disk.room() >= Room::Voices; // else the words must do
        let message = &Message { seconds: if is_heard { message.seconds } else { 0 }, ..message.clone() };
        let sound = self.seal.close(&sound_name(message.id), if is_heard { sound } else { &[] })?;
        self.add(|write| {
            MESSAGES.put(write, &self.seal, message.id, message)?;
            write.open_table(SOUNDS).map_err(failed)?.insert(message.id, sound.as_slice()).map_err(failed)?;
            Ok(())
        })
    }

    /// All messages, the oldest first. One that cannot be opened is named in the log and left where it is.
    pub fn messages(&self) -> Result<Vec<Message>, StoreError> {
        let table = self.database.begin_read().map_err(failed)?.open_table(MESSAGES.table).map_err(failed)?;
        let mut messages = Vec::new();
        for entry in table.iter().map_err(failed)? {
            let (id, sealed) = entry.map_err(failed)?;
            match MESSAGES.open(&self.seal, &id.value(), sealed.value()) {
                Ok(message) => messages.push(message),
                Err(error) => tracing::error!("message {}: {error}", id.value()),
            }
        }
        Ok(messages)
    }

    /// The sound of a message, as a WAV file.
    pub fn message_sound(&self, id: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let table = self.database.begin_read().map_err(failed)?.open_table(SOUNDS).map_err(failed)?;
        let sealed = table.get(id).map_err(failed)?;
        sealed.map(|sealed| Ok(self.seal.open(&sound_name(id), sealed.value())?)).transpose()
    }

    /// False when there is no such message.
    pub fn set_message_state(&self, id: u64, state: MessageState) -> Result<bool, StoreError> {
        self.write(|write| {
            let Some(message) = MESSAGES.get(&MESSAGES.table(write)?, &self.seal, id)? else { return Ok(false) };
            MESSAGES.put(write, &self.seal, id, &Message { state, ..message })?;
            Ok(true)
        })
    }

    /// Remove a message and its sound; gives the message, if there was one.
    pub fn forget_message(&self, id: u64) -> Result<Option<Message>, StoreError> {
        self.write(|write| {
            let message = MESSAGES.get(&MESSAGES.table(write)?, &self.seal, id)?;
            remove(write, id)?;
            Ok(message)
        })
    }

    /// Remove messages that are done and older than `keep`, and any that are much older. Says how many.
    pub fn forget_messages(&self, now: Timestamp, keep: SignedDuration) -> Result<usize, StoreError> {
        let is_over = |message: &Message| {
            let keep = if message.state == MessageState::Done { keep } else { keep * UNDONE_LONGER as i32 };
            now.duration_since(message.at) > keep
        };
        let over: Vec<u64> = self.messages()?.iter().filter(|message| is_over(message)).map(|m| m.id).collect();
        self.write(|write| {
            over.iter().try_for_each(|id| remove(write, *id))?;
            Ok(over.len())
        })
    }
}

fn remove(write: &WriteTransaction, id: u64) -> Result<(), StoreError> {
    MESSAGES.table(write)?.remove(id).map_err(failed)?;
    write.open_table(SOUNDS).map_err(failed)?.remove(id).map_err(failed)?;
    Ok(())
}

fn sound_name(id: u64) -> String {
    format!("sound of message {id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: u64, at: Timestamp, state: MessageState) -> Message {
        Message {
            id,
            at,
            language: Language::Es,
            department: "padron".into(),
            topic: None,
            number: Some("612345678".into()),
            when: "por la tarde".into(),
            text: "me falta un papel".into(),
            seconds: 4,
            state,
        }
    }

    #[test]
    fn a_message_is_kept_sealed_and_its_state_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("portaveu.redb");
        let store = Store::open(&path).unwrap();
        let left = message(7, Timestamp::UNIX_EPOCH, MessageState::New);
        store.put_message(&left, b"RIFF a voice").unwrap();
        assert!(store.set_message_state(7, MessageState::Taken).unwrap());
        assert!(!store.set_message_state(8, MessageState::Taken).unwrap());
        drop(store);
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(9).any(|part| part == b"612345678"), "the number is in the file");
        assert!(!bytes.windows(7).any(|part| part == b"a voice"), "the voice is in the file");
        let store = Store::open(&path).unwrap();
        assert_eq!(store.messages().unwrap(), [Message { state: MessageState::Taken, ..left }]);
        assert_eq!(store.message_sound(7).unwrap().unwrap(), b"RIFF a voice");
        assert_eq!(store.message_sound(8).unwrap(), None);
        drop(store);
        std::fs::remove_file(path.with_extension("key")).unwrap();
        assert!(matches!(Store::open(&path), Err(StoreError::NoKey(..))), "a new key would lose the messages");
    }

    #[test]
    fn one_message_is_forgotten_with_its_sound_and_no_other_is() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("portaveu.redb")).unwrap();
        let [gone, left] = [7, 8].map(|id| message(id, Timestamp::UNIX_EPOCH, MessageState::New));
        [&gone, &left].into_iter().for_each(|message| store.put_message(message, b"a voice").unwrap());
        store.disk.pretend(Room::Nothing);
        assert_eq!(store.forget_message(7).unwrap(), Some(gone), "a full disk is no reason to keep it");
        assert_eq!(store.forget_message(7).unwrap(), None);
        assert_eq!(store.messages().unwrap(), [left]);
        assert_eq!((store.message_sound(7).unwrap(), store.message_sound(8).unwrap().is_some()), (None, true));
    }

    #[test]
    fn a_nearly_full_disk_keeps_the_words_without_the_voice_and_a_full_one_says_no() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("portaveu.redb")).unwrap();
        store.disk.pretend(Room::Words);
        store.put_message(&message(7, Timestamp::UNIX_EPOCH, MessageState::New), b"a voice").unwrap();
        assert_eq!(store.message_sound(7).unwrap().unwrap(), b"");
        assert_eq!((store.messages().unwrap()[0].seconds, store.messages().unwrap()[0].text.len()), (0, 17));
        store.disk.pretend(Room::Nothing);
        let refused = store.put_message(&message(8, Timestamp::UNIX_EPOCH, MessageState::New), b"a voice");
        assert!(matches!(refused, Err(StoreError::Full)));
        assert_eq!(store.messages().unwrap().len(), 1, "what is there is still read");
    }

    #[test]
    fn what_is_done_is_forgotten_in_time_and_the_rest_later() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("portaveu.redb")).unwrap();
        let day = |n: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * n);
        for (id, at, state) in [(1, 0, MessageState::Done), (2, 0, MessageState::New), (3, 20, MessageState::Done)] {
            store.put_message(&message(id, day(at), state), b"").unwrap();
        }
        let keep = SignedDuration::from_hours(24 * 30);
        let left = || store.messages().unwrap().iter().map(|message| message.id).collect::<Vec<_>>();
        assert_eq!(store.forget_messages(day(31), keep).unwrap(), 1);
        assert_eq!(left(), [2, 3]);
        assert_eq!(store.message_sound(1).unwrap(), None);
        assert_eq!(store.forget_messages(day(91), keep).unwrap(), 2);
    }
}
