//! The worker itself, with its models, seen through its client.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use portaveu_call::{FRAME_SAMPLES, Language, Pace};
use portaveu_speech::Client;
use portaveu_speech::cache::Phrase;

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

/// On a processor that cannot keep up with what is to be heard, callers must still hear something.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_to_be_said_does_not_wait_behind_what_is_to_be_heard() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("speech.sock");
    let _worker = Worker::start(&socket);
    let client = Client::connect(&socket);
    client.ready().await;
    let (stream, _events) = client.open(vec![(Language::Es, 1.0)]).await;
    let an_hour = tokio::spawn(async move {
        for _ in 0..3600 * 50 {
            stream.recorded(&[0; FRAME_SAMPLES]).await;
        }
    });
    let phrase = Phrase { text: "Un momento.".to_owned(), language: Language::Es, pace: Pace::default() };
    let said = client.speak(phrase).await.recv().await.expect("nothing was said");
    assert!(!an_hour.is_finished(), "the worker heard an hour before it spoke");
    assert!(said.iter().any(|sample| sample.unsigned_abs() > 1000), "silence was said");
}
