//! The bodies of requests in a call that the box reads itself: keys in INFO, and in NOTIFY what came of a REFER.
//!
//! No text from outside may make it panic.

use portaveu_call::Digit;

/// The key of an INFO: `application/dtmf-relay` ("Signal=5") or `application/dtmf` ("5").
pub fn key_in_info(content_type: &str, body: &str) -> Option<Digit> {
    if !content_type.starts_with("application/dtmf") {
        return None;
    }
    let key = body.lines().find_map(|line| line.trim().strip_prefix("Signal=")).unwrap_or(body.trim());
    key.trim().chars().next().and_then(Digit::from_char)
}

/// The final status in a NOTIFY of a REFER: its body is the status line of the peer's own call ("SIP/2.0 486 Busy Here").
pub fn status_in_notify(body: &str) -> Option<u16> {
    let status: u16 = body.strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok()?;
    (status >= 200).then_some(status)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keys_are_read_in_both_forms() {
        let read = |kind: &str, body: &str| key_in_info(kind, body).map(Digit::as_char);
        assert_eq!(read("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n"), Some('5'));
        assert_eq!(read("application/dtmf-relay", "Duration=160\r\nSignal= #\r\n"), Some('#'));
        assert_eq!(read("application/dtmf", "*\r\n"), Some('*'));
        assert_eq!(read("application/media_control+xml", "5"), None);
        assert_eq!(read("application/dtmf-relay", "Signal=\u{661}"), None, "a digit that is on no telephone");
        assert_eq!(read("application/dtmf-relay", ""), None);
    }

    #[test]
    fn only_the_end_of_a_transfer_is_a_status() {
        assert_eq!(status_in_notify("SIP/2.0 486 Busy Here\r\n"), Some(486));
        assert_eq!(status_in_notify("SIP/2.0 200"), Some(200));
        for other in ["SIP/2.0 180 Ringing", "SIP/2.0 +20", "SIP/2.0 48", "SIP/1.0 200 OK", "SIP/2.0 é00", ""] {
            assert_eq!(status_in_notify(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn no_body_panics(kind in "(application/dtmf(-relay)?)?\\PC{0,20}", body in "(Signal=|SIP/2.0 )?\\PC{0,60}") {
            let _ = key_in_info(&kind, &body);
            prop_assert!(status_in_notify(&body).is_none_or(|status| (200..=999).contains(&status)));
        }
    }
}
