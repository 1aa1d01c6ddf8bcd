//! A conversation in the terminal: what callers would hear, and in brackets what was decided.

use std::io::BufRead;
use std::sync::Arc;

use anyhow::Result;
use jiff::Timestamp;
use portaveu_call::{Language, Pace};
use portaveu_dialogue::{Action, Dialogue, Event, Saying};
use portaveu_knowledge::{Context, Knowledge};

use crate::wording::{self, Manner};

/// A call without a telephone: every line is an utterance.
pub fn converse(knowledge: &Knowledge, language: Language, input: &mut dyn BufRead) -> Result<()> {
    let parts = Arc::new(wording::in_parts(&knowledge.pack));
    let manner = Manner { language, pace: Pace::Normal };
    let mut conversation = Conversation { knowledge, dialogue: Dialogue::new(language, parts), manner };
    let mut open = conversation.happens(&Event::Answered);
    let mut line = String::new();
    while open && input.read_line(&mut line)? > 0 {
        open = conversation.hear(line.trim())?;
        line.clear();
    }
    Ok(())
}

struct Conversation<'a> {
    knowledge: &'a Knowledge,
    dialogue: Dialogue,
    manner: Manner,
}

impl Conversation<'_> {
    /// False when the call is over.
    fn hear(&mut self, text: &str) -> Result<bool> {
        let (language, choices) = (self.dialogue.language(), self.dialogue.choices().to_vec());
        let topic = self.dialogue.topic();
        let context = Context { at: Timestamp::now(), language, confidence: 1.0, topic, choices: &choices };
        let understood = self.knowledge.understand(text, &context)?;
        let control = understood.control.map_or_else(String::new, |control| format!(" {control}"));
        let topics = understood.topics.join(" ");
        println!("        ({:?}{control} {topics} {:.2})", understood.decision, understood.confidence);
        // A written line does not tell its language; the caller asks for another one, as on the telephone.
        Ok(self.happens(&Event::Understood { language, language_confidence: 1.0, understood }))
    }

    fn happens(&mut self, event: &Event) -> bool {
        let mut goes_on = true;
        for action in self.dialogue.step(event) {
            match action {
                Action::Say(sayings) => self.say(&sayings),
                Action::Manner { language, pace, .. } => self.manner = Manner { language, pace },
                Action::Ring { topic, danger } => {
                    let rung = wording::rung(&self.knowledge.pack, topic.as_deref(), danger, Timestamp::now());
                    goes_on &= self.happens(&rung) && rung != Event::PersonRung;
                }
                Action::HangUp => goes_on = false,
                _ => {}
            }
        }
        goes_on
    }

    fn say(&self, sayings: &[Saying]) {
        let pack = &self.knowledge.pack;
        let said = sayings.iter().flat_map(|saying| wording::phrases(pack, saying, self.manner, Timestamp::now()));
        said.for_each(|phrase| println!("box     {}", phrase.text));
    }
}
