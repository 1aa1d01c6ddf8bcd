//! Spreadsheets that other programs wrote (tests/sheets/make.py), and such as nobody honest would send.

use std::io::Write;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

const XLSX: &[u8] = include_bytes!("../../tests/sheets/answers.xlsx");
const SHARED: &[u8] = include_bytes!("../../tests/sheets/shared.xlsx");
const ODS: &[u8] = include_bytes!("../../tests/sheets/answers.ods");
const CSV: &[u8] = include_bytes!("../../tests/sheets/answers.csv");

fn row(number: usize, cells: [&str; COLUMNS]) -> Row {
    Row { number, cells: cells.map(str::to_owned) }
}

fn answers(catalan: usize) -> Vec<Row> {
    vec![
        row(1, ["Tema", "Idioma", "Respuesta"]),
        row(2, ["library.hours", "es", "La biblioteca abre de 9 a 14 h; los sábados, no & «nunca»."]),
        row(catalan, ["library.hours", "ca", "La biblioteca obri de 9 a 14 h."]),
    ]
}

#[test]
fn what_spreadsheet_programs_write_is_read() {
    let xlsx = read(XLSX).unwrap();
    assert_eq!(xlsx, answers(5), "neither notes nor other sheets and columns, however far away");
    assert_eq!(read(SHARED).unwrap(), answers(5));
    assert_eq!(read(ODS).unwrap(), answers(5));
    assert_eq!(read(CSV).unwrap(), answers(3));
    let unicode = "\u{feff}padron.register,es,\"Venga, con cita; siempre.\"\r\n";
    assert_eq!(read(unicode.as_bytes()).unwrap(), [row(1, ["padron.register", "es", "Venga, con cita; siempre."])]);
}

#[test]
fn what_is_no_spreadsheet_is_not_read() {
    for other in [&b"%PDF-1.7\n\x00\x01"[..], b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x89PNG\r\n\x1a\n", b"hello", b""]
    {
        assert_eq!(read(other), Err(SheetError::Unknown), "{other:?}");
    }
    assert_eq!(read(&package(&[("word/document.xml", "<x/>")])), Err(SheetError::Unknown));
    assert_eq!(read(b"PK\x03\x04"), Err(SheetError::Damaged));
    for cut in [XLSX.len() / 2, XLSX.len() - 1, XLSX.len() - 30] {
        assert_eq!(read(&XLSX[..cut]), Err(SheetError::Damaged), "{cut} bytes");
    }
}

fn package(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in parts {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A workbook with these rows and texts.
fn xlsx(rows: &str, texts: &str) -> Vec<u8> {
    package(&[
        ("xl/workbook.xml", r#"<workbook><sheets><sheet name="a" r:id="rId1"/></sheets></workbook>"#),
        (
            "xl/_rels/workbook.xml.rels",
            r#"<Relationships><Relationship Id="rId1" Target="sheet.xml"/></Relationships>"#,
        ),
        ("xl/sheet.xml", &format!("<worksheet><sheetData>{rows}</sheetData></worksheet>")),
        ("xl/sharedStrings.xml", texts),
    ])
}

fn ods(rows: &str) -> Vec<u8> {
    package(&[("content.xml", &format!("<office:x><table:table>{rows}</table:table></office:x>"))])
}

/// What is hostile is refused soon, and is not unpacked first.
fn refused_soon(file: &[u8], error: SheetError) {
    assert!(file.len() < 1 << 20, "a longer one is not even taken: {}", file.len());
    let began = Instant::now();
    assert_eq!(read(file), Err(error));
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

#[test]
fn a_bomb_is_not_unpacked() {
    let zeros = " ".repeat(300 << 20);
    refused_soon(&xlsx(&zeros, "<sst/>"), SheetError::TooMuch);
    refused_soon(&package(&[("content.xml", &zeros)]), SheetError::TooMuch);
    // A size that is declared to be small changes nothing.
    let mut lying = package(&[("content.xml", &zeros)]);
    let central = lying.windows(4).rposition(|mark| mark == b"PK\x01\x02").unwrap();
    lying[central + 24..central + 28].copy_from_slice(&100u32.to_le_bytes());
    let told = read(&lying);
    assert!(matches!(told, Err(SheetError::TooMuch | SheetError::Damaged)), "{told:?}");
}

#[test]
fn what_a_sheet_announces_is_not_believed() {
    let huge = usize::MAX / 64;
    let announced = format!(r#"<sst uniqueCount="{huge}" count="{huge}"><si><t>es</t></si></sst>"#);
    let far =
        r#"<row r="1048576"><c r="A1048576"><v>a</v></c><c r="B1" t="s"><v>0</v></c><c r="XFD1"><v>1</v></c></row>"#;
    assert_eq!(read(&xlsx(far, &announced)).unwrap(), [row(1_048_576, ["a", "es", ""])]);
    let shape = "<table:shapes><draw:frame><text:p>a picture</text:p></draw:frame></table:shapes>";
    let endless = format!(
        r#"<table:table-row table:number-rows-repeated="{huge}"><table:table-cell table:number-columns-repeated="{huge}"><text:p>a</text:p></table:table-cell></table:table-row>"#
    );
    let rows = read(&ods(&format!("{shape}{}", endless.repeat(3)))).unwrap();
    assert_eq!((rows.len(), rows[0].cells[0].as_str()), (3, "a"));
}

#[test]
fn a_long_text_is_not_read_again_and_again() {
    let long = format!("<sst><si><t>{}</t></si></sst>", "x".repeat(900 << 10));
    refused_soon(&xlsx(&r#"<row><c r="A1" t="s"><v>0</v></c></row>"#.repeat(100_000), &long), SheetError::TooMuch);
    refused_soon(
        &xlsx(&format!("<row>{}</row>", r#"<c r="A1" t="s"><v>0</v></c>"#.repeat(150_000)), &long),
        SheetError::TooMuch,
    );
}

#[test]
fn many_attributes_and_deep_elements_take_no_long_time() {
    let many: String = (0..400_000).map(|n| format!(" a{n}=\"\"")).collect();
    let deep = "<x>".repeat(1_000_000);
    let began = Instant::now();
    let _ = read(&xlsx(&format!("<row{many}><c{many}/></row>"), "<sst/>"));
    let _ = read(&ods(&format!("<table:table-row{many}/>")));
    let _ = read(&ods(&deep));
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

#[test]
fn entities_are_not_followed_and_damaged_cells_are_named_so() {
    let laughs = r#"<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><sst><si><t>&b;</t></si></sst>"#;
    assert_eq!(read(&xlsx("", laughs)), Err(SheetError::Damaged));
    assert_eq!(read(&xlsx(r#"<row><c t="s"><v>7</v></c></row>"#, "<sst/>")), Err(SheetError::Damaged));
    assert_eq!(read(&xlsx("<row><c></row>", "<sst/>")), Err(SheetError::Damaged));
    let error =
        r#"<row><c><v>a</v></c><c t="e"><v>#REF!</v></c><c t="inlineStr"><is><t>x_x000D_&#10;y</t></is></c></row>"#;
    assert_eq!(read(&xlsx(error, "<sst/>")).unwrap(), [row(1, ["a", "", "x y"])]);
}

proptest! {
    #[test]
    fn no_damage_stops_the_program(at in 0..XLSX.len(), byte: u8, which in 0..4usize) {
        let mut file = [XLSX, SHARED, ODS, CSV][which].to_vec();
        let at = at % file.len();
        file[at] = byte;
        let _ = read(&file);
    }

    #[test]
    fn no_rows_stop_the_program(rows in "(<row( r=\"[0-9]{1,30}\")?>|</row>|<c( r=\"[A-Z]{0,9}[0-9]{0,3}\")?( t=\"[sebn]\")?>|<v>|[0-9]|</v>|</c>|&#?x?[0-9a]{1,9};){0,20}") {
        let _ = read(&xlsx(&rows, "<sst/>"));
    }
}
