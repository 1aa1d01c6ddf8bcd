//! What the caller said, from the worker's report to the dialogue.

use std::sync::atomic::Ordering;
use std::time::Instant;

use jiff::Timestamp;
use portaveu_call::{Heard, Hearing};
use portaveu_dialogue::Event;
use portaveu_knowledge::Context;
use portaveu_store::redaction::redact;

use super::call::Conversation;
use super::report::Timing;
use crate::wording;

impl Conversation {
    pub async fn hearing(&mut self, event: Hearing) {
        self.last_active = Instant::now();
        match event {
            Hearing::SpeechStarted => {
                tracing::debug!("{}: the caller speaks", self.call);
                self.caller_speaks = true;
                self.happened(&Event::SpeechStarted);
            }
            Hearing::SpeechEnded => self.caller_speaks = false,
            Hearing::Unintelligible => self.happened(&Event::Unintelligible),
            Hearing::Interrupted => self.happened(&Event::Interrupted),
            Hearing::Heard(heard) => self.heard(heard).await,
        }
    }

    async fn heard(&mut self, heard: Heard) {
        let heard_at = Instant::now();
        let (knowledge, text) = (self.published.knowledge.clone(), heard.text.clone());
        let (language, confidence) = (heard.language, heard.confidence);
        let (topic, choices) = (self.dialogue.topic().map(str::to_owned), self.dialogue.choices().to_vec());
        let understood = tokio::task::spawn_blocking(move || {
            let topic = topic.as_deref();
            let context = Context { at: Timestamp::now(), language, confidence, topic, choices: &choices };
            knowledge.understand(&text, &context)
        });
        let understood = understood.await;
        let understood = match understood {
            Ok(Ok(understood)) => understood,
            error => {
                tracing::error!("{}: an utterance could not be understood: {error:?}", self.call);
                return self.happened(&Event::Unintelligible);
            }
        };
        if self.stages.show {
            println!("caller  ({}, {:.2}): {}", heard.language, heard.confidence, heard.text);
        }
        self.timing = Some(Timing { heard_ms: heard.endpoint_ms.into(), heard_at, understood: heard_at.elapsed() });
        self.wire.awaited.store(true, Ordering::Relaxed);
        if !self.dialogue.is_private() {
            self.records.turn(&heard, &understood);
            self.last_heard = self.records.shown(&redact(&heard.text, heard.language));
        }
        let Heard { language, language_confidence, text, .. } = heard;
        let pack = &self.published.knowledge.pack;
        self.asked_for = wording::asked_for(pack, understood.decision, &text, self.asked_for.take());
        self.happened(&Event::Understood { language, language_confidence, understood, text });
    }
}
