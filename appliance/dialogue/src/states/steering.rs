//! Phrases that steer the conversation. They mean the same in every state, but for yes and no, which are the state's own.

use portaveu_call::{Control, Language, Pace};

use super::{Dialogue, State, continuing};
use crate::{Action, Phrase, Saying};

const LOUDEST: u8 = 2;
/// Who asks so often in a row to hear it again is spoken to slowly.
const REPEATS: u8 = 2;

pub fn heard(dialogue: &mut Dialogue, control: Control, brief: bool) -> Vec<Action> {
    if control != Control::No {
        dialogue.failures = 0;
    }
    let repeats = if control == Control::Repeat { dialogue.repeats.saturating_add(1) } else { 0 };
    dialogue.repeats = repeats;
    match control {
        Control::Repeat if dialogue.has_only_greeted() => {
            dialogue.repeats = 0; // who says hello is taken for one who did not hear
            dialogue.say(vec![Saying::Phrase(Phrase::Greeting)])
        }
        Control::Repeat if repeats >= REPEATS && dialogue.pace == Pace::Normal => slower(dialogue),
        Control::Repeat => dialogue.repeat(),
        Control::Slower => slower(dialogue),
        Control::Louder => {
            dialogue.louder = (dialogue.louder + 1).min(LOUDEST);
            let last = dialogue.last.clone();
            again(dialogue, Phrase::Louder, last)
        }
        Control::Language(language) => speak(dialogue, language),
        Control::Wait => {
            dialogue.patient = true;
            vec![Action::BePatient(true), Action::Say(vec![Saying::Phrase(Phrase::Wait)])]
        }
        Control::Forget => [vec![Action::Forget], dialogue.say(vec![Saying::Phrase(Phrase::Forgotten)])].concat(),
        Control::Human => dialogue.hand_over(),
        Control::Goodbye => dialogue.goodbye(),
        Control::Thanks => {
            dialogue.state = State::Listening;
            dialogue.alternatives.clear();
            dialogue.say(vec![Saying::Phrase(Phrase::Thanks)])
        }
        Control::Yes => dialogue.yes(),
        Control::No => dialogue.no(brief),
    }
}

/// From now on slowly, in short parts, and asking before what is not quite sure: what was said last begins anew so.
fn slower(dialogue: &mut Dialogue) -> Vec<Action> {
    dialogue.pace = Pace::Slow;
    let answered = match dialogue.last.as_slice() {
        [Saying::Answer(topic) | Saying::Part(topic, _), Saying::Phrase(_)] => Some(topic.clone()),
        _ => None,
    };
    let last = match answered {
        Some(topic) => continuing::begin(dialogue, &topic),
        None => dialogue.last.clone(),
    };
    again(dialogue, Phrase::Slower, last)
}

fn again(dialogue: &mut Dialogue, acknowledgement: Phrase, last: Vec<Saying>) -> Vec<Action> {
    let said = std::iter::once(Saying::Phrase(acknowledgement)).chain(last.iter().cloned()).collect();
    dialogue.last = last;
    vec![dialogue.manner(), Action::Say(said)]
}

/// The caller asks for another language.
fn speak(dialogue: &mut Dialogue, language: Language) -> Vec<Action> {
    dialogue.language.set(language);
    dialogue.state = State::Listening;
    let manner = dialogue.manner();
    [vec![manner], dialogue.say(vec![Saying::Phrase(Phrase::Language)])].concat()
}
