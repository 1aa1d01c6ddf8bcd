//! What is wrong with an answer, in the panel's language.

use maud::{Markup, html};

use super::link;
use crate::desk::{Fault, TopicFault};
use crate::pages::language_name;
use crate::texts::Texts;

/// The sentence, with the way to the topic that it is about.
pub fn said(t: &Texts, fault: &Fault) -> Markup {
    match fault {
        Fault::Topic(path, fault) => html! { a href=(link(path)) { (path) } ": " (of_topic(t, fault)) },
        Fault::Other(sentence) => html! { (sentence) },
    }
}

fn of_topic(t: &Texts, fault: &TopicFault) -> String {
    match fault {
        TopicFault::Department(id) => t.fill("fault.department", &[id]),
        TopicFault::Office(id) => t.fill("fault.office", &[id]),
        TopicFault::NoName => t.say("fault.no_name").to_owned(),
        TopicFault::NoAnswer(language) => t.fill("fault.no_answer", &[language_name(*language)]),
        TopicFault::Fact(name) => t.fill("fault.fact", &[name]),
    }
}

#[cfg(test)]
mod tests {
    use portaveu_call::Language;

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
