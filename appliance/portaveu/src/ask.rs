//! `portaveu ask`: one turn of a conversation without a line. The JSON is a contract.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Args;
use jiff::Timestamp;
use portaveu_call::{Control, Decision, Heard, Language, Understood};
use portaveu_dialogue::Event;
use portaveu_knowledge::{Context, Knowledge};
use serde::Serialize;

use crate::config::Config;
use crate::conversation::Conversation;
use crate::hear::Ear;

#[derive(Args)]
pub struct Question {
    /// The caller's language; found from the voice when it is not given, and for a text the council's first.
    #[arg(long)]
    lang: Option<Language>,
    /// When the caller asks (RFC 3339); now, if it is not given. Opening hours depend on it.
    #[arg(long)]
    at: Option<Timestamp>,
    /// Print one line of JSON.
    #[arg(long)]
    json: bool,
    /// A recording of the question, of any rate.
    #[arg(long, conflicts_with = "text", required_unless_present = "text")]
    wav: Option<PathBuf>,
    /// What the caller says.
    text: Option<String>,
}

/// What a caller said, heard or written.
pub struct Said {
    pub text: String,
    pub language: Language,
    pub confidence: f32,
    pub hear_ms: u64,
}

impl Said {
    pub fn written(text: &str, language: Language) -> Self {
        Self { text: text.to_owned(), language, confidence: 1.0, hear_ms: 0 }
    }
}

impl From<Heard> for Said {
    fn from(heard: Heard) -> Self {
        let Heard { text, language, confidence, recognise_ms, .. } = heard;
        Self { text, language, confidence, hear_ms: recognise_ms.into() }
    }
}

/// One line of the answer's JSON.
#[derive(Debug, Serialize)]
pub struct Reply {
    pub heard: String,
    pub language: Language,
    pub decision: Decision,
    pub topics: Vec<String>,
    pub control: Option<Control>,
    pub reply: String,
    pub ms: Took,
    /// Probability of the first topic.
    #[serde(skip)]
    pub confidence: f32,
}

#[derive(Debug, Default, Serialize)]
pub struct Took {
    pub hear: u64,
    pub understand: u64,
}

pub async fn run(config: &Config, question: &Question) -> Result<()> {
    // First, so that a wrong file is told of before anything that takes time.
    let sound = question.wav.as_deref().map(portaveu_speech::read_wav).transpose()?;
    let knowledge = crate::load_knowledge(config)?;
    let languages = match question.lang {
        Some(language) => vec![(language, 1.0)],
        None => knowledge.pack.languages_by_likelihood(),
    };
    let at = question.at.unwrap_or_else(Timestamp::now);
    let first = question.lang.unwrap_or(knowledge.pack.first_language());
    let said = match (&question.text, &sound) {
        (Some(text), _) => Said::written(text, first),
        (None, Some(sound)) => {
            let heard = Ear::open(config, languages, knowledge.pack.sentences()).await?.hear(sound).await?;
            heard.map_or_else(|| Said::written("", first), Said::from)
        }
        (None, None) => anyhow::bail!("give a text, or a recording with --wav"),
    };
    let reply = reply(&knowledge, &said, at)?;
    if question.json {
        println!("{}", serde_json::to_string(&reply)?);
    } else {
        println!("{}", reply.reply);
    }
    Ok(())
}

/// What the box makes of it and says to it.
pub fn reply(knowledge: &Knowledge, said: &Said, at: Timestamp) -> Result<Reply> {
    let begin = Instant::now();
    let Said { ref text, language, confidence, hear_ms } = *said;
    let understood = knowledge.understand(text, &Context { at, language, confidence, topic: None, choices: &[] })?;
    let took = begin.elapsed();
    Ok(Reply {
        heard: text.clone(),
        language,
        decision: understood.decision,
        topics: understood.topics.clone(),
        control: understood.control,
        confidence: understood.confidence,
        reply: answered(knowledge, language, at, understood, text),
        ms: Took { hear: hear_ms, understand: rounded(took) },
    })
}

fn rounded(took: Duration) -> u64 {
    took.as_micros().div_ceil(1000) as u64
}

/// What the conversation would say after its greeting.
fn answered(knowledge: &Knowledge, language: Language, at: Timestamp, understood: Understood, text: &str) -> String {
    let mut conversation = Conversation::new(&knowledge.pack, language);
    conversation.happens(&Event::Answered, at);
    let said = conversation
        .happens(&Event::Understood { language, language_confidence: 1.0, understood, text: text.to_owned() }, at);
    said.iter().map(|phrase| phrase.text.as_str()).collect::<Vec<_>>().join(" ")
}
