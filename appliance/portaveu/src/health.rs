//! How the box is: one state, from which its lights, the panel and the diagnostics are told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use portaveu_board::{Calls, Condition, Thermometer, Working, disk_condition, free_disk, heat_condition, updates};
use portaveu_call::LineState;
use portaveu_panel::{Reading, Value};
use portaveu_speech::Client;
use portaveu_store::Store;

use crate::config::Config;

/// What lines say of themselves.
#[derive(Default)]
pub struct LineStates(Mutex<BTreeMap<u16, LineState>>);

impl LineStates {
    pub fn told(&self, line: u16, state: LineState) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(line, state);
    }

    fn reading(&self) -> (Condition, Value) {
        let states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let down: Vec<String> = states
            .values()
            .filter_map(|state| if let LineState::Down(why) = state { Some(why.to_string()) } else { None })
            .collect();
        let all = states.len();
        match down.len() {
            _ if all == 0 => (Condition::Attention, Value::Lines { up: 0, all }),
            0 => (Condition::Good, Value::Lines { up: all, all }),
            count if count == all => (Condition::Broken, Value::Text(down.join("; "))),
            _ => (Condition::Attention, Value::Text(down.join("; "))),
        }
    }

    /// Whether people can be called.
    fn people(&self) -> Reading {
        let states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let reached = !states.values().any(|state| *state == LineState::InOnly);
        let condition = if reached { Condition::Good } else { Condition::Attention };
        Reading { name: "people", value: Value::People(reached), condition }
    }
}

/// What is looked at.
pub struct Health {
    pub config: Config,
    pub lines: Arc<LineStates>,
    pub speech: Client,
    pub store: Arc<Store>,
}

impl Health {
    /// How the box is that answers calls: what its lights, the panel and monitoring are told from.
    pub fn working(&self, calls: usize) -> Working {
        let parts = [self.speech().condition, self.disk().condition, temperature().condition];
        Working {
            lines: self.lines.reading().0,
            calls: Calls::of(calls, self.config.channels),
            parts: parts.into_iter().max().unwrap_or(Condition::Good),
            updating: std::fs::read_to_string("/proc/self/mounts").is_ok_and(|mounts| updates::is_under_way(&mounts)),
        }
    }

    pub fn readings(&self, calls: usize, answers: Value) -> Vec<Reading> {
        let (condition, value) = self.lines.reading();
        let good = |name, value| Reading { name, value, condition: Condition::Good };
        let crowded = if Calls::of(calls, self.config.channels) == Calls::AllChannels {
            Condition::Attention
        } else {
            Condition::Good
        };
        let busy = Value::Calls { now: calls, channels: self.config.channels };
        let [store, retention] = self.kept();
        vec![
            good("version", Value::Text(env!("CARGO_PKG_VERSION").into())),
            Reading { name: "line", value, condition },
            self.lines.people(),
            Reading { name: "calls", value: busy, condition: crowded },
            self.speech(),
            good("pack", answers),
            self.disk(),
            store,
            retention,
            temperature(),
        ]
    }

    /// What monitoring reads.
    pub fn gauges(&self, calls: usize) -> Vec<(&'static str, &'static str, f64)> {
        let working = self.working(calls);
        let up = |condition| if condition == Condition::Good { 1.0 } else { 0.0 };
        let store = std::fs::metadata(self.config.store()).map_or(0, |file| file.len());
        let mut gauges = vec![
            ("calls", "Calls going on.", calls as f64),
            ("channels", "Calls that can go on at once.", self.config.channels as f64),
            ("lines_up", "1 when every line is up.", up(working.lines)),
            ("speech_ready", "1 when the speech worker hears and speaks.", up(self.speech().condition)),
            (
                "fault",
                "As the light: 0 none, 1 look at the panel, 2 call the technician.",
                f64::from(working.parts as u8),
            ),
            ("updating", "1 while a new version is written.", f64::from(u8::from(working.updating))),
            ("disk_free_bytes", "Free disk where the box keeps its data.", self.free_disk() as f64),
            ("store_bytes", "Size of the store.", store as f64),
        ];
        gauges.extend(
            Thermometer::default()
                .warmest()
                .map(|degrees| ("temperature_celsius", "The warmest part of the box.", degrees)),
        );
        gauges
    }

    fn speech(&self) -> Reading {
        let ready = self.speech.is_ready();
        let condition = if ready { Condition::Good } else { Condition::Broken };
        Reading { name: "speech", value: Value::Speech(ready), condition }
    }

    fn disk(&self) -> Reading {
        let free = self.free_disk();
        Reading { name: "disk", value: Value::Disk(free), condition: disk_condition(free) }
    }

    fn free_disk(&self) -> u64 {
        free_disk(&self.config.data).unwrap_or(0)
    }

    /// How much is kept, and whether nothing is kept too long.
    fn kept(&self) -> [Reading; 2] {
        let size = std::fs::metadata(self.config.store()).map_or(0, |file| file.len());
        let holdings = self.store.holdings(&self.config.retention).ok();
        let calls = holdings.iter().flatten().find(|holding| holding.kind == "calls").map_or(0, |calls| calls.records);
        let in_time = holdings.iter().flatten().all(|holding| holding.is_in_time(Timestamp::now()));
        let last = self.store.last_enforced().ok().flatten().map(|(at, _)| at);
        let store = if holdings.is_some() { Condition::Good } else { Condition::Broken };
        let retention = if holdings.is_some() && in_time { Condition::Good } else { Condition::Attention };
        [
            Reading { name: "store", value: Value::Store { calls, bytes: size }, condition: store },
            Reading { name: "retention", value: Value::Retention(last), condition: retention },
        ]
    }
}

fn temperature() -> Reading {
    let warmest = Thermometer::default().warmest();
    Reading { name: "temperature", value: Value::Temperature(warmest), condition: heat_condition(warmest) }
}
