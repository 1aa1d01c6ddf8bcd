//! What a council reads of its telephone: what the calls of a day, a week, a month or a year add up to, as a page, as a
//! table for a spreadsheet and as a document.
//!
//! It must not tell anything of a single call: all is made from the hourly counts.

mod chart;
mod csv;
mod figures;
pub(crate) mod numbers;
mod page;
mod pdf;
mod period;
mod series;
mod summary;
mod texts;

pub use csv::{CsvError, csv};
pub use figures::{AnswerTime, Figures, Sums, TOPICS_NAMED};
pub use page::{Links, page};
pub use pdf::{Fonts, PdfError, pdf};
pub use period::{Chosen, Length, Period, UnknownPeriod};
pub use texts::{ReportTexts, TextsError};

/// Figures, and what is needed to put them into words.
#[derive(Clone, Copy)]
pub struct Report<'a> {
    pub figures: &'a Figures,
    pub texts: &'a ReportTexts,
    /// The council's name.
    pub council: &'a str,
    /// A topic's name by its id, in the language of the texts.
    pub topic_name: &'a dyn Fn(&str) -> String,
}
