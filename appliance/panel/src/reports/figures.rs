//! What the calls of a period add up to, from the hourly counts of the store.
//!
//! It must not read a single call, so that a year costs no more than its hours. These are whole hours of UTC: where clocks
//! differ from it by half an hour, days are told as much too early.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use portaveu_call::Language;
use portaveu_store::{ANSWER_MS, Outcome, Store, StoreError, Tally};

use super::{Length, Period};

/// Topics that are named; the others are added up.
pub const TOPICS_NAMED: usize = 20;

/// How long an answer took, as exactly as it was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AnswerTime {
    /// At most so many milliseconds.
    Within(u32),
    /// More than so many milliseconds.
    Beyond(u32),
}

/// The counts of a period's hours, added up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums(Tally);

impl Sums {
    /// Calls that the box took and that are over, lost ones among them; a call belongs to the hour in which it began.
    pub fn calls(&self) -> u32 {
        self.0.calls
    }

    /// Calls that ended in this way; each call ended in one.
    pub fn outcome(&self, outcome: Outcome) -> u32 {
        self.0.of(outcome)
    }

    /// Calls that had at least one answer and that neither went to a person nor left a message.
    pub fn answered_alone(&self) -> u32 {
        self.0.of(Outcome::Answered)
    }

    /// [`Self::answered_alone`] of all calls, 0 to 1; none without calls.
    pub fn share_alone(&self) -> Option<f64> {
        share(self.answered_alone(), self.calls())
    }

    /// Calls that a person took over.
    pub fn handed_over(&self) -> u32 {
        self.0.of(Outcome::HandedOver)
    }

    /// Calls whose caller left a message.
    pub fn messages(&self) -> u32 {
        self.0.of(Outcome::Message)
    }

    /// Calls whose caller left without an answer, a person or a message.
    pub fn unanswered(&self) -> u32 {
        self.0.of(Outcome::Unanswered)
    }

    /// Calls that ended because the box failed or lost power.
    pub fn lost(&self) -> u32 {
        self.0.of(Outcome::Lost)
    }

    /// Calls that heard the busy tone because all channels were in use; they are not among [`Self::calls`].
    pub fn refused(&self) -> u32 {
        self.0.refused
    }

    /// Callers who gave up while it rang; they are not among [`Self::calls`].
    pub fn gave_up(&self) -> u32 {
        self.0.gave_up
    }

    /// From the beginning to the end of a call, in seconds, on average of all calls; none without calls.
    pub fn mean_seconds(&self) -> Option<f64> {
        (self.calls() > 0).then(|| self.0.seconds as f64 / f64::from(self.calls()))
    }

    /// What half of the answers took at most: from the end of a question to the first sound of its answer.
    pub fn median_answer(&self) -> Option<AnswerTime> {
        self.answer_of(1, 2)
    }

    /// What 95 of 100 answers took at most.
    pub fn slow_answer(&self) -> Option<AnswerTime> {
        self.answer_of(95, 100)
    }

    /// The class that the answer at this part of all, from the fastest, is in.
    fn answer_of(&self, part: u64, of: u64) -> Option<AnswerTime> {
        let all: u64 = self.0.answers.iter().map(|count| u64::from(*count)).sum();
        let wanted = (all * part).div_ceil(of);
        let mut seen = 0;
        let class = self.0.answers.iter().position(|count| {
            seen += u64::from(*count);
            seen > 0 && seen >= wanted
        })?;
        let longest = ANSWER_MS[ANSWER_MS.len() - 1];
        Some(ANSWER_MS.get(class).map_or(AnswerTime::Beyond(longest), |end| AnswerTime::Within(*end)))
    }

    /// Answers by the classes of [`ANSWER_MS`], and those beyond.
    pub fn answers(&self) -> &[u32] {
        &self.0.answers
    }

    /// Calls that waited for a person, whether or not one came, by the classes of [`portaveu_store::WAITED_S`], and those beyond.
    pub fn waits(&self) -> &[u32] {
        &self.0.waits
    }

    /// Calls by the language they were spoken in last, the commonest first.
    pub fn languages(&self) -> Vec<(Language, u32)> {
        commonest(self.0.languages.iter().map(|(language, count)| (*language, *count)))
    }

    /// Calls in which a topic was answered, the commonest first. A call with several topics counts for each.
    pub fn topics(&self) -> Vec<(&str, u32)> {
        commonest(self.0.topics.iter().map(|(topic, count)| (topic.as_str(), *count)))
    }
}

fn share(part: u32, of: u32) -> Option<f64> {
    (of > 0).then(|| f64::from(part) / f64::from(of))
}

/// By count, and by name where counts are the same.
fn commonest<K: Ord>(counts: impl Iterator<Item = (K, u32)>) -> Vec<(K, u32)> {
    let mut counts: Vec<(K, u32)> = counts.collect();
    counts.sort_by(|(a, of_a), (b, of_b)| of_b.cmp(of_a).then_with(|| a.cmp(b)));
    counts
}

/// What is told of a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    pub period: Period,
    /// False while the period goes on or lies ahead: then it cannot be compared with the one before.
    pub is_over: bool,
    pub sums: Sums,
    /// The same of the period before.
    pub before: Sums,
    /// Calls that began in each hour of the local clock; the hour that an autumn night has twice holds both.
    pub by_hour: [u32; 24],
    /// Calls that began on each day of a week or a month, or in each month of a year, by its first day; nothing for a day.
    pub by_date: Vec<(Date, u32)>,
}

impl Figures {
    pub fn of(store: &Store, period: Period, zone: &TimeZone) -> Result<Self, StoreError> {
        Self::at(store, period, zone, Timestamp::now())
    }

    /// The figures as they are to be told at this moment.
    pub fn at(store: &Store, period: Period, zone: &TimeZone, now: Timestamp) -> Result<Self, StoreError> {
        let range = period.range(zone);
        let is_over = range.end <= now;
        let hours = store.tallies(range)?;
        let before = sum(&store.tallies(period.previous().range(zone))?);
        let local = hours.iter().map(|(began, tally)| (zone.to_datetime(*began), tally.calls));
        let mut by_hour = [0; 24];
        let mut by_date: BTreeMap<Date, u32> = dates(period).map(|date| (date, 0)).collect();
        for (began, calls) in local {
            by_hour[usize::from(began.hour().unsigned_abs())] += calls;
            if let Some(count) = by_date.get_mut(&date_of(period, began.date())) {
                *count += calls;
            }
        }
        Ok(Self { period, is_over, sums: sum(&hours), before, by_hour, by_date: by_date.into_iter().collect() })
    }

    /// By how much calls became more (0.1: a tenth more) or fewer; none if that cannot be told.
    pub fn change(&self) -> Option<f64> {
        share(self.sums.calls(), self.before.calls()).filter(|_| self.is_over).map(|ratio| ratio - 1.0)
    }

    /// The hour of the day in which most calls began, if there were any.
    pub fn busiest_hour(&self) -> Option<usize> {
        let most = self.by_hour.iter().max().filter(|count| **count > 0)?;
        self.by_hour.iter().position(|count| count == most)
    }
}

fn sum(hours: &[(Timestamp, Tally)]) -> Sums {
    let mut sum = Tally::default();
    hours.iter().for_each(|(_, tally)| sum.add(tally));
    Sums(sum)
}

/// The dates that a period is divided by.
fn dates(period: Period) -> impl Iterator<Item = Date> {
    period.days().filter(move |day| period.length() != Length::Day && date_of(period, *day) == *day)
}

/// Which of them a day belongs to.
fn date_of(period: Period, day: Date) -> Date {
    if period.length() == Length::Year { day.first_of_month() } else { day }
}
