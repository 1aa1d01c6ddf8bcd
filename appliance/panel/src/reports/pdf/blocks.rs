//! What a document is made of: each knows its height, and draws itself with its tags. None is divided by pages.

use std::num::NonZeroU16;

use krilla::tagging::{ArtifactType, Identifier, Node, TableHeaderScope, Tag, TagGroup};

use super::canvas::{Anchor, Canvas, Colour, LEFT, RIGHT, Style, WIDTH};
use super::fonts::Fonts;

pub trait Block {
    fn height(&self) -> f32;
    /// Draw with its upper edge at `top`.
    fn draw(&self, canvas: &mut Canvas, top: f32) -> Vec<Node>;
}

/// Lines of text: a paragraph, or a heading.
pub struct Text {
    lines: Vec<String>,
    style: Style,
    above: f32,
    below: f32,
    /// 1 for the title; none for a paragraph.
    level: Option<NonZeroU16>,
    title: String,
}

impl Text {
    pub fn paragraph(text: &str, style: Style, below: f32, fonts: &Fonts) -> Self {
        let lines = style.face(fonts).lines(text, style.size, WIDTH);
        Self { lines, style, above: 0.0, below, level: None, title: String::new() }
    }

    pub fn title(text: &str, fonts: &Fonts) -> Self {
        let style = Style::of(22.0).bold();
        Self { level: Some(NonZeroU16::MIN), title: text.to_owned(), ..Self::paragraph(text, style, 2.0, fonts) }
    }

    pub fn heading(text: &str, fonts: &Fonts) -> Self {
        let style = Style::of(13.0).bold().in_colour(Colour::Accent);
        let level = Some(NonZeroU16::MIN.saturating_add(1));
        Self { above: 18.0, level, title: text.to_owned(), ..Self::paragraph(text, style, 6.0, fonts) }
    }
}

impl Block for Text {
    fn height(&self) -> f32 {
        self.above + self.lines.len() as f32 * self.style.leading() + self.below
    }

    fn draw(&self, canvas: &mut Canvas, top: f32) -> Vec<Node> {
        let first = top + self.above + self.style.size;
        let mut group = match self.level {
            Some(level) => TagGroup::new(Tag::Hn(level, Some(self.title.clone()))),
            None => TagGroup::new(Tag::P),
        };
        if self.level.is_some() {
            canvas.mark(&self.title, top);
        }
        for (number, line) in self.lines.iter().enumerate() {
            let y = first + number as f32 * self.style.leading();
            // The space is what holds the words of two lines apart for who has them read aloud.
            group.push(canvas.text(LEFT, y, Anchor::Left, &format!("{line} "), self.style));
        }
        vec![group.into()]
    }
}

/// A few numbers that are seen first.
pub struct Strip {
    pub numbers: Vec<(String, Vec<String>)>,
}

const STRIP_HEIGHT: f32 = 66.0;
const STRIP_CAPTION: Style = Style::of(8.5).in_colour(Colour::Quiet);
const STRIP_GAP: f32 = 8.0;

impl Strip {
    pub fn of(numbers: &[(String, &str)], fonts: &Fonts) -> Self {
        let width = Self::width(numbers.len()) - 20.0;
        let lines = |caption: &str| STRIP_CAPTION.face(fonts).lines(caption, STRIP_CAPTION.size, width);
        Self { numbers: numbers.iter().map(|(value, caption)| (value.clone(), lines(caption))).collect() }
    }

    fn width(count: usize) -> f32 {
        (WIDTH + STRIP_GAP) / count.max(1) as f32 - STRIP_GAP
    }
}

impl Block for Strip {
    fn height(&self) -> f32 {
        STRIP_HEIGHT + 2.0
    }

    fn draw(&self, canvas: &mut Canvas, top: f32) -> Vec<Node> {
        let width = Self::width(self.numbers.len());
        let place = |number: usize| LEFT + number as f32 * (width + STRIP_GAP);
        let numbers = self.numbers.iter().enumerate();
        numbers.map(|(number, (value, caption))| cell(canvas, (place(number), top, width), value, caption)).collect()
    }
}

fn cell(canvas: &mut Canvas, (x, top, width): (f32, f32, f32), value: &str, caption: &[String]) -> Node {
    canvas.decoration(ArtifactType::Layout, |canvas| {
        canvas.rectangle(x, top, width, STRIP_HEIGHT, Colour::Soft);
        canvas.rectangle(x, top, 3.0, STRIP_HEIGHT, Colour::Accent);
    });
    let mut group = TagGroup::new(Tag::P);
    group.push(canvas.text(x + 12.0, top + 27.0, Anchor::Left, &format!("{value} "), Style::of(17.0).bold()));
    for (number, line) in caption.iter().enumerate() {
        let y = top + 42.0 + number as f32 * 11.0;
        group.push(canvas.text(x + 12.0, y, Anchor::Left, &format!("{line} "), STRIP_CAPTION));
    }
    group.into()
}

/// A table whose first column has names, and the others numbers.
pub struct Table {
    head: Vec<String>,
    rows: Vec<TableRow>,
    /// How wide the columns of numbers are.
    column: f32,
}

struct TableRow {
    name: Vec<String>,
    numbers: Vec<String>,
    /// Part of the longest bar, where rows have bars.
    bar: Option<f32>,
}

const CELL: Style = Style::of(9.5);
const HEAD: Style = Style::of(9.0).bold();
const LINE: f32 = 12.5;
const PAD: f32 = 3.0;
const BAR: f32 = 130.0;

impl Table {
    pub fn new(head: &[&str], column: f32) -> Self {
        Self { head: head.iter().map(|text| (*text).to_owned()).collect(), rows: Vec::new(), column }
    }

    pub fn push(&mut self, name: &str, numbers: Vec<String>, bar: Option<f32>, fonts: &Fonts) {
        let numbers_width = self.column * numbers.len() as f32;
        let width = WIDTH - numbers_width - bar.map_or(0.0, |_| BAR + 12.0) - 12.0;
        self.rows.push(TableRow { name: CELL.face(fonts).lines(name, CELL.size, width), numbers, bar });
    }

    /// Where the column of this number ends, counted from 0.
    fn edge(&self, number: usize, of: usize) -> f32 {
        RIGHT - 4.0 - self.column * (of - 1 - number) as f32
    }

    fn draw_head(&self, canvas: &mut Canvas, top: f32) -> Node {
        canvas.decoration(ArtifactType::Layout, |canvas| {
            canvas.rectangle(LEFT, top, WIDTH, LINE + 2.0 * PAD, Colour::Soft);
        });
        let mut row = TagGroup::new(Tag::TR);
        let y = top + PAD + HEAD.size;
        let numbers = self.head.len().saturating_sub(1);
        for (place, text) in self.head.iter().enumerate() {
            let drawn = match place.checked_sub(1) {
                None => canvas.text(LEFT + 4.0, y, Anchor::Left, text, HEAD),
                Some(number) => canvas.text(self.edge(number, numbers), y, Anchor::Right, text, HEAD),
            };
            row.push(within(Tag::TH(TableHeaderScope::Column), [drawn]));
        }
        within_groups(Tag::THead, vec![row.into()])
    }

    fn draw_row(&self, canvas: &mut Canvas, top: f32, row: &TableRow) -> Node {
        self.decorate(canvas, top, row);
        let y = top + PAD + CELL.size;
        let mut names = Vec::new();
        for (number, line) in row.name.iter().enumerate() {
            names.push(canvas.text(LEFT + 4.0, y + LINE * number as f32, Anchor::Left, &format!("{line} "), CELL));
        }
        let mut group = TagGroup::new(Tag::TR);
        group.push(within(Tag::TH(TableHeaderScope::Row), names));
        for (number, text) in row.numbers.iter().enumerate() {
            let drawn = canvas.text(self.edge(number, row.numbers.len()), y, Anchor::Right, text, CELL);
            group.push(within(Tag::TD, [drawn]));
        }
        group.into()
    }

    fn decorate(&self, canvas: &mut Canvas, top: f32, row: &TableRow) {
        let height = row.height();
        canvas.decoration(ArtifactType::Layout, |canvas| {
            canvas.rectangle(LEFT, top + height - 0.5, WIDTH, 0.5, Colour::Line);
            if let Some(part) = row.bar {
                let x = RIGHT - self.column * row.numbers.len() as f32 - BAR;
                canvas.rectangle(x, top + height / 2.0 - 4.0, BAR, 8.0, Colour::Soft);
                canvas.rectangle(x, top + height / 2.0 - 4.0, BAR * part, 8.0, Colour::Accent);
            }
        });
    }
}

impl TableRow {
    fn height(&self) -> f32 {
        LINE * self.name.len().max(1) as f32 + 2.0 * PAD
    }
}

impl Block for Table {
    fn height(&self) -> f32 {
        LINE + 2.0 * PAD + self.rows.iter().map(TableRow::height).sum::<f32>()
    }

    fn draw(&self, canvas: &mut Canvas, top: f32) -> Vec<Node> {
        let head = self.draw_head(canvas, top);
        let mut y = top + LINE + 2.0 * PAD;
        let mut rows = Vec::new();
        for row in &self.rows {
            rows.push(self.draw_row(canvas, y, row));
            y += row.height();
        }
        vec![within_groups(Tag::Table, vec![head, within_groups(Tag::TBody, rows)])]
    }
}

fn within(tag: impl Into<krilla::tagging::TagKind>, drawn: impl IntoIterator<Item = Identifier>) -> Node {
    TagGroup::with_children(tag, drawn.into_iter().map(Node::from).collect()).into()
}

fn within_groups(tag: impl Into<krilla::tagging::TagKind>, groups: Vec<Node>) -> Node {
    TagGroup::with_children(tag, groups).into()
}

/// Blocks that stay on one page.
pub struct Together(pub Vec<Box<dyn Block>>);

impl Block for Together {
    fn height(&self) -> f32 {
        self.0.iter().map(|block| block.height()).sum()
    }

    fn draw(&self, canvas: &mut Canvas, top: f32) -> Vec<Node> {
        let mut y = top;
        let mut nodes = Vec::new();
        for block in &self.0 {
            nodes.extend(block.draw(canvas, y));
            y += block.height();
        }
        nodes
    }
}
