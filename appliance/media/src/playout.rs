//! What the box is about to say on a call: sound is appended by whoever speaks and taken 20 ms at a time by the engine.
//!
//! Discarding is what barge-in does; it must take effect with the next frame.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use portaveu_call::{FRAME_SAMPLES, Frame};

/// Most that waits to be said, in samples: five minutes, so that a mistake cannot fill the memory.
const MOST_WAITING: usize = 300 * 16_000;

/// A shared handle on the queue of one call.
#[derive(Clone, Debug, Default)]
pub struct Playout(Arc<Mutex<Queue>>);

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<i16>,
    /// So many of these are said in any case.
    kept: usize,
    /// More is to come: running dry is no end.
    open: bool,
    /// What is heard while there is nothing to say, over and over, and how far it has come.
    hold: Option<(Arc<[i16]>, usize)>,
}

impl Playout {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner) // the queue is whole after any statement
    }

    /// Append samples at 16 kHz; `more` says that others will follow. What is `kept`, and all before it, will be said
    /// whatever is discarded.
    pub fn append(&self, samples: &[i16], more: bool, kept: bool) {
        let mut queue = self.queue();
        let room = MOST_WAITING - queue.waiting.len();
        queue.waiting.extend(&samples[..samples.len().min(room)]);
        queue.open = more;
        if kept {
            queue.kept = queue.waiting.len();
        }
    }

    /// Append a frame of a live leg, dropping the oldest beyond `most` samples.
    pub fn relay(&self, frame: &Frame, most: usize) {
        let mut queue = self.queue();
        queue.waiting.extend(frame);
        let excess = queue.waiting.len().saturating_sub(most);
        queue.waiting.drain(..excess);
        queue.kept = 0;
    }

    /// From now on this is heard while there is nothing to say; silence, if none.
    pub fn hold(&self, tune: Option<&Arc<[i16]>>) {
        let mut queue = self.queue();
        if queue.hold.is_some() != tune.is_some() {
            queue.hold = tune.map(|tune| (tune.clone(), 0));
        }
    }

    pub fn discard(&self) {
        let mut queue = self.queue();
        let kept = queue.kept;
        queue.waiting.truncate(kept);
        queue.open = false;
    }

    /// Whether everything has been said.
    pub fn is_done(&self) -> bool {
        let queue = self.queue();
        queue.waiting.is_empty() && !queue.open
    }

    /// The next frame, filled up with silence; none when there is nothing to say.
    pub fn take(&self) -> Option<Frame> {
        let mut queue = self.queue();
        if queue.waiting.is_empty() {
            return queue.next_of_hold();
        }
        let count = queue.waiting.len().min(FRAME_SAMPLES);
        queue.kept = queue.kept.saturating_sub(count);
        let mut frame = [0; FRAME_SAMPLES];
        for (slot, sample) in frame.iter_mut().zip(queue.waiting.drain(..count)) {
            *slot = sample;
        }
        Some(frame)
    }
}

impl Queue {
    fn next_of_hold(&mut self) -> Option<Frame> {
        let (tune, at) = self.hold.as_mut().filter(|(tune, _)| tune.len() >= FRAME_SAMPLES)?;
        let mut frame = [0; FRAME_SAMPLES];
        frame.copy_from_slice(tune.get(*at..*at + FRAME_SAMPLES)?);
        *at += FRAME_SAMPLES;
        if *at + FRAME_SAMPLES > tune.len() {
            *at = 0;
        }
        Some(frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn music_is_heard_only_while_there_is_nothing_to_say() {
        let playout = Playout::default();
        let tune: Arc<[i16]> = [[1; FRAME_SAMPLES], [2; FRAME_SAMPLES]].as_flattened().into();
        playout.hold(Some(&tune));
        playout.append(&[7; FRAME_SAMPLES], false, false);
        let firsts = |count| (0..count).map(|_| playout.take().map(|frame| frame[0])).collect::<Vec<_>>();
        assert_eq!(firsts(4), [Some(7), Some(1), Some(2), Some(1)]);
        assert!(playout.is_done(), "music is nothing that is being said");
        playout.hold(None);
        assert_eq!(firsts(1), [None]);
    }

    #[test]
    fn what_is_discarded_is_not_heard() {
        let playout = Playout::default();
        playout.append(&[7; 1000], true, false);
        assert_eq!(playout.take(), Some([7; FRAME_SAMPLES]));
        assert!(!playout.is_done());
        playout.discard();
        assert_eq!(playout.take(), None);
        assert!(playout.is_done());
    }

    #[test]
    fn what_is_kept_is_said_to_its_end() {
        let playout = Playout::default();
        playout.append(&[1; FRAME_SAMPLES], false, true);
        playout.append(&[2; FRAME_SAMPLES], false, false);
        playout.discard();
        assert_eq!(playout.take(), Some([1; FRAME_SAMPLES]));
        assert!(playout.is_done());
    }
}
