//! The two fonts of the document, and how wide a text is in them.
//!
//! No letter that they lack must get into the document: a reader aloud could not name it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use krilla::text::Font;

use super::PdfError;

/// In place of a letter that the font lacks.
const LACKING: char = '?';

#[derive(Clone)]
pub struct Typeface {
    pub font: Font,
    /// Every letter's width in parts of its height.
    widths: HashMap<char, f32>,
}

impl Typeface {
    fn load(path: &Path) -> Result<Self, PdfError> {
        let name = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|error| PdfError::NoFont(name.clone(), error))?;
        let widths = ttf_parser::Face::parse(&bytes, 0).map(|face| widths(&face));
        match (widths, Font::new(Arc::new(bytes).into(), 0)) {
            (Ok(widths), Some(font)) => Ok(Self { font, widths }),
            _ => Err(PdfError::Font(name)),
        }
    }

    pub fn width(&self, text: &str, size: f32) -> f32 {
        text.chars().filter_map(|letter| self.widths.get(&letter)).sum::<f32>() * size
    }

    /// The text with what this font can write.
    pub fn writable(&self, text: &str) -> String {
        let known = |letter| if self.widths.contains_key(&letter) { letter } else { LACKING };
        text.chars().map(|letter| if letter.is_whitespace() { letter_space(letter) } else { known(letter) }).collect()
    }

    /// Lines no wider than this, broken at spaces, and within words that are wider.
    pub fn lines(&self, text: &str, size: f32, width: f32) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for word in self.writable(text).split(' ').filter(|word| !word.is_empty()) {
            match lines.last_mut() {
                Some(line) if self.width(&format!("{line} {word}"), size) <= width => *line = format!("{line} {word}"),
                _ => lines.extend(self.pieces(word, size, width)),
            }
        }
        lines
    }

    fn pieces(&self, word: &str, size: f32, width: f32) -> Vec<String> {
        let mut pieces = vec![String::new()];
        for letter in word.chars() {
            match pieces.last_mut() {
                Some(piece) if piece.is_empty() || self.width(&format!("{piece}{letter}"), size) <= width => {
                    piece.push(letter);
                }
                _ => pieces.push(letter.to_string()),
            }
        }
        pieces
    }
}

/// Spaces that hold words together stay what they are.
fn letter_space(letter: char) -> char {
    if letter == '\u{a0}' { letter } else { ' ' }
}

fn widths(face: &ttf_parser::Face) -> HashMap<char, f32> {
    let mut widths = HashMap::new();
    let height = f32::from(face.units_per_em());
    let tables = face.tables().cmap.into_iter().flat_map(|cmap| cmap.subtables);
    tables.filter(ttf_parser::cmap::Subtable::is_unicode).for_each(|table| {
        table.codepoints(|code| {
            let letter = char::from_u32(code).filter(|letter| !letter.is_control());
            let width = letter.and_then(|letter| face.glyph_hor_advance(face.glyph_index(letter)?));
            if let (Some(letter), Some(width)) = (letter, width) {
                widths.insert(letter, f32::from(width) / height);
            }
        });
    });
    widths
}

/// What a document is written with: DejaVu Sans where it lies in Debian.
#[derive(Clone)]
pub struct Fonts {
    pub(super) regular: Typeface,
    pub(super) bold: Typeface,
}

impl Fonts {
    pub fn load(regular: &Path, bold: &Path) -> Result<Self, PdfError> {
        Ok(Self { regular: Typeface::load(regular)?, bold: Typeface::load(bold)? })
    }
}
