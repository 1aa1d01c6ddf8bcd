//! `portaveu`'s side: the library's own, over bundles in memory.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use portaveu_call::Language;
use portaveu_metrics::{Bundle, BundleSource, CallFacts, Counts, Ending, Hour, Label, Name, Threshold, Undelivered};
use tokio::sync::Notify;

#[derive(Default)]
pub struct Shelf {
    waiting: Mutex<BTreeMap<u64, String>>,
    noted: Mutex<Vec<u64>>,
    changed: Notify,
    noting: Notify,
}

impl BundleSource for Shelf {
    type Error = Infallible;

    fn oldest_undelivered(&self) -> Result<Option<Undelivered>, Infallible> {
        let waiting = self.waiting.lock().unwrap();
        Ok(waiting.first_key_value().map(|(sequence, line)| Undelivered { sequence: *sequence, line: line.clone() }))
    }

    fn delivered(&self, sequence: u64) -> Result<(), Infallible> {
        self.waiting.lock().unwrap().remove(&sequence).unwrap();
        self.noted.lock().unwrap().push(sequence);
        self.noting.notify_one();
        Ok(())
    }

    async fn changed(&self) {
        self.changed.notified().await;
    }
}

pub struct Portaveu {
    socket: PathBuf,
    pub shelf: Arc<Shelf>,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Portaveu {
    pub fn start(folder: &Path) -> Self {
        let mut portaveu = Self { socket: folder.join("metrics.sock"), shelf: Arc::default(), runtime: None };
        portaveu.start_again();
        portaveu
    }

    /// Its connections are cut where they are.
    pub fn stop(&mut self) {
        self.runtime.take().unwrap().shutdown_background();
    }

    pub fn start_again(&mut self) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (socket, shelf) = (self.socket.clone(), self.shelf.clone());
        runtime.block_on(async {
            let listener = portaveu_metrics::listen(&socket).unwrap();
            tokio::spawn(portaveu_metrics::serve(listener, shelf));
        });
        self.runtime = Some(runtime);
    }

    /// Hours go by, from one bundle's number to another's; the lines of the bundles.
    pub fn close(&self, sequences: std::ops::RangeInclusive<u64>) -> Vec<String> {
        let lines: Vec<(u64, String)> = sequences.map(|sequence| (sequence, bundle(sequence))).collect();
        self.shelf.waiting.lock().unwrap().extend(lines.iter().cloned());
        self.shelf.changed.notify_one();
        lines.into_iter().map(|(_, line)| line).collect()
    }

    /// Returns when that bundle was noted as delivered.
    pub fn wait_until_noted(&self, sequence: u64) {
        let noted = async {
            while !self.shelf.noted.lock().unwrap().contains(&sequence) {
                self.shelf.noting.notified().await;
            }
        };
        let runtime = self.runtime.as_ref().unwrap();
        let waited = runtime.block_on(async { tokio::time::timeout(Duration::from_secs(60), noted).await });
        waited.unwrap_or_else(|_| panic!("only {:?} were noted", self.noted()));
    }

    pub fn noted(&self) -> Vec<u64> {
        self.shelf.noted.lock().unwrap().clone()
    }
}

fn bundle(sequence: u64) -> String {
    let hour = |number: u64| Hour::of(Timestamp::from_second(1_790_000_000 + 3600 * number as i64).unwrap());
    let mut counts = Counts::since(hour(sequence - 1));
    for number in 0..20 + sequence as u32 % 7 {
        counts.add(&CallFacts {
            language: if number % 3 == 0 { Language::Ca } else { Language::Es },
            topic: Some(Name::new("padron.register").unwrap()),
            ending: Ending::Answered { slowest_ms: 100 * number },
        });
    }
    let label = Label { sequence, name: Name::new("test").unwrap(), until: hour(sequence), k: Threshold::default() };
    Bundle::close(&counts, label).unwrap().to_line().unwrap()
}
