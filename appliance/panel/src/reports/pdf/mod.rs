//! A report as a document for councillors: A4, tagged for readers aloud (PDF/UA-1), with its charts drawn.
//!
//! It must not say anything that the page does not.

mod blocks;
mod canvas;
mod columns;
mod fonts;

use jiff::civil::Date;
use krilla::configure::{Accessibility, ConfigurationBuilder, ConfigurationError};
use krilla::error::KrillaError;
use krilla::metadata::{DateTime, Metadata};
use krilla::outline::Outline;
use krilla::page::PageSettings;
use krilla::tagging::{ArtifactType, Node, TagTree};
use krilla::{Document, SerializeSettings};

use super::Report;
use super::numbers::whole;
use super::series::{KeyFigure, Series, Shape, key_figures, series};
use super::summary::summary;
use super::texts::fill;
use blocks::{Block, Strip, Table, Text, Together};
use canvas::{Anchor, Canvas, Colour, LEFT, PAGE_HEIGHT, RIGHT, Style, WIDTH};
use columns::Columns;

pub use fonts::Fonts;

const TOP: f32 = 48.0;
const BOTTOM: f32 = PAGE_HEIGHT - 60.0;
const BODY: Style = Style::of(10.5);
const SMALL: Style = Style::of(9.0);
const FOOT: Style = Style::of(8.0).in_colour(Colour::Quiet);
/// The key figures that are seen first.
const SEEN_FIRST: [usize; 4] = [0, 2, 3, 7];

/// Why there is no document.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    #[error("the font {0} cannot be read: {1}; install the package fonts-dejavu-core")]
    NoFont(String, std::io::Error),
    #[error("{0} is no font; install the package fonts-dejavu-core again")]
    Font(String),
    #[error("the document cannot be tagged for readers aloud: {0:?}")]
    Tagged(ConfigurationError),
    #[error("the document cannot be written: {0}")]
    Written(KrillaError),
}

/// The document's bytes, made on this day.
pub fn pdf(report: &Report, fonts: &Fonts, made: Date) -> Result<Vec<u8>, PdfError> {
    let tagged = ConfigurationBuilder::new().with_accessibility_validator(Accessibility::UA1).finish();
    let configuration = tagged.map_err(PdfError::Tagged)?;
    let mut document = Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    document.set_metadata(metadata(report, made));
    let pages = paginate(blocks(report, fonts, made));
    let mut outline = Outline::new();
    let mut tree = TagTree::new().with_lang(Some(report.texts.language.code().to_owned()));
    for (number, page) in pages.iter().enumerate() {
        let foot = Foot { page: number + 1, pages: pages.len() };
        let nodes = draw(&mut document, page, &foot, report, fonts, &mut outline);
        nodes.into_iter().for_each(|node| tree.push(node));
    }
    document.set_outline(outline);
    document.set_tag_tree(tree);
    document.finish().map_err(PdfError::Written)
}

fn metadata(report: &Report, made: Date) -> Metadata {
    let texts = report.texts;
    let (year, month, day) = (made.year().unsigned_abs(), made.month().unsigned_abs(), made.day().unsigned_abs());
    Metadata::new()
        .title(format!("{}: {}", texts.pdf.title, report.figures.period.title(texts)))
        .authors(vec![report.council.to_owned()])
        .creator("Portaveu".to_owned())
        .language(texts.language.code().to_owned())
        .creation_date(DateTime::new(year).month(month).day(day))
}

/// Blocks of a page, each with its upper edge.
type Page = Vec<(f32, Box<dyn Block>)>;

fn paginate(blocks: Vec<Box<dyn Block>>) -> Vec<Page> {
    let mut pages = vec![Page::new()];
    let mut y = TOP;
    for block in blocks {
        let height = block.height();
        if y + height > BOTTOM && y > TOP {
            pages.push(Page::new());
            y = TOP;
        }
        if let Some(page) = pages.last_mut() {
            page.push((y, block));
        }
        y += height;
    }
    pages
}

struct Foot {
    page: usize,
    pages: usize,
}

fn draw(
    document: &mut Document,
    blocks: &Page,
    foot: &Foot,
    report: &Report,
    fonts: &Fonts,
    outline: &mut Outline,
) -> Vec<Node> {
    let mut page = document.start_page_with(PageSettings::default());
    let mut surface = page.surface();
    let mut canvas = Canvas { surface: &mut surface, fonts, outline, page: foot.page - 1 };
    let nodes = blocks.iter().flat_map(|(top, block)| block.draw(&mut canvas, *top)).collect();
    canvas.decoration(ArtifactType::Footer, |canvas| draw_foot(canvas, foot, report));
    nodes
}

fn draw_foot(canvas: &mut Canvas, foot: &Foot, report: &Report) {
    let (texts, y) = (report.texts, PAGE_HEIGHT - 38.0);
    let about = format!("{} · {}", report.council, report.figures.period.title(texts));
    let parts = [("page", foot.page.to_string()), ("pages", foot.pages.to_string())];
    let number = fill(&texts.pdf.page_of, &parts.each_ref().map(|(name, value)| (*name, value.as_str())));
    canvas.rectangle(LEFT, y - 14.0, WIDTH, 0.5, Colour::Line);
    canvas.letters(LEFT, y, Anchor::Left, &about, FOOT);
    canvas.letters(RIGHT, y, Anchor::Right, &number, FOOT);
}

fn blocks(report: &Report, fonts: &Fonts, made: Date) -> Vec<Box<dyn Block>> {
    let texts = report.texts;
    let figures = key_figures(report);
    let mut blocks = opening(report, fonts, made);
    blocks.push(Box::new(Text::paragraph(&summary(report).join(" "), BODY, 14.0, fonts)));
    if report.figures.sums.calls() > 0 {
        blocks.push(Box::new(seen_first(report, &figures, fonts)));
    }
    blocks.push(section(&texts.page.key_figures, Box::new(figures_table(report, &figures, fonts)), fonts));
    for series in series(report).iter().filter(|series| !series.is_empty()) {
        blocks.push(section(series.title, series_block(series, report, fonts), fonts));
    }
    blocks.extend(notes(report, &figures, fonts));
    blocks
}

fn opening(report: &Report, fonts: &Fonts, made: Date) -> Vec<Box<dyn Block>> {
    let texts = report.texts;
    let council = Style::of(11.0).bold().in_colour(Colour::Accent);
    let title = super::texts::capitalised(&report.figures.period.title(texts));
    let day = texts.dates.write(&texts.dates.full, made);
    let made = fill(&texts.pdf.made, &[("date", &day)]);
    vec![
        Box::new(Text::paragraph(report.council, council, 2.0, fonts)),
        Box::new(Text::title(&texts.pdf.title, fonts)),
        Box::new(Text::paragraph(&title, Style::of(15.0), 2.0, fonts)),
        Box::new(Text::paragraph(&made, SMALL.in_colour(Colour::Quiet), 14.0, fonts)),
    ]
}

/// A heading and what it is about.
fn section(title: &str, content: Box<dyn Block>, fonts: &Fonts) -> Box<dyn Block> {
    Box::new(Together(vec![Box::new(Text::heading(title, fonts)), content]))
}

fn seen_first(report: &Report, figures: &[KeyFigure], fonts: &Fonts) -> Strip {
    let seen = SEEN_FIRST.iter().filter_map(|place| figures.get(*place));
    let numbers: Vec<(String, &str)> = seen.map(|figure| (figure.amount.written(report.texts), figure.name)).collect();
    Strip::of(&numbers, fonts)
}

fn figures_table(report: &Report, figures: &[KeyFigure], fonts: &Fonts) -> Table {
    let texts = report.texts;
    let mut head = vec![texts.pdf.figure.as_str(), &texts.pdf.this];
    if report.figures.is_over {
        head.push(&texts.pdf.before);
    }
    let mut table = Table::new(&head, 115.0);
    for figure in figures {
        let mut numbers = vec![figure.amount.written(texts)];
        if report.figures.is_over {
            numbers.push(figure.before.written(texts));
        }
        table.push(figure.name, numbers, None, fonts);
    }
    table
}

fn series_block(series: &Series, report: &Report, fonts: &Fonts) -> Box<dyn Block> {
    let texts = report.texts;
    if series.shape == Shape::Columns {
        return Box::new(Columns::of(series, texts, fonts));
    }
    let mut table = Table::new(&[series.heading, series.counted, &texts.series.share], 75.0);
    for row in &series.rows {
        let numbers = vec![whole(row.count, texts.language), series.share(row, texts.language)];
        let part = row.count as f32 / series.most().max(1) as f32;
        table.push(&row.name, numbers, Some(part), fonts);
    }
    Box::new(table)
}

/// What the numbers mean and where they come from.
fn notes(report: &Report, figures: &[KeyFigure], fonts: &Fonts) -> Vec<Box<dyn Block>> {
    let note = |figure: &KeyFigure| format!("{}: {}", figure.name, figure.meaning);
    let paragraph = |text: &str| -> Box<dyn Block> { Box::new(Text::paragraph(text, SMALL, 4.0, fonts)) };
    let first = section(&report.texts.pdf.meaning, paragraph(&report.texts.pdf.source), fonts);
    std::iter::once(first).chain(figures.iter().map(|figure| paragraph(&note(figure)))).collect()
}
