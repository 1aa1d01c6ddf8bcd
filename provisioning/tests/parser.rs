//! Hostile bytes are an error, never a panic, and what is accepted is within the limits.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

use std::path::Path;

use portaveu_provision::identity::Card;
use portaveu_provision::keys::{self, Trusted};
use portaveu_provision::manifest::Manifest;
use portaveu_provision::place::Place;
use proptest::prelude::*;

const GOOD: &str = r#"{"format":1,"box":"age1","version":3,"made":"2026-11-28T10:00:00Z","files":[
    {"path":"portaveu.toml","size":9,"sha256":"0000000000000000000000000000000000000000000000000000000000000000"}]}"#;

#[test]
fn the_good_one_is_good() {
    assert_eq!(Manifest::parse(GOOD.as_bytes()).unwrap().version, 3);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Manifest::parse(&bytes);
        let _ = Card::parse(&bytes);
    }

    #[test]
    fn a_good_manifest_with_some_bytes_changed(changes in proptest::collection::vec((0..GOOD.len(), any::<u8>()), 1..6)) {
        let mut bytes = GOOD.as_bytes().to_vec();
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        if let Ok(manifest) = Manifest::parse(&bytes) {
            prop_assert!(manifest.size() <= 1 << 33);
            prop_assert_eq!(Manifest::parse(&serde_json::to_vec(&manifest).unwrap()).unwrap(), manifest);
        }
    }

    #[test]
    fn a_place_stays_in_its_folder(path in "(council|secrets|models|\\.\\.|/|.)(/|\\.|\\.\\.|[a-z]|.){0,12}") {
        if let Ok(place) = Place::new(&path) {
            let below = place.below(Path::new("/site"));
            prop_assert!(below.starts_with("/site"));
            prop_assert!(below.components().all(|part| !matches!(part, std::path::Component::ParentDir)));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_signature_with_some_bytes_changed_is_no_signature(changes in proptest::collection::vec((0..280_usize, any::<u8>()), 1..4), cut in 0..300_usize) {
        let (secret, public) = PAIR.with(Clone::clone);
        let key = keys::unlocked(&secret).unwrap();
        let trusted = Trusted::parse(&public).unwrap();
        let good = keys::sign(&key, GOOD.as_bytes(), "a comment").unwrap();
        prop_assert!(trusted.signed(GOOD.as_bytes(), good.as_bytes()));
        let mut bytes = good.into_bytes();
        let first = bytes.iter().position(|byte| *byte == b'\n').unwrap();
        for (at, byte) in changes {
            if let Some(there) = bytes.get_mut(at) {
                *there = byte;
            }
        }
        bytes.truncate(cut);
        let _ = trusted.signed(GOOD.as_bytes(), &bytes); // no panic
        bytes.truncate(first);
        prop_assert!(!trusted.signed(GOOD.as_bytes(), &bytes));
    }
}

thread_local! {
    static PAIR: (String, String) = keys::pair(None).unwrap();
}
