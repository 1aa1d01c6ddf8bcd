//! Conversations as text files: `>` is what happens, the lines under it are what the box does. See `conversations/`.
//!
//! An event is `answered`, `speech`, `noise`, `lost`, `silence`, `key 5`, `person rung`, `person answers`, `person busy`,
//! `nobody there`, `ladder ended`, `queued 2 4` …, or an utterance: `es answer padron.register`, `ca 0.8 control repeat` (the
//! number is how sure its language is), `es none abuse`, `es none digits 612345678`, `es none "a las diez"`. The answer to
//! wedding.civil is said in two parts, and slowly in three. `# caller 961234567` begins a call from there.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

use std::sync::Arc;

use portaveu_call::{Decision, Digit, Language, Pace, Unanswerable, Understood};
use portaveu_dialogue::{Action, Dialogue, Event, Lost, Saying};

fn event(text: &str) -> Event {
    match text {
        "answered" => return Event::Answered,
        "speech" => return Event::SpeechStarted,
        "noise" => return Event::Unintelligible,
        "lost" => return Event::Interrupted,
        "silence" => return Event::Silence,
        "person rung" => return Event::PersonRung,
        "person answers" => return Event::PersonAnswered,
        "person lost" => return Event::PersonLost(Lost::HungUp),
        "person busy" => return Event::PersonLost(Lost::Busy),
        "no answer" => return Event::PersonLost(Lost::NoAnswer),
        "refused" => return Event::PersonLost(Lost::Refused),
        "line down" => return Event::PersonLost(Lost::LineDown),
        "nobody there" => return Event::NobodyThere,
        "ladder ended" => return Event::LadderEnded { queue: false },
        "ladder ended, queue" => return Event::LadderEnded { queue: true },
        "your turn" => return Event::YourTurn,
        "queue over" => return Event::QueueOver,
        "recording full" => return Event::RecordingFull,
        "message kept" => return Event::MessageKept(true),
        "message not kept" => return Event::MessageKept(false),
        "caller gone" => return Event::CallerGone,
        _ => {}
    }
    if let Some(key) = text.strip_prefix("key ") {
        return Event::Digit(Digit::from_char(key.chars().next().unwrap()).unwrap());
    }
    if let Some((position, minutes)) = text.strip_prefix("queued ").and_then(|rest| rest.split_once(' ')) {
        return Event::Queued { position: position.parse().unwrap(), minutes: minutes.parse().unwrap() };
    }
    let (text, said) = text.split_once(" \"").map_or((text, ""), |(text, said)| (text, said.trim_end_matches('"')));
    let (text, digits) = text.split_once(" digits ").unwrap_or((text, ""));
    let mut words = text.split(' ').peekable();
    let language: Language = words.next().unwrap().parse().unwrap();
    let language_confidence =
        words.next_if(|word| word.parse::<f32>().is_ok()).map_or(0.99, |word| word.parse().unwrap());
    let decision: Decision = serde_json::from_str(&format!("\"{}\"", words.next().unwrap())).unwrap();
    let rest: Vec<String> = words.map(str::to_owned).collect();
    let control = (decision == Decision::Control).then(|| rest[0].parse().unwrap());
    let unanswerable = match (decision, rest.first().map(String::as_str)) {
        (Decision::None, Some("abuse")) => Some(Unanswerable::Abuse),
        (Decision::None, Some("not-ours")) => Some(Unanswerable::NotOurs),
        _ => None,
    };
    let confidence = if rest.last().is_some_and(|word| word == "doubtful") { 0.9 } else { 0.99 };
    let rest: Vec<String> = rest.into_iter().filter(|word| word != "doubtful").collect();
    let brief = rest.last().is_none_or(|word| word != "long");
    let rest: Vec<String> = rest.into_iter().filter(|word| word != "long").collect();
    let mut topics = if control.is_some() || unanswerable.is_some() { Vec::new() } else { rest };
    // `answer pool else fine`: what comes next to mind stands behind `else`.
    let alternatives = topics.iter().position(|word| word == "else").map(|at| topics.split_off(at)[1..].to_vec());
    let alternatives = alternatives.unwrap_or_default();
    Event::Understood {
        language,
        language_confidence,
        understood: Understood {
            decision,
            topics,
            alternatives,
            control,
            time: None,
            unanswerable,
            digits: digits.to_owned(),
            brief,
            confidence,
        },
        text: said.to_owned(),
    }
}

fn saying(saying: &Saying) -> String {
    match saying {
        Saying::Phrase(phrase) => format!("{phrase:?}"),
        Saying::Answer(topic) => format!("answer {topic}"),
        Saying::Part(topic, part) => format!("part {part} of {topic}"),
        Saying::NobodyNow(topic) => format!("nobody now {}", topic.as_deref().unwrap_or("at all")),
        Saying::Opening(topic, time) => format!("opening {topic} {time:?}"),
        Saying::Confirm(topic) => format!("confirm {topic}"),
        Saying::Queued { position, minutes } => format!("place {position}, {minutes} minutes"),
        Saying::CheckNumber(number) => format!("check {number}"),
        Saying::Choose(topics) => format!("choose {}", topics.join(" ")),
    }
}

fn lines(action: &Action) -> Vec<String> {
    match action {
        Action::Say(sayings) => sayings.iter().map(|s| format!("say {}", saying(s))).collect(),
        Action::StopSpeaking => vec!["stop speaking".into()],
        Action::Manner { language, pace, louder } => vec![format!("manner {language} {pace:?} +{louder}")],
        Action::BePatient(patient) => vec![format!("patient {patient}")],
        Action::Ring { topic, danger, rung } => {
            let who = if *danger { "for danger" } else { topic.as_deref().unwrap_or("anybody") };
            let which = if *rung > 0 { format!(", telephone {rung}") } else { String::new() };
            vec![format!("ring {who}{which}")]
        }
        Action::StopRinging => vec!["stop ringing".into()],
        Action::Enqueue { topic } => vec![format!("queue for {}", topic.as_deref().unwrap_or("anybody"))],
        Action::Record => vec!["record".into()],
        Action::Forget => vec!["forget".into()],
        Action::KeepMessage(draft) => {
            let number = draft.number.as_deref().unwrap_or("no number");
            vec![format!("keep message: {number}, \"{}\", \"{}\"", draft.when, draft.text)]
        }
        Action::Join => vec!["join".into()],
        Action::HangUp => vec!["hang up".into()],
    }
}

/// The file with the actions as they are.
fn played(text: &str) -> String {
    let long = |pace, parts| (("wedding.civil".to_owned(), Language::Es, pace), parts);
    let parts = [long(Pace::Normal, 2), long(Pace::Slow, 3)].into();
    let caller = text.lines().find_map(|line| line.strip_prefix("# caller ")).map(str::to_owned);
    let mut dialogue = Dialogue::new(Language::Es, Arc::new(parts), caller);
    let mut out = String::new();
    for line in text.lines() {
        match line.strip_prefix("> ") {
            Some(what) => {
                out += &format!("{line}\n");
                dialogue.step(&event(what)).iter().flat_map(lines).for_each(|l| out += &format!("    {l}\n"));
            }
            None if line.starts_with("    ") => {}
            None => out += &format!("{line}\n"),
        }
    }
    out
}

#[test]
fn every_conversation_goes_as_written() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conversations");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let played = played(&text);
        assert!(text == played, "{} goes otherwise:\n{played}", path.display());
        count += 1;
    }
    assert!(count >= 6, "only {count} conversations were found");
}
