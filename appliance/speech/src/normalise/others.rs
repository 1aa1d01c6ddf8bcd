//! French, Romanian, Arabic and Ukrainian: their voice reads numbers itself; here it gets times as people say them,
//! telephone numbers and 112 digit by digit, and the name of the euro.

use portaveu_call::Language;

use super::patterns::{split_signs, telephone};

/// Stems of the Ukrainian ordinals from 1 to 20; the 3rd has its own endings.
const UKRAINIAN: [&str; 20] = [
    "перш",
    "друг",
    "треть",
    "четверт",
    "п'ят",
    "шост",
    "сьом",
    "восьм",
    "дев'ят",
    "десят",
    "одинадцят",
    "дванадцят",
    "тринадцят",
    "чотирнадцят",
    "п'ятнадцят",
    "шістнадцят",
    "сімнадцят",
    "вісімнадцят",
    "дев'ятнадцят",
    "двадцят",
];

/// The text with its times and telephone numbers written out.
pub fn for_speech(text: &str, language: Language) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut spoken = Vec::with_capacity(words.len());
    let mut at = 0;
    while at < words.len() {
        if let Some((digits, used)) = telephone(&words[at..], digits) {
            spoken.push(digits);
            at += used;
            continue;
        }
        let (before, core, after) = split_signs(words[at]);
        let previous = at.checked_sub(1).map(|before| words[before]);
        spoken.push(match word(core, previous, language) {
            Some(said) => format!("{before}{said}{after}"),
            None => words[at].to_owned(),
        });
        at += 1;
    }
    spoken.join(" ")
}

fn word(core: &str, previous: Option<&str>, language: Language) -> Option<String> {
    let is_number = core.bytes().all(|b| b.is_ascii_digit());
    match core {
        "€" => Some(euro(language).to_owned()),
        "112" if matches!(language, Language::Ro | Language::Ar) => Some("1 1 2".to_owned()),
        _ if is_number && core.len() > 1 && core.starts_with('0') => Some(digits(core)),
        _ => time(core, previous, language),
    }
}

fn euro(language: Language) -> &'static str {
    match language {
        Language::Ar => "يُورُو",
        Language::Uk => "євро",
        Language::Ro => "euro",
        _ => "euros",
    }
}

fn time(core: &str, previous: Option<&str>, language: Language) -> Option<String> {
    let (hour, minute) = core.split_once(':')?;
    let (hour, minute): (usize, u8) = (hour.parse().ok()?, minute.parse().ok()?);
    if hour > 24 || minute > 59 {
        return None;
    }
    let past = |joint: &str| if minute == 0 { String::new() } else { format!("{joint}{minute}") };
    Some(match language {
        Language::Fr => format!("{hour} heure{}{}", if hour > 1 { "s" } else { "" }, past(" ")),
        Language::Uk => format!("{}{}", ukrainian_hour(hour, previous), past(" ")),
        Language::Ar => format!("{hour}{}", past(" وَ ")),
        _ => format!("{hour}{}", past(" și ")),
    })
}

/// "о дев'ятій", else "з дев'ятої".
fn ukrainian_hour(hour: usize, previous: Option<&str>) -> String {
    let at = previous.is_some_and(|word| matches!(word.to_lowercase().as_str(), "о" | "об"));
    let (tens, ones) = if hour > 20 { ("двадцять ", hour - 20) } else { ("", hour) };
    match ones.checked_sub(1).and_then(|n| UKRAINIAN.get(n)) {
        Some(stem) if at => format!("{tens}{}ій", stem.trim_end_matches('ь')),
        Some(stem) => format!("{tens}{stem}ої"),
        None => hour.to_string(),
    }
}

fn digits(number: &str) -> String {
    number.chars().map(String::from).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_numbers_are_read_as_people_say_them() {
        for (language, written, spoken) in [
            (Language::Fr, "de 9:00 à 13:30.", "de 9 heures à 13 heures 30."),
            (Language::Ro, "de la 9:00 la 16:30", "de la 9 la 16 și 30"),
            (Language::Ro, "sunați la 112.", "sunați la 1 1 2."),
            (Language::Fr, "appelez le 112", "appelez le 112"),
            (Language::Uk, "з 9:00 до 14:00", "з дев'ятої до чотирнадцятої"),
            (Language::Uk, "завтра, о 9:00.", "завтра, о дев'ятій."),
            (Language::Uk, "до 21:30", "до двадцять першої 30"),
            (Language::Uk, "о 3:00", "о третій"),
            (Language::Fr, "le 96 555 01 00.", "le 9 6, 5 5 5, 0 1, 0 0."),
            (Language::Uk, "20 €", "20 євро"),
            (Language::Ar, "016", "0 1 6"),
            (Language::Fr, "99:99 n'est pas une heure", "99:99 n'est pas une heure"),
        ] {
            assert_eq!(for_speech(written, language), spoken, "{language}");
        }
    }
}
