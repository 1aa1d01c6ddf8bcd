//! The worker itself, with its models, seen through its client.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use portaveu_call::{FRAME_SAMPLES, Language, Pace};
use portaveu_speech::cache::Phrase;
use portaveu_speech::{Client, Stream};

/// More than a minute, and fewer than wait in the client.
const QUIET_FRAMES: usize = 3800;

struct Worker(Child);

impl Worker {
    fn start(socket: &Path) -> Self {
        let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let cache = cache.unwrap_or_else(|| Path::new(&std::env::var_os("HOME").unwrap()).join(".cache"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_portaveu-speech"));
        command.arg("--models").arg(cache.join("portaveu/models")).args(["serve", "--socket"]).arg(socket);
        Self(command.spawn().unwrap())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn phrase(text: &str) -> Phrase {
    Phrase { text: text.to_owned(), language: Language::Es, pace: Pace::default() }
}

async fn record(stream: &Stream, samples: &[i16]) {
    for frame in samples.as_chunks::<FRAME_SAMPLES>().0 {
        stream.recorded(frame).await;
    }
}

/// On a processor that cannot keep up with what is to be heard, callers must still hear something.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_to_be_said_does_not_wait_behind_what_is_to_be_heard() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("speech.sock");
    let _worker = Worker::start(&socket);
    let client = Client::connect(&socket);
    client.ready().await;
    let mut parts = client.speak(phrase("¿A qué hora abre la biblioteca?")).await;
    let mut voice = Vec::new();
    while let Some(part) = parts.recv().await {
        voice.extend(part);
    }
    let (stream, mut events) = client.open(vec![(Language::Es, 1.0)]).await;
    record(&stream, &vec![0; QUIET_FRAMES * FRAME_SAMPLES]).await;
    record(&stream, &voice).await;
    let said = client.speak(phrase("Un momento.")).await.recv().await.expect("nothing was said");
    assert!(events.try_recv().is_err(), "the worker heard everything before it spoke");
    assert!(said.iter().any(|sample| sample.unsigned_abs() > 1000), "silence was said");
    assert!(events.recv().await.is_some(), "nothing was heard");
}
