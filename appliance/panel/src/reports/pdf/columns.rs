//! A chart of columns in the document.

use krilla::geom::Rect;
use krilla::tagging::{BBox, Node, Tag, TagGroup};

use super::blocks::Block;
use super::canvas::{Anchor, Canvas, Colour, LEFT, RIGHT, Style, WIDTH};
use super::fonts::Fonts;
use crate::reports::numbers::whole;
use crate::reports::series::{Series, scale};
use crate::reports::texts::ReportTexts;

const HEIGHT: f32 = 126.0;
const FLOOR: f32 = 108.0;
const TOP: f32 = 14.0;
const LABEL: Style = Style::of(8.0).in_colour(Colour::Quiet);
const VALUE: Style = Style::of(8.0).bold();
/// Between the middles of two labels, at least.
const LABEL_STEP: f32 = 14.0;

pub struct Columns {
    /// Name below, number above and height (0 to 1) of each.
    columns: Vec<Column>,
    /// What the scale's lines are called, from the floor upwards.
    lines: Vec<String>,
    left: f32,
    described: String,
}

struct Column {
    name: String,
    /// Where there is room for it.
    value: Option<String>,
    height: f32,
}

impl Columns {
    pub fn of(series: &Series, texts: &ReportTexts, fonts: &Fonts) -> Self {
        let (most, end) = (series.most(), scale(series.most()));
        let lines: Vec<String> = [0, end / 2, end].map(|count| whole(count, texts.language)).to_vec();
        let left = LEFT + 6.0 + lines.iter().map(|line| LABEL.face(fonts).width(line, LABEL.size)).fold(0.0, f32::max);
        let step = (RIGHT - left) / series.rows.len().max(1) as f32;
        let has_room = VALUE.face(fonts).width(&whole(most, texts.language), VALUE.size) < step;
        let highest = series.rows.iter().position(|row| row.count == most);
        let labelled = (LABEL_STEP / step).ceil().max(1.0) as usize;
        let columns = series.rows.iter().enumerate().map(|(place, row)| Column {
            name: if place % labelled == 0 { row.short.clone() } else { String::new() },
            value: ((has_room && row.count > 0) || highest == Some(place)).then(|| whole(row.count, texts.language)),
            height: row.count as f32 / end as f32,
        });
        Self { columns: columns.collect(), lines, left, described: series.described(texts) }
    }

    fn draw_lines(&self, canvas: &mut Canvas, top: f32) {
        let most = self.lines.len().saturating_sub(1).max(1) as f32;
        for (number, line) in self.lines.iter().enumerate() {
            let y = top + FLOOR - (FLOOR - TOP) * number as f32 / most;
            canvas.rectangle(self.left, y, RIGHT - self.left, 0.5, Colour::Line);
            canvas.letters(self.left - 5.0, y + 3.0, Anchor::Right, line, LABEL);
        }
    }

    fn draw_columns(&self, canvas: &mut Canvas, top: f32) {
        let step = (RIGHT - self.left) / self.columns.len().max(1) as f32;
        for (place, column) in self.columns.iter().enumerate() {
            let (middle, height) = (self.left + step * (place as f32 + 0.5), (FLOOR - TOP) * column.height);
            canvas.rectangle(middle - step * 0.36, top + FLOOR - height, step * 0.72, height, Colour::Accent);
            canvas.letters(middle, top + FLOOR + 12.0, Anchor::Middle, &column.name, LABEL);
            if let Some(value) = &column.value {
                draw_value(canvas, middle, top + FLOOR - height - 3.0, value);
            }
        }
    }
}

/// A number that no line of the scale goes through.
fn draw_value(canvas: &mut Canvas, middle: f32, y: f32, value: &str) {
    let width = VALUE.face(canvas.fonts).width(value, VALUE.size);
    canvas.rectangle(middle - width / 2.0 - 1.0, y - VALUE.size + 1.0, width + 2.0, VALUE.size, Colour::Paper);
    canvas.letters(middle, y, Anchor::Middle, value, VALUE);
}

impl Block for Columns {
    fn height(&self) -> f32 {
        HEIGHT
    }

    fn draw(&self, canvas: &mut Canvas, top: f32) -> Vec<Node> {
        let drawn = canvas.picture(|canvas| {
            self.draw_lines(canvas, top);
            self.draw_columns(canvas, top);
        });
        let area = Rect::from_xywh(LEFT, top, WIDTH, HEIGHT).map(|area| BBox::new(canvas.page, area));
        let mut figure = TagGroup::new(Tag::Figure(Some(self.described.clone())).with_bbox(area));
        figure.push(drawn);
        vec![figure.into()]
    }
}
