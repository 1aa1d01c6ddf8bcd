//! What the box reads itself of a SIP message, besides the session description: the value of Diversion, the bodies of INFO
//! and NOTIFY. sofia-sip reads the rest.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: (&str, &str)| {
    let (kind, value) = text;
    let user = sofia_sip::user_of(value);
    assert!(value.contains(&user) && !user.contains(['@', '>', ';']), "{user}");
    let _ = portaveu_line::key_in_info(kind, value);
    assert!(portaveu_line::status_in_notify(value).is_none_or(|status| (200..=999).contains(&status)));
});
