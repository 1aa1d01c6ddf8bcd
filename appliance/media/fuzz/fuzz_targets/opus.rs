//! Opus payloads of any length at any time, as strangers send them: a session takes anything and stays whole.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use portaveu_call::{Codec, Direction, MediaPlan};
use portaveu_media::{Identity, Session};

/// An RTP header (RFC 3550, 5.1) and the payload.
fn packet(sequence: u16, timestamp: u32, payload: &[u8]) -> Vec<u8> {
    [&[0x80, 111][..], &sequence.to_be_bytes(), &timestamp.to_be_bytes(), &[0, 0, 0, 7], payload].concat()
}

fuzz_target!(|packets: Vec<(u16, u8, Vec<u8>)>| {
    let remote = ([192, 0, 2, 1], 4000).into();
    let plan = MediaPlan {
        remote,
        codec: Codec::Opus,
        payload_type: 111,
        dtmf_payload_type: None,
        direction: Direction::SendReceive,
        srtp: None,
    };
    let mut session = Session::new(Duration::ZERO, plan, Identity { ssrc: 1, sequence: 0, timestamp: 0 });
    let (mut now, mut timestamp) = (Duration::ZERO, 0u32);
    for (n, (step, pause, payload)) in packets.iter().enumerate() {
        timestamp = timestamp.wrapping_add_signed(i32::from(*step as i16));
        session.receive(now, remote, &packet(n as u16, timestamp, payload));
        for _ in 0..pause % 4 {
            now += Duration::from_millis(20);
            session.hear();
        }
    }
});
