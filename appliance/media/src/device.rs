//! Legs whose sound comes by a device: each has a thread that the device paces. It must not keep a device longer than its leg.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use portaveu_call::{CallId, FRAME_MS, FRAME_SAMPLES, SoundDevice};

use crate::dtmf::InBandKeys;
use crate::engine::{Sink, Tick, come_first};
use crate::playout::Playout;

const FRAME: Duration = Duration::from_millis(FRAME_MS as u64);

/// Which legs go on.
#[derive(Clone, Debug, Default)]
pub struct Devices(Arc<Mutex<HashMap<CallId, Arc<AtomicBool>>>>);

impl Devices {
    pub fn open(&self, call: CallId, device: Box<dyn SoundDevice>, playout: Playout, sink: Sink) {
        let open = Arc::new(AtomicBool::new(true));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(call, open.clone());
        let leg = move || run(call, device, &playout, sink, &open);
        if let Err(error) = std::thread::Builder::new().name("sound".into()).spawn(leg) {
            tracing::error!("{call} has no sound: its thread could not start: {error}");
        }
    }

    pub fn close(&self, call: CallId) {
        if let Some(open) = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&call) {
            open.store(false, Ordering::Relaxed);
        }
    }
}

fn run(call: CallId, mut device: Box<dyn SoundDevice>, playout: &Playout, mut sink: Sink, open: &AtomicBool) {
    come_first();
    let mut keys = InBandKeys::default();
    let mut is_lost = false;
    let mut last_heard = Instant::now();
    let mut spoken = [0; FRAME_SAMPLES];
    while open.load(Ordering::Relaxed) {
        let said = playout.take().unwrap_or([0; FRAME_SAMPLES]);
        let heard = match device.exchange(&said) {
            Ok(heard) => {
                if std::mem::take(&mut is_lost) {
                    tracing::info!("{call} has sound again, after {} ms", last_heard.elapsed().as_millis());
                }
                last_heard = Instant::now();
                heard
            }
            Err(error) => {
                if !std::mem::replace(&mut is_lost, true) {
                    tracing::warn!("{call} has no sound: {error}");
                }
                std::thread::sleep(FRAME); // a device that is gone must not be asked without end
                [0; FRAME_SAMPLES]
            }
        };
        let digits = keys.hear(&heard);
        let spoken = std::mem::replace(&mut spoken, said);
        sink(Tick { heard, spoken, digits, silent_for: last_heard.elapsed() });
    }
}
