//! The tests, in the order in which they are run. Each begins with a box that answers, and leaves one.

mod answering;

use anyhow::Result;

use crate::bench::{Bench, Need};

pub struct Trial {
    pub name: &'static str,
    /// What it shows, for the report.
    pub says: &'static str,
    /// Part of the short pass.
    pub short: bool,
    pub needs: &'static [Need],
    pub run: fn(&mut Bench) -> Result<()>,
}

pub const ALL: &[Trial] = &[
    Trial {
        name: "starts_and_answers",
        says: "From power on to the first call taken within 60 s, and the greeting is heard",
        short: true,
        needs: &[Need::Plug],
        run: answering::starts_and_answers,
    },
    Trial {
        name: "root_is_sealed",
        says: "The root file system is read-only and checked by dm-verity, data are encrypted",
        short: true,
        needs: &[],
        run: answering::root_is_sealed,
    },
];
