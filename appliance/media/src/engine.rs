//! The media thread: it owns the sockets of every leg that speaks RTP and, each 20 ms by the monotonic clock, hears, speaks and reports.
//!
//! It must never block on anybody: what it hears goes to a [`Sink`], what it says comes from a [`Playout`].

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::ops::RangeInclusive;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::time::{Duration, Instant};

use portaveu_call::{CallId, Digit, FRAME_MS, FRAME_SAMPLES, Frame, MediaPlan, SoundDevice};

use crate::device::Devices;
use crate::playout::Playout;
use crate::session::{Identity, Session};

const TICK: Duration = Duration::from_millis(FRAME_MS as u64);
/// Packets taken from one socket in a tick; a flood beyond it waits in the kernel and is dropped there.
const MOST_A_TICK: usize = 16;
/// What the engine asks the scheduler for: before everything that can wait 20 ms.
const PRIORITY: i32 = -15;

/// Why the engine did not start or a port could not be had.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error("no RTP port is free between {} and {} on {address}", ports.start(), ports.end())]
    NoPort { address: IpAddr, ports: RangeInclusive<u16> },
    #[error("the media thread could not start: {0}")]
    Thread(#[from] io::Error),
}

/// What 20 ms of a call brought.
#[derive(Debug)]
pub struct Tick {
    pub heard: Frame,
    /// What the box said in the tick before; silence when nothing.
    pub spoken: Frame,
    pub digits: Vec<Digit>,
    /// How long the peer has sent nothing, though it should.
    pub silent_for: Duration,
}

/// Takes the ticks of a call, on the media thread. It must not block.
pub type Sink = Box<dyn FnMut(Tick) + Send>;

/// A bound pair of RTP and RTCP sockets, not yet in use.
#[derive(Debug)]
pub struct Port {
    rtp: UdpSocket,
    rtcp: UdpSocket,
    number: u16,
}

impl Port {
    pub fn number(&self) -> u16 {
        self.number
    }
}

/// What a leg's sound comes and goes by.
pub enum Source {
    Rtp(Port, MediaPlan),
    Device(Box<dyn SoundDevice>),
}

enum Command {
    Open { call: CallId, port: Port, plan: MediaPlan, playout: Playout, sink: Sink },
    Change { call: CallId, plan: MediaPlan },
    Relay { call: CallId },
    Close { call: CallId },
}

/// A handle on the media thread, which ends when the last one is dropped.
#[derive(Clone, Debug)]
pub struct Engine {
    commands: Sender<Command>,
    devices: Devices,
    address: IpAddr,
    ports: RangeInclusive<u16>,
}

impl Engine {
    /// `peers`: networks, with their prefix lengths, that RTP may come from besides the host a peer announced. `alive` is called
    /// on the thread at each tick; it must not block.
    pub fn start(
        address: IpAddr,
        ports: RangeInclusive<u16>,
        peers: Vec<(Ipv4Addr, u8)>,
        alive: impl Fn() + Send + 'static,
    ) -> Result<Self, EngineError> {
        let (commands, inbox) = channel();
        std::thread::Builder::new().name("media".into()).spawn(move || run(&inbox, &peers, alive))?;
        Ok(Self { commands, devices: Devices::default(), address, ports })
    }

    /// Bind an even RTP port and the RTCP port after it.
    pub fn bind(&self) -> Result<Port, EngineError> {
        let pair = |number: u16| {
            let rtp = UdpSocket::bind((self.address, number))?;
            let rtcp = UdpSocket::bind((self.address, number + 1))?;
            rtp.set_nonblocking(true)?;
            rtcp.set_nonblocking(true)?;
            Ok::<_, io::Error>(Port { rtp, rtcp, number })
        };
        let no_port = || EngineError::NoPort { address: self.address, ports: self.ports.clone() };
        self.ports.clone().filter(|n| n % 2 == 0 && n < self.ports.end()).find_map(|n| pair(n).ok()).ok_or_else(no_port)
    }

    /// Let sound flow: what is heard goes to `sink`, what is in `playout` is said.
    pub fn open(&self, call: CallId, source: Source, playout: Playout, sink: Sink) {
        match source {
            Source::Rtp(port, plan) => self.send(Command::Open { call, port, plan, playout, sink }),
            Source::Device(device) => self.devices.open(call, device, playout, sink),
        }
    }

    pub fn change(&self, call: CallId, plan: MediaPlan) {
        self.send(Command::Change { call, plan });
    }

    /// What is heard of this leg goes on to another one, which has a buffer of its own.
    pub fn relay(&self, call: CallId) {
        self.send(Command::Relay { call });
    }

    pub fn close(&self, call: CallId) {
        self.devices.close(call);
        self.send(Command::Close { call });
    }

    fn send(&self, command: Command) {
        let _ = self.commands.send(command); // the thread lives as long as a handle does
    }
}

struct Leg {
    call: CallId,
    /// Sound from an address that nobody named was dropped, and it was said.
    warned: bool,
    port: Port,
    session: Session,
    playout: Playout,
    sink: Sink,
    spoken: Frame,
}

/// Let this thread come before what can wait 20 ms.
pub fn come_first() {
    if rustix::process::setpriority_process(Some(rustix::thread::gettid()), PRIORITY).is_err() {
        tracing::warn!("sound has no priority over other work; allow it with LimitNICE={PRIORITY}");
    }
}

fn run(inbox: &Receiver<Command>, peers: &[(Ipv4Addr, u8)], alive: impl Fn()) {
    come_first();
    let mut legs = HashMap::new();
    let begin = Instant::now();
    for tick in 1u32.. {
        std::thread::sleep((begin + TICK * tick).saturating_duration_since(Instant::now()));
        if !obey(inbox, begin.elapsed(), &mut legs) {
            return;
        }
        // All hear before any speaks: what one leg hears for another is said there in the same tick.
        legs.values_mut().for_each(|leg| leg.hear(begin, peers));
        legs.values_mut().for_each(|leg| leg.speak(begin.elapsed()));
        alive();
    }
}

/// False when no handle is left.
fn obey(inbox: &Receiver<Command>, now: Duration, legs: &mut HashMap<CallId, Leg>) -> bool {
    loop {
        match inbox.try_recv() {
            Ok(Command::Open { call, port, plan, playout, sink }) => {
                let session = Session::new(now, plan, identity());
                let spoken = [0; FRAME_SAMPLES];
                legs.insert(call, Leg { call, warned: false, port, session, playout, sink, spoken });
            }
            Ok(Command::Change { call, plan }) => {
                if let Some(leg) = legs.get_mut(&call) {
                    leg.session.change(now, plan);
                }
            }
            Ok(Command::Relay { call }) => {
                if let Some(leg) = legs.get_mut(&call) {
                    leg.session.relay();
                }
            }
            Ok(Command::Close { call }) => drop(legs.remove(&call)),
            Err(TryRecvError::Empty) => return true,
            Err(TryRecvError::Disconnected) => return false,
        }
    }
}

/// Random by the keys that the standard library draws from the system for its hash maps.
fn identity() -> Identity {
    use std::hash::{BuildHasher, RandomState};
    let random = RandomState::new().hash_one(0u8);
    Identity { ssrc: random as u32, sequence: (random >> 32) as u16, timestamp: (random >> 16) as u32 }
}

fn is_among(address: IpAddr, networks: &[(Ipv4Addr, u8)]) -> bool {
    let IpAddr::V4(address) = address else { return false };
    let mask = |prefix: u8| u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
    networks.iter().any(|(network, prefix)| (network.to_bits() ^ address.to_bits()) & mask(*prefix) == 0)
}

impl Leg {
    fn hear(&mut self, begin: Instant, peers: &[(Ipv4Addr, u8)]) {
        let mut buffer = [0; 2048];
        for _ in 0..MOST_A_TICK {
            let Ok((length, from)) = self.port.rtp.recv_from(&mut buffer) else { break };
            if from.ip() == self.session.announced().ip() || is_among(from.ip(), peers) {
                self.session.receive(begin.elapsed(), from, &buffer[..length]);
            } else if !std::mem::replace(&mut self.warned, true) {
                tracing::warn!(
                    "{}: sound from {from} is dropped: the peer announced {}; an address that the PBX sends from belongs in sip.peers",
                    self.call,
                    self.session.announced()
                );
            }
        }
        let now = begin.elapsed();
        for _ in 0..MOST_A_TICK {
            let Ok((length, _)) = self.port.rtcp.recv_from(&mut buffer) else { break };
            self.session.receive_control(now, &buffer[..length]);
        }
        let (heard, digits) = self.session.hear();
        let (spoken, silent_for) = (self.spoken, self.session.silent_for(now));
        (self.sink)(Tick { heard, spoken, digits, silent_for });
    }

    fn speak(&mut self, now: Duration) {
        self.spoken = self.playout.take().unwrap_or([0; FRAME_SAMPLES]);
        let peer = self.session.peer();
        if let Some(packet) = self.session.speak(&self.spoken) {
            let _ = self.port.rtp.send_to(&packet, peer); // a peer that is gone shows in `silent_for`
        }
        if let Some(report) = self.session.report(now) {
            let _ = self.port.rtcp.send_to(&report, SocketAddr::new(peer.ip(), peer.port().wrapping_add(1)));
        }
    }
}
