//! Spreadsheets: real dates and numbers, a row of headings that stays, and a filter. A text is a text and never a
//! formula.

use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};
use jejak_bus::RequestProblem;
use jejak_projections::{Column, ColumnKind};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::cell::Cell;
use crate::problem::fault;

/// A workbook with one sheet.
pub(super) struct XlsxTable {
    sheet: Worksheet,
    columns: u16,
    row: u32,
    date: Format,
    time: Format,
}

impl XlsxTable {
    pub(super) fn new(headings: &[String], columns: &[Column]) -> Result<Self, RequestProblem> {
        let mut sheet = Worksheet::new();
        let heading = Format::new().set_bold();
        let money = Format::new().set_num_format("#,##0.##");
        for (n, (text, column)) in (0..).zip(headings.iter().zip(columns)) {
            sheet
                .write_string_with_format(0, n, text, &heading)
                .map_err(failed)?;
            let width = width(column.kind);
            sheet.set_column_width(n, width).map_err(failed)?;
            if column.kind == ColumnKind::Money {
                sheet.set_column_format(n, &money).map_err(failed)?;
            }
        }
        sheet.set_freeze_panes(1, 0).map_err(failed)?;
        Ok(Self {
            sheet,
            columns: u16::try_from(columns.len()).map_err(|error| fault(&error))?,
            row: 0,
            date: Format::new().set_num_format("yyyy-mm-dd"),
            time: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
        })
    }

    pub(super) fn add(&mut self, cells: impl Iterator<Item = Cell>) -> Result<(), RequestProblem> {
        self.row += 1;
        for (n, cell) in (0..).zip(cells) {
            self.write(n, cell).map_err(failed)?;
        }
        Ok(())
    }

    fn write(&mut self, n: u16, cell: Cell) -> Result<(), XlsxError> {
        let (sheet, row) = (&mut self.sheet, self.row);
        match cell {
            Cell::Empty => {}
            Cell::Text(text) => drop(sheet.write_string(row, n, text)?),
            // The calendar of spreadsheets begins in 1900. An earlier day is a text.
            Cell::Date(date) => match day(date) {
                Ok(day) => drop(sheet.write_datetime_with_format(row, n, &day, &self.date)?),
                Err(_) => drop(sheet.write_string(row, n, date.to_string())?),
            },
            Cell::Time(time) => match moment(time) {
                Ok(moment) => drop(sheet.write_datetime_with_format(row, n, &moment, &self.time)?),
                Err(_) => drop(sheet.write_string(row, n, time.to_string())?),
            },
            // A spreadsheet holds every number as a float, which is exact up to 15 digits.
            Cell::Number(digits) => match digits.parse::<f64>() {
                Ok(number) => drop(sheet.write_number(row, n, number)?),
                Err(_) => drop(sheet.write_string(row, n, digits)?),
            },
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Vec<u8>, RequestProblem> {
        if let Some(last) = self.columns.checked_sub(1) {
            let filtered = self.sheet.autofilter(0, 0, self.row, last);
            filtered.map_err(failed)?;
        }
        let mut workbook = Workbook::new();
        workbook.push_worksheet(self.sheet);
        workbook.save_to_buffer().map_err(failed)
    }
}

fn day(date: NaiveDate) -> Result<ExcelDateTime, XlsxError> {
    let part =
        |part: u32| u8::try_from(part).map_err(|_| XlsxError::DateTimeRangeError(date.to_string()));
    let year =
        u16::try_from(date.year()).map_err(|_| XlsxError::DateTimeRangeError(date.to_string()))?;
    ExcelDateTime::from_ymd(year, part(date.month())?, part(date.day())?)
}

fn moment(time: NaiveDateTime) -> Result<ExcelDateTime, XlsxError> {
    let part =
        |part: u32| u8::try_from(part).map_err(|_| XlsxError::DateTimeRangeError(time.to_string()));
    let hour =
        u16::try_from(time.hour()).map_err(|_| XlsxError::DateTimeRangeError(time.to_string()))?;
    day(time.date())?.and_hms(hour, part(time.minute())?, f64::from(time.second()))
}

/// In characters.
fn width(kind: ColumnKind) -> f64 {
    match kind {
        ColumnKind::Text => 22.0,
        ColumnKind::Sentence => 60.0,
        ColumnKind::Time => 20.0,
        ColumnKind::Money => 16.0,
        ColumnKind::Code | ColumnKind::Date => 14.0,
        ColumnKind::Number | ColumnKind::YesNo | ColumnKind::Count => 12.0,
    }
}

fn failed(error: XlsxError) -> RequestProblem {
    fault(&error)
}
