//! The stretch of time that a report is about: a day, a week, a month or a year of the council's own clock.
//!
//! It must not know what is counted in it.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use jiff::civil::{Date, ISOWeekDate, Weekday, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::texts::{ReportTexts, fill};

/// The days that a report can be about.
const FIRST: Date = date(2000, 1, 1);
const LAST: Date = date(2199, 12, 31);

/// A text that is no period.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "\"{0}\" is no period; write 2026-11-28 for a day, 2026-W48 for a week, 2026-11 for a month or 2026 for a year"
)]
pub struct UnknownPeriod(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Length {
    Day,
    Week,
    Month,
    Year,
}

impl Length {
    pub const ALL: [Self; 4] = [Self::Day, Self::Week, Self::Month, Self::Year];

    /// As a form sends it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }
}

/// A day, a week from its Monday, a month or a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    length: Length,
    first: Date,
}

/// What the page's form sends: any day of a period, and how long that is.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Chosen {
    pub length: Length,
    pub date: Date,
}

impl From<Chosen> for Period {
    fn from(chosen: Chosen) -> Self {
        Self::of(chosen.length, chosen.date)
    }
}

impl Period {
    /// The period of this length that has this day in it.
    pub fn of(length: Length, day: Date) -> Self {
        let day = day.clamp(FIRST, LAST);
        let first = match length {
            Length::Day => day,
            Length::Week => day.saturating_sub(i32::from(day.weekday().to_monday_zero_offset()).days()),
            Length::Month => day.first_of_month(),
            Length::Year => day.first_of_year(),
        };
        Self { length, first }
    }

    pub fn length(self) -> Length {
        self.length
    }

    /// Its first day.
    pub fn first(self) -> Date {
        self.first
    }

    /// Its last day.
    pub fn last(self) -> Date {
        self.end().saturating_sub(1.day())
    }

    /// The day after it.
    fn end(self) -> Date {
        let span = match self.length {
            Length::Day => 1.day(),
            Length::Week => 1.week(),
            Length::Month => 1.month(),
            Length::Year => 1.year(),
        };
        self.first.saturating_add(span)
    }

    pub fn previous(self) -> Self {
        Self::of(self.length, self.first.saturating_sub(1.day()))
    }

    pub fn next(self) -> Self {
        Self::of(self.length, self.end())
    }

    /// Every day of it.
    pub fn days(self) -> impl Iterator<Item = Date> {
        let end = self.end();
        self.first.series(1.day()).take_while(move |day| *day < end)
    }

    /// From its first midnight to the one that ends it, by this clock.
    pub fn range(self, zone: &TimeZone) -> Range<Timestamp> {
        midnight(self.first, zone)..midnight(self.end(), zone)
    }

    /// "noviembre de 2026"
    pub fn title(self, texts: &ReportTexts) -> String {
        self.written(texts, &texts.titles)
    }

    /// "en noviembre de 2026"
    pub fn within(self, texts: &ReportTexts) -> String {
        self.written(texts, &texts.within)
    }

    fn written(self, texts: &ReportTexts, patterns: &super::texts::Lengths) -> String {
        let (first, last) = (self.first, self.last());
        match self.length {
            Length::Day => texts.dates.write(&patterns.day, first),
            Length::Week => {
                let from = texts.dates.write(texts.dates.until(first, last), first);
                let to = texts.dates.write(&texts.dates.full, last);
                fill(&patterns.week, &[("from", &from), ("to", &to)])
            }
            Length::Month => texts.dates.write(&patterns.month, first),
            Length::Year => texts.dates.write(&patterns.year, first),
        }
    }
}

/// The moment a day begins. Days of a period are far from where time ends, so there always is one.
fn midnight(day: Date, zone: &TimeZone) -> Timestamp {
    day.to_zoned(zone.clone()).map(|moment| moment.timestamp()).unwrap_or_default()
}

impl fmt::Display for Period {
    /// As in an address: `2026-11-28`, `2026-W48`, `2026-11`, `2026`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month) = (self.first.year(), self.first.month());
        match self.length {
            Length::Day => write!(f, "{}", self.first),
            Length::Week => {
                let week = self.first.iso_week_date();
                write!(f, "{:04}-W{:02}", week.year(), week.week())
            }
            Length::Month => write!(f, "{year:04}-{month:02}"),
            Length::Year => write!(f, "{year:04}"),
        }
    }
}

impl FromStr for Period {
    type Err = UnknownPeriod;

    fn from_str(text: &str) -> Result<Self, UnknownPeriod> {
        // What is not written as it would be printed is refused, so that a period has one address.
        read(text).filter(|period| period.to_string() == text).ok_or_else(|| UnknownPeriod(text.to_owned()))
    }
}

fn read(text: &str) -> Option<Period> {
    let parts: Vec<&str> = text.split('-').collect();
    let (length, day) = match parts.as_slice() {
        [year] => (Length::Year, Date::new(year.parse().ok()?, 1, 1)),
        [year, part] => match part.strip_prefix('W') {
            Some(week) => (Length::Week, monday(year.parse().ok()?, week.parse().ok()?)),
            None => (Length::Month, Date::new(year.parse().ok()?, part.parse().ok()?, 1)),
        },
        _ => (Length::Day, text.parse()),
    };
    Some(Period::of(length, day.ok()?))
}

fn monday(year: i16, week: i8) -> Result<Date, jiff::Error> {
    ISOWeekDate::new(year, week, Weekday::Monday).map(ISOWeekDate::date)
}
