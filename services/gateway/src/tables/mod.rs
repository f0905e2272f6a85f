//! Lists as tables: CSV and spreadsheets, by `Accept`. A table has every page of the list, and the same people may
//! read it as the list in JSON.
//!
//! The views know no tables. A table is made here from the pages of JSON, by the columns that the query declares.

mod accept;
mod cell;
mod csv;
mod xlsx;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jejak_bus::{Problem, RequestProblem};
use jejak_projections::{Column, Query};
use jejak_words::{Language, column_heading};
use serde_json::Value;

pub(crate) use accept::{TableFormat, asked};

use crate::problem::fault;

/// The most rows of a table. One of a spreadsheet takes some kilobytes while it is written.
pub(crate) const ROWS_MAX: usize = 20_000;
/// The items of a page that is asked for a table.
pub(crate) const PAGE: u32 = 500;

/// A table that is being written.
pub(crate) struct Table {
    columns: &'static [Column],
    language: Language,
    rows: usize,
    writer: TableWriter,
}

enum TableWriter {
    Csv(Box<csv::CsvTable>),
    Xlsx(Box<xlsx::XlsxTable>),
}

impl Table {
    /// A table with a row of headings.
    ///
    /// # Errors
    /// A fault of the writer.
    pub(crate) fn new(
        query: &Query,
        format: TableFormat,
        language: Language,
    ) -> Result<Self, RequestProblem> {
        let headings = headings(query, language);
        let writer = match format {
            TableFormat::Csv => TableWriter::Csv(Box::new(csv::CsvTable::new(&headings)?)),
            TableFormat::Xlsx => {
                TableWriter::Xlsx(Box::new(xlsx::XlsxTable::new(&headings, query.columns)?))
            }
        };
        Ok(Self {
            columns: query.columns,
            language,
            rows: 0,
            writer,
        })
    }

    /// Adds the items of a page.
    ///
    /// # Errors
    /// `list.too_long` beyond [`ROWS_MAX`]; a fault of the writer.
    pub(crate) fn add(&mut self, items: &[Value]) -> Result<(), RequestProblem> {
        self.rows += items.len();
        if self.rows > ROWS_MAX {
            return Err(RequestProblem::ListTooLong {
                limit_rows: ROWS_MAX as u64,
            });
        }
        for item in items {
            let cells = self.columns.iter();
            let cells = cells.map(|column| cell::Cell::of(column, item, self.language));
            match &mut self.writer {
                TableWriter::Csv(table) => table.add(cells, self.language)?,
                TableWriter::Xlsx(table) => table.add(cells)?,
            }
        }
        Ok(())
    }

    /// The bytes of the table.
    ///
    /// # Errors
    /// A fault of the writer.
    pub(crate) fn finish(self) -> Result<Vec<u8>, RequestProblem> {
        match self.writer {
            TableWriter::Csv(table) => table.finish(),
            TableWriter::Xlsx(table) => table.finish(),
        }
    }
}

/// The headings of a list's columns. A path without a label stands for itself; a test keeps all of them labelled.
pub(crate) fn headings(query: &Query, language: Language) -> Vec<String> {
    let heading = |column: &Column| {
        let label = column_heading(column.path, language);
        label.unwrap_or_else(|| column.path.to_owned())
    };
    query.columns.iter().map(heading).collect()
}

/// The answer with a table, which a browser keeps as a file.
pub(crate) fn answer(query: &Query, format: TableFormat, table: Vec<u8>) -> Response {
    let name = query.path.trim_start_matches("/v1/");
    let name = name.replace(|c: char| !c.is_ascii_lowercase(), "-");
    let name = name.split('-').filter(|part| !part.is_empty());
    let name = name.collect::<Vec<_>>().join("-");
    let disposition = format!("attachment; filename=\"{name}.{}\"", format.ending());
    let mut response = (StatusCode::OK, table).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(format.media_type()),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(disposition) = HeaderValue::try_from(disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}

/// The items of a page and the cursor of the next one.
pub(crate) fn page(answer: &[u8]) -> Result<(Vec<Value>, Option<String>), Problem> {
    let mut page: Value = serde_json::from_slice(answer).map_err(|error| fault(&error))?;
    let items = match page["items"].take() {
        Value::Array(items) => items,
        _ => return Err(fault(&"a list without items").into()),
    };
    let next = page["next"].as_str().map(str::to_owned);
    Ok((items, next))
}

#[cfg(test)]
mod tests;
