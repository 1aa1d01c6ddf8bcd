//! The people who use the panel, the browsers they are signed in with, and what each of them saw and changed.
//!
//! It must not keep a password nor a session's secret, only what they can be checked against.

use jiff::{SignedDuration, Timestamp};
use portaveu_call::Language;
use redb::{ReadableDatabase, ReadableTable};
use serde::{Deserialize, Serialize};

use crate::calls::first_id;
use crate::sealed::SealedTable;
use crate::{Store, StoreError, failed};

pub const USERS: SealedTable<&str, User> = SealedTable::new("users", "user");
pub const SESSIONS: SealedTable<&[u8], Session> = SealedTable::new("sessions", "session");
pub const AUDIT: SealedTable<u64, Audit> = SealedTable::new("audit", "audit");

/// A browser that was not used for so long is signed out, and any after this.
const IDLE: SignedDuration = SignedDuration::from_mins(30);
const LONGEST: SignedDuration = SignedDuration::from_hours(12);

/// What a person may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Takes calls and messages.
    Attendant,
    /// Writes the answers.
    Editor,
    /// Reads reports and says who has an account.
    Manager,
    /// Looks after the box.
    It,
}

impl Role {
    pub const ALL: [Self; 4] = [Self::Attendant, Self::Editor, Self::Manager, Self::It];
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub name: String,
    pub role: Role,
    pub language: Option<Language>,
    /// As Argon2 writes it, with its salt.
    pub password: String,
    /// It was given by somebody else: the person chooses another one first.
    pub must_change: bool,
    /// Secret of the second factor.
    pub totp: Option<Vec<u8>>,
    /// The time step of the last code that was used: none is taken twice.
    pub totp_step: u64,
    /// Wrong passwords in a row.
    pub failures: u32,
    pub locked_until: Option<Timestamp>,
}

impl User {
    /// Whoever it is has not chosen a password yet, nor a language, nor a second factor.
    pub fn new(name: &str, role: Role, password: String) -> Self {
        Self {
            name: name.to_owned(),
            role,
            language: None,
            password,
            must_change: true,
            totp: None,
            totp_step: 0,
            failures: 0,
            locked_until: None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub user: String,
    pub began: Timestamp,
    pub seen: Timestamp,
    /// What each form of this session must carry.
    pub form_token: String,
}

impl Session {
    pub fn is_over(&self, now: Timestamp) -> bool {
        now.duration_since(self.seen) > IDLE || now.duration_since(self.began) > LONGEST
    }
}

/// Somebody saw or changed something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    pub at: Timestamp,
    /// Empty: the box itself, or somebody who is not signed in.
    pub who: String,
    /// What was done, as a word of the panel's.
    pub what: String,
    /// To what: a call's number, a topic, a name.
    pub subject: String,
}

impl Store {
    pub fn user(&self, name: &str) -> Result<Option<User>, StoreError> {
        let read = self.database.begin_read().map_err(failed)?;
        USERS.get(&read.open_table(USERS.table).map_err(failed)?, &self.seal, name)
    }

    pub fn users(&self) -> Result<Vec<User>, StoreError> {
        let table = self.database.begin_read().map_err(failed)?.open_table(USERS.table).map_err(failed)?;
        let all = table.iter().map_err(failed)?.map(|entry| {
            let (name, sealed) = entry.map_err(failed)?;
            USERS.open(&self.seal, &name.value(), sealed.value())
        });
        all.collect()
    }

    pub fn put_user(&self, user: &User) -> Result<(), StoreError> {
        self.add(|write| USERS.put(write, &self.seal, &user.name, user))
    }

    /// Remove a person and sign them out everywhere.
    pub fn remove_user(&self, name: &str) -> Result<(), StoreError> {
        self.sign_out_everywhere(name)?;
        self.write(|write| USERS.table(write)?.remove(name).map(|_| ()).map_err(failed))
    }

    /// Change what is kept of a person; nothing when there is no such person.
    pub fn change_user<T>(&self, name: &str, change: impl FnOnce(&mut User) -> T) -> Result<Option<T>, StoreError> {
        self.write(|write| {
            let Some(mut user) = USERS.get(&USERS.table(write)?, &self.seal, name)? else { return Ok(None) };
            let changed = change(&mut user);
            USERS.put(write, &self.seal, name, &user)?;
            Ok(Some(changed))
        })
    }

    /// `token_hash`: what is left of the browser's secret.
    pub fn session(&self, token_hash: &[u8]) -> Result<Option<Session>, StoreError> {
        let read = self.database.begin_read().map_err(failed)?;
        SESSIONS.get(&read.open_table(SESSIONS.table).map_err(failed)?, &self.seal, token_hash)
    }

    pub fn put_session(&self, token_hash: &[u8], session: &Session) -> Result<(), StoreError> {
        self.add(|write| SESSIONS.put(write, &self.seal, token_hash, session))
    }

    /// A session is in use; nothing, if it was removed meanwhile.
    pub fn session_seen(&self, token_hash: &[u8], now: Timestamp) -> Result<(), StoreError> {
        self.write(|write| {
            let kept = SESSIONS.get(&SESSIONS.table(write)?, &self.seal, token_hash)?;
            kept.map_or(Ok(()), |kept| SESSIONS.put(write, &self.seal, token_hash, &Session { seen: now, ..kept }))
        })
    }

    pub fn remove_session(&self, token_hash: &[u8]) -> Result<(), StoreError> {
        self.write(|write| SESSIONS.table(write)?.remove(token_hash).map(|_| ()).map_err(failed))
    }

    /// Sign a person out of every browser.
    pub fn sign_out_everywhere(&self, name: &str) -> Result<(), StoreError> {
        self.remove_sessions_if(|session| session.user == name).map(|_| ())
    }

    /// Remove sessions; says how many.
    pub(crate) fn remove_sessions_if(&self, is_over: impl Fn(&Session) -> bool) -> Result<usize, StoreError> {
        self.write(|write| {
            let mut removed = 0;
            let over = |key: &[u8], sealed: &[u8]| {
                let session = SESSIONS.open(&self.seal, &key, sealed);
                session.is_ok_and(|session| is_over(&session)) // one that cannot be read signs nobody in
            };
            let keep = |key: &[u8], sealed: &[u8]| {
                let keep = !over(key, sealed);
                removed += usize::from(!keep);
                keep
            };
            SESSIONS.table(write)?.retain(keep).map_err(failed)?;
            Ok(removed)
        })
    }

    /// Add to the log; whatever the clock says, nothing is written over.
    pub fn audit(&self, entry: &Audit) -> Result<(), StoreError> {
        self.add(|write| {
            let last = AUDIT.table(write)?.last().map_err(failed)?.map_or(0, |(id, _)| id.value());
            AUDIT.put(write, &self.seal, first_id(entry.at).max(last + 1), entry)
        })
    }

    /// The newest entries, older than the one numbered `before`.
    pub fn audit_log(&self, before: u64, most: usize) -> Result<Vec<(u64, Audit)>, StoreError> {
        let table = self.database.begin_read().map_err(failed)?.open_table(AUDIT.table).map_err(failed)?;
        let newest = table.range(..before).map_err(failed)?.rev().take(most);
        newest
            .map(|entry| {
                let (id, sealed) = entry.map_err(failed)?;
                Ok((id.value(), AUDIT.open(&self.seal, &id.value(), sealed.value())?))
            })
            .collect()
    }
}
