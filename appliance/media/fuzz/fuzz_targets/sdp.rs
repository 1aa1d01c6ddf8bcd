//! Session descriptions, as strangers send them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use portaveu_call::Codec;

fuzz_target!(|text: &str| {
    let _ = portaveu_line::plan_from(text, &[Codec::G722, Codec::Opus, Codec::Pcma, Codec::Pcmu], None);
});
