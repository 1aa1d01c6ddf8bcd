//! What a report says, in the languages of the council's staff.
//!
//! It must not be said anywhere else: no other file of reports holds words for people.

use std::collections::BTreeMap;

use jiff::civil::Date;
use portaveu_call::Language;
use portaveu_store::Outcome;
use serde::Deserialize;

/// Reports are not written in this language.
#[derive(Debug, thiserror::Error)]
pub enum TextsError {
    #[error("reports are written in es, ca and en, not in {0}")]
    Language(Language),
    #[error("the reports' texts in {0} are damaged: {1}; install Portaveu again")]
    Damaged(Language, toml::de::Error),
}

/// All texts of reports in one language: `texts/reports.*.toml`, where each is seen in its place.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportTexts {
    pub language: Language,
    pub dates: Dates,
    /// A period as a title.
    pub titles: Lengths,
    /// A period within a sentence.
    pub within: Lengths,
    /// The lengths' names.
    pub lengths: Lengths,
    /// Links to the period before.
    pub previous: Lengths,
    /// Links to the period after.
    pub next: Lengths,
    pub outcomes: BTreeMap<Outcome, String>,
    pub languages: BTreeMap<Language, String>,
    pub figures: FigureNames,
    pub meanings: FigureNames,
    pub amounts: Amounts,
    pub series: SeriesTexts,
    pub sentences: Sentences,
    pub page: PageTexts,
    pub csv: CsvTexts,
    pub pdf: PdfTexts,
}

/// A text for each length of a period.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lengths {
    pub day: String,
    pub week: String,
    pub month: String,
    pub year: String,
}

impl Lengths {
    pub fn of(&self, length: super::Length) -> &str {
        match length {
            super::Length::Day => &self.day,
            super::Length::Week => &self.week,
            super::Length::Month => &self.month,
            super::Length::Year => &self.year,
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dates {
    /// A date of which the year and the month are told later, or the year, or nothing is.
    pub day: String,
    pub day_month: String,
    pub full: String,
    pub weekdays: [String; 7],
    pub short_weekdays: [String; 7],
    pub months: [String; 12],
    pub short_months: [String; 12],
    /// "de enero", with what a language puts before a month.
    pub of_months: [String; 12],
}

impl Dates {
    /// The pattern that leaves out what another date, told next, says too.
    pub(super) fn until(&self, first: Date, last: Date) -> &str {
        match (first.year() == last.year(), first.month() == last.month()) {
            (true, true) => &self.day,
            (true, false) => &self.day_month,
            (false, _) => &self.full,
        }
    }

    pub(super) fn write(&self, pattern: &str, date: Date) -> String {
        let month = usize::from(date.month().unsigned_abs()) - 1;
        let weekday = usize::from(date.weekday().to_monday_zero_offset().unsigned_abs());
        let parts = [
            ("weekday", self.weekdays[weekday].as_str()),
            ("short_weekday", &self.short_weekdays[weekday]),
            ("day", &date.day().to_string()),
            ("month", &self.months[month]),
            ("short_month", &self.short_months[month]),
            ("of_month", &self.of_months[month]),
            ("year", &date.year().to_string()),
        ];
        fill(pattern, &parts)
    }
}

/// Names of the key figures, or what they mean.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FigureNames {
    pub calls: String,
    pub alone: String,
    pub share_alone: String,
    pub handed_over: String,
    pub messages: String,
    pub unanswered: String,
    pub lost: String,
    pub refused: String,
    pub gave_up: String,
    pub mean_length: String,
    pub median_answer: String,
    pub slow_answer: String,
}

/// How amounts are written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amounts {
    pub none: String,
    pub seconds: String,
    pub minutes: String,
    pub whole_minutes: String,
    pub within: String,
    pub beyond: String,
    /// Classes: the lowest, those between two ends, and the highest.
    pub up_to: String,
    pub between: String,
    pub above: String,
    pub calls_unit: String,
    pub share_unit: String,
    pub seconds_unit: String,
}

/// A title and the heading of a column of names.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Headed {
    pub title: String,
    pub heading: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeriesTexts {
    pub days: Headed,
    pub months: Headed,
    pub hours: Headed,
    pub outcomes: Headed,
    pub languages: Headed,
    pub topics: Headed,
    pub answers: Headed,
    pub waits: Headed,
    pub others: String,
    pub hour: String,
    pub count: String,
    pub answer_count: String,
    pub share: String,
    /// What a chart shows, for who does not see it.
    pub described: String,
    pub described_empty: String,
    pub nothing: String,
}

/// A clause for one of something and for more.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plural {
    pub one: String,
    pub many: String,
}

impl Plural {
    pub fn of(&self, count: u32) -> &str {
        if count == 1 { &self.one } else { &self.many }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sentences {
    pub no_calls: String,
    pub calls: Plural,
    pub more: String,
    pub fewer: String,
    pub as_many: String,
    pub not_over: String,
    /// How many of ten calls nobody had to take: none, one, more, and all.
    pub tenths_none: String,
    pub tenths: Plural,
    pub tenths_all: String,
    pub numbers: [String; 10],
    pub rest: String,
    pub and: String,
    pub handed_over: Plural,
    pub messages: Plural,
    pub unanswered: Plural,
    pub lost: Plural,
    pub answers: String,
    pub busiest: String,
    pub topic: String,
    pub refused: Plural,
    pub none_refused: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageTexts {
    pub heading: String,
    pub summary: String,
    pub key_figures: String,
    pub before: String,
    pub navigation: String,
    pub choose: String,
    pub choose_length: String,
    pub choose_day: String,
    pub show: String,
    pub downloads: String,
    pub csv: String,
    pub pdf: String,
    pub table: String,
    pub meaning: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CsvTexts {
    pub section: String,
    pub name: String,
    pub value: String,
    pub unit: String,
    pub before: String,
    pub about: String,
    pub council: String,
    pub period: String,
    pub from: String,
    pub to: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PdfTexts {
    pub title: String,
    pub figure: String,
    pub this: String,
    pub before: String,
    pub meaning: String,
    pub source: String,
    pub made: String,
    pub page_of: String,
}

impl ReportTexts {
    /// The languages that reports are written in.
    pub const LANGUAGES: [Language; 3] = [Language::Es, Language::Ca, Language::En];

    pub fn load(language: Language) -> Result<Self, TextsError> {
        let text = match language {
            Language::Es => include_str!("../../texts/reports.es.toml"),
            Language::Ca => include_str!("../../texts/reports.ca.toml"),
            Language::En => include_str!("../../texts/reports.en.toml"),
            other => return Err(TextsError::Language(other)),
        };
        toml::from_str(text).map_err(|error| TextsError::Damaged(language, error))
    }
}

/// Put values into the places of a pattern that are named in braces.
pub(super) fn fill(pattern: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some((before, (name, after))) = rest.split_once('{').and_then(|(b, a)| Some((b, a.split_once('}')?))) {
        filled.push_str(before);
        let value = values.iter().find(|(known, _)| *known == name);
        filled.push_str(value.map_or("", |(_, value)| value));
        rest = after;
    }
    filled + rest
}

/// The first letter of a sentence.
pub(super) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
