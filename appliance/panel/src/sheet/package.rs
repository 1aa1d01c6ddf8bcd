//! The zip archive that a spreadsheet is. Its parts together are unpacked up to a limit, whatever sizes it declares.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use super::SheetError;

/// What all parts that are read may be together, unpacked.
const UNPACKED: u64 = 8 << 20;
/// A spreadsheet has some twenty parts.
const MOST_PARTS: usize = 1000;

pub struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    left: u64,
}

impl<'a> Package<'a> {
    pub fn open(file: &'a [u8]) -> Result<Self, SheetError> {
        let archive = ZipArchive::new(Cursor::new(file)).map_err(|_| SheetError::Damaged)?;
        if archive.len() > MOST_PARTS {
            return Err(SheetError::TooMuch);
        }
        Ok(Self { archive, left: UNPACKED })
    }

    pub fn has(&self, name: &str) -> bool {
        self.archive.index_for_name(name).is_some()
    }

    /// A part's text.
    pub fn part(&mut self, name: &str) -> Result<String, SheetError> {
        let part = self.archive.by_name(name).map_err(|_| SheetError::Damaged)?;
        let mut text = Vec::new();
        part.take(self.left + 1).read_to_end(&mut text).map_err(|_| SheetError::Damaged)?;
        self.left = self.left.checked_sub(text.len() as u64).ok_or(SheetError::TooMuch)?;
        String::from_utf8(text).map_err(|_| SheetError::Damaged)
    }
}
