//! The tests, in the order in which they are run. Each begins with a box that answers, and leaves one.

mod answering;
mod failing;
mod handset;
mod lights;
mod metal;
mod spans;
mod standing;
mod sticks;
mod updating;

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
        says: "From power on to the first call taken, and the greeting is heard",
        short: true,
        needs: &[Need::Plug],
        run: answering::starts_and_answers,
    },
    Trial {
        name: "root_is_sealed",
        says: "The root file system is read-only and checked by dm-verity, data are encrypted, the store's key is sealed",
        short: true,
        needs: &[],
        run: answering::root_is_sealed,
    },
    Trial {
        name: "listens_as_documented",
        says: "What listens is what the README says, and nothing else",
        short: true,
        needs: &[],
        run: standing::listens_as_documented,
    },
    Trial {
        name: "reaches_only_what_it_is_for",
        says: "The kernel refuses each program what it is not for",
        short: true,
        needs: &[Need::Plug],
        run: standing::reaches_only_what_it_is_for,
    },
    Trial {
        name: "sandboxes_hold",
        says: "No unit is more exposed than 2.0",
        short: true,
        needs: &[],
        run: standing::sandboxes_hold,
    },
    Trial {
        name: "speech_dies_in_a_call",
        says: "The ear dies in a call: the call goes on, and the next one is heard",
        short: true,
        needs: &[],
        run: failing::speech_dies_in_a_call,
    },
    Trial {
        name: "watchdog_bites",
        says: "A program that hangs is started again by the watchdog",
        short: true,
        needs: &[],
        run: failing::watchdog_bites,
    },
    Trial {
        name: "ends_in_the_safe_state",
        says: "A program that ends again and again: callers hear the stored sentence",
        short: true,
        needs: &[],
        run: failing::ends_in_the_safe_state,
    },
    Trial {
        name: "a_newer_list_is_rendered",
        says: "Texts that are published while others are rendered are rendered, too",
        short: true,
        needs: &[],
        run: failing::a_newer_list_is_rendered,
    },
    Trial {
        name: "button_asks_for_the_safe_state",
        says: "The button held for five seconds: the safe state, and the way back",
        short: false,
        needs: &[Need::Leds],
        run: failing::button_asks_for_the_safe_state,
    },
    Trial {
        name: "disk_is_full",
        says: "The disk is full: calls are answered",
        short: true,
        needs: &[],
        run: failing::disk_is_full,
    },
    Trial {
        name: "network_goes_and_comes",
        says: "The PBX goes and comes back: the same program answers",
        short: true,
        needs: &[Need::Plug],
        run: failing::network_goes_and_comes,
    },
    Trial {
        name: "starts_without_a_network",
        says: "Started without a network, it answers when there is one",
        short: false,
        needs: &[Need::Plug],
        run: failing::starts_without_a_network,
    },
    Trial {
        name: "lights_tell_the_state",
        says: "The lights tell the state: answering, in a call, without an ear, safe",
        short: true,
        needs: &[Need::Leds],
        run: lights::lights_tell_the_state,
    },
    Trial {
        name: "a_strangers_stick_changes_nothing",
        says: "A stranger's stick changes nothing, and says why",
        short: true,
        needs: &[Need::Sticks],
        run: sticks::a_strangers_stick_changes_nothing,
    },
    Trial {
        name: "a_stick_sets_the_box_up",
        says: "A signed stick sets the box up",
        short: true,
        needs: &[Need::Sticks],
        run: sticks::a_stick_sets_the_box_up,
    },
    Trial {
        name: "power_cuts_while_a_stick_is_applied",
        says: "Twenty power cuts while a stick is applied: the old or the new site answers",
        short: false,
        needs: &[Need::Sticks, Need::Plug],
        run: sticks::power_cuts_while_a_stick_is_applied,
    },
    Trial {
        name: "thirty_calls_by_e1",
        says: "Thirty calls at once by an E1 line, each answered and each hearing a voice",
        short: true,
        needs: &[Need::TestImage],
        run: spans::thirty_calls_by_e1,
    },
    Trial {
        name: "the_handset_hears_itself",
        says: "The handset's sound card: a looped one hears the whole tone, and the delay is measured",
        short: true,
        needs: &[Need::TestImage],
        run: handset::the_handset_hears_itself,
    },
    Trial {
        name: "hardware_watchdog_bites",
        says: "A kernel that stands still is reset by the hardware's watchdog",
        short: false,
        needs: &[Need::Plug],
        run: failing::hardware_watchdog_bites,
    },
    Trial {
        name: "an_update_installs",
        says: "An update from a stick is installed and kept",
        short: false,
        needs: &[Need::Sticks],
        run: updating::an_update_installs,
    },
    Trial {
        name: "a_bad_update_rolls_back",
        says: "A bad update is left by itself",
        short: false,
        needs: &[Need::Sticks],
        run: updating::a_bad_update_rolls_back,
    },
    Trial {
        name: "power_cuts_during_updates",
        says: "Twenty power cuts while an update is written: the old or the new version answers",
        short: false,
        needs: &[Need::Plug],
        run: updating::power_cuts_during_updates,
    },
    Trial {
        name: "temperature_is_read",
        says: "The temperature is read",
        short: true,
        needs: &[Need::Metal],
        run: metal::temperature_is_read,
    },
    Trial {
        name: "sound_card_is_there",
        says: "The handset has a sound card",
        short: true,
        needs: &[Need::Metal],
        run: metal::sound_card_is_there,
    },
    Trial {
        name: "e1_card_has_no_alarm",
        says: "The E1 card sees the exchange",
        short: true,
        needs: &[Need::Metal],
        run: metal::e1_card_has_no_alarm,
    },
];
