//! What is recognised at a place in the text, and how it is read. The longest patterns come first.

use portaveu_call::Language;

use super::{Gender, Vocabulary, cardinal, counted, digits, ordinal_en};

/// The words that `words` begins with, as they are spoken, and how many they were. `words` is not empty.
pub fn match_at(words: &[&str], vocabulary: &Vocabulary) -> (String, usize) {
    if let Some(found) =
        telephone(words, |group| digits(group, vocabulary.language)).or_else(|| amount(words, vocabulary))
    {
        return found;
    }
    let (before, core, after) = split_signs(words[0]);
    let spoken = short(words[0], vocabulary).or_else(|| {
        word(core, words.get(1).copied().filter(|_| after.is_empty()), vocabulary)
            .map(|w| format!("{before}{w}{after}"))
    });
    (spoken.unwrap_or_else(|| words[0].to_owned()), 1)
}

/// Signs around a word stay where they are: quotes, brackets, an elided article, and the sentence's signs.
pub fn split_signs(word: &str) -> (&str, &str, &str) {
    let article = ["l'", "d'", "L'", "D'"].iter().find(|a| word.starts_with(**a)).map_or(0, |a| a.len());
    let start = word[article..].find(|c: char| c.is_alphanumeric()).map_or(0, |at| at + article);
    let (before, rest) = word.split_at(start);
    let core = rest.trim_end_matches(|c: char| !(c.is_alphanumeric() || c == '%' || c == '€' || c == '²'));
    (before, core, &rest[core.len()..])
}

/// Groups of two or three digits that make nine: read digit by digit.
pub fn telephone(words: &[&str], spelt: impl Fn(&str) -> String) -> Option<(String, usize)> {
    let (mut groups, mut count, mut tail) = (Vec::new(), 0, "");
    for word in words {
        let (before, core, after) = split_signs(word);
        let is_group = before.is_empty() && (2..=3).contains(&core.len()) && core.bytes().all(|b| b.is_ascii_digit());
        if !is_group {
            break;
        }
        count += core.len();
        groups.push(spelt(core));
        tail = after;
        if count == 9 || !after.is_empty() {
            break;
        }
    }
    (count == 9).then(|| (format!("{}{tail}", groups.join(", ")), groups.len()))
}

/// "3,50 €", "84 €", "50 %".
fn amount(words: &[&str], vocabulary: &Vocabulary) -> Option<(String, usize)> {
    let (before, number, between) = split_signs(words[0]);
    let unit = words.get(1).filter(|_| between.is_empty())?;
    let (spoken, after) = if let Some(after) = unit.strip_prefix('€') {
        (money(number, vocabulary)?, after)
    } else {
        let after = unit.strip_prefix('%')?;
        (format!("{} {}", decimal(number, Gender::Alone, vocabulary)?, vocabulary.percent), after)
    };
    Some((format!("{before}{spoken}{after}"), 2))
}

fn money(number: &str, vocabulary: &Vocabulary) -> Option<String> {
    let (whole, cents) = parse(number, vocabulary.language)?;
    let gender = if vocabulary.language == Language::En { Gender::Alone } else { Gender::Masculine };
    let name = if whole == 1 { vocabulary.euro.0 } else { vocabulary.euro.1 };
    let euros = format!("{} {name}", cardinal(whole, gender, vocabulary.language));
    match cents.filter(|cents| !cents.bytes().all(|b| b == b'0')) {
        None => Some(euros),
        Some(cents) => {
            let hundredths = format!("{cents:0<2}").parse().ok()?;
            Some(format!("{euros}{}{}", vocabulary.with, cardinal(hundredths, Gender::Alone, vocabulary.language)))
        }
    }
}

fn decimal(number: &str, gender: Gender, vocabulary: &Vocabulary) -> Option<String> {
    let (whole, part) = parse(number, vocabulary.language)?;
    let whole = cardinal(whole, gender, vocabulary.language);
    Some(match part {
        None => whole,
        Some(part) => format!("{whole} {} {}", vocabulary.comma, digits(part, vocabulary.language)),
    })
}

/// "1.250,75": whole part and decimals. In English "1,250" is a thousand too, when three digits follow.
fn parse(number: &str, language: Language) -> Option<(u64, Option<&str>)> {
    let is_thousand = |part: &str| part.len() == 3;
    let (whole, part) = match number.rsplit_once(',') {
        Some((whole, part)) if language == Language::En && is_thousand(part) && !whole.is_empty() => {
            return format!("{whole}{part}").parse().ok().map(|n| (n, None));
        }
        Some((whole, part)) => (whole, Some(part)),
        None => (number, None),
    };
    let mut groups = whole.split('.');
    let first = groups.next()?;
    let whole = groups.try_fold(first.to_owned(), |all, group| is_thousand(group).then(|| all + group))?;
    let digits_only = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits_only(&whole) || part.is_some_and(|part| !digits_only(part)) {
        return None;
    }
    Some((whole.parse().ok()?, part))
}

/// A word with its signs on, as an abbreviation, whose full stop is its own.
fn short(word: &str, vocabulary: &Vocabulary) -> Option<String> {
    let lower = word.to_lowercase();
    let bare = lower.trim_end_matches([',', ';', ':']);
    let found = vocabulary.short.iter().find(|(written, _)| *written == bare || format!("{written}.") == bare)?;
    let signs = &lower[bare.len()..];
    let stop = if bare.len() > found.0.len() { "." } else { "" };
    Some(format!("{}{stop}{signs}", found.1))
}

fn word(core: &str, next: Option<&str>, vocabulary: &Vocabulary) -> Option<String> {
    if let Some((_, spoken)) = vocabulary.acronyms.iter().find(|(written, _)| *written == core) {
        return Some((*spoken).to_owned());
    }
    let first_is_digit = core.starts_with(|c: char| c.is_ascii_digit());
    if !first_is_digit {
        return address(core, vocabulary);
    }
    time(core, vocabulary)
        .or_else(|| date(core, vocabulary))
        .or_else(|| english_ordinal(core, vocabulary))
        .or_else(|| emergency_number(core, vocabulary))
        .or_else(|| number(core, next, vocabulary))
}

/// A web or mail address: letters with dots or one @ between them.
fn address(core: &str, vocabulary: &Vocabulary) -> Option<String> {
    let is_address =
        core.contains(['.', '@']) && core.split(['.', '@']).all(|part| part.chars().count() > 1 && part.is_ascii());
    is_address
        .then(|| core.replace('.', &format!(" {} ", vocabulary.dot)).replace('@', &format!(" {} ", vocabulary.at)))
}

fn time(core: &str, vocabulary: &Vocabulary) -> Option<String> {
    let (hour, minute) = core.split_once(':')?;
    let (hour, minute): (u64, u64) = (hour.parse().ok()?, minute.parse().ok().filter(|_| minute.len() == 2)?);
    if hour > 24 || minute > 59 {
        return None;
    }
    let twelve = if hour % 12 == 0 { 12 } else { hour % 12 };
    let language = vocabulary.language;
    let name = cardinal(twelve, if language == Language::En { Gender::Alone } else { Gender::Feminine }, language);
    let minutes = match (minute, language) {
        (0, _) => String::new(),
        (15, Language::Es) => " y cuarto".into(),
        (30, Language::Es) => " y media".into(),
        (_, Language::Es) => format!(" y {}", cardinal(minute, Gender::Alone, language)),
        (15, Language::Ca) => " i quart".into(),
        (30, Language::Ca) => " i mitja".into(),
        (_, Language::Ca) => format!(" i {}", cardinal(minute, Gender::Alone, language)),
        (1..10, _) => format!(" oh {}", cardinal(minute, Gender::Alone, language)),
        _ => format!(" {}", cardinal(minute, Gender::Alone, language)),
    };
    // Valencian counts hours as "les dos", not "les dues".
    let name = if language == Language::Ca && twelve == 2 { "dos".to_owned() } else { name };
    Some(format!("{name}{minutes}{}", part_of_day(hour, language)))
}

fn part_of_day(hour: u64, language: Language) -> &'static str {
    match (hour, language) {
        (12, Language::Es) => " del mediodía",
        (0..12, Language::Es) => " de la mañana",
        (13..21, Language::Es) => " de la tarde",
        (_, Language::Es) => " de la noche",
        (12, Language::Ca) => " del migdia",
        (0..12, Language::Ca) => " del matí",
        (13..21, Language::Ca) => " de la vesprada",
        (_, Language::Ca) => " de la nit",
        (12, _) => " noon",
        (0..12 | 24, _) => " a m",
        _ => " p m",
    }
}

/// "01/09/2026".
fn date(core: &str, vocabulary: &Vocabulary) -> Option<String> {
    let mut parts = core.split('/').map(|part| part.parse::<u64>().ok());
    let (day, month, year) = (parts.next()??, parts.next()??, parts.next()??);
    let name = vocabulary.months.get(usize::try_from(month).ok()?.checked_sub(1)?)?;
    let language = vocabulary.language;
    let day = match language {
        Language::En => ordinal_en(day)?,
        _ => cardinal(day, Gender::Alone, language),
    };
    Some(format!("{day}{of}{name}{of}{}", cardinal(year, Gender::Alone, language), of = vocabulary.of))
}

fn english_ordinal(core: &str, vocabulary: &Vocabulary) -> Option<String> {
    let number = ["st", "nd", "rd", "th"].iter().find_map(|ending| core.strip_suffix(ending))?;
    ordinal_en(number.parse().ok()?).filter(|_| vocabulary.language == Language::En)
}

/// 112 is read digit by digit, and so is whatever begins with a nought.
fn emergency_number(core: &str, vocabulary: &Vocabulary) -> Option<String> {
    let plain = core.bytes().all(|b| b.is_ascii_digit());
    (plain && (core == "112" || (core.len() > 1 && core.starts_with('0')))).then(|| digits(core, vocabulary.language))
}

fn number(core: &str, next: Option<&str>, vocabulary: &Vocabulary) -> Option<String> {
    match parse(core, vocabulary.language)? {
        (whole, None) => Some(counted(whole, next, vocabulary)),
        _ => decimal(core, Gender::Alone, vocabulary),
    }
}
