//! `phrases/<language>.toml`: all wording that is not an answer. A missing or unknown key is an error that names it.

use std::collections::BTreeMap;

use portaveu_call::Language;
use serde::Deserialize;

/// What is filled in when a phrase is said.
const TEMPLATES: [&str; 24] = [
    "topic", "first", "second", "third", "opening", "office", "day", "hours", "until", "next", "month", "holiday",
    "weekday", "number", "of_month", "from", "to", "time", "last", "position", "minutes", "about", "speaks",
    "language",
];

/// A word in braces that nothing is known to fill, by its line.
pub fn check(text: &str) -> Result<(), (usize, String)> {
    for (number, line) in text.lines().enumerate() {
        let words = line.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
        if let Some((unknown, _)) = words.into_iter().find(|(word, _)| !TEMPLATES.contains(word)) {
            return Err((
                number + 1,
                format!("\"{{{unknown}}}\" is no fact of facts.toml and nothing that is filled in here"),
            ));
        }
    }
    Ok(())
}

/// What the box says of itself, in one language.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phrases {
    /// The first thing that callers hear, to its end: who answers, and that it is a machine.
    pub notice: String,
    pub greeting: String,
    pub anything_else: String,
    pub goodbye: String,
    pub thanks: String,
    pub not_heard: String,
    pub not_understood: String,
    pub offer_human: String,
    pub still_there: String,
    /// How to begin with one word, or to reach a person.
    pub narrow: String,
    /// Between the parts of a long answer.
    pub go_on: String,
    /// The matter is none of the council's.
    pub not_ours: String,
    /// To insults and jokes; and at the third of them the end of the call.
    pub calm: String,
    pub end_calm: String,
    /// `{opening}` is the sentence on when somebody is there again.
    pub nobody_now: String,
    pub confirm: String,
    pub choose_two: String,
    pub choose_three: String,
    pub try_again: String,
    pub nothing_to_repeat: String,
    pub slower: String,
    pub louder: String,
    pub wait: String,
    /// To who asks that nothing be kept of the call.
    pub forgotten: String,
    pub language: String,
    pub transferring: String,
    pub no_human: String,
    /// Before another telephone of the department is rung.
    pub next_person: String,
    /// The PBX or the network cannot be reached.
    pub cannot_ring: String,
    /// `{position}` and `{minutes}`, which are never fewer than two.
    pub queued: String,
    pub offer_message: String,
    pub no_message: String,
    pub message_number: String,
    /// `{number}`.
    pub message_number_check: String,
    pub message_time: String,
    pub message_record: String,
    pub message_kept: String,
    pub message_not_kept: String,
    /// To the person whose telephone was rung: `{about}` and `{speaks}` are the next ones.
    pub agent_summary: String,
    /// `{topic}`.
    pub agent_about: String,
    pub agent_about_unknown: String,
    /// `{language}`, from the table `languages`.
    pub agent_speaks: String,
    pub emergency: String,
    /// After it, when a person is rung as well.
    pub emergency_person: String,
    pub one_moment: String,
    /// Safe mode's: the box does not work, 112, somebody is rung.
    pub out_of_order: String,
    /// Instead of an answer whose last day is over.
    pub out_of_date: String,
    /// Before an answer that there is only in the council's first language.
    pub only_in_first: String,
    pub hours: HoursPhrases,
    /// What languages are called in this one.
    pub languages: BTreeMap<Language, String>,
}

/// What the box says of opening hours. `{office}`, `{day}`, `{hours}`, `{until}`, `{next}`, `{month}` and `{holiday}` are
/// filled in.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoursPhrases {
    pub open_now: String,
    pub closed_now: String,
    pub open_day: String,
    pub open_then: String,
    pub closed_then: String,
    pub closed_day: String,
    pub closed_holiday: String,
    pub month: String,
    pub closed_month: String,
    /// `{weekday}`, `{number}` and `{of_month}`.
    pub day: String,
    pub today: String,
    pub tomorrow: String,
    /// `{from}` and `{to}`.
    pub interval: String,
    pub and: String,
    /// `{day}` and `{time}`.
    pub moment: String,
    /// `{first}` and `{last}`.
    pub days: String,
    /// `{day}`.
    pub single_day: String,
    /// Monday first.
    pub weekdays: [String; 7],
    pub months: [String; 12],
    /// As they stand after a day's number, preposition and all.
    pub of_months: [String; 12],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_fact_is_named_by_its_line() {
        assert_eq!(check("a = \"{topic}\"\nb = \"{first} {of_month}\""), Ok(()));
        let (line, what) = check("a = \"{topic}\"\nb = \"Ayuntamiento {of_nmae}\"").unwrap_err();
        assert!(line == 2 && what.contains("of_nmae"), "{what}");
    }
}
