//! `portaveu check`: is everything there and in order? Each finding is a sentence with its mend.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result, bail};
use portaveu_knowledge::Pack;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::config::Config;

/// What the model tool wrote of each model that it made.
#[derive(Deserialize)]
struct Receipt {
    files: BTreeMap<String, Made>,
}

#[derive(Deserialize)]
struct Made {
    sha256: String,
}

/// Without these a call cannot be held.
const NEEDED: [&str; 5] = ["whisper-base", "silero-vad", "e5-small", "kokoro", "sherpa-onnx"];

pub fn run(config: &Config) -> Result<()> {
    let pack = Pack::load(&config.council)?;
    println!("pack    {}: {} topics, {} languages, {} examples", pack.name, pack.topics.len(), pack.languages.len(), pack.examples.len());
    let advice = portaveu_knowledge::check(&pack);
    advice.iter().for_each(|sentence| println!("advice  {sentence}"));
    let broken = broken_models(&config.models)?;
    broken.iter().for_each(|sentence| println!("broken  {sentence}"));
    if !broken.is_empty() {
        bail!("the models in {} are not in order; run `make models`", config.models.display());
    }
    println!("models  in order: {}", config.models.display());
    Ok(())
}

fn broken_models(folder: &Path) -> Result<Vec<String>> {
    let listing = folder.join("models.json");
    let text = std::fs::read_to_string(&listing)
        .with_context(|| format!("{}: cannot be read; run `make models` to fetch the models", listing.display()))?;
    let receipts: BTreeMap<String, Receipt> = serde_json::from_str(&text)
        .with_context(|| format!("{}: is damaged; remove it and run `make models`", listing.display()))?;
    let mut broken = Vec::new();
    for name in NEEDED {
        let Some(receipt) = receipts.get(name) else {
            broken.push(format!("{name} was not fetched"));
            continue;
        };
        for (file, made) in &receipt.files {
            match sha256(&folder.join(file)) {
                Ok(found) if found == made.sha256 => {}
                Ok(_) => broken.push(format!("{file} is damaged: its checksum is another")),
                Err(error) => broken.push(format!("{file} cannot be read: {error}")),
            }
        }
    }
    Ok(broken)
}

fn sha256(path: &Path) -> std::io::Result<String> {
    let mut hash = Sha256::new();
    std::io::copy(&mut File::open(path)?, &mut hash)?;
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
