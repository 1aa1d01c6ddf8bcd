//! What is wrong with an answer, in the panel's language.

use jiff::civil::Date;
use maud::{Markup, html};
use portaveu_call::Language;

use super::link;
use crate::desk::{Advice, Fault, TopicFault};
use crate::pages::language_name;
use crate::texts::Texts;

/// The sentence, with the way to the topic that it is about.
pub fn said(t: &Texts, fault: &Fault) -> Markup {
    match fault {
        Fault::Topic(path, fault) => html! { a href=(link(path)) { (path) } ": " (of_topic(t, fault)) },
        Fault::Other(sentence) => html! { (sentence) },
    }
}

/// What there is to say of a topic's text: what hinders its publishing, or what to look at before.
pub fn found(t: &Texts, found: &Result<Vec<Advice>, Fault>) -> Markup {
    match found {
        Err(Fault::Topic(_, fault)) => {
            html! { p.error role="alert" { (t.say("answers.hindered")) " " (of_topic(t, fault)) } }
        }
        Err(Fault::Other(sentence)) => html! { p.error role="alert" { (t.say("answers.hindered")) " " (sentence) } },
        Ok(advice) if advice.is_empty() => html! {},
        Ok(advice) => html! {
            p { (t.say("answers.advice")) }
            ul.advice { @for one in advice { li { (advised(t, one)) } } }
        },
    }
}

fn advised(t: &Texts, advice: &Advice) -> String {
    let day = |day: &Date| day.strftime("%d/%m/%Y").to_string();
    let name = |language: &Language| language_name(*language);
    match advice {
        Advice::Over(last) => t.fill("advice.over", &[&day(last)]),
        Advice::SoonOver(last) => t.fill("advice.soon_over", &[&day(last)]),
        Advice::Long(language, words) => t.fill("advice.long", &[name(language), &words.to_string()]),
        Advice::Figures(first, other, apart) => t.fill("advice.figures", &[name(first), name(other), apart]),
        Advice::FewExamples(count) => t.fill("advice.few_examples", &[&count.to_string()]),
        Advice::NoAnswer(language, first) => t.fill("advice.no_answer", &[name(language), name(first)]),
        Advice::SaidOfTwo(file, text) => t.fill("advice.said_of_two", &[text, file]),
    }
}

fn of_topic(t: &Texts, fault: &TopicFault) -> String {
    match fault {
        TopicFault::Department(id) => t.fill("fault.department", &[id]),
        TopicFault::Office(id) => t.fill("fault.office", &[id]),
        TopicFault::NoName => t.say("fault.no_name").to_owned(),
        TopicFault::NoAnswer(language) => t.fill("fault.no_answer", &[language_name(*language)]),
        TopicFault::Fact { name, known } => t.fill("fault.fact", &[name, known]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::AllTexts;

    #[test]
    fn a_fault_is_told_in_the_panels_language_and_leads_to_its_topic() {
        let texts = AllTexts::load().unwrap();
        let told = |language, fault| {
            let fault = Fault::Topic("topics/fine.pay.md".into(), fault);
            said(texts.of(language), &fault).into_string()
        };
        let office = told(Language::Ca, TopicFault::Office("<b>".into()));
        assert!(office.contains("No hi ha cap oficina «&lt;b&gt;»"), "{office}");
        assert!(office.contains(r#"href="/answers/edit?path=topics%2Ffine.pay.md""#), "{office}");
        let answer = told(Language::Es, TopicFault::NoAnswer(Language::Es));
        assert!(
            answer.ends_with("Falta la respuesta en español, el primer idioma del ayuntamiento. Escríbala."),
            "{answer}"
        );
        let other = said(texts.of(Language::Es), &Fault::Other("council.toml: no".into())).into_string();
        assert_eq!(other, "council.toml: no");
    }
}
