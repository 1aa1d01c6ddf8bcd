//! Renders phrases into the cache: reads them as JSON lines, says how far it is, passes over what is there already.

use std::fs::File;
use std::io::BufRead;
use std::path::Path;

use nix::unistd::getppid;
use portaveu_speech::cache::{Phrase, PhraseCache};
use portaveu_speech::models::Models;

use super::voice::Renderer;

/// Render each phrase of `input`; a phrase that fails is named, and the others are rendered all the same.
pub fn render(
    input: impl BufRead,
    models: &Path,
    cache: &Path,
    threads: i32,
    unless_locked: Option<&Path>,
) -> anyhow::Result<()> {
    let cache = PhraseCache::open(cache)?;
    let models = Models::open(models)?;
    let mut renderer = Renderer::new(&models, threads);
    let phrases =
        input.lines().map(|line| Ok(serde_json::from_str(&line?)?)).collect::<anyhow::Result<Vec<Phrase>>>()?;
    let missing: Vec<&Phrase> = phrases.iter().filter(|phrase| !cache.has(phrase)).collect();
    let (mut failed, parent) = (0, getppid());
    for (number, phrase) in missing.iter().enumerate() {
        if getppid() != parent {
            return Ok(()); // whoever wanted it was killed; the next one begins anew
        }
        if let Some(lock) = unless_locked {
            File::open(lock)?.lock_shared()?; // which lets it go at once
        }
        match renderer.render(phrase) {
            Ok(sound) => cache.put(phrase, &sound)?,
            Err(error) => {
                failed += 1;
                eprintln!("\"{}\" could not be rendered: {error}", phrase.text);
            }
        }
        println!("{} of {} rendered", number + 1, missing.len());
    }
    anyhow::ensure!(failed == 0, "{failed} of {} phrases could not be rendered", missing.len());
    Ok(())
}
