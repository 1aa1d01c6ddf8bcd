//! Who called, without the number: a keyed hash whose key is new every month, and thrown away after the next.
//!
//! It must not be possible to tell the number from the hash, nor callers of different months from each other.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use redb::{ReadableDatabase, ReadableTable, WriteTransaction};

use crate::postings::hashed;
use crate::sealed::SealedTable;
use crate::{Store, StoreError, failed, seal};

type Key = [u8; 32];

/// Months since the year 0 to the key of the month.
pub const CALLER_KEYS: SealedTable<u32, Key> = SealedTable::new("caller_keys", "caller key");

impl Store {
    /// The hash of a caller's number in this month.
    pub fn caller(&self, number: &str, at: Timestamp) -> Result<u64, StoreError> {
        Ok(hashed(&self.month_key(month(at))?, national(number).as_bytes()))
    }

    fn month_key(&self, month: u32) -> Result<Key, StoreError> {
        let mut last = self.caller_key.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((_, key)) = last.filter(|(of, _)| *of == month) {
            return Ok(key);
        }
        let read = self.database.begin_read().map_err(failed)?;
        let kept = CALLER_KEYS.get(&read.open_table(CALLER_KEYS.table).map_err(failed)?, &self.seal, month)?;
        if let Some(key) = kept {
            *last = Some((month, key)); // nobody waits for who writes
            return Ok(key);
        }
        let key = self.add(|write| {
            if let Some(key) = CALLER_KEYS.get(&CALLER_KEYS.table(write)?, &self.seal, month)? {
                return Ok(key);
            }
            let key = seal::random();
            CALLER_KEYS.put(write, &self.seal, month, &key)?;
            Ok(key)
        })?;
        *last = Some((month, key));
        Ok(key)
    }
}

/// Throw away the keys of the months before the last.
pub fn forget_keys(write: &WriteTransaction, now: Timestamp) -> Result<usize, StoreError> {
    let mut table = CALLER_KEYS.table(write)?;
    let over: Vec<u32> = {
        let range = table.range(..month(now).saturating_sub(1)).map_err(failed)?;
        range.map(|entry| Ok(entry.map_err(failed)?.0.value())).collect::<Result<_, StoreError>>()?
    };
    over.iter().try_for_each(|month| table.remove(month).map(|_| ()).map_err(failed))?;
    Ok(over.len())
}

fn month(at: Timestamp) -> u32 {
    let date = at.to_zoned(TimeZone::UTC).date();
    u32::from(date.year().unsigned_abs()) * 12 + u32::from(date.month().unsigned_abs())
}

/// The same caller is told as +34 96…, 0034 96… or 96…
fn national(number: &str) -> String {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches("00");
    let spanish = digits.strip_prefix("34").filter(|rest| rest.len() == 9);
    spanish.unwrap_or(digits).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    #[test]
    fn a_caller_is_the_same_within_a_month_and_nobody_in_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("portaveu.redb")).unwrap();
        let may: Timestamp = "2026-05-10T12:00:00Z".parse().unwrap();
        let june = may + SignedDuration::from_hours(24 * 30);
        let caller = store.caller("+34 961 234 567", may).unwrap();
        assert_eq!(store.caller("961234567", may).unwrap(), caller);
        assert_ne!(store.caller("961234568", may).unwrap(), caller);
        assert_ne!(store.caller("961234567", june).unwrap(), caller);
        let forgotten = store.write(|write| forget_keys(write, june + SignedDuration::from_hours(24 * 30)));
        assert_eq!(forgotten.unwrap(), 1);
        *store.caller_key.lock().unwrap() = None;
        assert_ne!(store.caller("961234567", may).unwrap(), caller, "the key of May is gone");
    }
}
