//! What goes on beside the calls: the panel, counts for the broker, retention, lamps.
//!
//! It must not make a call wait, nor end the box when it fails.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;
use portaveu_call::LineCommand;
use portaveu_store::{Audit, MessageState, Removed};

use super::Stages;
use crate::desk::RunningBox;
use crate::health::Health;
use crate::metrics;

/// How long after it failed something is begun again.
const AGAIN: Duration = Duration::from_secs(30);
/// Pages that are made at the same time, and passwords that are checked.
const PAGES_AT_ONCE: usize = 8;

/// The council's page, if the settings have one. Calls go on whatever becomes of it.
/// It has a thread and a runtime of its own, since its pages wait for the store.
pub fn serve_panel(stages: &Arc<Stages>, health: Arc<Health>) -> Result<()> {
    let Some(settings) = stages.config.panel_settings() else { return Ok(()) };
    let store = stages.store.clone();
    if let Err(error) = make_first_account(stages) {
        tracing::error!("the panel's first account cannot be made: {error:#}");
    }
    let desk = Arc::new(RunningBox {
        stages: stages.clone(),
        health,
        runtime: tokio::runtime::Handle::current(),
        publishing: Mutex::default(),
        speaking: Mutex::default(),
        meanings: Mutex::default(),
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(PAGES_AT_ONCE)
        .enable_all()
        .build()?;
    let serve = async move {
        loop {
            if let Err(error) = portaveu_panel::serve(settings.clone(), desk.clone(), store.clone()).await {
                tracing::error!("{error}; it is tried again");
            }
            tokio::time::sleep(AGAIN).await;
        }
    };
    std::thread::Builder::new().name("panel".into()).spawn(move || runtime.block_on(serve))?;
    Ok(())
}

fn make_first_account(stages: &Stages) -> Result<()> {
    let Some(first) = stages.config.panel.as_ref().and_then(|panel| panel.first.as_ref()) else { return Ok(()) };
    if portaveu_panel::add_first(&stages.store, &first.name, &first.password)? {
        let (who, what) = (String::new(), "add_person".to_owned());
        stages.store.audit(&Audit { at: Timestamp::now(), who, what, subject: first.name.clone() })?;
    }
    Ok(())
}

/// Counts for the broker, if the settings have one. Calls go on whatever becomes of them.
pub async fn count(stages: &Stages) {
    loop {
        if let Err(error) = metrics::run(&stages.config, stages.store.clone()).await {
            tracing::error!("nothing is counted for the broker: {error:#}; it is tried again");
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// Remove what is over its time, now and once a day.
pub async fn enforce_retention(stages: Arc<Stages>) {
    let mut days = tokio::time::interval(Duration::from_secs(24 * 3600));
    loop {
        days.tick().await;
        let (store, retention) = (stages.store.clone(), stages.config.retention);
        match tokio::task::spawn_blocking(move || store.enforce(&retention, Timestamp::now())).await {
            Ok(Ok(removed)) if removed == Removed::default() => {}
            Ok(Ok(removed)) => tracing::info!("what was over its time was removed: {removed:?}"),
            error => tracing::error!("what is over its time could not be removed: {error:?}"),
        }
        let lamps = stages.clone();
        let all =
            move || lamps.published().knowledge.pack.departments.keys().for_each(|department| lamp(&lamps, department));
        let _ = tokio::task::spawn_blocking(all).await; // a lamp that is wrong is right tomorrow
    }
}

/// Tell the department's telephone how many messages wait, for its lamp.
pub fn lamp(stages: &Stages, department: &str) {
    let published = stages.published();
    let Some(extension) = published.knowledge.pack.departments.get(department).and_then(|d| d.lamp.as_deref()) else {
        return;
    };
    let messages = match stages.store.messages() {
        Ok(messages) => messages,
        Err(error) => return tracing::error!("the lamp of {extension} is left as it is: {error}"),
    };
    let count = |is: fn(MessageState) -> bool| {
        messages.iter().filter(|message| message.department == department && is(message.state)).count()
    };
    let (new, old) = (count(|state| state == MessageState::New), count(|state| state == MessageState::Taken));
    stages.lines.send(LineCommand::Lamp { extension: extension.to_owned(), new, old });
}
