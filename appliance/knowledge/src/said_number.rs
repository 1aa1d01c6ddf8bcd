//! A telephone number as it is said: "seis uno dos, treinta y cuatro…", "612 34 56 78", "double five". Digits only come
//! out; whether they make a whole number is for who asked.
//!
//! It must not take a word for a digit that people say for something else: that is asked only of who was asked for digits.

use crate::features::plain;

/// Names of 0 to 9, 10 to 19, the tens from 20, and the hundreds from 100, in the languages that callers say them in.
const UNITS: [&[&str]; 10] = [
    &["cero", "zero", "oh", "o", "zéro", "нуль", "صفر"],
    &["uno", "un", "una", "u", "one", "unu", "une", "один", "واحد"],
    &["dos", "dues", "two", "deux", "doi", "doua", "два", "اثنان", "اثنين"],
    &["tres", "three", "trois", "trei", "три", "ثلاثة"],
    &["cuatro", "quatre", "four", "patru", "чотири", "أربعة", "اربعة"],
    &["cinco", "cinc", "five", "cinq", "cinci", "п'ять", "пять", "خمسة"],
    &["seis", "sis", "six", "sase", "шість", "ستة"],
    &["siete", "set", "seven", "sept", "sapte", "сім", "سبعة"],
    &["ocho", "huit", "vuit", "eight", "opt", "вісім", "ثمانية"],
    &["nueve", "nou", "nine", "neuf", "noua", "дев'ять", "تسعة"],
];
const TEENS: [&[&str]; 10] = [
    &["diez", "deu", "ten", "dix"],
    &["once", "onze", "eleven"],
    &["doce", "dotze", "twelve", "douze"],
    &["trece", "tretze", "thirteen", "treize"],
    &["catorce", "catorze", "fourteen", "quatorze"],
    &["quince", "quinze", "fifteen"],
    &["dieciseis", "setze", "sixteen", "seize"],
    &["diecisiete", "desset", "disset", "seventeen"],
    &["dieciocho", "divuit", "eighteen"],
    &["diecinueve", "dinou", "dènou", "nineteen"],
];
const TENS: [&[&str]; 8] = [
    &["veinte", "veinti", "vint", "twenty", "vingt"],
    &["treinta", "trenta", "thirty", "trente"],
    &["cuarenta", "quaranta", "forty", "quarante"],
    &["cincuenta", "cinquanta", "fifty", "cinquante"],
    &["sesenta", "seixanta", "sixty", "soixante"],
    &["setenta", "setanta", "seventy", "septante"],
    &["ochenta", "huitanta", "vuitanta", "eighty", "huitante", "octante"],
    &["noventa", "noranta", "ninety", "nonante"],
];
const HUNDREDS: [&[&str]; 9] = [
    &["cien", "ciento", "cent"],
    &["doscientos", "doscientas", "dos-cents"],
    &["trescientos", "trescientas"],
    &["cuatrocientos", "cuatrocientas"],
    &["quinientos", "quinientas"],
    &["seiscientos", "seiscientas"],
    &["setecientos", "setecientas"],
    &["ochocientos", "ochocientas"],
    &["novecientos", "novecientas"],
];
const AND: [&str; 5] = ["y", "i", "and", "et", "e"];
const DOUBLE: [&str; 3] = ["doble", "double", "dublu"];

#[derive(Clone, Copy, PartialEq)]
enum Part {
    Digits,
    Unit(u32),
    Teen(u32),
    Tens(u32),
    Hundreds(u32),
    And,
    Double,
    Other,
}

/// The digits in `text`, in order; with a leading `+` where it was said or written as one.
pub fn said_number(text: &str) -> String {
    let plus = text.trim_start().starts_with('+') || plain(text).starts_with("mas ");
    let plain = plain(text);
    let words: Vec<&str> = plain.split_whitespace().collect();
    let digits = digits(&words);
    if plus && !digits.is_empty() { format!("+{digits}") } else { digits }
}

fn digits(words: &[&str]) -> String {
    let mut out = String::new();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let next = |n: usize| words.get(at + n).map_or(Part::Other, |word| part(word));
        let (text, taken) = match part(word) {
            Part::Digits => ((*word).to_owned(), 1),
            Part::Hundreds(hundreds) => {
                let (rest, taken) = below_hundred(next(1), next(2), next(3));
                (format!("{}", hundreds * 100 + rest), 1 + taken)
            }
            Part::Double => match next(1) {
                Part::Unit(unit) => (format!("{unit}{unit}"), 2),
                _ => (String::new(), 1),
            },
            first => match below_hundred(first, next(1), next(2)) {
                (_, 0) => (String::new(), 1),
                (number, taken) => (number.to_string(), taken),
            },
        };
        out += &text;
        at += taken;
    }
    out
}

/// The number that these parts begin with, and of how many it is made.
fn below_hundred(first: Part, second: Part, third: Part) -> (u32, usize) {
    match (first, second, third) {
        (Part::Tens(tens), Part::And, Part::Unit(unit)) if unit > 0 => (tens + unit, 3),
        (Part::Tens(tens), Part::Unit(unit), _) if unit > 0 => (tens + unit, 2),
        (Part::Tens(number) | Part::Teen(number) | Part::Unit(number), ..) => (number, 1),
        _ => (0, 0),
    }
}

fn part(word: &str) -> Part {
    if word.chars().all(|c| c.is_ascii_digit()) {
        return Part::Digits;
    }
    let place = |names: &[&[&str]]| names.iter().position(|names| names.iter().any(|name| plain(name) == word));
    let number = |place: usize, by: u32, from: u32| from + by * place as u32;
    if AND.contains(&word) {
        return Part::And;
    }
    if DOUBLE.contains(&word) {
        return Part::Double;
    }
    let unit = place(&UNITS).map(|n| Part::Unit(number(n, 1, 0)));
    let teen = || place(&TEENS).map(|n| Part::Teen(number(n, 1, 10)));
    let tens = || place(&TENS).map(|n| Part::Tens(number(n, 10, 20)));
    let hundreds = || place(&HUNDREDS).map(|n| Part::Hundreds(n as u32 + 1));
    unit.or_else(teen).or_else(tens).or_else(hundreds).or_else(|| twenties(word)).unwrap_or(Part::Other)
}

/// "veintidós" is one word.
fn twenties(word: &str) -> Option<Part> {
    let unit = word.strip_prefix("veinti")?;
    UNITS.iter().position(|names| names.contains(&unit)).map(|n| Part::Teen(20 + n as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_taken_as_people_say_them() {
        for (said, digits) in [
            ("seis uno dos tres cuatro cinco seis siete ocho", "612345678"),
            ("Es el 612 34 56 78.", "612345678"),
            ("seiscientos doce, treinta y cuatro, cincuenta y seis, setenta y ocho", "612345678"),
            ("sis un dos, trenta-quatre, cinquanta-sis, setanta-huit", "612345678"),
            ("six one two, double five, thirty four, oh seven", "612553407"),
            ("veintidós treinta", "2230"),
            ("six douze, trente-quatre, huitante deux", "6123482"),
            ("01234567890123456789012", "01234567890123456789012"),
            ("nou sis un, quaranta, zero zero u", "96140001"),
            ("+33 6 12 34 56 78", "+33612345678"),
            ("no me acuerdo", ""),
        ] {
            assert_eq!(said_number(said), digits, "{said}");
        }
    }
}
