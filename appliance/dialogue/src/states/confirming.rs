//! "Are you asking about …?" — yes and no are controls; a new question is taken as one; the same topic again is a yes.

use portaveu_call::Understood;

use super::{Dialogue, listening};
use crate::Action;

pub fn heard(dialogue: &mut Dialogue, topic: &str, understood: &Understood) -> Vec<Action> {
    if understood.topics.iter().any(|named| named == topic) {
        return dialogue.answer(vec![topic.to_owned()]);
    }
    listening::heard(dialogue, understood)
}
