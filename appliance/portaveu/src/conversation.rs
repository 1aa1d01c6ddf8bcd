//! A conversation without a line: what would be said, and whether the call would go on. Nobody is rung.

use std::sync::Arc;

use jiff::Timestamp;
use portaveu_call::{Language, Pace};
use portaveu_dialogue::{Action, Dialogue, Event};
use portaveu_knowledge::Pack;
use portaveu_speech::cache::Phrase;

use crate::wording::{self, Manner};

pub struct Conversation<'a> {
    pack: &'a Pack,
    pub dialogue: Dialogue,
    manner: Manner,
    /// The department that the caller named.
    asked_for: Option<String>,
    /// The call has ended, or a person's telephone rings.
    pub over: bool,
}

impl<'a> Conversation<'a> {
    pub fn new(pack: &'a Pack, language: Language) -> Self {
        let dialogue = Dialogue::new(language, Arc::new(wording::in_parts(pack)), None);
        Self { pack, dialogue, manner: Manner { language, pace: Pace::Normal }, asked_for: None, over: false }
    }

    /// What is said when this happens.
    pub fn happens(&mut self, event: &Event, at: Timestamp) -> Vec<Phrase> {
        let mut said = Vec::new();
        if let Event::Understood { understood, text, .. } = event {
            self.asked_for = wording::asked_for(self.pack, understood.decision, text, self.asked_for.take());
        }
        for action in self.dialogue.step(event) {
            match action {
                Action::Say(sayings) => {
                    let asked = self.asked_for.as_deref();
                    said.extend(
                        sayings.iter().flat_map(|saying| wording::phrases(self.pack, saying, self.manner, asked, at)),
                    );
                }
                Action::Manner { language, pace, .. } => self.manner = Manner { language, pace },
                Action::Ring { topic, danger, rung } => {
                    let rung = wording::rung(
                        self.pack.reach(self.asked_for.as_deref(), topic.as_deref(), danger, at),
                        rung,
                        false,
                    );
                    self.over |= rung == Event::PersonRung;
                    said.extend(self.happens(&rung, at));
                }
                Action::KeepMessage(_) => said.extend(self.happens(&Event::MessageKept(true), at)),
                Action::HangUp => self.over = true,
                _ => {}
            }
        }
        said
    }
}
