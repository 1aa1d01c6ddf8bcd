//! From words to one decision: answer, confirm, choose, a person, an emergency, a control phrase, or nothing.

use std::path::Path;

use portaveu_call::{Control, Decision, Understood};
use serde::{Deserialize, Serialize};

use crate::classifier::Classifier;
use crate::embed::{EmbedError, Embedder};
use crate::features::{Features, plain};
use crate::pack::{Label, Pack};

/// Changes when features or training change: what was trained before is trained anew.
const VERSION: u32 = 1;
/// How much sharper than trained the probabilities are: the regression is timid on questions that it has not seen.
const SHARPNESS: f32 = 1.0;
/// Danger is believed sooner than anything else.
const EMERGENCY: f32 = 0.30;
const CONTROL: f32 = 0.50;
const ANSWER: f32 = 0.80;
const CONFIRM: f32 = 0.30;
/// How much likelier than the next a topic must be, for the question back to name it alone.
const CLEARLY: f32 = 2.5;
/// Likely enough to be named in a question back.
const NAMED: f32 = 0.10;
/// What the named ones must have together.
const TOGETHER: f32 = 0.35;

/// Why a pack cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KnowledgeError {
    #[error(transparent)]
    Embed(#[from] EmbedError),
    #[error("what was learned of the pack cannot be kept in {0}: {1}")]
    Keep(String, std::io::Error),
}

#[derive(Serialize, Deserialize)]
struct Learned {
    version: u32,
    fingerprint: String,
    mean: Vec<f32>,
    classifier: Classifier,
}

/// A pack, and what was learned of it.
pub struct Knowledge {
    pub pack: Pack,
    embedder: Embedder,
    learned: Learned,
}

impl Knowledge {
    /// Take what was learned of this pack before from `store`, or learn it now, which takes some seconds.
    pub fn load(pack: Pack, model: &Path, store: &Path) -> Result<Self, KnowledgeError> {
        let embedder = Embedder::load(model)?;
        let kept = store.join("learned.bin");
        let known = std::fs::read(&kept).ok().and_then(|bytes| postcard::from_bytes::<Learned>(&bytes).ok());
        let known = known.filter(|l| {
            l.version == VERSION && l.fingerprint == pack.fingerprint && l.classifier.fits(embedder.dimensions())
        });
        if let Some(learned) = known {
            return Ok(Self { pack, embedder, learned });
        }
        tracing::info!(
            "learning the pack of {}: {} examples; this takes a minute, once",
            pack.name,
            pack.examples.len()
        );
        let learned = learn(&pack, &embedder)?;
        keep(&kept, &learned).map_err(|error| KnowledgeError::Keep(kept.display().to_string(), error))?;
        Ok(Self { pack, embedder, learned })
    }

    /// What a caller means by `text`.
    pub fn understand(&self, text: &str) -> Result<Understood, EmbedError> {
        if plain(text).is_empty() {
            return Ok(nothing(0.0));
        }
        let features = Features::new(text, &self.embedder.embed(text)?, &self.learned.mean);
        Ok(decide(&self.learned.classifier.rank(&features, SHARPNESS)))
    }
}

fn learn(pack: &Pack, embedder: &Embedder) -> Result<Learned, EmbedError> {
    let texts: Vec<&str> = pack.examples.iter().map(|example| example.text.as_str()).collect();
    let embeddings = embedder.embed_all(&texts)?;
    let mut mean = vec![0.0; embedder.dimensions()];
    for embedding in &embeddings {
        mean.iter_mut().zip(embedding).for_each(|(m, e)| *m += e / embeddings.len() as f32);
    }
    let taught: Vec<(Label, Features)> = pack
        .examples
        .iter()
        .zip(&embeddings)
        .map(|(example, embedding)| (example.label.clone(), Features::new(&example.text, embedding, &mean)))
        .collect();
    let classifier = Classifier::train(&taught);
    Ok(Learned { version: VERSION, fingerprint: pack.fingerprint.clone(), mean, classifier })
}

fn keep(path: &Path, learned: &Learned) -> std::io::Result<()> {
    let bytes = postcard::to_stdvec(learned).map_err(std::io::Error::other)?;
    let part = path.with_extension(format!("part{}", std::process::id()));
    std::fs::write(&part, bytes)?;
    std::fs::rename(part, path)
}

fn nothing(confidence: f32) -> Understood {
    Understood { decision: Decision::None, topics: Vec::new(), control: None, confidence }
}

fn decide(ranked: &[(Label, f32)]) -> Understood {
    let share = |wanted: &Label| ranked.iter().find(|(label, _)| label == wanted).map_or(0.0, |(_, share)| *share);
    let emergency = share(&Label::Emergency);
    if emergency >= EMERGENCY {
        return Understood { decision: Decision::Emergency, topics: Vec::new(), control: None, confidence: emergency };
    }
    match ranked.first() {
        Some((Label::Control(name), share)) if *share >= CONTROL => control(name, *share),
        Some((Label::Out, share)) if *share >= CONTROL => nothing(*share),
        _ => topics(ranked),
    }
}

fn control(name: &str, confidence: f32) -> Understood {
    let control = name.parse::<Control>().ok();
    let decision = if control == Some(Control::Human) { Decision::Human } else { Decision::Control };
    Understood { decision, topics: Vec::new(), control, confidence }
}

fn topics(ranked: &[(Label, f32)]) -> Understood {
    let likely: Vec<(&String, f32)> = ranked
        .iter()
        .filter_map(|(label, share)| match label {
            Label::Topic(id) if *share >= NAMED => Some((id, *share)),
            _ => None,
        })
        .take(3)
        .collect();
    let Some((_, best)) = likely.first().copied() else { return nothing(0.0) };
    let next = likely.get(1).map_or(0.0, |(_, share)| *share);
    let (decision, count) = if best >= ANSWER {
        (Decision::Answer, 1)
    } else if best >= CONFIRM && best > CLEARLY * next {
        (Decision::Confirm, 1)
    } else if likely.len() > 1 && likely.iter().map(|(_, share)| share).sum::<f32>() >= TOGETHER {
        (Decision::Choose, likely.len())
    } else {
        return nothing(best);
    };
    let topics = likely.iter().take(count).map(|(id, _)| (*id).clone()).collect();
    Understood { decision, topics, control: None, confidence: best }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(shares: &[(&str, f32)]) -> (Decision, Vec<String>) {
        let ranked: Vec<(Label, f32)> = shares
            .iter()
            .map(|(name, share)| match *name {
                "!emergency" => (Label::Emergency, *share),
                "!out" => (Label::Out, *share),
                name if name.starts_with('!') => (Label::Control(name[1..].into()), *share),
                name => (Label::Topic(name.into()), *share),
            })
            .collect();
        let understood = decide(&ranked);
        (understood.decision, understood.topics)
    }

    #[test]
    fn the_surer_the_bolder() {
        assert_eq!(decided(&[("a", 0.9), ("b", 0.05)]), (Decision::Answer, vec!["a".into()]));
        assert_eq!(decided(&[("a", 0.7), ("b", 0.1)]), (Decision::Confirm, vec!["a".into()]));
        assert_eq!(decided(&[("a", 0.4), ("b", 0.3)]), (Decision::Choose, vec!["a".into(), "b".into()]));
        assert_eq!(decided(&[("a", 0.11), ("b", 0.1)]).0, Decision::None);
        assert_eq!(decided(&[("!out", 0.7), ("a", 0.2)]).0, Decision::None);
    }

    #[test]
    fn danger_comes_first() {
        assert_eq!(decided(&[("a", 0.6), ("!emergency", 0.35)]).0, Decision::Emergency);
        assert_eq!(decided(&[("!human", 0.8)]).0, Decision::Human);
    }
}
