//! The worker itself, with its models, seen through its client.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use portaveu_call::{FRAME_SAMPLES, Hearing, Language, Pace};
use portaveu_speech::cache::Phrase;
use portaveu_speech::{Client, Stream};

/// More than a minute, and fewer than wait in the client.
const QUIET_FRAMES: usize = 3800;
/// Badly heard of the fast voice.
const RARE: &str = "Vull domiciliar els rebuts de la contribució";
const RARE_WORD: &str = "domiciliar";

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

async fn voice(client: &Client, phrase: Phrase) -> Vec<i16> {
    let mut parts = client.speak(phrase).await;
    let mut voice = Vec::new();
    while let Some(part) = parts.recv().await {
        voice.extend(part);
    }
    voice
}

/// The words that are heard of a voice.
async fn heard(client: &Client, voice: &[i16]) -> String {
    let (stream, mut events) = client.open(vec![(Language::Ca, 1.0)]).await;
    record(&stream, voice).await;
    let mut pace = tokio::time::interval(Duration::from_millis(20));
    loop {
        tokio::select! {
            event = events.recv() => match event.expect("nothing was heard") {
                Hearing::Heard(heard) => return heard.text,
                Hearing::Unintelligible => panic!("no words were heard"),
                _ => {}
            },
            _ = pace.tick() => stream.recorded(&[0; FRAME_SAMPLES]).await,
        }
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
    let voice = voice(&client, phrase("¿A qué hora abre la biblioteca?")).await;
    let (stream, mut events) = client.open(vec![(Language::Es, 1.0)]).await;
    record(&stream, &vec![0; QUIET_FRAMES * FRAME_SAMPLES]).await;
    record(&stream, &voice).await;
    let said = client.speak(phrase("Un momento.")).await.recv().await.expect("nothing was said");
    assert!(events.try_recv().is_err(), "the worker heard everything before it spoke");
    assert!(said.iter().any(|sample| sample.unsigned_abs() > 1000), "silence was said");
    assert!(events.recv().await.is_some(), "nothing was heard");
}

/// What is expected is taken where the sound leaves it open, and a later expectation replaces it; a worker that takes the
/// place of a lost one expects the same.
#[tokio::test(flavor = "multi_thread")]
async fn callers_are_heard_to_say_what_is_expected_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("speech.sock");
    let worker = Worker::start(&socket);
    let client = Client::connect(&socket);
    client.ready().await;
    let said = voice(&client, Phrase { language: Language::Ca, ..phrase(RARE) }).await;
    assert!(!heard(&client, &said).await.contains(RARE_WORD), "it is heard anyway, and nothing is shown");
    client.expect_wording(vec![(Language::Ca, RARE.into())]);
    client.wording_learned().await;
    assert!(heard(&client, &said).await.contains(RARE_WORD));
    drop(worker);
    while client.is_ready() {
        tokio::task::yield_now().await;
    }
    let _another = Worker::start(&socket);
    client.wording_learned().await;
    assert!(heard(&client, &said).await.contains(RARE_WORD), "another worker does not know");
    client.expect_wording(vec![(Language::Ca, "A quina hora obri la biblioteca?".into())]);
    client.wording_learned().await;
    assert!(!heard(&client, &said).await.contains(RARE_WORD), "it is still expected");
}
