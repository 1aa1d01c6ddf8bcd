//! The SIP line: one thread that owns the sofia-sip agent. Events leave through a callback, commands come by a channel
//! and an eventfd that ends the agent's step.
//!
//! It must not block on anything but the agent's own loop, and a peer's mistake must cost that call only.

pub mod body;
mod calls;
mod leg;
pub mod sdp;
mod trunks;

use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::time::{Duration, Instant};

use portaveu_call::{Codec, LineCommand, LineEvent, RemoteParty};
use sofia_sip::{Agent, Event, Waker};

use crate::Line;
use calls::Calls;
use trunks::Trunks;
pub use trunks::{Account, TrunkConfig};

const STEP: Duration = Duration::from_millis(500);
/// How long calls get to end, once the line is closing.
const CLOSING: Duration = Duration::from_secs(3);

/// How the box stands on the council's telephone network.
#[derive(Clone, Debug)]
pub struct SipConfig {
    /// An address of this machine that the PBX reaches; it is also where the box receives RTP.
    pub listen: SocketAddrV4,
    /// The host that peers are told instead, behind NAT.
    pub public: Option<Ipv4Addr>,
    /// Port and folder of certificates for TLS.
    pub tls: Option<(u16, String)>,
    /// Peers that may call, as (network, prefix length). Everybody else gets no answer.
    pub peers: Vec<(Ipv4Addr, u8)>,
    /// Codecs that the box accepts, best first.
    pub codecs: Vec<Codec>,
    /// The box's own user name towards the PBX.
    pub user: String,
    /// PBXs and carriers, the best first.
    pub trunks: Vec<TrunkConfig>,
}

impl SipConfig {
    /// The box's own address, as it stands in From.
    fn address(&self) -> String {
        format!("sip:{}@{}", self.user, self.told())
    }

    /// What peers are told of `listen`.
    fn told(&self) -> SocketAddrV4 {
        SocketAddrV4::new(self.public.unwrap_or(*self.listen.ip()), self.listen.port())
    }

    /// Where a peer that speaks TLS finds the box; the others find it at `listen`.
    fn contact(&self, by_tls: bool) -> Option<String> {
        let (port, _) = self.tls.as_ref()?;
        let listen = self.told();
        Some(if by_tls { format!("<sip:{}:{port};transport=tls>", listen.ip()) } else { format!("<sip:{listen}>") })
    }
}

/// Why the SIP line did not start.
#[derive(Debug, thiserror::Error)]
pub enum SipError {
    #[error(transparent)]
    Agent(#[from] sofia_sip::Error),
    #[error("the SIP thread could not start: {0}")]
    Thread(#[from] std::io::Error),
    #[error("the SIP thread ended before it was ready")]
    Ended,
}

/// A running SIP line. Dropping it hangs up, signs out and waits for the thread.
#[derive(Debug)]
pub struct SipLine {
    commands: Option<Sender<LineCommand>>,
    waker: Waker,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl SipLine {
    /// Listen, and give `on_event` what happens; `alive` is called at least twice a second for as long as the thread does not
    /// hang. Both are called on the line's thread and must not block.
    pub fn start(
        config: SipConfig,
        on_event: impl FnMut(LineEvent) + Send + 'static,
        alive: impl Fn() + Send + 'static,
    ) -> Result<Self, SipError> {
        let (commands, inbox) = channel();
        let (ready, started) = channel();
        let thread = std::thread::Builder::new().name("sip".into()).spawn(move || {
            match open(&config) {
                Ok((agent, waker)) => {
                    let _ = ready.send(Ok(waker));
                    Worker {
                        agent,
                        trunks: Trunks::new(&config.trunks, config.address()),
                        calls: Calls::new(config),
                        on_event,
                    }
                    .run(&inbox, alive);
                }
                Err(error) => drop(ready.send(Err(error))),
            };
        })?;
        let waker = started.recv().map_err(|_| SipError::Ended)??;
        Ok(Self { commands: Some(commands), waker, thread: Some(thread) })
    }
}

impl Line for SipLine {
    fn send(&self, command: LineCommand) {
        if let Some(commands) = &self.commands {
            let _ = commands.send(command); // the thread ends only with the line
            self.waker.wake();
        }
    }
}

impl Drop for SipLine {
    fn drop(&mut self) {
        self.commands = None;
        self.waker.wake();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn open(config: &SipConfig) -> Result<(Agent, Waker), SipError> {
    let tls = config.tls.as_ref().map(|(port, certificates)| (*port, certificates.as_str()));
    let agent =
        Agent::listen(config.listen, *config.told().ip(), tls, concat!("Portaveu/", env!("CARGO_PKG_VERSION")))?;
    for port in std::iter::once(config.listen.port()).chain(tls.map(|(port, _)| port)) {
        agent.admit_only(port, &config.peers)?;
    }
    let waker = agent.waker()?;
    Ok((agent, waker))
}

struct Worker<F> {
    calls: Calls,
    trunks: Trunks,
    on_event: F,
    /// The last: handles go before the agent that they belong to.
    agent: Agent,
}

impl<F: FnMut(LineEvent)> Worker<F> {
    fn run(mut self, inbox: &Receiver<LineCommand>, alive: impl Fn()) {
        loop {
            alive();
            self.trunks.look(&self.agent).into_iter().for_each(&mut self.on_event);
            self.calls.look(&self.agent, &mut self.trunks).into_iter().for_each(&mut self.on_event);
            for event in self.agent.step(STEP) {
                self.handle(event);
            }
            if !self.obey(inbox) {
                break;
            }
        }
        self.close();
    }

    /// False when the line is to close.
    fn obey(&mut self, inbox: &Receiver<LineCommand>) -> bool {
        loop {
            match inbox.try_recv() {
                Ok(command) => {
                    if let Some(event) = self.calls.obey(&self.agent, &self.trunks, command) {
                        (self.on_event)(event);
                    }
                }
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
    }

    fn handle(&mut self, event: Event) {
        let out = match event {
            Event::Invite { handle, from_user: number, diverted_from, from_display, sdp, is_new: true, by_tls } => {
                let name = from_display.trim_matches('"').to_owned();
                self.calls.incoming(handle, RemoteParty { number, name, diverted_from }, sdp.as_deref(), by_tls)
            }
            Event::Invite { handle, sdp, .. } => self.calls.reinvited(&handle, sdp.as_deref()),
            Event::Ack { handle, sdp } => self.calls.acknowledged(&handle, sdp.as_deref()),
            Event::InviteResponse { handle, answer, sdp } => {
                self.calls.answered(&self.agent, &mut self.trunks, &handle, &answer, sdp.as_deref())
            }
            Event::Info { handle, content_type, body } => self.calls.info(&handle, &content_type, &body),
            Event::ReferResponse { handle, answer } => self.calls.refer_answered(&handle, answer.status),
            Event::Notify { handle, body } => self.calls.notified(&handle, &body),
            Event::Terminated { handle, status } => self.calls.terminated(&handle, status),
            Event::RegisterResponse { handle, answer } => self.trunks.registered(&handle, &answer),
            Event::OptionsResponse { handle, status } => self.trunks.answered(handle, status),
            Event::ShutDown => None,
        };
        if let Some(event) = out {
            (self.on_event)(event);
        }
    }

    fn close(&mut self) {
        self.calls.hang_up_all();
        self.agent.shut_down();
        let deadline = Instant::now() + CLOSING;
        while Instant::now() < deadline {
            if self.agent.step(Duration::from_millis(50)).iter().any(|event| matches!(event, Event::ShutDown)) {
                break;
            }
        }
    }
}
