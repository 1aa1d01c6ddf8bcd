//! What a line (SIP, PRI, handset) tells the pipeline, and what the pipeline tells a line.

use std::net::SocketAddr;
use std::os::fd::{BorrowedFd, OwnedFd};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Frame, SrtpKeys};

/// One leg of a call, unique while the program runs. The highest 16 bits say which line it is on.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CallId(pub u64);

impl CallId {
    const LINE: u32 = 48;
    /// Legs that the box dials are numbered below this, those that come in from here.
    const FIRST_INCOMING: u64 = 1 << 32;

    pub fn first_incoming(line: u16) -> Self {
        Self((u64::from(line) << Self::LINE) | Self::FIRST_INCOMING)
    }

    /// The `number`th leg that the box dials, by the line of this one.
    pub fn dialled(self, number: u64) -> Self {
        Self((u64::from(self.line()) << Self::LINE) | (number % Self::FIRST_INCOMING))
    }

    pub fn line(self) -> u16 {
        (self.0 >> Self::LINE) as u16
    }
}

impl std::fmt::Display for CallId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "call {}", self.0)
    }
}

/// An audio codec that the box speaks on the line.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Codec {
    /// G.711 A-law, 8 kHz.
    Pcma,
    /// G.711 µ-law, 8 kHz.
    Pcmu,
    /// G.722 at 64 kbit/s, 16 kHz; its RTP clock counts 8 kHz by an old mistake (RFC 3551, 4.5.2).
    G722,
    /// Opus, as the box sends it: 16 kHz, mono (RFC 6716, 7587).
    Opus,
}

impl Codec {
    /// Ticks of its RTP clock a second.
    pub fn clock(self) -> u32 {
        match self {
            Self::Pcma | Self::Pcmu | Self::G722 => 8000,
            Self::Opus => 48_000,
        }
    }
}

/// Which way sound flows, as the box sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    SendReceive,
    SendOnly,
    ReceiveOnly,
    Inactive,
}

/// What two ends agreed on for the sound of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaPlan {
    /// Where the peer wants to receive RTP.
    pub remote: SocketAddr,
    pub codec: Codec,
    pub payload_type: u8,
    /// Payload type of RFC 4733 telephone events, where the peer sends them.
    pub dtmf_payload_type: Option<u8>,
    pub direction: Direction,
    /// The sound is encrypted with these.
    pub srtp: Option<SrtpKeys>,
}

/// How the sound of a leg comes and goes.
#[derive(Debug)]
pub enum Sound {
    /// As RTP, as both ends agreed.
    Rtp(MediaPlan),
    /// As RTP; the peer left the offer to the box, and the plan follows as `MediaAgreed`.
    RtpToBeAgreed,
    /// By a B channel.
    BChannel(BChannelFile),
    /// By a device of the line's own.
    Device(Box<dyn SoundDevice>),
}

/// A B channel: A-law octets, 8,000 a second, whose driver sets the pace.
#[derive(Debug)]
pub struct BChannelFile {
    pub file: OwnedFd,
    /// What makes it go on when a read or write has failed: the driver may want to be asked what happened first.
    pub clear: fn(BorrowedFd<'_>),
}

/// Something that hears and speaks at its own pace: a sound card.
pub trait SoundDevice: Send + std::fmt::Debug {
    /// Say a frame and hear one. It returns after about 20 ms, as the device's clock counts them.
    fn exchange(&mut self, said: &Frame) -> std::io::Result<Frame>;
}

/// A key of a telephone.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digit(char);

impl Digit {
    const KEYS: &str = "0123456789*#ABCD";

    /// From the event code of RFC 4733.
    pub fn from_event(code: u8) -> Option<Self> {
        Self::KEYS.chars().nth(usize::from(code)).map(Self)
    }

    pub fn from_char(key: char) -> Option<Self> {
        Self::KEYS.contains(key).then_some(Self(key))
    }

    pub fn as_char(self) -> char {
        self.0
    }
}

/// Who is at the other end, as far as the line says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RemoteParty {
    /// The calling number, empty when withheld.
    pub number: String,
    pub name: String,
    /// The number that the call was for, before it was diverted here; empty when nobody says.
    pub diverted_from: String,
}

/// Why a call is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RejectReason {
    /// All channels are in use.
    Busy,
    /// The box cannot serve anybody now.
    Unavailable,
}

/// How a leg ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallEnd {
    /// The other side hung up, or cancelled before the answer.
    Remote,
    /// The box hung up.
    Local,
    /// The dialled target is busy, did not answer, refused, or the network failed: the SIP status and its words.
    Failed { status: u16, reason: String },
}

/// Whether a line can take calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineState {
    Up,
    /// Calls come in, and none can go out.
    InOnly,
    /// With the sentence for the person who looks.
    Down(String),
}

/// From a line to the pipeline.
#[derive(Debug)]
pub enum LineEvent {
    State(LineState),
    /// What time it is, says the PBX.
    Date(Timestamp),
    /// A call comes in.
    Incoming {
        call: CallId,
        from: RemoteParty,
        sound: Sound,
    },
    /// The sound of a call was agreed on or changed: hold, another codec, another address.
    MediaAgreed {
        call: CallId,
        plan: MediaPlan,
    },
    /// A leg that the box dialled rings at the other end.
    Ringing {
        call: CallId,
    },
    /// A leg that the box dialled was answered.
    Answered {
        call: CallId,
        sound: Sound,
    },
    /// The peer will not call somebody else instead of the box.
    TransferRefused {
        call: CallId,
    },
    /// The peer has called somebody else instead of the box, and this SIP status came of it.
    TransferEnded {
        call: CallId,
        status: u16,
    },
    /// A key that came by signalling, not in the audio.
    Digit {
        call: CallId,
        digit: Digit,
    },
    Ended {
        call: CallId,
        end: CallEnd,
    },
}

impl LineEvent {
    /// The leg that it is of, if it is of one.
    pub fn call(&self) -> Option<CallId> {
        match self {
            Self::State(_) | Self::Date(_) => None,
            Self::Incoming { call, .. }
            | Self::MediaAgreed { call, .. }
            | Self::Ringing { call }
            | Self::Answered { call, .. }
            | Self::TransferRefused { call }
            | Self::TransferEnded { call, .. }
            | Self::Digit { call, .. }
            | Self::Ended { call, .. } => Some(*call),
        }
    }
}

/// From the pipeline to a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineCommand {
    Ring {
        call: CallId,
    },
    /// Take the call; the box receives its RTP, if its sound comes so, on this port.
    Answer {
        call: CallId,
        rtp_port: Option<u16>,
    },
    Reject {
        call: CallId,
        reason: RejectReason,
    },
    /// Call a listed extension; the box receives its RTP, if its sound comes so, on this port.
    Dial {
        call: CallId,
        target: String,
        rtp_port: Option<u16>,
    },
    HangUp {
        call: CallId,
    },
    /// Ask the peer to call a listed extension instead of the box.
    Transfer {
        call: CallId,
        target: String,
    },
    /// Say at an extension how many messages wait there: new ones, and those that somebody has taken.
    Lamp {
        extension: String,
        new: usize,
        old: usize,
    },
}

impl LineCommand {
    /// The leg that it is for, if it is for one.
    pub fn call(&self) -> Option<CallId> {
        match self {
            Self::Ring { call }
            | Self::Answer { call, .. }
            | Self::Reject { call, .. }
            | Self::Dial { call, .. }
            | Self::HangUp { call }
            | Self::Transfer { call, .. } => Some(*call),
            Self::Lamp { .. } => None,
        }
    }
}
