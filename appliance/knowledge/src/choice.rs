//! Which of two or three is meant, once it was asked: "la primera", "lo del coche", or the name of either.

use crate::classifier::Ranked;
use crate::features::plain;

/// How much of the choices' probability the meant one must have.
const CLEARLY: f32 = 0.65;
/// A topic beyond the choices that is this likely is a new question.
const SOMETHING_ELSE: f32 = 0.7;
/// First, second, third.
const ORDINALS: [&[&str]; 3] = [
    &["primero", "primera", "primer", "uno", "u", "first", "one", "former"],
    &["segundo", "segunda", "segon", "segona", "dos", "second", "two", "latter"],
    &["tercero", "tercera", "tercer", "tres", "third", "three"],
];
/// Only in answers as short as this a number is a choice.
const SHORT: usize = 6;

/// The choice that `text` names, if it does.
pub fn among(text: &str, choices: &[String], ranked: &Ranked) -> Option<String> {
    if choices.is_empty() {
        return None;
    }
    ordinal(text).and_then(|n| choices.get(n)).cloned().or_else(|| likeliest(choices, ranked))
}

fn ordinal(text: &str) -> Option<usize> {
    let plain = plain(text);
    let words: Vec<&str> = plain.split(' ').collect();
    let named = |names: &&[&str]| words.iter().any(|word| names.contains(word));
    (words.len() <= SHORT).then(|| ORDINALS.iter().position(named))?
}

fn likeliest(choices: &[String], ranked: &Ranked) -> Option<String> {
    let share = |topic: &String| {
        let place = ranked.labels.iter().position(|label| label.topic() == Some(topic));
        place.map_or(0.0, |place| ranked.shares[place])
    };
    let (best, best_share) = ranked.best_topic()?;
    if best_share >= SOMETHING_ELSE && !choices.iter().any(|choice| choice == best) {
        return None;
    }
    let all: f32 = choices.iter().map(share).sum();
    let chosen = choices.iter().max_by(|a, b| share(a).total_cmp(&share(b)))?;
    (all > 0.02 && share(chosen) >= CLEARLY * all).then(|| chosen.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::Label;

    #[test]
    fn a_choice_is_named_by_number_or_by_meaning() {
        let labels = [Label::Topic("tax".into()), Label::Topic("fine".into()), Label::Topic("pool".into())];
        let choices = ["tax".to_owned(), "fine".to_owned()];
        let chosen =
            |text: &str, shares: [f32; 3]| among(text, &choices, &Ranked { labels: &labels, shares: shares.to_vec() });
        assert_eq!(chosen("la segunda, por favor", [0.3, 0.1, 0.1]).as_deref(), Some("fine"));
        assert_eq!(chosen("lo del impuesto", [0.3, 0.1, 0.1]).as_deref(), Some("tax"));
        assert_eq!(chosen("no sé", [0.1, 0.1, 0.1]), None);
        assert_eq!(chosen("quiero ir a nadar", [0.02, 0.01, 0.9]), None);
    }
}
