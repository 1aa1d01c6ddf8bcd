//! Reports of a day, a week, a month or a year: a page, a spreadsheet, a document. The last month's document is made by
//! itself and kept, for whoever has to be reminded.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::civil::Date;
use maud::html;
use portaveu_call::Language;

use super::{blocking, refused};
use crate::Panel;
use crate::reports::{self, Chosen, Figures, Fonts, Length, Links, Period, Report, ReportTexts};
use crate::rights::Area;
use crate::shell;
use crate::visit::Who;

/// How often it is looked whether a month is over.
const LOOK: Duration = Duration::from_secs(3600);

pub async fn show(
    State(panel): State<Arc<Panel>>,
    axum::Extension(visit): Who,
    chosen: Result<Query<Chosen>, QueryRejection>,
) -> Response {
    let t = visit.texts(&panel);
    let period = match chosen {
        Ok(Query(chosen)) => chosen.into(),
        Err(_) => Period::of(Length::Month, today(&panel)),
    };
    let counting = panel.clone();
    let figures = blocking(move || figures(&counting, period)).await.flatten();
    let (Some(figures), Ok(texts)) = (figures, ReportTexts::load(t.language)) else {
        return refused(t, StatusCode::INTERNAL_SERVER_ERROR);
    };
    let topics = topic_names(&panel, t.language);
    let council = panel.desk.council();
    let report = Report { figures: &figures, texts: &texts, council: &council, topic_name: &topics };
    let links = Links {
        period: &|period: Period| {
            let date = period.first().to_string();
            let query = serde_html_form::to_string([("length", period.length().code()), ("date", &date)]);
            format!("/reports?{}", query.unwrap_or_default())
        },
        choose: Area::Reports.path(),
        csv: &format!("/reports/{period}.csv"),
        pdf: &format!("/reports/{period}.pdf"),
    };
    let kept = kept_months(&panel);
    let body = html! {
        (reports::page(&report, &links))
        @if !kept.is_empty() {
            h2 { (t.say("reports.kept")) }
            ul { @for month in &kept { li { a href={ "/reports/" (month) ".pdf" } download { (month.title(&texts)) } } } }
        }
    };
    let title = format!("{}: {}", texts.page.heading, period.title(&texts));
    shell::page(&panel, &visit, Area::Reports, &title, &body).into_response()
}

fn today(panel: &Panel) -> Date {
    Timestamp::now().to_zoned(panel.desk.time_zone()).date()
}

fn figures(panel: &Panel, period: Period) -> Option<Figures> {
    panel.read(Figures::of(&panel.store, period, &panel.desk.time_zone()))
}

fn topic_names(panel: &Panel, language: Language) -> impl Fn(&str) -> String {
    let topics = panel.desk.topics();
    move |id| topics.iter().find(|topic| topic.id == id).map_or(id, |topic| topic.name(language)).to_owned()
}

/// "2026-11.csv" and "2026-11.pdf".
pub async fn file(State(panel): State<Arc<Panel>>, axum::Extension(visit): Who, Path(name): Path<String>) -> Response {
    let t = visit.texts(&panel);
    let wanted =
        name.rsplit_once('.').and_then(|(period, kind)| Some((period.parse::<Period>().ok()?, kind.to_owned())));
    let Some((period, kind)) = wanted else { return refused(t, StatusCode::NOT_FOUND) };
    panel.audit(&visit.user, "report", &name);
    let (making, language) = (panel.clone(), t.language);
    let made = blocking(move || match kind.as_str() {
        "csv" => spreadsheet(&making, period, language).map(|bytes| ("text/csv; charset=utf-8", bytes)),
        "pdf" => document(&making, period, language).map(|bytes| ("application/pdf", bytes)),
        _ => None,
    });
    match made.await.flatten() {
        Some((kind, bytes)) => {
            let disposition = format!("attachment; filename=\"portaveu-{name}\"");
            let kind = [(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)];
            (kind, bytes).into_response()
        }
        None => refused(t, StatusCode::NOT_FOUND),
    }
}

fn spreadsheet(panel: &Panel, period: Period, language: Language) -> Option<Vec<u8>> {
    let (figures, texts) = (figures(panel, period)?, ReportTexts::load(language).ok()?);
    let (council, topic_name) = (panel.desk.council(), topic_names(panel, language));
    let report = Report { figures: &figures, texts: &texts, council: &council, topic_name: &topic_name };
    reports::csv(&report).inspect_err(|error| tracing::error!("a report cannot be written: {error}")).ok()
}

fn document(panel: &Panel, period: Period, language: Language) -> Option<Vec<u8>> {
    let (figures, texts) = (figures(panel, period)?, ReportTexts::load(language).ok()?);
    let (council, topic_name) = (panel.desk.council(), topic_names(panel, language));
    let report = Report { figures: &figures, texts: &texts, council: &council, topic_name: &topic_name };
    let (regular, bold) = &panel.settings.typeface;
    let made = Fonts::load(regular, bold).and_then(|fonts| reports::pdf(&report, &fonts, today(panel)));
    made.inspect_err(|error| tracing::error!("a report cannot be written: {error}")).ok()
}

/// The months whose documents are kept, the newest first.
fn kept_months(panel: &Panel) -> Vec<Period> {
    let entries = std::fs::read_dir(&panel.settings.reports).into_iter().flatten().flatten();
    let month = |entry: std::fs::DirEntry| entry.path().file_stem()?.to_str()?.parse().ok();
    let mut months: Vec<Period> = entries.filter_map(month).collect();
    months.sort_by_key(|month| std::cmp::Reverse(month.first()));
    months
}

/// Keep each month's document when it is over, in the council's language.
pub async fn keep_monthly(panel: &Arc<Panel>) {
    let mut looks = tokio::time::interval(LOOK);
    loop {
        looks.tick().await;
        let making = panel.clone();
        let month = Period::of(Length::Month, today(panel)).previous();
        let path: PathBuf = panel.settings.reports.join(format!("{month}.pdf"));
        if path.exists() {
            continue;
        }
        let kept = blocking(move || {
            let language =
                making.desk.languages().into_iter().find(|language| ReportTexts::LANGUAGES.contains(language));
            let document = document(&making, month, language.unwrap_or(Language::Es))?;
            let part = path.with_extension("part");
            let write = || std::fs::write(&part, document).and_then(|()| std::fs::rename(&part, &path));
            std::fs::create_dir_all(&making.settings.reports)
                .and_then(|()| write())
                .map_err(|error| error.to_string())
                .err()
        });
        if let Some(Some(error)) = kept.await {
            tracing::error!("the month's report cannot be kept: {error}");
        }
    }
}
