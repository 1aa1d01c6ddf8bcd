//! A sound card, by ALSA: 16 kHz, one channel, 20 ms at a time, whatever the card itself can do.
//!
//! It must not end because the card was late or this program was: what is lost is lost, and the next 20 ms count.

use std::io;
use std::time::{Duration, Instant};

use alsa::pcm::{Access, Format, HwParams, PCM};
use alsa::{Direction, ValueOr};
use portaveu_call::{FRAME_MS, FRAME_SAMPLES, Frame, SAMPLE_RATE, SoundDevice};

const FRAME_TIME: Duration = Duration::from_millis(FRAME_MS as u64);
/// What the card holds for playing, at most.
const FRAMES: usize = 4;
/// What is played ahead of what is heard, so that a late turn is not a gap.
const AHEAD: usize = 2;

/// Why a card cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CardError {
    #[error("the sound card \"{0}\" cannot be opened for {1}: {2}; `portaveu talk --list` names those that are there")]
    Open(String, &'static str, alsa::Error),
    #[error(
        "the sound card \"{0}\" cannot do 16 kHz in one channel: {1}; name it with \"plughw:\" or take \"default\""
    )]
    Format(String, alsa::Error),
    #[error("the sound cards cannot be listed: {0}")]
    List(alsa::Error),
}

/// A card as ALSA names it.
#[derive(Clone, Debug)]
pub struct Listed {
    pub name: String,
    pub description: String,
    pub hears: bool,
    pub speaks: bool,
}

/// The cards that ALSA knows, and its ways to them.
pub fn cards() -> Result<Vec<Listed>, CardError> {
    let hints = alsa::device_name::HintIter::new_str(None, "pcm").map_err(CardError::List)?;
    Ok(hints
        .filter_map(|hint| {
            Some(Listed {
                name: hint.name?,
                description: hint.desc.unwrap_or_default().replace('\n', ", "),
                hears: hint.direction != Some(Direction::Playback),
                speaks: hint.direction != Some(Direction::Capture),
            })
        })
        .collect())
}

/// A card that is open for both ways.
pub struct Card {
    name: String,
    playback: PCM,
    capture: PCM,
    /// When the card would have played everything so far, were it as fast as this machine's clock.
    due: Instant,
}

impl Card {
    pub fn open(name: &str) -> Result<Self, CardError> {
        let playback = opened(name, Direction::Playback, "speaking")?;
        let capture = opened(name, Direction::Capture, "hearing")?;
        let mut card = Self { name: name.to_owned(), playback, capture, due: Instant::now() };
        // A card that does not start says so at the first exchange, which tries again.
        let _ = card.start();
        Ok(card)
    }

    /// Begin anew with silence ahead.
    fn start(&mut self) -> Result<(), alsa::Error> {
        self.playback.io_i16()?.writei(&[0; AHEAD * FRAME_SAMPLES])?;
        self.due = Instant::now();
        Ok(())
    }

    fn play(&mut self, said: &Frame) -> Result<(), alsa::Error> {
        let mut rest = &said[..];
        while !rest.is_empty() {
            let written = self.playback.io_i16()?.writei(rest);
            match written {
                Ok(written) => rest = &rest[written..],
                Err(error) => {
                    self.playback.try_recover(error, true)?;
                    self.start()?;
                }
            }
        }
        Ok(())
    }

    fn hear(&mut self) -> Result<Frame, alsa::Error> {
        let mut heard = [0; FRAME_SAMPLES];
        let mut filled = 0;
        while filled < FRAME_SAMPLES {
            match self.capture.io_i16()?.readi(&mut heard[filled..]) {
                Ok(0) => return Ok(heard),
                Ok(read) => filled += read,
                Err(error) => self.capture.try_recover(error, true)?,
            }
        }
        Ok(heard)
    }

    /// A card has a clock; ALSA's plug-ins without a card (files, nothing) have none, and must not be asked faster than time goes.
    fn keep_pace(&mut self) {
        self.due += FRAME_TIME;
        let early = self.due.saturating_duration_since(Instant::now());
        if early > FRAME_TIME * FRAMES as u32 {
            std::thread::sleep(FRAME_TIME);
        } else if early.is_zero() {
            self.due = Instant::now();
        }
    }
}

impl SoundDevice for Card {
    fn exchange(&mut self, said: &Frame) -> io::Result<Frame> {
        let heard = self.play(said).and_then(|()| self.hear());
        self.keep_pace();
        heard.map_err(|error| io::Error::other(format!("the sound card \"{}\": {error}", self.name)))
    }
}

impl std::fmt::Debug for Card {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Card").field(&self.name).finish()
    }
}

fn opened(name: &str, direction: Direction, purpose: &'static str) -> Result<PCM, CardError> {
    let pcm = PCM::new(name, direction, false).map_err(|error| CardError::Open(name.to_owned(), purpose, error))?;
    configured(&pcm).map_err(|error| CardError::Format(name.to_owned(), error))?;
    Ok(pcm)
}

fn configured(pcm: &PCM) -> Result<(), alsa::Error> {
    let parameters = HwParams::any(pcm)?;
    parameters.set_access(Access::RWInterleaved)?;
    parameters.set_format(Format::s16())?;
    parameters.set_channels(1)?;
    parameters.set_rate(SAMPLE_RATE, ValueOr::Nearest)?;
    parameters.set_period_size_near(FRAME_SAMPLES as _, ValueOr::Nearest)?;
    parameters.set_buffer_size_near((FRAMES * FRAME_SAMPLES) as _)?;
    pcm.hw_params(&parameters)
}
