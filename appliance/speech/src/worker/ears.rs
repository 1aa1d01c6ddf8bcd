//! The streams that a client has heard: each has a detector, an endpointer and at most one recognition under way.
//!
//! It must not wait for the recogniser: results are picked up as frames come in.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use portaveu_call::{FRAME_SAMPLES, Frame, Heard, Hearing, Language};
use portaveu_speech::protocol::{LanguageWeights, Report};

use super::echo::EchoDetector;
use super::endpoint::{Change, Endpointer};
use super::patience;
use super::recogniser::{Recognised, Recogniser};
use super::tokens::Tokens;
use super::vad::{Detector, Detectors, NoDetector};
use super::wording::Wordings;

/// The detector's own delay before it says that nobody speaks, in milliseconds.
const DETECTOR_MS: u32 = 100;

/// Niceness of what can wait.
const LEAST_URGENT: i32 = 19;

/// An utterance to recognise.
struct Job {
    stream: u64,
    number: u64,
    sound: Vec<f32>,
    languages: LanguageWeights,
    wordings: Arc<Wordings>,
    cancelled: Arc<AtomicBool>,
    done: Sender<Outcome>,
}

struct Outcome {
    stream: u64,
    number: u64,
    recognised: Option<Recognised>,
    took_ms: u32,
}

struct Pending {
    number: u64,
    cancelled: Arc<AtomicBool>,
    outcome: Option<(Option<Recognised>, u32)>,
}

struct Ear {
    detector: Detector,
    endpointer: Endpointer,
    echo: EchoDetector,
    languages: LanguageWeights,
    pending: Option<Pending>,
    /// The pipeline was told that somebody speaks.
    announced: bool,
}

/// What all clients hear with.
#[derive(Clone)]
pub struct Recognition {
    detectors: Arc<Mutex<Detectors>>,
    jobs: Sender<Job>,
    tokens: Arc<Tokens>,
}

impl Recognition {
    /// Start the recogniser's thread; its end is the worker's end, since nothing can be heard without it.
    pub fn new(detectors: Detectors, mut recogniser: Recogniser) -> std::io::Result<Self> {
        let (jobs, inbox) = channel::<Job>();
        let tokens = recogniser.tokens();
        std::thread::Builder::new().name("recogniser".into()).spawn(move || {
            for job in inbox {
                if let Some(outcome) = recognise(&mut recogniser, &job) {
                    let _ = job.done.send(outcome); // a client that left wants nothing any more
                }
            }
        })?;
        Ok(Self { detectors: Arc::new(Mutex::new(detectors)), jobs, tokens })
    }

    fn detectors(&self) -> MutexGuard<'_, Detectors> {
        self.detectors.lock().unwrap_or_else(PoisonError::into_inner) // one is taken whole or not at all
    }
}

pub struct Ears {
    recognition: Recognition,
    /// How this client's callers are expected to word things.
    wordings: Arc<Mutex<Arc<Wordings>>>,
    ears: HashMap<u64, Ear>,
    done: Sender<Outcome>,
    outcomes: Receiver<Outcome>,
    reports: Sender<Report>,
    next_job: u64,
}

impl Drop for Ears {
    fn drop(&mut self) {
        let streams: Vec<u64> = self.ears.keys().copied().collect();
        streams.into_iter().for_each(|stream| self.close(stream));
    }
}

impl Ears {
    pub fn new(recognition: Recognition, reports: Sender<Report>) -> Self {
        let (done, outcomes) = channel();
        Self { recognition, wordings: Arc::default(), ears: HashMap::new(), done, outcomes, reports, next_job: 0 }
    }

    pub fn open(&mut self, stream: u64, languages: LanguageWeights) -> Result<(), NoDetector> {
        let ear = Ear {
            detector: self.recognition.detectors().take()?,
            endpointer: Endpointer::default(),
            echo: EchoDetector::default(),
            languages,
            pending: None,
            announced: false,
        };
        self.ears.insert(stream, ear);
        Ok(())
    }

    pub fn expect(&mut self, stream: u64, languages: LanguageWeights) {
        if let Some(ear) = self.ears.get_mut(&stream) {
            ear.languages = languages;
        }
    }

    /// From now on callers are expected to say something like these sentences. Until that is learned, on a thread of its own,
    /// they are heard as before.
    pub fn expect_wording(&self, sentences: Vec<(Language, String)>) {
        let (wordings, tokens) = (self.wordings.clone(), self.recognition.tokens.clone());
        let reports = self.reports.clone();
        std::thread::spawn(move || {
            let _ = rustix::process::setpriority_process(None, LEAST_URGENT); // of this thread: calls go first
            let learned = Arc::new(Wordings::learn(&sentences, &tokens));
            *wordings.lock().unwrap_or_else(PoisonError::into_inner) = learned;
            let _ = reports.send(Report::WordingLearned); // a client that left need not know
        });
    }

    pub fn close(&mut self, stream: u64) {
        if let Some(mut ear) = self.ears.remove(&stream) {
            ear.drop_recognition();
            self.recognition.detectors().give_back(ear.detector);
        }
    }

    /// 20 ms of a stream. Frames of another length are no frames.
    pub fn audio(&mut self, stream: u64, heard: &[i16], spoken: &[i16]) {
        self.collect_outcomes();
        let Some(ear) = self.ears.get_mut(&stream) else { return };
        let Ok(frame) = <&Frame>::try_from(heard) else { return };
        let is_echo = ear.echo.is_echo(frame, spoken);
        let voiced = ear.detector.voiced(if is_echo { &[0; FRAME_SAMPLES] } else { frame });
        match ear.endpointer.frame(frame, voiced) {
            Some(Change::Paused) => {
                self.next_job += 1;
                let wordings = self.wordings.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let job = ear.begin_recognition(stream, self.next_job, wordings, self.done.clone());
                if self.recognition.jobs.send(job).is_err() {
                    tracing::error!("the recogniser is gone; the worker ends, to be started again");
                    std::process::exit(1);
                }
            }
            Some(Change::Resumed) => ear.drop_recognition(),
            None => {}
        }
        if ear.endpointer.interrupts() {
            ear.announce(stream, &self.reports);
        }
        ear.finish_if_over(stream, &self.reports);
    }

    fn collect_outcomes(&mut self) {
        for outcome in self.outcomes.try_iter() {
            let ear = self.ears.get_mut(&outcome.stream);
            if let Some(pending) = ear.and_then(|ear| ear.pending.as_mut()).filter(|p| p.number == outcome.number) {
                pending.outcome = Some((outcome.recognised, outcome.took_ms));
            }
        }
    }
}

fn recognise(recogniser: &mut Recogniser, job: &Job) -> Option<Outcome> {
    if job.cancelled.load(Ordering::Relaxed) {
        return None;
    }
    let begin = Instant::now();
    let recognised =
        recogniser.hear(&job.sound, &job.languages, &job.wordings, &job.cancelled).unwrap_or_else(|error| {
            tracing::error!("an utterance could not be recognised: {error}");
            None
        });
    let took_ms = u32::try_from(begin.elapsed().as_millis()).unwrap_or(u32::MAX);
    Some(Outcome { stream: job.stream, number: job.number, recognised, took_ms })
}

impl Ear {
    fn announce(&mut self, stream: u64, reports: &Sender<Report>) {
        if !std::mem::replace(&mut self.announced, true) {
            report(reports, stream, Hearing::SpeechStarted);
        }
    }

    fn begin_recognition(&mut self, stream: u64, number: u64, wordings: Arc<Wordings>, done: Sender<Outcome>) -> Job {
        let cancelled = Arc::new(AtomicBool::new(false));
        self.pending = Some(Pending { number, cancelled: cancelled.clone(), outcome: None });
        let sound = self.endpointer.sound().iter().map(|sample| f32::from(*sample) / 32768.0).collect();
        Job { stream, number, sound, languages: self.languages.clone(), wordings, cancelled, done }
    }

    fn drop_recognition(&mut self) {
        if let Some(pending) = self.pending.take() {
            pending.cancelled.store(true, Ordering::Relaxed);
        }
    }

    /// The utterance is over when its words are known and the pause is as long as they ask for.
    fn finish_if_over(&mut self, stream: u64, reports: &Sender<Report>) {
        if !self.endpointer.is_paused() {
            return;
        }
        let Some((recognised, took_ms)) = self.pending.as_ref().and_then(|pending| pending.outcome.clone()) else {
            return;
        };
        let text = recognised.as_ref().map(|r| r.text.as_str());
        let language = recognised.as_ref().map_or(Language::Es, |r| r.language);
        if self.endpointer.pause_ms() < patience::after(text, language) && !self.endpointer.is_full() {
            return;
        }
        match recognised {
            Some(recognised) => {
                self.announce(stream, reports);
                report(reports, stream, Hearing::SpeechEnded);
                report(reports, stream, Hearing::Heard(self.heard(recognised, took_ms)));
            }
            None if self.announced => {
                report(reports, stream, Hearing::SpeechEnded);
                report(reports, stream, Hearing::Unintelligible);
            }
            None => {}
        }
        self.endpointer.reset();
        self.pending = None;
        self.announced = false;
    }

    fn heard(&self, recognised: Recognised, recognise_ms: u32) -> Heard {
        Heard {
            text: recognised.text,
            language: recognised.language,
            confidence: recognised.confidence,
            language_confidence: recognised.language_confidence,
            speech_ms: self.endpointer.voiced_ms(),
            endpoint_ms: self.endpointer.pause_ms() + DETECTOR_MS,
            recognise_ms,
        }
    }
}

fn report(reports: &Sender<Report>, stream: u64, event: Hearing) {
    let _ = reports.send(Report::Hearing { stream, event }); // a client that left is noticed where its requests are read
}
