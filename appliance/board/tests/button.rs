//! How long a button is pressed, by contacts that bounce.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

use std::sync::mpsc::channel;
use std::time::Duration;

use portaveu_board::button::{LONG, Press, PressLength, SETTLE, SimulatedButton, listen};
use proptest::prelude::*;

const SETTLE_MS: u64 = SETTLE.as_millis() as u64;
const LONG_MS: u64 = LONG.as_millis() as u64;

fn at(time: u64) -> Duration {
    Duration::from_millis(time)
}

/// What is told when the contact closes and opens at these times in turn, and is looked at when it changes, when there may be
/// something to tell, and at these other times.
fn told(changes: &[u64], looks: &[u64], end: u64) -> Vec<(Press, u64)> {
    let is_closed = |time: u64| changes.iter().filter(|change| **change <= time).count() % 2 == 1;
    let mut length = PressLength::new(is_closed(0), Duration::ZERO);
    let (mut told, mut now) = (Vec::new(), 0);
    while now < end {
        let wake = length.wake().map_or(end, |wake| wake.as_millis() as u64).max(now + 1);
        let next = changes.iter().chain(looks).copied().filter(|time| *time > now).chain([wake, end]).min().unwrap();
        now = next;
        told.extend(length.step(is_closed(now), at(now)).map(|press| (press, now)));
    }
    told
}

/// The contact bounces for less than it takes to settle: an even number of changes more.
fn bounces() -> impl Strategy<Value = Vec<u64>> {
    proptest::collection::btree_set(1..SETTLE_MS, 0..4).prop_map(|times| {
        let times: Vec<u64> = times.into_iter().collect();
        times[..times.len() / 2 * 2].to_vec()
    })
}

/// Presses: how long the button is up before, how long it is held, and the bounces of both.
fn presses() -> impl Strategy<Value = Vec<(u64, u64, Vec<u64>, Vec<u64>)>> {
    let one = (100..2000u64, 100..2 * LONG_MS, bounces(), bounces());
    proptest::collection::vec(one, 0..5)
}

fn changes_of(presses: &[(u64, u64, Vec<u64>, Vec<u64>)]) -> (Vec<u64>, u64) {
    let (mut changes, mut now) = (Vec::new(), 1);
    for (up, held, closing, opening) in presses {
        now += up;
        changes.extend([0].iter().chain(closing).map(|bounce| now + bounce));
        now += held;
        changes.extend([0].iter().chain(opening).map(|bounce| now + bounce));
    }
    (changes, now + 1000)
}

proptest! {
    #[test]
    fn each_press_is_told_once_as_what_it_was(presses in presses(), looks in proptest::collection::vec(0..50_000u64, 0..20)) {
        let (changes, end) = changes_of(&presses);
        // A press is as long as from its last closing to its last opening.
        let lengths = presses.iter().map(|(_, held, closing, opening)| held + opening.last().unwrap_or(&0) - closing.last().unwrap_or(&0));
        let expected: Vec<Press> = lengths.map(|held| if held >= LONG_MS { Press::Long } else { Press::Short }).collect();
        let told: Vec<Press> = told(&changes, &looks, end).into_iter().map(|(press, _)| press).collect();
        prop_assert_eq!(told, expected);
    }

    #[test]
    fn a_long_press_is_told_while_it_is_held(held in LONG_MS + 1..4 * LONG_MS) {
        prop_assert_eq!(told(&[100, 100 + held], &[], 100 + held + 1000), [(Press::Long, 100 + LONG_MS)]);
    }

    #[test]
    fn what_is_shorter_than_a_bounce_is_no_press(gaps in proptest::collection::vec((1..SETTLE_MS, 1..500u64), 0..20)) {
        let mut now = 10;
        let changes: Vec<u64> = gaps.iter().flat_map(|(closed, open)| {
            now += open;
            let close = now;
            now += closed;
            [close, now]
        }).collect();
        // Without a time to settle between them, bounces are one contact that never was closed for long enough.
        prop_assert_eq!(told(&changes, &[], now + 1000), []);
    }

    #[test]
    fn a_button_that_is_stuck_from_the_beginning_tells_nothing_until_it_was_let_go(stuck in 1..100_000u64, held in 100..LONG_MS) {
        let again = stuck + 1000;
        prop_assert_eq!(told(&[0, stuck], &[], stuck + 500), []);
        prop_assert_eq!(told(&[0, stuck, again, again + held], &[], again + held + 500), [(Press::Short, again + held + SETTLE_MS)]);
    }

    /// A program that was late tells the same, only later.
    #[test]
    fn who_looks_late_tells_the_same(held in 100..2 * LONG_MS) {
        let mut length = PressLength::new(false, Duration::ZERO);
        let begin = 1000;
        let mut told: Vec<Press> = length.step(true, at(begin)).into_iter().collect();
        for (closed, time) in [(false, begin + held), (false, begin + held + 10_000)] {
            told.extend(length.step(closed, at(time)));
        }
        prop_assert_eq!(told, [if held >= LONG_MS { Press::Long } else { Press::Short }]);
    }
}

#[test]
fn a_button_is_heard_out() {
    let (mut button, finger) = SimulatedButton::new();
    let (tell, told) = channel();
    std::thread::spawn(move || listen(&mut button, |press| tell.send(press).unwrap()));
    // A press that the listener was too late for, or took for stuck, is not told: then the next one is.
    let press = || {
        finger.press();
        std::thread::sleep(SETTLE * 3);
        finger.let_go();
        told.recv_timeout(SETTLE * 10).ok()
    };
    assert_eq!((0..100).find_map(|_| press()), Some(Press::Short));
}
