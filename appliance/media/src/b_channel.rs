//! The sound of a B channel: A-law, 160 octets for 20 ms, by a file whose driver sets the pace.
//!
//! It must not wait for long: when the driver gives nothing, what is there is silence, and the leg goes on.

use std::io;
use std::os::fd::AsFd;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use portaveu_call::{BChannelFile, Codec, FRAME_SAMPLES, Frame, SoundDevice};

use crate::codec::{Decoder, Encoder, FRAME_BYTES};

/// How late the driver may be, in milliseconds.
const LATEST: u16 = 100;

pub struct BChannel {
    channel: BChannelFile,
    decoder: Decoder,
    encoder: Encoder,
    /// What was read and is not a frame yet.
    waiting: Vec<u8>,
}

impl BChannel {
    pub fn new(channel: BChannelFile) -> Self {
        let (decoder, encoder) = (Decoder::new(Codec::Pcma), Encoder::new(Codec::Pcma));
        Self { channel, decoder, encoder, waiting: Vec::with_capacity(2 * FRAME_BYTES) }
    }

    /// Once more, when the driver wanted to tell something before.
    fn retry(&mut self, what: impl Fn(&mut Self) -> io::Result<()>) -> io::Result<()> {
        what(self).or_else(|_| {
            (self.channel.clear)(self.channel.file.as_fd());
            what(self)
        })
    }

    fn read(&mut self) -> io::Result<()> {
        let mut ready = [PollFd::new(self.channel.file.as_fd(), PollFlags::POLLIN)];
        if poll(&mut ready, PollTimeout::from(LATEST))? == 0 {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "the line's driver gives no sound"));
        }
        let mut octets = [0; FRAME_BYTES];
        match nix::unistd::read(&self.channel.file, &mut octets)? {
            0 => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the line's driver has closed the channel")),
            read => {
                self.waiting.extend_from_slice(&octets[..read]);
                Ok(())
            }
        }
    }
}

impl SoundDevice for BChannel {
    fn exchange(&mut self, said: &Frame) -> io::Result<Frame> {
        let said = self.encoder.encode(said);
        self.retry(|channel| match nix::unistd::write(&channel.channel.file, &said) {
            Ok(_) | Err(nix::Error::EAGAIN) => Ok(()), // the driver's buffers are full: it drops, we go on
            Err(error) => Err(error.into()),
        })?;
        while self.waiting.len() < FRAME_BYTES {
            self.retry(Self::read)?;
        }
        let octets: Vec<u8> = self.waiting.drain(..FRAME_BYTES).collect();
        let samples = self.decoder.decode(&octets);
        Ok(std::array::from_fn(|n| samples.get(n).copied().unwrap_or_default()))
    }
}

impl std::fmt::Debug for BChannel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BChannel").field("frame", &FRAME_SAMPLES).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::OwnedFd;

    use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};

    fn channel(file: OwnedFd) -> BChannel {
        BChannel::new(BChannelFile { file, clear: |_| () })
    }

    #[test]
    fn what_one_end_says_the_other_hears() {
        let (one, two) = socketpair(AddressFamily::Unix, SockType::SeqPacket, None, SockFlag::empty()).unwrap();
        let (mut one, mut two) = (channel(one), channel(two));
        let said: Frame = std::array::from_fn(|n| ((n as f32 * 0.2).sin() * 9000.0) as i16);
        let first = std::thread::spawn(move || (0..10).map(|_| one.exchange(&said).unwrap()).count());
        let heard: Vec<Frame> = (0..10).map(|_| two.exchange(&[0; FRAME_SAMPLES]).unwrap()).collect();
        assert_eq!(first.join().unwrap(), 10);
        let loudest = heard[5].iter().map(|sample| sample.abs()).max().unwrap();
        assert!((8000..10_000).contains(&loudest), "{loudest}");
    }

    #[test]
    fn a_channel_that_is_gone_is_an_error_and_no_hang() {
        let (one, two) = socketpair(AddressFamily::Unix, SockType::SeqPacket, None, SockFlag::empty()).unwrap();
        let mut one = channel(one);
        assert_eq!(one.exchange(&[0; FRAME_SAMPLES]).unwrap_err().kind(), io::ErrorKind::TimedOut);
        drop(two);
        assert!(one.exchange(&[0; FRAME_SAMPLES]).is_err());
    }
}
