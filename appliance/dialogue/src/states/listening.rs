//! The caller may ask anything.

use portaveu_call::{Decision, Pace, Unanswerable, Understood};

use super::{Dialogue, State};
use crate::{Action, Phrase, Saying};

/// Who is spoken to slowly is asked first whether that is meant, where it is less sure than this.
const SURE: f32 = 0.95;

pub fn heard(dialogue: &mut Dialogue, understood: &Understood) -> Vec<Action> {
    match (understood.decision, understood.topics.as_slice()) {
        (Decision::Answer, [topic]) if dialogue.pace == Pace::Slow && understood.confidence < SURE => {
            confirm(dialogue, topic, understood)
        }
        (Decision::Answer, [_, ..]) => {
            let actions = dialogue.answer(understood.topics.clone());
            dialogue.alternatives.clone_from(&understood.alternatives);
            actions
        }
        (Decision::Confirm, [topic, ..]) => confirm(dialogue, topic, understood),
        (Decision::Choose, [_, _, ..]) => {
            dialogue.alternatives.clone_from(&understood.alternatives);
            dialogue.state = State::Choosing(understood.topics.clone());
            dialogue.say(vec![Saying::Choose(understood.topics.clone())])
        }
        _ => {
            dialogue.state = State::Listening;
            match understood.unanswerable {
                Some(Unanswerable::Abuse) => dialogue.insulted(),
                Some(Unanswerable::NotOurs) => dialogue.failed(Phrase::NotOurs),
                None => dialogue.failed(Phrase::NotUnderstood),
            }
        }
    }
}

fn confirm(dialogue: &mut Dialogue, topic: &str, understood: &Understood) -> Vec<Action> {
    dialogue.alternatives.clone_from(&understood.alternatives);
    dialogue.state = State::Confirming(topic.to_owned());
    dialogue.say(vec![Saying::Confirm(topic.to_owned())])
}
