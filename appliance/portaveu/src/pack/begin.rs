//! A council's own pack, begun from the example: everything is copied, and the council is asked for its facts.

use std::io::{BufRead, Write};
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use portaveu_call::Language;
use portaveu_knowledge::{Fact, Facts, Pack};

use crate::config::Config;

const FACTS: &str = "# The council's facts. Texts name them in braces: {phone} in an answer is the number here. A fact is the same in \
                     every\n# language, or has a text for some; those it lacks hear that of the council's first.\n";

pub fn begin(config: &Config, folder: &Path, input: &mut dyn BufRead) -> Result<()> {
    ensure!(!folder.exists(), "{}: is there already; name a folder that is not", folder.display());
    let inside = std::path::absolute(folder)?.starts_with(std::path::absolute(&config.council)?);
    ensure!(!inside, "{}: lies inside the pack that is copied; name a folder elsewhere", folder.display());
    let example = Pack::load(&config.council)?;
    let name = ask(input, "What is the council called, as it is said on the telephone (for example: Alboraia)?")?;
    ensure!(!name.is_empty(), "a council needs a name");
    println!(
        "Now its facts. Press Enter to keep what stands in brackets; everything can be changed later in facts.toml."
    );
    let facts = Facts(
        example
            .facts
            .0
            .iter()
            .map(|(key, fact)| Ok((key.clone(), own(input, key, fact, &name)?)))
            .collect::<Result<_>>()?,
    );
    copy(&config.council, folder, &example.name, &name)?;
    let written = folder.join("facts.toml");
    std::fs::write(&written, format!("{FACTS}{}", toml::to_string(&facts)?))
        .with_context(|| format!("{}: cannot be written", written.display()))?;
    println!(
        "The pack is in {}. Now adapt it: council.toml has the departments' extensions, calendar.toml the opening hours, \
         topics/ the answers, of which every other fact is still the example's. Then: portaveu pack check --config {}",
        folder.display(),
        folder.join("portaveu.toml").display()
    );
    Ok(())
}

/// The council's own fact: asked for, but for its name and the forms of it.
fn own(input: &mut dyn BufRead, key: &str, fact: &Fact, name: &str) -> Result<Fact> {
    let same = |language: &Language| (*language, name.to_owned());
    let of = |language: &Language| (*language, of_name(name, *language));
    Ok(match (key, fact) {
        ("name", Fact::Same(_)) => Fact::Same(name.to_owned()),
        ("name", Fact::ByLanguage(texts)) => Fact::ByLanguage(texts.keys().map(same).collect()),
        ("of_name", Fact::ByLanguage(texts)) => Fact::ByLanguage(texts.keys().map(of).collect()),
        (_, Fact::Same(text)) => Fact::Same(kept(input, key, text)?),
        (_, Fact::ByLanguage(texts)) => {
            let asked =
                texts.iter().map(|(language, text)| Ok((*language, kept(input, &format!("{key}, {language}"), text)?)));
            Fact::ByLanguage(asked.collect::<Result<_>>()?)
        }
    })
}

/// The name as it stands after "Ayuntamiento", "Ajuntament", "mairie".
fn of_name(name: &str, language: Language) -> String {
    let vowel = name.to_lowercase().starts_with(['a', 'à', 'e', 'é', 'è', 'i', 'í', 'o', 'ó', 'ò', 'u', 'ú', 'h']);
    match language {
        Language::Ca | Language::Fr if vowel => format!("d'{name}"),
        Language::Es | Language::Ca | Language::Fr => format!("de {name}"),
        _ => name.to_owned(),
    }
}

fn kept(input: &mut dyn BufRead, key: &str, text: &str) -> Result<String> {
    let answer = ask(input, &format!("{key} [{text}]:"))?;
    Ok(if answer.is_empty() { text.to_owned() } else { answer })
}

fn ask(input: &mut dyn BufRead, question: &str) -> Result<String> {
    print!("{question} ");
    std::io::stdout().flush()?;
    let mut line = String::new();
    input.read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

/// The folder with the new name wherever the example's stood.
fn copy(from: &Path, to: &Path, old: &str, new: &str) -> Result<()> {
    std::fs::create_dir_all(to).with_context(|| format!("{}: cannot be made", to.display()))?;
    for entry in std::fs::read_dir(from).with_context(|| format!("{}: cannot be read", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target, old, new)?;
        } else {
            let text = std::fs::read_to_string(entry.path())
                .with_context(|| format!("{}: cannot be read", entry.path().display()))?;
            std::fs::write(&target, text.replace(old, new))
                .with_context(|| format!("{}: cannot be written", target.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_elided_where_people_do() {
        assert_eq!(of_name("Alboraia", Language::Ca), "d'Alboraia");
        assert_eq!(of_name("Alboraia", Language::Es), "de Alboraia");
        assert_eq!(of_name("Torrent", Language::Ca), "de Torrent");
    }
}
