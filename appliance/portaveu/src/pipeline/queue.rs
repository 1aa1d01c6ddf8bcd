//! Callers who wait for a department, in the order in which they came.
//!
//! It must not know telephones or speech: it keeps places, and how long people take for a call.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use portaveu_call::CallId;

/// How long a person takes for a call, until it is known.
const USUAL: Duration = Duration::from_secs(180);
/// How much the last call says of how long calls take.
const LATEST: f32 = 0.2;
/// Nobody is told of fewer.
const FEWEST_MINUTES: u32 = 2;

#[derive(Debug, Default)]
pub struct Queues(Mutex<HashMap<String, Queue>>);

#[derive(Debug)]
struct Queue {
    waiting: VecDeque<CallId>,
    usual: Duration,
    /// When a person of the department was last known to become free.
    freed: Option<Instant>,
}

impl Default for Queue {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), usual: USUAL, freed: None }
    }
}

impl Queues {
    fn all(&self) -> MutexGuard<'_, HashMap<String, Queue>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner) // a queue is whole after any statement
    }

    /// Wait at the end; who is waiting already keeps the place.
    pub fn enter(&self, department: &str, call: CallId) {
        let mut all = self.all();
        let queue = all.entry(department.to_owned()).or_default();
        if !queue.waiting.contains(&call) {
            queue.waiting.push_back(call);
        }
    }

    pub fn leave(&self, department: &str, call: CallId) {
        if let Some(queue) = self.all().get_mut(department) {
            queue.waiting.retain(|waiting| *waiting != call);
        }
    }

    /// The caller's place, from 1, and the minutes that it will take with so many telephones.
    pub fn place(&self, department: &str, call: CallId, telephones: usize) -> Option<(usize, u32)> {
        let all = self.all();
        let queue = all.get(department)?;
        let position = queue.waiting.iter().position(|waiting| *waiting == call)? + 1;
        let seconds = queue.usual.as_secs_f32() * position as f32 / telephones.max(1) as f32;
        Some((position, ((seconds / 60.0).ceil() as u32).max(FEWEST_MINUTES)))
    }

    /// A person of the department is free again, after a call of this length.
    pub fn freed(&self, department: &str, took: Duration) {
        let mut all = self.all();
        let queue = all.entry(department.to_owned()).or_default();
        queue.usual = queue.usual.mul_f32(1.0 - LATEST) + took.mul_f32(LATEST);
        queue.freed = Some(Instant::now());
    }

    /// Whether somebody of the department has become free since then.
    pub fn was_freed_since(&self, department: &str, then: Instant) -> bool {
        self.all().get(department).and_then(|queue| queue.freed).is_some_and(|freed| freed > then)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_kept_and_move_up() {
        let queues = Queues::default();
        (1..=3).for_each(|call| queues.enter("tax", CallId(call)));
        queues.enter("tax", CallId(1));
        assert_eq!(queues.place("tax", CallId(1), 1), Some((1, 3)));
        assert_eq!(queues.place("tax", CallId(3), 2), Some((3, 5)));
        queues.leave("tax", CallId(1));
        assert_eq!(queues.place("tax", CallId(2), 1), Some((1, 3)));
        assert_eq!(queues.place("tax", CallId(1), 1), None);
        assert_eq!(queues.place("police", CallId(2), 1), None);
    }

    #[test]
    fn short_calls_shorten_the_wait_but_nobody_is_told_one_minute() {
        let queues = Queues::default();
        queues.enter("tax", CallId(1));
        let before = Instant::now();
        assert!(!queues.was_freed_since("tax", before));
        (0..50).for_each(|_| queues.freed("tax", Duration::from_secs(30)));
        assert!(queues.was_freed_since("tax", before));
        assert_eq!(queues.place("tax", CallId(1), 1), Some((1, 2)));
    }
}
