//! The labels of views and services: the data that each of them answers for.

use crate::{Language, language::say};

/// The data that a view or service answers for, as a sentence begins with it. None for an unknown name.
pub fn service_label(service: &str, language: Language) -> Option<&'static str> {
    Some(match service {
        "contracts" => language.pick("Data kontrak", "Contract data"),
        "leave" => language.pick("Data cuti", "Leave data"),
        "evaluations" => language.pick("Data evaluasi", "Evaluation data"),
        "packages" => language.pick("Data paket", "Package data"),
        "facilities" => language.pick("Data fasilitas penunjang", "Facility data"),
        "work" => language.pick("Daftar pekerjaan", "The work list"),
        "history" => language.pick("Riwayat", "The history"),
        "audit" | "auditor" => language.pick("Data audit", "Audit data"),
        "commands" => language.pick("Pencatatan", "Recording"),
        "gateway" => language.pick("Permintaan", "The request"),
        "jwks" => language.pick("Pemeriksaan token", "The check of tokens"),
        _ => return None,
    })
}

/// The beginning of a sentence about a view or service. An unknown one is called by its name.
pub(super) fn subject(service: &str, language: Language) -> String {
    match service_label(service, language) {
        Some(label) => label.to_owned(),
        None => say!(language, "Layanan {service}", "The service {service}"),
    }
}
