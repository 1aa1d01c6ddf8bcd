//! A person is rung, one telephone after the other, then talks to the caller. Until then the caller may still hear of an
//! emergency, leave a message instead, or say goodbye; once they are joined the box says nothing, and when the person
//! leaves, the call ends.

use portaveu_call::{Control, Decision};

use super::{Dialogue, State, message};
use crate::{Action, Event, Lost, Phrase, Saying};

/// How far ringing people has come.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Handover {
    /// Which of the department's telephones is rung, from 0.
    pub rung: usize,
    /// Somebody is in danger.
    pub danger: bool,
    pub joined: bool,
    /// The caller has waited for a turn.
    pub queued: bool,
    /// Somebody was there, and busy.
    pub busy: bool,
}

impl Handover {
    pub fn ring(dialogue: &mut Dialogue, handover: Self) -> Action {
        let topic = dialogue.topic.clone().filter(|_| !handover.danger);
        let action = Action::Ring { topic, danger: handover.danger, rung: handover.rung };
        dialogue.state = State::HandingOver(handover);
        action
    }
}

pub fn step(dialogue: &mut Dialogue, handover: Handover, event: &Event) -> Vec<Action> {
    if handover.joined {
        return match event {
            Event::PersonLost(_) => {
                dialogue.state = State::Closing;
                vec![Action::HangUp]
            }
            _ => Vec::new(),
        };
    }
    match event {
        Event::PersonRung => {
            rung(&handover).map(|phrase| Action::Say(vec![Saying::Phrase(phrase)])).into_iter().collect()
        }
        Event::PersonAnswered => {
            dialogue.state = State::HandingOver(Handover { joined: true, ..handover });
            vec![Action::StopSpeaking, Action::Join]
        }
        Event::PersonLost(Lost::LineDown) => nobody(dialogue, &handover, Phrase::CannotRing),
        Event::PersonLost(lost) => {
            let busy = handover.busy || *lost == Lost::Busy;
            vec![Handover::ring(dialogue, Handover { rung: handover.rung + 1, busy, ..handover })]
        }
        Event::LadderEnded { queue: true } if !handover.danger && (handover.busy || handover.queued) => {
            dialogue.state = State::Queued;
            vec![Action::Enqueue { topic: dialogue.topic.clone() }]
        }
        Event::LadderEnded { .. } => nobody(dialogue, &handover, Phrase::NoHuman),
        Event::NobodyThere if handover.danger => {
            dialogue.state = State::Listening; // the caller knows of 112, and hears nothing of nobody being there
            Vec::new()
        }
        Event::NobodyThere => {
            let topic = dialogue.topic.clone();
            message::offer(dialogue, Saying::NobodyNow(topic))
        }
        Event::Silence => waiting(&handover),
        Event::Digit(digit) if digit.as_char() == '1' && !handover.danger => {
            [vec![Action::StopSpeaking, Action::StopRinging], message::begin(dialogue)].concat()
        }
        Event::Understood { language, language_confidence, understood, .. } => match understood.decision {
            Decision::Emergency if handover.danger => {
                dialogue.language.hear_danger(*language, *language_confidence);
                vec![Action::StopSpeaking, dialogue.manner(), Action::Say(vec![Saying::Phrase(Phrase::Emergency)])]
            }
            // Whoever was rung is not who is rung for danger.
            Decision::Emergency => {
                [vec![Action::StopRinging], dialogue.danger(*language, *language_confidence)].concat()
            }
            Decision::Control if understood.control == Some(Control::Goodbye) && !handover.danger => {
                [vec![Action::StopRinging], dialogue.goodbye()].concat()
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// What is said when a telephone rings. Who has waited for a turn is not promised a person at each try.
fn rung(handover: &Handover) -> Option<Phrase> {
    match handover {
        Handover { danger: true, .. } => Some(Phrase::EmergencyPerson),
        Handover { queued: true, .. } => None,
        Handover { rung: 0, .. } => Some(Phrase::Transferring),
        _ => Some(Phrase::NextPerson),
    }
}

fn waiting(handover: &Handover) -> Vec<Action> {
    let phrase = if handover.danger { Phrase::Emergency } else { Phrase::Transferring };
    vec![Action::Say(vec![Saying::Phrase(phrase)])]
}

/// Nobody is left to be rung.
fn nobody(dialogue: &mut Dialogue, handover: &Handover, why: Phrase) -> Vec<Action> {
    if handover.danger {
        dialogue.state = State::Listening;
        return dialogue.say(vec![Saying::Phrase(Phrase::Emergency)]);
    }
    message::offer(dialogue, Saying::Phrase(why))
}
