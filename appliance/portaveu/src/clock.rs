//! The box's clock, by what the PBX says of the time. Opening hours are computed from it, so a box whose battery is empty must
//! not keep the year that it woke up in.

use std::path::Path;

use jiff::Timestamp;
use portaveu_board::clock::{self, PbxDates, Sources, Verdict};
use portaveu_store::{Search, Store};

use crate::whole;

#[derive(Default)]
pub struct Clock {
    pbx: PbxDates,
    /// What was told last, which is not told again.
    told: Option<String>,
}

impl Clock {
    /// An answer of the PBX had this `Date`. Blocks for the newest record, and for a change of the clock, which is asked for in the
    /// file `wanted` where this program may not do it (`portaveu-clock.service`).
    pub fn heard(&mut self, date: Timestamp, store: &Store, wanted: &Path) {
        let now = Timestamp::now();
        self.pbx.heard(date, now);
        let newest = store.search(&Search::default(), None, 1).ok();
        let newest_record = newest.and_then(|calls| calls.first().map(|call| call.began));
        let ntp = clock::ntp_has_synchronised("/".as_ref());
        let sources = Sources { now, built: clock::built(), newest_record, ntp, pbx: &self.pbx };
        match clock::judge(&sources) {
            Verdict::Right(_) => self.told = None,
            Verdict::Unknown(doubt) => self.tell(doubt.to_string()),
            Verdict::Set { to, behind_records } => {
                self.pbx.forget();
                let records = if behind_records { ", before the newest record" } else { "" };
                self.tell(format!("the clock is set to {to} by the PBX{records}; it said {now}"));
                let ahead = to.duration_since(now).as_secs();
                let set = clock::set(to).or_else(|_| whole::write(wanted, format!("{ahead:+} seconds").as_bytes()));
                set.unwrap_or_else(|error| self.tell(format!("{}: cannot be written: {error}", wanted.display())));
            }
        }
    }

    fn tell(&mut self, what: String) {
        if self.told.as_ref() != Some(&what) {
            tracing::warn!("{what}");
            self.told = Some(what);
        }
    }
}
