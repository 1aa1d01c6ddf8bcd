//! A person is rung, then talks to the caller. Until then the caller may still hear of an emergency; once they are
//! joined the box says nothing, and when the person leaves, the call ends.

use portaveu_call::Decision;

use super::{Dialogue, State};
use crate::{Action, Event, Phrase, Saying};

pub fn step(dialogue: &mut Dialogue, joined: bool, danger: bool, event: &Event) -> Vec<Action> {
    match (event, joined) {
        (Event::PersonRung, _) => {
            let phrase = if danger { Phrase::EmergencyPerson } else { Phrase::Transferring };
            vec![Action::Say(vec![Saying::Phrase(phrase)])]
        }
        (Event::PersonAnswered, _) => {
            dialogue.state = State::HandingOver { joined: true, danger };
            vec![Action::StopSpeaking, Action::Join]
        }
        (Event::PersonLost, true) => {
            dialogue.state = State::Closing;
            vec![Action::HangUp]
        }
        (Event::NobodyThere, false) if danger => {
            dialogue.state = State::Listening; // the caller knows of 112, and hears nothing of nobody being there
            Vec::new()
        }
        (Event::PersonLost, false) if danger => {
            dialogue.state = State::Listening;
            dialogue.say(vec![Saying::Phrase(Phrase::Emergency)])
        }
        (Event::PersonLost, false) => {
            dialogue.state = State::Listening;
            dialogue.say(vec![Saying::Phrase(Phrase::NoHuman)])
        }
        (Event::NobodyThere, false) => {
            dialogue.state = State::Listening;
            let topic = dialogue.topic.clone();
            dialogue.say(vec![Saying::NobodyNow(topic)])
        }
        (Event::Understood { language, language_confidence, understood }, false)
            if understood.decision == Decision::Emergency =>
        {
            dialogue.language.hear_danger(*language, *language_confidence);
            dialogue.state = State::HandingOver { joined: false, danger: true };
            vec![Action::StopSpeaking, dialogue.manner(), Action::Say(vec![Saying::Phrase(Phrase::Emergency)])]
        }
        (Event::Silence, false) if danger => vec![Action::Say(vec![Saying::Phrase(Phrase::Emergency)])],
        (Event::Silence, false) => vec![Action::Say(vec![Saying::Phrase(Phrase::Transferring)])],
        _ => Vec::new(),
    }
}
