//! What a council should know of its pack before callers hear it: missing languages, topics that nobody can ask for,
//! answers too long to listen to.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::pack::{Label, Pack};

/// Answers with more words than this are hard to follow on the telephone (about 35 s).
const MOST_WORDS: usize = 90;
/// An answer's last day is announced so long before.
const SOON_DAYS: i32 = 30;
const FEWEST_EXAMPLES: usize = 5;

/// Sentences for the editor, each naming its file and the mend.
pub fn check(pack: &Pack, today: Date) -> Vec<String> {
    let mut advice = Vec::new();
    for topic in pack.topics.values() {
        let file = format!("topics/{}.md", topic.id);
        match topic.valid_until {
            Some(last) if last < today => advice.push(format!(
                "{file}: the answer was valid until {last} and is not given any more; renew it, or set valid_until anew"
            )),
            Some(last) if last < today.saturating_add(SOON_DAYS.days()) => {
                advice.push(format!("{file}: the answer is valid until {last} only; see whether it still holds"));
            }
            _ => {}
        }
        for language in &pack.languages {
            match topic.answers.get(language) {
                None => advice.push(format!("{file}: there is no answer in {language}; add a section # {language}")),
                Some(answer) if answer.split_whitespace().count() > MOST_WORDS => {
                    let words = answer.split_whitespace().count();
                    advice.push(format!(
                        "{file}: the answer in {language} has {words} words; callers follow {MOST_WORDS}"
                    ));
                }
                Some(_) => {}
            }
            if !topic.names.contains_key(language) {
                advice.push(format!("{file}: add name.{language} to the head; it is said in a question back"));
            }
        }
        let examples = pack.examples.iter().filter(|e| e.label == Label::Topic(topic.id.clone())).count();
        if examples < FEWEST_EXAMPLES {
            advice.push(format!(
                "{file}: {examples} examples are too few to know the topic by; write {FEWEST_EXAMPLES} or more"
            ));
        }
    }
    for (id, department) in &pack.departments {
        if department.extension.is_none() {
            advice.push(format!(
                "council.toml: department {id} has no extension, so that no person of it can be reached"
            ));
        }
    }
    advice
}
