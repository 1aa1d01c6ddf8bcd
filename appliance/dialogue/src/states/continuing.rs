//! An answer that is too long to be followed at once is said in parts, with "shall I go on?" between them.

use super::{Dialogue, State};
use crate::{Action, Phrase, Saying};

/// The answer, or its first part.
pub fn begin(dialogue: &mut Dialogue, topic: &str) -> Vec<Saying> {
    if parts(dialogue, topic) < 2 {
        dialogue.state = State::Listening;
        return vec![Saying::Answer(topic.to_owned()), Saying::Phrase(Phrase::AnythingElse)];
    }
    part(dialogue, topic, 0)
}

/// The language changed: the other text has parts of its own.
pub fn begin_anew(dialogue: &mut Dialogue) {
    if let State::Continuing(_, part) = &mut dialogue.state {
        *part = 0;
    }
}

/// The caller wants to hear on, from this part.
pub fn go_on(dialogue: &mut Dialogue, topic: String, from: usize) -> Vec<Action> {
    dialogue.alternatives.clear();
    let sayings = part(dialogue, &topic, from);
    dialogue.say(sayings)
}

fn part(dialogue: &mut Dialogue, topic: &str, number: usize) -> Vec<Saying> {
    let last = number + 1 >= parts(dialogue, topic);
    dialogue.state = if last { State::Listening } else { State::Continuing(topic.to_owned(), number + 1) };
    let then = if last { Phrase::AnythingElse } else { Phrase::GoOn };
    vec![Saying::Part(topic.to_owned(), number), Saying::Phrase(then)]
}

/// How many parts the answer has for this caller.
fn parts(dialogue: &Dialogue, topic: &str) -> usize {
    let key = (topic.to_owned(), dialogue.language(), dialogue.pace);
    dialogue.parts.get(&key).copied().unwrap_or(1)
}
