//! Against guessing: who was wrong often waits, longer each time; and an address may try so often a minute, whoever it
//! says to be.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use portaveu_store::User;

/// Wrong passwords before the first wait.
const FREE: u32 = 5;
const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(30);
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(60);
/// Tries of one address a minute.
const TRIES: u32 = 20;
const MINUTE: Duration = Duration::from_secs(60);
/// Addresses that are remembered; beyond it, all are forgotten.
const ADDRESSES: usize = 10_000;

pub fn is_locked(user: &User, now: Timestamp) -> bool {
    user.locked_until.is_some_and(|until| now < until)
}

/// Whoever it was did not know the password or the code.
pub fn failed(user: &mut User, now: Timestamp) {
    user.failures += 1;
    if let Some(over) = user.failures.checked_sub(FREE) {
        let wait = FIRST_WAIT.checked_mul(1 << over.min(20)).unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT);
        user.locked_until = now.checked_add(wait).ok();
    }
}

pub fn succeeded(user: &mut User) {
    (user.failures, user.locked_until) = (0, None);
}

/// How often addresses have tried in this minute.
#[derive(Debug, Default)]
pub struct Tries(Mutex<HashMap<IpAddr, (Instant, u32)>>);

impl Tries {
    /// Counts a try; false when there were too many.
    pub fn allow(&self, address: IpAddr) -> bool {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tries.len() > ADDRESSES {
            tries.clear();
        }
        let (since, count) = tries.entry(address).or_insert((Instant::now(), 0));
        if since.elapsed() > MINUTE {
            (*since, *count) = (Instant::now(), 0);
        }
        *count += 1;
        *count <= TRIES
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use portaveu_store::Role;

    #[test]
    fn waits_grow_and_end() {
        let mut user = User::new("pepa", Role::It, String::new());
        let now = Timestamp::UNIX_EPOCH;
        (0..FREE - 1).for_each(|_| failed(&mut user, now));
        assert!(!is_locked(&user, now));
        failed(&mut user, now);
        assert!(is_locked(&user, now + FIRST_WAIT / 2) && !is_locked(&user, now + FIRST_WAIT));
        failed(&mut user, now);
        assert!(is_locked(&user, now + FIRST_WAIT));
        (0..40).for_each(|_| failed(&mut user, now));
        assert!(!is_locked(&user, now + LONGEST_WAIT));
        succeeded(&mut user);
        assert_eq!((user.failures, user.locked_until), (0, None));
    }

    #[test]
    fn an_address_that_tries_too_often_is_refused_and_others_are_not() {
        let tries = Tries::default();
        let one: IpAddr = [192, 0, 2, 1].into();
        assert!((0..TRIES).all(|_| tries.allow(one)));
        assert!(!tries.allow(one));
        assert!(tries.allow([192, 0, 2, 2].into()));
    }
}
