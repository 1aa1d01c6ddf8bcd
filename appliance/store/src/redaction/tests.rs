//! What is taken out of what callers say, and what stays.

use portaveu_call::Language;
use proptest::prelude::*;

use super::redact;

#[test]
fn what_is_somebodys_goes_and_the_question_stays() {
    let cases = include_str!("redaction_cases.tsv").lines().filter(|line| !line.starts_with('#'));
    let mut wrong = Vec::new();
    for case in cases {
        let [language, heard, kept] = case.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let redacted = redact(heard, language.parse().unwrap());
        if redacted != kept {
            wrong.push(format!("{heard}\n  {redacted}\n  {kept}"));
        }
    }
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}

/// How so many hundreds are said.
type Hundred = fn(&str) -> String;

/// How a number of up to three digits is said.
fn said(number: usize, language: Language) -> String {
    let (small, tens, hundred): (&[&str], &[&str], Hundred) = match language {
        Language::Ca => (&CA_SMALL, &CA_TENS, |digit| format!("{digit}-cents")),
        Language::En => (&EN_SMALL, &EN_TENS, |digit| format!("{digit} hundred")),
        _ => (&ES_SMALL, &ES_TENS, |digit| match digit {
            "uno" => "ciento".into(),
            "cinco" => "quinientos".into(),
            "siete" => "setecientos".into(),
            "nueve" => "novecientos".into(),
            digit => format!("{digit}cientos"),
        }),
    };
    match (number, language) {
        (..=19, _) => small[number].to_owned(),
        (100.., _) if number.is_multiple_of(100) => hundred(small[number / 100]),
        (100.., _) => format!("{} {}", hundred(small[number / 100]), said(number % 100, language)),
        _ if number.is_multiple_of(10) => tens[number / 10].to_owned(),
        (_, Language::Es) => format!("{} y {}", tens[number / 10], small[number % 10]),
        (21..=29, Language::Ca) => format!("vint-i-{}", small[number % 10]),
        _ => format!("{}-{}", tens[number / 10], small[number % 10]),
    }
}

const ES_SMALL: [&str; 20] = [
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
];
const ES_TENS: [&str; 10] =
    ["", "", "veinte", "treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa"];
const CA_SMALL: [&str; 20] = [
    "zero", "u", "dos", "tres", "quatre", "cinc", "sis", "set", "huit", "nou", "deu", "onze", "dotze", "tretze",
    "catorze", "quinze", "setze", "dèsset", "díhuit", "dènou",
];
const CA_TENS: [&str; 10] =
    ["", "", "vint", "trenta", "quaranta", "cinquanta", "seixanta", "setanta", "huitanta", "noranta"];
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

/// One group of digits, written or said. A group that begins with zeros is said digit by digit.
fn group(digits: &str, in_words: bool, language: Language) -> String {
    let one_by_one =
        || digits.chars().map(|c| said(c.to_digit(10).unwrap() as usize, language)).collect::<Vec<_>>().join(" ");
    match in_words {
        false => digits.to_owned(),
        true if digits.starts_with('0') => one_by_one(),
        true => said(digits.parse().unwrap(), language),
    }
}

/// Digits cut into groups of one to three, each written or said, with anything between them.
fn grouped(digits: &str, cuts: &[(usize, bool, usize)], language: Language) -> String {
    const BETWEEN: [&str; 7] = [" ", ", ", " ", " - ", ". ", " eh, ", "... "];
    let mut rest = digits;
    let mut out = String::new();
    for &(length, in_words, between) in cuts {
        let (now, later) = rest.split_at(length.min(rest.len()));
        if now.is_empty() {
            break;
        }
        if !out.is_empty() {
            out += BETWEEN[between];
        }
        out += &group(now, in_words, language);
        rest = later;
    }
    out
}

fn cuts() -> impl Strategy<Value = Vec<(usize, bool, usize)>> {
    prop::collection::vec((1..=3_usize, any::<bool>(), 0..7_usize), 9)
}

fn carriers() -> impl Strategy<Value = (Language, &'static str, &'static str)> {
    prop::sample::select(vec![
        (Language::Es, "Mi teléfono es el ", ", gracias."),
        (Language::Es, "Llámeme a las nueve y media al ", " si puede ser"),
        (Language::Es, "", ""),
        (Language::Es, "Quiero cita, apunte ", " para el 9 de octubre"),
        (Language::Ca, "El meu telèfon és el ", ", gràcies."),
        (Language::Ca, "Podeu telefonar-me al ", " demà de matí?"),
        (Language::Ca, "apunte: ", " i vull cita"),
        (Language::En, "My number is ", ", please."),
        (Language::En, "Call me on ", " tomorrow about the tax"),
    ])
}

fn languages() -> impl Strategy<Value = Language> {
    prop::sample::select(Language::ALL.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn no_digit_of_a_telephone_number_is_left(
        digits in "[6-9][0-9]{8}", cuts in cuts(), (language, before, after) in carriers()
    ) {
        let heard = format!("{before}{}{after}", grouped(&digits, &cuts, language));
        let redacted = redact(&heard, language);
        let left = redacted.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
        prop_assert!(matches!(left, Some("[número]" | "[number]")), "{heard}: {redacted}");
    }

    #[test]
    fn no_identity_document_is_left(
        digits in "[1-9][0-9]{6}", first in "[0-9XYZ]", last in "[TRWAGMYFPDXBNJZSQVHLCKE]",
        cuts in cuts(), written in 0..4_usize
    ) {
        let (a, b, c) = (&digits[..1], &digits[1..4], &digits[4..]);
        let said = match written {
            0 => format!("{first}{digits}{last}"),
            1 => format!("{first}{a}.{b}.{c}-{last}"),
            2 => format!("{first} {digits} {last}"),
            _ => format!("{first} {} {last}", grouped(&digits, &cuts, Language::Es)),
        };
        let redacted = redact(&format!("Mi documento es {said}. Adiós."), Language::Es);
        prop_assert_eq!(redacted, "Mi documento es [documento]. Adiós.");
    }

    #[test]
    fn no_account_is_left(
        check in "[0-9]{2}", digits in "[0-9]{20}", cuts in cuts(), more in cuts(), written in 0..3_usize
    ) {
        let fours: Vec<&str> = (0..5).map(|n| &digits[n * 4..n * 4 + 4]).collect();
        let number = match written {
            0 => format!("ES{check}{digits}"),
            1 => format!("ES{check} {}", fours.join(" ")),
            _ => {
                let cuts: Vec<_> = cuts.into_iter().chain(more.clone()).chain(more).collect();
                format!("E S {}", grouped(&format!("{check}{digits}"), &cuts, Language::Es))
            }
        };
        let redacted = redact(&format!("La cuenta es {number}, apunte"), Language::Es);
        prop_assert_eq!(redacted, "La cuenta es [cuenta], apunte");
    }

    #[test]
    fn no_address_of_e_mail_is_left(
        name in "[b-df-hj-np-tv-xz]{2}[a-z]{2,8}", surname in "[b-df-hj-np-tv-xz]{2}[a-z]{2,8}", number in 0..100_usize,
        domain in "[b-df-hj-np-tv-xz]{2}[a-z]{2,8}", written in any::<bool>()
    ) {
        let said = match written {
            true => format!("{name}.{surname}{number}@{domain}.es"),
            false => format!("{name} punto {surname} {} arroba {domain} punto es", said(number, Language::Es)),
        };
        let redacted = redact(&format!("Mi correo es {said}, ¿vale?"), Language::Es);
        prop_assert_eq!(redacted, "Mi correo es [correo], ¿vale?");
    }

    #[test]
    fn to_redact_again_changes_nothing(heard in any::<String>(), language in languages()) {
        let once = redact(&heard, language);
        prop_assert_eq!(redact(&once, language), once);
    }

    #[test]
    fn nor_does_it_where_much_is_taken_out(
        words in prop::collection::vec(prop::sample::select(WORDS.to_vec()), 0..30),
        language in languages()
    ) {
        let once = redact(&words.concat(), language);
        prop_assert_eq!(redact(&once, language), once);
    }
}

const WORDS: [&str; 44] = [
    " ",
    ", ",
    ". ",
    "@",
    "-",
    "'",
    "[",
    "]",
    "+",
    "/",
    ":",
    "6",
    "12",
    "1940",
    "61234",
    " de ",
    " del ",
    " mayo ",
    " y ",
    " nací ",
    " me llamo ",
    " soy ",
    "Josep ",
    "Martí",
    " calle ",
    " puerta ",
    " seis ",
    " mil ",
    " cien ",
    " doble ",
    " arroba ",
    " punto ",
    "com",
    " at ",
    "Z",
    " zeta ",
    " la ",
    "ES",
    " dos ",
    "[nombre]",
    "[número]",
    "[…]",
    " €",
    "٦",
];
