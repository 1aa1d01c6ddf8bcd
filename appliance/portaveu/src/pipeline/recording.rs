//! A caller's message, from the first word to the store.
//!
//! It must not keep a voice that was not asked for, nor say that a message is kept before it is.

use std::sync::PoisonError;

use jiff::Timestamp;
use portaveu_call::{FRAME_SAMPLES, SAMPLE_RATE};
use portaveu_dialogue::{Draft, Event};
use portaveu_media::beep;
use portaveu_speech::wav;
use portaveu_store::{Message, MessageState};

use super::call::Conversation;
use super::report::unique;

/// The longest message: two minutes.
pub const LONGEST: usize = 120 * SAMPLE_RATE as usize;
/// A sample louder than this is a voice.
const VOICED: i16 = 500;
/// Kept before the first voice and after the last, in frames.
const AROUND: usize = 15;
/// Frames of voice without which there is no message: a fifth of a second.
const WORTH_KEEPING: usize = 10;

impl Conversation {
    /// As soon as the prompt was said.
    pub fn record(&mut self) {
        self.beep = true;
    }

    /// The prompt was said: now the signal, then the caller.
    pub fn beep_if_due(&mut self) {
        if std::mem::take(&mut self.beep) {
            self.playout.append(&beep(), false, false);
            *self.wire.recording.lock().unwrap_or_else(PoisonError::into_inner) = Some(Vec::new());
            tracing::debug!("{}: the signal was given", self.call);
        }
    }

    pub fn is_recording(&self) -> bool {
        self.wire.recording.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    pub fn is_recording_full(&self) -> bool {
        let recording = self.wire.recording.lock().unwrap_or_else(PoisonError::into_inner);
        recording.as_ref().is_some_and(|sound| sound.len() >= LONGEST)
    }

    pub fn message_kept(&mut self, kept: bool) {
        self.records.left_message = kept;
        self.happened(&Event::MessageKept(kept));
    }

    /// Keep the message; the store's answer comes as an event.
    pub fn keep_message(&mut self, draft: Draft) {
        self.beep = false;
        let recorded = self.wire.recording.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default();
        // Words were understood: it is a voice, however soft.
        let voice = if draft.text.is_empty() { voiced_part(&recorded).to_vec() } else { recorded };
        if voice.is_empty() && draft.number.is_none() && draft.text.is_empty() {
            return self.happened(&Event::MessageKept(false));
        }
        let pack = &self.published.knowledge.pack;
        let department = self.department.clone().or_else(|| {
            pack.department(self.asked_for.as_deref(), draft.topic.as_deref(), false).map(|(id, _)| id.to_owned())
        });
        let now = Timestamp::now();
        let message = Message {
            id: unique(now),
            at: now,
            language: self.manner.language,
            department: department.unwrap_or_default(),
            topic: draft.topic,
            number: draft.number,
            when: draft.when,
            text: draft.text,
            seconds: (voice.len() / SAMPLE_RATE as usize) as u32,
            state: MessageState::New,
        };
        self.records.left_message = true; // who hangs up now does not wait until it is certain
        let (store, call, kept) = (self.stages.store.clone(), self.call, self.kept_messages.clone());
        let stages = self.stages.clone();
        tokio::task::spawn_blocking(move || {
            let department = message.department.clone();
            let put = || -> anyhow::Result<()> { Ok(store.put_message(&message, &wav(&voice)?)?) };
            let is_kept = put().inspect_err(|error| tracing::error!("{call}: a message could not be kept: {error:#}"));
            if is_kept.is_ok() {
                tracing::info!("{call}: a message for {department} is kept");
                stages.show_lamp(&department);
            }
            let _ = kept.send(is_kept.is_ok()); // a caller who has hung up need not know
        });
    }
}

/// From a little before the first voice to a little after the last; nothing, if there is hardly any.
fn voiced_part(sound: &[i16]) -> &[i16] {
    let (frames, _) = sound.as_chunks::<FRAME_SAMPLES>();
    let is_voiced = |frame: &[i16; FRAME_SAMPLES]| frame.iter().any(|sample| sample.saturating_abs() > VOICED);
    if frames.iter().filter(|frame| is_voiced(frame)).count() < WORTH_KEEPING {
        return &[];
    }
    let first = frames.iter().position(is_voiced).unwrap_or(0).saturating_sub(AROUND);
    let last = (frames.iter().rposition(is_voiced).unwrap_or(0) + AROUND).min(frames.len());
    frames[first..last].as_flattened()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_around_a_voice_is_cut_away_and_alone_is_no_message() {
        let silence = vec![20; 100 * FRAME_SAMPLES];
        let voice = vec![2000; 50 * FRAME_SAMPLES];
        let sound = [silence.clone(), voice, silence.clone()].concat();
        assert_eq!(voiced_part(&sound).len(), (50 + 2 * AROUND) * FRAME_SAMPLES - FRAME_SAMPLES);
        assert!(voiced_part(&silence).is_empty());
        assert!(voiced_part(&[]).is_empty());
    }
}
