//! Answers from a spreadsheet, a topic's answer in a language a row: its cells are pasted, or the file is sent. They become
//! drafts.

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
use crate::sheet::{self, SheetError};
use crate::shell::token;
use crate::texts::Texts;
use crate::visit::{Posted, Sent, Visit, Who};

/// What a column of languages has above it, in the panel's languages.
const HEADINGS: [&str; 5] = ["idioma", "lengua", "llengua", "language", "lang"];

pub fn form(t: &Texts, visit: &Visit) -> Markup {
    html! {
        h2 { (t.say("answers.import")) }
        p { (t.say("answers.import_help")) }
        form.card method="post" action="/answers/import" {
            (token(visit))
            label for="cells" { (t.say("answers.cells")) }
            textarea #cells name="cells" rows="4" required aria-describedby="cells-help" {}
            p.help #cells-help { (t.say("answers.cells_help")) }
            button { (t.say("answers.import_button")) }
        }
        form.card method="post" action="/answers/import/file" enctype="multipart/form-data" {
            (token(visit))
            label for="file" { (t.say("answers.file")) }
            input #file name="file" type="file" accept=".xlsx,.ods,.csv" required aria-describedby="file-help";
            p.help #file-help { (t.say("answers.file_help")) }
            button { (t.say("answers.file_button")) }
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

/// Why nothing was imported.
#[derive(Debug, PartialEq)]
enum Fault {
    Sheet(SheetError),
    /// The row of this number.
    Row(usize),
    Topic(String),
    /// A sentence.
    Other(String),
}

impl From<SheetError> for Fault {
    fn from(error: SheetError) -> Self {
        Self::Sheet(error)
    }
}

impl Fault {
    fn said(&self, t: &Texts) -> String {
        match self {
            Self::Sheet(SheetError::Unknown) => t.say("answers.file_unknown").to_owned(),
            Self::Sheet(SheetError::Damaged) => t.say("answers.file_damaged").to_owned(),
            Self::Sheet(SheetError::TooMuch) => t.say("answers.file_too_much").to_owned(),
            Self::Row(number) => t.fill("answers.bad_row", &[&number.to_string()]),
            Self::Topic(topic) => t.fill("answers.unknown_topic", &[topic]),
            Self::Other(said) => said.clone(),
        }
    }
}

/// The rows below the headings, if there are any.
fn rows(sheet: Vec<sheet::Row>) -> Result<Vec<Row>, Fault> {
    let is_heading = |row: &sheet::Row| HEADINGS.contains(&row.cells[1].to_lowercase().as_str());
    let headings = sheet.first().filter(|row| is_heading(row)).iter().count();
    let row = |sheet::Row { number, cells: [topic, language, answer] }| {
        let language = language.to_lowercase().parse().map_err(|_| Fault::Row(number))?;
        let is_whole = !topic.is_empty() && !answer.is_empty();
        is_whole.then_some(Row { topic, language, answer }).ok_or(Fault::Row(number))
    };
    sheet.into_iter().skip(headings).map(row).collect()
}

/// Cells that were copied and pasted.
pub async fn import(
    State(panel): State<Arc<Panel>>,
    axum::Extension(visit): Who,
    Posted(Cells { cells }): Posted<Cells>,
) -> Response {
    take(panel, visit, move || sheet::pasted(&cells)).await
}

/// A spreadsheet's file.
pub async fn import_file(State(panel): State<Arc<Panel>>, axum::Extension(visit): Who, Sent(file): Sent) -> Response {
    take(panel, visit, move || sheet::read(&file)).await
}

async fn take(
    panel: Arc<Panel>,
    visit: Visit,
    read: impl FnOnce() -> Result<Vec<sheet::Row>, SheetError> + Send + 'static,
) -> Response {
    let (writing, who) = (panel.clone(), visit.user.clone());
    let taken = blocking(move || keep(&writing, &who, rows(read()?)?)).await;
    let t = visit.texts(&panel);
    let said = match taken {
        Some(Ok(count)) => {
            panel.audit(&visit.user, "import", &count.to_string());
            html! { p.said role="status" { (t.fill("answers.imported", &[&count.to_string()])) } }
        }
        Some(Err(fault)) => html! { p.error role="alert" { (fault.said(t)) } },
        None => html! { p.error role="alert" { (t.say("refused.failed")) } },
    };
    super::shown(&panel, &visit, &said).await
}

/// All rows become drafts, or none.
fn keep(panel: &Panel, who: &str, rows: Vec<Row>) -> Result<usize, Fault> {
    let published = panel.desk.topic_texts();
    let mut texts: BTreeMap<String, TopicText> = BTreeMap::new();
    for Row { topic, language, answer } in rows {
        let path = format!("topics/{topic}.md");
        if !texts.contains_key(&path) {
            let text = draft::text_of(panel, &published, &path).ok_or(Fault::Topic(topic))?;
            texts.insert(path.clone(), panel.desk.read_topic(&text).map_err(Fault::Other)?);
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
    fn rows_are_read_and_the_first_bad_one_is_named() {
        let read = |cells: &str| rows(sheet::pasted(cells).unwrap());
        let good = read("padron.register\tes\tVenga.\npadron.register\tCA\t\"Vinga,\nper favor\"\n").unwrap();
        assert_eq!(
            good[1],
            Row { topic: "padron.register".into(), language: Language::Ca, answer: "Vinga, per favor".into() }
        );
        assert_eq!(read("Tema\tIdioma\tRespuesta\na\tes\tb\n").unwrap().len(), 1);
        assert_eq!(read("a\tes\tb\nTema\tIdioma\tRespuesta\n"), Err(Fault::Row(2)), "headings stand above");
        assert_eq!(read("a\tes\tb\na\tklingon\tb\n"), Err(Fault::Row(2)));
        assert_eq!(read("a\tes\n"), Err(Fault::Row(1)));
    }
}
