//! The worker, seen from `portaveu`: streams that are heard, texts that are spoken. It reconnects by itself when the
//! worker is lost, opens the streams anew and sends again what was said since the utterance began, and how callers word things.
//!
//! It must not stall a call: without a worker, sound is only kept; and a worker that is behind with hearing speaks at once, since
//! that has a connection of its own.

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::SinkExt;
use portaveu_call::{Frame, Hearing, Language};
use tokio::net::UnixStream;
use tokio::sync::{mpsc, watch};
use tokio_util::codec::{Framed, LengthDelimitedCodec};

use crate::cache::Phrase;
use crate::protocol::{LONGEST_MESSAGE, LanguageWeights, Report, Request};

const RECONNECT: Duration = Duration::from_millis(50);
/// Requests that wait for the worker; beyond it, frames are dropped.
const WAITING: usize = 4096;
/// What is kept of a stream while nobody speaks, and at most: the endpointer's longest utterance.
const KEPT_IDLE: usize = 50;
const KEPT_SPEAKING: usize = 1300;
/// Reports that wait for a call.
const REPORTS: usize = 64;
/// Sentences in a message; nobody says one with more bytes than this in a breath, and longer ones are left out.
const SENTENCES: usize = 1000;
const LONGEST_SENTENCE: usize = 500;

enum Order {
    Request(Request),
    Open { stream: u64, languages: LanguageWeights, hearing: mpsc::Sender<Hearing> },
    Speak { id: u64, phrase: Phrase, sound: mpsc::UnboundedSender<Vec<i16>> },
}

/// A handle on the connection to the worker.
#[derive(Clone, Debug)]
pub struct Client {
    ears: mpsc::Sender<Order>,
    voice: mpsc::Sender<Order>,
    ready: watch::Receiver<bool>,
    expected: Expected,
    next: Arc<AtomicU64>,
}

type Sentences = Arc<Vec<(Language, String)>>;

/// What callers may say, and of which of that the worker has learned how it is worded.
#[derive(Clone, Debug, Default)]
struct Expected {
    sentences: watch::Sender<Sentences>,
    learned: watch::Sender<Sentences>,
}

/// Sound of a phrase, as the worker makes it; ends when the phrase does.
pub type Speaking = mpsc::UnboundedReceiver<Vec<i16>>;

impl Client {
    /// Connect to the worker's socket, now or whenever it is there.
    pub fn connect(socket: &Path) -> Self {
        let expected = Expected::default();
        let (ears, ready) = Connection::begin(socket, "hearing", expected.clone());
        let (voice, _) = Connection::begin(socket, "speaking", Expected::default());
        Self { ears, voice, ready, expected, next: Arc::default() }
    }

    /// Wait until the worker has loaded its models.
    pub async fn ready(&self) {
        let mut ready = self.ready.clone();
        let _ = ready.wait_for(|ready| *ready).await; // the sender lives as long as the connection's task
    }

    pub fn is_ready(&self) -> bool {
        *self.ready.borrow()
    }

    /// From now on callers are expected to say something like these sentences, and not like those before.
    pub fn expect_wording(&self, sentences: Vec<(Language, String)>) {
        self.expected.sentences.send_replace(Arc::new(sentences));
    }

    /// Wait until the worker has learned how what is expected is worded.
    pub async fn wording_learned(&self) {
        let expected = self.expected.sentences.borrow().clone();
        let mut learned = self.expected.learned.subscribe();
        let _ = learned.wait_for(|learned| Arc::ptr_eq(learned, &expected)).await; // its sender is here
    }

    fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Begin to hear a call.
    pub async fn open(&self, languages: LanguageWeights) -> (Stream, mpsc::Receiver<Hearing>) {
        let stream = self.number();
        let (hearing, events) = mpsc::channel(REPORTS);
        let _ = self.ears.send(Order::Open { stream, languages, hearing }).await;
        let runtime = tokio::runtime::Handle::current();
        (Stream { stream, orders: self.ears.clone(), runtime }, events)
    }

    /// Have a phrase spoken by the fast voice.
    pub async fn speak(&self, phrase: Phrase) -> Speaking {
        let (sound, parts) = mpsc::unbounded_channel();
        let _ = self.voice.send(Order::Speak { id: self.number(), phrase, sound }).await;
        parts
    }
}

/// A call that is heard; dropping it ends that.
#[derive(Debug)]
pub struct Stream {
    stream: u64,
    orders: mpsc::Sender<Order>,
    /// The last owner may be a thread outside of it.
    runtime: tokio::runtime::Handle,
}

impl Stream {
    /// 20 ms of the caller and of the box. Dropped when the worker is far behind.
    pub fn audio(&self, heard: &Frame, spoken: &Frame) {
        let spoken = if spoken.iter().all(|s| *s == 0) { Vec::new() } else { spoken.to_vec() };
        let request = Request::Audio { stream: self.stream, heard: heard.to_vec(), spoken };
        let _ = self.orders.try_send(Order::Request(request));
    }

    /// The same of a recording: it waits for the worker, since nothing in a file may be dropped.
    pub async fn recorded(&self, heard: &Frame) {
        let request = Request::Audio { stream: self.stream, heard: heard.to_vec(), spoken: Vec::new() };
        let _ = self.orders.send(Order::Request(request)).await;
    }

    /// How likely each language is from now on.
    pub async fn expect(&self, languages: LanguageWeights) {
        let _ = self.orders.send(Order::Request(Request::Expect { stream: self.stream, languages })).await;
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let close = Order::Request(Request::Close { stream: self.stream });
        if let Err(mpsc::error::TrySendError::Full(close)) = self.orders.try_send(close) {
            let orders = self.orders.clone();
            self.runtime.spawn(async move { orders.send(close).await });
        }
    }
}

/// What must be sent again to a new worker.
struct Kept {
    languages: LanguageWeights,
    hearing: mpsc::Sender<Hearing>,
    sound: VecDeque<Request>,
    speaking: bool,
}

impl Kept {
    fn keep(&mut self, audio: Request) {
        self.sound.push_back(audio);
        let most = if self.speaking { KEPT_SPEAKING } else { KEPT_IDLE };
        while self.sound.len() > most {
            self.sound.pop_front();
        }
    }
}

struct Connection {
    purpose: &'static str,
    socket: PathBuf,
    inbox: mpsc::Receiver<Order>,
    readiness: watch::Sender<bool>,
    expected: Expected,
    streams: HashMap<u64, Kept>,
    phrases: HashMap<u64, (Phrase, mpsc::UnboundedSender<Vec<i16>>)>,
}

type Wire = Framed<UnixStream, LengthDelimitedCodec>;

impl Connection {
    fn begin(socket: &Path, purpose: &'static str, expected: Expected) -> (mpsc::Sender<Order>, watch::Receiver<bool>) {
        let (orders, inbox) = mpsc::channel(WAITING);
        let (readiness, ready) = watch::channel(false);
        let socket = socket.to_owned();
        let (streams, phrases) = (HashMap::new(), HashMap::new());
        let connection = Self { purpose, socket, inbox, readiness, expected, streams, phrases };
        tokio::spawn(connection.run());
        (orders, ready)
    }

    async fn run(mut self) {
        loop {
            let Some(mut wire) = self.reach().await else { return };
            let lost = self.converse(&mut wire).await;
            self.expected.learned.send_replace(Arc::default());
            self.readiness.send_replace(false);
            if !lost {
                return;
            }
            tracing::warn!("the speech worker was lost for {}; that goes on when it is back", self.purpose);
            for kept in self.streams.values().filter(|kept| kept.speaking) {
                let _ = kept.hearing.try_send(Hearing::Interrupted);
            }
        }
    }

    /// Connect, however long it takes, and go on keeping sound meanwhile. None when the client is gone.
    async fn reach(&mut self) -> Option<Wire> {
        loop {
            tokio::select! {
                wire = reach(&self.socket) => return Some(wire),
                order = self.inbox.recv() => {
                    self.note(order?);
                }
            }
        }
    }

    /// False when the client is gone, true when the worker is.
    async fn converse(&mut self, wire: &mut Wire) -> bool {
        // A worker that knows no wording need not be told that there is none.
        let mut sentences = self.expected.sentences.subscribe();
        let mut learning = None;
        if !sentences.borrow().is_empty() {
            sentences.mark_changed();
        }
        for request in self.requests_again() {
            if send(wire, &request).await.is_err() {
                return true;
            }
        }
        loop {
            tokio::select! {
                Ok(()) = sentences.changed(), if learning.is_none() => {
                    let expected = learning.insert(sentences.borrow_and_update().clone());
                    for request in wording_requests(expected) {
                        if send(wire, &request).await.is_err() {
                            return true;
                        }
                    }
                }
                order = self.inbox.recv() => {
                    let Some(order) = order else { return false };
                    let request = self.note(order);
                    if send(wire, &request).await.is_err() {
                        return true;
                    }
                }
                message = futures_util::StreamExt::next(wire) => {
                    let Some(Ok(message)) = message else { return true };
                    match postcard::from_bytes(&message) {
                        Ok(Report::WordingLearned) => _ = self.expected.learned.send_replace(learning.take().unwrap_or_default()),
                        Ok(report) => self.report(report),
                        Err(error) => tracing::error!("the speech worker sent what cannot be read: {error}"),
                    }
                }
            }
        }
    }

    /// Remember what an order means for a later worker, and give the request that it is.
    fn note(&mut self, order: Order) -> Request {
        match order {
            Order::Open { stream, languages, hearing } => {
                let kept = Kept { languages: languages.clone(), hearing, sound: VecDeque::new(), speaking: false };
                self.streams.insert(stream, kept);
                Request::Open { stream, languages }
            }
            Order::Speak { id, phrase, sound } => {
                let request = speak_request(id, &phrase);
                self.phrases.insert(id, (phrase, sound));
                request
            }
            Order::Request(request) => {
                self.note_request(&request);
                request
            }
        }
    }

    fn note_request(&mut self, request: &Request) {
        match request {
            Request::Audio { stream, .. } => {
                if let Some(kept) = self.streams.get_mut(stream) {
                    kept.keep(request.clone());
                }
            }
            Request::Expect { stream, languages } => {
                if let Some(kept) = self.streams.get_mut(stream) {
                    kept.languages.clone_from(languages);
                }
            }
            Request::Close { stream } => _ = self.streams.remove(stream),
            Request::Open { .. } | Request::Speak { .. } | Request::Sentences(_) | Request::ExpectWording => {}
        }
    }

    fn requests_again(&self) -> Vec<Request> {
        let streams = self.streams.iter().flat_map(|(stream, kept)| {
            let open = Request::Open { stream: *stream, languages: kept.languages.clone() };
            std::iter::once(open).chain(kept.sound.iter().cloned())
        });
        let phrases = self.phrases.iter().map(|(id, (phrase, _))| speak_request(*id, phrase));
        streams.chain(phrases).collect()
    }

    fn report(&mut self, report: Report) {
        match report {
            Report::Ready => _ = self.readiness.send_replace(true),
            Report::WordingLearned => {} // of one that was not asked for
            Report::Hearing { stream, event } => {
                let Some(kept) = self.streams.get_mut(&stream) else { return };
                match event {
                    Hearing::SpeechStarted => kept.speaking = true,
                    Hearing::SpeechEnded => {
                        kept.speaking = false;
                        kept.sound.clear();
                    }
                    _ => {}
                }
                let _ = kept.hearing.try_send(event);
            }
            Report::Sound { id, samples, last } => {
                if let Some((_, sound)) = self.phrases.get(&id).filter(|_| !samples.is_empty()) {
                    let _ = sound.send(samples);
                }
                if last {
                    self.phrases.remove(&id);
                }
            }
        }
    }
}

fn speak_request(id: u64, phrase: &Phrase) -> Request {
    Request::Speak { id, text: phrase.spoken(), language: phrase.language, pace: phrase.pace }
}

fn wording_requests(sentences: &[(Language, String)]) -> Vec<Request> {
    let short: Vec<_> = sentences.iter().filter(|(_, text)| text.len() <= LONGEST_SENTENCE).cloned().collect();
    let some = short.chunks(SENTENCES).map(|some| Request::Sentences(some.to_vec()));
    some.chain([Request::ExpectWording]).collect()
}

async fn reach(socket: &Path) -> Wire {
    loop {
        if let Ok(stream) = UnixStream::connect(socket).await {
            let codec = LengthDelimitedCodec::builder().max_frame_length(LONGEST_MESSAGE).new_codec();
            return Framed::new(stream, codec);
        }
        tokio::time::sleep(RECONNECT).await;
    }
}

async fn send(wire: &mut Wire, request: &Request) -> std::io::Result<()> {
    let message = postcard::to_stdvec(request).map_err(std::io::Error::other)?;
    wire.send(tokio_util::bytes::Bytes::from(message)).await
}
