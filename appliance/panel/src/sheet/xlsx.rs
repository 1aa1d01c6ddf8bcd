//! Office Open XML: texts are kept once each, and cells name them by their number.

use quick_xml::events::{BytesStart, Event};

use super::package::Package;
use super::{COLUMNS, Row, Rows, SheetError, xml};

const WORKBOOK: &str = "xl/workbook.xml";
const RELATIONS: &str = "xl/_rels/workbook.xml.rels";
const TEXTS: &str = "xl/sharedStrings.xml";
/// How a carriage return is written in a text.
const RETURN: &str = "_x000D_";

pub fn read(package: &mut Package) -> Result<Vec<Row>, SheetError> {
    if !package.has(WORKBOOK) {
        return Err(SheetError::Unknown);
    }
    let sheet = first_sheet(package)?;
    let texts = if package.has(TEXTS) { texts(&package.part(TEXTS)?)? } else { Vec::new() };
    rows(&package.part(&sheet)?, &texts)
}

/// Where the first sheet is.
fn first_sheet(package: &mut Package) -> Result<String, SheetError> {
    let named = find(&package.part(WORKBOOK)?, "sheet", |sheet| xml::attribute(sheet, "r:id"))?;
    let target = find(&package.part(RELATIONS)?, "Relationship", |relation| {
        xml::attribute(relation, "Id").filter(|id| *id == named).and_then(|_| xml::attribute(relation, "Target"))
    })?;
    Ok(target.strip_prefix('/').map_or(format!("xl/{target}"), str::to_owned))
}

/// What the first element of this name has that has it.
fn find(text: &str, name: &str, of: impl Fn(&BytesStart) -> Option<String>) -> Result<String, SheetError> {
    let mut reader = xml::reader(text);
    while let Some(event) = xml::next(&mut reader)? {
        if let Event::Start(element) = &event
            && element.local_name().as_ref() == name
            && let Some(found) = of(element)
        {
            return Ok(found);
        }
    }
    Err(SheetError::Damaged)
}

/// The texts that cells name, in order. How they are pronounced (`rPh`) is no part of them.
fn texts(text: &str) -> Result<Vec<String>, SheetError> {
    let mut reader = xml::reader(text);
    let (mut texts, mut current, mut in_text, mut spoken) = (Vec::new(), String::new(), false, false);
    while let Some(event) = xml::next(&mut reader)? {
        match &event {
            Event::Start(element) => match element.local_name().as_ref() {
                "t" => in_text = !spoken,
                "rPh" => spoken = true,
                _ => {}
            },
            Event::End(element) => match element.local_name().as_ref() {
                "t" => in_text = false,
                "rPh" => spoken = false,
                "si" => texts.push(std::mem::take(&mut current)),
                _ => {}
            },
            said if in_text => xml::say(said, &mut current)?,
            _ => {}
        }
    }
    Ok(texts)
}

/// A cell as it is read.
#[derive(Default)]
struct Cell {
    column: usize,
    kind: String,
    value: String,
    in_value: bool,
}

impl Cell {
    fn begins(element: &BytesStart, after: usize) -> Self {
        let column = xml::attribute(element, "r").and_then(|place| column(&place)).unwrap_or(after);
        Self { column, kind: xml::attribute(element, "t").unwrap_or_default(), ..Self::default() }
    }

    /// What it shows; an error of a formula is nothing.
    fn text<'a>(&'a self, texts: &'a [String]) -> Result<&'a str, SheetError> {
        match self.kind.as_str() {
            "s" => {
                let text = self.value.trim().parse::<usize>().ok().and_then(|number| texts.get(number));
                text.map(String::as_str).ok_or(SheetError::Damaged)
            }
            "e" => Ok(""),
            _ => Ok(&self.value),
        }
    }
}

/// From 0, of a place such as "C12".
fn column(place: &str) -> Option<usize> {
    let letters = place.bytes().take_while(u8::is_ascii_uppercase);
    letters.fold(0usize, |sum, letter| sum.saturating_mul(26).saturating_add(usize::from(letter - b'@'))).checked_sub(1)
}

fn rows(text: &str, texts: &[String]) -> Result<Vec<Row>, SheetError> {
    let mut reader = xml::reader(text);
    let (mut rows, mut cell, mut cells) = (Rows::default(), Cell::default(), <[String; COLUMNS]>::default());
    let (mut number, mut after) = (0usize, 0);
    while let Some(event) = xml::next(&mut reader)? {
        match &event {
            Event::Start(element) => match element.local_name().as_ref() {
                "row" => {
                    let told = xml::attribute(element, "r").and_then(|number| number.parse().ok());
                    (number, after) = (told.unwrap_or(number.saturating_add(1)), 0);
                }
                "c" => cell = Cell::begins(element, after),
                "v" | "t" => cell.in_value = true,
                _ => {}
            },
            Event::End(element) => match element.local_name().as_ref() {
                "v" | "t" => cell.in_value = false,
                "c" => {
                    after = cell.column.saturating_add(1);
                    if let Some(place) = cells.get_mut(cell.column) {
                        *place = rows.cell(cell.text(texts)?)?.replace(RETURN, "");
                    }
                }
                "row" => rows.add(number, std::mem::take(&mut cells)),
                "sheetData" => return Ok(rows.found),
                _ => {}
            },
            said if cell.in_value => xml::say(said, &mut cell.value)?,
            _ => {}
        }
    }
    Err(SheetError::Damaged)
}
