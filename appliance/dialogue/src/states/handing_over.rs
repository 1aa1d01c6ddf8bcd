//! A person is rung, then talks to the caller. Until then the caller may still hear of an emergency; once they are
//! joined the box says nothing, and when the person leaves, the call ends.

use portaveu_call::Decision;

use super::{Dialogue, State};
use crate::{Action, Event, Phrase, Saying};

pub fn step(dialogue: &mut Dialogue, joined: bool, event: &Event) -> Vec<Action> {
    match (event, joined) {
        (Event::PersonAnswered, _) => {
            dialogue.state = State::HandingOver { joined: true };
            vec![Action::StopSpeaking, Action::Join]
        }
        (Event::PersonLost, true) => {
            dialogue.state = State::Closing;
            vec![Action::HangUp]
        }
        (Event::PersonLost, false) => {
            dialogue.state = State::Listening;
            dialogue.say(vec![Saying::Phrase(Phrase::NoHuman)])
        }
        (Event::Understood { understood, .. }, false) if understood.decision == Decision::Emergency => {
            vec![Action::StopSpeaking, Action::Say(vec![Saying::Phrase(Phrase::Emergency)])]
        }
        (Event::Silence, false) => vec![Action::Say(vec![Saying::Phrase(Phrase::Transferring)])],
        _ => Vec::new(),
    }
}
