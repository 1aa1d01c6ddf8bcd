//! Publishing: bundles from `portaveu` to the broker, one at a time, so that they arrive in order.
//!
//! A bundle is acknowledged to `portaveu` only when the broker has completed it (QoS 2). What ends it before is tried again
//! with the same bytes. A bundle arrives twice only if, between receiving and completing it, the broker loses its sessions
//! or this program dies; its sequence number then tells.

mod broker;
mod explain;
mod pause;
pub mod settings;
mod tls;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use portaveu_metrics::{Link, LinkError, SCHEMA, SCHEMA_DOCUMENT, Undelivered};
use rumqttc::{AsyncClient, Event, Packet, PublishOptions, QoS};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;
use tokio::time::timeout;

use broker::{OFFLINE, STATUS};
use pause::Pause;
use settings::Settings;

/// Requests that wait for the connection: an announcement and a bundle.
const WAITING: usize = 8;
/// Most time for saying that the box goes.
const FAREWELL: Duration = Duration::from_secs(3);

/// Publish until stopped.
pub async fn run(settings: Settings) -> Result<()> {
    warn_of_plain(&settings);
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let (client, events) = AsyncClient::builder(broker::lasting(&settings)?).capacity(WAITING).try_build()?;
    let (settings, announce) = (Arc::new(settings), Arc::new(Notify::new()));
    let kept = tokio::spawn(broker::keep(events, settings.clone(), announce.clone()));
    tokio::select! {
        never = announcements(&client, &settings, &announce) => match never {},
        never = deliveries(&client, &settings) => match never {},
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    let farewell = timeout(FAREWELL, async {
        publish(&client, &settings.topic(STATUS), OFFLINE, retained()).await?;
        client.disconnect().await?;
        Ok::<_, anyhow::Error>(kept.await?)
    });
    if !matches!(farewell.await, Ok(Ok(()))) {
        tracing::warn!("the broker could not be told that this box goes; its last will tells");
    }
    Ok(())
}

/// Try the connection once, beside a running program's.
pub async fn check(settings: Settings, offline: bool) -> Result<()> {
    warn_of_plain(&settings);
    let options = broker::options(&settings, format!("{}-check", settings.client_id()))?;
    if offline {
        println!("settings and files are in order");
        return Ok(());
    }
    let (client, mut events) = AsyncClient::builder(options).capacity(WAITING).try_build()?;
    loop {
        match events.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(_))) => break,
            Ok(_) => {}
            Err(error) => return Err(anyhow!("{}", explain::explain(&error, &settings.broker))),
        }
    }
    client.disconnect().await?;
    while events.poll().await.is_ok() {}
    Link::open(&settings.socket).await.with_context(|| no_portaveu(&settings))?;
    println!(
        "settings and files are in order, portaveu is there, and the broker {} accepts this box",
        settings.broker.host
    );
    Ok(())
}

fn warn_of_plain(settings: &Settings) {
    if settings.broker.tls.is_none() {
        tracing::warn!("broker.tls is false: counts go to {} unencrypted, to whoever answers", settings.broker.host);
    }
}

fn no_portaveu(settings: &Settings) -> String {
    format!("{}: portaveu is not there", settings.socket.display())
}

/// Say who is there and what is sent: whenever the connection is up, and when somebody asks.
async fn announcements(client: &AsyncClient, settings: &Settings, announce: &Notify) -> Infallible {
    let birth =
        serde_json::json!({ "online": true, "version": env!("CARGO_PKG_VERSION"), "schema": SCHEMA }).to_string();
    loop {
        announce.notified().await;
        if let Err(error) = self::announce(client, settings, &birth).await {
            tracing::warn!("the announcement was not accepted: {error:#}"); // the next connection brings the next one
        }
    }
}

async fn announce(client: &AsyncClient, settings: &Settings, birth: &str) -> Result<()> {
    client.subscribe_tracked(settings.topic("ask"), QoS::AtLeastOnce).await?.wait_completion_async().await?;
    publish(client, &settings.topic("schema"), SCHEMA_DOCUMENT, retained()).await?;
    publish(client, &settings.topic(STATUS), birth, retained()).await
}

fn retained() -> PublishOptions {
    PublishOptions::at_least_once().retained()
}

async fn publish(client: &AsyncClient, topic: &str, message: &str, options: PublishOptions) -> Result<()> {
    let notice = client.publish_tracked(topic.to_owned(), message.to_owned(), options).await?;
    Ok(notice.wait_completion_async().await?)
}

/// Take bundles from `portaveu`, over one connection after the other.
async fn deliveries(client: &AsyncClient, settings: &Settings) -> Infallible {
    let (mut pause, mut last) = (Pause::new(), None);
    loop {
        match Link::open(&settings.socket).await {
            Ok(link) => {
                tracing::info!("connected with portaveu");
                match deliver(link, client, settings, &mut last, &mut pause).await {
                    Err(LinkError::Gone) => tracing::warn!("portaveu is gone; waiting for it"),
                    Err(error) => tracing::error!("{}: {error}", settings.socket.display()),
                    Ok(never) => match never {},
                }
            }
            Err(error) => tracing::debug!("{}: {error}", no_portaveu(settings)),
        }
        pause.wait().await;
    }
}

async fn deliver(
    mut link: Link,
    client: &AsyncClient,
    settings: &Settings,
    last: &mut Option<Undelivered>,
    pause: &mut Pause,
) -> Result<Infallible, LinkError> {
    loop {
        let bundle = link.next().await?;
        pause.reset();
        // portaveu may have gone before it could note the last one.
        if last.as_ref() != Some(&bundle) {
            complete(client, &settings.topic("counts"), &bundle).await;
        }
        let sequence = bundle.sequence;
        *last = Some(bundle);
        link.delivered(sequence).await?;
    }
}

/// Returns when the broker has it.
async fn complete(client: &AsyncClient, topic: &str, bundle: &Undelivered) {
    let mut pause = Pause::new();
    while let Err(error) = publish(client, topic, &bundle.line, PublishOptions::exactly_once()).await {
        tracing::warn!("bundle {} is sent again: {error}", bundle.sequence);
        pause.wait().await;
    }
}
