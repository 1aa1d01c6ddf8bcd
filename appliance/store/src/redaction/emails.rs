//! E-mail addresses, written or spoken: "pepe.garcia@gmail.com", "pepe punto garcía arroba gmail punto com".

use std::collections::HashSet;
use std::sync::LazyLock;

use super::function_words::is_function_word;
use super::number_words::{Part, part};
use super::words::{Heard, vocabulary};
use super::{Kind, Span};

/// Words that mean @ and nothing else.
static AT: LazyLock<HashSet<String>> = LazyLock::new(|| {
    vocabulary("arroba arrova arroa arrobas arova arobase arobas arond arondul آروبا اروبا أروباز اروباز")
});
/// Words that mean @ where a domain follows.
static MAYBE_AT: LazyLock<HashSet<String>> = LazyLock::new(|| vocabulary("at ет равлик собака собачка ات"));
static DOTS: LazyLock<HashSet<String>> =
    LazyLock::new(|| vocabulary("punto punt dot point punct крапка точка نقطة دوت"));
static SIGNS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    vocabulary(
        "guion guió baix bajo baja barra dash hyphen underscore tiret underline liniuță тире дефіс підкреслення \
         شرطة minus",
    )
});
static DOMAINS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    vocabulary(
        "com es org net cat eu info fr ro ua uk edu gob gov gmail hotmail yahoo outlook icloud telefonica ком كوم \
         نت جيميل",
    )
});
/// What is said in front of an address.
static CUES: LazyLock<HashSet<String>> =
    LazyLock::new(|| vocabulary("correo correu electrónico electrònic mail email adresse adresa пошта بريدي"));

/// How many words may come between the @ and the dot.
const LONGEST_DOMAIN: usize = 5;
/// How many words in front of the @ may be the name, where nothing links them.
const LONGEST_NAME: usize = 5;

pub fn find(heard: &Heard) -> Vec<Span> {
    (0..=heard.len()).filter_map(|at| address(heard, at)).map(|words| Span { words, kind: Kind::Email }).collect()
}

fn address(heard: &Heard, at: usize) -> Option<std::ops::Range<usize>> {
    if heard.gap(at).contains('@') {
        let end = domain_end(heard, at).or_else(|| is_long(heard, at).then_some(at + 1))?;
        return Some(name_start(heard, at, !heard.gap(at).contains(char::is_whitespace))..end);
    }
    let domain = domain_end(heard, at + 1);
    if AT.contains(heard.plain(at)) {
        let end = domain.unwrap_or(heard.len().min(at + 2));
        return Some(name_start(heard, at, false)..end);
    }
    let domain = domain.filter(|&end| MAYBE_AT.contains(heard.plain(at)) && DOMAINS.contains(heard.plain(end - 1)))?;
    Some(name_start(heard, at, false)..domain)
}

/// Not "Cl@ve" nor "tod@s".
fn is_long(heard: &Heard, at: usize) -> bool {
    heard.plain(at).chars().count() > 2
}

/// Where the domain that begins at a word ends: behind its last dot, or its only word.
fn domain_end(heard: &Heard, from: usize) -> Option<usize> {
    let mut end = None;
    let mut at = from + 1;
    while at < heard.len() && at - end.unwrap_or(from) <= if end.is_some() { 0 } else { LONGEST_DOMAIN } {
        match dot(heard, at) {
            Some(label) => {
                end = Some(label + 1);
                at = label;
            }
            None if heard.is_parted(at) => break,
            None => {}
        }
        at += 1;
    }
    end.or_else(|| DOMAINS.contains(heard.plain(from)).then_some(from + 1))
}

/// The label behind a dot that is written before a word, or is the word.
fn dot(heard: &Heard, at: usize) -> Option<usize> {
    let is_said = DOTS.contains(heard.plain(at)) && at + 1 < heard.len();
    let is_written = heard.gap(at) == ".";
    if is_said { Some(at + 1) } else { is_written.then_some(at) }
}

/// Where the name that ends before a word begins.
fn name_start(heard: &Heard, end: usize, is_written: bool) -> usize {
    let is_name = |at: usize| is_in_name(heard, at) || is_joined(heard, at);
    let Some(mut start) = end.checked_sub(1).filter(|&at| is_name(at)) else { return end };
    let mut loose = 1;
    while let Some(before) = start.checked_sub(1).filter(|&before| is_name(before) || is_joined(heard, start)) {
        if !is_joined(heard, start) {
            loose += 1;
            if is_written || loose > LONGEST_NAME || heard.gap(start).contains(['?', '!', ';', ':']) {
                break;
            }
        }
        start = before;
    }
    start
}

/// Whether a word is linked to the one before it, by a sign that is written or said, or as figures are.
fn is_joined(heard: &Heard, at: usize) -> bool {
    let Some(before) = at.checked_sub(1).filter(|_| !heard.gap(at).contains('@')) else { return false };
    let is_number = |at| matches!(part(heard.plain(at), heard.language), Some((Part::Number(_) | Part::Times(_), _)));
    let is_and = |at| matches!(part(heard.plain(at), heard.language), Some((Part::And, _)));
    let is_letter = |at| heard.word(at).is_some_and(|word| word.is_one_letter());
    let is_link = |at| DOTS.contains(heard.plain(at)) || SIGNS.contains(heard.plain(at));
    let is_written = !heard.gap(at).is_empty() && heard.gap(at).chars().all(|c| matches!(c, '.' | '_' | '-' | '+'));
    is_written
        || heard.gap(at).is_empty()
        || is_link(before)
        || is_link(at)
        || is_letter(before) && is_letter(at)
        || is_number(before) && (is_number(at) || heard.is_digits(at) || is_and(at))
        || is_and(before) && is_number(at)
}

fn is_in_name(heard: &Heard, at: usize) -> bool {
    let plain = heard.plain(at);
    let is_number = matches!(part(plain, heard.language), Some((Part::Number(_), _)));
    !plain.is_empty() && !CUES.contains(plain) && (is_number || !is_function_word(plain))
}
