//! Which of two or three is meant, once it was asked: "la primera", "lo del coche", or the name of either.

use crate::classifier::Ranked;
use crate::features::plain;

/// How much of the choices' probability the meant one must have.
const CLEARLY: f32 = 0.65;
/// What the choices must have together.
const AT_ALL: f32 = 0.02;
/// A topic beyond the choices that is this likely is a new question.
const SOMETHING_ELSE: f32 = 0.7;
/// First, second, third.
const ORDINALS: [&[&str]; 3] = [
    &["primero", "primera", "primer", "uno", "u", "first", "former"],
    &["segundo", "segunda", "segon", "segona", "dos", "second", "two", "latter"],
    &["tercero", "tercera", "tercer", "tres", "third", "three"],
];
/// Not any of them.
const NONE: [&str; 8] = ["ninguno", "ninguna", "ningun", "cap", "neither", "none", "otra", "altra"];
/// Not one of them, but each.
const ALL: [&str; 9] = ["los dos", "las dos", "els dos", "les dues", "ambos", "ambas", "ambdues", "both", "las tres"];
/// Only in answers as short as this a number is a choice.
const SHORT: usize = 6;

/// The choice whose number is in `text`, or all of them for "las dos".
pub fn by_number<'a>(text: &str, choices: &'a [String]) -> Option<&'a [String]> {
    let plain = format!(" {} ", plain(text));
    let words: Vec<&str> = plain.split_whitespace().collect();
    let refused = NONE.iter().any(|none| words.contains(none)) || words.first() == Some(&"a");
    if words.len() > SHORT || choices.is_empty() || refused {
        return None;
    }
    if ALL.iter().any(|all| plain.contains(&format!(" {all} "))) {
        return Some(choices);
    }
    let place = ORDINALS.iter().position(|names| words.iter().any(|word| names.contains(word)))?;
    choices.get(place..=place)
}

/// The choice that is meant, if one clearly is and nothing else is.
pub fn by_meaning<'a>(choices: &'a [String], ranked: &Ranked) -> Option<&'a String> {
    let share = |topic: &String| ranked.topic_share(topic);
    let (best, best_share) = ranked.best_topic()?;
    if best_share >= SOMETHING_ELSE && !choices.iter().any(|choice| choice == best) {
        return None;
    }
    let all: f32 = choices.iter().map(share).sum();
    let chosen = choices.iter().max_by(|a, b| share(a).total_cmp(&share(b)))?;
    (all > AT_ALL && share(chosen) >= CLEARLY * all).then_some(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::Label;

    #[test]
    fn a_choice_is_named_by_number_or_by_meaning() {
        let labels = [Label::Topic("tax".into()), Label::Topic("fine".into()), Label::Topic("pool".into())];
        let choices = ["tax".to_owned(), "fine".to_owned()];
        assert_eq!(by_number("la segunda, por favor", &choices), Some(&choices[1..]));
        assert_eq!(by_number("the second one", &choices), Some(&choices[1..]));
        assert_eq!(by_number("ninguna de las dos", &choices), None);
        assert_eq!(by_number("pues las dos cosas", &choices), Some(&choices[..]));
        assert_eq!(by_number("quiero pagar una cosa que me ha llegado", &choices), None);
        let meant = |shares: [f32; 3]| {
            by_meaning(&choices, &Ranked { labels: &labels, shares: shares.to_vec() }).map(String::as_str)
        };
        assert_eq!(meant([0.3, 0.1, 0.1]), Some("tax"));
        assert_eq!(meant([0.1, 0.1, 0.1]), None);
        assert_eq!(meant([0.02, 0.01, 0.9]), None, "a new question");
    }
}
