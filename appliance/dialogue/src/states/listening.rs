//! The caller may ask anything.

use portaveu_call::{Decision, Understood};

use super::{Dialogue, State};
use crate::{Action, Phrase, Saying};

pub fn heard(dialogue: &mut Dialogue, understood: &Understood) -> Vec<Action> {
    match (understood.decision, understood.topics.as_slice()) {
        (Decision::Answer, [_, ..]) => {
            let actions = dialogue.answer(understood.topics.clone());
            dialogue.alternatives.clone_from(&understood.alternatives);
            actions
        }
        (Decision::Confirm, [topic, ..]) => {
            dialogue.alternatives.clone_from(&understood.alternatives);
            dialogue.state = State::Confirming(topic.clone());
            dialogue.say(vec![Saying::Confirm(topic.clone())])
        }
        (Decision::Choose, [_, _, ..]) => {
            dialogue.alternatives.clone_from(&understood.alternatives);
            dialogue.state = State::Choosing(understood.topics.clone());
            dialogue.say(vec![Saying::Choose(understood.topics.clone())])
        }
        _ => {
            dialogue.state = State::Listening;
            dialogue.failed(Phrase::NotUnderstood)
        }
    }
}
