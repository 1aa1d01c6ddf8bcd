//! From what the dialogue names to what is said: the pack's words, in the caller's language and pace.

use jiff::Timestamp;
use portaveu_call::{Language, Pace, TimeAsked};
use portaveu_dialogue::{Phrase as Named, Saying};
use portaveu_knowledge::{Pack, Phrases};
use portaveu_speech::cache::Phrase;

use crate::hours::Hours;

/// How and when a caller is spoken to.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    pub language: Language,
    pub pace: Pace,
}

/// When an office is open, if the topic has one.
fn opening(pack: &Pack, topic: &str, asked: TimeAsked, language: Language, at: Timestamp) -> Option<String> {
    let hours = Hours {
        calendar: &pack.calendar,
        office: pack.office(topic)?,
        phrases: &pack.phrases.get(&language)?.hours,
        language,
        now: pack.calendar.local(at).datetime(),
    };
    hours.sentence(asked)
}

fn named(phrases: &Phrases, phrase: Named) -> &str {
    match phrase {
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
        Named::Language => &phrases.language,
        Named::Transferring => &phrases.transferring,
        Named::NoHuman => &phrases.no_human,
        Named::Emergency => &phrases.emergency,
        Named::OneMoment => &phrases.one_moment,
    }
}

const ALL: [Named; 18] = [
    Named::Greeting,
    Named::OneMoment,
    Named::Emergency,
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
    Named::Language,
    Named::Transferring,
    Named::NoHuman,
];

/// What is said. Nothing, if the pack has lost the topic meanwhile.
pub fn phrases(pack: &Pack, saying: &Saying, manner: Manner, at: Timestamp) -> Vec<Phrase> {
    let language = pack.spoken_language(manner.language);
    let Some(phrases) = pack.phrases.get(&language) else { return Vec::new() };
    let topic = |id: &str| pack.topic_name(id, language).unwrap_or_default();
    let said = match saying {
        Saying::Phrase(phrase) => vec![(named(phrases, *phrase).to_owned(), language)],
        Saying::Answer(id) => answer(pack, id, language, at),
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

/// Everything that is worth rendering ahead of calls, what is needed first at the front; only these topics, if any.
pub fn all_phrases(pack: &Pack, topics: &[String]) -> Vec<Phrase> {
    let manners: Vec<Manner> = pack.languages.iter().map(|l| Manner { language: *l, pace: Pace::Normal }).collect();
    let chosen = || pack.topics.keys().filter(|id| topics.is_empty() || topics.contains(id));
    let own = ALL.iter().map(|phrase| Saying::Phrase(*phrase));
    let answers = chosen().map(|id| Saying::Answer(id.clone()));
    let confirmations = chosen().map(|id| Saying::Confirm(id.clone()));
    own.chain(answers)
        .chain(confirmations)
        .flat_map(|saying| manners.iter().flat_map(move |manner| phrases(pack, &saying, *manner, Timestamp::now())))
        .collect()
}
