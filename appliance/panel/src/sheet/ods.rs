//! OpenDocument: a cell holds paragraphs, and says how often it and its row are repeated.

use quick_xml::events::{BytesStart, Event};

use super::package::Package;
use super::{COLUMNS, Row, Rows, SheetError, xml};

pub const CONTENT: &str = "content.xml";

/// Where the reader is: which row and column, and what is in the row so far.
#[derive(Default)]
struct Place {
    row: usize,
    row_repeated: usize,
    column: usize,
    cell_repeated: usize,
    in_paragraph: bool,
    /// Notes beside a cell have paragraphs, too.
    in_note: bool,
    cell: String,
    cells: [String; COLUMNS],
}

pub fn read(package: &mut Package) -> Result<Vec<Row>, SheetError> {
    let text = package.part(CONTENT)?;
    let mut reader = xml::reader(&text);
    let (mut rows, mut place) = (Rows::default(), Place::default());
    while let Some(event) = xml::next(&mut reader)? {
        match &event {
            Event::Start(element) => place.begins(element),
            Event::End(element) if element.name().as_ref() == "table:table" => return Ok(rows.found),
            Event::End(element) => place.ends(element.name().as_ref(), &mut rows)?,
            said if place.in_paragraph && !place.in_note => xml::say(said, &mut place.cell)?,
            _ => {}
        }
    }
    Err(SheetError::Damaged)
}

impl Place {
    fn begins(&mut self, element: &BytesStart) {
        let repeated = |name| xml::attribute(element, name).and_then(|count| count.parse().ok()).unwrap_or(1);
        match element.name().as_ref() {
            "table:table-row" => {
                (self.row_repeated, self.column) = (repeated("table:number-rows-repeated"), 0);
            }
            "table:table-cell" | "table:covered-table-cell" => {
                self.cell_repeated = repeated("table:number-columns-repeated");
                self.cell.clear(); // of shapes before it
            }
            "office:annotation" => self.in_note = true,
            "text:p" => self.in_paragraph = true,
            "text:s" | "text:tab" | "text:line-break" => self.cell.push(' '),
            _ => {}
        }
    }

    fn ends(&mut self, name: &str, rows: &mut Rows) -> Result<(), SheetError> {
        match name {
            "office:annotation" => self.in_note = false,
            "text:p" => {
                self.in_paragraph = false;
                self.cell.push(' ');
            }
            "table:table-cell" | "table:covered-table-cell" => self.keep_cell(rows)?,
            "table:table-row" => {
                // Rows that are repeated say the same: one of them is enough.
                rows.add(self.row.saturating_add(1), std::mem::take(&mut self.cells));
                self.row = self.row.saturating_add(self.row_repeated);
            }
            _ => {}
        }
        Ok(())
    }

    fn keep_cell(&mut self, rows: &mut Rows) -> Result<(), SheetError> {
        let end = self.column.saturating_add(self.cell_repeated);
        for column in self.column..end.min(COLUMNS) {
            self.cells[column] = rows.cell(&self.cell)?;
        }
        self.column = end;
        self.cell.clear();
        Ok(())
    }
}
