//! Every kind of fault, made by reading real bodies and parameters. A reason that changes its words
//! fails here.

use jejak_bus::{Problem, RequestProblem};
use jejak_events::Command;
use jejak_words::{Language, requests};
use serde_json::{Value, json};

use crate::problem::{Recipient, document};

const ID: &str = "00000000-0000-8000-8000-000000000001";

/// The document of a body that the command does not take, in a language.
#[track_caller]
fn told(name: &str, body: &str, language: Language) -> Value {
    let malformed = Command::parse(name, body.as_bytes()).unwrap().unwrap_err();
    let problem = RequestProblem::from(malformed);
    let is_command = true;
    document(
        &Problem::Request(problem),
        Recipient {
            language,
            is_command,
        },
    )
}

/// The Indonesian detail is exactly this. Both documents carry the same precise reason beside it.
#[track_caller]
fn says(name: &str, body: &Value, indonesian: &str) {
    says_of_text(name, &body.to_string(), indonesian);
}

#[track_caller]
fn says_of_text(name: &str, body: &str, indonesian: &str) {
    let (id, en) = (
        told(name, body, Language::Indonesian),
        told(name, body, Language::English),
    );
    assert_eq!(id["detail"], indonesian);
    let reason = en["reason"].as_str().unwrap();
    assert_eq!(id["reason"], reason);
    for of_types in ["struct", "`", "u8", "at line"] {
        let english = en["detail"].as_str().unwrap();
        assert!(!english.contains(of_types), "{english}");
    }
    assert!(!indonesian.contains(reason), "English in {indonesian}");
}

fn absence() -> Value {
    json!({"operator_id": ID, "on": "2020-10-05", "reason": "sakit"})
}

/// An absence with one field set otherwise.
fn with(field: &str, value: Value) -> Value {
    let mut body = absence();
    body[field] = value;
    body
}

#[test]
fn fields_that_are_missing_unknown_or_there_twice() {
    says(
        "record-absence",
        &json!({"operator_id": ID, "on": "2020-10-05"}),
        "Isian yang wajib diisi tetapi belum ada: alasan. Lengkapi isian itu, lalu kirim ulang.",
    );
    says(
        "record-absence",
        &with("colour", json!("red")),
        "Isian colour tidak dikenal. Hapus atau periksa ejaannya, lalu kirim ulang.",
    );
    says_of_text(
        "record-absence",
        &format!(r#"{{"operator_id":"{ID}","on":"2020-10-05","on":"2020-10-06","reason":"x"}}"#),
        "Isian tanggal diberikan dua kali. Hapus salah satunya, lalu kirim ulang.",
    );
    says(
        "record-absence",
        &json!({}),
        "Isian yang wajib diisi tetapi belum ada: nomor penyedia, tanggal, alasan. Lengkapi isian itu, lalu kirim ulang.",
    );
    let officer = json!({"package_id": "p-1", "role": "ppk", "from": "2020-01-01", "officer": {"name": "Contoh"}});
    says(
        "assign-officer",
        &officer,
        "Isian yang wajib diisi tetapi belum ada: NIP. Lengkapi isian itu, lalu kirim ulang.",
    );
}

#[test]
fn fields_of_another_type() {
    says(
        "record-absence",
        &with("reason", json!(7)),
        "Isian alasan harus berupa teks. Perbaiki, lalu kirim ulang.",
    );
    says(
        "record-absence",
        &with("on", json!(null)),
        "Isian tanggal harus berupa teks. Perbaiki, lalu kirim ulang.",
    );
    let warning = json!({"operator_id": ID, "contract_id": ID, "level": "satu", "on": "2020-10-05", "reason": "x"});
    let whole = "Isian tingkat surat peringatan harus berupa bilangan bulat dalam batas yang wajar. Perbaiki, lalu kirim ulang.";
    says("issue-warning", &warning, whole);
    let mut below = warning;
    below["level"] = json!(-1);
    says("issue-warning", &below, whole);
    says_of_text(
        "record-absence",
        "[]",
        "Isi permintaan harus berupa objek JSON. Perbaiki, lalu kirim ulang.",
    );
}

#[test]
fn fields_that_do_not_hold_what_they_should() {
    let date = "Isian tanggal harus berupa tanggal yang ada, misalnya 2020-10-01. Perbaiki, lalu kirim ulang.";
    says("record-absence", &with("on", json!("2020-02-30")), date);
    says("record-absence", &with("on", json!("5 Oktober")), date);
    let empty = "Isian alasan harus diisi dan tidak boleh kosong. Perbaiki, lalu kirim ulang.";
    says("record-absence", &with("reason", json!(" ")), empty);
    let long = "Isian alasan harus paling panjang 2000 huruf. Perbaiki, lalu kirim ulang.";
    says(
        "record-absence",
        &with("reason", json!("x".repeat(2001))),
        long,
    );
    says(
        "record-absence",
        &with("operator_id", json!("17")),
        "Isian nomor penyedia harus berupa UUID. Perbaiki, lalu kirim ulang.",
    );
    let leave =
        json!({"operator_id": ID, "kind": "holiday", "from": "2020-10-05", "to": "2020-10-05"});
    let kinds = "Isian jenis harus salah satu dari cuti tahunan (annual), cuti alasan tertentu (special), cuti persalinan (maternity), cuti kecelakaan kerja (work_accident). Perbaiki, lalu kirim ulang.";
    says("record-leave", &leave, kinds);
    let month = json!({"operator_id": ID, "contract_id": ID, "month": "2020-13", "reason": "x"});
    says(
        "waive-month",
        &month,
        "Isian bulan harus berupa bulan yang ada, misalnya 2020-10. Perbaiki, lalu kirim ulang.",
    );
    let terms = json!({"package_id": "p-1", "reason": "x", "budget_ceiling": "-1"});
    let money = "Isian pagu harus berupa jumlah uang dari 0 sampai 1000000000000000, tanpa titik ribuan. Perbaiki, lalu kirim ulang.";
    says("amend-terms", &terms, money);
    let nip = json!({"package_id": "p-1", "role": "ppk", "nip": "1977", "on": "2020-10-05"});
    says(
        "release-officer",
        &nip,
        "Isian NIP harus terdiri atas 18 angka. Perbaiki, lalu kirim ulang.",
    );
}

#[test]
fn bodies_that_are_no_json() {
    let no_json = "Isi permintaan bukan JSON yang sah. Periksa tanda kutip, koma, dan kurungnya, lalu kirim ulang.";
    for body in [
        "",
        "{",
        "{\"on\":",
        "{\"on\" 1}",
        "{} {}",
        "sakit",
        "{'on': 1}",
    ] {
        let detail = &told("record-absence", body, Language::Indonesian)["detail"];
        assert!(detail == no_json || body == "{} {}", "{body}: {detail}");
    }
    let trailing = format!("{} x", absence());
    says_of_text("record-absence", &trailing, no_json);
}

#[test]
fn parameters_and_what_the_gateway_says_itself() {
    for (path, reason, indonesian) in [
        (
            "limit",
            "must be from 1 to 500",
            "Isian limit harus berupa bilangan dari 1 sampai 500. Perbaiki, lalu kirim ulang.",
        ),
        (
            "package",
            "is given twice",
            "Parameter package diberikan dua kali. Hapus salah satunya.",
        ),
        (
            "cursor",
            "must be the `next` of an earlier answer",
            "Isian cursor harus berasal dari jawaban sebelumnya. Perbaiki, lalu kirim ulang.",
        ),
        (
            "after",
            "must be a position, 0 or more",
            "Isian after harus berupa posisi, 0 atau lebih. Perbaiki, lalu kirim ulang.",
        ),
        (
            "topic",
            "can only be contract",
            "Isian topic harus contract. Perbaiki, lalu kirim ulang.",
        ),
        (
            "x",
            "something new",
            "Isian x tidak sesuai. Periksa bentuknya di /docs, perbaiki, lalu kirim ulang.",
        ),
    ] {
        let text = requests::malformed(Language::Indonesian, path, reason, &[]);
        assert_eq!(text.detail(), indonesian);
    }
}
