//! All telephones of a department are busy, and the caller waits for a turn, with music. A message can be left at any time.

use portaveu_call::{Control, Decision};

use super::handing_over::Handover;
use super::{Dialogue, message};
use crate::{Action, Event, Phrase, Saying};

pub fn step(dialogue: &mut Dialogue, event: &Event) -> Vec<Action> {
    match event {
        Event::Queued { position, minutes } => {
            vec![Action::Say(vec![Saying::Queued { position: *position, minutes: *minutes }])]
        }
        Event::YourTurn => {
            vec![Handover::ring(dialogue, Handover { queued: true, ..Handover::default() })]
        }
        Event::QueueOver => leave(message::offer(dialogue, Saying::Phrase(Phrase::NoHuman))),
        Event::Digit(digit) if digit.as_char() == '1' => {
            [vec![Action::StopSpeaking], leave(message::begin(dialogue))].concat()
        }
        Event::Understood { understood, .. } => match (understood.decision, understood.control) {
            (Decision::Human, _) | (Decision::Control, Some(Control::Yes)) => {
                leave(message::offer(dialogue, Saying::Phrase(Phrase::OfferMessage)))
            }
            (Decision::Control, Some(Control::Goodbye)) => leave(dialogue.goodbye()),
            _ => Vec::new(), // who waits talks to others
        },
        _ => Vec::new(),
    }
}

fn leave(then: Vec<Action>) -> Vec<Action> {
    [vec![Action::LeaveQueue], then].concat()
}
