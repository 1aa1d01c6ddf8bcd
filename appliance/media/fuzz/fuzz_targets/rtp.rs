//! RTP, telephone events and RTCP, as strangers send them: a session takes anything and stays whole.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use portaveu_call::{Codec, Direction, MediaPlan};
use portaveu_media::{Identity, Session};

fuzz_target!(|packets: Vec<(u8, Vec<u8>)>| {
    let plan = MediaPlan {
        remote: ([192, 0, 2, 1], 4000).into(),
        codec: Codec::G722,
        payload_type: 9,
        dtmf_payload_type: Some(101),
        direction: Direction::SendReceive,
        srtp: None,
    };
    let mut session = Session::new(Duration::ZERO, plan, Identity { ssrc: 1, sequence: 0, timestamp: 0 });
    let mut now = Duration::ZERO;
    for (kind, packet) in packets {
        now += Duration::from_millis(u64::from(kind >> 2));
        match kind & 3 {
            0 => session.receive_control(now, &packet),
            1 => drop(session.hear()),
            _ => session.receive(now, ([192, 0, 2, 1], 4000).into(), &packet),
        }
    }
});
