//! CSV as spreadsheets of the office read it: semicolons, lines that end with CR LF, a byte order mark first. The comma
//! is the sign of decimals in Indonesian.

use csv::{Terminator, Writer, WriterBuilder};
use jejak_bus::RequestProblem;
use jejak_words::Language;

use super::cell::Cell;
use crate::problem::fault;

/// Tells a spreadsheet that the text is UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
/// A text that begins so could be taken for a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// A table of text.
pub(super) struct CsvTable(Writer<Vec<u8>>);

impl CsvTable {
    pub(super) fn new(headings: &[String]) -> Result<Self, RequestProblem> {
        let mut writer = WriterBuilder::new()
            .delimiter(b';')
            .terminator(Terminator::CRLF)
            .from_writer(BYTE_ORDER_MARK.to_vec());
        writer
            .write_record(headings)
            .map_err(|error| fault(&error))?;
        Ok(Self(writer))
    }

    pub(super) fn add(
        &mut self,
        cells: impl Iterator<Item = Cell>,
        language: Language,
    ) -> Result<(), RequestProblem> {
        let fields = cells.map(|cell| field(cell, language));
        let fields: Vec<String> = fields.collect();
        self.0.write_record(fields).map_err(|error| fault(&error))
    }

    pub(super) fn finish(self) -> Result<Vec<u8>, RequestProblem> {
        self.0.into_inner().map_err(|error| fault(&error))
    }
}

fn field(cell: Cell, language: Language) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => guarded(text),
        Cell::Date(date) => date.to_string(),
        Cell::Time(time) => time.format("%Y-%m-%d %H:%M:%S").to_string(),
        Cell::Number(number) => match language {
            Language::Indonesian => number.replace('.', ","),
            Language::English => number,
        },
    }
}

/// The text behind an apostrophe, where a spreadsheet could compute it.
fn guarded(text: String) -> String {
    match text.starts_with(FORMULA) {
        true => format!("'{text}"),
        false => text,
    }
}
