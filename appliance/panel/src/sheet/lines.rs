//! Text with a row a line and something between the cells.

use super::{COLUMNS, Row, Rows, SheetError};

/// What spreadsheets put between cells; the semicolon where a comma is for decimals.
const SEPARATORS: [u8; 3] = [b'\t', b';', b','];
const MARK: &str = "\u{feff}";

/// A file's rows. What stands first of all that can separate cells does: topics have none of it in their names.
pub fn of_file(file: &[u8]) -> Result<Vec<Row>, SheetError> {
    let text = decoded(file)?;
    let separator = text.bytes().find(|byte| SEPARATORS.contains(byte)).ok_or(SheetError::Unknown)?;
    separated(&text, separator)
}

/// UTF-8, else what Excel writes in Western Europe.
fn decoded(file: &[u8]) -> Result<String, SheetError> {
    if file.iter().any(|byte| *byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r')) {
        return Err(SheetError::Unknown); // no text has such signs
    }
    let text = std::str::from_utf8(file).map_or_else(|_| windows(file), str::to_owned);
    Ok(text.trim_start_matches(MARK).to_owned())
}

/// Windows-1252, of which only the signs from 0x80 to 0x9f are others than Unicode's.
fn windows(file: &[u8]) -> String {
    const OTHERS: [char; 32] = [
        '€', '\u{fffd}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{fffd}', 'Ž', '\u{fffd}',
        '\u{fffd}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{fffd}', 'ž', 'Ÿ',
    ];
    let sign = |byte: &u8| match byte {
        0x80..=0x9f => OTHERS[usize::from(byte - 0x80)],
        other => char::from(*other),
    };
    file.iter().map(sign).collect()
}

pub fn separated(text: &str, separator: u8) -> Result<Vec<Row>, SheetError> {
    let mut reader =
        csv::ReaderBuilder::new().delimiter(separator).has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut rows = Rows::default();
    for (number, record) in reader.records().enumerate() {
        let record = record.map_err(|_| SheetError::Damaged)?;
        let mut cells: [String; COLUMNS] = Default::default();
        for (cell, text) in cells.iter_mut().zip(&record) {
            *cell = rows.cell(text)?;
        }
        rows.add(number + 1, cells);
    }
    Ok(rows.found)
}
