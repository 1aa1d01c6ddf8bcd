//! A pack that is ready for callers: from words to one decision.

use std::path::Path;
use std::time::Instant;

use jiff::Timestamp;
use portaveu_call::{Decision, Language, Understood};

use crate::decide::{decide, nothing};
use crate::embed::{EmbedError, Embedder};
use crate::features::plain;
use crate::learn::{Learned, Reading};
use crate::meanings::Meanings;
use crate::pack::Pack;
use crate::requests::is_joint;
use crate::said_number::said_number;
use crate::{calendar, choice};

/// "No", "no, gracias".
const BRIEF_WORDS: usize = 2;
/// A question that only goes on from the last one has at most so many words.
const FOLLOW_UP_WORDS: usize = 7;
/// How likely the topic must be that it then makes.
const FOLLOWED: f32 = 0.6;

/// Words that the recogniser is surer of than this are taken as they are; the less sure, the nearer to each other come the
/// probabilities of what they mean, down to this power.
const CLEARLY_HEARD: f32 = 0.7;
const LEAST_BELIEVED: f32 = 0.5;

/// A question, or "and …": what may go on from what was said before.
fn sounds_going_on(text: &str) -> bool {
    text.contains(['?', '؟']) || text.split_whitespace().next().is_some_and(is_joint)
}

fn belief(confidence: f32) -> f32 {
    (confidence / CLEARLY_HEARD).clamp(LEAST_BELIEVED, 1.0)
}

/// What an utterance is understood in the light of.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    pub at: Timestamp,
    pub language: Language,
    /// How sure the recogniser was of the words; 1 for what was written.
    pub confidence: f32,
    /// The topic that was spoken of last.
    pub topic: Option<&'a str>,
    /// Topics that the caller was asked to choose from.
    pub choices: &'a [String],
}

/// Why a pack cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KnowledgeError {
    #[error(transparent)]
    Embed(#[from] EmbedError),
    #[error("what was learned of the pack cannot be kept in {0}: {1}")]
    Keep(String, std::io::Error),
}

/// A pack, and what was learned of it.
pub struct Knowledge {
    pub pack: Pack,
    embedder: Embedder,
    learned: Learned,
}

impl Knowledge {
    /// Take what was learned of this pack before from `store`, or learn it now, which takes a third of a minute, and some
    /// minutes when all of it is new.
    pub fn load(pack: Pack, model: &Path, store: &Path) -> Result<Self, KnowledgeError> {
        let embedder = Embedder::load(model)?;
        let kept = store.join("learned.bin");
        if let Some(learned) = Learned::kept(&kept, &pack, embedder.dimensions()) {
            return Ok(Self { pack, embedder, learned });
        }
        tracing::info!("learning the pack of {}: {} examples", pack.name, pack.examples.len());
        let begin = Instant::now();
        let mut meanings = Meanings::open(&store.join("meanings.bin"), embedder.dimensions());
        let learned = Learned::of(&pack, &embedder, &mut meanings)?;
        tracing::info!("learned in {} s", begin.elapsed().as_secs());
        learned.keep(&kept).map_err(|error| KnowledgeError::Keep(kept.display().to_string(), error))?;
        Ok(Self { pack, embedder, learned })
    }

    /// Topics that are taken for one another: (topic, taken for, how many of the examples that were tried).
    pub fn confusions(&self) -> &[(String, String, u32)] {
        self.learned.confusions()
    }

    /// Where a text lies in the space of meanings: those that mean the same lie close to each other.
    pub fn meaning(&self, text: &str) -> Result<Vec<f32>, EmbedError> {
        Ok(self.embedder.embed_all(&[text])?.pop().unwrap_or_default())
    }

    /// What a caller means by `text`.
    pub fn understand(&self, text: &str, context: &Context) -> Result<Understood, EmbedError> {
        let digits = said_number(text);
        if !plain(text).contains(|c: char| c.is_alphabetic()) {
            return Ok(Understood { digits, ..nothing(0.0) }); // a mere number asks for nothing, and is no insult
        }
        let mut reading = self.learned.read(text, &self.embedder)?;
        let mut understood = decide(&reading);
        // Danger is shouted and badly heard: it is decided before anything is doubted.
        if understood.decision != Decision::Emergency {
            reading = reading.doubted(belief(context.confidence));
            understood = decide(&reading);
        }
        if let Some(topics) = self.in_context(text, &reading, &understood, context)? {
            understood = Understood { topics, ..Understood::new(Decision::Answer, understood.confidence) };
        }
        understood.digits = digits;
        understood.brief = text.split_whitespace().count() <= BRIEF_WORDS;
        let goes_on = understood.topics.iter().any(|topic| context.topic == Some(topic));
        let now = self.pack.calendar.local(context.at).datetime();
        let has_office = understood.topics.iter().any(|topic| self.pack.office(topic).is_some());
        if has_office && (goes_on || calendar::asks_for_hours(text)) {
            understood.time = self.pack.calendar.asked(text, now);
        }
        Ok(understood)
    }

    /// The topics that `text` means only because of what was said before.
    fn in_context(
        &self,
        text: &str,
        reading: &Reading,
        alone: &Understood,
        context: &Context,
    ) -> Result<Option<Vec<String>>, EmbedError> {
        if alone.decision == Decision::Emergency {
            return Ok(None);
        }
        let steers = matches!(alone.decision, Decision::Control | Decision::Human);
        if let Some(numbered) = choice::by_number(text, context.choices).filter(|_| !steers) {
            return Ok(Some(numbered.to_vec()));
        }
        let topic = match choice::by_meaning(context.choices, &reading.ranked).filter(|_| !steers) {
            Some(topic) => Some(topic.clone()),
            None => self.follow_up(text, alone, context)?,
        };
        Ok(topic.map(|topic| vec![topic]))
    }

    /// "¿Y los sábados?", "i on està?": short words that say little alone, and something of the topic spoken of last.
    fn follow_up(&self, text: &str, alone: &Understood, context: &Context) -> Result<Option<String>, EmbedError> {
        let Some(last) = context.topic else { return Ok(None) };
        let says_little = matches!(alone.decision, Decision::None | Decision::Confirm | Decision::Choose);
        let surely_out = alone.decision == Decision::None && alone.confidence > FOLLOWED;
        if !says_little || surely_out || text.split_whitespace().count() > FOLLOW_UP_WORDS {
            return Ok(None);
        }
        let now = self.pack.calendar.local(context.at).datetime();
        let of_last = alone.decision == Decision::None || alone.topics.iter().any(|topic| topic == last);
        if of_last && self.pack.office(last).is_some() && self.pack.calendar.asked(text, now).is_some() {
            return Ok(Some(last.to_owned()));
        }
        let Some(name) = self.pack.topic_name(last, context.language) else { return Ok(None) };
        let together = self.learned.read(&format!("{name}, {text}"), &self.embedder)?;
        let together = together.doubted(belief(context.confidence));
        // "It's about the bill" is no question, and about something else: with the last topic's name before it, it would
        // be that topic's again.
        let again = of_last || sounds_going_on(text);
        let best =
            together.ranked.best_topic().filter(|(topic, share)| *share >= FOLLOWED && (again || *topic != last));
        Ok(best.map(|(topic, _)| topic.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_or_an_and_goes_on() {
        for text in ["¿Cuánto cuesta?", "i on està", "Y los sábados"] {
            assert!(sounds_going_on(text), "{text}");
        }
        for text in ["Llamo por el recibo", "el de la basura", ""] {
            assert!(!sounds_going_on(text), "{text}");
        }
    }
}
