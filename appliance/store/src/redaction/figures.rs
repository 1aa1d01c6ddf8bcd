//! Runs of four digits and more: telephone numbers, identity documents, accounts, number plates; and which such runs
//! stay, because they are a year, a time, an amount or a day to come.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use super::dates;
use super::letters;
use super::numbers::{Number, Run, runs};
use super::words::{Heard, vocabulary};
use super::{Kind, Span};

const FEWEST_DIGITS: usize = 4;
/// Of a card; an account of this country has twenty.
const ACCOUNT_DIGITS: usize = 16;
/// Of a passport.
const DOCUMENT_DIGITS: usize = 6;
/// With these a year would be a number plate.
const PLATE_LETTERS: usize = 3;
/// How far in front of a number it is said what it is.
const CUE: usize = 6;

static DOCUMENTS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    vocabulary(
        "dni nie nif documento document identidad identitat identity carnet carné pasaporte passaport passport \
         passeport pașaport buletin паспорт паспорта паспорту هوية الهوية جواز",
    )
});
static ACCOUNTS: LazyLock<HashSet<String>> =
    LazyLock::new(|| vocabulary("iban cuenta compte account cont рахунок рахунку حساب حسابي الحساب"));
static COUNTED: LazyLock<HashSet<String>> = LazyLock::new(|| {
    vocabulary(
        "euro euros eur céntimos cèntims cents lei leu грн гривень євро يورو dollars dólares \
         año años any anys year years ans an ani років роки рік سنة سنوات mes meses mesos month months mois luni \
         día días dia dies day days jours zile днів semanas setmanes weeks semaines \
         hora horas hores hour hours heures ore годин h minutos minuts minutes minute хвилин \
         metros metres meters mètres metri m km kilómetros quilòmetres kilos quilos kilo kg litros litres \
         persona personas persones people personnes persoane vecinos veïns habitantes habitants plazas places \
         veces vegades times vez grados",
    )
});
static BEFORE_TIME: LazyLock<HashSet<String>> =
    LazyLock::new(|| vocabulary("las les la at ora orele to until till from by entre between"));
static HOURS: LazyLock<HashSet<String>> = LazyLock::new(|| vocabulary("h hs hrs horas hores heures am pm"));

pub fn find(heard: &Heard) -> Vec<Span> {
    runs(heard).iter().filter_map(|run| taken_out(heard, run)).collect()
}

fn taken_out(heard: &Heard, run: &Run) -> Option<Span> {
    if run.digits() < FEWEST_DIGITS {
        return None;
    }
    let words = run.words();
    let (before, after) = (letters::before(heard, words.start), letters::after(heard, words.end));
    let letters = before.len() + after.len();
    if letters < PLATE_LETTERS && is_harmless(heard, run) {
        return None;
    }
    Some(Span { words: before.start..after.end, kind: kind(heard, run, letters > 0) })
}

fn kind(heard: &Heard, run: &Run, has_letters: bool) -> Kind {
    let start = run.words().start;
    let is_said = |cues: &HashSet<String>| (start.saturating_sub(CUE)..start).any(|at| cues.contains(heard.plain(at)));
    match run.digits() {
        ACCOUNT_DIGITS.. => Kind::Account,
        DOCUMENT_DIGITS.. if has_letters => Kind::Document,
        _ if is_said(&DOCUMENTS) => Kind::Document,
        _ if is_said(&ACCOUNTS) => Kind::Account,
        _ => Kind::Number,
    }
}

fn is_harmless(heard: &Heard, run: &Run) -> bool {
    is_years(run)
        || is_round(run)
        || is_amount(heard, run)
        || is_clock(heard, run)
        || is_said_time(heard, run)
        || dates::is_day_to_come(heard, run)
}

/// "2026", "2025-2026", "twenty twenty-six".
fn is_years(run: &Run) -> bool {
    match run.values().as_slice() {
        [first, second] if run.digits() == 4 => dates::is_year_in_pairs(*first, *second),
        values => values.len() <= 2 && run.numbers.iter().all(is_year),
    }
}

fn is_year(number: &Number) -> bool {
    number.digits == 4 && dates::is_year(number.value)
}

/// "mil gracias", "mil doscientos".
fn is_round(run: &Run) -> bool {
    matches!(run.numbers.as_slice(), [number] if number.is_thousands && number.value.is_multiple_of(100))
}

/// "12,50 euros", "8, 10 y 12 años", "mil quinientos euros".
fn is_amount(heard: &Heard, run: &Run) -> bool {
    let end = run.words().end;
    // "M" is the letter of a document, and "m" a metre.
    let is_letter = heard.word(end).is_some_and(|word| word.is_capitals() && word.is_one_letter());
    let is_named = COUNTED.contains(heard.plain(end)) && !is_letter;
    let is_counted = is_named || heard.gap(end).trim_start().starts_with(['€', '%', '$']);
    let is_few = run.numbers.len() <= 3 && run.numbers.iter().all(|number| number.digits <= 2);
    let is_one = matches!(run.numbers.as_slice(), [number] if number.digits <= 6);
    is_counted && (is_few || is_one || is_in_thousands(heard, run))
}

/// "1.200", "1.200,50", "345,67".
fn is_in_thousands(heard: &Heard, run: &Run) -> bool {
    match run.numbers.as_slice() {
        [first, second] => first.digits <= 3 && (is_group(heard, second) || is_cents(heard, second)),
        [first, second, cents] => first.digits <= 3 && is_group(heard, second) && is_cents(heard, cents),
        _ => false,
    }
}

fn is_group(heard: &Heard, number: &Number) -> bool {
    number.digits == 3 && matches!(heard.gap(number.words.start), "." | ",")
}

fn is_cents(heard: &Heard, number: &Number) -> bool {
    number.digits == 2 && matches!(heard.gap(number.words.start), "." | ",")
}

/// "13:00", "9:30-13:30", "10.30".
fn is_clock(heard: &Heard, run: &Run) -> bool {
    let is_written = |pair: &[Number]| match pair {
        [hour, minute] if run.numbers.len() == 2 && heard.gap(minute.words.start) == "." => is_time(hour, minute),
        [hour, minute] => is_time(hour, minute) && heard.gap(minute.words.start) == ":",
        _ => false,
    };
    run.numbers.chunks(2).all(is_written)
}

/// "a las diez y veinticinco", "10-14 h".
fn is_said_time(heard: &Heard, run: &Run) -> bool {
    let Range { start, end } = run.words();
    let is_about_time = HOURS.contains(heard.plain(end))
        || start.checked_sub(1).is_some_and(|before| BEFORE_TIME.contains(heard.plain(before)));
    matches!(run.numbers.as_slice(), [hour, minute] if is_time(hour, minute)) && is_about_time
}

fn is_time(hour: &Number, minute: &Number) -> bool {
    hour.value <= 24 && minute.value < 60 && minute.digits == 2 && hour.digits <= 2
}
