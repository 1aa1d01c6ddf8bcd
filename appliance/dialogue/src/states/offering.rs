//! "Shall I put you through to a person?" — yes and no are controls; a new question is taken as one.

use super::{Dialogue, State};
use crate::{Action, Phrase, Saying};

pub fn offer(dialogue: &mut Dialogue) -> Vec<Action> {
    dialogue.state = State::Offering;
    dialogue.say(vec![Saying::Phrase(Phrase::OfferHuman)])
}
