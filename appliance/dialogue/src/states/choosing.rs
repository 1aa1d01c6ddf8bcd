//! "… or …?" — the caller names one, or presses its number.

use portaveu_call::Understood;

use super::{Dialogue, listening};
use crate::Action;

pub fn heard(dialogue: &mut Dialogue, topics: &[String], understood: &Understood) -> Vec<Action> {
    match understood.topics.iter().find(|named| topics.contains(named)) {
        Some(topic) => dialogue.answer(vec![topic.clone()]),
        None => listening::heard(dialogue, understood),
    }
}

pub fn digit(dialogue: &mut Dialogue, topics: &[String], key: char) -> Vec<Action> {
    let place = key.to_digit(10).and_then(|number| (number as usize).checked_sub(1));
    match place.and_then(|place| topics.get(place)) {
        Some(topic) => dialogue.answer(vec![topic.clone()]),
        None => dialogue.repeat(),
    }
}
