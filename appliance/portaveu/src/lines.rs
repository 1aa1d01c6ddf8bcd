//! The lines that the box has, and which of them a command is for.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Result;
use portaveu_board::Heartbeat;
use portaveu_call::{CallId, LineCommand, LineEvent};
use portaveu_line::{Handset, Line, SipLine};
use tokio::sync::mpsc::UnboundedSender;

use crate::board;
use crate::config::Config;
use crate::health::LineStates;

/// SIP's number among the lines; the E1 spans follow in the order of the settings.
const SIP: u16 = 0;

/// Where lines tell what happens.
pub type Events = UnboundedSender<LineEvent>;

pub struct Lines {
    /// How they are.
    pub states: Arc<LineStates>,
    /// By their numbers in their calls.
    lines: BTreeMap<u16, Box<dyn Line>>,
    /// For whoever has started the box.
    pub description: String,
}

impl Lines {
    /// The lines of the settings.
    pub fn open(config: &Config, events: Events, heart: &Heartbeat) -> Result<Self> {
        let states = Arc::new(LineStates::default());
        let (told, alive) = (telling(SIP, states.clone(), events.clone()), heart.part("sip", board::HANGS));
        let sip: Box<dyn Line> = Box::new(SipLine::start(config.sip.line(), told, move || alive.beat())?);
        #[cfg_attr(not(feature = "pri"), expect(unused_mut, reason = "there are no spans"))]
        let mut lines = BTreeMap::from([(SIP, sip)]);
        #[cfg(feature = "pri")]
        for (line, span) in (SIP + 1..).zip(&config.spans) {
            lines.insert(line, open_span(line, span, telling(line, states.clone(), events.clone()))?);
        }
        let spans = match config.spans.len() {
            0 => String::new(),
            spans => format!(" and {spans} E1 lines"),
        };
        let description = format!("answering calls at sip:{}{spans} ({} channels)", config.sip.listen, config.channels);
        Ok(Self { states, lines, description })
    }

    /// The sound card alone.
    pub fn handset(handset: Arc<Handset>, description: String) -> Self {
        let lines = BTreeMap::from([(Handset::LINE, Box::new(handset) as Box<dyn Line>)]);
        Self { states: Arc::default(), lines, description }
    }

    /// To the line of the call; what concerns no call is SIP's.
    pub fn send(&self, command: LineCommand) {
        if let Some(line) = self.lines.get(&command.call().map_or(SIP, CallId::line)) {
            line.send(command);
        }
    }
}

/// Tells what happens on a line, and keeps how it is.
fn telling(line: u16, states: Arc<LineStates>, events: Events) -> impl Fn(LineEvent) + Send + Sync + 'static {
    move |event| {
        if let LineEvent::State(state) = &event {
            states.told(line, state.clone());
        }
        let _ = events.send(event); // nobody listens once the box ends
    }
}

/// Whether the sound of a leg comes as RTP.
pub fn speaks_rtp(call: CallId) -> bool {
    call.line() == SIP
}

/// What the store and the panel call the line of a call.
pub fn kind(call: CallId) -> &'static str {
    match call.line() {
        SIP => "sip",
        Handset::LINE => "handset",
        _ => "pri",
    }
}

#[cfg(feature = "pri")]
fn open_span(
    line: u16,
    span: &crate::config::Span,
    told: impl Fn(LineEvent) + Send + Sync + 'static,
) -> Result<Box<dyn Line>> {
    use portaveu_line::{Dahdi, PriConfig, PriLine, SocketSpan};
    let name = format!("span {} of the E1 lines", span.span);
    let config = PriConfig { line, name, number: span.number.clone(), overlap: span.overlap };
    let span = match &span.sockets {
        Some(folder) => PriLine::start(config, SocketSpan { folder: folder.clone() }, told),
        None => PriLine::start(config, Dahdi { first: span.first_channel() }, told),
    };
    Ok(Box::new(span?))
}
