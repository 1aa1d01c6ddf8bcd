//! Letters that belong to a number: of an identity document, a passport, a number plate, an account; written or named.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use super::words::{Heard, Word, vocabulary};

/// Names of letters.
static NAMES: LazyLock<HashSet<String>> = LazyLock::new(|| {
    vocabulary(
        "be ce efe ge ache hache jota ka ele eme ene eñe pe cu erre ese uve equis ye zeta ceta seta griega grega \
         ef hac ela ema ena er essa esse ve xeix ics essa zed zède zet zee doble double dublu",
    )
});

/// Said in front of a letter: "con la letra zeta".
static LINKS: LazyLock<HashSet<String>> =
    LazyLock::new(|| vocabulary("letra lletra letter lettre litera la con amb with"));

/// Named in front of a number, in capitals, and no part of it.
const KINDS: [&str; 10] = ["dni", "nie", "nif", "cif", "sip", "ibi", "pin", "tel", "vic", "id"];

/// The most letters that a document or a number plate has on one side.
const MOST: usize = 3;

/// Letters in front of a number that begins with word `start`.
pub fn before(heard: &Heard, start: usize) -> Range<usize> {
    let mut from = start;
    while let Some(at) = from.checked_sub(1).filter(|_| start - from < MOST) {
        let is_next_to_letter = from < start || heard.gap(from).is_empty();
        if !is_letter(heard, at, is_next_to_letter) {
            break;
        }
        from = at;
    }
    from..start
}

/// Letters behind a number that ends before word `end`.
pub fn after(heard: &Heard, end: usize) -> Range<usize> {
    let first = (end..=end + MOST).find(|&at| !LINKS.contains(heard.plain(at))).unwrap_or(end);
    let is_sure = |at: usize| heard.gap(at).is_empty() || heard.is_parted(at + 1) || at > first && !heard.is_parted(at);
    let mut to = first;
    while to < first + MOST && is_letter(heard, to, is_sure(to)) {
        to += 1;
    }
    if to == first { end..end } else { end..to }
}

/// "de" and "a" are letters only next to another one, to their number, or where nothing follows.
fn is_letter(heard: &Heard, at: usize, is_sure: bool) -> bool {
    let Some(word) = heard.word(at) else { return false };
    if heard.gap(at + 1).starts_with(['\'', '’']) {
        return false;
    }
    let is_small_word = word.is_one_letter() || matches!(word.plain.as_str(), "de" | "te");
    is_code(word) || NAMES.contains(&word.plain) || is_small_word && is_sure
}

/// "Z", "BCD", "bcd".
fn is_code(word: &Word) -> bool {
    let is_consonants = word.plain.bytes().all(|c| c.is_ascii_lowercase() && !b"aeiou".contains(&c));
    let is_short = word.text.len() <= MOST && word.plain.is_ascii();
    let is_written = word.is_capitals() || is_consonants && word.text.len() == MOST;
    is_short && is_written && !KINDS.contains(&word.plain.as_str())
}
