//! How bundles go from `portaveu` to `portaveu-metrics`: over a Unix socket, one line each, the oldest first, the next one
//! when the broker has acknowledged the last. The way back carries nothing but `{"delivered":7}`.
//!
//! Whoever sends anything else loses this connection, and nothing more.

use std::fmt::Display;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use tokio::net::{UnixListener, UnixStream};
use tokio_util::codec::{Framed, LinesCodec, LinesCodecError};

use crate::{Bundle, NotABundle};

/// A bundle of a thousand topics is shorter.
const LONGEST_BUNDLE: usize = 256 * 1024;
const LONGEST_REPLY: usize = 64;
/// A pause when no connection can be taken: out of descriptors, say.
const BUSY: Duration = Duration::from_secs(1);

/// What ended a connection.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    #[error("the other side is gone")]
    Gone,
    #[error("the connection failed: {0}")]
    Lines(LinesCodecError),
    #[error("the other side said {0:?}, which acknowledges nothing that it was sent")]
    Reply(String),
    #[error("what was sent is no bundle and is not passed on: {0}")]
    NotABundle(#[from] NotABundle),
    #[error("a bundle cannot be read or noted: {0}")]
    Source(String),
}

impl From<LinesCodecError> for LinkError {
    fn from(error: LinesCodecError) -> Self {
        match error {
            LinesCodecError::Io(error)
                if matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) =>
            {
                Self::Gone
            }
            other => Self::Lines(other),
        }
    }
}

/// A bundle as it was closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undelivered {
    pub sequence: u64,
    pub line: String,
}

/// Where closed bundles are kept until the broker has them. Its reading and writing may block.
pub trait BundleSource: Send + Sync + 'static {
    type Error: Display + Send + 'static;

    fn oldest_undelivered(&self) -> Result<Option<Undelivered>, Self::Error>;

    /// The broker has it: it is never sent again.
    fn delivered(&self, sequence: u64) -> Result<(), Self::Error>;

    /// Returns when a bundle was added, or was since the last time.
    fn changed(&self) -> impl Future<Output = ()> + Send;
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reply {
    delivered: u64,
}

/// Listen at `socket`, for the box's user and group only.
pub fn listen(socket: &Path) -> std::io::Result<UnixListener> {
    let _ = std::fs::remove_file(socket); // of a portaveu that is gone
    let listener = UnixListener::bind(socket)?;
    std::fs::set_permissions(socket, std::fs::Permissions::from_mode(0o660))?;
    Ok(listener)
}

/// `portaveu`'s side: hand bundles to whoever connects, one after the other.
pub async fn serve<S: BundleSource>(listener: UnixListener, source: Arc<S>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(BUSY).await;
            continue;
        };
        match hand_over(stream, &source).await {
            Err(LinkError::Gone) | Ok(()) => tracing::info!("portaveu-metrics is gone; bundles wait for it"),
            Err(error) => tracing::warn!("the connection with portaveu-metrics ended: {error}"),
        }
    }
}

async fn hand_over<S: BundleSource>(stream: UnixStream, source: &Arc<S>) -> Result<(), LinkError> {
    let mut lines = Framed::new(stream, LinesCodec::new_with_max_length(LONGEST_REPLY));
    loop {
        let Some(bundle) = ask(source, |source| source.oldest_undelivered()).await? else {
            tokio::select! {
                () = source.changed() => continue,
                line = lines.next() => return Err(unasked(line)),
            }
        };
        lines.send(&bundle.line).await?;
        let reply = lines.next().await.ok_or(LinkError::Gone)??;
        match serde_json::from_str(&reply) {
            Ok(Reply { delivered }) if delivered == bundle.sequence => {}
            _ => return Err(LinkError::Reply(reply)),
        }
        ask(source, move |source| source.delivered(bundle.sequence)).await?;
    }
}

fn unasked(line: Option<Result<String, LinesCodecError>>) -> LinkError {
    match line {
        None => LinkError::Gone,
        Some(Ok(line)) => LinkError::Reply(line),
        Some(Err(error)) => error.into(),
    }
}

/// The store blocks, and calls must not wait for it.
async fn ask<S: BundleSource, T: Send + 'static>(
    source: &Arc<S>,
    question: impl FnOnce(&S) -> Result<T, S::Error> + Send + 'static,
) -> Result<T, LinkError> {
    let source = source.clone();
    let answer = tokio::task::spawn_blocking(move || question(&source)).await;
    answer.map_err(|error| LinkError::Source(error.to_string()))?.map_err(|error| LinkError::Source(error.to_string()))
}

/// `portaveu-metrics`' side.
#[derive(Debug)]
pub struct Link(Framed<UnixStream, LinesCodec>);

impl Link {
    pub async fn open(socket: &Path) -> std::io::Result<Self> {
        let stream = UnixStream::connect(socket).await?;
        Ok(Self(Framed::new(stream, LinesCodec::new_with_max_length(LONGEST_BUNDLE))))
    }

    /// The next bundle; it is looked at, so that nothing else can leave the box by this way.
    pub async fn next(&mut self) -> Result<Undelivered, LinkError> {
        let line = self.0.next().await.ok_or(LinkError::Gone)??;
        let sequence = Bundle::from_line(&line)?.sequence();
        Ok(Undelivered { sequence, line })
    }

    /// The broker has acknowledged it.
    pub async fn delivered(&mut self, sequence: u64) -> Result<(), LinkError> {
        Ok(self.0.send(format!("{{\"delivered\":{sequence}}}")).await?)
    }
}
