//! The box's clock, by what the PBX says of the time. Opening hours are computed from it, so a box whose battery is empty must
//! not keep the year that it woke up in.

use jiff::Timestamp;
use portaveu_board::clock::{self, PbxDates, Sources, Verdict};
use portaveu_store::{Search, Store};

#[derive(Default)]
pub struct Clock {
    pbx: PbxDates,
    /// What was told last, which is not told again.
    told: Option<String>,
}

impl Clock {
    /// An answer of the PBX had this `Date`. Blocks for the newest record, and for a change of the clock.
    pub fn heard(&mut self, date: Timestamp, store: &Store) {
        let now = Timestamp::now();
        self.pbx.heard(date, now);
        let newest =
            store.search(&Search::default(), None, 1).ok().and_then(|calls| calls.first().map(|call| call.began));
        let ntp = clock::ntp_has_synchronised("/".as_ref());
        let sources = Sources { now, built: clock::built(), newest_record: newest, ntp, pbx: &self.pbx };
        match clock::judge(&sources) {
            Verdict::Right(_) => self.told = None,
            Verdict::Unknown(doubt) => self.tell(doubt.to_string()),
            Verdict::Set { to, behind_records } => {
                self.pbx.forget();
                match clock::set(to) {
                    Ok(()) if behind_records => {
                        self.tell(format!("the clock was set to {to} by the PBX, before the newest record"))
                    }
                    Ok(()) => self.tell(format!("the clock was set to {to} by the PBX; it said {now}")),
                    Err(error) => self.tell(error.to_string()),
                }
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
