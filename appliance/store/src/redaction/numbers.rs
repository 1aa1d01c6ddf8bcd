//! Numbers as they are written or said, and runs of them: a telephone number is a run of numbers.

use std::ops::Range;

use super::number_words::{Part, is_homograph, part};
use super::words::Heard;

#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    pub words: Range<usize>,
    pub value: u64,
    pub digits: usize,
    /// Said with a word for thousands or millions.
    pub is_thousands: bool,
}

/// Numbers with nothing between them but punctuation, "and", and what people say while they remember.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    pub numbers: Vec<Number>,
}

impl Run {
    pub fn words(&self) -> Range<usize> {
        let start = self.numbers.first().map_or(0, |number| number.words.start);
        start..self.numbers.last().map_or(start, |number| number.words.end)
    }

    pub fn digits(&self) -> usize {
        self.numbers.iter().map(|number| number.digits).sum()
    }

    pub fn values(&self) -> Vec<u64> {
        self.numbers.iter().map(|number| number.value).collect()
    }
}

/// Words that may be said between two numbers of a run.
const LONGEST_LINK: usize = 3;

/// From so many digits on a number is said on purpose, and "un" in it is one.
const LONG: usize = 7;

pub fn runs(heard: &Heard) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut at = 0;
    while at < heard.len() {
        let Some(number) = number(heard, at) else {
            at += 1;
            continue;
        };
        at = number.words.end;
        match runs.last_mut() {
            Some(run) if is_link(heard, run.words().end..number.words.start) => run.numbers.push(number),
            _ => runs.push(Run { numbers: vec![number] }),
        }
    }
    runs.into_iter().map(|run| without_articles(heard, run)).collect()
}

fn is_link(heard: &Heard, mut between: Range<usize>) -> bool {
    let is_filler = |at| matches!(part(heard.plain(at), heard.language), Some((Part::And | Part::Filler, _)));
    between.len() <= LONGEST_LINK && between.all(is_filler)
}

/// "en 2026 una…": the article is no part of it.
fn without_articles(heard: &Heard, mut run: Run) -> Run {
    let is_article = |number: &Number| number.words.len() == 1 && is_homograph(heard.plain(number.words.start));
    if run.digits() >= LONG {
        return run;
    }
    while run.numbers.len() > 1 && run.numbers.last().is_some_and(is_article) {
        run.numbers.pop();
    }
    while run.numbers.len() > 1 && run.numbers.first().is_some_and(is_article) {
        run.numbers.remove(0);
    }
    run
}

/// The number that begins at a word.
pub fn number(heard: &Heard, at: usize) -> Option<Number> {
    if heard.is_digits(at) {
        return Some(written(heard, at));
    }
    match part(heard.plain(at), heard.language)? {
        (Part::Times(times), _) => repeated(heard, at, times),
        _ => spoken(heard, at),
    }
}

/// The number that ends before a word, of which the longest.
pub fn number_before(heard: &Heard, end: usize) -> Option<Number> {
    (end.saturating_sub(5)..end).filter_map(|at| number(heard, at)).find(|number| number.words.end == end)
}

fn written(heard: &Heard, at: usize) -> Number {
    let digits = heard.plain(at).chars().count();
    let value = heard.plain(at).parse().unwrap_or(u64::MAX);
    let scale = match part(heard.plain(at + 1), heard.language) {
        Some((Part::Thousand, _)) if heard.is_close(at + 1) => 3,
        Some((Part::Million, _)) if heard.is_close(at + 1) => 6,
        _ => return Number { words: at..at + 1, value, digits, is_thousands: false },
    };
    let value = value.saturating_mul(10_u64.pow(scale));
    Number { words: at..at + 2, value, digits: digits + scale as usize, is_thousands: true }
}

/// "double six".
fn repeated(heard: &Heard, at: usize, times: usize) -> Option<Number> {
    let next = at + 1;
    let (value, digits) = match part(heard.plain(next), heard.language) {
        Some((Part::Number(value), _)) => (value, value.to_string().len()),
        _ if heard.is_digits(next) => (u64::MAX, heard.plain(next).chars().count()),
        _ => return None,
    };
    Some(Number { words: at..next + 1, value, digits: digits * times, is_thousands: false })
}

fn spoken(heard: &Heard, at: usize) -> Option<Number> {
    let mut sum = Sum::default();
    let mut end = at;
    let mut next = at;
    while let Some((part, grown)) = part(heard.plain(next), heard.language) {
        let is_apart = next > at && !heard.is_close(next);
        let is_and = part == Part::And && end > at;
        if is_apart || next > end + 1 || !(is_and || sum.add(part, grown)) {
            break;
        }
        next += 1;
        end = if is_and { end } else { next };
    }
    let value = sum.total + sum.below;
    let digits = value.to_string().len();
    (end > at).then_some(Number { words: at..end, value, digits, is_thousands: sum.total > 0 })
}

/// A number while it is being said.
struct Sum {
    total: u64,
    /// What was said since the last "thousand".
    below: u64,
    /// What may come next is smaller than this.
    room: u64,
    scale: u64,
}

impl Default for Sum {
    fn default() -> Self {
        Self { total: 0, below: 0, room: 1000, scale: u64::MAX }
    }
}

impl Sum {
    /// Whether the word goes on with this number.
    fn add(&mut self, part: Part, grown: bool) -> bool {
        match part {
            Part::Number(0) => self.zero(),
            Part::Number(number) if grown && self.is_unit() && (20..100).contains(&number) => self.put(number, 1),
            Part::Number(number) => self.number(number),
            Part::Score if self.below % 100 == 4 => self.put(76, 20),
            Part::Score => self.number(20),
            Part::Hundred => self.hundred(),
            Part::Thousand => self.scale(1000),
            Part::Million => self.scale(1_000_000),
            Part::Times(_) | Part::And | Part::Filler => false,
        }
    }

    fn put(&mut self, number: u64, room: u64) -> bool {
        self.below += number;
        self.room = room;
        true
    }

    /// Nothing goes on with a zero.
    fn zero(&mut self) -> bool {
        let is_first = self.is_empty();
        self.scale = 1;
        is_first && self.put(0, 1)
    }

    fn number(&mut self, number: u64) -> bool {
        let (needs, leaves) = match number {
            0..10 => (10, 1),
            10..20 => (20, 1),
            20..100 if number.is_multiple_of(10) => (100, if number == 60 { 20 } else { 10 }),
            20..100 => (100, 1),
            _ => (1000, 100),
        };
        self.room >= needs && self.put(number, leaves)
    }

    fn hundred(&mut self) -> bool {
        let before = self.below;
        match before {
            0 if self.room == 1000 => self.put(100, 100),
            1..10 => self.put(before * 99, 100),
            _ => false,
        }
    }

    fn scale(&mut self, scale: u64) -> bool {
        if scale >= self.scale {
            return false;
        }
        self.total += self.below.max(1) * scale;
        (self.below, self.room, self.scale) = (0, 1000, scale);
        true
    }

    fn is_empty(&self) -> bool {
        self.total == 0 && self.below == 0 && self.room == 1000
    }

    fn is_unit(&self) -> bool {
        self.room == 1 && (1..10).contains(&(self.below % 100))
    }
}
