//! What safe mode says and whom it rings, kept in the data folder while all is well.

use std::path::Path;

use anyhow::{Context, Result};

use crate::pipeline::Stages;
use crate::{whole, wording};

const SENTENCE: &str = "sentence.wav";
const EXTENSIONS: &str = "extensions";

/// Keep what safe mode needs, of the pack that answers calls now.
pub async fn keep(stages: &Stages) -> Result<()> {
    let published = stages.published();
    let pack = &published.knowledge.pack;
    let mut sentence = Vec::new();
    for phrase in wording::out_of_order(pack) {
        sentence.extend(stages.spoken(phrase).await);
    }
    let department = pack.emergency.as_ref().and_then(|id| pack.departments.get(id));
    let extensions = department.map(|department| department.extensions.join("\n")).unwrap_or_default();
    let (folder, sound) = (stages.config.safe(), portaveu_speech::wav(&sentence)?);
    let write = move || {
        std::fs::create_dir_all(&folder)?;
        whole::write(&folder.join(SENTENCE), &sound)?;
        whole::write(&folder.join(EXTENSIONS), extensions.as_bytes())
    };
    let written: std::io::Result<()> = tokio::task::spawn_blocking(write).await?;
    written.with_context(|| format!("{}: cannot be written", stages.config.safe().display()))?;
    tracing::debug!("what safe mode needs is kept");
    Ok(())
}

/// The sentence, at 16 kHz. Without one the box still rings somebody.
pub fn sentence(folder: &Path) -> Vec<i16> {
    let sentence = portaveu_speech::read_wav(&folder.join(SENTENCE));
    sentence.inspect_err(|error| tracing::error!("callers hear no sentence: {error}")).unwrap_or_default()
}

pub fn extensions(folder: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(folder.join(EXTENSIONS)).unwrap_or_default();
    if text.is_empty() {
        tracing::error!("nobody is rung: the council's pack names no emergency telephone, or this box has not run yet");
    }
    text.lines().map(str::to_owned).collect()
}
