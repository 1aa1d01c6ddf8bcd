//! The adaptive jitter buffer: packets by their place on the RTP clock, given out whole when they are due. The delay follows
//! the 97th percentile of how late packets are; it grows when the buffer runs dry and shrinks while nobody speaks.
//!
//! It must not hold more than [`MOST_BUFFERED`] ms nor [`MOST_PACKETS`], whatever arrives.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use portaveu_call::FRAME_MS;

/// Most that is held, in milliseconds, and in packets: none that means well is shorter than 2.5 ms.
const MOST_BUFFERED: u32 = 500;
const MOST_PACKETS: usize = 200;
const SHORTEST_DELAY: u32 = 20;
const LONGEST_DELAY: u32 = 200;
/// Packets that the lateness is judged by: 4 s of the usual ones.
const OBSERVED: usize = 200;
/// A timestamp this far from the last one is another stream, in milliseconds.
const JUMP: u32 = 2000;
/// Gaps in a row without anything to come before the buffer fills up anew.
const DRY: u32 = 10;

/// What is to be heard next.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken {
    Payload(Vec<u8>),
    /// Something is lost or late, and as long as this; with the payload that follows it, when it is there.
    Missing {
        ticks: u64,
        next: Option<Vec<u8>>,
    },
    /// Nothing has come, or the buffer is filling: silence.
    Nothing,
}

#[derive(Debug)]
struct Packet {
    /// On the RTP clock.
    ticks: u64,
    payload: Vec<u8>,
}

#[derive(Debug)]
pub struct JitterBuffer {
    /// Ticks of the RTP clock a second.
    clock: u32,
    /// The delay on a line without jitter, in ticks.
    least: u64,
    packets: BTreeMap<u64, Packet>,
    /// The extended timestamp of what is heard next; none while filling.
    play: Option<u64>,
    newest: Option<u64>,
    /// Arrival minus timestamp, in ticks, of recent packets.
    lateness: VecDeque<i64>,
    dry: u32,
    /// Packets in a row that were deeper in than the delay asks.
    deep: u32,
}

fn ticks(clock: u32, milliseconds: u32) -> u64 {
    u64::from(clock) * u64::from(milliseconds) / 1000
}

impl JitterBuffer {
    pub fn new(clock: u32) -> Self {
        Self::with_least(clock, ticks(clock, SHORTEST_DELAY))
    }

    /// For sound that goes on to a peer with a buffer of its own: nothing is held that need not be.
    pub fn for_relaying(clock: u32) -> Self {
        Self::with_least(clock, 0)
    }

    fn with_least(clock: u32, least: u64) -> Self {
        let (packets, lateness) = (BTreeMap::new(), VecDeque::new());
        Self { clock, least, packets, play: None, newest: None, lateness, dry: 0, deep: 0 }
    }

    pub fn clock(&self) -> u32 {
        self.clock
    }

    fn ticks(&self, milliseconds: u32) -> u64 {
        ticks(self.clock, milliseconds)
    }

    /// A packet of so many ticks arrived at `now`, a monotonic time.
    pub fn insert(&mut self, now: Duration, timestamp: u32, ticks: u64, payload: &[u8]) {
        if ticks == 0 || ticks > self.ticks(MOST_BUFFERED) {
            return;
        }
        let at = self.extend(timestamp);
        self.observe(now, at);
        if self.play.is_some_and(|play| at + ticks <= play) {
            return; // too late to be heard
        }
        self.packets.insert(at, Packet { ticks, payload: payload.to_vec() });
        self.newest = self.newest.max(Some(at));
        while self.buffered() > self.ticks(MOST_BUFFERED) || self.packets.len() > MOST_PACKETS {
            let end = self.packets.pop_first().map_or(0, |(at, packet)| at + packet.ticks);
            self.advance(end.max(self.play.unwrap_or(0)));
        }
    }

    /// The 32-bit timestamp on an endless clock, near the newest one; a jump begins a new stream.
    fn extend(&mut self, timestamp: u32) -> u64 {
        let Some(newest) = self.newest else { return (1 << 32) + u64::from(timestamp) };
        let step = i64::from(timestamp.wrapping_sub(newest as u32) as i32);
        if step.unsigned_abs() > self.ticks(JUMP) {
            *self = Self::with_least(self.clock, self.least);
            return (1 << 32) + u64::from(timestamp);
        }
        newest.saturating_add_signed(step)
    }

    fn observe(&mut self, now: Duration, at: u64) {
        let arrival = (now.as_micros() as u64 * u64::from(self.clock) / 1_000_000) as i64;
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
        (spread + self.least).clamp(self.least, self.ticks(LONGEST_DELAY))
    }

    /// From what is heard next to the end of the newest packet, in ticks.
    pub fn buffered(&self) -> u64 {
        let Some((last, packet)) = self.packets.last_key_value() else { return 0 };
        let first = self.play.or_else(|| self.packets.first_key_value().map(|(at, _)| *at)).unwrap_or(*last);
        (last + packet.ticks).saturating_sub(first)
    }

    /// Take what is to be heard next. `quiet`: nobody speaks, so a packet may be left out to catch up.
    pub fn take(&mut self, quiet: bool) -> Taken {
        let Some(play) = self.start() else { return Taken::Nothing };
        if quiet && self.is_too_deep() {
            self.due(play);
        }
        let play = self.play.unwrap_or(play);
        match self.due(play) {
            Some(payload) => {
                self.dry = 0;
                Taken::Payload(payload)
            }
            None => self.missing(play),
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
        let next = self.packets.first_key_value().map_or(0, |(_, packet)| packet.ticks);
        self.deep = if self.buffered() > self.delay() + self.least + next { self.deep + 1 } else { 0 };
        let often = self.deep >= 5;
        if often {
            self.deep = 0;
        }
        often
    }

    /// The payload that begins at `play`, or before and reaches beyond it.
    fn due(&mut self, play: u64) -> Option<Vec<u8>> {
        let (at, packet) = self.packets.first_entry().filter(|first| *first.key() <= play)?.remove_entry();
        self.advance(at + packet.ticks);
        Some(packet.payload)
    }

    fn advance(&mut self, to: u64) {
        self.play = Some(to);
        while self.packets.first_key_value().is_some_and(|(at, packet)| at + packet.ticks <= to) {
            self.packets.pop_first();
        }
    }

    /// Nothing begins at `play`. With less in hand than the delay asks for, it is waited for: that is how the delay grows.
    /// Otherwise it is lost: a gap no longer than a frame, or than what follows, is filled at once, a longer one by frames.
    fn missing(&mut self, play: u64) -> Taken {
        let frame = self.ticks(FRAME_MS);
        let Some((at, packet)) = self.packets.first_key_value() else {
            self.dry += 1;
            if self.dry > DRY {
                self.play = None;
            }
            return Taken::Missing { ticks: frame, next: None };
        };
        let gap = at.saturating_sub(play);
        if self.buffered() < self.delay() {
            return Taken::Missing { ticks: frame, next: None };
        }
        let is_short = gap <= frame.max(packet.ticks);
        let next = is_short.then(|| packet.payload.clone());
        let ticks = if is_short { gap } else { frame };
        self.play = Some(play + ticks);
        Taken::Missing { ticks, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TICK: Duration = Duration::from_millis(20);
    const CLOCK: u32 = 8000;
    const FRAME: u64 = 160;

    /// The `n`th packet of a stream, 20 ms long.
    fn insert(buffer: &mut JitterBuffer, now: Duration, n: u32) {
        buffer.insert(now, n * 160, FRAME, &[n as u8]);
    }

    /// Feed packets at the given delays (ms) and return what each tick gave.
    fn play(delays: &[u64]) -> Vec<Taken> {
        let mut arrivals: Vec<(u64, u32)> =
            delays.iter().enumerate().map(|(n, delay)| (n as u64 * 20 + delay, n as u32)).collect();
        arrivals.sort_unstable();
        let (mut buffer, mut next, mut out) = (JitterBuffer::new(CLOCK), 0, Vec::new());
        for tick in 0..delays.len() as u64 + 30 {
            while next < arrivals.len() && arrivals[next].0 <= tick * 20 {
                insert(&mut buffer, Duration::from_millis(arrivals[next].0), arrivals[next].1);
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
        let mut buffer = JitterBuffer::for_relaying(CLOCK);
        for n in 0..100 {
            insert(&mut buffer, Duration::from_millis(u64::from(20 * n + n % 3)), n);
            assert_eq!(buffer.take(false), Taken::Payload(vec![n as u8]));
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
    fn a_lost_packet_is_reported_in_its_place_with_the_one_after_it() {
        let mut buffer = JitterBuffer::new(CLOCK);
        for n in [0, 1, 3, 4] {
            insert(&mut buffer, TICK * n, n);
        }
        let out: Vec<Taken> = (0..5).map(|_| buffer.take(false)).collect();
        assert_eq!(out[2], Taken::Missing { ticks: FRAME, next: Some(vec![3]) });
        assert_eq!(heard(&out), [0, 1, 3, 4]);
    }

    /// 5 ms are lost before the fourth packet, 60 ms (one packet of this length) before the fifth, 60 ms before the sixth.
    #[test]
    fn a_gap_is_as_long_as_what_is_lost() {
        let mut buffer = JitterBuffer::new(48_000);
        let stream = [(0, 960), (960, 480), (1440, 2880), (4560, 120), (7560, 2880), (13_320, 960)];
        for (n, (at, ticks)) in stream.into_iter().enumerate() {
            buffer.insert(TICK * at / 960, at, ticks, &[n as u8]);
        }
        let out: Vec<Taken> = std::iter::repeat_with(|| buffer.take(false)).take(11).collect();
        let gaps = out
            .iter()
            .filter_map(|t| if let Taken::Missing { ticks, next } = t { Some((*ticks, next.is_some())) } else { None });
        assert_eq!(gaps.collect::<Vec<_>>(), [(240, true), (2880, true), (960, false), (960, false), (960, true)]);
        assert_eq!(heard(&out), [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn the_delay_shrinks_again_in_silence() {
        for ticks in [80, 160, 480] {
            let mut buffer = JitterBuffer::new(CLOCK);
            let feed = |buffer: &mut JitterBuffer, n: u32| {
                buffer.insert(TICK * (n * ticks / 160), n * ticks, ticks.into(), &[0]);
            };
            (0..3200 / ticks).for_each(|n| feed(&mut buffer, n));
            let before = buffer.buffered();
            for n in 3200 / ticks..51_200 / ticks {
                feed(&mut buffer, n);
                buffer.take(true);
            }
            let most = 3 * FRAME + u64::from(ticks);
            assert!(buffer.buffered() <= most, "{} of {before} ticks are still held", buffer.buffered());
        }
    }

    proptest! {
        #[test]
        fn whatever_arrives_it_stays_bounded_and_in_order(
            opus in any::<bool>(),
            packets in prop::collection::vec((prop_oneof![0u32..100_000, any::<u32>()], 0u64..30_000, 0u64..50, any::<bool>()), 0..300)
        ) {
            let clock = if opus { 48_000 } else { CLOCK };
            let (mut buffer, mut now) = (JitterBuffer::new(clock), Duration::ZERO);
            for (timestamp, ticks, pause, quiet) in packets {
                now += Duration::from_millis(pause);
                buffer.insert(now, timestamp, ticks, &[0]);
                let before = buffer.play;
                let taken = buffer.take(quiet);
                prop_assert!(buffer.play.is_none() || buffer.play >= before, "{before:?} then {:?}", buffer.play);
                if let Taken::Missing { ticks, .. } = taken {
                    prop_assert!(ticks > 0 && ticks <= buffer.ticks(MOST_BUFFERED));
                }
                prop_assert!(buffer.buffered() <= buffer.ticks(MOST_BUFFERED));
                prop_assert!(buffer.packets.len() <= MOST_PACKETS);
            }
        }

        /// On a line without jitter, whatever is lost of it and whatever the lengths are.
        #[test]
        fn packets_of_any_length_are_played_in_their_places(
            stream in prop::collection::vec((prop::sample::select(vec![120u64, 240, 480, 960, 1920, 2880, 5760]), any::<bool>()), 1..100)
        ) {
            let (mut buffer, mut at, mut sent, mut heard) = (JitterBuffer::new(48_000), 0, vec![], vec![]);
            for (ticks, lost) in stream.into_iter().chain([(960, false); 20]) {
                let is_over = sent.last().is_some_and(|last| at > last + 12_000); // longer ones begin anew
                if !lost || is_over {
                    buffer.insert(Duration::from_micros(at * 125 / 6), at as u32, ticks, &at.to_be_bytes());
                    sent.push(at);
                }
                at += ticks;
                while buffer.buffered() >= buffer.delay() {
                    let before = buffer.play;
                    if let Taken::Payload(payload) = buffer.take(false) {
                        let place = u64::from_be_bytes(payload.try_into().unwrap());
                        prop_assert!(before.is_none_or(|play| play == (1 << 32) + place));
                        heard.push(place);
                    }
                }
            }
            prop_assert_eq!(heard.len() + buffer.packets.len(), sent.len());
            prop_assert!(sent.starts_with(&heard), "{heard:?} of {sent:?}");
        }

        #[test]
        fn jitter_and_loss_never_reorder(delays in prop::collection::vec(0u64..150, 20..200), lost in prop::collection::vec(any::<bool>(), 200)) {
            let delays: Vec<u64> = delays.iter().zip(&lost).map(|(d, lost)| if *lost { d + 100_000 } else { *d }).collect();
            prop_assert!(heard(&play(&delays)).is_sorted());
        }
    }
}
