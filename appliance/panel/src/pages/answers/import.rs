//! Answers from a spreadsheet: its cells are pasted, a topic's answer in a language a row, and become drafts.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use portaveu_call::Language;
use serde::Deserialize;

use super::draft;
use crate::Panel;
use crate::desk::TopicText;
use crate::pages::blocking;
use crate::shell::token;
use crate::texts::Texts;
use crate::visit::{Posted, Visit, Who};

pub fn form(t: &Texts, visit: &Visit) -> Markup {
    html! {
        h2 { (t.say("answers.import")) }
        form.card method="post" action="/answers/import" {
            (token(visit))
            label for="cells" { (t.say("answers.cells")) }
            textarea #cells name="cells" rows="4" required aria-describedby="cells-help" {}
            p.help #cells-help { (t.say("answers.cells_help")) }
            button { (t.say("answers.import_button")) }
        }
    }
}

#[derive(Deserialize)]
pub struct Cells {
    cells: String,
}

/// A row: whose answer, in which language, and the answer.
#[derive(Debug, PartialEq)]
struct Row {
    topic: String,
    language: Language,
    answer: String,
}

/// The rows, or the number of the first that cannot be read.
fn rows(cells: &str) -> Result<Vec<Row>, usize> {
    let mut reader =
        csv::ReaderBuilder::new().delimiter(b'\t').has_headers(false).flexible(true).from_reader(cells.as_bytes());
    let row = |(number, record): (usize, Result<csv::StringRecord, csv::Error>)| {
        let record = record.map_err(|_| number + 1)?;
        let [topic, language, answer] = [0, 1, 2].map(|n| record.get(n).unwrap_or_default().trim());
        let language = language.to_lowercase().parse().map_err(|_| number + 1)?;
        if topic.is_empty() || answer.is_empty() {
            return Err(number + 1);
        }
        Ok(Row { topic: topic.to_owned(), language, answer: answer.split_whitespace().collect::<Vec<_>>().join(" ") })
    };
    reader.records().enumerate().map(row).collect()
}

pub async fn import(
    State(panel): State<Arc<Panel>>,
    axum::Extension(visit): Who,
    Posted(Cells { cells }): Posted<Cells>,
) -> Response {
    let t = visit.texts(&panel);
    let said = match rows(&cells) {
        Err(number) => html! { p.error role="alert" { (t.fill("answers.bad_row", &[&number.to_string()])) } },
        Ok(rows) => {
            let (writing, who) = (panel.clone(), visit.user.clone());
            match blocking(move || keep(&writing, &who, rows)).await {
                Some(Ok(count)) => {
                    panel.audit(&visit.user, "import", &count.to_string());
                    html! { p.said role="status" { (t.fill("answers.imported", &[&count.to_string()])) } }
                }
                Some(Err(topic)) => html! { p.error role="alert" { (t.fill("answers.unknown_topic", &[&topic])) } },
                None => html! { p.error role="alert" { (t.say("refused.failed")) } },
            }
        }
    };
    super::shown(&panel, &visit, &said).await
}

/// All rows become drafts, or none: then the topic that is not known.
fn keep(panel: &Panel, who: &str, rows: Vec<Row>) -> Result<usize, String> {
    let pack = panel.desk.pack()?;
    let mut texts: BTreeMap<String, TopicText> = BTreeMap::new();
    for Row { topic, language, answer } in rows {
        let path = format!("topics/{topic}.md");
        if !texts.contains_key(&path) {
            let text = draft::text_of(panel, &pack, &path).ok_or(topic)?;
            texts.insert(path.clone(), panel.desk.read_topic(&text)?);
        }
        if let Some(text) = texts.get_mut(&path) {
            text.languages.entry(language).or_default().answer = answer;
        }
    }
    texts.iter().for_each(|(path, text)| _ = draft::keep(panel, who, path, text));
    Ok(texts.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_of_a_spreadsheet_are_read() {
        let read = rows("padron.register\tes\tVenga.\npadron.register\tca\t\"Vinga,\nper favor\"\n").unwrap();
        assert_eq!(
            read[1],
            Row { topic: "padron.register".into(), language: Language::Ca, answer: "Vinga, per favor".into() }
        );
        assert_eq!(rows("a\tes\tb\na\tklingon\tb\n"), Err(2));
        assert_eq!(rows("a\tes\n"), Err(1));
    }
}
