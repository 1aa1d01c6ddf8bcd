//! The panel as it is served. Many connections of one address: it is refused more than its share, and others are served all
//! the same. A file is taken with a form that the panel wrote.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use portaveu_board::{Light, Lights};
use portaveu_call::Language;
use portaveu_panel::{Advice, Desk, Fault, Files, LiveCall, Reading, Settings, TopicFacts, TopicText, Tried};
use portaveu_store::{Draft, Publication, Role, Session, Store, User, hash};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use sha2::{Digest, Sha256};
use tokio::net::TcpSocket;
use tokio::sync::watch;

/// Of one address, as the panel has it.
const CONNECTIONS: usize = 64;
const PATIENCE: Duration = Duration::from_secs(20);
const ONE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 1));
const ANOTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// A box without calls, of which nothing but the lights is looked at here.
struct Idle(watch::Sender<()>);

#[rustfmt::skip]
impl Desk for Idle {
    fn council(&self) -> String { "Vallverda".into() }
    fn time_zone(&self) -> TimeZone { TimeZone::UTC }
    fn languages(&self) -> Vec<Language> { vec![Language::Es] }
    fn live(&self) -> Vec<LiveCall> { Vec::new() }
    fn changes(&self) -> watch::Receiver<()> { self.0.subscribe() }
    fn hang_up(&self, _: u64) -> bool { false }
    fn hand_over(&self, _: u64) -> bool { false }
    fn topics(&self) -> Vec<TopicFacts> { Vec::new() }
    fn departments(&self) -> BTreeMap<String, String> { BTreeMap::new() }
    fn inbox_changed(&self, _: &str) {}
    fn try_out(&self, _: &str, _: Language) -> Result<Tried, String> { Err("nothing is known here".into()) }
    fn speak(&self, _: &str, _: Language) -> Result<Vec<u8>, String> { Err("nobody speaks here".into()) }
    fn meanings(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, String> { Ok(vec![Vec::new(); texts.len()]) }
    fn topic_texts(&self) -> BTreeMap<String, String> { BTreeMap::new() }
    fn check(&self, _: &str, _: &str) -> Result<Vec<Advice>, Fault> { Ok(Vec::new()) }
    fn read_topic(&self, _: &str) -> Result<TopicText, String> { Err("there is no topic here".into()) }
    fn write_topic(&self, _: &TopicText) -> String { String::new() }
    fn publish(&self, _: &BTreeMap<String, String>, _: (&str, &str)) -> Result<(), Fault> { Err("nothing is published here".to_owned().into()) }
    fn lights(&self) -> Lights { Lights { power: Light::On, line: Light::On, call: Light::Off, fault: Light::Off } }
    fn readings(&self) -> Vec<Reading> { Vec::new() }
    fn gauges(&self) -> Vec<(&'static str, &'static str, f64)> { Vec::new() }
    fn log(&self) -> Vec<String> { Vec::new() }
}

struct Panel {
    at: SocketAddr,
    trust: Arc<ClientConfig>,
    store: Arc<Store>,
    _folder: tempfile::TempDir,
}

impl Panel {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // An address of its own: nobody else takes the port before the panel has it.
        static PANELS: AtomicU8 = AtomicU8::new(1);
        let address = IpAddr::V4(Ipv4Addr::new(127, 0, 1, PANELS.fetch_add(1, Ordering::Relaxed)));
        let at = TcpListener::bind((address, 0)).unwrap().local_addr().unwrap();
        let certificate = Files::own(folder.path());
        certificate.make(&[], address).unwrap();
        let nothing = PathBuf::new();
        let settings = Settings {
            listen: at,
            names: Vec::new(),
            certificate: certificate.clone(),
            own_certificate: true,
            reports: folder.path().join("reports"),
            prometheus: Vec::new(),
            typeface: (nothing.clone(), nothing),
        };
        let store = Arc::new(Store::open(&folder.path().join("portaveu.redb")).unwrap());
        tokio::spawn(portaveu_panel::serve(settings, Arc::new(Idle(watch::Sender::new(()))), store.clone()));
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(&certificate.certificate).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let trust = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let trust = Arc::new(trust.with_root_certificates(roots).with_no_client_auth());
        let panel = Self { at, trust, store, _folder: folder };
        while panel.reach(ANOTHER).await.is_err() {
            tokio::task::yield_now().await; // it is not listening yet
        }
        panel
    }

    async fn reach(&self, from: IpAddr) -> std::io::Result<tokio::net::TcpStream> {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::new(from, 0)).unwrap();
        socket.connect(self.at).await
    }

    async fn connect(&self, from: IpAddr) -> TcpStream {
        let stream = self.reach(from).await.unwrap().into_std().unwrap();
        stream.set_nonblocking(false).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    fn tls(&self, stream: TcpStream) -> StreamOwned<ClientConnection, TcpStream> {
        let name = self.at.ip().into();
        StreamOwned::new(ClientConnection::new(self.trust.clone(), name).unwrap(), stream)
    }

    /// The connection, still open, if a page is given on it.
    fn served(&self, stream: TcpStream) -> Option<StreamOwned<ClientConnection, TcpStream>> {
        let mut stream = self.tls(stream);
        let asked = stream.write_all(b"GET /lights HTTP/1.1\r\nHost: localhost\r\n\r\n");
        let mut answer = [0; 15];
        asked.and_then(|()| stream.read_exact(&mut answer)).ok()?;
        (answer == *b"HTTP/1.1 200 OK").then_some(stream)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_with_many_connections_does_not_take_the_others_place() {
    let panel = Panel::start().await;
    let mut many = Vec::new();
    for _ in 0..CONNECTIONS * 3 {
        many.push(panel.connect(ONE).await);
    }
    let another = panel.connect(ANOTHER).await;
    assert!(panel.served(another).is_some(), "another address waits for the first one");
    // The panel may take connections in another order than they came.
    let served: Vec<_> = many.into_iter().filter_map(|stream| panel.served(stream)).collect();
    assert_eq!(served.len(), CONNECTIONS, "one address was not given its share");
    drop(served);
    // Places are free when the panel has seen that the connections ended.
    let mut is_free = false;
    let until = std::time::Instant::now() + PATIENCE;
    while !is_free && std::time::Instant::now() < until {
        let again = panel.connect(ONE).await;
        is_free = panel.served(again).is_some();
    }
    assert!(is_free, "places are not given back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_of_http_2_has_so_many_streams() {
    let panel = Panel::start().await;
    let mut stream = panel.tls(panel.connect(ONE).await);
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").unwrap();
    let mut head = [0; 9];
    stream.read_exact(&mut head).unwrap();
    assert_eq!(head[3], 4, "the server's settings come first");
    let mut settings = vec![0; usize::from(head[1]) << 8 | usize::from(head[2])];
    stream.read_exact(&mut settings).unwrap();
    let streams = settings.chunks(6).find(|setting| setting[..2] == [0, 3]).expect("no limit is told");
    assert_eq!(streams[2..], 32u32.to_be_bytes());
}

/// An editor who is signed in, whose cookie and token these are.
fn sign_in(store: &Store) {
    let user =
        User { must_change: false, language: Some(Language::En), ..User::new("ana", Role::Editor, String::new()) };
    store.put_user(&user).unwrap();
    let now = Timestamp::now();
    let session = Session { user: "ana".into(), form_token: "token".into(), began: now, seen: now };
    store.put_session(&Sha256::digest(b"cookie"), &session).unwrap();
}

/// What is answered to a form with this token and file.
async fn sent(panel: &Panel, token: &str, file: &[u8]) -> String {
    let part = |head: &str, body: &[u8]| {
        [format!("--mark\r\nContent-Disposition: form-data; {head}\r\n\r\n").as_bytes(), body, b"\r\n"].concat()
    };
    let body = [
        part("name=\"token\"", token.as_bytes()),
        part("name=\"file\"; filename=\"answers.xlsx\"", file),
        b"--mark--\r\n".to_vec(),
    ];
    let body = body.concat();
    let head = format!(
        "POST /answers/import/file HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nCookie: __Host-portaveu=cookie\r\n\
         Content-Type: multipart/form-data; boundary=mark\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = panel.tls(panel.connect(ONE).await);
    stream.write_all(&[head.into_bytes(), body].concat()).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_taken_with_the_sessions_token_only_and_refused_in_words() {
    let panel = Panel::start().await;
    sign_in(&panel.store);
    let sheet = include_bytes!("sheets/answers.xlsx");
    let read = sent(&panel, "token", sheet).await;
    assert!(
        read.starts_with("HTTP/1.1 200") && read.contains("There is no topic &quot;library.hours&quot;."),
        "{read}"
    );
    let damaged = sent(&panel, "token", &sheet[..1000]).await;
    assert!(damaged.starts_with("HTTP/1.1 200") && damaged.contains("The file is damaged."), "{damaged}");
    let other = sent(&panel, "token", b"%PDF-1.7 \0").await;
    assert!(other.contains("The file is no spreadsheet"), "{other}");
    assert!(sent(&panel, "another", sheet).await.starts_with("HTTP/1.1 403"));
}

/// What is answered to a request of who is signed in; a form has its fields after the token.
async fn asked(panel: &Panel, method: &str, path: &str, fields: &str) -> String {
    let body = if method == "POST" { format!("token=token&{fields}") } else { String::new() };
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nCookie: __Host-portaveu=cookie\r\nContent-Type: \
         application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = panel.tls(panel.connect(ONE).await);
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

const PATH: &str = "topics/a.md";

fn draft(text: &str, at: Timestamp) -> Draft {
    Draft { path: PATH.into(), text: text.into(), by: "pep".into(), at, reviewed_by: None }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_answers_page_tells_of_a_newer_pack_and_of_what_it_set_aside() {
    const NEWER: &str = "A newer version of the box's contents was installed on";
    const ASIDE: &str = "It was published here until a newer text of this topic was installed.";
    let panel = Panel::start().await;
    sign_in(&panel.store);
    let at = Timestamp::now();
    let pack = |text: &str| BTreeMap::from([(PATH.to_owned(), text.to_owned())]);
    panel.store.put_installed(&pack("old"), &BTreeMap::new(), at).unwrap();
    assert!(!asked(&panel, "GET", "/answers", "").await.contains(NEWER), "the first one is not newer");
    panel.store.put_version(&pack("ours"), ("pep", "why"), at).unwrap();
    assert!(!asked(&panel, "GET", "/answers", "").await.contains(NEWER));
    let mut publication = Publication::of(&panel.store.versions().unwrap());
    let set_aside = publication.install(BTreeMap::from([(PATH.to_owned(), hash("newer"))]));
    panel.store.put_installed(&pack("newer"), &set_aside, at).unwrap();
    let page = asked(&panel, "GET", "/answers", "").await;
    assert!(page.contains(NEWER) && page.contains(ASIDE), "{page}");
    let changed = asked(&panel, "GET", "/answers/versions/3", "").await;
    assert!(changed.contains("<del>ours</del>") && changed.contains("<ins>newer</ins>"), "{changed}");
    panel.store.put_draft(&draft("another", at)).unwrap();
    assert!(!asked(&panel, "GET", "/answers", "").await.contains(ASIDE));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_agrees_to_a_draft_that_has_changed_meanwhile() {
    const CHANGED: &str = "Somebody has changed, published or discarded it meanwhile.";
    let panel = Panel::start().await;
    sign_in(&panel.store);
    let (before, now): (Timestamp, Timestamp) =
        ("2026-11-28T10:00:00Z".parse().unwrap(), "2026-11-28T10:05:00Z".parse().unwrap());
    panel.store.put_draft(&draft("later", now)).unwrap();
    let form = |at: Timestamp| format!("path={PATH}&at={at}");
    for action in ["/answers/review", "/answers/discard"] {
        let page = asked(&panel, "POST", action, &form(before)).await;
        assert!(page.contains(CHANGED), "{action}: {page}");
        assert_eq!(panel.store.draft(PATH).unwrap(), Some(draft("later", now)), "{action}");
    }
    assert!(!asked(&panel, "POST", "/answers/review", &form(now)).await.contains(CHANGED));
    assert_eq!(panel.store.draft(PATH).unwrap().unwrap().reviewed_by.as_deref(), Some("ana"));
    assert!(!asked(&panel, "POST", "/answers/discard", &form(now)).await.contains(CHANGED));
    assert_eq!(panel.store.draft(PATH).unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_but_a_topic_is_edited() {
    let panel = Panel::start().await;
    sign_in(&panel.store);
    panel.store.put_draft(&draft("text", Timestamp::now())).unwrap();
    let other = Draft { path: "calendar.toml".into(), ..draft("text", Timestamp::now()) };
    panel.store.put_draft(&other).unwrap();
    for (path, status) in [(PATH, 200), ("calendar.toml", 404), ("topics/no.such.md", 404), ("..%2Ffacts.toml", 404)] {
        let page = asked(&panel, "GET", &format!("/answers/edit?path={path}"), "").await;
        assert!(page.starts_with(&format!("HTTP/1.1 {status}")), "{path}: {page}");
    }
}
