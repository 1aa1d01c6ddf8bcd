//! The panel's words in its three languages: `texts/<language>.toml`, by section and name.

use std::collections::BTreeMap;

use portaveu_call::Language;

const FILES: [(Language, &str); 3] = [
    (Language::Es, include_str!("../texts/es.toml")),
    (Language::Ca, include_str!("../texts/ca.toml")),
    (Language::En, include_str!("../texts/en.toml")),
];

/// Why the panel's texts cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the panel's texts in {0}: {1}")]
pub struct TextsError(Language, toml::de::Error);

/// One language's words.
#[derive(Debug)]
pub struct Texts {
    pub language: Language,
    sections: BTreeMap<String, BTreeMap<String, String>>,
}

impl Texts {
    fn load(language: Language, text: &str) -> Result<Self, TextsError> {
        let sections = toml::from_str(text).map_err(|error| TextsError(language, error))?;
        Ok(Self { language, sections })
    }

    /// The words named "section.name"; the name itself where there are none, which a test rules out.
    pub fn say<'a>(&'a self, name: &'a str) -> &'a str {
        let found = name.split_once('.').and_then(|(section, name)| self.sections.get(section)?.get(name));
        found.map_or(name, String::as_str)
    }

    /// The same, with each `{}` replaced in turn.
    pub fn fill(&self, name: &str, values: &[&str]) -> String {
        values.iter().fold(self.say(name).to_owned(), |text, value| text.replacen("{}", value, 1))
    }
}

/// All of the panel's languages.
#[derive(Debug)]
pub struct AllTexts(Vec<Texts>);

impl AllTexts {
    pub fn load() -> Result<Self, TextsError> {
        FILES.iter().map(|(language, text)| Texts::load(*language, text)).collect::<Result<_, _>>().map(Self)
    }

    pub fn languages(&self) -> impl Iterator<Item = Language> {
        self.0.iter().map(|texts| texts.language)
    }

    /// In this language, else in Spanish.
    pub fn of(&self, language: Language) -> &Texts {
        self.0.iter().find(|texts| texts.language == language).unwrap_or(&self.0[0])
    }

    /// In the first language of the browser's list that there is.
    pub fn accepted(&self, header: &str) -> &Texts {
        let wanted = header.split(',').filter_map(|entry| entry.split(['-', ';']).next()?.trim().parse().ok());
        let language = wanted.into_iter().find(|wanted| self.languages().any(|language| language == *wanted));
        self.of(language.unwrap_or(Language::Es))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn all_languages_have_the_same_names_and_words_for_each() {
        let all = AllTexts::load().unwrap();
        let names = |texts: &Texts| -> Vec<(String, usize)> {
            let names = texts.sections.iter().flat_map(|(section, names)| {
                names.iter().map(move |(name, text)| (format!("{section}.{name}"), text.matches("{}").count()))
            });
            names.collect()
        };
        for texts in &all.0 {
            assert_eq!(names(texts), names(&all.0[0]), "{}", texts.language);
            assert!(texts.sections.values().flat_map(|names| names.values()).all(|text| !text.trim().is_empty()));
        }
    }

    /// Each name that the source uses is there, and each that is there is used.
    #[test]
    fn no_name_is_missing_and_none_is_left_over() {
        let mut source = String::new();
        read_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut source);
        let texts = AllTexts::load().unwrap();
        let texts = texts.of(Language::Es);
        for part in source.split("t.say(\"").skip(1).chain(source.split("t.fill(\"").skip(1)) {
            let name = part.split('"').next().unwrap();
            assert!(texts.say(name) != name, "{name} has no words");
        }
        for (section, names) in &texts.sections {
            let unused = names.keys().find(|name| {
                !source.contains(&format!("\"{section}.{name}\"")) && !source.contains(&format!("\"{section}.{{}}"))
            });
            assert_eq!(unused, None, "in section {section}");
        }
    }

    fn read_all(folder: &Path, source: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read_all(&path, source);
            } else {
                source.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }

    #[test]
    fn the_browsers_language_is_taken_if_there_is_one() {
        let all = AllTexts::load().unwrap();
        assert_eq!(all.accepted("fr, ca-ES;q=0.8, en;q=0.5").language, Language::Ca);
        assert_eq!(all.accepted("").language, Language::Es);
    }
}
