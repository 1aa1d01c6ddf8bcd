//! The sound of one leg, without I/O: RTP packets and the time in, frames, keys and RTP packets out.
//!
//! It must not trust the network: what does not come from the peer, or is not what was agreed on, is dropped.

use std::net::SocketAddr;
use std::time::Duration;

use portaveu_call::{Codec, Digit, Direction, FRAME_MS, Frame, MediaPlan};
use rtp_types::{RtpPacket, RtpPacketBuilder};

use crate::codec::Encoder;
use crate::dtmf::InBandKeys;
use crate::receive_stream::ReceiveStream;
use crate::rtcp::{Reception, Reporter, Sent};
use crate::srtp::Srtp;

/// The random beginnings of a stream (RFC 3550, 5.1).
#[derive(Clone, Copy, Debug)]
pub struct Identity {
    pub ssrc: u32,
    pub sequence: u16,
    pub timestamp: u32,
}

pub struct Session {
    plan: MediaPlan,
    srtp: Option<Srtp>,
    source: Option<SocketAddr>,
    stream: ReceiveStream,
    reception: Reception,
    last_event: Option<u32>,
    digits: Vec<Digit>,
    in_band: InBandKeys,
    last_packet: Duration,
    encoder: Encoder,
    identity: Identity,
    begun: bool,
    packets: u32,
    octets: u32,
    reporter: Reporter,
}

impl Session {
    pub fn new(now: Duration, plan: MediaPlan, identity: Identity) -> Self {
        Self {
            srtp: plan.srtp.as_ref().and_then(Srtp::new),
            source: None,
            stream: ReceiveStream::new(plan.codec),
            reception: Reception::default(),
            last_event: None,
            digits: Vec::new(),
            in_band: InBandKeys::default(),
            last_packet: now,
            encoder: Encoder::new(plan.codec),
            identity,
            begun: false,
            packets: 0,
            octets: 0,
            reporter: Reporter::default(),
            plan,
        }
    }

    /// The peers agreed anew: hold, another codec, another address. Our stream goes on.
    pub fn change(&mut self, now: Duration, plan: MediaPlan) {
        if plan.codec != self.plan.codec {
            self.set_codec(plan.codec);
        }
        if plan.remote != self.plan.remote {
            self.source = None;
        }
        if plan.srtp != self.plan.srtp {
            self.srtp = match (self.srtp.take(), &self.plan.srtp, &plan.srtp) {
                (Some(srtp), Some(before), Some(after)) => srtp.change(before, after),
                (_, _, after) => after.as_ref().and_then(Srtp::new),
            };
        }
        self.last_packet = now;
        self.plan = plan;
    }

    /// From now on what is heard goes on to another leg.
    pub fn relay(&mut self) {
        self.stream.relay();
    }

    fn set_codec(&mut self, codec: Codec) {
        self.stream = ReceiveStream::new(codec);
        self.encoder = Encoder::new(codec);
        self.begun = false;
    }

    /// Where the peer said that it is.
    pub fn announced(&self) -> SocketAddr {
        self.plan.remote
    }

    /// Where our RTP goes: to where the peer's comes from (symmetric RTP), until then to where it said.
    pub fn peer(&self) -> SocketAddr {
        self.source.unwrap_or(self.plan.remote)
    }

    /// How long the peer has sent nothing, though it should.
    pub fn silent_for(&self, now: Duration) -> Duration {
        match self.plan.direction {
            Direction::SendReceive => now.saturating_sub(self.last_packet),
            // On hold: many a PBX that says it goes on sending then has no music to send.
            Direction::ReceiveOnly | Direction::SendOnly | Direction::Inactive => Duration::ZERO,
        }
    }

    /// An RTP packet came.
    pub fn receive(&mut self, now: Duration, from: SocketAddr, packet: &[u8]) {
        let opened = self.srtp.as_mut().map(|srtp| srtp.open(packet));
        let packet = match (&self.plan.srtp, &opened) {
            (None, _) => packet,
            (Some(_), Some(Some(opened))) => opened,
            _ => return, // nothing unencrypted, nor by another key
        };
        let Ok(packet) = RtpPacket::parse(packet) else { return };
        let kind = packet.payload_type();
        let is_event = Some(kind) == self.plan.dtmf_payload_type;
        if !(is_event || kind == self.plan.payload_type) || !self.is_from_peer(from) {
            return;
        }
        self.last_packet = now;
        let clock = self.plan.codec.clock();
        self.reception.packet(now, clock, packet.ssrc(), packet.sequence_number(), packet.timestamp());
        if is_event {
            self.event(packet.timestamp(), packet.payload());
        } else {
            self.stream.insert(now, packet.timestamp(), packet.payload());
        }
    }

    /// The first valid packet binds the stream to its source; the announced address may take it back.
    fn is_from_peer(&mut self, from: SocketAddr) -> bool {
        if self.source.is_none() || from == self.plan.remote {
            self.source = Some(from);
        }
        self.source == Some(from)
    }

    /// RFC 4733: every packet of one key press bears the same timestamp.
    fn event(&mut self, timestamp: u32, payload: &[u8]) {
        if self.last_event == Some(timestamp) {
            return;
        }
        if let Some(digit) = payload.first().copied().filter(|_| payload.len() >= 4).and_then(Digit::from_event) {
            self.last_event = Some(timestamp);
            self.digits.push(digit);
        }
    }

    /// An RTCP packet came.
    pub fn receive_control(&mut self, now: Duration, packet: &[u8]) {
        match (&self.plan.srtp, &mut self.srtp) {
            (None, _) => self.reception.control(now, packet),
            (Some(_), Some(srtp)) => {
                if let Some(opened) = srtp.open_control(packet) {
                    self.reception.control(now, &opened);
                }
            }
            (Some(_), None) => {}
        }
    }

    /// Encrypted, where that was agreed on; nothing goes out as it is then.
    fn sealed(&mut self, packet: Vec<u8>, seal: fn(&mut Srtp, &[u8]) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
        match self.plan.srtp {
            None => Some(packet),
            Some(_) => self.srtp.as_mut().and_then(|srtp| seal(srtp, &packet)),
        }
    }

    /// 20 ms have passed: what was heard, and which keys were pressed.
    pub fn hear(&mut self) -> (Frame, Vec<Digit>) {
        let frame = self.stream.hear();
        if self.plan.dtmf_payload_type.is_none() {
            self.digits.extend(self.in_band.hear(&frame)); // a peer that sends events has their tones in its sound, or half of them
        }
        (frame, std::mem::take(&mut self.digits))
    }

    /// The RTP packet of the next 20 ms; none while the peer does not want to hear us.
    pub fn speak(&mut self, frame: &Frame) -> Option<Vec<u8>> {
        let timestamp = self.identity.timestamp;
        self.identity.timestamp = timestamp.wrapping_add(self.plan.codec.clock() / 1000 * FRAME_MS);
        if matches!(self.plan.direction, Direction::ReceiveOnly | Direction::Inactive) {
            return None;
        }
        let payload = self.encoder.encode(frame);
        let packet = RtpPacketBuilder::<_, &[u8]>::new()
            .payload_type(self.plan.payload_type)
            .marker_bit(!std::mem::replace(&mut self.begun, true))
            .sequence_number(self.identity.sequence)
            .timestamp(timestamp)
            .ssrc(self.identity.ssrc)
            .payload(payload.as_slice())
            .write_vec()
            .ok()?;
        self.identity.sequence = self.identity.sequence.wrapping_add(1);
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(payload.len() as u32);
        self.sealed(packet, Srtp::seal)
    }

    /// Our RTCP report, when one is due.
    pub fn report(&mut self, now: Duration) -> Option<Vec<u8>> {
        let sent = Sent {
            ssrc: self.identity.ssrc,
            timestamp: self.identity.timestamp,
            packets: self.packets,
            octets: self.octets,
        };
        let report = self.reporter.due(now, sent, &mut self.reception)?;
        self.sealed(report, Srtp::seal_control)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receive_stream::level;
    use portaveu_call::FRAME_SAMPLES;
    use proptest::prelude::*;

    const TICK: Duration = Duration::from_millis(20);
    const PEER: &str = "192.0.2.9:4000";

    fn plan() -> MediaPlan {
        MediaPlan {
            remote: PEER.parse().unwrap(),
            codec: Codec::Pcma,
            payload_type: 8,
            dtmf_payload_type: Some(101),
            direction: Direction::SendReceive,
            srtp: None,
        }
    }

    fn session() -> Session {
        speaking(Codec::Pcma)
    }

    fn speaking(codec: Codec) -> Session {
        let identity = Identity { ssrc: 1, sequence: 65530, timestamp: u32::MAX - 1000 };
        Session::new(Duration::ZERO, MediaPlan { codec, ..plan() }, identity)
    }

    fn event(timestamp: u32, key: u8) -> Vec<u8> {
        RtpPacketBuilder::<_, &[u8]>::new()
            .payload_type(101)
            .timestamp(timestamp)
            .payload(&[key, 0x8a, 0, 160][..])
            .write_vec()
            .unwrap()
    }

    #[test]
    fn two_sessions_talk_to_each_other() {
        for codec in [Codec::Pcma, Codec::Pcmu, Codec::G722, Codec::Opus] {
            let (mut one, mut two) = (speaking(codec), speaking(codec));
            let mut levels = Vec::new();
            for n in 0..50u32 {
                let said: Frame =
                    std::array::from_fn(|i| ((n * 320 + i as u32) as f32 * 0.3).sin() * 8000.0).map(|s: f32| s as i16);
                let packet = one.speak(&said).unwrap();
                let timestamp = RtpPacket::parse(&packet).unwrap().timestamp();
                assert_eq!(timestamp, (u32::MAX - 1000).wrapping_add(n * codec.clock() / 50));
                two.receive(TICK * n, PEER.parse().unwrap(), &packet);
                levels.push(level(&two.hear().0));
            }
            let as_loud = |level: &f32| (level / 5657.0 - 1.0).abs() < 0.1;
            assert!(levels[10..].iter().all(as_loud), "{codec:?}: {levels:?}");
        }
    }

    #[test]
    fn encrypted_sound_is_heard_by_whom_it_is_for_and_by_nobody_else() {
        let keys = |ours, theirs| MediaPlan { srtp: Some(portaveu_call::SrtpKeys { ours, theirs }), ..plan() };
        let said: Frame = std::array::from_fn(|i| ((i as f64 * 0.3).sin() * 8000.0) as i16);
        let loudness = |from: MediaPlan, to: MediaPlan| {
            let session =
                |plan| Session::new(Duration::ZERO, plan, Identity { ssrc: 1, sequence: 65530, timestamp: 0 });
            let (mut one, mut two) = (session(from), session(to));
            let heard = (0..50u32).map(|n| {
                two.receive(TICK * n, PEER.parse().unwrap(), &one.speak(&said).unwrap());
                level(&two.hear().0)
            });
            heard.fold(0.0, f32::max)
        };
        assert!(loudness(keys([1; 30], [2; 30]), keys([2; 30], [1; 30])) > level(&said) * 0.8);
        assert_eq!(loudness(keys([3; 30], [2; 30]), keys([2; 30], [1; 30])), 0.0, "another key");
        assert_eq!(loudness(plan(), keys([2; 30], [1; 30])), 0.0, "no key");
    }

    #[test]
    fn a_key_is_one_key_however_often_its_packets_come() {
        let mut session = session();
        for (timestamp, key) in [(100, 5), (100, 5), (100, 5), (900, 0)] {
            session.receive(TICK, PEER.parse().unwrap(), &event(timestamp, key));
        }
        let keys: String = session.hear().1.iter().map(|d| d.as_char()).collect();
        assert_eq!(keys, "50");
    }

    #[test]
    fn keys_are_tones_for_a_peer_that_sends_no_events() {
        let pressed = |plan: MediaPlan| {
            let start = Identity { ssrc: 1, sequence: 0, timestamp: 0 };
            let (mut one, mut two) =
                (Session::new(Duration::ZERO, plan.clone(), start), Session::new(Duration::ZERO, plan, start));
            let tone = |n: usize, hertz: f32| (std::f32::consts::TAU * hertz * n as f32 / 16_000.0).sin() * 6000.0;
            let keys = (0..20usize).flat_map(|tick| {
                let at = tick * FRAME_SAMPLES;
                let said: Frame = std::array::from_fn(|n| (tone(at + n, 852.0) + tone(at + n, 1336.0)) as i16);
                let said = if (5..10).contains(&tick) { said } else { [0; FRAME_SAMPLES] };
                two.receive(TICK * tick as u32, PEER.parse().unwrap(), &one.speak(&said).unwrap());
                two.hear().1
            });
            keys.map(Digit::as_char).collect::<String>()
        };
        assert_eq!(pressed(MediaPlan { dtmf_payload_type: None, ..plan() }), "8");
        assert_eq!(pressed(plan()), "", "the peer has promised events");
    }

    #[test]
    fn strangers_cannot_speak_into_a_call_nor_draw_it_away() {
        let mut session = session();
        let (stranger, peer) = ("198.51.100.1:9".parse().unwrap(), PEER.parse().unwrap());
        session.receive(TICK, peer, &event(100, 1));
        session.receive(TICK, stranger, &event(200, 2));
        assert_eq!(session.hear().1.len(), 1);
        assert_eq!(session.peer(), peer);
    }

    #[test]
    fn on_hold_nothing_is_sent_and_silence_is_no_fault() {
        let mut session = session();
        session.change(TICK, MediaPlan { direction: Direction::Inactive, ..plan() });
        assert_eq!(session.speak(&[0; FRAME_SAMPLES]), None);
        assert_eq!(session.silent_for(TICK * 5000), Duration::ZERO);
    }

    proptest! {
        #[test]
        fn no_packet_panics(packets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..400), 0..50)) {
            let mut session = session();
            for (n, packet) in packets.iter().enumerate() {
                session.receive(TICK * n as u32, PEER.parse().unwrap(), packet);
                session.receive_control(TICK * n as u32, packet);
                session.hear();
            }
        }
    }
}
