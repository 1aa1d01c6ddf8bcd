//! Reports of calls that are known, read back by programs that others wrote.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

mod common;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use common::{Calls, MADRID, at, calls_of, fonts, period, report_of, texts, year};
use jiff::civil::date;
use jiff::tz::TimeZone;
use portaveu_call::Language;
use portaveu_panel::reports::{
    AnswerTime, Chosen, Figures, Fonts, Length, Links, Period, Report, ReportTexts, csv, page, pdf,
};
use portaveu_store::Outcome;
use proptest::prelude::*;

#[test]
fn every_language_of_the_staff_has_all_texts() {
    fn look(value: &toml::Value, path: &str) {
        match value {
            toml::Value::Table(table) => table.iter().for_each(|(name, value)| look(value, &format!("{path}.{name}"))),
            toml::Value::Array(values) => values.iter().for_each(|value| look(value, path)),
            other => assert!(other.as_str().is_some_and(|text| !text.trim().is_empty()), "{path} is empty"),
        }
    }
    for language in ReportTexts::LANGUAGES {
        let loaded = ReportTexts::load(language).unwrap();
        assert_eq!(loaded.language, language);
        assert_eq!(loaded.languages.len(), Language::ALL.len());
        assert_eq!(loaded.outcomes.len(), Outcome::ALL.len());
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("texts/reports.{language}.toml"));
        look(&toml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap(), language.code());
    }
    let error = ReportTexts::load(Language::Ro).unwrap_err().to_string();
    assert_eq!(error, "reports are written in es, ca and en, not in ro");
}

#[test]
fn periods_are_called_as_their_language_calls_them() {
    let titles = |text: &str| {
        let period: Period = text.parse().unwrap();
        ReportTexts::LANGUAGES.map(|language| period.title(&texts(language)))
    };
    assert_eq!(titles("2026-11"), ["noviembre de 2026", "novembre del 2026", "November 2026"]);
    assert_eq!(titles("2026-04-08")[..2], ["miércoles 8 de abril de 2026", "dimecres 8 d'abril del 2026"]);
    assert_eq!(titles("2026-W48")[0], "semana del 23 al 29 de noviembre de 2026");
    assert_eq!(titles("2026-W40")[1], "setmana del 28 de setembre al 4 d'octubre del 2026");
    assert_eq!(titles("2026-W53")[2], "week of 28 December 2026 to 3 January 2027");
}

#[test]
fn what_is_no_period_is_refused() {
    let wrong =
        ["", "26", "2026-13", "2026-W54", "2025-W53", "2026-w01", "2026-1", "+2026", "2026-02-30", "1812", "9999-12"];
    for text in wrong {
        let error = text.parse::<Period>().unwrap_err().to_string();
        assert!(error.starts_with(&format!("\"{text}\" is no period; write ")), "{error}");
    }
}

fn any_period() -> impl Strategy<Value = Period> {
    let days = (0..365 * 197).prop_map(|days| date(2001, 6, 1).saturating_add(jiff::Span::new().days(days)));
    (days, proptest::sample::select(Length::ALL.to_vec())).prop_map(|(date, length)| Chosen { length, date }.into())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_period_is_read_as_it_is_written(period in any_period()) {
        prop_assert_eq!(period.to_string().parse(), Ok(period));
    }

    #[test]
    fn periods_follow_each_other_without_a_gap(period in any_period()) {
        let zone = TimeZone::get(MADRID).unwrap();
        prop_assert_eq!(period.next().previous(), period);
        prop_assert_eq!(period.range(&zone).end, period.next().range(&zone).start);
        prop_assert!(period.days().all(|day| Period::of(period.length(), day) == period));
    }
}

#[test]
fn days_are_as_long_as_the_clock_makes_them() {
    let zone = TimeZone::get(MADRID).unwrap();
    let hours = |text: &str| {
        let range = text.parse::<Period>().unwrap().range(&zone);
        range.end.duration_since(range.start).as_hours()
    };
    assert_eq!([hours("2026-03-29"), hours("2026-10-25"), hours("2026-11-28")], [23, 25, 24]);
    assert_eq!([hours("2026-W13"), hours("2026-10"), hours("2026")], [167, 31 * 24 + 1, 8760]);
}

#[test]
fn a_call_belongs_to_the_local_day_that_it_began_on() {
    let calls =
        Calls::new(&["2026-07-14T21:59:59Z", "2026-07-14T22:00:00Z", "2026-07-15T21:59:59Z", "2026-07-15T22:00:00Z"]);
    let figures = calls.figures(period("2026-07-15"));
    assert_eq!((figures.sums.calls(), figures.before.calls()), (2, 1));
    assert_eq!((figures.by_hour[0], figures.by_hour[23]), (1, 1));
    let month = calls.figures(period("2026-07"));
    let days: BTreeMap<_, _> = month.by_date.into_iter().filter(|(_, count)| *count > 0).collect();
    assert_eq!(days, [(date(2026, 7, 14), 1), (date(2026, 7, 15), 2), (date(2026, 7, 16), 1)].into());
}

#[test]
fn the_hour_that_a_night_lacks_or_has_twice_is_counted_right() {
    let spring =
        Calls::new(&["2026-03-28T23:00:00Z", "2026-03-29T00:59:00Z", "2026-03-29T01:00:00Z", "2026-03-29T21:59:00Z"]);
    let figures = spring.figures(period("2026-03-29"));
    assert_eq!(figures.sums.calls(), 4);
    assert_eq!(figures.by_hour[..4], [1, 1, 0, 1]);
    let autumn =
        Calls::new(&["2026-10-24T22:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T22:59:00Z"]);
    let figures = autumn.figures(period("2026-10-25"));
    assert_eq!(figures.sums.calls(), 4);
    assert_eq!((figures.by_hour[0], figures.by_hour[2], figures.by_hour[23]), (1, 2, 1));
}

#[test]
fn figures_are_what_the_calls_were() {
    let figures = year().figures(period("2026"));
    let sums = &figures.sums;
    assert_eq!(sums.calls(), 1200);
    let ended = [sums.answered_alone(), sums.handed_over(), sums.messages(), sums.unanswered(), sums.lost()];
    assert_eq!(ended, [840, 204, 96, 48, 12]);
    assert_eq!((sums.share_alone(), sums.mean_seconds()), (Some(0.7), Some(90.0)));
    assert_eq!((sums.refused(), sums.gave_up()), (3, 2));
    assert_eq!(
        (sums.median_answer(), sums.slow_answer()),
        (Some(AnswerTime::Within(750)), Some(AnswerTime::Beyond(3000)))
    );
    assert_eq!(sums.languages(), [(Language::Es, 800), (Language::Ca, 400)]);
    assert_eq!(sums.topics()[..2], [("topic-0", 300), ("topic-1", 36)]);
    assert_eq!(sums.waits(), [0, 204, 0, 0, 0, 0]);
    assert_eq!((figures.by_date.len(), figures.by_date[0], figures.by_hour[9]), (12, (date(2026, 1, 1), 100), 1200));
    assert_eq!((figures.before.calls(), figures.busiest_hour()), (1000, Some(9)));
    assert!((figures.change().unwrap() - 0.2).abs() < 1e-9);
}

#[test]
fn a_period_without_calls_has_no_shares_and_no_means() {
    let figures = Calls::new(&[]).figures(period("2026-11"));
    let sums = &figures.sums;
    assert_eq!((sums.calls(), sums.share_alone(), sums.mean_seconds()), (0, None, None));
    assert_eq!((sums.median_answer(), figures.busiest_hour(), figures.change()), (None, None, None));
    assert_eq!(figures.by_date.len(), 30);
}

#[test]
fn a_period_that_goes_on_is_not_compared() {
    let zone = TimeZone::get(MADRID).unwrap();
    let calls = Calls::new(&["2026-10-10T10:00:00Z", "2026-11-02T10:00:00Z"]);
    let figures = Figures::at(&calls.store, period("2026-11"), &zone, at("2026-11-30T22:59:59Z")).unwrap();
    assert_eq!((figures.is_over, figures.change()), (false, None));
    assert_eq!(calls.figures(period("2026-11")).change(), Some(0.0));
}

#[test]
fn every_chart_is_xml_and_has_a_table_with_the_same_numbers() {
    for (calls, length) in
        [(year(), "2026"), (year(), "2026-05"), (calls_of(1), "2026-05-04"), (calls_of(0), "2026-W19")]
    {
        let figures = calls.figures(period(length));
        for language in ReportTexts::LANGUAGES {
            let texts = texts(language);
            let html = shown(&report_of(&figures, &texts));
            let document = roxmltree::Document::parse(&html).unwrap();
            document.descendants().filter(|node| node.has_tag_name("section")).for_each(look_at_section);
            assert!(
                document.descendants().all(|node| node.attribute("style").is_none() && !node.has_tag_name("script"))
            );
        }
    }
}

/// The page as XML: what has no end tag in HTML gets one, and what has no value.
fn shown(report: &Report) -> String {
    let links =
        Links { period: &|period| format!("/reports/{period}"), choose: "/reports", csv: "a.csv", pdf: "a.pdf" };
    let html = page(report, &links).into_string();
    let (before, after) = html.split_once("<input").unwrap();
    let (input, after) = after.split_once('>').unwrap();
    format!("{before}<input{input}/>{after}").replace(" required", "").replace(" selected", "").replace(" download", "")
}

fn look_at_section(section: roxmltree::Node) {
    let found = |name| section.descendants().filter(move |node| node.has_tag_name(name));
    let Some(chart) = found("svg").next() else { return };
    assert_eq!(chart.attribute("role"), Some("img"));
    assert!(chart.first_element_child().is_some_and(|title| title.text().is_some()));
    let body = found("tbody").next().unwrap();
    let rows = body.children().count();
    let bars = found("rect").filter(|rect| rect.attribute("class") == Some("chart-bar")).count();
    assert_eq!(rows, bars);
    assert!(body.children().all(|row| row.first_element_child().unwrap().attribute("scope") == Some("row")));
    let described = found("desc").next().unwrap().text().unwrap().to_owned();
    let numbers = body.children().map(|row| row.children().nth(1).unwrap().text().unwrap());
    numbers.for_each(|number| assert!(described.contains(number), "{number} is not in: {described}"));
}

#[test]
fn what_a_topic_is_called_stays_text() {
    let figures = calls_of(1).figures(period("2026-05-04"));
    let texts = texts(Language::Es);
    let report = Report { topic_name: &|_| "<script>=1+1</script>".to_owned(), ..report_of(&figures, &texts) };
    assert!(!shown(&report).contains("<script"));
}

/// The rows of a report's table, as Python's csv reads them.
fn rows(report: &Report) -> Vec<Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.csv");
    std::fs::write(&file, csv(report).unwrap()).unwrap();
    let read = "import csv, sys\nfor row in csv.reader(open(sys.argv[1], encoding='utf-8-sig', newline=''), delimiter=';'): print('\\x1f'.join(row))";
    let output = Command::new("python3").args(["-c", read]).arg(&file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| line.split('\x1f').map(str::to_owned).collect()).collect()
}

#[test]
fn the_table_is_read_by_a_spreadsheet_in_spain() {
    let figures = year().figures(period("2026"));
    let texts = texts(Language::Es);
    let bytes = csv(&report_of(&figures, &texts)).unwrap();
    assert!(bytes.starts_with(&[0xef, 0xbb, 0xbf]));
    let rows = rows(&report_of(&figures, &texts));
    assert!(rows.iter().all(|row| row.len() == 5));
    let has = |row: [&str; 5]| assert!(rows.iter().any(|found| *found == row), "{row:?} is not in {rows:#?}");
    has(["Sección", "Concepto", "Valor", "Unidad", "Periodo anterior"]);
    has(["Informe", "Desde", "01/01/2026", "", ""]);
    has(["Cifras principales", "Llamadas atendidas", "1200", "llamadas", "1000"]);
    has(["Cifras principales", "Parte resuelta sin pasar a nadie", "70,0", "%", "100,0"]);
    has(["Cifras principales", "La mitad de las respuestas llega", "0,75", "segundos", "0,75"]);
    has(["Llamadas por mes", "mayo", "100", "Llamadas", ""]);
    has(["Qué se preguntó", "Asunto topic-0", "300", "Llamadas", ""]);
    has(["Qué se preguntó", "Otros asuntos", "216", "Llamadas", ""]);
}

#[test]
fn no_cell_is_a_formula() {
    let figures = calls_of(1).figures(period("2026-05-04"));
    let texts = texts(Language::Es);
    for evil in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"] {
        let report = Report { topic_name: &|_| evil.to_owned(), council: evil, ..report_of(&figures, &texts) };
        let found: Vec<String> = rows(&report).concat();
        assert!(found.contains(&format!("'{evil}")));
        assert!(!found.iter().any(|cell| cell.starts_with(['=', '+', '-', '@', '\t'])), "{found:?}");
    }
}

/// What a program of poppler says of a document.
fn poppler(program: &str, arguments: &[&str], document: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.pdf");
    std::fs::write(&file, document).unwrap();
    let output =
        Command::new(program).args(arguments).arg(&file).args(arguments.contains(&"-raw").then_some("-")).output();
    let output = output.unwrap_or_else(|error| panic!("{program} of poppler-utils: {error}"));
    let complaints = String::from_utf8_lossy(&output.stderr);
    // Poppler of Debian 12 takes a right /Suspects for a wrong one.
    let others: Vec<&str> = complaints.lines().filter(|line| !line.is_empty() && !line.contains("Suspects")).collect();
    assert!(output.status.success() && others.is_empty(), "{complaints}");
    String::from_utf8_lossy(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_document_says_what_the_figures_are() {
    let figures = year().figures(period("2026"));
    for (language, sentences) in [
        (
            Language::Es,
            [
                "En 2026 se atendieron 1.200 llamadas, un 20 % más que en 2025.",
                "De cada diez, siete se resolvieron sin pasar a nadie (70,0 %).",
            ],
        ),
        (
            Language::Ca,
            [
                "En l'any 2026 es van atendre 1.200 telefonades, un 20 % més que en l'any 2025.",
                "De cada deu, set es van resoldre sense passar a ningú (70,0 %).",
            ],
        ),
        (
            Language::En,
            [
                "In 2026 1,200 calls were taken, 20% more than in 2025.",
                "Of every ten, seven were answered without passing them on (70.0%).",
            ],
        ),
    ] {
        let texts = texts(language);
        let document = pdf(&report_of(&figures, &texts), &fonts(), date(2027, 1, 2)).unwrap();
        let text = poppler("pdftotext", &["-raw"], &document);
        sentences.iter().for_each(|sentence| assert!(text.contains(sentence), "{sentence:?} is not in {text}"));
        assert!(text.contains(&texts.series.topics.title) && text.contains("Ajuntament de Prova"));
        let info = poppler("pdfinfo", &[], &document);
        assert!(info.contains("Tagged: yes") && info.contains(&format!("Title: {}", texts.pdf.title)), "{info}");
        assert!(info.contains("A4"), "{info}");
    }
}

#[test]
fn a_reader_aloud_finds_headings_tables_and_pictures() {
    let figures = year().figures(period("2026"));
    let texts = texts(Language::Es);
    let document = pdf(&report_of(&figures, &texts), &fonts(), date(2027, 1, 2)).unwrap();
    let structure = poppler("pdfinfo", &["-struct-text"], &document);
    for part in ["H1", "H2", "Table", "TH", "TD", "Figure"] {
        assert!(structure.contains(part), "{part} is not in {structure}");
    }
    let all = String::from_utf8_lossy(&document);
    assert!(all.contains("pdfuaid:part"));
}

#[test]
fn a_document_of_one_call_or_none_is_written_too() {
    let texts = texts(Language::Es);
    let told = |count, wanted: &str| {
        let figures = calls_of(count).figures(period("2026-05-04"));
        let document = pdf(&report_of(&figures, &texts), &fonts(), date(2026, 5, 5)).unwrap();
        let text = poppler("pdftotext", &["-raw"], &document);
        assert!(text.contains(wanted), "{wanted:?} is not in {text}");
    };
    told(0, "El 4 de mayo de 2026 no se atendió ninguna llamada.");
    told(1, "El 4 de mayo de 2026 se atendió una llamada.");
}

#[test]
fn letters_that_the_font_lacks_do_not_keep_a_document_from_being_written() {
    let figures = calls_of(1).figures(period("2026-05-04"));
    let texts = texts(Language::Es);
    let report = Report {
        topic_name: &|_| "税 \u{1f469}\u{7}\n".repeat(80),
        council: "Ayuntamiento 税",
        ..report_of(&figures, &texts)
    };
    let document = pdf(&report, &fonts(), date(2026, 5, 5)).unwrap();
    assert!(poppler("pdftotext", &["-raw"], &document).contains("Ayuntamiento ?"));
}

/// Where words end on a page, in points: the `xMax` of each that poppler finds.
fn ends(document: &[u8], word: &str) -> Vec<f64> {
    let words = poppler("pdftotext", &["-raw", "-bbox"], document);
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
    let html = roxmltree::Document::parse_with_options(&words, options).unwrap();
    let found = html.descendants().filter(|node| node.text().is_some_and(|text| text.starts_with(word)));
    found.filter_map(|node| node.attribute("xMax")?.parse().ok()).collect()
}

#[test]
fn a_name_without_spaces_stays_in_its_column() {
    let figures = calls_of(1).figures(period("2026-05-04"));
    let texts = texts(Language::Es);
    let report = Report { topic_name: &|_| "urbanismo.".repeat(12), ..report_of(&figures, &texts) };
    let document = pdf(&report, &fonts(), date(2026, 5, 5)).unwrap();
    let ends = ends(&document, "urbanismo.");
    assert!(!ends.is_empty() && ends.iter().all(|end| *end < 260.0), "{ends:?}");
}

#[test]
fn a_missing_font_says_what_to_install() {
    let folder = tempfile::tempdir().unwrap();
    let (missing, text) = (folder.path().join("none.ttf"), folder.path().join("text.ttf"));
    std::fs::write(&text, "no font").unwrap();
    let error = Fonts::load(&missing, &missing).err().unwrap().to_string();
    assert!(
        error.contains("none.ttf cannot be read") && error.ends_with("install the package fonts-dejavu-core"),
        "{error}"
    );
    let error = Fonts::load(&text, &text).err().unwrap().to_string();
    assert!(error.ends_with("text.ttf is no font; install the package fonts-dejavu-core again"), "{error}");
}
