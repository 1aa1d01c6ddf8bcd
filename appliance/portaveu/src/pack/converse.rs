//! A conversation in the terminal: what callers would hear, and in brackets what was decided.

use std::io::BufRead;

use anyhow::Result;
use jiff::Timestamp;
use portaveu_call::Language;
use portaveu_dialogue::Event;
use portaveu_knowledge::{Context, Knowledge};

use crate::conversation::Conversation;

/// A call without a telephone: every line is an utterance, an empty one a silence. `at` stands still; without it time goes on.
pub fn converse(
    knowledge: &Knowledge,
    language: Language,
    at: Option<Timestamp>,
    input: &mut dyn BufRead,
) -> Result<()> {
    let mut conversation = Conversation::new(&knowledge.pack, language);
    let now = || at.unwrap_or_else(Timestamp::now);
    show(&mut conversation, &Event::Answered, now());
    let mut line = String::new();
    while !conversation.over && input.read_line(&mut line)? > 0 {
        let event = match line.trim() {
            "" => Event::Silence,
            text => understood(knowledge, &conversation, text, now())?,
        };
        show(&mut conversation, &event, now());
        line.clear();
    }
    Ok(())
}

fn understood(knowledge: &Knowledge, conversation: &Conversation, text: &str, at: Timestamp) -> Result<Event> {
    let dialogue = &conversation.dialogue;
    let (language, topic, choices) = (dialogue.language(), dialogue.topic(), dialogue.choices());
    let context = Context { at, language, confidence: 1.0, topic, choices };
    let understood = knowledge.understand(text, &context)?;
    let control = understood.control.map_or_else(String::new, |control| format!(" {control}"));
    let topics = understood.topics.join(" ");
    println!("        ({:?}{control} {topics} {:.2})", understood.decision, understood.confidence);
    // A written line does not tell its language; the caller asks for another one, as on the telephone.
    Ok(Event::Understood { language, language_confidence: 1.0, understood, text: text.to_owned() })
}

fn show(conversation: &mut Conversation, event: &Event, at: Timestamp) {
    let said = conversation.happens(event, at);
    said.iter().for_each(|phrase| println!("box     {}", phrase.text));
}
