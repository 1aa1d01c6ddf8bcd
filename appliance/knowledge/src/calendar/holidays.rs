//! Days on which offices are closed, computed for any year from the rules of `calendar.toml`, or read from an iCalendar
//! file.

use std::collections::BTreeMap;

use icalendar::{Calendar as Ics, Component, DatePerhapsTime};
use jiff::ToSpan;
use jiff::civil::Date;
use portaveu_call::Language;
use serde::Deserialize;

/// An event of an iCalendar file is no longer than this.
const MOST_DAYS: usize = 60;

/// When a holiday is, in any year.
#[derive(Clone, Debug, PartialEq)]
enum Rule {
    Fixed {
        month: i8,
        day: i8,
    },
    /// Days after Easter Sunday.
    Easter(i32),
    Once(Date),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Holiday {
    rule: Rule,
    pub names: BTreeMap<Language, String>,
}

/// A holiday of `calendar.toml`: `{ date = "10-05", name.es = "…" }`, `{ easter = 8, … }` or `{ date = "2026-10-05", … }`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Local {
    date: Option<String>,
    easter: Option<i32>,
    name: BTreeMap<Language, String>,
}

impl Local {
    pub fn holiday(self) -> Result<Holiday, String> {
        let rule = match (self.date.as_deref(), self.easter) {
            (Some(text), None) => read_date(text)?,
            (None, Some(days)) => Rule::Easter(days),
            _ => {
                return Err(
                    "a holiday has either `date` (\"10-05\" or \"2026-10-05\") or `easter` (days after it)".into()
                );
            }
        };
        Ok(Holiday { rule, names: self.name })
    }
}

fn read_date(text: &str) -> Result<Rule, String> {
    if let Ok(date) = text.parse::<Date>() {
        return Ok(Rule::Once(date));
    }
    let numbers = text.split_once('-').and_then(|(month, day)| Some((month.parse().ok()?, day.parse().ok()?)));
    match numbers {
        Some((month, day)) if Date::new(2024, month, day).is_ok() => Ok(Rule::Fixed { month, day }),
        _ => Err(format!("\"{text}\" is no date; write month and day, as in \"10-05\", or year, month and day")),
    }
}

impl Holiday {
    pub fn on(&self, year: i16) -> Option<Date> {
        match self.rule {
            Rule::Fixed { month, day } => Date::new(year, month, day).ok(),
            Rule::Easter(days) => easter(year)?.checked_add(days.days()).ok(),
            Rule::Once(date) => (date.year() == year).then_some(date),
        }
    }

    pub fn name(&self, language: Language) -> &str {
        self.names.get(&language).or_else(|| self.names.values().next()).map_or("", String::as_str)
    }
}

/// The days of an iCalendar file that last a day.
pub fn from_ics(text: &str) -> Result<Vec<Holiday>, String> {
    let calendar: Ics = text.parse().map_err(|error| format!("this is no iCalendar file: {error}"))?;
    let events = calendar.components.iter().filter_map(|component| component.as_event());
    let mut holidays = Vec::new();
    for event in events {
        let name = event.get_summary().unwrap_or_default().to_owned();
        if event.property_value("RRULE").is_some() {
            return Err(format!("\"{name}\" repeats itself; write it into calendar.toml, with month and day"));
        }
        let Some(first) = event.get_start().and_then(whole_day) else { continue };
        // The end is the day after the last.
        let end = event.get_end().and_then(whole_day).filter(|end| *end > first);
        let days =
            first.series(1.day()).take(MOST_DAYS).take_while(|day| *day == first || end.is_some_and(|end| *day < end));
        let names: BTreeMap<Language, String> = Language::ALL.map(|l| (l, name.clone())).into();
        holidays.extend(days.map(|day| Holiday { rule: Rule::Once(day), names: names.clone() }));
    }
    Ok(holidays)
}

fn whole_day(when: DatePerhapsTime) -> Option<Date> {
    let DatePerhapsTime::Date(day) = when else { return None };
    day.to_string().parse().ok()
}

/// Easter Sunday by the Gregorian computus (Meeus, Jones and Butcher).
fn easter(year: i16) -> Option<Date> {
    let year_number = i32::from(year);
    let (a, b, c) = (year_number % 19, year_number / 100, year_number % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (b - (b + 8) / 25 + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let n = h + l - 7 * m + 114;
    Date::new(year, i8::try_from(n / 31).ok()?, i8::try_from(n % 31 + 1).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn easter_falls_where_the_church_says() {
        let known = [(2024, 3, 31), (2025, 4, 20), (2026, 4, 5), (2027, 3, 28), (2038, 4, 25), (2285, 3, 22)];
        for (year, month, day) in known {
            assert_eq!(easter(year), Some(date(year, month, day)));
        }
    }

    #[test]
    fn local_holidays_are_read_in_three_ways() {
        let local = |toml: &str| toml::from_str::<Local>(toml).unwrap().holiday();
        assert_eq!(local("easter = 8\nname.es = \"San Vicente\"").unwrap().on(2026), Some(date(2026, 4, 13)));
        assert_eq!(local("date = \"10-05\"\nname.es = \"Patrona\"").unwrap().on(2030), Some(date(2030, 10, 5)));
        assert_eq!(local("date = \"2026-03-18\"\nname.es = \"Fallas\"").unwrap().on(2027), None);
        assert!(local("date = \"5 de octubre\"\nname.es = \"Patrona\"").is_err());
    }

    #[test]
    fn an_icalendar_file_gives_its_whole_days() {
        let ics = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;VALUE=DATE:20261005\r\nDTEND;VALUE=DATE:20261007\r\nSUMMARY:Patrona\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        let holidays = from_ics(ics).unwrap();
        assert_eq!((holidays[0].on(2026), holidays[0].name(Language::Es)), (Some(date(2026, 10, 5)), "Patrona"));
        assert_eq!((holidays.len(), holidays[1].on(2026)), (2, Some(date(2026, 10, 6))));
    }
}
