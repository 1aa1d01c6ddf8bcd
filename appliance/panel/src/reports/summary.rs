//! A paragraph of plain sentences made from the figures, for who reads nothing else.
//!
//! It must not say more than the figures do: what cannot be compared is not, and of a handful of calls no shares are told.

use super::numbers::{percent, whole};
use super::series::answer_time;
use super::texts::{Plural, capitalised, fill};
use super::{Figures, Report};

/// Fewer calls than this have no share worth a sentence.
const ENOUGH_FOR_SHARES: u32 = 10;
/// A change smaller than this is none.
const SAME: f64 = 0.005;

/// The sentences, in their order.
pub fn summary(report: &Report) -> Vec<String> {
    let calls = report.figures.sums.calls();
    let mut sentences = vec![of_calls(report)];
    if !report.figures.is_over {
        sentences.push(report.texts.sentences.not_over.clone());
    }
    if calls >= ENOUGH_FOR_SHARES {
        sentences.extend(of_tenths(report));
        sentences.extend(of_rest(report));
        sentences.extend(of_answers(report));
        sentences.extend(of_busiest(report));
        sentences.extend(of_topic(report));
    }
    sentences.extend(of_refused(report));
    sentences
}

fn counted(plural: &Plural, count: u32, report: &Report) -> String {
    fill(plural.of(count), &[("n", &whole(count, report.texts.language))])
}

fn of_calls(report: &Report) -> String {
    let (texts, calls) = (report.texts, report.figures.sums.calls());
    let within = report.figures.period.within(texts);
    if calls == 0 {
        return capitalised(&fill(&texts.sentences.no_calls, &[("within", &within)]));
    }
    let n = whole(calls, texts.language);
    let change = change(report).unwrap_or_default();
    let pattern = texts.sentences.calls.of(calls);
    capitalised(&fill(pattern, &[("within", &within), ("n", &n), ("change", &change)]))
}

/// ", un 12 % más que en octubre de 2026"
fn change(report: &Report) -> Option<String> {
    let (texts, change) = (report.texts, report.figures.change()?);
    if report.figures.before.calls() < ENOUGH_FOR_SHARES {
        return None;
    }
    let pattern = match change {
        same if same.abs() < SAME => &texts.sentences.as_many,
        more if more > 0.0 => &texts.sentences.more,
        _ => &texts.sentences.fewer,
    };
    let share = percent(change.abs(), 0, texts.language);
    let before = report.figures.period.previous().within(texts);
    Some(fill(pattern, &[("share", &share), ("before", &before)]))
}

fn of_tenths(report: &Report) -> Option<String> {
    let (texts, share) = (report.texts, report.figures.sums.share_alone()?);
    let tenths = (share * 10.0).round() as usize;
    let sentences = &texts.sentences;
    let pattern = match tenths {
        0 => &sentences.tenths_none,
        1 => &sentences.tenths.one,
        10.. => &sentences.tenths_all,
        _ => &sentences.tenths.many,
    };
    let number = sentences.numbers.get(tenths).map_or("", String::as_str);
    Some(capitalised(&fill(pattern, &[("n", number), ("share", &percent(share, 1, texts.language))])))
}

/// What became of the calls that were not answered alone.
fn of_rest(report: &Report) -> Option<String> {
    let (sums, sentences) = (&report.figures.sums, &report.texts.sentences);
    let counts = [
        (&sentences.handed_over, sums.handed_over()),
        (&sentences.messages, sums.messages()),
        (&sentences.unanswered, sums.unanswered()),
        (&sentences.lost, sums.lost()),
    ];
    let some = counts.iter().filter(|(_, count)| *count > 0);
    let clauses: Vec<String> = some.map(|(plural, count)| counted(plural, *count, report)).collect();
    let (last, others) = clauses.split_last()?;
    let list = match others {
        [] => last.clone(),
        _ => fill(&sentences.and, &[("others", &others.join(", ")), ("last", last)]),
    };
    Some(fill(&sentences.rest, &[("list", &list)]))
}

fn of_answers(report: &Report) -> Option<String> {
    let (sums, texts) = (&report.figures.sums, report.texts);
    let (median, slow) = (answer_time(sums.median_answer()?, texts), answer_time(sums.slow_answer()?, texts));
    Some(fill(&texts.sentences.answers, &[("median", &median), ("slow", &slow)]))
}

fn of_busiest(report: &Report) -> Option<String> {
    let hour = report.figures.busiest_hour()?;
    let (from, to) = (hour.to_string(), (hour + 1).to_string());
    Some(fill(&report.texts.sentences.busiest, &[("from", &from), ("to", &to)]))
}

fn of_topic(report: &Report) -> Option<String> {
    let topics = report.figures.sums.topics();
    let (id, count) = topics.first()?;
    let (name, n) = ((report.topic_name)(id), whole(*count, report.texts.language));
    Some(fill(&report.texts.sentences.topic, &[("topic", &name), ("n", &n)]))
}

fn of_refused(report: &Report) -> Option<String> {
    let Figures { sums, .. } = report.figures;
    match sums.refused() {
        0 if sums.calls() > 0 => Some(report.texts.sentences.none_refused.clone()),
        0 => None,
        refused => Some(capitalised(&counted(&report.texts.sentences.refused, refused, report))),
    }
}
