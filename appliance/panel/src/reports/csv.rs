//! All figures as one long table for a spreadsheet as it is set up in Spain: semicolons, decimal commas, UTF-8 with a mark
//! that says so.
//!
//! No cell of it must be a formula, whatever a topic is called.

use jiff::civil::Date;

use super::Report;
use super::figures::AnswerTime;
use super::series::{Amount, KeyFigure, Series, answer_time, key_figures, series};
use super::texts::{Amounts, ReportTexts};

/// A spreadsheet takes a file without it for one of its own code page.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
/// What a formula begins with.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// The table could not be written.
#[derive(Debug, thiserror::Error)]
#[error("the report's table cannot be written: {0}")]
pub struct CsvError(#[from] ::csv::Error);

type Table = ::csv::Writer<Vec<u8>>;

/// The file's bytes.
pub fn csv(report: &Report) -> Result<Vec<u8>, CsvError> {
    let mut table = ::csv::WriterBuilder::new()
        .delimiter(b';')
        .terminator(::csv::Terminator::CRLF)
        .from_writer(BYTE_ORDER_MARK.to_vec());
    let names = &report.texts.csv;
    table.write_record([&names.section, &names.name, &names.value, &names.unit, &names.before])?;
    write_about(&mut table, report)?;
    key_figures(report).iter().try_for_each(|figure| write_figure(&mut table, report, figure))?;
    series(report).iter().try_for_each(|series| write_series(&mut table, series))?;
    table.into_inner().map_err(|error| CsvError(error.into_error().into()))
}

fn write(table: &mut Table, cells: [&str; 5]) -> Result<(), CsvError> {
    Ok(table.write_record(cells.map(harmless))?)
}

fn write_about(table: &mut Table, report: &Report) -> Result<(), CsvError> {
    let (names, period) = (&report.texts.csv, report.figures.period);
    let date = |date: Date| date.strftime("%d/%m/%Y").to_string();
    let about = [
        (&names.council, report.council.to_owned()),
        (&names.period, period.title(report.texts)),
        (&names.from, date(period.first())),
        (&names.to, date(period.last())),
    ];
    about.iter().try_for_each(|(name, value)| write(table, [&names.about, name, value, "", ""]))
}

fn write_figure(table: &mut Table, report: &Report, figure: &KeyFigure) -> Result<(), CsvError> {
    let texts = report.texts;
    let value = plain(figure.amount, texts);
    let before = if report.figures.is_over { plain(figure.before, texts) } else { String::new() };
    let unit = unit(figure.amount, &texts.amounts);
    write(table, [&texts.page.key_figures, figure.name, &value, unit, &before])
}

fn write_series(table: &mut Table, series: &Series) -> Result<(), CsvError> {
    let mut rows = series.rows.iter();
    rows.try_for_each(|row| write(table, [series.title, &row.name, &row.count.to_string(), series.counted, ""]))
}

/// As a spreadsheet reckons with it; nothing where there is no value.
fn plain(amount: Amount, texts: &ReportTexts) -> String {
    let number = |number: f64| format!("{number:.1}").replace('.', ",");
    let written = match amount {
        Amount::Calls(count) => Some(count.to_string()),
        Amount::Share(share) => share.map(|share| number(share * 100.0)),
        Amount::Length(seconds) => seconds.map(number),
        Amount::Answer(Some(AnswerTime::Within(ms))) => {
            Some(f64::from(ms) / 1000.0).map(|s| s.to_string().replace('.', ","))
        }
        Amount::Answer(time) => time.map(|time| answer_time(time, texts)),
    };
    written.unwrap_or_default()
}

fn unit(amount: Amount, units: &Amounts) -> &str {
    match amount {
        Amount::Calls(_) => &units.calls_unit,
        Amount::Share(_) => &units.share_unit,
        Amount::Length(_) | Amount::Answer(_) => &units.seconds_unit,
    }
}

/// A cell that a spreadsheet takes for text.
fn harmless(cell: &str) -> String {
    if cell.starts_with(FORMULA) { format!("'{cell}") } else { cell.to_owned() }
}
