//! "… or …?" — the caller names one, or presses its number.

use portaveu_call::{Decision, Understood};

use super::{Dialogue, listening};
use crate::Action;

pub fn heard(dialogue: &mut Dialogue, topics: &[String], understood: &Understood) -> Vec<Action> {
    let named: Vec<String> = understood.topics.iter().filter(|named| topics.contains(named)).cloned().collect();
    match (understood.decision, named.as_slice()) {
        (_, []) => listening::heard(dialogue, understood),
        (Decision::Answer, _) => dialogue.answer(named),
        (_, [first, ..]) => dialogue.answer(vec![first.clone()]),
    }
}

pub fn digit(dialogue: &mut Dialogue, topics: &[String], key: char) -> Vec<Action> {
    let place = key.to_digit(10).and_then(|number| (number as usize).checked_sub(1));
    match place.and_then(|place| topics.get(place)) {
        Some(topic) => dialogue.answer(vec![topic.clone()]),
        None => dialogue.repeat(),
    }
}
