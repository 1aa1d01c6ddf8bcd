//! A spreadsheet's cells: those of its first sheet's first three columns, from .xlsx, .ods and .csv.
//!
//! It must not believe what a file says of itself: whatever is in it, no more is unpacked and kept than the limits here,
//! for this is the program that answers the telephone. That is why no spreadsheet library reads it: those make room for as
//! many cells as a file announces.

mod lines;
mod ods;
mod package;
mod xlsx;
mod xml;

use package::Package;

/// A topic, a language, an answer.
pub const COLUMNS: usize = 3;
/// Signs that a sheet's cells may have, all together.
const MOST_SIGNS: usize = 1 << 20;
/// Compound files: what spreadsheets were until 2007, and those that have a password.
const COMPOUND: [u8; 4] = [0xd0, 0xcf, 0x11, 0xe0];

/// A row that has something in it, with its number in the sheet, from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    pub number: usize,
    pub cells: [String; COLUMNS],
}

/// Why a file is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SheetError {
    #[error("this is no spreadsheet")]
    Unknown,
    #[error("the spreadsheet is damaged")]
    Damaged,
    #[error("the spreadsheet unpacks to more than is read")]
    TooMuch,
}

/// The rows of a file, whatever it is called.
pub fn read(file: &[u8]) -> Result<Vec<Row>, SheetError> {
    match file {
        [b'P', b'K', ..] => {
            let mut package = Package::open(file)?;
            if package.has(ods::CONTENT) { ods::read(&mut package) } else { xlsx::read(&mut package) }
        }
        file if file.starts_with(&COMPOUND) => Err(SheetError::Unknown),
        text => lines::of_file(text),
    }
}

/// The rows of cells that were copied in a spreadsheet.
pub fn pasted(cells: &str) -> Result<Vec<Row>, SheetError> {
    lines::separated(cells, b'\t')
}

/// Rows as they are gathered.
#[derive(Default)]
struct Rows {
    found: Vec<Row>,
    signs: usize,
}

impl Rows {
    /// A cell's text, counted when it is read: a sheet can fill the same cell again and again.
    fn cell(&mut self, text: &str) -> Result<String, SheetError> {
        self.signs += text.len();
        if self.signs > MOST_SIGNS {
            return Err(SheetError::TooMuch);
        }
        Ok(text.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    fn add(&mut self, number: usize, cells: [String; COLUMNS]) {
        if cells.iter().any(|cell| !cell.is_empty()) {
            self.found.push(Row { number, cells });
        }
    }
}

#[cfg(test)]
mod tests;
