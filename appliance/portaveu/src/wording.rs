//! From what the dialogue names to what is said: the pack's words, in the caller's language and pace.

use std::collections::HashSet;

use jiff::Timestamp;
use portaveu_call::{Decision, Language, Pace, TimeAsked};
use portaveu_dialogue::{Event, Parts, Phrase as Named, Saying};
use portaveu_knowledge::{Office, Pack, Phrases, Reach, parts};
use portaveu_speech::cache::Phrase;

use crate::hours::Hours;

/// How a caller is spoken to.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    pub language: Language,
    pub pace: Pace,
}

/// When an office is open, if the topic has one.
fn opening(pack: &Pack, topic: &str, asked: TimeAsked, language: Language, at: Timestamp) -> Option<String> {
    of_office(pack, pack.office(topic)?, asked, language, at)
}

fn of_office(pack: &Pack, office: &Office, asked: TimeAsked, language: Language, at: Timestamp) -> Option<String> {
    let phrases = &pack.phrases.get(&language)?.hours;
    let now = pack.calendar.local(at).datetime();
    Hours { calendar: &pack.calendar, office, phrases, language, now }.sentence(asked)
}

fn named(phrases: &Phrases, phrase: Named) -> &str {
    match phrase {
        Named::Notice => &phrases.notice,
        Named::Narrow => &phrases.narrow,
        Named::GoOn => &phrases.go_on,
        Named::NotOurs => &phrases.not_ours,
        Named::Calm => &phrases.calm,
        Named::EndCalm => &phrases.end_calm,
        Named::Greeting => &phrases.greeting,
        Named::AnythingElse => &phrases.anything_else,
        Named::Goodbye => &phrases.goodbye,
        Named::Thanks => &phrases.thanks,
        Named::NotHeard => &phrases.not_heard,
        Named::NotUnderstood => &phrases.not_understood,
        Named::OfferHuman => &phrases.offer_human,
        Named::StillThere => &phrases.still_there,
        Named::TryAgain => &phrases.try_again,
        Named::NothingToRepeat => &phrases.nothing_to_repeat,
        Named::Slower => &phrases.slower,
        Named::Louder => &phrases.louder,
        Named::Wait => &phrases.wait,
        Named::Forgotten => &phrases.forgotten,
        Named::Language => &phrases.language,
        Named::Transferring => &phrases.transferring,
        Named::NoHuman => &phrases.no_human,
        Named::Emergency => &phrases.emergency,
        Named::EmergencyPerson => &phrases.emergency_person,
        Named::OneMoment => &phrases.one_moment,
        Named::NextPerson => &phrases.next_person,
        Named::CannotRing => &phrases.cannot_ring,
        Named::OfferMessage => &phrases.offer_message,
        Named::NoMessage => &phrases.no_message,
        Named::MessageNumber => &phrases.message_number,
        Named::MessageTime => &phrases.message_time,
        Named::MessageRecord => &phrases.message_record,
        Named::MessageKept => &phrases.message_kept,
        Named::MessageNotKept => &phrases.message_not_kept,
    }
}

const ALL: [Named; 35] = [
    Named::Notice,
    Named::Greeting,
    Named::OneMoment,
    Named::Emergency,
    Named::EmergencyPerson,
    Named::AnythingElse,
    Named::NotHeard,
    Named::NotUnderstood,
    Named::Goodbye,
    Named::Thanks,
    Named::OfferHuman,
    Named::StillThere,
    Named::TryAgain,
    Named::NothingToRepeat,
    Named::Slower,
    Named::Louder,
    Named::Wait,
    Named::Forgotten,
    Named::Language,
    Named::Transferring,
    Named::NextPerson,
    Named::CannotRing,
    Named::OfferMessage,
    Named::NoMessage,
    Named::MessageNumber,
    Named::MessageTime,
    Named::MessageRecord,
    Named::MessageKept,
    Named::MessageNotKept,
    Named::NoHuman,
    Named::GoOn,
    Named::Narrow,
    Named::NotOurs,
    Named::Calm,
    Named::EndCalm,
];

/// What is said. Nothing, if the pack has lost the topic meanwhile. `asked`: the department that the caller named.
pub fn phrases(pack: &Pack, saying: &Saying, manner: Manner, asked: Option<&str>, at: Timestamp) -> Vec<Phrase> {
    let language = pack.spoken_language(manner.language);
    let Some(phrases) = pack.phrases.get(&language) else { return Vec::new() };
    let topic = |id: &str| pack.topic_name(id, language).unwrap_or_default();
    let said = match saying {
        Saying::Phrase(phrase) => vec![(named(phrases, *phrase).to_owned(), language)],
        Saying::Answer(id) => answer(pack, id, language, at),
        Saying::Part(id, part) => match pack.answer(id, language) {
            Some((text, spoken)) if spoken == language && !pack.is_out_of_date(id, pack.calendar.local(at).date()) => {
                parts(text, manner.pace).into_iter().nth(*part).map(|text| (text, language)).into_iter().collect()
            }
            _ => answer(pack, id, language, at),
        },
        Saying::Queued { position, minutes } => {
            let text = phrases.queued.replace("{position}", &position.to_string());
            vec![(text.replace("{minutes}", &minutes.to_string()), language)]
        }
        Saying::CheckNumber(number) => {
            vec![(phrases.message_number_check.replace("{number}", &in_groups(number)), language)]
        }
        Saying::NobodyNow(topic) => vec![(nobody_now(pack, asked, topic.as_deref(), language, at), language)],
        Saying::Opening(id, asked) => match opening(pack, id, *asked, language, at) {
            Some(text) => vec![(text, language)],
            None => answer(pack, id, language, at),
        },
        Saying::Confirm(id) => vec![(phrases.confirm.replace("{topic}", topic(id)), language)],
        Saying::Choose(ids) => {
            let template = if ids.len() > 2 { &phrases.choose_three } else { &phrases.choose_two };
            let places = ["{first}", "{second}", "{third}"];
            let filled =
                places.iter().zip(ids).fold(template.clone(), |text, (place, id)| text.replace(place, topic(id)));
            vec![(filled, language)]
        }
    };
    said.into_iter().map(|(text, language)| Phrase { text, language, pace: manner.pace }).collect()
}

/// When somebody is there again, of the department that was asked for, or who answers for the topic.
fn nobody_now(pack: &Pack, asked: Option<&str>, topic: Option<&str>, language: Language, at: Timestamp) -> String {
    let Some(phrases) = pack.phrases.get(&language) else { return String::new() };
    let opening = match pack.reach(asked, topic, false, at) {
        Reach::Closed(office) => of_office(pack, office, TimeAsked::Now, language, at),
        Reach::Extensions(_) | Reach::Nobody => None,
    };
    phrases.nobody_now.replace("{opening}", &opening.unwrap_or_default()).trim().to_owned()
}

/// A telephone number as it is read out and written down: "612 345 678".
fn in_groups(number: &str) -> String {
    let digits: Vec<char> = number.chars().collect();
    let (first, rest) = digits.split_at(digits.len() % 3);
    let groups = std::iter::once(first).filter(|first| !first.is_empty()).chain(rest.chunks(3));
    groups.map(String::from_iter).collect::<Vec<_>>().join(" ")
}

/// What the person hears who picks up: what the call is about, and in which language.
pub fn summary(pack: &Pack, topic: Option<&str>, language: Language) -> Option<Phrase> {
    let own = pack.first_language();
    let phrases = pack.phrases.get(&own)?;
    let about = match topic.and_then(|topic| pack.topic_name(topic, own)) {
        Some(name) => phrases.agent_about.replace("{topic}", name),
        None => phrases.agent_about_unknown.clone(),
    };
    let name = phrases.languages.get(&language).map_or(language.code(), String::as_str);
    let speaks = phrases.agent_speaks.replace("{language}", name);
    let text = phrases.agent_summary.replace("{about}", &about).replace("{speaks}", &speaks);
    Some(Phrase { text, language: own, pace: Pace::Normal })
}

/// The department that a caller asks for, after these words.
pub fn asked_for(pack: &Pack, decision: Decision, text: &str, before: Option<String>) -> Option<String> {
    match decision {
        Decision::Human => pack.department_named(text).map(str::to_owned).or(before),
        Decision::Answer => None, // another matter now
        _ => before,
    }
}

/// What comes of ringing a person, as far as the pack knows.
pub fn rung(reach: Reach, rung: usize, queue: bool) -> Event {
    match reach {
        Reach::Extensions(extensions) if rung < extensions.len() => Event::PersonRung,
        Reach::Extensions(_) | Reach::Nobody => Event::LadderEnded { queue },
        Reach::Closed(_) => Event::NobodyThere,
    }
}

/// In how many parts answers are said that are not said at once.
pub fn in_parts(pack: &Pack) -> Parts {
    let mut counts = Parts::new();
    for (id, topic) in &pack.topics {
        for (language, answer) in &topic.answers {
            for pace in [Pace::Normal, Pace::Slow] {
                counts.insert((id.clone(), *language, pace), parts(answer, pace).len());
            }
        }
    }
    counts.retain(|_, count| *count > 1);
    counts
}

/// The approved answer. One that is out of date is not given; one that there is only in the council's first language is
/// announced as such, never translated.
fn answer(pack: &Pack, topic: &str, language: Language, at: Timestamp) -> Vec<(String, Language)> {
    let Some(phrases) = pack.phrases.get(&language) else { return Vec::new() };
    if pack.is_out_of_date(topic, pack.calendar.local(at).date()) {
        return vec![(phrases.out_of_date.clone(), language)];
    }
    match pack.answer(topic, language) {
        None => Vec::new(),
        Some((text, spoken)) if spoken == language => vec![(text.to_owned(), spoken)],
        Some((text, spoken)) => vec![(phrases.only_in_first.clone(), language), (text.to_owned(), spoken)],
    }
}

/// Everything that is worth rendering ahead of calls, each once, what is needed first at the front; only these topics, if
/// any.
pub fn all_phrases(pack: &Pack, topics: &[String]) -> Vec<Phrase> {
    let counts = in_parts(pack);
    let mut known = HashSet::new();
    let mut all = Vec::new();
    for pace in [Pace::Normal, Pace::Slow] {
        let manners = || pack.languages.iter().map(move |language| Manner { language: *language, pace });
        for saying in worth_rendering(pack, topics, &counts) {
            all.extend(manners().flat_map(|manner| phrases(pack, &saying, manner, None, Timestamp::now())));
        }
    }
    all.extend(out_of_order(pack));
    all.retain(|phrase| known.insert(phrase.clone()));
    all
}

/// What safe mode says, in the council's first two languages.
pub fn out_of_order(pack: &Pack) -> Vec<Phrase> {
    let phrase = |language: &Language| {
        let text = pack.phrases.get(language)?.out_of_order.clone();
        Some(Phrase { text, language: *language, pace: Pace::Normal })
    };
    pack.languages.iter().filter_map(phrase).take(2).collect()
}

fn worth_rendering(pack: &Pack, topics: &[String], counts: &Parts) -> Vec<Saying> {
    let chosen = || pack.topics.keys().filter(|id| topics.is_empty() || topics.contains(id));
    let most = |id: &String| counts.iter().filter(|((topic, ..), _)| topic == id).map(|(_, count)| *count).max();
    let own = ALL.iter().map(|phrase| Saying::Phrase(*phrase));
    let answers = chosen().map(|id| Saying::Answer(id.clone()));
    let parts = chosen().flat_map(|id| (0..most(id).unwrap_or(0)).map(|part| Saying::Part(id.clone(), part)));
    let confirmations = chosen().map(|id| Saying::Confirm(id.clone()));
    own.chain(answers).chain(parts).chain(confirmations).collect()
}
