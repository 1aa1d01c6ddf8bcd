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

/// What an editor should know of a topic.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Advice {
    #[error("the answer was valid until {0} and is not given any more; renew it, or set valid_until anew")]
    Over(Date),
    #[error("the answer is valid until {0} only; see whether it still holds")]
    SoonOver(Date),
    #[error("the answer in {language} has {words} words; callers follow {MOST_WORDS}")]
    Long { language: Language, words: usize },
    #[error("the answers in {first} and {other} do not say the same: {apart} is only in one; mend the wrong one")]
    Figures { first: Language, other: Language, apart: String },
    #[error("{0} examples are too few to know the topic by; write {FEWEST_EXAMPLES} or more")]
    FewExamples(usize),
    /// Only of one topic: of a whole pack it is said in one sentence.
    #[error("there is no answer in {language}: callers hear so, and then the answer in {first}")]
    NoAnswer { language: Language, first: Language },
    /// The file of the other.
    #[error("\"{text}\" is an example in {file}, too; take it out of one")]
    SaidOfTwo { file: String, text: String },
}

/// Sentences for the editor, each naming its file and the mend.
pub fn check(pack: &Pack, today: Date) -> Vec<String> {
    let of = |topic: &Topic| {
        own(pack, topic, today).into_iter().map(|what| format!("topics/{}.md: {what}", topic.id)).collect::<Vec<_>>()
    };
    let mut advice: Vec<String> = pack.topics.values().flat_map(of).collect();
    advice.extend(pack.languages.iter().flat_map(|language| missing(pack, *language)));
    advice.extend(said_of_two(pack).into_iter().map(|(other, label, text)| {
        format!("{} and {}: \"{text}\" is an example in both; take it out of one", file(other), file(label))
    }));
    for (id, department) in &pack.departments {
        if department.extensions.is_empty() {
            advice.push(format!(
                "council.toml: department {id} has no extension, so that no person of it can be reached"
            ));
        }
    }
    advice
}

/// The same of one topic. A language counts as the council's where any topic has an answer in it.
pub fn check_topic(pack: &Pack, topic: &Topic, today: Date) -> Vec<Advice> {
    let first = pack.first_language();
    let lacks = |language: &&Language| !topic.answers.contains_key(language);
    let is_spoken = |language: &&Language| pack.topics.values().any(|other| other.answers.contains_key(language));
    let missing = pack.languages.iter().filter(lacks).filter(is_spoken);
    let mut advice = own(pack, topic, today);
    advice.extend(missing.map(|&language| Advice::NoAnswer { language, first }));
    let this = Label::Topic(topic.id.clone());
    advice.extend(said_of_two(pack).into_iter().filter_map(|(one, other, text)| {
        let other = [one, other].into_iter().filter(|label| **label != this).collect::<Vec<_>>();
        let [other] = other[..] else { return None };
        Some(Advice::SaidOfTwo { file: file(other), text: text.to_owned() })
    }));
    advice
}

/// What can be said without looking at other topics.
fn own(pack: &Pack, topic: &Topic, today: Date) -> Vec<Advice> {
    let examples = pack.examples.iter().filter(|example| example.label.topic() == Some(&topic.id)).count();
    let too_few = (examples < FEWEST_EXAMPLES).then_some(Advice::FewExamples(examples));
    validity(topic, today).into_iter().chain(lengths(topic)).chain(figures(topic)).chain(too_few).collect()
}

fn validity(topic: &Topic, today: Date) -> Option<Advice> {
    match topic.valid_until? {
        last if last < today => Some(Advice::Over(last)),
        last if last < today.saturating_add(SOON_DAYS.days()) => Some(Advice::SoonOver(last)),
        _ => None,
    }
}

fn lengths(topic: &Topic) -> impl Iterator<Item = Advice> {
    let words = topic.answers.iter().map(|(language, answer)| (*language, answer.split_whitespace().count()));
    words.filter(|(_, words)| *words > MOST_WORDS).map(|(language, words)| Advice::Long { language, words })
}

/// Prices, times, telephone numbers: the same in every language, or one of the answers is wrong.
fn figures(topic: &Topic) -> Option<Advice> {
    let figures = |answer: &str| -> BTreeSet<String> {
        let parts = answer.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty() && *part != ALL_DAY);
        parts.map(str::to_owned).collect()
    };
    let mut answers = topic.answers.iter();
    let (&first, answer) = answers.next()?;
    let told = figures(answer);
    answers.find_map(|(&other, answer)| {
        let others = figures(answer);
        let apart: Vec<&str> = told.symmetric_difference(&others).map(String::as_str).collect();
        (!apart.is_empty()).then(|| Advice::Figures { first, other, apart: apart.join(", ") })
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
fn said_of_two(pack: &Pack) -> Vec<(&Label, &Label, &str)> {
    let mut known: BTreeMap<(Language, String), &Label> = BTreeMap::new();
    let twice = pack.examples.iter().filter_map(|example| {
        let before = known.insert((example.language, plain(&example.text)), &example.label);
        let other = before.filter(|other| **other != example.label)?;
        Some((other, &example.label, example.text.as_str()))
    });
    twice.collect()
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
        let said = figures(&topic("de 9:00 a 14:00", "de 9:00 a 15:00")).unwrap().to_string();
        assert!(said.contains("14, 15") && said.contains("es and ca"), "{said}");
    }

    #[test]
    fn validity_is_told_before_and_after_its_end() {
        let at = |month, day| validity(&topic("", ""), jiff::civil::date(2026, month, day));
        assert_eq!(at(10, 1), None);
        assert!(at(11, 20).unwrap().to_string().contains("valid until 2026-12-01 only"));
        assert!(at(12, 2).unwrap().to_string().contains("not given any more"));
    }

    #[test]
    fn a_draft_is_checked_as_if_it_were_published() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../provisioning/example-council");
        let pack = Pack::load(&folder).unwrap();
        let text = std::fs::read_to_string(folder.join("topics/library.hours.md")).unwrap();
        let draft = |text: &str| {
            let pack = pack.with_topic("library.hours", text).map_err(|fault| fault.to_string())?;
            Ok::<_, String>(check_topic(&pack, &pack.topics["library.hours"], jiff::civil::date(2026, 1, 1)))
        };
        assert_eq!(draft(&text), Ok(Vec::new()), "as it is published");
        let (head, rest) = text.split_once("# ca").unwrap();
        let without = rest.split_once("\n- ").unwrap().1;
        let found = draft(&format!("{head}# ca\n\n- {without}"));
        assert_eq!(found, Ok(vec![Advice::NoAnswer { language: Language::Ca, first: Language::Es }]));
        let of_another = |e: &&crate::pack::Example| e.label.topic() == Some("fine.pay") && e.language == Language::En;
        let other = &pack.examples.iter().find(of_another).unwrap().text;
        let twice = text.replacen("# fr\n", &format!("- {other}\n\n# fr\n"), 1);
        assert!(
            matches!(&draft(&twice).unwrap()[..], [Advice::SaidOfTwo { file, .. }] if file == "topics/fine.pay.md"),
            "{:?}",
            draft(&twice)
        );
        let unknown = draft(&text.replacen("# es\n\n", "# es\n\n{telefono} ", 1)).unwrap_err();
        assert!(unknown.contains("no fact \"telefono\"") && unknown.contains("phone"), "{unknown}");
    }
}
