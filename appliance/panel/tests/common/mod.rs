//! Stores with calls that are known.

use std::path::Path;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use portaveu_call::Language;
use portaveu_panel::reports::{Figures, Fonts, Period, Report, ReportTexts};
use portaveu_store::{Call, Outcome, Store};
use tempfile::TempDir;

pub const MADRID: &str = "Europe/Madrid";

pub struct Calls {
    pub store: Store,
    _folder: TempDir,
}

impl Calls {
    /// Calls of which only their beginnings matter.
    pub fn new(began: &[&str]) -> Self {
        Self::of(began.iter().map(|text| call(at(text), Outcome::Answered)).collect())
    }

    fn of(calls: Vec<Call>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("portaveu.redb")).unwrap();
        store.import(&calls.into_iter().map(|call| (call, Vec::new())).collect::<Vec<_>>()).unwrap();
        Self { store, _folder: folder }
    }

    /// Long after the period.
    pub fn figures(&self, period: Period) -> Figures {
        let zone = TimeZone::get(MADRID).unwrap();
        Figures::at(&self.store, period, &zone, at("2030-01-01T00:00:00Z")).unwrap()
    }
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn call(began: Timestamp, outcome: Outcome) -> Call {
    Call {
        ended: Some(began + SignedDuration::from_secs(90)),
        outcome,
        topics: vec!["topic-0".into()],
        answer_ms: vec![700],
        ..Call::begins(began.as_microsecond().unsigned_abs(), "sip", began, Language::Es)
    }
}

/// 4 May 2026 with so many calls.
pub fn calls_of(count: i64) -> Calls {
    let first = at("2026-05-04T09:15:00Z");
    Calls::of((0..count).map(|n| call(first + SignedDuration::from_secs(n), Outcome::Answered)).collect())
}

/// 1200 calls in 2026, a hundred a month, all between nine and ten o'clock, and 1000 in 2025.
pub fn year() -> Calls {
    let before = (0..1000).map(|n| call(at("2025-06-02T10:00:00Z") + SignedDuration::from_secs(n), Outcome::Answered));
    let calls = Calls::of(before.chain((0..1200).map(call_of_year)).collect());
    (0..3).for_each(|_| calls.store.count_refused(at("2026-11-03T09:00:00Z")).unwrap());
    (0..2).for_each(|_| calls.store.count_gave_up(at("2026-11-03T09:00:00Z")).unwrap());
    calls
}

fn call_of_year(n: i64) -> Call {
    let month = jiff::civil::date(2026, (1 + n % 12) as i8, (1 + n / 12 % 28) as i8);
    let began = month.at(9, (n % 60) as i8, (n / 60) as i8, 0).in_tz(MADRID).unwrap().timestamp();
    let outcome = match n % 100 {
        0..70 => Outcome::Answered,
        70..87 => Outcome::HandedOver,
        87..95 => Outcome::Message,
        95..99 => Outcome::Unanswered,
        _ => Outcome::Lost,
    };
    Call {
        outcome,
        language: if n % 3 == 0 { Language::Ca } else { Language::Es },
        topics: vec![format!("topic-{}", if n % 4 == 0 { 0 } else { 1 + n % 25 })],
        answer_ms: vec![700, if n % 5 == 0 { 4000 } else { 900 }, 600],
        waited_s: if outcome == Outcome::HandedOver { 20 } else { 0 },
        ..call(began, outcome)
    }
}

pub fn period(text: &str) -> Period {
    text.parse().unwrap()
}

pub fn texts(language: Language) -> ReportTexts {
    ReportTexts::load(language).unwrap()
}

pub fn report_of<'a>(figures: &'a Figures, texts: &'a ReportTexts) -> Report<'a> {
    Report { figures, texts, council: "Ajuntament de Prova", topic_name: &|id| format!("Asunto {id}") }
}

pub fn fonts() -> Fonts {
    let folder = Path::new("/usr/share/fonts/truetype/dejavu");
    Fonts::load(&folder.join("DejaVuSans.ttf"), &folder.join("DejaVuSans-Bold.ttf")).unwrap()
}
