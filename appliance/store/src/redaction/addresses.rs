//! House numbers, with stair, floor and door. The street stays: many live in it, and questions are about it.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use portaveu_call::Language;

use super::function_words::is_function_word;
use super::letters;
use super::number_words::is_homograph;
use super::numbers::{Number, number};
use super::words::{Heard, vocabulary};
use super::{Kind, Span};

static STREETS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    vocabulary(
        "calle carrer avenida avinguda avda avd av plaza plaça paseo passeig camino camí carretera ronda travesía \
         travessia pasaje passatge urbanización urbanització rue boulevard avenue strada bulevardul aleea вулиця \
         вулиці \
         вул улица улице проспект شارع",
    )
});
/// English puts the kind of street behind its name.
const ENGLISH_STREETS: [&str; 7] = ["street", "road", "avenue", "lane", "drive", "close", "square"];
static PARTICLES: LazyLock<HashSet<String>> =
    LazyLock::new(|| vocabulary("de del la las los els dels l d i y de el san santa sant des du au nr nro номер رقم"));
static DETAILS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    vocabulary(
        "puerta porta pta piso pis planta escalera escala esc bajo baix bajos baixos izquierda derecha esquerra dreta \
         número núm num portal bloque bloc door flat floor apartment porte étage appartement apartament ap bloc \
         scara etaj \
         квартира кв будинок буд شقة الطابق primero segundo tercero cuarto quinto sexto séptimo octavo primer segon \
         tercer quart \
         cinqué sisé first second third fourth º ª o a t n r é è",
    )
});

/// The most words of a street's name.
const LONGEST_STREET: usize = 6;
/// Of them without a capital; where there are more, the sentence goes on.
const MOST_SMALL_WORDS: usize = 2;

pub fn find(heard: &Heard) -> Vec<Span> {
    let behind = (0..heard.len()).filter_map(|at| behind_street(heard, at));
    let before = (0..heard.len()).filter_map(|at| before_street(heard, at));
    behind.chain(before).map(|words| Span { words, kind: Kind::Number }).collect()
}

/// "calle Mayor 25, puerta 7".
fn behind_street(heard: &Heard, street: usize) -> Option<Range<usize>> {
    if !STREETS.contains(heard.plain(street)) {
        return None;
    }
    let mut has_name = false;
    let mut small = 0;
    let mut at = street + 1;
    while at <= street + 1 + LONGEST_STREET {
        match number(heard, at) {
            Some(number) if has_name && small <= MOST_SMALL_WORDS && is_house(heard, street, &number) => {
                return Some(number.words.start..details_end(heard, number.words.end));
            }
            // "calle 9 de Octubre".
            Some(number) if !has_name || is_linked(heard, number.words.end) => at = number.words.end,
            Some(_) => return None,
            None if !is_in_street(heard, at) => return None,
            None => {
                let is_named = !PARTICLES.contains(heard.plain(at));
                small += usize::from(is_named && !heard.word(at).is_some_and(|word| word.is_capitalised()));
                has_name |= is_named;
                at += 1;
            }
        }
    }
    None
}

/// "9 de …", "9 d'…".
fn is_linked(heard: &Heard, at: usize) -> bool {
    heard.plain(at) == "de" || heard.plain(at) == "d" && heard.gap(at + 1).starts_with(['\'', '’'])
}

fn is_in_street(heard: &Heard, at: usize) -> bool {
    let plain = heard.plain(at);
    let ends = heard.gap(at).contains(['?', '!', ';', ':', '¿']);
    !plain.is_empty() && !ends && (PARTICLES.contains(plain) || !is_function_word(plain))
}

/// Not "la calle lleva 3 semanas", where something is counted, nor the road "CV-50".
fn is_house(heard: &Heard, street: usize, number: &Number) -> bool {
    let Range { start, end } = number.words;
    let is_named = start > street + 1 && heard.word(start - 1).is_some_and(|word| word.is_capitalised());
    let is_code = heard.gap(start).is_empty() || heard.gap(start) == "-";
    let is_article = number.words.len() == 1 && is_homograph(heard.plain(start));
    let is_time = heard.gap(end).starts_with(':');
    let ends = heard.is_parted(end) || is_function_word(heard.plain(end)) || DETAILS.contains(heard.plain(end));
    let is_written = heard.is_digits(start);
    !is_code
        && !is_article
        && !is_linked(heard, end)
        && !is_time
        && number.digits <= 4
        && (ends || is_named && is_written)
}

/// Where stair, floor and door end that follow a house number.
fn details_end(heard: &Heard, house: usize) -> usize {
    let mut end = letters::after(heard, house).end;
    let mut at = end;
    while at < heard.len() && !heard.gap(at).contains(['?', '!', ';', ':', '¿']) {
        let is_detail = DETAILS.contains(heard.plain(at));
        match number(heard, at) {
            Some(number) if heard.gap(at).contains([',', '-', '/']) || at > end => {
                end = number.words.end;
                at = end;
            }
            None if is_detail => at += 1,
            // "tercero B".
            None if at > end && heard.word(at).is_some_and(|word| word.is_capitals() && word.is_one_letter()) => {
                at += 1;
                end = at;
            }
            _ => break,
        }
    }
    end
}

/// "25 rue de la Paix", "25 Main Street".
fn before_street(heard: &Heard, at: usize) -> Option<Range<usize>> {
    let number = number(heard, at).filter(|number| heard.is_digits(at) && number.digits <= 4)?;
    let end = number.words.end;
    let is_street = STREETS.contains(heard.plain(end)) || is_english_street(heard, end);
    (is_street && !heard.is_parted(end)).then_some(number.words)
}

fn is_english_street(heard: &Heard, from: usize) -> bool {
    let is_capitalised = |at: usize| heard.word(at).is_some_and(|word| word.is_capitalised());
    let street = (from + 1..from + 4).find(|&at| ENGLISH_STREETS.contains(&heard.plain(at)));
    heard.language == Language::En && street.is_some_and(|street| (from..=street).all(is_capitalised))
}
