//! Bar charts as SVG within a page, each with its table.
//!
//! They must not need a style, a script or an eye for colours: a page's policy forbids the first two, all that is drawn
//! has one colour, and the table says the same. Classes: `chart`, `chart-bar`, `chart-track`, `chart-grid`,
//! `chart-label`, `chart-value`, `chart-table`, `table-scroll`, `report-table`, `number`.

use maud::{Markup, html};

use super::numbers::whole;
use super::series::{Row, Series, Shape, scale};
use super::texts::ReportTexts;

/// A telephone's width: labels are as large there as they are written here.
const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 170.0;
const TOP: f64 = 18.0;
const FLOOR: f64 = 146.0;
/// What a letter of the smallest text is wide, about.
const LETTER: f64 = 7.0;
/// Between the labels below columns, at least.
const LABEL_STEP: f64 = 22.0;
/// A lying bar with its name above it.
const LINE: f64 = 36.0;
/// Letters of a name that have room beside the number; the table has the whole name.
const NAME: usize = 38;

/// The chart of a series and its table.
pub fn chart(series: &Series, texts: &ReportTexts) -> Markup {
    html! {
        @if series.is_empty() {
            p.chart-empty { (texts.series.nothing) }
        } @else {
            @match series.shape {
                Shape::Columns => (columns(series, texts)),
                Shape::Bars => (bars(series, texts)),
            }
            details.chart-table {
                summary { (texts.page.table) }
                (table(series, texts))
            }
        }
    }
}

fn drawing(series: &Series, texts: &ReportTexts, height: f64, drawn: &Markup) -> Markup {
    let (title, desc) = (format!("{}-title", series.id), format!("{}-desc", series.id));
    html! {
        svg.chart viewBox={ "0 0 " (WIDTH) " " (height) } role="img" aria-labelledby=(title) aria-describedby=(desc)
            fill="currentColor" font-size="11" {
            title id=(title) { (series.title) }
            desc id=(desc) { (series.described(texts)) }
            (drawn)
        }
    }
}

/// Where columns stand.
struct Axis {
    left: f64,
    step: f64,
    end: u32,
}

impl Axis {
    fn of(series: &Series, texts: &ReportTexts) -> Self {
        let end = scale(series.most());
        let left = 6.0 + LETTER * letters(&whole(end, texts.language));
        Self { left, step: (WIDTH - left) / series.rows.len().max(1) as f64, end }
    }

    fn height(&self, count: u32) -> f64 {
        (FLOOR - TOP) * f64::from(count) / f64::from(self.end)
    }

    fn middle(&self, place: usize) -> f64 {
        self.left + self.step * (place as f64 + 0.5)
    }

    /// Every how many columns there is room for a label.
    fn labelled(&self) -> usize {
        (LABEL_STEP / self.step).ceil().max(1.0) as usize
    }
}

fn columns(series: &Series, texts: &ReportTexts) -> Markup {
    let axis = Axis::of(series, texts);
    let drawn = html! {
        @for count in [0, axis.end / 2, axis.end] { (grid(&axis, count, texts)) }
        @for (place, row) in series.rows.iter().enumerate() {
            rect.chart-bar x=(px(axis.middle(place) - axis.step * 0.36)) y=(px(FLOOR - axis.height(row.count)))
                width=(px(axis.step * 0.72)) height=(px(axis.height(row.count))) {
                title { (row.name) ": " (whole(row.count, texts.language)) }
            }
            @if place % axis.labelled() == 0 {
                text.chart-label x=(px(axis.middle(place))) y=(px(FLOOR + 15.0)) text-anchor="middle" { (row.short) }
            }
        }
        (values(series, &axis, texts))
    };
    drawing(series, texts, HEIGHT, &drawn)
}

fn grid(axis: &Axis, count: u32, texts: &ReportTexts) -> Markup {
    let y = FLOOR - axis.height(count);
    html! {
        line.chart-grid x1=(px(axis.left)) x2=(px(WIDTH)) y1=(px(y)) y2=(px(y)) stroke="currentColor" stroke-opacity="0.3" {}
        text.chart-label x=(px(axis.left - 4.0)) y=(px(y + 4.0)) text-anchor="end" { (whole(count, texts.language)) }
    }
}

/// Each column's number if all have room, else the highest one's.
fn values(series: &Series, axis: &Axis, texts: &ReportTexts) -> Markup {
    let most = series.most();
    let has_room = LETTER * letters(&whole(most, texts.language)) < axis.step;
    let first = series.rows.iter().position(|row| row.count == most);
    let shown =
        series.rows.iter().enumerate().filter(|(place, row)| (has_room && row.count > 0) || first == Some(*place));
    html! {
        @for (place, row) in shown {
            @let value = whole(row.count, texts.language);
            @let half = LETTER * letters(&value) / 2.0;
            text.chart-value x=(px(axis.middle(place).clamp(axis.left + half, WIDTH - half)))
                y=(px(FLOOR - axis.height(row.count) - 4.0)) text-anchor="middle" font-weight="bold" { (value) }
        }
    }
}

fn bars(series: &Series, texts: &ReportTexts) -> Markup {
    let whole_bar = WIDTH / f64::from(series.whole.max(series.most()).max(1));
    let drawn = html! {
        @for (place, row) in series.rows.iter().enumerate() {
            @let y = LINE * place as f64;
            text.chart-label x="0" y=(px(y + 14.0)) font-size="13" { (shortened(&row.name)) }
            text.chart-value x=(px(WIDTH)) y=(px(y + 14.0)) font-size="13" text-anchor="end" { (value(series, row, texts)) }
            rect.chart-track x="0" y=(px(y + 19.0)) width=(px(WIDTH)) height="9" fill-opacity="0.12" {}
            rect.chart-bar x="0" y=(px(y + 19.0)) width=(px(whole_bar * f64::from(row.count))) height="9" {}
        }
    };
    drawing(series, texts, LINE * series.rows.len() as f64, &drawn)
}

fn value(series: &Series, row: &Row, texts: &ReportTexts) -> String {
    format!("{} · {}", whole(row.count, texts.language), series.share(row, texts.language))
}

fn shortened(name: &str) -> String {
    match name.char_indices().nth(NAME) {
        Some((end, _)) => format!("{}…", name[..end].trim_end()),
        None => name.to_owned(),
    }
}

fn table(series: &Series, texts: &ReportTexts) -> Markup {
    html! {
        div.table-scroll tabindex="0" role="region" aria-label=(series.title) {
            table.report-table {
                caption { (series.title) }
                thead {
                    tr {
                        th scope="col" { (series.heading) }
                        th.number scope="col" { (series.counted) }
                        th.number scope="col" { (texts.series.share) }
                    }
                }
                tbody {
                    @for row in &series.rows {
                        tr {
                            th scope="row" { (row.name) }
                            td.number { (whole(row.count, texts.language)) }
                            td.number { (series.share(row, texts.language)) }
                        }
                    }
                }
            }
        }
    }
}

fn letters(text: &str) -> f64 {
    text.chars().count() as f64
}

fn px(length: f64) -> String {
    format!("{length:.1}")
}
