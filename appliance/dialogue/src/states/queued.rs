//! All telephones of a department are busy, and the caller waits for a turn, with music. A message can be left at any time.

use portaveu_call::{Control, Decision};

use super::handing_over::Handover;
use super::{Dialogue, State, message};
use crate::{Action, Event, Phrase, Saying};

/// Go on waiting: the caller does not want to leave a message.
pub fn go_on(dialogue: &mut Dialogue) -> Vec<Action> {
    dialogue.state = State::Queued;
    vec![Action::Enqueue { topic: dialogue.topic.clone() }]
}

pub fn step(dialogue: &mut Dialogue, event: &Event) -> Vec<Action> {
    match event {
        Event::Queued { position, minutes } => {
            vec![Action::Say(vec![Saying::Queued { position: *position, minutes: *minutes }])]
        }
        Event::YourTurn => {
            vec![Handover::ring(dialogue, Handover { queued: true, ..Handover::default() })]
        }
        Event::QueueOver => message::offer(dialogue, Saying::Phrase(Phrase::NoHuman)),
        Event::Digit(digit) if digit.as_char() == '1' => {
            [vec![Action::StopSpeaking], message::begin(dialogue)].concat()
        }
        Event::Understood { understood, .. } => match (understood.decision, understood.control) {
            // It is what "I would like to leave a message" is understood as; the place is kept until the caller says yes.
            (Decision::Human, _) => {
                let actions = message::offer(dialogue, Saying::Phrase(Phrase::OfferMessage));
                dialogue.state = State::OfferingMessage { queued: true };
                actions
            }
            (Decision::Control, Some(Control::Goodbye)) => dialogue.goodbye(),
            _ => Vec::new(), // who waits talks to others
        },
        _ => Vec::new(),
    }
}
