//! A report as the body of a page.
//!
//! It must not be more than HTML: no script, no style. Classes, besides those of [`super::chart`]: `report`,
//! `report-nav`, `report-choose`, `report-summary`, `key-figures`, `key-figure`, `key-value`, `key-before`,
//! `report-series`, `report-meaning`, `report-downloads`, `chart-empty`.

use maud::{Markup, html};

use super::chart::chart;
use super::series::{KeyFigure, key_figures, series};
use super::summary::summary;
use super::{Length, Period, Report};

/// Where a report's links lead.
pub struct Links<'a> {
    /// The page of a period.
    pub period: &'a dyn Fn(Period) -> String,
    /// What takes the form's [`super::Chosen`] as a query: `length` and `date`.
    pub choose: &'a str,
    pub csv: &'a str,
    pub pdf: &'a str,
}

pub fn page(report: &Report, links: &Links) -> Markup {
    let texts = &report.texts.page;
    html! {
        article.report {
            (navigation(report, links))
            section.report-summary aria-labelledby="report-summary" {
                h2 id="report-summary" { (texts.summary) }
                p { @for sentence in summary(report) { (sentence) " " } }
            }
            section aria-labelledby="report-figures" {
                h2 id="report-figures" { (texts.key_figures) }
                dl.key-figures { @for figure in key_figures(report) { (key_figure(report, &figure)) } }
                (meanings(report))
            }
            @for series in series(report) {
                section.report-series aria-labelledby=(series.id) {
                    h2 id=(series.id) { (series.title) }
                    (chart(&series, report.texts))
                }
            }
            (downloads(report, links))
        }
    }
}

fn navigation(report: &Report, links: &Links) -> Markup {
    let (texts, period) = (report.texts, report.figures.period);
    let (previous, next) = (period.previous(), period.next());
    html! {
        nav.report-nav aria-label=(texts.page.navigation) {
            ul {
                @if previous != period {
                    li { a href=((links.period)(previous)) rel="prev" { (texts.previous.of(period.length())) } }
                }
                @if next != period {
                    li { a href=((links.period)(next)) rel="next" { (texts.next.of(period.length())) } }
                }
            }
            (choice(report, links))
        }
    }
}

fn choice(report: &Report, links: &Links) -> Markup {
    let (texts, period) = (report.texts, report.figures.period);
    html! {
        form.report-choose method="get" action=(links.choose) {
            fieldset {
                legend { (texts.page.choose) }
                label for="report-length" { (texts.page.choose_length) }
                select id="report-length" name="length" {
                    @for length in Length::ALL {
                        option value=(length.code()) selected[length == period.length()] { (texts.lengths.of(length)) }
                    }
                }
                label for="report-date" { (texts.page.choose_day) }
                input id="report-date" name="date" type="date" required value=(period.first());
                button type="submit" { (texts.page.show) }
            }
        }
    }
}

fn key_figure(report: &Report, figure: &KeyFigure) -> Markup {
    let texts = report.texts;
    html! {
        div.key-figure {
            dt { (figure.name) }
            dd.key-value { (figure.amount.written(texts)) }
            @if report.figures.is_over {
                dd.key-before { (texts.page.before) " " (figure.before.written(texts)) }
            }
        }
    }
}

fn meanings(report: &Report) -> Markup {
    html! {
        details.report-meaning {
            summary { (report.texts.page.meaning) }
            dl {
                @for figure in key_figures(report) {
                    dt { (figure.name) }
                    dd { (figure.meaning) }
                }
            }
        }
    }
}

fn downloads(report: &Report, links: &Links) -> Markup {
    let texts = &report.texts.page;
    html! {
        section.report-downloads aria-labelledby="report-downloads" {
            h2 id="report-downloads" { (texts.downloads) }
            ul {
                li { a href=(links.pdf) download { (texts.pdf) } }
                li { a href=(links.csv) download { (texts.csv) } }
            }
        }
    }
}
