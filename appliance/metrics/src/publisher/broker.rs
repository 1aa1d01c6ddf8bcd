//! The connection with the broker: made, kept, and made again.
//!
//! Of what the broker sends, only that somebody asked is looked at, never what they said.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use rumqttc::{ConnectionError, Event, EventLoop, LastWill, MqttOptions, Packet, QoS, Transport};
use tokio::sync::Notify;

use super::explain::explain;
use super::pause::Pause;
use super::settings::Settings;
use super::tls;

pub const STATUS: &str = "status";
pub const OFFLINE: &str = r#"{"online":false}"#;

/// The broker keeps what it knows of this connection so long, so that a bundle that was cut off in the middle is completed
/// and not sent anew.
const SESSION: Duration = Duration::from_secs(30 * 24 * 60 * 60);
const CONNECTING: Duration = Duration::from_secs(10);
/// The longest packet that is taken: nobody has more to say than that they ask.
const LONGEST: u32 = 1024;

pub fn options(settings: &Settings, client_id: String) -> Result<MqttOptions> {
    let broker = &settings.broker;
    let mut options = MqttOptions::new(client_id, (broker.host.as_str(), broker.port));
    options.set_keep_alive(broker.keep_alive).set_connect_timeout(CONNECTING).set_max_packet_size(Some(LONGEST));
    if let Some(files) = &broker.tls {
        options.set_transport(Transport::tls_with_config(tls::config(files)?.into()));
    }
    if let Some((username, password)) = broker.password()? {
        options.set_credentials(username, password);
    }
    Ok(options)
}

/// Options of the connection that publishes: with a session, and with a last will.
pub fn lasting(settings: &Settings) -> Result<MqttOptions> {
    let mut options = options(settings, settings.client_id())?;
    options.set_last_will(LastWill::new(settings.topic(STATUS), OFFLINE, QoS::AtLeastOnce, true, None));
    options.set_session_expiry_interval(Some(SESSION.as_secs() as u32));
    Ok(options)
}

/// Keep the connection until its client disconnects. `announce` is told when it is up, and when somebody asks.
pub async fn keep(mut events: EventLoop, settings: Arc<Settings>, announce: Arc<Notify>) {
    let (mut pause, mut said) = (Pause::new(), String::new());
    loop {
        match events.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                events.options.set_clean_start(false); // what was left of another run is gone; this one's session is kept
                tracing::info!("connected with {}", settings.broker.host);
                (pause, said) = (Pause::new(), String::new());
                announce.notify_one();
            }
            Ok(Event::Incoming(Packet::Publish(_))) => announce.notify_one(),
            Ok(_) => {}
            Err(ConnectionError::RequestsDone) => return,
            Err(error) => {
                say_once(&mut said, explain(&error, &settings.broker));
                pause.wait().await;
            }
        }
    }
}

/// A broker may be away for weeks: what is wrong is said when it becomes another thing.
fn say_once(said: &mut String, sentence: String) {
    if *said != sentence {
        tracing::warn!("{sentence}; bundles wait in the box");
        *said = sentence;
    }
}
