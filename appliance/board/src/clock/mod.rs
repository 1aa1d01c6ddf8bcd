//! What time it is, on a box that may have no Internet: the kernel takes the battery clock's at boot, then the PBX says it in
//! the `Date` of its answers, and where there is NTP that is believed above all.
//!
//! [`judge`] decides, from values alone; it must not step a clock that NTP keeps, nor hide that time went back over records.

mod hardware;

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

pub use hardware::{ClockError, built, ntp_has_synchronised, set};

/// A clock is set only if it is clearly wrong: a `Date` has whole seconds and has been under way, and a step is felt by
/// opening hours and records.
const CLEARLY_WRONG: SignedDuration = SignedDuration::from_secs(60);
/// So many answers of the PBX must agree, this well.
const AGREEING: usize = 3;
const AGREEMENT: SignedDuration = SignedDuration::from_secs(5);

/// How far the PBX's clock is ahead of ours, by its last answers.
#[derive(Clone, Debug, Default)]
pub struct PbxDates(VecDeque<SignedDuration>);

impl PbxDates {
    /// An answer that came at this time of ours had this `Date`.
    pub fn heard(&mut self, date: Timestamp, now: Timestamp) {
        if self.0.len() == AGREEING {
            self.0.pop_front();
        }
        self.0.push_back(date.duration_since(now));
    }

    /// Our clock was set: earlier answers tell nothing any more.
    pub fn forget(&mut self) {
        self.0.clear();
    }

    fn ahead(&self) -> Option<SignedDuration> {
        let mut offsets: Vec<SignedDuration> = self.0.iter().copied().collect();
        offsets.sort_unstable();
        let agree = offsets.len() == AGREEING && *offsets.last()? - *offsets.first()? <= AGREEMENT;
        agree.then(|| offsets[AGREEING / 2])
    }
}

/// What there is to judge by.
#[derive(Clone, Debug)]
pub struct Sources<'a> {
    /// The box's clock, which the kernel has set from the battery's.
    pub now: Timestamp,
    /// When the program was built: it was never earlier than that.
    pub built: Timestamp,
    /// When the newest record was kept.
    pub newest_record: Option<Timestamp>,
    pub ntp: bool,
    pub pbx: &'a PbxDates,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The clock is right, says this source.
    Right(Source),
    /// Set the clock to this.
    Set {
        to: Timestamp,
        /// Records were kept at a time that is yet to come: to be told, and kept records are not touched.
        behind_records: bool,
    },
    /// Nobody who can be believed says what time it is.
    Unknown(Doubt),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Ntp,
    Pbx,
    /// The battery clock, which nothing contradicts.
    Battery,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    #[error(
        "the clock says {now}, before the program was built; the battery of the box's clock is empty, or it was set wrong"
    )]
    BeforeBuilt { now: Timestamp },
    #[error("the clock says {now}, before the newest record ({newest}); the box's clock or its battery is wrong")]
    BeforeRecords { now: Timestamp, newest: Timestamp },
}

pub fn judge(sources: &Sources) -> Verdict {
    let Sources { now, built, newest_record, ntp, pbx } = sources.clone();
    if ntp {
        return Verdict::Right(Source::Ntp);
    }
    let pbx_says = pbx.ahead().and_then(|ahead| Some((ahead, now.checked_add(ahead).ok()?)));
    match pbx_says {
        Some((ahead, to)) if to >= built && ahead.abs() > CLEARLY_WRONG => {
            Verdict::Set { to, behind_records: newest_record.is_some_and(|newest| to < newest) }
        }
        Some((_, to)) if to >= built => Verdict::Right(Source::Pbx),
        _ => by_the_battery(now, built, newest_record),
    }
}

fn by_the_battery(now: Timestamp, built: Timestamp, newest_record: Option<Timestamp>) -> Verdict {
    match newest_record {
        _ if now < built => Verdict::Unknown(Doubt::BeforeBuilt { now }),
        Some(newest) if newest.duration_since(now) > CLEARLY_WRONG => {
            Verdict::Unknown(Doubt::BeforeRecords { now, newest })
        }
        _ => Verdict::Right(Source::Battery),
    }
}
