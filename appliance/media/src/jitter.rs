//! The adaptive jitter buffer: payload bytes by their place on the RTP clock (a byte is a tick in all our codecs), given
//! out 20 ms at a time. The delay follows the 97th percentile of how late packets are; it grows when the buffer runs dry
//! and shrinks while nobody speaks.
//!
//! It must not grow beyond [`MOST_BUFFERED`], whatever arrives.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::codec::FRAME_BYTES;

/// Ticks of the RTP clock a second.
pub const CLOCK: u64 = 8000;
/// Most that is held, in ticks: half a second.
pub const MOST_BUFFERED: u64 = CLOCK / 2;
const FRAME: u64 = FRAME_BYTES as u64;
const SHORTEST_DELAY: u64 = CLOCK / 50;
const LONGEST_DELAY: u64 = CLOCK / 5;
/// Packets that the lateness is judged by: 4 s.
const OBSERVED: usize = 200;
/// A tick this far from the last one is another stream.
const JUMP: u64 = CLOCK * 2;
/// Frames without anything before the buffer fills up anew.
const DRY: u32 = 10;

/// What a tick takes out of the buffer.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken {
    Payload(Vec<u8>),
    /// The frame is lost or late.
    Missing,
    /// Nothing has come, or the buffer is filling: silence.
    Nothing,
}

#[derive(Debug)]
pub struct JitterBuffer {
    /// The delay on a line without jitter, in ticks.
    least: u64,
    packets: BTreeMap<u64, Vec<u8>>,
    /// The extended timestamp that the next frame begins at; none while filling.
    play: Option<u64>,
    newest: Option<u64>,
    /// Arrival minus timestamp, in ticks, of recent packets.
    lateness: VecDeque<i64>,
    dry: u32,
    /// Frames in a row that were deeper in than the delay asks.
    deep: u32,
}

impl Default for JitterBuffer {
    fn default() -> Self {
        Self::new(SHORTEST_DELAY)
    }
}

impl JitterBuffer {
    /// For sound that goes on to a peer with a buffer of its own: no frame is held that need not be.
    pub fn for_relaying() -> Self {
        Self::new(0)
    }

    fn new(least: u64) -> Self {
        Self { least, packets: BTreeMap::new(), play: None, newest: None, lateness: VecDeque::new(), dry: 0, deep: 0 }
    }

    /// A packet arrived at `now`, a monotonic time.
    pub fn insert(&mut self, now: Duration, timestamp: u32, payload: &[u8]) {
        if payload.is_empty() || payload.len() as u64 > MOST_BUFFERED {
            return;
        }
        let at = self.extend(timestamp);
        self.observe(now, at);
        if self.play.is_some_and(|play| at + payload.len() as u64 <= play) {
            return; // too late to be heard
        }
        self.packets.insert(at, payload.to_vec());
        self.newest = self.newest.max(Some(at));
        while self.buffered() > MOST_BUFFERED {
            let oldest = self.packets.pop_first();
            self.play = self.play.max(oldest.map(|(at, payload)| at + payload.len() as u64));
        }
    }

    /// The 32-bit timestamp on an endless clock, near the newest one; a jump begins a new stream.
    fn extend(&mut self, timestamp: u32) -> u64 {
        let Some(newest) = self.newest else { return (1 << 32) + u64::from(timestamp) };
        let step = i64::from(timestamp.wrapping_sub(newest as u32) as i32);
        if step.unsigned_abs() > JUMP {
            *self = Self::new(self.least);
            return (1 << 32) + u64::from(timestamp);
        }
        newest.saturating_add_signed(step)
    }

    fn observe(&mut self, now: Duration, at: u64) {
        let arrival = (now.as_micros() as u64 * CLOCK / 1_000_000) as i64;
        if self.lateness.len() == OBSERVED {
            self.lateness.pop_front();
        }
        self.lateness.push_back(arrival.wrapping_sub(at as i64));
    }

    /// The delay that would have had 97 of the last 100 packets in time, in ticks.
    pub fn delay(&self) -> u64 {
        let mut late: Vec<i64> = self.lateness.iter().copied().collect();
        late.sort_unstable();
        let spread = match (late.first(), late.get(late.len() * 97 / 100)) {
            (Some(first), Some(high)) => high.abs_diff(*first),
            _ => 0,
        };
        (spread + self.least).clamp(self.least, LONGEST_DELAY)
    }

    /// From the next frame to the end of the newest packet, in ticks.
    pub fn buffered(&self) -> u64 {
        let Some((last, payload)) = self.packets.last_key_value() else { return 0 };
        let first = self.play.or_else(|| self.packets.first_key_value().map(|(at, _)| *at)).unwrap_or(*last);
        (last + payload.len() as u64).saturating_sub(first)
    }

    /// Take the next 20 ms. `quiet`: nobody speaks, so a frame may be left out to catch up.
    pub fn take(&mut self, quiet: bool) -> Taken {
        let Some(play) = self.start() else { return Taken::Nothing };
        if quiet && self.is_too_deep() {
            self.cut(play);
        }
        let play = self.play.unwrap_or(play);
        match self.cut(play) {
            Some(payload) => {
                self.dry = 0;
                Taken::Payload(payload)
            }
            None => {
                self.wait_for_late(play);
                Taken::Missing
            }
        }
    }

    /// The frame at `play` is not there. With less in hand than the delay asks for, it is waited for: that is how the
    /// delay grows. Otherwise it is lost, and the next one is played next.
    fn wait_for_late(&mut self, play: u64) {
        let after = self.play.replace(play);
        if self.packets.is_empty() {
            self.dry += 1;
            if self.dry > DRY {
                self.play = None;
            }
        } else if self.buffered() >= self.delay() {
            self.play = after;
        }
    }

    fn start(&mut self) -> Option<u64> {
        if self.play.is_none() && self.buffered() >= self.delay() {
            self.play = self.packets.first_key_value().map(|(at, _)| *at);
            self.dry = 0;
        }
        self.play
    }

    fn is_too_deep(&mut self) -> bool {
        self.deep = if self.buffered() > self.delay() + self.least + FRAME { self.deep + 1 } else { 0 };
        let often = self.deep >= 5;
        if often {
            self.deep = 0;
        }
        often
    }

    /// Cut the frame that begins at `play` out of the packets and move on; nothing when any of it is missing.
    fn cut(&mut self, play: u64) -> Option<Vec<u8>> {
        let mut frame = Vec::with_capacity(FRAME_BYTES);
        let mut at = play;
        while frame.len() < FRAME_BYTES {
            let Some((start, payload)) = self.packets.range(..=at).next_back() else { break };
            let from = (at - start) as usize;
            let Some(rest) = payload.get(from..).filter(|rest| !rest.is_empty()) else { break };
            let part = &rest[..rest.len().min(FRAME_BYTES - frame.len())];
            frame.extend_from_slice(part);
            at += part.len() as u64;
        }
        let end = play + FRAME;
        self.play = Some(end);
        while self.packets.first_key_value().is_some_and(|(start, payload)| start + payload.len() as u64 <= end) {
            self.packets.pop_first();
        }
        (frame.len() == FRAME_BYTES).then_some(frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TICK: Duration = Duration::from_millis(20);

    fn packet(n: u32) -> (u32, Vec<u8>) {
        (n * 160, vec![n as u8; 160])
    }

    /// Feed packets at the given delays (ms) and return what each tick gave.
    fn play(delays: &[u64]) -> Vec<Taken> {
        let mut arrivals: Vec<(u64, u32)> =
            delays.iter().enumerate().map(|(n, delay)| (n as u64 * 20 + delay, n as u32)).collect();
        arrivals.sort_unstable();
        let (mut buffer, mut next, mut out) = (JitterBuffer::default(), 0, Vec::new());
        for tick in 0..delays.len() as u64 + 30 {
            while next < arrivals.len() && arrivals[next].0 <= tick * 20 {
                let (timestamp, payload) = packet(arrivals[next].1);
                buffer.insert(Duration::from_millis(arrivals[next].0), timestamp, &payload);
                next += 1;
            }
            out.push(buffer.take(false));
        }
        out
    }

    fn heard(ticks: &[Taken]) -> Vec<u8> {
        ticks.iter().filter_map(|t| if let Taken::Payload(p) = t { Some(p[0]) } else { None }).collect()
    }

    #[test]
    fn a_relayed_frame_is_played_in_the_tick_after_it_came_though_the_line_is_a_little_uneven() {
        let mut buffer = JitterBuffer::for_relaying();
        for n in 0..100 {
            let (timestamp, payload) = packet(n);
            buffer.insert(Duration::from_millis(u64::from(20 * n + n % 3)), timestamp, &payload);
            assert_eq!(buffer.take(false), Taken::Payload(payload));
        }
    }

    #[test]
    fn a_steady_stream_is_played_whole_with_one_frame_of_delay() {
        let out = play(&[0; 100]);
        assert_eq!(heard(&out), (0..100).collect::<Vec<u8>>());
        assert!(out.iter().take(3).any(|t| matches!(t, Taken::Payload(_))));
    }

    #[test]
    fn disorder_within_the_delay_is_put_right() {
        let delays: Vec<u64> = (0..100).map(|n| if n % 2 == 0 { 45 } else { 5 }).collect();
        let played = heard(&play(&delays));
        assert!(played.is_sorted(), "{played:?}");
        assert!(played.len() >= 95, "only {} of 100 frames were played", played.len());
    }

    #[test]
    fn a_lost_packet_is_reported_in_its_place() {
        let mut buffer = JitterBuffer::default();
        for n in [0, 1, 3, 4] {
            let (timestamp, payload) = packet(n);
            buffer.insert(TICK * n, timestamp, &payload);
        }
        let out: Vec<Taken> = (0..5).map(|_| buffer.take(false)).collect();
        assert_eq!(out[2], Taken::Missing);
        assert_eq!(heard(&out), [0, 1, 3, 4]);
    }

    #[test]
    fn packets_of_other_lengths_are_cut_to_frames() {
        let mut buffer = JitterBuffer::default();
        for n in 0..4u32 {
            buffer.insert(TICK, n * 240, &vec![n as u8; 240]);
        }
        let out: Vec<Taken> = (0..6).map(|_| buffer.take(false)).collect();
        assert_eq!(heard(&out).len(), 6);
    }

    #[test]
    fn the_delay_shrinks_again_in_silence() {
        let mut buffer = JitterBuffer::default();
        for n in 0..20u32 {
            let (timestamp, payload) = packet(n);
            buffer.insert(TICK * n, timestamp, &payload);
        }
        let before = buffer.buffered();
        for n in 20..320u32 {
            let (timestamp, payload) = packet(n);
            buffer.insert(TICK * n, timestamp, &payload);
            buffer.take(true);
        }
        assert!(buffer.buffered() <= 4 * FRAME, "{} of {before} ticks are still held", buffer.buffered());
    }

    proptest! {
        #[test]
        fn whatever_arrives_it_stays_bounded_and_in_order(
            packets in prop::collection::vec((any::<u32>(), 0usize..2000, 0u64..50, any::<bool>()), 0..300)
        ) {
            let (mut buffer, mut now) = (JitterBuffer::default(), Duration::ZERO);
            for (timestamp, length, pause, quiet) in packets {
                now += Duration::from_millis(pause);
                buffer.insert(now, timestamp, &vec![0; length]);
                if let Taken::Payload(payload) = buffer.take(quiet) {
                    prop_assert_eq!(payload.len(), FRAME_BYTES);
                }
                prop_assert!(buffer.buffered() <= MOST_BUFFERED);
                prop_assert!(buffer.packets.len() <= MOST_BUFFERED as usize);
            }
        }

        #[test]
        fn jitter_and_loss_never_reorder(delays in prop::collection::vec(0u64..150, 20..200), lost in prop::collection::vec(any::<bool>(), 200)) {
            let delays: Vec<u64> = delays.iter().zip(&lost).map(|(d, lost)| if *lost { d + 100_000 } else { *d }).collect();
            prop_assert!(heard(&play(&delays)).is_sorted());
        }
    }
}
