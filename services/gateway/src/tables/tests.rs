//! Tables of every list, with values that are easily written wrong.

use std::{collections::BTreeMap, io::Cursor};

use calamine::{Data, Reader, Xlsx};
use jejak_projections::Schemas;
use serde_json::json;
use utoipa::openapi::{RefOr, Schema};

use super::*;
use crate::queries::table::QUERIES;

fn list(path: &str) -> &'static Query {
    QUERIES.iter().find(|query| query.path == path).unwrap()
}

fn contract() -> Value {
    json!({
        "contract_id": "c", "operator_id": "o", "operator_name": "=HYPERLINK(\"x\");1", "package_id": "@p",
        "package_title": "Jasa \"IT\"; tahap 1\nlanjutan", "spk_number": "800", "spk_date": "2020-09-30",
        "start": "2020-10-01", "end": "2020-12-31", "value": "-8250000.50",
        "monthly": {"wage": "2601875", "health_insurance": "110000", "employment_insurance": "38125"},
        "status": "active", "prior_evaluation": {"mean": "17.33", "category": "poor"},
        "justification": "-1 alasan", "warnings": [{"level": 1}],
    })
}

fn written(format: TableFormat, language: Language, items: &[Value]) -> Vec<u8> {
    let mut table = Table::new(list("/v1/contracts"), format, language).unwrap();
    table.add(items).unwrap();
    table.finish().unwrap()
}

/// Goal: the office's spreadsheet opens the file with its columns, and computes no text.
#[test]
fn csv_has_semicolons_a_mark_and_no_formula() {
    let id = written(
        TableFormat::Csv,
        Language::Indonesian,
        &[contract(), json!({})],
    );
    let id = String::from_utf8(id).unwrap();
    let lines: Vec<_> = id.split("\r\n").collect();
    assert!(
        lines[0].starts_with("\u{feff}Nomor SPK;Tanggal SPK;Nama penyedia;"),
        "{}",
        lines[0]
    );
    let wanted = "800;2020-09-30;\"'=HYPERLINK(\"\"x\"\");1\";'@p;\"Jasa \"\"IT\"\"; tahap 1\nlanjutan\";\
        2020-10-01;2020-12-31;2601875;110000;38125;-8250000,50;berjalan;;;1;buruk;17,33;'-1 alasan;c;o";
    assert_eq!(lines[1], wanted);
    assert_eq!(
        lines[2],
        ";".repeat(list("/v1/contracts").columns.len() - 1)
    );
    assert_eq!((lines[3], lines.len()), ("", 4));
    let en = written(TableFormat::Csv, Language::English, &[contract()]);
    let en = String::from_utf8(en).unwrap();
    assert!(en.starts_with("\u{feff}SPK number;"));
    assert!(
        en.contains(";-8250000.50;active;") && en.contains(";17.33;"),
        "{en}"
    );
}

/// Goal: a spreadsheet has real days and numbers, and a text that looks like a formula is a text.
#[test]
fn a_spreadsheet_has_days_numbers_and_texts() {
    let bytes = written(TableFormat::Xlsx, Language::Indonesian, &[contract()]);
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    let sheet = book.worksheet_range_at(0).unwrap().unwrap();
    let columns = list("/v1/contracts").columns;
    let cell = |path: &str| {
        let n = columns
            .iter()
            .position(|column| column.path == path)
            .unwrap();
        sheet
            .get_value((1, u32::try_from(n).unwrap()))
            .cloned()
            .unwrap_or(Data::Empty)
    };
    assert_eq!(
        sheet.get_value((0, 0)),
        Some(&Data::String("Nomor SPK".to_owned()))
    );
    assert_eq!(cell("spk_number"), Data::String("800".to_owned()));
    assert_eq!(cell("value"), Data::Float(-8_250_000.5));
    assert_eq!(cell("prior_evaluation.mean"), Data::Float(17.33));
    assert_eq!(
        cell("operator_name"),
        Data::String("=HYPERLINK(\"x\");1".to_owned())
    );
    assert_eq!(cell("terminated_on"), Data::Empty);
    let Data::DateTime(day) = cell("spk_date") else {
        panic!("{:?}", cell("spk_date"))
    };
    assert_eq!(day.to_ymd_hms_milli(), (2020, 9, 30, 0, 0, 0, 0));
    let formulas = book
        .worksheet_formula(&book.sheet_names()[0].clone())
        .unwrap();
    assert!(formulas.cells().all(|(_, _, formula)| formula.is_empty()));
}

#[test]
fn a_table_has_a_most_of_rows() {
    let mut table = Table::new(list("/v1/contracts"), TableFormat::Csv, Language::English).unwrap();
    let page = vec![json!({}); 500];
    for _ in 0..ROWS_MAX / 500 {
        table.add(&page).unwrap();
    }
    let refused = table.add(&page[..1]).unwrap_err();
    assert!(matches!(
        refused,
        RequestProblem::ListTooLong { limit_rows: 20_000 }
    ));
}

/// Goal: every list is a table, and every column is a member of its items and has a heading.
#[test]
fn every_list_has_columns_that_its_items_have() {
    let mut lists = 0;
    for query in QUERIES.iter() {
        let mut named = Schemas::new();
        (query.referenced)(&mut named);
        let named: BTreeMap<_, _> = named.into_iter().collect();
        let answer = (query.answer)();
        let Some(items) = member(&answer, "items", &named) else {
            assert!(query.columns.is_empty(), "{}", query.path);
            continue;
        };
        lists += 1;
        assert!(!query.columns.is_empty(), "{}", query.path);
        for column in query.columns {
            let mut names = column.path.split('.');
            let found = names.try_fold(items.clone(), |schema, name| member(&schema, name, &named));
            assert!(found.is_some(), "{} {}", query.path, column.path);
            for language in Language::ALL {
                let heading = column_heading(column.path, language);
                assert!(heading.is_some(), "{} {}", query.path, column.path);
            }
        }
        let headings = headings(query, Language::Indonesian);
        let distinct: std::collections::BTreeSet<_> = headings.into_iter().collect();
        assert_eq!(distinct.len(), query.columns.len(), "{}", query.path);
    }
    assert!(lists >= 10, "{lists}");
}

/// The schema of a member; that of the items, where the schema is a list.
fn member(
    schema: &RefOr<Schema>,
    name: &str,
    named: &BTreeMap<String, RefOr<Schema>>,
) -> Option<RefOr<Schema>> {
    let schema = serde_json::to_value(schema).unwrap();
    let named = serde_json::to_value(named).unwrap();
    let found = in_json(&schema, name, &named)?;
    Some(serde_json::from_value(found).unwrap())
}

fn in_json(schema: &Value, name: &str, named: &Value) -> Option<Value> {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = reference.rsplit('/').next()?;
        return in_json(&named[target], name, named);
    }
    if let Some(found) = schema["properties"].get(name) {
        return Some(found.clone());
    }
    if schema["items"].is_object() {
        return in_json(&schema["items"], name, named);
    }
    let choices = ["oneOf", "anyOf", "allOf"].into_iter();
    let mut choices = choices.flat_map(|choice| schema[choice].as_array().into_iter().flatten());
    choices.find_map(|choice| in_json(choice, name, named))
}
