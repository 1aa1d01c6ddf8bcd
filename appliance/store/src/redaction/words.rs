//! What was heard, as words: runs of digits, runs of letters, and the signs of what was taken out before. Everything
//! else is the gap between two words.

use std::collections::HashSet;
use std::ops::Range;

use portaveu_call::Language;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::sign_at;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    Digits,
    Letters,
    /// Stands for what was taken out; belongs to nothing around it.
    Sign,
}

#[derive(Debug)]
pub struct Word<'a> {
    pub text: &'a str,
    /// Lower case, without accents and apostrophes, digits as in ASCII; empty for a sign.
    pub plain: String,
    pub script: Script,
    start: usize,
}

#[derive(Debug)]
pub struct Heard<'a> {
    pub language: Language,
    /// Whether capitals mark names in it.
    pub capitals: bool,
    text: &'a str,
    words: Vec<Word<'a>>,
}

impl<'a> Heard<'a> {
    pub fn new(text: &'a str, language: Language) -> Self {
        let words = split(text);
        let capitals = words.iter().any(Word::is_capitalised);
        Self { language, capitals, text, words }
    }

    pub fn len(&self) -> usize {
        self.words.len()
    }

    pub fn word(&self, at: usize) -> Option<&Word<'a>> {
        self.words.get(at)
    }

    /// The plain form of a word; nothing beyond the end.
    pub fn plain(&self, at: usize) -> &str {
        self.words.get(at).map_or("", |word| &word.plain)
    }

    pub fn is_digits(&self, at: usize) -> bool {
        self.words.get(at).is_some_and(|word| word.script == Script::Digits)
    }

    /// What is written between a word and the one before it, or the beginning and end of the text.
    pub fn gap(&self, at: usize) -> &str {
        let from = at.checked_sub(1).and_then(|before| self.words.get(before)).map_or(0, |word| word.end());
        let to = self.words.get(at).map_or(self.text.len(), |word| word.start);
        self.text.get(from..to).unwrap_or_default()
    }

    /// Whether nothing but a space or a hyphen parts a word from the one before it.
    pub fn is_close(&self, at: usize) -> bool {
        at > 0 && self.gap(at).chars().all(|c| c.is_whitespace() || is_hyphen(c))
    }

    /// Whether a clause ends before this word.
    pub fn is_parted(&self, at: usize) -> bool {
        at >= self.len() || self.gap(at).contains(['.', ',', ';', ':', '?', '!', '؟', '،', '…'])
    }

    pub fn bytes(&self, words: &Range<usize>) -> (usize, usize) {
        let start = self.words.get(words.start).map_or(self.text.len(), |word| word.start);
        let last = words.end.checked_sub(1).and_then(|last| self.words.get(last));
        (start, last.map_or(start, Word::end))
    }
}

impl Word<'_> {
    fn end(&self) -> usize {
        self.start + self.text.len()
    }

    pub fn is_capitalised(&self) -> bool {
        self.script == Script::Letters && self.text.chars().next().is_some_and(char::is_uppercase)
    }

    pub fn is_capitals(&self) -> bool {
        self.script == Script::Letters && self.text.chars().all(char::is_uppercase)
    }

    /// Of a script that has no capitals, as Arabic.
    pub fn is_caseless(&self) -> bool {
        self.script == Script::Letters
            && self.text.chars().next().is_some_and(|c| !c.is_lowercase() && !c.is_uppercase())
    }

    pub fn is_one_letter(&self) -> bool {
        self.script == Script::Letters && self.plain.chars().count() == 1
    }
}

fn split(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let (length, script) = first_word(rest);
        if let Some(script) = script {
            let word = rest.get(..length).unwrap_or_default();
            let plain = if script == Script::Sign { String::new() } else { plain(word) };
            words.push(Word { text: word, plain, script, start: at });
        }
        at += length;
    }
    words
}

/// How long the word is that `text` begins with, and what it is made of; one character if it begins with none.
fn first_word(text: &str) -> (usize, Option<Script>) {
    if let Some(sign) = sign_at(text) {
        return (sign.len(), Some(Script::Sign));
    }
    match text.chars().next() {
        Some(c) if c.is_numeric() => (run(text, char::is_numeric), Some(Script::Digits)),
        Some(c) if c.is_alphabetic() => (letters(text), Some(Script::Letters)),
        other => (other.map_or(1, char::len_utf8), None),
    }
}

/// An apostrophe is part of a Cyrillic word; elsewhere it parts an article from its noun.
fn letters(text: &str) -> usize {
    let end = run(text, |c| c.is_alphabetic() || is_combining_mark(c));
    let mut rest = text.get(end..).unwrap_or_default().chars();
    match (text.chars().next(), rest.next(), rest.next()) {
        (Some(first), Some(mark @ ('\'' | '’')), Some(next)) if is_cyrillic(first) && is_cyrillic(next) => {
            let from = end + mark.len_utf8();
            from + run(text.get(from..).unwrap_or_default(), is_cyrillic)
        }
        _ => end,
    }
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

fn is_cyrillic(c: char) -> bool {
    matches!(c, '\u{400}'..='\u{52f}')
}

fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '‐' | '‑' | '–')
}

pub fn plain(word: &str) -> String {
    let letters = word.nfkd().filter(|&c| !is_combining_mark(c) && !matches!(c, '\'' | '’' | 'ʼ' | '\u{640}'));
    letters.map(ascii_digit).flat_map(char::to_lowercase).collect()
}

fn ascii_digit(c: char) -> char {
    let zero = match c {
        '\u{660}'..='\u{669}' => 0x660,
        '\u{6f0}'..='\u{6f9}' => 0x6f0,
        _ => return c,
    };
    char::from_digit(c as u32 - zero, 10).unwrap_or(c)
}

/// The plain forms of words that are written one after the other.
pub fn vocabulary(words: &str) -> HashSet<String> {
    words.split_whitespace().map(plain).collect()
}
