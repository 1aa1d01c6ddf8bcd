//! What a council should know of its pack before callers hear it: missing languages, answers that contradict each other or
//! are out of date or too long, topics that nobody can ask for.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::Date;
use portaveu_call::Language;

use crate::features::plain;
use crate::pack::{Label, Pack, Topic};

/// Answers with more words than this are hard to follow on the telephone (about 35 s).
const MOST_WORDS: usize = 90;
/// An answer's last day is announced so long before.
const SOON_DAYS: i32 = 30;
const FEWEST_EXAMPLES: usize = 5;
/// "24 horas" may be said without a figure in another language: "at any hour".
const ALL_DAY: &str = "24";
/// So many topics are named one by one.
const NAMED: usize = 5;

/// Sentences for the editor, each naming its file and the mend.
pub fn check(pack: &Pack, today: Date) -> Vec<String> {
    let mut advice = Vec::new();
    for topic in pack.topics.values() {
        let examples = pack.examples.iter().filter(|e| e.label == Label::Topic(topic.id.clone())).count();
        let too_few = (examples < FEWEST_EXAMPLES)
            .then(|| format!("{examples} examples are too few to know the topic by; write {FEWEST_EXAMPLES} or more"));
        let found = validity(topic, today).into_iter().chain(lengths(topic)).chain(figures(topic)).chain(too_few);
        advice.extend(found.map(|what| format!("topics/{}.md: {what}", topic.id)));
    }
    advice.extend(pack.languages.iter().flat_map(|language| missing(pack, *language)));
    advice.extend(said_of_two(pack));
    for (id, department) in &pack.departments {
        if department.extensions.is_empty() {
            advice.push(format!(
                "council.toml: department {id} has no extension, so that no person of it can be reached"
            ));
        }
    }
    advice
}

fn validity(topic: &Topic, today: Date) -> Option<String> {
    match topic.valid_until? {
        last if last < today => Some(format!(
            "the answer was valid until {last} and is not given any more; renew it, or set valid_until anew"
        )),
        last if last < today.saturating_add(SOON_DAYS.days()) => {
            Some(format!("the answer is valid until {last} only; see whether it still holds"))
        }
        _ => None,
    }
}

fn lengths(topic: &Topic) -> impl Iterator<Item = String> {
    let words = topic.answers.iter().map(|(language, answer)| (language, answer.split_whitespace().count()));
    let long = words.filter(|(_, words)| *words > MOST_WORDS);
    long.map(|(language, words)| format!("the answer in {language} has {words} words; callers follow {MOST_WORDS}"))
}

/// Prices, times, telephone numbers: the same in every language, or one of the answers is wrong.
fn figures(topic: &Topic) -> Option<String> {
    let figures = |answer: &str| -> BTreeSet<String> {
        let parts = answer.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty() && *part != ALL_DAY);
        parts.map(str::to_owned).collect()
    };
    let mut answers = topic.answers.iter();
    let (first, answer) = answers.next()?;
    let told = figures(answer);
    answers.find_map(|(language, answer)| {
        let other = figures(answer);
        let apart: Vec<&str> = told.symmetric_difference(&other).map(String::as_str).collect();
        (!apart.is_empty()).then(|| {
            let apart = apart.join(", ");
            format!(
                "the answers in {first} and {language} do not say the same: {apart} is only in one; mend the wrong one"
            )
        })
    })
}

/// What a language lacks that the council speaks.
fn missing(pack: &Pack, language: Language) -> Vec<String> {
    let first = pack.first_language();
    let lacking = |has: fn(&Topic, &Language) -> bool| -> Vec<&str> {
        pack.topics.values().filter(|topic| !has(topic, &language)).map(|topic| topic.id.as_str()).collect()
    };
    let answers = lacking(|topic, language| topic.answers.contains_key(language));
    let names = lacking(|topic, language| topic.names.contains_key(language));
    let mut advice = each_or_all(&answers, |count| {
        format!("{count} topics have no answer in {language}: callers hear so, and then the answer in {first}")
    });
    advice.extend(each_or_all(&names, |count| {
        format!("{count} topics have no name.{language} in their head, which is said in a question back; write it")
    }));
    advice
}

fn each_or_all(topics: &[&str], sentence: impl Fn(&str) -> String) -> Vec<String> {
    match topics {
        [] => Vec::new(),
        few if few.len() <= NAMED => vec![format!("topics/ {}: {}", few.join(", "), sentence(&few.len().to_string()))],
        many => vec![format!("topics/: {}", sentence(&many.len().to_string()))],
    }
}

/// The same words as an example of two things.
fn said_of_two(pack: &Pack) -> Vec<String> {
    let mut known: BTreeMap<(Language, String), &Label> = BTreeMap::new();
    let mut advice = Vec::new();
    for example in &pack.examples {
        let before = known.insert((example.language, plain(&example.text)), &example.label);
        if let Some(other) = before.filter(|other| **other != example.label) {
            let (other, label) = (file(other), file(&example.label));
            advice.push(format!("{other} and {label}: \"{}\" is an example in both; take it out of one", example.text));
        }
    }
    advice
}

fn file(label: &Label) -> String {
    match label {
        Label::Topic(id) => format!("topics/{id}.md"),
        Label::Control(name) => format!("controls/{}.md", name.replace(':', "-")),
        Label::Emergency => "emergency.md".into(),
        Label::Out => "out.md".into(),
        Label::Abuse => "abuse.md".into(),
        Label::Vague => "vague.md".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(es: &str, ca: &str) -> Topic {
        Topic {
            id: "a".into(),
            department: "d".into(),
            office: None,
            owner: None,
            source: None,
            valid_until: Some(jiff::civil::date(2026, 12, 1)),
            names: BTreeMap::new(),
            answers: [(Language::Es, es.to_owned()), (Language::Ca, ca.to_owned())].into(),
        }
    }

    #[test]
    fn figures_that_differ_are_found() {
        assert_eq!(figures(&topic("de 9:00 a 14:00, 3,50 €", "3,50 €, de 9:00 a 14:00")), None);
        let said = figures(&topic("de 9:00 a 14:00", "de 9:00 a 15:00")).unwrap();
        assert!(said.contains("14, 15") && said.contains("es and ca"), "{said}");
    }

    #[test]
    fn validity_is_told_before_and_after_its_end() {
        let at = |month, day| validity(&topic("", ""), jiff::civil::date(2026, month, day));
        assert_eq!(at(10, 1), None);
        assert!(at(11, 20).unwrap().contains("valid until 2026-12-01 only"));
        assert!(at(12, 2).unwrap().contains("not given any more"));
    }
}
