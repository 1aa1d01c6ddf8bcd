//! The states of a conversation, one file each, and what is the same in all of them: controls, keys, danger, silence.

mod choosing;
mod confirming;
mod continuing;
mod handing_over;
mod listening;
mod message;
mod offering;
mod queued;
mod steering;

use std::sync::Arc;

use portaveu_call::{Decision, Language, Pace, TimeAsked, Unanswerable, Understood};

use crate::language::LanguageChoice;
use crate::{Action, Draft, Event, Parts, Phrase, Saying, is_progress};
use handing_over::Handover;

/// Failures to understand in a row after which a person is offered.
const FAILURES: u8 = 2;
/// Silences in a row after which the box says goodbye.
const SILENCES: u8 = 2;
/// Insults in a row after which the call ends.
const INSULTS: u8 = 3;

#[derive(Clone, Debug, PartialEq)]
enum State {
    /// The caller may ask anything.
    Listening,
    /// "Are you asking about …?"
    Confirming(String),
    /// "… or …?"
    Choosing(Vec<String>),
    /// "Shall I go on?" with an answer, at this part of it.
    Continuing(String, usize),
    /// "Shall I put you through to a person?"
    Offering,
    /// A person is being rung, or talks to the caller.
    HandingOver(Handover),
    /// The caller waits until a person is free.
    Queued,
    /// "Would you like to leave a message?" — to one who is waiting for a turn, or to one whom nobody can be found for.
    OfferingMessage {
        queued: bool,
    },
    TakingMessage(message::Step, Draft),
    /// Goodbye was said.
    Closing,
}

/// A conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Dialogue {
    state: State,
    parts: Arc<Parts>,
    /// The caller's own number, where the line tells it.
    caller: Option<String>,
    language: LanguageChoice,
    pace: Pace,
    louder: u8,
    /// How often in a row the caller asked to hear it again.
    repeats: u8,
    /// What "repeat" repeats.
    last: Vec<Saying>,
    topic: Option<String>,
    /// What was asked of time, until it is answered.
    time: Option<TimeAsked>,
    /// What else the caller may have meant.
    alternatives: Vec<String>,
    failures: u8,
    silences: u8,
    insults: u8,
    patient: bool,
}

impl Dialogue {
    pub fn new(language: Language, parts: Arc<Parts>, caller: Option<String>) -> Self {
        Self {
            state: State::Listening,
            parts,
            caller,
            language: LanguageChoice::new(language),
            pace: Pace::Normal,
            louder: 0,
            repeats: 0,
            last: Vec::new(),
            topic: None,
            time: None,
            alternatives: Vec::new(),
            failures: 0,
            silences: 0,
            insults: 0,
            patient: false,
        }
    }

    pub fn language(&self) -> Language {
        self.language.current()
    }

    /// The topic that was spoken of last.
    pub fn topic(&self) -> Option<&str> {
        self.topic.as_deref()
    }

    /// Topics that the caller was asked to choose from.
    pub fn choices(&self) -> &[String] {
        match &self.state {
            State::Choosing(topics) => topics,
            _ => &[],
        }
    }

    /// Whether the caller waits for a person, and should hear that the line is alive. Who is in danger hears no music.
    pub fn is_waiting(&self) -> bool {
        matches!(self.state, State::Queued | State::HandingOver(Handover { joined: false, danger: false, .. }))
    }

    /// Whether the caller has a place among those who wait, or is being put through from it.
    pub fn is_queued(&self) -> bool {
        match &self.state {
            State::Queued | State::OfferingMessage { queued: true } => true,
            State::HandingOver(handover) => handover.queued && !handover.joined && !handover.danger,
            _ => false,
        }
    }

    /// Whether a person is rung because somebody is in danger.
    pub fn is_danger(&self) -> bool {
        matches!(self.state, State::HandingOver(Handover { danger: true, .. }))
    }

    fn is_taking_message(&self) -> bool {
        matches!(self.state, State::TakingMessage(..))
    }

    /// Whether what the caller says is for a message, or for others in the room: nobody else keeps it.
    pub fn is_private(&self) -> bool {
        self.is_waiting() || self.is_taking_message() || matches!(self.state, State::OfferingMessage { .. })
    }

    /// What happens next.
    pub fn step(&mut self, event: &Event) -> Vec<Action> {
        if let State::HandingOver(handover) = self.state.clone() {
            return handing_over::step(self, handover, event);
        }
        match event {
            Event::Understood { language, language_confidence, understood, .. }
                if understood.decision == Decision::Emergency =>
            {
                self.danger(*language, *language_confidence)
            }
            _ if self.state == State::Closing => Vec::new(),
            _ if self.state == State::Queued => queued::step(self, event),
            Event::YourTurn | Event::QueueOver if self.is_queued() => queued::step(self, event),
            Event::Silence if self.is_queued() => queued::go_on(self),
            _ if self.is_taking_message() => match self.state.clone() {
                State::TakingMessage(step, draft) => message::step(self, step, draft, event),
                _ => Vec::new(),
            },
            Event::Answered => self.say(vec![Saying::Phrase(Phrase::Notice), Saying::Phrase(Phrase::Greeting)]),
            Event::SpeechStarted => vec![Action::StopSpeaking],
            Event::Interrupted => vec![Action::StopSpeaking, Action::Say(vec![Saying::Phrase(Phrase::OneMoment)])],
            Event::Silence => self.silence(),
            Event::Digit(digit) => self.digit(digit.as_char()),
            Event::Unintelligible => self.failed(Phrase::NotHeard),
            Event::Understood { language, language_confidence, understood, .. } => {
                self.understood(*language, *language_confidence, understood)
            }
            _ => Vec::new(), // late news of people and messages
        }
    }

    fn understood(&mut self, language: Language, confidence: f32, understood: &Understood) -> Vec<Action> {
        self.silences = 0;
        let mut actions = Vec::new();
        if std::mem::take(&mut self.patient) {
            actions.push(Action::BePatient(false));
        }
        if understood.unanswerable != Some(Unanswerable::Abuse) {
            self.insults = 0;
        }
        if is_progress(understood) && self.language.hear(language, confidence) {
            continuing::begin_anew(self);
            actions.push(self.manner());
        }
        if !understood.topics.is_empty() {
            // "¿Abre mañana?" — "¿Qué …?" — "La biblioteca": the time was said before.
            let asked_back = matches!(self.state, State::Confirming(_) | State::Choosing(_));
            self.time = understood.time.or(self.time.filter(|_| asked_back));
        }
        actions.extend(self.decided(understood));
        actions
    }

    fn decided(&mut self, understood: &Understood) -> Vec<Action> {
        match (understood.decision, understood.control) {
            (Decision::Human, _) if matches!(self.state, State::OfferingMessage { .. }) => message::begin(self),
            (Decision::Human, _) => self.hand_over(),
            (Decision::Control, Some(control)) => steering::heard(self, control, understood.brief),
            _ => match self.state.clone() {
                State::Confirming(topic) => confirming::heard(self, &topic, understood),
                State::Choosing(topics) => choosing::heard(self, &topics, understood),
                _ => listening::heard(self, understood),
            },
        }
    }

    /// Whatever was being talked about: 112 at once, in the caller's own language, and then a person, if one is there.
    fn danger(&mut self, language: Language, confidence: f32) -> Vec<Action> {
        self.language.hear_danger(language, confidence);
        (self.silences, self.failures, self.insults) = (0, 0, 0);
        self.patient = false;
        self.last = vec![Saying::Phrase(Phrase::Emergency)];
        let mut actions = vec![Action::StopSpeaking];
        actions.extend(message::interrupted(self));
        actions.extend([Action::BePatient(false), self.manner(), Action::Say(self.last.clone())]);
        actions.push(Handover::ring(self, Handover { danger: true, ..Handover::default() }));
        actions
    }

    fn yes(&mut self) -> Vec<Action> {
        match std::mem::replace(&mut self.state, State::Listening) {
            State::Confirming(topic) => self.answer(vec![topic]),
            State::Choosing(topics) => {
                self.state = State::Choosing(topics);
                self.repeat()
            }
            State::Continuing(topic, part) => continuing::go_on(self, topic, part),
            State::Offering => self.hand_over(),
            State::OfferingMessage { .. } => message::begin(self),
            _ => self.say(vec![Saying::Phrase(Phrase::StillThere)]),
        }
    }

    fn no(&mut self, brief: bool) -> Vec<Action> {
        match std::mem::replace(&mut self.state, State::Listening) {
            State::Confirming(_) | State::Choosing(_) => self.next_best(),
            State::Continuing(..) => self.say(vec![Saying::Phrase(Phrase::AnythingElse)]),
            State::Offering => self.say(vec![Saying::Phrase(Phrase::TryAgain)]),
            State::OfferingMessage { queued: true } => queued::go_on(self),
            State::OfferingMessage { queued: false } => self.say(vec![Saying::Phrase(Phrase::NoMessage)]),
            // After "anything else?" a mere no ends the call, unless the answer was doubtful; else it means "not that".
            _ if brief && self.is_something_settled() && self.alternatives.is_empty() => self.goodbye(),
            _ => self.next_best(),
        }
    }

    fn has_only_greeted(&self) -> bool {
        self.last.last() == Some(&Saying::Phrase(Phrase::Greeting))
    }

    /// Whether there was an answer, or a message, after which a caller may need nothing more.
    fn is_something_settled(&self) -> bool {
        self.topic.is_some() || self.last.last() == Some(&Saying::Phrase(Phrase::AnythingElse))
    }

    /// It was not that: ask for what came next to mind, else for other words; the second time without either, offer a
    /// person.
    fn next_best(&mut self) -> Vec<Action> {
        if self.alternatives.is_empty() {
            return self.failed(Phrase::TryAgain);
        }
        self.failures += 1;
        let topic = self.alternatives.remove(0);
        self.state = State::Confirming(topic.clone());
        self.say(vec![Saying::Confirm(topic)])
    }

    fn answer(&mut self, topics: Vec<String>) -> Vec<Action> {
        self.state = State::Listening;
        (self.failures, self.repeats) = (0, 0);
        self.topic = topics.first().cloned();
        self.alternatives.clear();
        let time = self.time.take();
        if let (None, [topic]) = (time, topics.as_slice()) {
            let sayings = continuing::begin(self, topic);
            return self.say(sayings);
        }
        let answer = |topic| match time {
            Some(time) => Saying::Opening(topic, time),
            None => Saying::Answer(topic),
        };
        let mut sayings: Vec<Saying> = topics.into_iter().map(answer).collect();
        sayings.push(Saying::Phrase(Phrase::AnythingElse));
        self.say(sayings)
    }

    /// Not heard or not understood: say so, and after some times offer a person.
    fn failed(&mut self, phrase: Phrase) -> Vec<Action> {
        self.failures += 1;
        if self.failures < FAILURES {
            return self.say(vec![Saying::Phrase(phrase)]);
        }
        self.failures = 0;
        offering::offer(self)
    }

    fn silence(&mut self) -> Vec<Action> {
        if std::mem::take(&mut self.patient) {
            return vec![Action::BePatient(false), Action::Say(vec![Saying::Phrase(Phrase::StillThere)])];
        }
        if let State::Continuing(topic, part) = self.state.clone() {
            return continuing::go_on(self, topic, part); // who listens in silence wants to hear the rest
        }
        self.silences += 1;
        match self.silences {
            1 => vec![Action::Say(vec![Saying::Phrase(Phrase::StillThere)])],
            ..=SILENCES => vec![Action::Say(vec![Saying::Phrase(Phrase::Narrow)])],
            _ => self.goodbye(),
        }
    }

    /// Insults and jokes are met calmly, and not without end.
    fn insulted(&mut self) -> Vec<Action> {
        self.insults += 1;
        if self.insults < INSULTS {
            return self.say(vec![Saying::Phrase(Phrase::Calm)]);
        }
        self.state = State::Closing;
        vec![Action::Say(vec![Saying::Phrase(Phrase::EndCalm)]), Action::HangUp]
    }

    /// 0 always reaches a person; in a choice the numbers choose; * repeats.
    fn digit(&mut self, key: char) -> Vec<Action> {
        self.silences = 0;
        if std::mem::take(&mut self.patient) {
            return [vec![Action::BePatient(false)], self.digit(key)].concat();
        }
        let actions = match (key, self.state.clone()) {
            ('0', _) => self.hand_over(),
            ('*', _) => self.repeat(),
            ('1', State::Confirming(_) | State::Continuing(..) | State::Offering | State::OfferingMessage { .. }) => {
                self.yes()
            }
            ('2', State::Confirming(_) | State::Continuing(..) | State::Offering | State::OfferingMessage { .. }) => {
                self.no(true)
            }
            (key, State::Choosing(topics)) => choosing::digit(self, &topics, key),
            _ => return Vec::new(),
        };
        [vec![Action::StopSpeaking], actions].concat()
    }

    fn hand_over(&mut self) -> Vec<Action> {
        vec![Handover::ring(self, Handover::default())]
    }

    fn goodbye(&mut self) -> Vec<Action> {
        self.state = State::Closing;
        vec![Action::Say(vec![Saying::Phrase(Phrase::Goodbye)]), Action::HangUp]
    }

    fn repeat(&mut self) -> Vec<Action> {
        let last = if self.last.is_empty() { vec![Saying::Phrase(Phrase::NothingToRepeat)] } else { self.last.clone() };
        vec![Action::Say(last)]
    }

    fn manner(&self) -> Action {
        Action::Manner { language: self.language.current(), pace: self.pace, louder: self.louder }
    }

    /// Say something that "repeat" will repeat.
    fn say(&mut self, sayings: Vec<Saying>) -> Vec<Action> {
        self.last.clone_from(&sayings);
        vec![Action::Say(sayings)]
    }
}
