//! When offices are open: weekly hours, seasons, exceptions and holidays. What is asked of time is computed here, never
//! read from an answer's text.

mod holidays;
mod when;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{ToSpan, Zoned};
use portaveu_call::{Language, TimeAsked};
use serde::Deserialize;

pub use holidays::Holiday;
use holidays::Local;
pub use when::asks_for_hours;

/// Days that are searched for the next opening.
const SEARCHED: usize = 60;
const WEEK: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarFile {
    timezone: String,
    #[serde(default)]
    holidays: Vec<Local>,
    /// iCalendar files beside it, with more holidays.
    #[serde(default)]
    import: Vec<PathBuf>,
    offices: BTreeMap<String, OfficeFile>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfficeFile {
    name: BTreeMap<Language, String>,
    hours: Vec<String>,
    /// Hours on holidays; closed, if there are none.
    #[serde(default)]
    holidays: Vec<String>,
    #[serde(default)]
    seasons: Vec<SeasonFile>,
    /// Single days.
    #[serde(default)]
    exceptions: BTreeMap<Date, Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeasonFile {
    from: String,
    to: String,
    hours: Vec<String>,
}

/// From and until when.
pub type Interval = (Time, Time);
pub type Week = [Vec<Interval>; 7];

#[derive(Clone, Debug)]
pub struct Office {
    pub names: BTreeMap<Language, String>,
    week: Week,
    holidays: Vec<Interval>,
    seasons: Vec<Season>,
    exceptions: BTreeMap<Date, Vec<Interval>>,
}

/// Hours of its own, from one day of the year (month, day) to another.
#[derive(Clone, Debug)]
struct Season {
    from: (i8, i8),
    to: (i8, i8),
    week: Week,
}

impl Season {
    /// A season may last over the year's end.
    fn holds(&self, day: (i8, i8)) -> bool {
        if self.from <= self.to { (self.from..=self.to).contains(&day) } else { day >= self.from || day <= self.to }
    }
}

#[derive(Clone, Debug)]
pub struct Calendar {
    zone: TimeZone,
    holidays: Vec<Holiday>,
    offices: BTreeMap<String, Office>,
}

/// An office on a day.
#[derive(Clone, Debug, PartialEq)]
pub struct Day<'a> {
    pub date: Date,
    pub open: Vec<Interval>,
    pub holiday: Option<&'a Holiday>,
}

impl Calendar {
    /// From `calendar.toml` in `folder`; an error says what is wrong in it.
    pub fn new(file: CalendarFile, folder: &Path) -> Result<Self, String> {
        let zone = TimeZone::get(&file.timezone).map_err(|error| format!("timezone: {error}"))?;
        let mut holidays = file.holidays.into_iter().map(Local::holiday).collect::<Result<Vec<_>, _>>()?;
        for path in &file.import {
            let path = folder.join(path);
            let text = std::fs::read_to_string(&path).map_err(|error| format!("import {}: {error}", path.display()))?;
            holidays.extend(holidays::from_ics(&text).map_err(|error| format!("import {}: {error}", path.display()))?);
        }
        let office = |(id, file): (String, OfficeFile)| {
            let office = Office::new(file).map_err(|error| format!("offices.{id}: {error}"))?;
            Ok::<_, String>((id, office))
        };
        let offices = file.offices.into_iter().map(office).collect::<Result<_, _>>()?;
        Ok(Self { zone, holidays, offices })
    }

    pub fn office(&self, id: &str) -> Option<&Office> {
        self.offices.get(id)
    }

    /// The council's own time.
    pub fn local(&self, at: jiff::Timestamp) -> Zoned {
        at.to_zoned(self.zone.clone())
    }

    /// What a caller's words ask of time, if they do.
    pub fn asked(&self, text: &str, now: DateTime) -> Option<TimeAsked> {
        when::asked(text, now, &self.holidays)
    }

    pub fn day(&self, office: &Office, date: Date) -> Day<'_> {
        let holiday = self.holidays.iter().find(|holiday| holiday.on(date.year()) == Some(date));
        let open = match (office.exceptions.get(&date), holiday) {
            (Some(hours), _) => hours.clone(),
            (None, Some(_)) => office.holidays.clone(),
            (None, None) => office.week_of(date)[date.weekday().to_monday_zero_offset() as usize].clone(),
        };
        Day { date, open, holiday }
    }

    /// Until when it is open, if it is.
    pub fn open_until(&self, office: &Office, at: DateTime) -> Option<Time> {
        let day = self.day(office, at.date());
        day.open.iter().find(|(from, to)| (*from..*to).contains(&at.time())).map(|(_, to)| *to)
    }

    /// When it opens next, after `at`.
    pub fn next_opening(&self, office: &Office, at: DateTime) -> Option<DateTime> {
        at.date().series(1.day()).take(SEARCHED).find_map(|date| {
            let open = self.day(office, date).open;
            open.into_iter().map(|(from, _)| date.to_datetime(from)).find(|opening| *opening > at)
        })
    }
}

impl Office {
    fn new(file: OfficeFile) -> Result<Self, String> {
        let season = |season: SeasonFile| {
            Ok(Season { from: month_day(&season.from)?, to: month_day(&season.to)?, week: week(&season.hours)? })
        };
        let exception = |(date, hours): (Date, Vec<String>)| Ok((date, intervals(&hours)?));
        Ok(Self {
            names: file.name,
            week: week(&file.hours)?,
            holidays: intervals(&file.holidays)?,
            seasons: file.seasons.into_iter().map(season).collect::<Result<_, String>>()?,
            exceptions: file.exceptions.into_iter().map(exception).collect::<Result<_, String>>()?,
        })
    }

    pub fn name(&self, language: Language) -> &str {
        self.names.get(&language).or_else(|| self.names.values().next()).map_or("", String::as_str)
    }

    /// The week's hours around a date.
    pub fn week_of(&self, date: Date) -> &Week {
        let day = (date.month(), date.day());
        self.seasons.iter().find(|season| season.holds(day)).map_or(&self.week, |season| &season.week)
    }
}

fn month_day(text: &str) -> Result<(i8, i8), String> {
    let date = format!("2024-{text}").parse::<Date>();
    date.map(|date| (date.month(), date.day())).map_err(|_| format!("\"{text}\" is no day; write it as in \"07-01\""))
}

/// `mon-fri 9:00-14:00`, `tue,thu 16:30-18:30`.
fn week(lines: &[String]) -> Result<Week, String> {
    let mut week = Week::default();
    for line in lines {
        let wrong = || {
            format!("\"{line}\" is not understood; write it as in \"mon-fri 9:00-14:00\" or \"tue,thu 16:30-18:30\"")
        };
        let (days, hours) = line.split_once(' ').ok_or_else(wrong)?;
        let interval = interval(hours).ok_or_else(wrong)?;
        for part in days.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let number = |day: &str| DAYS.iter().position(|known| *known == day.trim()).ok_or_else(wrong);
            let (first, last) = (number(first)?, number(last)?);
            if first > last {
                return Err(wrong());
            }
            week.iter_mut().take(last + 1).skip(first).for_each(|day| day.push(interval));
        }
    }
    week.iter_mut().for_each(|day| day.sort());
    Ok(week)
}

fn intervals(hours: &[String]) -> Result<Vec<Interval>, String> {
    let read = |text: &String| {
        interval(text).ok_or_else(|| format!("\"{text}\" is not understood; write it as in \"9:00-14:00\""))
    };
    let mut intervals = hours.iter().map(read).collect::<Result<Vec<Interval>, String>>()?;
    intervals.sort();
    Ok(intervals)
}

fn interval(text: &str) -> Option<Interval> {
    let (from, to) = text.trim().split_once('-')?;
    let (from, to) = (time(from)?, time(to)?);
    (from < to).then_some((from, to))
}

/// `9:00`; `24:00` is the last minute of the day.
fn time(text: &str) -> Option<Time> {
    let (hour, minute) = text.trim().split_once(':')?;
    if hour == "24" {
        return Time::new(23, 59, 0, 0).ok();
    }
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

/// Days of the week with the same hours, in order: (first, last, hours).
pub fn alike(week: &Week) -> Vec<(Weekday, Weekday, &[Interval])> {
    let mut groups: Vec<(Weekday, Weekday, &[Interval])> = Vec::new();
    for (day, hours) in WEEK.iter().zip(week) {
        match groups.last_mut() {
            Some((_, last, same)) if *same == hours.as_slice() => *last = *day,
            _ => groups.push((*day, *day, hours)),
        }
    }
    groups.retain(|(_, _, hours)| !hours.is_empty());
    groups
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};

    use super::*;

    pub fn calendar() -> Calendar {
        let file = r#"
            timezone = "Europe/Madrid"
            holidays = [{ easter = 8, name.es = "San Vicente" }, { date = "12-08", name.es = "la Inmaculada" }]
            [offices.townhall]
            name.es = "la oficina"
            hours = ["mon-fri 9:00-14:00", "tue,thu 16:30-18:30"]
            seasons = [{ from = "07-01", to = "08-31", hours = ["mon-fri 9:00-14:00"] }]
            exceptions = { 2026-12-24 = ["9:00-12:00"] }
        "#;
        Calendar::new(toml::from_str(file).unwrap(), Path::new(".")).unwrap()
    }

    #[test]
    fn a_day_is_open_by_week_season_exception_and_holiday() {
        let calendar = calendar();
        let office = calendar.office("townhall").unwrap();
        let count = |year, month, day| calendar.day(office, date(year, month, day)).open.len();
        assert_eq!(count(2026, 11, 24), 2, "a Tuesday");
        assert_eq!(count(2026, 7, 14), 1, "a Tuesday in July");
        assert_eq!(count(2026, 12, 8), 0, "the Immaculate Conception");
        assert_eq!(count(2026, 4, 13), 0, "a local holiday");
        assert_eq!(calendar.day(office, date(2026, 12, 24)).open, [(time(9, 0, 0, 0), time(12, 0, 0, 0))]);
    }

    #[test]
    fn the_next_opening_skips_closed_days() {
        let calendar = calendar();
        let office = calendar.office("townhall").unwrap();
        let friday_evening = date(2026, 12, 4).at(20, 0, 0, 0);
        assert_eq!(calendar.next_opening(office, friday_evening), Some(date(2026, 12, 7).at(9, 0, 0, 0)));
        let tuesday = date(2026, 11, 24);
        assert_eq!(calendar.open_until(office, tuesday.at(13, 59, 0, 0)), Some(time(14, 0, 0, 0)));
        assert_eq!(calendar.open_until(office, tuesday.at(14, 0, 0, 0)), None);
        assert_eq!(calendar.next_opening(office, tuesday.at(14, 0, 0, 0)), Some(tuesday.at(16, 30, 0, 0)));
    }

    #[test]
    fn the_clock_changes_and_the_office_does_not() {
        let calendar = calendar();
        let local = |text: &str| calendar.local(text.parse().unwrap()).datetime().time();
        assert_eq!(local("2026-10-24T07:00:00Z"), time(9, 0, 0, 0));
        assert_eq!(local("2026-10-26T08:00:00Z"), time(9, 0, 0, 0));
    }

    #[test]
    fn mistakes_are_named() {
        let error = |hours: &str| week(&[hours.to_owned()]).unwrap_err();
        assert!(error("lun-vie 9:00-14:00").contains("mon-fri"));
        assert!(error("fri-mon 9:00-14:00").contains("mon-fri"));
        assert!(error("mon-fri 14:00-9:00").contains("mon-fri"));
    }
}
