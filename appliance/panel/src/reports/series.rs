//! The figures in the order and with the names in which every form of a report shows them: key figures, and series of
//! counts that have a chart and a table.
//!
//! It must not know whether that is a page, a spreadsheet or a document.

use jiff::civil::Date;
use portaveu_call::Language;
use portaveu_store::{ANSWER_MS, Outcome, WAITED_S};

use super::figures::{AnswerTime, Sums, TOPICS_NAMED};
use super::numbers::{decimal, percent, whole};
use super::texts::{FigureNames, Headed, ReportTexts, fill};
use super::{Length, Report};

/// A key figure's value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Amount {
    Calls(u32),
    Share(Option<f64>),
    Length(Option<f64>),
    Answer(Option<AnswerTime>),
}

impl Amount {
    /// As people read it.
    pub fn written(self, texts: &ReportTexts) -> String {
        let written = match self {
            Self::Calls(count) => Some(whole(count, texts.language)),
            Self::Share(share) => share.map(|share| percent(share, 1, texts.language)),
            Self::Length(seconds) => seconds.map(|seconds| length(seconds, texts)),
            Self::Answer(time) => time.map(|time| answer_time(time, texts)),
        };
        written.unwrap_or_else(|| texts.amounts.none.clone())
    }
}

fn length(seconds: f64, texts: &ReportTexts) -> String {
    let seconds = seconds.round() as u32;
    let (minutes, rest) = ((seconds / 60).to_string(), (seconds % 60).to_string());
    match seconds {
        0..60 => fill(&texts.amounts.seconds, &[("s", &rest)]),
        _ => fill(&texts.amounts.minutes, &[("min", &minutes), ("s", &rest)]),
    }
}

pub fn answer_time(time: AnswerTime, texts: &ReportTexts) -> String {
    let (pattern, ms) = match time {
        AnswerTime::Within(ms) => (&texts.amounts.within, ms),
        AnswerTime::Beyond(ms) => (&texts.amounts.beyond, ms),
    };
    fill(pattern, &[("time", &end_of_class(f64::from(ms) / 1000.0, texts))])
}

/// The end of a class: "0,75 s" or "3 min".
fn end_of_class(seconds: f64, texts: &ReportTexts) -> String {
    match seconds {
        60.0.. => fill(&texts.amounts.whole_minutes, &[("min", &decimal(seconds / 60.0, texts.language))]),
        _ => fill(&texts.amounts.seconds, &[("s", &decimal(seconds, texts.language))]),
    }
}

/// A figure with its name and what it means.
#[derive(Clone, Debug)]
pub struct KeyFigure<'a> {
    pub name: &'a str,
    pub meaning: &'a str,
    pub amount: Amount,
    /// The same of the period before.
    pub before: Amount,
}

type Figure = (fn(&FigureNames) -> &String, fn(&Sums) -> Amount);

const KEY_FIGURES: [Figure; 12] = [
    (|names| &names.calls, |sums| Amount::Calls(sums.calls())),
    (|names| &names.alone, |sums| Amount::Calls(sums.answered_alone())),
    (|names| &names.share_alone, |sums| Amount::Share(sums.share_alone())),
    (|names| &names.handed_over, |sums| Amount::Calls(sums.handed_over())),
    (|names| &names.messages, |sums| Amount::Calls(sums.messages())),
    (|names| &names.unanswered, |sums| Amount::Calls(sums.unanswered())),
    (|names| &names.lost, |sums| Amount::Calls(sums.lost())),
    (|names| &names.refused, |sums| Amount::Calls(sums.refused())),
    (|names| &names.gave_up, |sums| Amount::Calls(sums.gave_up())),
    (|names| &names.mean_length, |sums| Amount::Length(sums.mean_seconds())),
    (|names| &names.median_answer, |sums| Amount::Answer(sums.median_answer())),
    (|names| &names.slow_answer, |sums| Amount::Answer(sums.slow_answer())),
];

pub fn key_figures<'a>(report: &Report<'a>) -> Vec<KeyFigure<'a>> {
    let (figures, texts) = (report.figures, report.texts);
    let figure = |(name, amount): &Figure| KeyFigure {
        name: name(&texts.figures),
        meaning: name(&texts.meanings),
        amount: amount(&figures.sums),
        before: amount(&figures.before),
    };
    KEY_FIGURES.iter().map(figure).collect()
}

/// How a series is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Upright, in the order of time.
    Columns,
    /// Lying, each with its name.
    Bars,
}

#[derive(Clone, Debug)]
pub struct Row {
    pub name: String,
    /// For below a column.
    pub short: String,
    pub count: u32,
}

/// Counts that belong together.
#[derive(Clone, Debug)]
pub struct Series<'a> {
    /// Unlike any other on a page.
    pub id: &'static str,
    pub title: &'a str,
    /// What the rows are.
    pub heading: &'a str,
    /// What is counted.
    pub counted: &'a str,
    pub shape: Shape,
    pub rows: Vec<Row>,
    /// What the rows are shares of.
    pub whole: u32,
}

impl Series<'_> {
    pub fn most(&self) -> u32 {
        self.rows.iter().map(|row| row.count).max().unwrap_or(0)
    }

    pub fn is_empty(&self) -> bool {
        self.most() == 0
    }

    pub fn share(&self, row: &Row, language: Language) -> String {
        percent(f64::from(row.count) / f64::from(self.whole.max(1)), 1, language)
    }

    /// In a sentence, for who does not see the chart.
    pub fn described(&self, texts: &ReportTexts) -> String {
        let top = self.rows.iter().max_by_key(|row| row.count).filter(|row| row.count > 0);
        let Some(top) = top else { return texts.series.described_empty.clone() };
        let all: Vec<String> =
            self.rows.iter().map(|row| format!("{}: {}", row.name, whole(row.count, texts.language))).collect();
        let count = whole(top.count, texts.language);
        fill(&texts.series.described, &[("top", &top.name), ("count", &count), ("all", &all.join("; "))])
    }
}

/// All series of a report, in their order. A day is not divided by dates.
pub fn series<'a>(report: &Report<'a>) -> Vec<Series<'a>> {
    let (figures, texts) = (report.figures, report.texts);
    let (sums, calls) = (&figures.sums, figures.sums.calls());
    let make = |id, headed: &'a Headed, shape, rows| Series {
        id,
        title: &headed.title,
        heading: &headed.heading,
        counted: &texts.series.count,
        shape,
        rows,
        whole: calls,
    };
    let names = &texts.series;
    let by_date = match figures.period.length() {
        Length::Day => None,
        Length::Year => Some(make("months", &names.months, Shape::Columns, date_rows(report))),
        _ => Some(make("days", &names.days, Shape::Columns, date_rows(report))),
    };
    let waited: u32 = sums.waits().iter().sum();
    by_date
        .into_iter()
        .chain([
            make("hours", &names.hours, Shape::Columns, hour_rows(report)),
            make("topics", &names.topics, Shape::Bars, topic_rows(report)),
            make("outcomes", &names.outcomes, Shape::Bars, outcome_rows(report)),
            make("languages", &names.languages, Shape::Bars, language_rows(report)),
            Series {
                counted: &names.answer_count,
                whole: sums.answers().iter().sum(),
                ..make("answers", &names.answers, Shape::Bars, class_rows(sums.answers(), &ANSWER_MS, 0.001, texts))
            },
            Series {
                whole: waited,
                ..make("waits", &names.waits, Shape::Bars, class_rows(sums.waits(), &WAITED_S, 1.0, texts))
            },
        ])
        .collect()
}

fn row(name: &str, count: u32) -> Row {
    Row { name: name.to_owned(), short: String::new(), count }
}

fn date_rows(report: &Report) -> Vec<Row> {
    report.figures.by_date.iter().map(|(date, count)| date_row(report, *date, *count)).collect()
}

fn date_row(report: &Report, date: Date, count: u32) -> Row {
    let dates = &report.texts.dates;
    let (name, short) = match report.figures.period.length() {
        Length::Year => ("{month}", "{short_month}"),
        Length::Week => ("{weekday} {day}", "{short_weekday} {day}"),
        _ => ("{weekday} {day}", "{day}"),
    };
    Row { name: dates.write(name, date), short: dates.write(short, date), count }
}

fn hour_rows(report: &Report) -> Vec<Row> {
    let name =
        |hour: usize| fill(&report.texts.series.hour, &[("from", &hour.to_string()), ("to", &(hour + 1).to_string())]);
    let hours = report.figures.by_hour.iter().enumerate();
    hours.map(|(hour, count)| Row { name: name(hour), short: hour.to_string(), count: *count }).collect()
}

fn outcome_rows(report: &Report) -> Vec<Row> {
    let name = |outcome| report.texts.outcomes.get(&outcome).map_or("", String::as_str);
    Outcome::ALL.iter().map(|outcome| row(name(*outcome), report.figures.sums.outcome(*outcome))).collect()
}

fn language_rows(report: &Report) -> Vec<Row> {
    let name = |language: Language| report.texts.languages.get(&language).map_or(language.code(), String::as_str);
    report.figures.sums.languages().into_iter().map(|(language, count)| row(name(language), count)).collect()
}

fn topic_rows(report: &Report) -> Vec<Row> {
    let topics = report.figures.sums.topics();
    let (named, others) = topics.split_at(topics.len().min(TOPICS_NAMED));
    let mut rows: Vec<Row> = named.iter().map(|(id, count)| row(&(report.topic_name)(id), *count)).collect();
    if !others.is_empty() {
        rows.push(row(&report.texts.series.others, others.iter().map(|(_, count)| count).sum()));
    }
    rows
}

/// Classes whose ends are given in units of so many seconds.
fn class_rows(counts: &[u32], ends: &[u32], unit: f64, texts: &ReportTexts) -> Vec<Row> {
    let names = (0..counts.len()).map(|class| class_name(class, ends, unit, texts));
    names.zip(counts).map(|(name, count)| row(&name, *count)).collect()
}

fn class_name(class: usize, ends: &[u32], unit: f64, texts: &ReportTexts) -> String {
    let time = |end: &u32| end_of_class(f64::from(*end) * unit, texts);
    let from = class.checked_sub(1).and_then(|before| ends.get(before)).map(time);
    let (pattern, from, to) = match (from, ends.get(class).map(time)) {
        (None, to) => (&texts.amounts.up_to, None, to),
        (from, None) => (&texts.amounts.above, from, None),
        (from, to) => (&texts.amounts.between, from, to),
    };
    fill(pattern, &[("from", &from.unwrap_or_default()), ("to", &to.unwrap_or_default())])
}

/// Where a chart's scale ends: a round number whose half is one too.
pub fn scale(most: u32) -> u32 {
    let mut ten = 1;
    loop {
        let mut ends = [2, 3, 4, 5, 6, 8, 10].into_iter().map(|step| ten * step);
        if let Some(end) = ends.find(|end: &u64| end.is_multiple_of(2) && *end >= u64::from(most)) {
            return u32::try_from(end).unwrap_or(u32::MAX);
        }
        ten *= 10;
    }
}
