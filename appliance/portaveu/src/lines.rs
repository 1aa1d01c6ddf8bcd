//! The lines that the box has, and which of them a command is for.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Result;
use portaveu_call::{CallId, LineCommand, LineEvent};
use portaveu_line::{Handset, Line, SipLine};
use tokio::sync::mpsc::UnboundedSender;

use crate::config::Config;

/// SIP's number among the lines; the E1 spans follow in the order of the settings.
const SIP: u16 = 0;

/// Where lines tell what happens.
pub type Events = UnboundedSender<LineEvent>;

pub struct Lines {
    /// By their numbers in their calls.
    lines: BTreeMap<u16, Box<dyn Line>>,
    /// For whoever has started the box.
    pub description: String,
}

impl Lines {
    /// The lines of the settings.
    pub fn open(config: &Config, events: Events) -> Result<Self> {
        let told = events.clone();
        let sip: Box<dyn Line> = Box::new(SipLine::start(config.sip.line(), move |event| _ = told.send(event))?);
        #[cfg_attr(not(feature = "pri"), expect(unused_mut, reason = "there are no spans"))]
        let mut lines = BTreeMap::from([(SIP, sip)]);
        #[cfg(feature = "pri")]
        for (line, span) in (SIP + 1..).zip(&config.spans) {
            lines.insert(line, open_span(line, span, events.clone())?);
        }
        let spans = match config.spans.len() {
            0 => String::new(),
            spans => format!(" and {spans} E1 lines"),
        };
        let description = format!("answering calls at sip:{}{spans} ({} channels)", config.sip.listen, config.channels);
        Ok(Self { lines, description })
    }

    /// The sound card alone.
    pub fn handset(handset: Arc<Handset>, description: String) -> Self {
        Self { lines: BTreeMap::from([(Handset::LINE, Box::new(handset) as Box<dyn Line>)]), description }
    }

    /// To the line of the call; what concerns no call is SIP's.
    pub fn send(&self, command: LineCommand) {
        if let Some(line) = self.lines.get(&command.call().map_or(SIP, CallId::line)) {
            line.send(command);
        }
    }
}

/// Whether the sound of a leg comes as RTP.
pub fn speaks_rtp(call: CallId) -> bool {
    call.line() == SIP
}

#[cfg(feature = "pri")]
fn open_span(line: u16, span: &crate::config::Span, events: Events) -> Result<Box<dyn Line>> {
    use portaveu_line::{Dahdi, PriConfig, PriLine, SocketSpan};
    let name = format!("span {} of the E1 lines", span.span);
    let config = PriConfig { line, name, number: span.number.clone(), overlap: span.overlap };
    let told = move |event| _ = events.send(event);
    let span = match &span.sockets {
        Some(folder) => PriLine::start(config, SocketSpan { folder: folder.clone() }, told),
        None => PriLine::start(config, Dahdi { first: span.first_channel() }, told),
    };
    Ok(Box::new(span?))
}
