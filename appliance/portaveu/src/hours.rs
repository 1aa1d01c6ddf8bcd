//! When an office is open, as a sentence: the pack's words, filled in from its calendar.
//!
//! It must not read an answer's text, nor say a time that the calendar does not have.

use jiff::civil::{Date, DateTime, Time};
use portaveu_call::{Language, PartOfDay, TimeAsked};
use portaveu_knowledge::{Calendar, HoursPhrases, Interval, Office, alike};

/// Of an office, in a language, as seen at `now`.
pub struct Hours<'a> {
    pub calendar: &'a Calendar,
    pub office: &'a Office,
    pub phrases: &'a HoursPhrases,
    pub language: Language,
    pub now: DateTime,
}

impl Hours<'_> {
    /// None where the approved answer says more than the calendar.
    pub fn sentence(&self, asked: TimeAsked) -> Option<String> {
        let said = match asked {
            TimeAsked::Now => self.at_this_moment(),
            TimeAsked::Day { date, part } => self.on_day(date, part),
            TimeAsked::Weekend { saturday } => self.on_weekend(saturday),
            TimeAsked::Month { year, month } => self.in_month(year, month)?,
        };
        Some(capitalised(&said.replace("{office}", self.office.name(self.language))))
    }

    fn at_this_moment(&self) -> String {
        match self.calendar.open_until(self.office, self.now) {
            Some(until) => self.phrases.open_now.replace("{until}", &clock(until)),
            None => self.with_next(&self.phrases.closed_now, self.now),
        }
    }

    fn on_day(&self, date: Date, part: PartOfDay) -> String {
        let day = self.calendar.day(self.office, date);
        let named = |template: &str| template.replace("{day}", &self.day(date));
        if day.open.is_empty() {
            let evening = date.at(23, 59, 59, 0);
            return match day.holiday {
                Some(holiday) => {
                    let said = named(&self.phrases.closed_holiday).replace("{holiday}", holiday.name(self.language));
                    self.with_next(&said, evening)
                }
                None => self.with_next(&named(&self.phrases.closed_day), evening),
            };
        }
        let template = match (part, day.open.iter().any(|interval| holds(part, *interval))) {
            (PartOfDay::Whole, _) => &self.phrases.open_day,
            (_, true) => &self.phrases.open_then,
            (_, false) => &self.phrases.closed_then,
        };
        named(template).replace("{hours}", &self.intervals(&day.open))
    }

    fn on_weekend(&self, saturday: Date) -> String {
        let days = [Some(saturday), saturday.tomorrow().ok()];
        let said = days.into_iter().flatten().map(|date| capitalised(&self.on_day(date, PartOfDay::Whole)));
        said.collect::<Vec<_>>().join(" ")
    }

    /// None when the hours change within the month: then the approved answer has more to say.
    fn in_month(&self, year: i16, month: i8) -> Option<String> {
        let middle = Date::new(year, month, 15).ok()?;
        let (first, last) = (self.office.week_of(middle.first_of_month()), self.office.week_of(middle.last_of_month()));
        if first != last {
            return None;
        }
        let groups = alike(self.office.week_of(middle));
        let name = self.month(month);
        if groups.is_empty() {
            let closed = self.phrases.closed_month.replace("{month}", name);
            return Some(self.with_next(&closed, middle.at(0, 0, 0, 0)));
        }
        let weekday = |n: jiff::civil::Weekday| self.phrases.weekdays[n.to_monday_zero_offset() as usize].as_str();
        let said = groups.iter().map(|(first, last, open)| {
            let days = if first == last {
                self.phrases.single_day.replace("{day}", weekday(*first))
            } else {
                self.phrases.days.replace("{first}", weekday(*first)).replace("{last}", weekday(*last))
            };
            format!("{days}, {}", self.intervals(open))
        });
        let said: Vec<String> = said.collect();
        Some(self.phrases.month.replace("{month}", name).replace("{hours}", &said.join("; ")))
    }

    /// "{next}" is the next opening after `after`; without one, the sentence that names it is left out.
    fn with_next(&self, template: &str, after: DateTime) -> String {
        match self.calendar.next_opening(self.office, after) {
            Some(next) => {
                let moment = self.phrases.moment.replace("{day}", &self.day(next.date()));
                template.replace("{next}", &moment.replace("{time}", &clock(next.time())))
            }
            None => {
                let known = template.split_inclusive(". ").filter(|sentence| !sentence.contains("{next}"));
                known.collect::<String>().trim_end().to_owned()
            }
        }
    }

    fn day(&self, date: Date) -> String {
        let today = self.now.date();
        if date == today {
            return self.phrases.today.clone();
        }
        if today.tomorrow().is_ok_and(|tomorrow| tomorrow == date) {
            return self.phrases.tomorrow.clone();
        }
        let weekday = &self.phrases.weekdays[date.weekday().to_monday_zero_offset() as usize];
        let named = self.phrases.day.replace("{weekday}", weekday).replace("{number}", &date.day().to_string());
        let of_month = self.phrases.of_months.get(usize::from(date.month().unsigned_abs()).saturating_sub(1));
        named.replace("{of_month}", of_month.map_or("", String::as_str))
    }

    fn month(&self, month: i8) -> &str {
        usize::try_from(month - 1).ok().and_then(|n| self.phrases.months.get(n)).map_or("", String::as_str)
    }

    fn intervals(&self, open: &[Interval]) -> String {
        let said = open
            .iter()
            .map(|(from, to)| self.phrases.interval.replace("{from}", &clock(*from)).replace("{to}", &clock(*to)));
        said.collect::<Vec<_>>().join(&self.phrases.and)
    }
}

/// Whether an office that is open then is open in this part of the day.
fn holds(part: PartOfDay, (from, to): Interval) -> bool {
    let hour = |n: i8| Time::constant(n, 0, 0, 0);
    match part {
        PartOfDay::Whole => true,
        PartOfDay::Morning => from < hour(13),
        PartOfDay::Afternoon => to > hour(15),
        PartOfDay::Evening => to > hour(20),
        PartOfDay::At(time) => (from..to).contains(&time),
    }
}

fn clock(time: Time) -> String {
    if time == Time::constant(23, 59, 0, 0) { "24:00".into() } else { format!("{}:{:02}", time.hour(), time.minute()) }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
