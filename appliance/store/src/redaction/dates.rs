//! Dates of birth: a date that is said to be one, or a whole date of the past. Dates that a question hangs on stay.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use super::numbers::{Number, Run, number, number_before, runs};
use super::words::{Heard, vocabulary};
use super::{Kind, Span};

/// Callers ask about days of their own time. Whoever names a whole date before this year tells when something was.
const PRESENT: u64 = 2025;

static MONTHS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    vocabulary(
        "enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre diciembre \
         gener febrer març abril maig juny juliol agost setembre octubre novembre desembre \
         january february march april may june july august september october november december \
         janvier février mars avril mai juin juillet août septembre octobre novembre décembre \
         ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie \
         січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня \
         января февраля марта апреля мая июня июля августа сентября октября ноября декабря \
         يناير فبراير مارس أبريل ابريل مايو ماي يونيو يوليو يوليوز أغسطس غشت سبتمبر شتنبر أكتوبر نوفمبر نونبر \
         ديسمبر دجنبر",
    )
});
/// "nací", "date of birth".
static BIRTHS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    vocabulary(
        "nací nació nacido nacida naciste nacimiento nascut nascuda naixement nàixer néixer nasquí naix \
         born birth birthday dob née naissance născut născută naștere născui cumpleaños \
         народився народилася народилась народження родился родилась рождения \
         ولدت ميلادي ميلاد الميلاد مولود مولودة ولادتي مواليد",
    )
});
/// "partida de nacimiento": a paper, and no birth.
static PAPERS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    vocabulary("partida certificado certificat certificate acta acte extrait literal lista свідоцтво شهادة inscripción")
});
static LINKS: LazyLock<HashSet<String>> = LazyLock::new(|| vocabulary("de del d of l any año anul en in року من"));
static BEFORE_YEAR: LazyLock<HashSet<String>> =
    LazyLock::new(|| vocabulary("el del l any año in en anul în у в سنة عام"));
static SUFFIXES: LazyLock<HashSet<String>> = LazyLock::new(|| vocabulary("st nd rd th er º o r n t è"));
static ORDINALS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    vocabulary(
        "primero primer premier first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth \
         thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth thirtieth \
         першого другого третього четвертого п'ятого шостого сьомого восьмого дев'ятого десятого одинадцятого \
         дванадцятого двадцятого тридцятого",
    )
});

/// How far from a date it may be said that it is one of birth.
const CUE_BEFORE: usize = 6;
const CUE_AFTER: usize = 4;

pub fn find(heard: &Heard) -> Vec<Span> {
    let named = (0..heard.len()).filter_map(|month| with_month(heard, month));
    let figures = runs(heard);
    let written = figures.iter().filter_map(|run| in_figures(heard, run));
    let parted = figures.windows(3).filter_map(|runs| in_parts(heard, runs));
    named.chain(written).chain(parted).map(|words| Span { words, kind: Kind::Date }).collect()
}

pub fn is_year(value: u64) -> bool {
    (1800..2100).contains(&value)
}

/// "nineteen forty", "twenty twenty-six".
pub fn is_year_in_pairs(first: u64, second: u64) -> bool {
    matches!(first, 19 | 20) && (10..100).contains(&second)
}

/// "9/10", "9/10/2026", "24, 25 y 31 de diciembre", "October 9, 2026".
pub fn is_day_to_come(heard: &Heard, run: &Run) -> bool {
    let Range { start, end } = run.words();
    let is_slashed = run.numbers.iter().skip(1).all(|number| matches!(heard.gap(number.words.start), "/" | "-" | "."));
    let before_month = MONTHS.contains(heard.plain(after_links(heard, end)));
    let after_month = start.checked_sub(1).is_some_and(|month| MONTHS.contains(heard.plain(month)));
    match run.values().as_slice() {
        [day, month] if is_slashed && is_day(*day) && is_month(*month) => true,
        [day, month, year] if is_slashed && is_day(*day) && is_month(*month) => *year >= PRESENT && is_year(*year),
        [day, year] if after_month && is_day(*day) && is_year(*year) => true,
        days => before_month && days.len() <= 4 && days.iter().all(|&day| is_day(day)),
    }
}

fn is_day(value: u64) -> bool {
    (1..=31).contains(&value)
}

fn is_month(value: u64) -> bool {
    (1..=12).contains(&value)
}

/// "3 de mayo de 1940".
fn with_month(heard: &Heard, month: usize) -> Option<Range<usize>> {
    if !MONTHS.contains(heard.plain(month)) {
        return None;
    }
    let before = day_before(heard, month);
    let after = day_after(heard, month);
    let day_end = if before.is_some() { month + 1 } else { after.unwrap_or(month + 1) };
    let year = year_after(heard, day_end);
    let words = before.unwrap_or(month)..year.as_ref().map_or(day_end, |(end, _)| *end);
    let is_whole = before.or(after).is_some() && year.as_ref().is_some_and(|(_, year)| is_past(*year));
    let is_date = before.or(after).is_some() || year.is_some();
    (is_whole || is_date && is_birth(heard, &words)).then_some(words)
}

/// Where the day in front of a month begins.
fn day_before(heard: &Heard, month: usize) -> Option<usize> {
    let mut end = month;
    while end > 0 && (LINKS.contains(heard.plain(end - 1)) || end < month && SUFFIXES.contains(heard.plain(end - 1))) {
        end -= 1;
    }
    if end > 0 && SUFFIXES.contains(heard.plain(end - 1)) && heard.gap(end - 1).is_empty() {
        end -= 1;
    }
    let before = end.checked_sub(1)?;
    if ORDINALS.contains(heard.plain(before)) {
        return Some(before - usize::from(before > 0 && number(heard, before - 1).is_some()));
    }
    number_before(heard, end).filter(|day| is_day(day.value)).map(|day| day.words.start)
}

/// "May 3rd": where the day behind a month ends.
fn day_after(heard: &Heard, month: usize) -> Option<usize> {
    if heard.is_parted(month + 1) {
        return None;
    }
    let from = (month + 1..month + 3).find(|&at| heard.plain(at) != "the")?;
    if ORDINALS.contains(heard.plain(from)) {
        return Some(from + 1);
    }
    let day = number(heard, from).filter(|day| is_day(day.value))?;
    let end = day.words.end;
    Some(end + usize::from(SUFFIXES.contains(heard.plain(end)) && heard.gap(end).is_empty()))
}

fn after_links(heard: &Heard, mut at: usize) -> usize {
    while LINKS.contains(heard.plain(at)) {
        at += 1;
    }
    at
}

/// The end of a year that follows, and which it is. Two digits are one after "del", "de l'any", or when a birth is
/// spoken of.
fn year_after(heard: &Heard, at: usize) -> Option<(usize, u64)> {
    let from = after_links(heard, at);
    let first = number(heard, from)?;
    if let Some(pair) = number(heard, first.words.end).filter(|second| is_year_in_pairs(first.value, second.value)) {
        return Some((pair.words.end, first.value * 100 + pair.value));
    }
    let is_short = from > at && BEFORE_YEAR.contains(heard.plain(from - 1)) || is_birth(heard, &(at..first.words.end));
    let year = if is_year(first.value) { first.value } else { short_year(&first).filter(|_| is_short)? };
    Some((first.words.end, year))
}

/// "43" is 1943, "12" is 2012, and "26" is this decade's.
fn short_year(number: &Number) -> Option<u64> {
    match number.value {
        0..30 if number.digits <= 2 => Some(2000 + number.value),
        30..100 => Some(1900 + number.value),
        _ => None,
    }
}

fn is_past(year: u64) -> bool {
    year < PRESENT
}

/// "12/05/1943", "12 5 43"; a year alone only where a birth is spoken of.
fn in_figures(heard: &Heard, run: &Run) -> Option<Range<usize>> {
    let words = run.words();
    let is_date = match run.numbers.as_slice() {
        [day, month, year] if is_day(day.value) && is_month(month.value) => is_past_or_birth(heard, year, &words),
        [year, month, day] if is_day(day.value) && is_month(month.value) && is_year(year.value) => {
            is_past_or_birth(heard, year, &words)
        }
        [first, second] if is_year_in_pairs(first.value, second.value) => is_birth(heard, &words),
        [year] if is_year(year.value) => is_birth(heard, &words),
        [year] => is_short_year_of_birth(heard, year),
        _ => false,
    };
    is_date.then_some(words)
}

fn is_past_or_birth(heard: &Heard, year: &Number, words: &Range<usize>) -> bool {
    let start = year.words.start;
    let is_linked =
        matches!(heard.gap(start).trim(), "/" | "-" | ".") || LINKS.contains(heard.plain(start.saturating_sub(1)));
    let is_birth = is_birth(heard, words);
    let full = if is_year(year.value) { Some(year.value) } else { short_year(year).filter(|_| is_linked || is_birth) };
    full.is_some_and(|year| is_past(year) || is_birth)
}

/// "nací en el cuarenta".
fn is_short_year_of_birth(heard: &Heard, year: &Number) -> bool {
    let is_after = |before: usize| BEFORE_YEAR.contains(heard.plain(before));
    let is_short = (20..100).contains(&year.value) && year.words.start.checked_sub(1).is_some_and(is_after);
    is_short && is_birth(heard, &year.words)
}

/// "el 12 del 5 del 43".
fn in_parts(heard: &Heard, runs: &[Run]) -> Option<Range<usize>> {
    let numbers: Vec<&Number> = runs.iter().flat_map(|run| &run.numbers).collect();
    let [day, month, year] = numbers.as_slice() else { return None };
    let is_linked = |from: &Number, to: &Number| {
        let at = from.words.end;
        at + 1 == to.words.start && matches!(heard.plain(at), "del" | "de")
    };
    let words = day.words.start..year.words.end;
    let is_date = is_day(day.value) && is_month(month.value) && is_linked(day, month) && is_linked(month, year);
    (is_date && is_past_or_birth(heard, year, &words)).then_some(words)
}

/// Whether a birth is spoken of around these words, in the same sentence.
fn is_birth(heard: &Heard, words: &Range<usize>) -> bool {
    let ends = |at: usize| heard.gap(at).contains(['?', '¿', '!', '¡', '؟']);
    let before = (words.start.saturating_sub(CUE_BEFORE)..words.start).rev();
    let after = words.end..heard.len().min(words.end + CUE_AFTER);
    before.take_while(|&at| !ends(at + 1)).any(|at| is_birth_word(heard, at))
        || after.take_while(|&at| !ends(at)).any(|at| is_birth_word(heard, at))
}

fn is_birth_word(heard: &Heard, at: usize) -> bool {
    // Without its accent it is the French "not".
    let is_born_in_french = heard.word(at).is_some_and(|word| word.text.to_lowercase() == "né");
    let is_paper = || (at.saturating_sub(2)..at).any(|before| PAPERS.contains(heard.plain(before)));
    is_born_in_french || BIRTHS.contains(heard.plain(at)) && !is_paper()
}
