//! Which B channels of a span are free. It must not give one out twice, nor use one that the exchange may think busy.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use libpri::Call;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    Call(Call),
    /// A call ended here in a way that leaves it open what the exchange thinks; RESTART was sent then.
    Restarting(Instant),
}

/// An exchange that has not acknowledged a RESTART by then does not know of it.
const RESTART: Duration = Duration::from_secs(120);

/// The channels that are in use.
#[derive(Debug, Default)]
pub struct Channels(BTreeMap<u8, Use>);

impl Channels {
    fn all() -> impl DoubleEndedIterator<Item = u8> {
        (1..=31).filter(|channel| *channel != 16)
    }

    pub fn is_free(&self, channel: u8) -> bool {
        let is_used = match self.0.get(&channel) {
            Some(Use::Call(_)) => true,
            Some(Use::Restarting(since)) => since.elapsed() < RESTART,
            None => false,
        };
        Self::all().any(|one| one == channel) && !is_used
    }

    /// For a call of ours: the highest, since exchanges begin with the lowest, and both seldom meet.
    pub fn highest_free(&self) -> Option<u8> {
        Self::all().rev().find(|channel| self.is_free(*channel))
    }

    pub fn lowest_free(&self) -> Option<u8> {
        Self::all().find(|channel| self.is_free(*channel))
    }

    pub fn take(&mut self, channel: u8, call: Call) {
        self.0.insert(channel, Use::Call(call));
    }

    pub fn call_on(&self, channel: u8) -> Option<Call> {
        match self.0.get(&channel)? {
            Use::Call(call) => Some(*call),
            Use::Restarting(_) => None,
        }
    }

    pub fn release(&mut self, call: Call) {
        self.0.retain(|_, used| *used != Use::Call(call));
    }

    pub fn restarting(&mut self, channel: u8) {
        self.0.insert(channel, Use::Restarting(Instant::now()));
    }

    /// RESTART was acknowledged, or the other end has restarted the channel or uses it; none stands for all.
    pub fn restarted(&mut self, channel: Option<u8>) {
        let is_another = |one: &u8| channel.is_some_and(|channel| channel != *one);
        self.0.retain(|one, used| matches!(used, Use::Call(_)) || is_another(one));
    }
}
