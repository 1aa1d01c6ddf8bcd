//! Names of people, where somebody is introduced: "me llamo Josep Martí", "soy la señora García".
//!
//! A name that nothing announces stays: it cannot be told from a place or an office.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::function_words::is_function_word;
use super::words::{Heard, Script, plain, vocabulary};
use super::{Kind, Span};

/// A name follows for sure, with a capital or without.
const CERTAIN: [&str; 30] = [
    "me llamo",
    "mi nombre es",
    "mi nombre completo es",
    "mi apellido es",
    "mis apellidos son",
    "em dic",
    "me dic",
    "el meu nom és",
    "el meu cognom és",
    "els meus cognoms són",
    "my name is",
    "my name s",
    "my surname is",
    "i am called",
    "je m appelle",
    "mon nom est",
    "mă numesc",
    "mă cheamă",
    "numele meu este",
    "numele meu e",
    "мене звати",
    "мене звуть",
    "меня зовут",
    "моє ім'я",
    "моє прізвище",
    "اسمي",
    "إسمي",
    "اسمي هو",
    "أدعى",
    "لقبي",
];
/// A name follows if it has a capital.
const POSSIBLE: [&str; 36] = [
    "soy",
    "se llama",
    "se llamaba",
    "a nombre de",
    "de parte de",
    "le habla",
    "habla",
    "nombre y apellidos",
    "sóc",
    "soc",
    "es diu",
    "es deia",
    "em diuen",
    "a nom de",
    "de part de",
    "nom i cognoms",
    "i am",
    "i m",
    "this is",
    "his name is",
    "her name is",
    "their name is",
    "is called",
    "in the name of",
    "on behalf of",
    "je suis",
    "il s appelle",
    "elle s appelle",
    "au nom de",
    "sunt",
    "se numește",
    "îl cheamă",
    "o cheamă",
    "pe numele",
    "я",
    "на ім'я",
];

type Phrase = Vec<String>;

static INTRODUCTIONS: LazyLock<Vec<(Phrase, bool)>> = LazyLock::new(|| {
    let phrase = |text: &str| text.split(' ').map(plain).collect();
    let certain = CERTAIN.into_iter().map(move |text| (phrase(text), true));
    certain.chain(POSSIBLE.into_iter().map(move |text| (phrase(text), false))).collect()
});
static TITLES: LazyLock<HashSet<String>> = LazyLock::new(|| {
    vocabulary(
        "el la lo en na l the señor señora sr sra don doña dña senyor senyora mr mrs miss ms mister doctor doctora dr \
         dra monsieur madame mademoiselle domnul doamna domnișoara пан пані السيد السيدة",
    )
});
static PARTICLES: LazyLock<HashSet<String>> =
    LazyLock::new(|| vocabulary("de del la las los dels d l da do dos di van von der y i e el al ben bin ibn"));
/// Capitals that make no name: English writes what somebody is with one, and callers spell acronyms.
static NO_NAMES: LazyLock<HashSet<String>> = LazyLock::new(|| {
    vocabulary(
        "i ok okay english british scottish welsh irish spanish american ukrainian romanian moroccan algerian french \
         danish swedish norwegian finnish icelandic swiss austrian greek turkish czech slovak hungarian serbian \
         croatian \
         albanian georgian armenian estonian latvian lithuanian syrian lebanese iraqi iranian afghan egyptian tunisian \
         senegalese gambian malian nigerian ghanaian brazilian argentinian colombian venezuelan ecuadorian peruvian \
         bolivian cuban mexican dominican honduran paraguayan uruguayan canadian australian japanese korean filipino \
         vietnamese african asian latin german russian polish dutch belgian italian portuguese bulgarian chinese \
         indian pakistani european catalan \
         valencian muslim christian catholic jewish autistic",
    )
});

const MOST_WORDS: usize = 7;
/// Of a name that no capital marks.
const MOST_SMALL_WORDS: usize = 3;

pub fn find(heard: &Heard) -> Vec<Span> {
    (0..heard.len()).filter_map(|at| introduced(heard, at)).collect()
}

fn introduced(heard: &Heard, at: usize) -> Option<Span> {
    let (phrase, is_certain) =
        INTRODUCTIONS.iter().filter(|(phrase, _)| is_said(heard, at, phrase)).max_by_key(|(phrase, _)| phrase.len())?;
    let start = (at + phrase.len()..).find(|&at| !TITLES.contains(heard.plain(at)))?;
    let mut end = name_end(heard, start);
    if end == start && *is_certain {
        end = small_name_end(heard, start);
    }
    let is_apart = heard.gap(at + phrase.len()).contains(['?', '!', '.']);
    (end > start && !is_apart).then_some(Span { words: start..end, kind: Kind::Name })
}

fn is_said(heard: &Heard, at: usize, phrase: &[String]) -> bool {
    // "me llamó" is a call, and no name.
    let is_spelt = |word: usize| heard.word(word).is_some_and(|word| word.plain != "llamo" || word.text.is_ascii());
    phrase.iter().enumerate().all(|(nth, word)| heard.plain(at + nth) == word && is_spelt(at + nth))
}

fn is_name(heard: &Heard, at: usize) -> bool {
    heard.word(at).is_some_and(|word| {
        let is_acronym = word.is_capitals() && word.text.chars().count() > 1;
        word.is_capitalised() && !NO_NAMES.contains(&word.plain) && !is_acronym
    })
}

/// Where the name that begins at a word ends, by its capitals.
fn name_end(heard: &Heard, start: usize) -> usize {
    let mut end = start;
    let mut at = start;
    while at < start + MOST_WORDS && (at == start || goes_on(heard, at)) {
        if is_name(heard, at) {
            end = at + 1;
        } else if at == start || !PARTICLES.contains(heard.plain(at)) || at > end + 1 {
            break;
        }
        at += 1;
    }
    end
}

/// Whether nothing but an initial's point or a comma parts a word of a name from the one before it.
fn goes_on(heard: &Heard, at: usize) -> bool {
    let is_initial = at > 0 && heard.word(at - 1).is_some_and(|word| word.is_one_letter());
    match heard.gap(at).trim() {
        "" | "-" | "'" | "’" | "·" => true,
        "," => is_name(heard, at),
        "." => is_initial,
        _ => false,
    }
}

/// Where a name without capitals ends: of a script that has none, or where nothing else has one either.
fn small_name_end(heard: &Heard, start: usize) -> usize {
    let is_part = |at: usize| {
        let is_word = heard.word(at).is_some_and(|word| word.script == Script::Letters);
        let is_small = heard.word(at).is_some_and(|word| word.is_caseless() || !heard.capitals);
        let is_and = heard.word(at).is_some_and(|word| word.is_caseless() && word.plain.starts_with('و') && at > start);
        let is_near = at == start || heard.gap(at).trim().is_empty();
        is_word && is_small && is_near && !is_and && !is_function_word(heard.plain(at))
    };
    (start..start + MOST_SMALL_WORDS).find(|&at| !is_part(at)).unwrap_or(start + MOST_SMALL_WORDS)
}
