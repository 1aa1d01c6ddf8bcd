//! Numbers as a language writes them.

use portaveu_call::Language;

/// What a language puts between thousands, before decimals, and before a percent sign.
fn marks(language: Language) -> (char, char, &'static str) {
    match language {
        Language::En => (',', '.', ""),
        _ => ('.', ',', "\u{a0}"),
    }
}

/// 1.234
pub fn whole(number: u32, language: Language) -> String {
    let digits = number.to_string();
    let mut written = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            written.push(marks(language).0);
        }
        written.push(digit);
    }
    written
}

/// 0,75: no more than two decimals, and none that says nothing.
pub fn decimal(number: f64, language: Language) -> String {
    let written = format!("{number:.2}");
    written.trim_end_matches('0').trim_end_matches('.').replace('.', &marks(language).1.to_string())
}

/// 12,3 %
pub fn percent(share: f64, decimals: usize, language: Language) -> String {
    let (_, point, space) = marks(language);
    format!("{:.decimals$}{space}%", share * 100.0).replace('.', &point.to_string())
}
