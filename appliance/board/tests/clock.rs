//! What time the box believes, by who says what.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

use jiff::{SignedDuration, Timestamp};
use portaveu_board::clock::{Doubt, PbxDates, Source, Sources, Verdict, built, judge, ntp_has_synchronised, set};
use proptest::prelude::*;

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A PBX that is ahead by these many seconds, in each of its answers.
fn pbx(now: Timestamp, ahead: &[i64]) -> PbxDates {
    let mut dates = PbxDates::default();
    ahead.iter().for_each(|seconds| dates.heard(now + SignedDuration::from_secs(*seconds), now));
    dates
}

fn sources(now: &str, pbx: &PbxDates, ntp: bool) -> Verdict {
    let (built, newest_record) = (time("2026-11-01T00:00:00Z"), Some(time("2026-12-01T10:00:00Z")));
    judge(&Sources { now: time(now), built, newest_record, ntp, pbx })
}

const NOW: &str = "2026-12-01T12:00:00Z";

#[test]
fn a_clock_that_nothing_contradicts_is_the_batterys() {
    assert_eq!(sources(NOW, &PbxDates::default(), false), Verdict::Right(Source::Battery));
}

#[test]
fn ntp_is_believed_above_all() {
    assert_eq!(sources(NOW, &pbx(time(NOW), &[7200, 7200, 7200]), true), Verdict::Right(Source::Ntp));
}

#[test]
fn the_pbx_is_believed_when_three_answers_agree_and_sets_a_clock_that_is_clearly_wrong() {
    for (ahead, expected) in [
        (&[3600, 3600][..], Verdict::Right(Source::Battery)),
        (&[3600, 3600, 60], Verdict::Right(Source::Battery)),
        (&[30, 31, 30], Verdict::Right(Source::Pbx)),
        (&[60, 60, 60], Verdict::Right(Source::Pbx)),
        (&[9999, 3599, 3601, 3600], Verdict::Set { to: time("2026-12-01T13:00:00Z"), behind_records: false }),
        (&[-3599, -3601, -3600], Verdict::Set { to: time("2026-12-01T11:00:00Z"), behind_records: false }),
        (&[-14400, -14400, -14400], Verdict::Set { to: time("2026-12-01T08:00:00Z"), behind_records: true }),
    ] {
        assert_eq!(sources(NOW, &pbx(time(NOW), ahead), false), expected, "{ahead:?}");
    }
}

#[test]
fn a_box_with_an_empty_battery_is_set_by_the_pbx_and_knows_no_time_before() {
    let empty = "1970-01-01T00:01:00Z";
    let doubt = sources(empty, &PbxDates::default(), false);
    assert_eq!(doubt, Verdict::Unknown(Doubt::BeforeBuilt { now: time(empty) }));
    let ahead = time(NOW).duration_since(time(empty)).as_secs();
    let dates = pbx(time(empty), &[ahead, ahead, ahead]);
    assert_eq!(sources(empty, &dates, false), Verdict::Set { to: time(NOW), behind_records: false });
}

#[test]
fn a_pbx_that_says_a_time_before_the_program_was_built_is_not_believed() {
    let ahead = time("2000-01-01T00:00:00Z").duration_since(time(NOW)).as_secs();
    assert_eq!(sources(NOW, &pbx(time(NOW), &[ahead, ahead, ahead]), false), Verdict::Right(Source::Battery));
}

#[test]
fn a_clock_behind_the_newest_record_is_doubted() {
    let now = "2026-11-30T10:00:00Z";
    let doubt = Doubt::BeforeRecords { now: time(now), newest: time("2026-12-01T10:00:00Z") };
    assert_eq!(sources(now, &PbxDates::default(), false), Verdict::Unknown(doubt));
    assert!(doubt.to_string().contains("2026-12-01"), "{doubt}");
}

proptest! {
    #[test]
    fn nothing_goes_back_over_records_unsaid_and_nothing_is_set_to_before_it_was_built(
        now in 0..4_000_000_000i64, built in 0..4_000_000_000i64, newest in proptest::option::of(0..4_000_000_000i64),
        ahead in proptest::collection::vec(-4_000_000_000..4_000_000_000i64, 0..5), ntp in any::<bool>(), alike in any::<bool>(),
    ) {
        let at = |second| Timestamp::from_second(second).unwrap();
        let ahead: Vec<i64> = if alike { ahead.iter().map(|_| ahead[0]).collect() } else { ahead };
        let mut pbx = PbxDates::default();
        ahead.iter().filter_map(|a| Timestamp::from_second(now + a).ok()).for_each(|date| pbx.heard(date, at(now)));
        let sources = Sources { now: at(now), built: at(built), newest_record: newest.map(at), ntp, pbx: &pbx };
        if let Verdict::Set { to, behind_records } = judge(&sources) {
            prop_assert!(!ntp && to >= at(built));
            prop_assert_eq!(behind_records, newest.is_some_and(|newest| to < at(newest)));
            let by = to.duration_since(at(now)).abs();
            prop_assert!(by > SignedDuration::from_secs(60));
        }
    }

    /// Once set, the clock is right by the same PBX: it is not set again and again.
    #[test]
    fn a_clock_that_was_set_is_right(ahead in prop_oneof![-100_000..-61i64, 61..100_000i64]) {
        let now = time(NOW);
        let dates = pbx(now, &[ahead, ahead, ahead]);
        let sources = |now, pbx| Sources { now, built: Timestamp::UNIX_EPOCH, newest_record: None, ntp: false, pbx };
        let Verdict::Set { to, .. } = judge(&sources(now, &dates)) else { panic!("{ahead} s are not clearly wrong") };
        let mut after = dates.clone();
        after.forget();
        (0..3).for_each(|_| after.heard(now + SignedDuration::from_secs(ahead), to));
        prop_assert_eq!(judge(&sources(to, &after)), Verdict::Right(Source::Pbx));
    }
}

#[test]
fn ntp_has_synchronised_when_timesyncd_says_so() {
    let root = tempfile::tempdir().unwrap();
    assert!(!ntp_has_synchronised(root.path()));
    let folder = root.path().join("run/systemd/timesync");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("synchronized"), "").unwrap();
    assert!(ntp_has_synchronised(root.path()));
}

#[test]
fn this_program_was_built_before_now() {
    assert!(built() > Timestamp::UNIX_EPOCH && built() <= Timestamp::now());
}

/// The kernel refuses a time before it was booted by the monotonic clock, whoever asks; others it refuses by right.
#[test]
fn a_clock_that_may_not_be_set_is_a_sentence_that_says_why() {
    let error = set(time("1960-01-01T00:00:00Z")).unwrap_err().to_string();
    assert!(error.contains("1960-01-01") && error.contains("CAP_SYS_TIME"), "{error}");
}
