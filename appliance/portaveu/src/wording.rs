//! From what the dialogue names to what is said: the pack's words, in the caller's language and pace.

use portaveu_call::{Language, Pace};
use portaveu_dialogue::{Phrase as Named, Saying};
use portaveu_knowledge::{Pack, Phrases};
use portaveu_speech::cache::Phrase;

/// How a caller is spoken to.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    pub language: Language,
    pub pace: Pace,
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
pub fn phrase(pack: &Pack, saying: &Saying, manner: Manner) -> Option<Phrase> {
    let language = pack.spoken_language(manner.language);
    let phrases = pack.phrases.get(&language)?;
    let topic = |id: &str| pack.topic_name(id, language).unwrap_or_default().to_owned();
    let (text, language) = match saying {
        Saying::Phrase(phrase) => (named(phrases, *phrase).to_owned(), language),
        Saying::Answer(id) => pack.answer(id, language).map(|(text, spoken)| (text.to_owned(), spoken))?,
        Saying::Confirm(id) => (phrases.confirm.replace("{topic}", &topic(id)), language),
        Saying::Choose(ids) => {
            let template = if ids.len() > 2 { &phrases.choose_three } else { &phrases.choose_two };
            let places = ["{first}", "{second}", "{third}"];
            let text =
                places.iter().zip(ids).fold(template.clone(), |text, (place, id)| text.replace(place, &topic(id)));
            (text, language)
        }
    };
    Some(Phrase { text, language, pace: manner.pace })
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
        .flat_map(|saying| manners.iter().filter_map(move |manner| phrase(pack, &saying, *manner)))
        .collect()
}
