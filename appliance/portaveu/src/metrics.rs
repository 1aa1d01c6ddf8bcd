//! Counts for the council's broker: each hour's calls are added up, closed as a bundle, kept, and handed to
//! `portaveu-metrics`, which alone has a way to the broker.
//!
//! It must not count an hour twice, nor before all of its calls are over.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use portaveu_metrics::{Bundle, BundleSource, CallFacts, Counts, Ending, Hour, Label, Name, Undelivered};
use portaveu_store::{Call, Counted, Outcome, Search, Store, StoreError};
use tokio::process::Command;
use tokio::sync::Notify;

use crate::config::Config;

const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// A call is counted in the hour that it began in, and lasts an hour at most: an hour is over when the next one is, and a little.
const SETTLED: SignedDuration = SignedDuration::from_mins(61);
const LOOK: Duration = Duration::from_secs(60);
const AGAIN: Duration = Duration::from_secs(10);
/// Calls that are read at once.
const AT_ONCE: usize = 1000;

/// The store, as `portaveu-metrics` is served from it.
struct Bundles {
    store: Arc<Store>,
    added: Notify,
}

impl BundleSource for Bundles {
    type Error = StoreError;

    fn oldest_undelivered(&self) -> Result<Option<Undelivered>, StoreError> {
        let bundle = self.store.next_bundle(0)?;
        Ok(bundle.map(|(sequence, line)| Undelivered { sequence, line: String::from_utf8_lossy(&line).into_owned() }))
    }

    fn delivered(&self, sequence: u64) -> Result<(), StoreError> {
        self.store.bundle_delivered(sequence)
    }

    async fn changed(&self) {
        self.added.notified().await;
    }
}

/// Count, keep and hand over until the box ends. Without a name for the box in the settings, nothing is counted.
pub async fn run(config: &Config, store: Arc<Store>) -> Result<()> {
    let Some(metrics) = &config.metrics else { return std::future::pending().await };
    let name = Name::new(&metrics.name).context("metrics.name")?;
    let k = metrics.k.try_into().context("metrics.k")?;
    let socket = config.data.join("metrics.sock");
    let listener = portaveu_metrics::listen(&socket).with_context(|| format!("{}: cannot listen", socket.display()))?;
    let bundles = Arc::new(Bundles { store, added: Notify::new() });
    let count = async {
        let mut looks = tokio::time::interval(LOOK);
        loop {
            looks.tick().await;
            let (bundles, name) = (bundles.clone(), name.clone());
            let counted = tokio::task::spawn_blocking(move || count_due(&bundles, &name, k, Timestamp::now())).await;
            if let Err(error) = counted.map_err(anyhow::Error::from).and_then(|counted| counted) {
                tracing::error!("calls could not be counted for the broker; it is tried again: {error:#}");
            }
        }
    };
    tokio::select! {
        () = count => Ok(()),
        () = portaveu_metrics::serve(listener, bundles.clone()) => Ok(()),
        () = publisher(metrics.settings.clone()) => Ok(()),
    }
}

/// The program that has the way to the broker, where systemd does not run it.
async fn publisher(settings: Option<PathBuf>) {
    let Some(settings) = settings else { return std::future::pending().await };
    let beside = std::env::current_exe().ok().map(|path| path.with_file_name("portaveu-metrics"));
    let program = beside.filter(|path| path.is_file()).unwrap_or_else(|| "portaveu-metrics".into());
    loop {
        let child = Command::new(&program).arg("run").arg("--config").arg(&settings).kill_on_drop(true).spawn();
        match child {
            Ok(mut child) => tracing::error!("portaveu-metrics ended ({:?}); it is started again", child.wait().await),
            Err(error) => tracing::error!("portaveu-metrics cannot be started: {error}"),
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// Count each hour that is over and was not counted.
fn count_due(bundles: &Bundles, name: &Name, k: portaveu_metrics::Threshold, now: Timestamp) -> Result<()> {
    let store = &bundles.store;
    loop {
        let counted = store.counted()?;
        let from = counted.until.unwrap_or_else(|| Hour::of(now).into());
        if counted.until.is_some() && now.duration_since(from) < HOUR + SETTLED {
            return Ok(());
        }
        if counted.until.is_none() {
            store.put_counted(&Counted { until: Some(from), ..counted }, None)?; // counting begins with this hour
            continue;
        }
        let until = from + HOUR;
        let mut counts = match counted.carried.as_slice() {
            [] => Counts::since(Hour::of(from)),
            carried => serde_json::from_slice(carried)?,
        };
        calls_of(store, from, until)?.iter().filter_map(facts).for_each(|call| counts.add(&call));
        let label = Label { sequence: counted.next, name: name.clone(), until: Hour::of(until), k };
        let bundle = Bundle::close(&counts, label).map(|bundle| bundle.to_line()).transpose()?;
        let carried = if bundle.is_some() { Vec::new() } else { serde_json::to_vec(&counts)? };
        let bytes = bundle.as_ref().map(String::as_bytes);
        store.put_counted(&Counted { until: Some(until), carried, next: counted.next }, bytes)?;
        if bundle.is_some() {
            bundles.added.notify_one();
        }
    }
}

/// The calls that began in this hour.
fn calls_of(store: &Store, from: Timestamp, until: Timestamp) -> Result<Vec<Call>, StoreError> {
    let hour = Search { from: Some(from), until: Some(until), ..Search::default() };
    let mut calls: Vec<Call> = Vec::new();
    loop {
        let more = store.search(&hour, calls.last().map(|call| call.id), AT_ONCE)?;
        let is_last = more.len() < AT_ONCE;
        calls.extend(more);
        if is_last {
            return Ok(calls);
        }
    }
}

/// What is counted of a call; one that the box itself cut off is none.
fn facts(call: &Call) -> Option<CallFacts> {
    let ending = match call.outcome {
        Outcome::Answered => Ending::Answered { slowest_ms: call.answer_ms.iter().copied().max().unwrap_or(0) },
        Outcome::HandedOver => Ending::HandedOver { waited_ms: call.waited_s.saturating_mul(1000) },
        Outcome::Message => Ending::Message,
        Outcome::Unanswered => Ending::Unanswered,
        Outcome::Open | Outcome::Lost => return None,
    };
    let topic = call.topics.first().and_then(|topic| Name::new(topic).ok());
    Some(CallFacts { language: call.language, topic, ending })
}

#[cfg(test)]
mod tests {
    use super::*;
    use portaveu_call::Language;

    #[test]
    fn each_call_is_counted_once_and_few_wait_for_more() {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::open(&folder.path().join("portaveu.redb")).unwrap());
        let bundles = Bundles { store: store.clone(), added: Notify::new() };
        let (name, k) = (Name::new("alboraia").unwrap(), 5.try_into().unwrap());
        let start: Timestamp = "2026-11-28T09:20:00Z".parse().unwrap();
        let count = |now| count_due(&bundles, &name, k, now).unwrap();
        count(start);
        let call = |minutes: i64| {
            let began = start + SignedDuration::from_mins(minutes);
            let id = began.as_microsecond() as u64;
            let call =
                Call { outcome: Outcome::Answered, ended: Some(began), ..Call::begins(id, "sip", began, Language::Ca) };
            (call, Vec::new())
        };
        store.import(&[call(1), call(2), call(50), call(51), call(52), call(53)]).unwrap();
        count(start + SignedDuration::from_mins(90));
        assert_eq!(store.next_bundle(0).unwrap(), None, "the calls of nine o'clock are not all over, and are two");
        count(start + SignedDuration::from_hours(3));
        let (sequence, line) = store.next_bundle(0).unwrap().unwrap();
        let bundle: serde_json::Value = serde_json::from_slice(&line).unwrap();
        assert_eq!((sequence, &bundle["calls"], &bundle["until"]), (1, &6.into(), &"2026-11-28T11:00:00Z".into()));
        bundles.delivered(1).unwrap();
        count(start + SignedDuration::from_hours(9));
        assert_eq!(store.next_bundle(0).unwrap(), None, "nobody called since");
        assert_eq!(store.counted().unwrap().next, 2);
    }
}
