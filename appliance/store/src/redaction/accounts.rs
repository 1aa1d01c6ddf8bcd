//! Accounts that have letters among their digits, as IBANs of other countries. Those of digits alone are runs of them.

use super::words::{Heard, Script};
use super::{Kind, Span};

/// The shortest IBAN there is, in characters.
const SHORTEST: usize = 15;

pub fn find(heard: &Heard) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut at = 0;
    while at < heard.len() {
        let found = account(heard, at);
        at = found.as_ref().map_or(at + 1, |span| span.words.end);
        spans.extend(found);
    }
    spans
}

/// "RO49 AAAA 1B31 0075 9384 0000".
fn account(heard: &Heard, at: usize) -> Option<Span> {
    let is_country = heard.word(at).is_some_and(|word| word.is_capitals() && word.text.len() == 2);
    let is_checked = heard.is_digits(at + 1) && heard.plain(at + 1).len() >= 2 && heard.gap(at + 1).trim().is_empty();
    if !is_country || !is_checked {
        return None;
    }
    let mut end = at + 1;
    while end < heard.len() && is_group(heard, end) {
        end += 1;
    }
    let characters: usize = (at..end).map(|word| heard.plain(word).len()).sum();
    (characters >= SHORTEST).then_some(Span { words: at..end, kind: Kind::Account })
}

fn is_group(heard: &Heard, at: usize) -> bool {
    let is_near = heard.gap(at).chars().all(|c| c.is_whitespace() || matches!(c, '-' | '.'));
    let is_code = heard.word(at).is_some_and(|word| match word.script {
        Script::Digits => true,
        Script::Letters => word.is_capitals() && word.text.len() <= 4,
        Script::Sign => false,
    });
    is_near && is_code
}
