//! Fills a store with a year of a million calls and measures what the panel asks of it: `make bench-panel` runs it.
//! Arguments: a folder, and how many calls.

#![allow(clippy::unwrap_used, reason = "a benchmark ends where it cannot go on")]

use std::path::Path;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use portaveu_call::{Decision, Language};
use portaveu_store::{Call, Outcome, Search, Store, Tally, Turn};

const AT_ONCE: usize = 10_000;
const YEAR_S: u64 = 365 * 24 * 3600;
const WORDS: [&str; 24] = [
    "quería",
    "saber",
    "empadronarme",
    "contribución",
    "biblioteca",
    "horario",
    "multa",
    "recibo",
    "cita",
    "basura",
    "vado",
    "piscina",
    "licencia",
    "obra",
    "mercado",
    "certificado",
    "ayuda",
    "comedor",
    "escuela",
    "autobús",
    "fiestas",
    "alcalde",
    "papeles",
    "tributos",
];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().unwrap();
    let count: u64 = arguments.next().map_or(1_000_000, |text| text.parse().unwrap());
    let path = Path::new(&folder).join("portaveu.redb");
    let store = Store::open(&path).unwrap();
    fill(&store, count);
    let file = std::fs::metadata(&path).unwrap().len();
    println!("store of {count} calls: {:.2} GB (wanted at most 1.5 for a million)", file as f64 / 1e9);
    let began = Instant::now();
    drop(store);
    let store = Store::open(&path).unwrap();
    println!("closing and opening it: {:.2} s", began.elapsed().as_secs_f64());
    measure(&store);
}

fn fill(store: &Store, count: u64) {
    let mut random = fastrand::Rng::with_seed(7);
    let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let calls: Vec<u64> = (0..count).collect();
    for chunk in calls.chunks(AT_ONCE) {
        let filled: Vec<(Call, Vec<Turn>)> = chunk.iter().map(|n| one(&mut random, start, *n, count)).collect();
        store.import(&filled).unwrap();
    }
}

fn one(random: &mut fastrand::Rng, start: Timestamp, n: u64, count: u64) -> (Call, Vec<Turn>) {
    let began = start + SignedDuration::from_micros((n * YEAR_S * 1_000_000 / count) as i64);
    let language = [Language::Es, Language::Es, Language::Ca, Language::En][random.usize(..4)];
    let outcome = Outcome::ALL[random.usize(..5)];
    let turns: Vec<Turn> = (0..random.usize(1..4)).map(|_| turn(random, began, language)).collect();
    let call = Call {
        ended: Some(began + SignedDuration::from_secs(random.i64(10..300))),
        outcome,
        caller: Some(random.u64(..200_000)),
        topics: turns.iter().flat_map(|turn| turn.topics.clone()).collect(),
        answer_ms: turns.iter().map(|_| random.u32(400..1500)).collect(),
        ..Call::begins(began.as_microsecond() as u64, "sip", began, language)
    };
    (call, turns)
}

fn turn(random: &mut fastrand::Rng, at: Timestamp, language: Language) -> Turn {
    let words: Vec<&str> = (0..7).map(|_| WORDS[random.usize(..WORDS.len())]).collect();
    Turn {
        at,
        heard: words.join(" "),
        language,
        confidence: random.f32(),
        decision: if random.u8(..20) == 0 { Decision::None } else { Decision::Answer },
        topics: vec![format!("topic.number-{}", random.u8(..70))],
        wrong: false,
    }
}

fn measure(store: &Store) {
    let year = "2026-01-01T00:00:00Z".parse().unwrap().."2027-01-01T00:00:00Z".parse().unwrap();
    timed("report of the year (wanted 1 s)", || {
        let mut sum = Tally::default();
        store.tallies(year.clone()).unwrap().iter().for_each(|(_, tally)| sum.add(tally));
        sum.calls
    });
    let searches = [
        ("a language", Search { language: Some(Language::Ca), ..Default::default() }),
        ("two words", Search { words: "piscina alcalde".into(), ..Default::default() }),
        ("five words", Search { words: "piscina alcalde papeles vado obra".into(), ..Default::default() }),
        ("a word nobody said", Search { words: "ornitorrinco".into(), ..Default::default() }),
        ("a caller", Search { caller: Some(7), ..Default::default() }),
        (
            "a topic in a language with an outcome, in March",
            Search {
                from: Some("2026-03-01T00:00:00Z".parse().unwrap()),
                until: Some("2026-04-01T00:00:00Z".parse().unwrap()),
                topic: Some("topic.number-3".into()),
                language: Some(Language::En),
                outcome: Some(Outcome::Lost),
                ..Default::default()
            },
        ),
    ];
    for (name, search) in searches {
        timed(&format!("search for {name} (wanted 100 ms)"), || store.search(&search, None, 50).unwrap().len() as u32);
    }
    timed("questions without an answer, 500", || store.unanswered(500).unwrap().len() as u32);
}

/// The slowest of five.
fn timed(name: &str, work: impl Fn() -> u32) {
    let mut slowest = Duration::ZERO;
    let mut found = 0;
    for _ in 0..5 {
        let began = Instant::now();
        found = work();
        slowest = slowest.max(began.elapsed());
    }
    println!("{name}: {:.1} ms, {found} found", slowest.as_secs_f64() * 1000.0);
}
