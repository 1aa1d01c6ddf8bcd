//! Takes personal data out of what a caller said, before it is stored: numbers of four digits and more, identity
//! documents, accounts, e-mail, dates of birth, names after an introduction, and house numbers; written or spoken.
//!
//! It works by rules, so it finds what is said in the usual ways and nothing else. Where a number may be somebody's it
//! goes. It must not take out whole sentences, nor what a question hangs on: hours, prices, holidays, 112.

mod accounts;
mod addresses;
mod dates;
mod emails;
mod figures;
mod function_words;
mod letters;
mod names;
mod number_words;
mod numbers;
#[cfg(test)]
mod tests;
mod words;

use std::ops::Range;

use portaveu_call::Language;
use words::Heard;

/// What was taken out. Where two overlap, the first in this order names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Email,
    Account,
    Document,
    Date,
    Name,
    Number,
}

/// Words of what was heard that are taken out together.
#[derive(Debug, PartialEq)]
struct Span {
    words: Range<usize>,
    kind: Kind,
}

const ES: [&str; 6] = ["[correo]", "[cuenta]", "[documento]", "[fecha]", "[nombre]", "[número]"];
const CA: [&str; 6] = ["[correu]", "[compte]", "[document]", "[data]", "[nom]", "[número]"];
const EN: [&str; 6] = ["[e-mail]", "[account]", "[identity document]", "[date]", "[name]", "[number]"];
/// In the languages that the staff need not read.
const OTHER: &str = "[…]";

/// What stands for what was taken out.
fn sign(kind: Kind, language: Language) -> &'static str {
    match language {
        Language::Es => ES[kind as usize],
        Language::Ca => CA[kind as usize],
        Language::En => EN[kind as usize],
        Language::Fr | Language::Ro | Language::Ar | Language::Uk => OTHER,
    }
}

/// The sign that `text` begins with.
fn sign_at(text: &str) -> Option<&'static str> {
    let all = || ES.into_iter().chain(CA).chain(EN).chain([OTHER]);
    if text.starts_with('[') { all().find(|sign| text.starts_with(sign)) } else { None }
}

/// `heard` without personal data; a sign in square brackets stands for each. To redact it again changes nothing.
pub fn redact(heard: &str, language: Language) -> String {
    let mut text = heard.to_owned();
    // What stood between two words may be gone, so that they belong together now. Each round has fewer words.
    while let Some(less) = redact_once(&text, language) {
        text = less;
    }
    text
}

fn redact_once(text: &str, language: Language) -> Option<String> {
    let heard = Heard::new(text, language);
    let spans = joined(find(&heard));
    let mut out = String::with_capacity(text.len());
    let mut kept = 0;
    for span in &spans {
        let (start, end) = heard.bytes(&span.words);
        let before = text.get(kept..start).unwrap_or_default();
        out += if span.kind == Kind::Number { before.strip_suffix('+').unwrap_or(before) } else { before };
        out += sign(span.kind, language);
        kept = end;
    }
    out += text.get(kept..).unwrap_or_default();
    (!spans.is_empty()).then_some(out)
}

fn find(heard: &Heard) -> Vec<Span> {
    let finders = [emails::find, accounts::find, dates::find, figures::find, names::find, addresses::find];
    finders.iter().flat_map(|find| find(heard)).filter(|span| !span.words.is_empty()).collect()
}

/// In order, those that overlap as one.
fn joined(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by_key(|span| (span.words.start, span.kind));
    let mut out: Vec<Span> = Vec::new();
    for span in spans {
        match out.last_mut() {
            Some(last) if span.words.start < last.words.end => {
                last.words.end = last.words.end.max(span.words.end);
                last.kind = last.kind.min(span.kind);
            }
            _ => out.push(span),
        }
    }
    out
}
