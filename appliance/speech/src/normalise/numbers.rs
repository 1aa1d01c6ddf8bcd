//! Numbers in words, up to 999,999,999; beyond, digit by digit.

use portaveu_call::Language;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gender {
    /// Standing alone: "uno", "u".
    Alone,
    /// Before a masculine noun: "un", "un".
    Masculine,
    /// Before a feminine noun: "una", "una"; "dues" in Valencian.
    Feminine,
}

const ES_SMALL: [&str; 30] = [
    "cero",
    "uno",
    "dos",
    "tres",
    "cuatro",
    "cinco",
    "seis",
    "siete",
    "ocho",
    "nueve",
    "diez",
    "once",
    "doce",
    "trece",
    "catorce",
    "quince",
    "dieciséis",
    "diecisiete",
    "dieciocho",
    "diecinueve",
    "veinte",
    "veintiuno",
    "veintidós",
    "veintitrés",
    "veinticuatro",
    "veinticinco",
    "veintiséis",
    "veintisiete",
    "veintiocho",
    "veintinueve",
];
const ES_TENS: [&str; 10] =
    ["", "", "", "treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa"];
const ES_HUNDREDS: [&str; 10] = [
    "",
    "ciento",
    "doscientos",
    "trescientos",
    "cuatrocientos",
    "quinientos",
    "seiscientos",
    "setecientos",
    "ochocientos",
    "novecientos",
];
const CA_SMALL: [&str; 30] = [
    "zero",
    "u",
    "dos",
    "tres",
    "quatre",
    "cinc",
    "sis",
    "set",
    "huit",
    "nou",
    "deu",
    "onze",
    "dotze",
    "tretze",
    "catorze",
    "quinze",
    "setze",
    "dèsset",
    "díhuit",
    "dènou",
    "vint",
    "vint-i-u",
    "vint-i-dos",
    "vint-i-tres",
    "vint-i-quatre",
    "vint-i-cinc",
    "vint-i-sis",
    "vint-i-set",
    "vint-i-huit",
    "vint-i-nou",
];
const CA_TENS: [&str; 10] =
    ["", "", "", "trenta", "quaranta", "cinquanta", "seixanta", "setanta", "huitanta", "noranta"];
const EN_SMALL: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const EN_TENS: [&str; 10] = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

pub fn cardinal(number: u64, gender: Gender, language: Language) -> String {
    match (number, language) {
        (1_000_000_000.., _) => digits(&number.to_string(), language),
        (_, Language::Ca) => in_parts(number, gender, ca_below_thousand, "mil", ("un milió", "milions")),
        (_, Language::En) => in_parts(number, gender, en_below_thousand, "one thousand", ("one million", "million")),
        _ => in_parts(number, gender, es_below_thousand, "mil", ("un millón", "millones")),
    }
}

/// Millions, thousands and the rest; `thousand` is what one thousand is called.
fn in_parts(
    number: u64,
    gender: Gender,
    below_thousand: fn(usize, Gender) -> String,
    thousand: &str,
    (million, millions): (&str, &str),
) -> String {
    let part = |n: u64| n as usize;
    let mut words = Vec::new();
    match part(number / 1_000_000) {
        0 => {}
        1 => words.push(million.to_owned()),
        n => words.push(format!("{} {millions}", below_thousand(n, Gender::Masculine))),
    }
    match part(number / 1000 % 1000) {
        0 => {}
        1 => words.push(thousand.to_owned()),
        n => {
            let many = thousand.rsplit(' ').next().unwrap_or(thousand);
            let counted = if gender == Gender::Feminine { Gender::Feminine } else { Gender::Masculine };
            words.push(format!("{} {many}", below_thousand(n, counted)));
        }
    }
    match part(number % 1000) {
        0 if !words.is_empty() => {}
        n => words.push(below_thousand(n, gender)),
    }
    words.join(" ")
}

fn es_below_thousand(number: usize, gender: Gender) -> String {
    let one = match gender {
        Gender::Alone => "uno",
        Gender::Masculine => "un",
        Gender::Feminine => "una",
    };
    let below_hundred = |n: usize| match n {
        1 => one.to_owned(),
        21 if gender == Gender::Masculine => "veintiún".to_owned(),
        21 => format!("veinti{one}"),
        0..30 => ES_SMALL[n].to_owned(),
        _ if n.is_multiple_of(10) => ES_TENS[n / 10].to_owned(),
        _ if n % 10 == 1 => format!("{} y {one}", ES_TENS[n / 10]),
        _ => format!("{} y {}", ES_TENS[n / 10], ES_SMALL[n % 10]),
    };
    let hundreds = match gender {
        Gender::Feminine => ES_HUNDREDS[number / 100].replace("tos", "tas"),
        _ => ES_HUNDREDS[number / 100].to_owned(),
    };
    match (number / 100, number % 100) {
        (0, rest) => below_hundred(rest),
        (1, 0) => "cien".to_owned(),
        (_, 0) => hundreds,
        (_, rest) => format!("{hundreds} {}", below_hundred(rest)),
    }
}

fn ca_below_thousand(number: usize, gender: Gender) -> String {
    let unit = |n: usize| match (n, gender) {
        (1, Gender::Masculine) => "un",
        (1, Gender::Feminine) => "una",
        (2, Gender::Feminine) => "dues",
        _ => CA_SMALL[n],
    };
    let below_hundred = |n: usize| match n {
        0..20 => unit(n).to_owned(),
        21..30 => format!("vint-i-{}", unit(n - 20)),
        20 => "vint".to_owned(),
        _ if n.is_multiple_of(10) => CA_TENS[n / 10].to_owned(),
        _ => format!("{}-{}", CA_TENS[n / 10], unit(n % 10)),
    };
    let hundreds = match number / 100 {
        0 => return below_hundred(number),
        1 => "cent".to_owned(),
        n if gender == Gender::Feminine => format!("{}-centes", unit(n)),
        n => format!("{}-cents", CA_SMALL[n]),
    };
    if number.is_multiple_of(100) { hundreds } else { format!("{hundreds} {}", below_hundred(number % 100)) }
}

fn en_below_thousand(number: usize, _: Gender) -> String {
    let below_hundred = |n: usize| match n {
        0..20 => EN_SMALL[n].to_owned(),
        _ if n.is_multiple_of(10) => EN_TENS[n / 10].to_owned(),
        _ => format!("{}-{}", EN_TENS[n / 10], EN_SMALL[n % 10]),
    };
    match (number / 100, number % 100) {
        (0, rest) => below_hundred(rest),
        (n, 0) => format!("{} hundred", EN_SMALL[n]),
        (n, rest) => format!("{} hundred and {}", EN_SMALL[n], below_hundred(rest)),
    }
}

/// One by one: a telephone number.
pub fn digits(text: &str, language: Language) -> String {
    let names: &[&str] = match language {
        Language::Ca => &CA_SMALL,
        Language::En => &EN_SMALL,
        _ => &ES_SMALL,
    };
    text.chars().filter_map(|c| c.to_digit(10)).map(|d| names[d as usize]).collect::<Vec<_>>().join(" ")
}

/// "1st" to "31st", for dates.
pub fn ordinal_en(number: u64) -> Option<String> {
    const SMALL: [&str; 20] = [
        "",
        "first",
        "second",
        "third",
        "fourth",
        "fifth",
        "sixth",
        "seventh",
        "eighth",
        "ninth",
        "tenth",
        "eleventh",
        "twelfth",
        "thirteenth",
        "fourteenth",
        "fifteenth",
        "sixteenth",
        "seventeenth",
        "eighteenth",
        "nineteenth",
    ];
    match number as usize {
        0 | 32.. => None,
        n @ 1..20 => Some(SMALL[n].to_owned()),
        20 => Some("twentieth".to_owned()),
        30 => Some("thirtieth".to_owned()),
        n => Some(format!("{}-{}", EN_TENS[n / 10], SMALL[n % 10])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_words() {
        for (number, es, ca, en) in [
            (0, "cero", "zero", "zero"),
            (21, "veintiuno", "vint-i-u", "twenty-one"),
            (100, "cien", "cent", "one hundred"),
            (116, "ciento dieciséis", "cent setze", "one hundred and sixteen"),
            (582, "quinientos ochenta y dos", "cinc-cents huitanta-dos", "five hundred and eighty-two"),
            (1000, "mil", "mil", "one thousand"),
            (2026, "dos mil veintiséis", "dos mil vint-i-sis", "two thousand twenty-six"),
            (21_000, "veintiún mil", "vint-i-un mil", "twenty-one thousand"),
            (1_000_000, "un millón", "un milió", "one million"),
        ] {
            assert_eq!(cardinal(number, Gender::Alone, Language::Es), es);
            assert_eq!(cardinal(number, Gender::Alone, Language::Ca), ca);
            assert_eq!(cardinal(number, Gender::Alone, Language::En), en);
        }
    }

    #[test]
    fn every_number_has_words() {
        for number in (0..2000).chain([999_999, 999_999_999, u64::MAX]) {
            for language in [Language::Es, Language::Ca, Language::En] {
                assert!(!cardinal(number, Gender::Feminine, language).is_empty());
            }
        }
    }
}
