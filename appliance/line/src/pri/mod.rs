//! An E1 PRI line (EuroISDN, the subscriber's side): one thread a span, which owns the signalling channel. Events leave
//! through a callback, commands come by a channel and an eventfd.
//!
//! It must not touch sound: a call's B channel is opened here and handed on. A mistake of the exchange costs that call only.

mod calls;
mod channels;
mod hardware;

use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::time::{Duration, Instant};

use libpri::{DChannel, Event, Side};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::eventfd::{EfdFlags, EventFd};
use portaveu_call::{LineCommand, LineEvent, LineState};

use crate::Line;
use calls::Calls;
pub use hardware::{Alarm, Dahdi, SocketSpan, SpanHardware};

/// The longest wait, so that timers which a change of the clock has moved are looked at all the same.
const STEP: Duration = Duration::from_millis(500);
/// How long calls get to end, once the line is closing.
const CLOSING: Duration = Duration::from_secs(2);

/// How the box uses a span.
#[derive(Clone, Debug)]
pub struct PriConfig {
    /// Which line this is, in the numbers of its calls; 0 is SIP's.
    pub line: u16,
    /// What people call the span.
    pub name: String,
    /// What people see when the box calls them; empty for the exchange's choice.
    pub number: String,
    /// The exchange may send the called number digit by digit (overlap receiving).
    pub overlap: bool,
}

/// Why the line did not start.
#[derive(Debug, thiserror::Error)]
pub enum PriError {
    #[error(
        "the signalling channel of {0} cannot be opened: {1}; look whether the card's driver runs and dahdi_cfg has been done"
    )]
    DChannel(String, io::Error),
    #[error("the thread of an E1 line could not start: {0}")]
    Thread(#[from] io::Error),
    #[error("libpri has no memory for {0}")]
    Memory(String),
    #[error("the thread of {0} ended before it was ready")]
    Ended(String),
}

/// A running span. Dropping it hangs up and waits for the thread.
#[derive(Debug)]
pub struct PriLine {
    commands: Option<Sender<LineCommand>>,
    waker: Arc<EventFd>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl PriLine {
    /// Open the signalling channel, and give `on_event` what happens; it is called on the line's thread and must not block.
    pub fn start(
        config: PriConfig,
        mut hardware: impl SpanHardware + 'static,
        on_event: impl FnMut(LineEvent) + Send + 'static,
    ) -> Result<Self, PriError> {
        let (commands, inbox) = channel();
        let (ready, started) = channel();
        let waker =
            Arc::new(EventFd::from_flags(EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC).map_err(io::Error::from)?);
        let (woken, name) = (waker.clone(), config.name.clone());
        let file = hardware.open_d_channel().map_err(|error| PriError::DChannel(name.clone(), error))?;
        let thread = std::thread::Builder::new().name("pri".into()).spawn(move || {
            let Some(signalling) = DChannel::new(file, Side::User, config.overlap) else {
                return drop(ready.send(Err(PriError::Memory(config.name))));
            };
            let _ = ready.send(Ok(()));
            let calls = Calls::new(config, Box::new(hardware));
            Worker { signalling, calls, on_event, woken, answers: false, has_signal: true, told: None }.run(&inbox);
        })?;
        started.recv().map_err(|_| PriError::Ended(name))??;
        Ok(Self { commands: Some(commands), waker, thread: Some(thread) })
    }
}

impl Line for PriLine {
    fn send(&self, command: LineCommand) {
        if let Some(commands) = &self.commands {
            let _ = commands.send(command); // the thread ends only with the line
            let _ = self.waker.write(1); // full means awake
        }
    }
}

impl Drop for PriLine {
    fn drop(&mut self) {
        self.commands = None;
        let _ = self.waker.write(1);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Worker<F> {
    signalling: DChannel,
    calls: Calls,
    on_event: F,
    woken: Arc<EventFd>,
    /// Whether the exchange answers on the signalling channel, and the card has a signal at all. A short alarm is nothing that
    /// libpri tells of.
    answers: bool,
    has_signal: bool,
    /// Whether the line was told to be up, last.
    told: Option<bool>,
}

impl<F: FnMut(LineEvent)> Worker<F> {
    fn run(mut self, inbox: &Receiver<LineCommand>) {
        while self.obey(inbox) {
            self.step(STEP);
        }
        self.calls.hang_up_all(&mut self.signalling);
        let deadline = Instant::now() + CLOSING;
        while !self.calls.is_empty() && Instant::now() < deadline {
            self.step(Duration::from_millis(50));
        }
    }

    /// Wait for the line, a command or a timer, and do what is due.
    fn step(&mut self, longest: Duration) {
        let wait = self.signalling.next_timer().unwrap_or(longest).min(longest);
        let wait = PollTimeout::try_from(wait + Duration::from_millis(1)).unwrap_or(PollTimeout::ZERO);
        let mut ready = [
            PollFd::new(self.signalling.file(), PollFlags::POLLIN | PollFlags::POLLPRI),
            PollFd::new(self.woken.as_fd(), PollFlags::POLLIN),
        ];
        let _ = poll(&mut ready, wait); // interrupted or not, what is due is looked at
        let happened = ready[0].revents().unwrap_or(PollFlags::empty());
        let _ = self.woken.read();
        if happened.intersects(PollFlags::POLLPRI | PollFlags::POLLERR | PollFlags::POLLHUP) {
            self.alarm();
        }
        for event in self.signalling.run_timers() {
            self.handle(event);
        }
        if happened.contains(PollFlags::POLLIN)
            && let Some(event) = self.signalling.receive()
        {
            self.handle(event);
        }
        self.calls.look(&mut self.signalling).into_iter().for_each(&mut self.on_event);
    }

    fn alarm(&mut self) {
        match self.calls.hardware.alarm(self.signalling.file()) {
            Some(Alarm::NoSignal) => self.tell(self.answers, false),
            Some(Alarm::Over) => self.tell(self.answers, true),
            Some(Alarm::Gone) => {
                self.tell(false, false);
                std::thread::sleep(Duration::from_millis(100)); // a file that is gone is always ready
            }
            None => {}
        }
    }

    fn tell(&mut self, answers: bool, has_signal: bool) {
        (self.answers, self.has_signal) = (answers, has_signal);
        let up = answers && has_signal;
        self.calls.is_up = up;
        if self.told.replace(up) == Some(up) {
            return;
        }
        let name = &self.calls.config.name;
        let why = if has_signal {
            format!("the exchange does not answer on the signalling channel of {name}")
        } else {
            format!("{name} has no signal; look at its cable, the card and the exchange")
        };
        if up {
            tracing::info!("{name} is up");
        }
        (self.on_event)(LineEvent::State(if up { LineState::Up } else { LineState::Down(why) }));
    }

    fn handle(&mut self, event: Event) {
        tracing::trace!("{event:?}");
        match event {
            Event::Up => self.tell(true, self.has_signal),
            // Calls that are up go on for libpri's T309 (6 s): the line may come back.
            Event::Down => self.tell(false, self.has_signal),
            event => self.calls.handle(&mut self.signalling, event).into_iter().for_each(&mut self.on_event),
        }
    }

    /// False when the line is to close.
    fn obey(&mut self, inbox: &Receiver<LineCommand>) -> bool {
        loop {
            match inbox.try_recv() {
                Ok(command) => {
                    if let Some(event) = self.calls.obey(&mut self.signalling, command) {
                        (self.on_event)(event);
                    }
                }
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
    }
}
