//! The worker's socket: requests in, reports out, each connection on a thread of its own, so that what is to be said does not
//! wait behind what is still to be heard.

use std::io::{self, BufReader, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use portaveu_call::{Language, Pace, SAMPLE_RATE};
use portaveu_speech::models::Models;
use portaveu_speech::protocol::{LONGEST_MESSAGE, Report, Request};

use super::ears::{Ears, Recognition};
use super::fast_voice;
use super::recogniser::Recogniser;
use super::vad::Detectors;

/// Phrases that are spoken at the same time; more are not spoken.
const MOST_SPEAKING: usize = 32;
/// Detectors made ahead of the first calls.
const DETECTORS: usize = 4;

/// Load the models, then serve clients for ever.
pub fn serve(socket: &Path, models: &Path, threads: usize) -> anyhow::Result<()> {
    let models = Models::open(models)?;
    let recogniser = Recogniser::load(&models.verified("whisper-base.bin")?, threads)?;
    let detectors = Detectors::load(&models.verified("silero_vad.onnx")?, DETECTORS)?;
    let recognition = Recognition::new(detectors, recogniser)?;
    let speaking = Arc::new(AtomicUsize::new(0));
    end_with_any_thread();
    let _ = std::fs::remove_file(socket); // of a worker that is gone
    let listener = UnixListener::bind(socket)?;
    tracing::info!("hearing and speaking at {}", socket.display());
    loop {
        let (client, _) = listener.accept()?;
        let (recognition, speaking) = (recognition.clone(), speaking.clone());
        std::thread::Builder::new().name("client".into()).spawn(move || {
            let end = converse(client, recognition, &speaking);
            tracing::info!("the client left: {end}");
        })?;
    }
}

/// A worker that lost a thread does not hear all; one that ends is started again.
fn end_with_any_thread() {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        tell(panic);
        std::process::exit(1);
    }));
}

/// Carry out a client's requests until its stream ends; says why it did.
fn converse(stream: UnixStream, recognition: Recognition, speaking: &Arc<AtomicUsize>) -> io::Error {
    let (reports, outbox) = channel();
    let written = stream.try_clone().and_then(|stream| {
        std::thread::Builder::new().name("reports".into()).spawn(move || write_reports(stream, &outbox))
    });
    if let Err(error) = written {
        return error;
    }
    let _ = reports.send(Report::Ready); // its writer has just begun
    let mut ears = Ears::new(recognition, reports.clone());
    let mut sentences = Vec::new();
    let mut stream = BufReader::new(stream);
    loop {
        match read_request(&mut stream) {
            Ok(Request::Open { stream, languages }) => {
                if let Err(error) = ears.open(stream, languages) {
                    tracing::error!("{error}");
                }
            }
            Ok(Request::Expect { stream, languages }) => ears.expect(stream, languages),
            Ok(Request::Audio { stream, heard, spoken }) => ears.audio(stream, &heard, &spoken),
            Ok(Request::Close { stream }) => ears.close(stream),
            Ok(Request::Sentences(more)) => sentences.extend(more),
            Ok(Request::ExpectWording) => ears.expect_wording(std::mem::take(&mut sentences)),
            Ok(Request::Speak { id, text, language, pace }) => speak(id, text, language, pace, &reports, speaking),
            Err(error) => {
                let _ = stream.get_ref().shutdown(Shutdown::Both); // what is still being said goes to nobody
                return error;
            }
        }
    }
}

/// Until the client is gone: its reader finds that out as well.
fn write_reports(mut client: UnixStream, outbox: &Receiver<Report>) {
    for report in outbox {
        let Ok(message) = postcard::to_stdvec(&report) else { continue };
        let length = (message.len() as u32).to_be_bytes();
        if client.write_all(&length).and_then(|()| client.write_all(&message)).is_err() {
            return;
        }
    }
}

fn read_request(stream: &mut impl Read) -> io::Result<Request> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length) as usize;
    if length > LONGEST_MESSAGE {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a message is too long"));
    }
    let mut message = vec![0; length];
    stream.read_exact(&mut message)?;
    postcard::from_bytes(&message).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Speak on a thread of its own, a sentence at a time; the last report is sent whatever happens.
fn speak(id: u64, text: String, language: Language, pace: Pace, reports: &Sender<Report>, speaking: &Arc<AtomicUsize>) {
    let (reports, speaking) = (reports.clone(), speaking.clone());
    if speaking.fetch_add(1, Ordering::Relaxed) >= MOST_SPEAKING {
        speaking.fetch_sub(1, Ordering::Relaxed);
        let _ = reports.send(Report::Sound { id, samples: Vec::new(), last: true });
        return;
    }
    std::thread::spawn(move || {
        for sentence in fast_voice::sentences(&text) {
            match fast_voice::say(sentence, language, pace) {
                Ok(samples) => samples.chunks(SAMPLE_RATE as usize).for_each(|second| {
                    let _ = reports.send(Report::Sound { id, samples: second.to_vec(), last: false });
                }),
                // Not the sentence: it may hold a number that is read back to its caller.
                Err(error) => tracing::error!("a sentence in {language} could not be said: {error}"),
            }
        }
        let _ = reports.send(Report::Sound { id, samples: Vec::new(), last: true });
        speaking.fetch_sub(1, Ordering::Relaxed);
    });
}
