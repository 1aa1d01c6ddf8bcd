//! A message for people who call back: the number, when it suits, and what it is about, in the caller's own voice.
//!
//! It must not lose what was said: who hangs up in the middle has left as much of a message as there is.

use portaveu_call::{Control, Decision, Understood};

use super::{Dialogue, State};
use crate::{Action, Draft, Event, Phrase, Saying};

/// A number has at least so many digits, and at most so many.
const WHOLE: usize = 9;
const LONGEST: usize = 15;
/// Failures after which the box goes on without a number.
const FAILURES: u8 = 3;

#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// The caller says or dials the number; so much of it is known.
    Number(String),
    /// "Shall we call you at …?"
    Check(String),
    /// "When does it suit you?"
    When,
    Recording,
    /// It is being kept.
    Keeping,
}

/// Ask whether the caller wants to leave one.
pub fn offer(dialogue: &mut Dialogue, why: Saying) -> Vec<Action> {
    dialogue.state = State::OfferingMessage { queued: false };
    dialogue.say(vec![why])
}

pub fn begin(dialogue: &mut Dialogue) -> Vec<Action> {
    (dialogue.failures, dialogue.silences) = (0, 0);
    let draft = Draft { topic: dialogue.topic.clone(), ..Draft::default() };
    match dialogue.caller.clone() {
        Some(number) => check(dialogue, draft, number),
        None => ask(dialogue, draft),
    }
}

pub fn step(dialogue: &mut Dialogue, step: Step, draft: Draft, event: &Event) -> Vec<Action> {
    match (event, &step) {
        (Event::CallerGone, _) => keep_what_there_is(&step, draft),
        (Event::Digit(digit), _) => [vec![Action::StopSpeaking], key(dialogue, step, draft, digit.as_char())].concat(),
        (Event::RecordingFull, Step::Recording) => finish(dialogue, draft),
        (Event::MessageKept(kept), Step::Keeping) => {
            dialogue.state = State::Listening;
            let phrase = if *kept { Phrase::MessageKept } else { Phrase::MessageNotKept };
            dialogue.say(vec![Saying::Phrase(phrase), Saying::Phrase(Phrase::AnythingElse)])
        }
        (Event::SpeechStarted, Step::Recording | Step::Keeping) => Vec::new(),
        (Event::SpeechStarted, _) => vec![Action::StopSpeaking],
        (Event::Silence, _) => silence(dialogue, step, draft),
        (Event::Unintelligible, Step::Number(_) | Step::Check(_)) => failed(dialogue, draft),
        (Event::Understood { understood, text, .. }, _) => heard(dialogue, step, draft, understood, text),
        _ => Vec::new(),
    }
}

fn heard(dialogue: &mut Dialogue, step: Step, mut draft: Draft, understood: &Understood, text: &str) -> Vec<Action> {
    let control = understood.control.filter(|_| understood.decision == Decision::Control);
    match step {
        Step::Recording => {
            draft.text = format!("{} {text}", draft.text).trim().to_owned();
            stay(dialogue, Step::Recording, draft)
        }
        Step::Keeping => Vec::new(),
        Step::When if control == Some(Control::Goodbye) => finish(dialogue, Draft { when: text.to_owned(), ..draft }),
        _ if control == Some(Control::Goodbye) => dialogue.goodbye(),
        _ if control == Some(Control::Repeat) => dialogue.repeat(),
        Step::Number(known) if understood.digits.is_empty() && known.is_empty() => failed(dialogue, draft),
        Step::Number(known) => add(dialogue, draft, known + &understood.digits),
        Step::Check(_) if is_whole(&understood.digits) => check(dialogue, draft, understood.digits.clone()),
        Step::Check(number) => match control {
            Some(Control::Yes) => ask_when(dialogue, Draft { number: Some(number), ..draft }),
            Some(Control::No) => ask(dialogue, draft),
            _ => failed(dialogue, draft),
        },
        Step::When => {
            draft.when = text.to_owned();
            record(dialogue, draft)
        }
    }
}

fn key(dialogue: &mut Dialogue, step: Step, draft: Draft, key: char) -> Vec<Action> {
    match (step, key) {
        (Step::Number(known), '#') if known.is_empty() => ask_when(dialogue, draft),
        (Step::Number(known), '#') if known.len() >= WHOLE => check(dialogue, draft, known),
        (Step::Number(_), '#' | '*') => ask(dialogue, draft),
        (Step::Number(known), digit) if digit.is_ascii_digit() => add(dialogue, draft, format!("{known}{digit}")),
        (Step::Check(number), '1') => ask_when(dialogue, Draft { number: Some(number), ..draft }),
        (Step::Check(_), '2') => ask(dialogue, draft),
        (Step::When, '#') => record(dialogue, draft),
        (Step::Recording, '#') => finish(dialogue, draft),
        _ => Vec::new(),
    }
}

fn silence(dialogue: &mut Dialogue, step: Step, draft: Draft) -> Vec<Action> {
    match step {
        Step::Number(known) if known.len() >= WHOLE => check(dialogue, draft, known),
        Step::Number(_) | Step::Check(_) => failed(dialogue, draft),
        Step::When => record(dialogue, draft),
        Step::Recording => finish(dialogue, draft),
        Step::Keeping => Vec::new(),
    }
}

/// More of the number is known. People say it in groups, with pauses: the rest is waited for.
fn add(dialogue: &mut Dialogue, draft: Draft, known: String) -> Vec<Action> {
    match known.len() {
        _ if is_whole(&known) => check(dialogue, draft, known),
        ..=LONGEST => stay(dialogue, Step::Number(known), draft),
        _ => ask(dialogue, draft),
    }
}

/// A Spanish number, with its country or without. Others have lengths of their own: their end is a silence, or #.
fn is_whole(number: &str) -> bool {
    let own = number.strip_prefix("+34").or_else(|| number.strip_prefix("0034")).unwrap_or(number);
    own.len() == WHOLE && !own.starts_with('+') && !own.starts_with("00")
}

/// It was not understood; after some times the message is taken without a number.
fn failed(dialogue: &mut Dialogue, draft: Draft) -> Vec<Action> {
    dialogue.failures += 1;
    if dialogue.failures >= FAILURES { ask_when(dialogue, draft) } else { ask(dialogue, draft) }
}

fn ask(dialogue: &mut Dialogue, draft: Draft) -> Vec<Action> {
    stay(dialogue, Step::Number(String::new()), draft);
    dialogue.say(vec![Saying::Phrase(Phrase::MessageNumber)])
}

fn check(dialogue: &mut Dialogue, draft: Draft, number: String) -> Vec<Action> {
    stay(dialogue, Step::Check(number.clone()), draft);
    dialogue.say(vec![Saying::CheckNumber(number)])
}

fn ask_when(dialogue: &mut Dialogue, draft: Draft) -> Vec<Action> {
    dialogue.failures = 0;
    stay(dialogue, Step::When, draft);
    dialogue.say(vec![Saying::Phrase(Phrase::MessageTime)])
}

fn record(dialogue: &mut Dialogue, draft: Draft) -> Vec<Action> {
    stay(dialogue, Step::Recording, draft);
    [dialogue.say(vec![Saying::Phrase(Phrase::MessageRecord)]), vec![Action::Record]].concat()
}

fn finish(dialogue: &mut Dialogue, draft: Draft) -> Vec<Action> {
    stay(dialogue, Step::Keeping, draft.clone());
    vec![Action::KeepMessage(draft)]
}

/// The caller hung up: a number is enough to call back, and so is a voice.
fn keep_what_there_is(step: &Step, draft: Draft) -> Vec<Action> {
    match step {
        Step::Recording | Step::When => vec![Action::KeepMessage(draft)],
        Step::Check(number) => vec![Action::KeepMessage(Draft { number: Some(number.clone()), ..draft })],
        _ => Vec::new(),
    }
}

/// Danger is told in the middle of a message: what there is of it is kept.
pub fn interrupted(dialogue: &Dialogue) -> Vec<Action> {
    match &dialogue.state {
        State::TakingMessage(step, draft) => keep_what_there_is(step, draft.clone()),
        _ => Vec::new(),
    }
}

fn stay(dialogue: &mut Dialogue, step: Step, draft: Draft) -> Vec<Action> {
    dialogue.state = State::TakingMessage(step, draft);
    Vec::new()
}
