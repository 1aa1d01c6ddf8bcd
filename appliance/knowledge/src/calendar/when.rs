//! What a caller's words ask of time: now, a day, an hour of it, a month. In Spanish, Valencian and English.
//!
//! It must not guess: words that name no time give none.

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time};
use portaveu_call::{Language, PartOfDay, TimeAsked};

use super::Holiday;
use crate::features::plain;

const TODAY: [&str; 8] = ["hoy", "hui", "avui", "today", "esta tarde", "esta vesprada", "esta noche", "esta nit"];
const TONIGHT: [&str; 3] = ["this afternoon", "this evening", "tonight"];
const TOMORROW: [&str; 3] = ["manana", "dema", "tomorrow"];
/// Before it, `mañana` is the morning.
const MORNING_OF: [&str; 9] = ["la", "por", "de", "esta", "media", "una", "cada", "que", "buena"];
const AFTER_TOMORROW: [&str; 4] = ["pasado manana", "passat dema", "dema passat", "day after tomorrow"];
const NOW: [&str; 12] = [
    "ahora",
    "ara",
    "now",
    "a estas horas",
    "a estes hores",
    "a esta hora",
    "todavia",
    "encara",
    "still",
    "at the moment",
    "en este momento",
    "right away",
];
/// Days after Monday.
const SATURDAY: i64 = 5;
const WEEKEND: [&str; 3] = ["fin de semana", "cap de setmana", "weekend"];
const WEEKDAYS: [[&str; 3]; 7] = [
    ["lunes", "dilluns", "monday"],
    ["martes", "dimarts", "tuesday"],
    ["miercoles", "dimecres", "wednesday"],
    ["jueves", "dijous", "thursday"],
    ["viernes", "divendres", "friday"],
    ["sabado", "dissabte", "saturday"],
    ["domingo", "diumenge", "sunday"],
];
const MONTHS: [[&str; 3]; 12] = [
    ["enero", "gener", "january"],
    ["febrero", "febrer", "february"],
    ["marzo", "marc", "march"],
    ["abril", "abril", "april"],
    ["mayo", "maig", "may"],
    ["junio", "juny", "june"],
    ["julio", "juliol", "july"],
    ["agosto", "agost", "august"],
    ["septiembre", "setembre", "september"],
    ["octubre", "octubre", "october"],
    ["noviembre", "novembre", "november"],
    ["diciembre", "desembre", "december"],
];
/// 1 to 31; English ordinals beside its cardinals.
const NUMBERS: [&[&str]; 31] = [
    &["uno", "una", "u", "primero", "primer", "one", "first"],
    &["dos", "dues", "two", "second"],
    &["tres", "three", "third"],
    &["cuatro", "quatre", "four", "fourth"],
    &["cinco", "cinc", "five", "fifth"],
    &["seis", "sis", "six", "sixth"],
    &["siete", "set", "seven", "seventh"],
    &["ocho", "huit", "vuit", "eight", "eighth"],
    &["nueve", "nou", "nine", "ninth"],
    &["diez", "deu", "ten", "tenth"],
    &["once", "onze", "eleven", "eleventh"],
    &["doce", "dotze", "twelve", "twelfth"],
    &["trece", "tretze", "thirteen", "thirteenth"],
    &["catorce", "catorze", "fourteen", "fourteenth"],
    &["quince", "quinze", "fifteen", "fifteenth"],
    &["dieciseis", "setze", "sixteen", "sixteenth"],
    &["diecisiete", "desset", "seventeen", "seventeenth"],
    &["dieciocho", "dihuit", "eighteen", "eighteenth"],
    &["diecinueve", "denou", "dinou", "nineteen", "nineteenth"],
    &["veinte", "vint", "twenty", "twentieth"],
    &["veintiuno", "vint i u", "twenty first", "twenty one"],
    &["veintidos", "vint i dos", "twenty second", "twenty two"],
    &["veintitres", "vint i tres", "twenty third", "twenty three"],
    &["veinticuatro", "vint i quatre", "twenty fourth", "twenty four"],
    &["veinticinco", "vint i cinc", "twenty fifth", "twenty five"],
    &["veintiseis", "vint i sis", "twenty sixth", "twenty six"],
    &["veintisiete", "vint i set", "twenty seventh", "twenty seven"],
    &["veintiocho", "vint i huit", "twenty eighth", "twenty eight"],
    &["veintinueve", "vint i nou", "twenty ninth", "twenty nine"],
    &["treinta", "trenta", "thirtieth", "thirty"],
    &["treinta y uno", "trenta u", "trenta i u", "thirty first", "thirty one"],
];
const MORNING: [&str; 6] = ["por la manana", "de la manana", "pel mati", "de mati", "al mati", "in the morning"];
const AFTERNOON: [&str; 6] = ["por la tarde", "de la tarde", "esta tarde", "vesprada", "per la tarda", "afternoon"];
const EVENING: [&str; 7] = ["por la noche", "de la noche", "esta noche", "nit", "evening", "tonight", "at night"];
const AT: [&str; 7] = ["a las", "a la", "a les", "sobre las", "sobre les", "at", "around"];
/// Numbers of days that are no hours.
const ORDINAL: [&str; 14] = [
    "primero", "primer", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
    "eleventh", "twelfth",
];
const MINUTES: [(&str, i8); 10] = [
    ("y media", 30),
    ("i mitja", 30),
    ("y cuarto", 15),
    ("i quart", 15),
    ("menos cuarto", -15),
    ("menys quart", -15),
    ("30", 30),
    ("15", 15),
    ("45", 45),
    ("thirty", 30),
];

/// The words between single spaces, with one before and after, so that whole words can be looked for.
struct Words(String);

impl Words {
    fn has(&self, phrase: &str) -> bool {
        self.0.contains(&format!(" {phrase} "))
    }

    fn has_any(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| self.has(phrase))
    }
}

/// Beginnings of the words by which opening hours are asked for.
const OPENING: [&str; 16] = [
    "abr", "abier", "cierr", "cerr", "horari", "obri", "obr", "obert", "tanc", "tanqu", "open", "clos", "hours",
    "atend", "aten", "hay",
];
const OPENING_PHRASES: [&str; 5] = ["hi ha", "hi haura", "is there", "esteu", "are you"];
const GREETINGS: [&str; 6] =
    ["good afternoon", "good evening", "good night", "bona vesprada", "bona nit", "bona tarda"];
/// "el lunes que viene", said on a Monday.
const NEXT: [&str; 8] = ["proximo", "proxima", "que viene", "que ve", "next", "vinent", "seguent", "siguiente"];
/// After these a holiday's name is a street's.
const STREETS: [&str; 8] = ["calle", "avenida", "plaza", "carrer", "avinguda", "placa", "street", "cami"];

/// Whether `text` asks when something is open, rather than naming a time by the way.
pub fn asks_for_hours(text: &str) -> bool {
    let words = Words(format!(" {} ", plain(text)));
    let begins = |word: &str| OPENING.iter().any(|opening| word.starts_with(opening));
    words.has_any(&OPENING_PHRASES) || words.0.split_whitespace().any(begins)
}

pub fn asked(text: &str, now: DateTime, holidays: &[Holiday]) -> Option<TimeAsked> {
    let greeted = GREETINGS.iter().fold(format!(" {} ", plain(text)), |text, greeting| text.replace(greeting, ""));
    let words = Words(greeted);
    let today = now.date();
    if let Some(date) = day(&words, today, holidays) {
        return Some(TimeAsked::Day { date, part: part(&words) });
    }
    if words.has_any(&WEEKEND) {
        return weekend(today);
    }
    if words.has_any(&NOW) {
        return Some(TimeAsked::Now);
    }
    let month = month(&words)?;
    let year = if month < today.month() { today.year() + 1 } else { today.year() };
    Some(TimeAsked::Month { year, month })
}

fn day(words: &Words, today: Date, holidays: &[Holiday]) -> Option<Date> {
    let later = |days: i64| today.checked_add(days.days()).ok();
    if words.has_any(&AFTER_TOMORROW) {
        return later(2);
    }
    if words.has_any(&TODAY) || words.has_any(&TONIGHT) {
        return Some(today);
    }
    if tomorrow(words) {
        return later(1);
    }
    if let Some(date) = date_of_month(words, today).or_else(|| holiday(words, today, holidays)) {
        return Some(date);
    }
    let weekday =
        WEEKDAYS.iter().position(|names| names.iter().any(|name| words.has(name) || words.has(&format!("{name}s"))));
    let today_is = i64::from(today.weekday().to_monday_zero_offset());
    let ahead = (weekday? as i64 - today_is).rem_euclid(7);
    later(if ahead == 0 && words.has_any(&NEXT) { 7 } else { ahead })
}

/// This one, or what is left of it.
fn weekend(today: Date) -> Option<TimeAsked> {
    let to_saturday = SATURDAY - i64::from(today.weekday().to_monday_zero_offset());
    match to_saturday {
        0.. => today.checked_add(to_saturday.days()).ok().map(|saturday| TimeAsked::Weekend { saturday }),
        _ => Some(TimeAsked::Day { date: today, part: PartOfDay::Whole }),
    }
}

/// "mañana", unless it is the morning of some day.
fn tomorrow(words: &Words) -> bool {
    let all: Vec<&str> = words.0.split_whitespace().collect();
    let is_day = |n: usize| n == 0 || !MORNING_OF.contains(&all[n - 1]);
    all.iter().enumerate().any(|(n, word)| TOMORROW.contains(word) && (*word != "manana" || is_day(n)))
}

/// "el 9 de octubre", "9 d'octubre", "the twenty-sixth of December", "December 26".
fn date_of_month(words: &Words, today: Date) -> Option<Date> {
    let month = month(words)?;
    let names = MONTHS[usize::try_from(month - 1).ok()?];
    let day = (1..=31i8).rev().find(|day| {
        let written = day.to_string();
        let spoken = NUMBERS[usize::try_from(day - 1).unwrap_or(0)];
        spoken.iter().copied().chain([written.as_str(), &ordinal(*day)]).any(|number| {
            names.iter().any(|name| {
                ["de", "d", "of", "del"].iter().any(|of| words.has(&format!("{number} {of} {name}")))
                    || words.has(&format!("{name} {number}"))
                    || words.has(&format!("{name} the {number}"))
                    || (*name != "marc" && words.has(&format!("{number} {name}")))
            })
        })
    })?;
    let this_year = Date::new(today.year(), month, day).ok()?;
    if this_year < today { Date::new(today.year() + 1, month, day).ok() } else { Some(this_year) }
}

fn ordinal(day: i8) -> String {
    let ending = match (day % 10, day / 10) {
        (1, tens) if tens != 1 => "st",
        (2, tens) if tens != 1 => "nd",
        (3, tens) if tens != 1 => "rd",
        _ => "th",
    };
    format!("{day}{ending}")
}

fn month(words: &Words) -> Option<i8> {
    let place = MONTHS.iter().position(|names| {
        // "may" and "march" are other words too.
        names.iter().any(|name| {
            words.has(name)
                && (!["may", "march"].contains(name)
                    || words.has(&format!("in {name}"))
                    || words.has(&format!("of {name}")))
        })
    })?;
    i8::try_from(place + 1).ok()
}

fn holiday(words: &Words, today: Date, holidays: &[Holiday]) -> Option<Date> {
    if words.has_any(&STREETS) {
        return None;
    }
    let named = holidays.iter().filter(|holiday| {
        [Language::Es, Language::Ca, Language::En].iter().any(|language| {
            let name = plain(holiday.name(*language));
            let bare = ["el ", "la ", "l ", "the "]
                .iter()
                .fold(name.as_str(), |name, start| name.strip_prefix(start).unwrap_or(name));
            !bare.is_empty() && words.has(bare)
        })
    });
    let dates = named.flat_map(|holiday| [holiday.on(today.year()), holiday.on(today.year() + 1)]).flatten();
    dates.filter(|date| *date >= today).min()
}

fn part(words: &Words) -> PartOfDay {
    let (morning, afternoon, evening) = (words.has_any(&MORNING), words.has_any(&AFTERNOON), words.has_any(&EVENING));
    if let Some((hour, minute)) = clock(words) {
        // "At seven" is in the evening for an office, unless it is said otherwise.
        let later = (afternoon || evening || (!morning && hour <= 7)) && hour < 12;
        if let Ok(time) = Time::new(if later { hour + 12 } else { hour }, minute, 0, 0) {
            return PartOfDay::At(time);
        }
    }
    match (morning, afternoon, evening) {
        (true, false, false) => PartOfDay::Morning,
        (false, true, false) => PartOfDay::Afternoon,
        (false, false, true) => PartOfDay::Evening,
        _ => PartOfDay::Whole,
    }
}

/// "a las cuatro y media", "at ten", "a les 16:30".
fn clock(words: &Words) -> Option<(i8, i8)> {
    let (hour, said) = (1..=23i8).rev().find_map(|hour| {
        let written = hour.to_string();
        let spoken = NUMBERS[usize::try_from(hour - 1).unwrap_or(0)].iter().filter(|number| !ORDINAL.contains(number));
        let numbers = spoken.copied().chain([written.as_str()]);
        let phrases = numbers.flat_map(|number| AT.iter().map(move |at| format!("{at} {number}")));
        phrases.into_iter().find(|phrase| words.has(phrase)).map(|phrase| (hour, phrase))
    })?;
    let minutes = MINUTES.iter().find(|(name, _)| words.has(&format!("{said} {name}"))).map(|(_, minutes)| *minutes);
    match minutes {
        Some(minutes) if minutes < 0 => Some((hour - 1, 60 + minutes)),
        minutes => Some((hour, minutes.unwrap_or(0))),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};

    use std::collections::BTreeMap;

    use super::super::holidays::Local;
    use super::*;

    fn on(text: &str) -> Option<TimeAsked> {
        let file =
            "h = [{ date = '10-09', name.ca = \"el Nou d'Octubre\" }, { date = '03-19', name.ca = 'Sant Josep' },
            { date = '12-06', name.es = 'la Constitución' }, { date = '10-12', name.es = 'el Día del Pilar' }]";
        let read: BTreeMap<String, Vec<Local>> = toml::from_str(file).unwrap();
        let holidays: Vec<Holiday> = read.into_values().flatten().map(|local| local.holiday().unwrap()).collect();
        asked(text, date(2026, 11, 24).at(10, 0, 0, 0), &holidays)
    }

    fn day(year: i16, month: i8, day: i8, part: PartOfDay) -> Option<TimeAsked> {
        Some(TimeAsked::Day { date: date(year, month, day), part })
    }

    #[test]
    fn days_are_found_in_three_languages() {
        use PartOfDay::{Afternoon, At, Evening, Morning, Whole};
        let known = [
            ("¿Está abierto hoy?", day(2026, 11, 24, Whole)),
            ("¿Abren ustedes mañana por la tarde?", day(2026, 11, 25, Afternoon)),
            ("El lunes por la mañana, ¿el punto limpio abre?", day(2026, 11, 30, Morning)),
            ("¿Y los sábados?", day(2026, 11, 28, Whole)),
            ("el 9 d'octubre obriu?", day(2027, 10, 9, Whole)),
            ("Is the library open on the twenty-sixth of December, by any chance?", day(2026, 12, 26, Whole)),
            ("El dia de Sant Josep hi ha mercat?", day(2027, 3, 19, Whole)),
            (
                "El poliesportiu, el divendres a les deu de la nit encara està obert?",
                day(2026, 11, 27, At(time(22, 0, 0, 0))),
            ),
            ("El domingo a las nueve de la mañana, ¿nos abren?", day(2026, 11, 29, At(time(9, 0, 0, 0)))),
            ("Is the recycling centre open on Sunday morning around ten?", day(2026, 11, 29, At(time(10, 0, 0, 0)))),
            ("Good afternoon, is the library open on Saturday?", day(2026, 11, 28, Whole)),
            ("¿Abren el jueves a las cuatro y media?", day(2026, 11, 26, At(time(16, 30, 0, 0)))),
            ("¿Cierran hoy a las 19:45?", day(2026, 11, 24, At(time(19, 45, 0, 0)))),
            ("¿Abren el martes que viene?", day(2026, 12, 1, Whole)),
            ("obriu esta nit?", day(2026, 11, 24, Evening)),
            ("pasado mañana abren?", day(2026, 11, 26, Whole)),
            ("Are you open at the weekend?", Some(TimeAsked::Weekend { saturday: date(2026, 11, 28) })),
        ];
        for (text, wanted) in known {
            assert_eq!(on(text), wanted, "{text}");
        }
    }

    #[test]
    fn now_months_and_nothing() {
        assert_eq!(on("¿Está abierto ahora?"), Some(TimeAsked::Now));
        assert_eq!(on("en agosto abren?"), Some(TimeAsked::Month { year: 2027, month: 8 }));
        assert_eq!(on("¿qué horario tiene la biblioteca?"), None);
        assert_eq!(on("¿Por la tarde abrís?"), None);
        assert_eq!(on("Soy Pilar, de la avenida de la Constitución"), None);
        assert_eq!(on("Bona vesprada, quin horari té la biblioteca?"), None);
        assert_eq!(on("May I ask you something about my march past?"), None);
    }
}
