//! How the box is: one state, from which its lights, the panel and the diagnostics are told.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use portaveu_call::LineState;
use portaveu_panel::{Condition, Light, Lights, Reading, Value};
use portaveu_speech::Client;
use portaveu_store::Store;

use crate::config::Config;

/// Less free disk than this is worth a look, and less than that is broken.
const LITTLE_DISK: u64 = 2 << 30;
const NO_DISK: u64 = 200 << 20;
const WARM_C: f64 = 80.0;
const HOT_C: f64 = 95.0;

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
}

/// What is looked at.
pub struct Health {
    pub config: Config,
    pub lines: Arc<LineStates>,
    pub speech: Client,
    pub store: Arc<Store>,
}

impl Health {
    pub fn lights(&self, calls: usize) -> Lights {
        let (line, _) = self.lines.reading();
        let worst = self.conditions().into_iter().max().unwrap_or(Condition::Good);
        Lights {
            power: Light::On,
            line: match line {
                Condition::Good => Light::On,
                Condition::Attention => Light::Slow,
                Condition::Broken => Light::Fast,
            },
            call: match calls {
                0 => Light::Off,
                all if all >= self.config.channels => Light::Fast,
                _ => Light::On,
            },
            fault: match worst.max(line) {
                Condition::Good => Light::Off,
                Condition::Attention => Light::Slow,
                Condition::Broken => Light::On,
            },
        }
    }

    fn conditions(&self) -> [Condition; 3] {
        [self.speech().condition, self.disk().condition, temperature().condition]
    }

    pub fn readings(&self, calls: usize, answers: Value) -> Vec<Reading> {
        let (condition, value) = self.lines.reading();
        let good = |name, value| Reading { name, value, condition: Condition::Good };
        let crowded = if calls >= self.config.channels { Condition::Attention } else { Condition::Good };
        let busy = Value::Calls { now: calls, channels: self.config.channels };
        let [store, retention] = self.kept();
        vec![
            good("version", Value::Text(env!("CARGO_PKG_VERSION").into())),
            Reading { name: "line", value, condition },
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
        let up = |condition| if condition == Condition::Good { 1.0 } else { 0.0 };
        let store = std::fs::metadata(self.config.store()).map_or(0, |file| file.len());
        let mut gauges = vec![
            ("calls", "Calls going on.", calls as f64),
            ("channels", "Calls that can go on at once.", self.config.channels as f64),
            ("lines_up", "1 when every line is up.", up(self.lines.reading().0)),
            ("speech_ready", "1 when the speech worker hears and speaks.", up(self.speech().condition)),
            ("disk_free_bytes", "Free disk where the box keeps its data.", self.free_disk() as f64),
            ("store_bytes", "Size of the store.", store as f64),
        ];
        gauges.extend(warmest().map(|degrees| ("temperature_celsius", "The warmest part of the box.", degrees)));
        gauges
    }

    fn speech(&self) -> Reading {
        let ready = self.speech.is_ready();
        let condition = if ready { Condition::Good } else { Condition::Broken };
        Reading { name: "speech", value: Value::Speech(ready), condition }
    }

    fn disk(&self) -> Reading {
        let free = self.free_disk();
        let condition = match free {
            free if free < NO_DISK => Condition::Broken,
            free if free < LITTLE_DISK => Condition::Attention,
            _ => Condition::Good,
        };
        Reading { name: "disk", value: Value::Disk(free), condition }
    }

    fn free_disk(&self) -> u64 {
        let disk = nix::sys::statvfs::statvfs(&self.config.data);
        disk.map_or(0, |disk| disk.blocks_available() * disk.fragment_size())
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

/// The warmest part that the kernel tells of.
fn warmest() -> Option<f64> {
    let zones = std::fs::read_dir("/sys/class/thermal").into_iter().flatten().flatten();
    zones.filter_map(|zone| degrees(&zone.path().join("temp"))).max_by(f64::total_cmp)
}

/// A machine that tells no temperature is not said to be hot.
fn temperature() -> Reading {
    let warmest = warmest();
    let condition = match warmest {
        Some(degrees) if degrees > HOT_C => Condition::Broken,
        Some(degrees) if degrees > WARM_C => Condition::Attention,
        _ => Condition::Good,
    };
    Reading { name: "temperature", value: Value::Temperature(warmest), condition }
}

fn degrees(path: &Path) -> Option<f64> {
    std::fs::read_to_string(path).ok()?.trim().parse::<f64>().ok().map(|thousandths| thousandths / 1000.0)
}
