//! What the 404 of a query says, thing by thing, in Indonesian and English. Its title is that of the
//! rejection of the same code, where there is one; what commands do not find is said there.

use jejak_events::rejection::{
    thing::Thing,
    words::{Language, Words},
};

/// The words for a thing that is not in the view; `item` is its path in the API.
pub(super) fn words(thing: Thing, item: &str, language: Language) -> Words {
    let (title, detail) = match language {
        Language::Id => indonesian(thing, item),
        Language::En => english(thing, item),
    };
    Words {
        title: title.to_owned(),
        detail,
    }
}

fn indonesian(thing: Thing, item: &str) -> (&'static str, String) {
    let recent =
        "bila baru saja dicatat, tanyakan lagi dengan min_position dari jawaban perintahnya";
    let not_recorded = |check: &str| format!("{item} belum tercatat. {check}; {recent}.");
    match thing {
        Thing::Package => (
            "Paket pekerjaan tidak ditemukan",
            not_recorded("Periksa kode paketnya"),
        ),
        Thing::Operator => (
            "Penyedia tidak ditemukan",
            not_recorded("Periksa nomor penyedianya"),
        ),
        Thing::Contract => (
            "Kontrak tidak ditemukan",
            not_recorded("Periksa nomor kontraknya"),
        ),
        Thing::Evaluation => (
            "Evaluasi tidak ditemukan",
            format!(
                "{item} tidak ada: penyedia ini tidak memiliki kontrak pada tahun itu. Periksa tahunnya; {recent}."
            ),
        ),
        Thing::Calendar => (
            "Kalender tidak ditemukan",
            format!(
                "{item} kosong: belum ada hari libur yang ditetapkan. Periksa tahunnya; {recent}."
            ),
        ),
        Thing::Tile => (
            "Berkas pohon bertanda tangan tidak ditemukan",
            format!(
                "{item} tidak ada. Pohonnya sampai sejauh yang disebut /log/checkpoint; periksa alamatnya."
            ),
        ),
    }
}

fn english(thing: Thing, item: &str) -> (&'static str, String) {
    let recent =
        "if it was recorded just now, ask again with the min_position that the command answered";
    let not_recorded = |check: &str| format!("{item} is not recorded. {check}; {recent}.");
    match thing {
        Thing::Package => ("No such package", not_recorded("Check the package's id")),
        Thing::Operator => ("No such operator", not_recorded("Check the operator's id")),
        Thing::Contract => ("No such contract", not_recorded("Check the contract's id")),
        Thing::Evaluation => (
            "No such evaluation",
            format!(
                "There is no {item}: this operator has no contract of that year. Check the year; {recent}."
            ),
        ),
        Thing::Calendar => (
            "No such calendar",
            format!("Nothing stands in {item}: no day was declared. Check the year; {recent}."),
        ),
        Thing::Tile => (
            "No such file of the signed tree",
            format!(
                "There is no {item}. The tree goes as far as /log/checkpoint says; check the address."
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use jejak_events::rejection::{Rejection, words::words as said};
    use serde_json::json;

    use super::*;

    /// Goal: one code has one title, whether a command or a query did not find the thing. Method: the
    /// rejections of the codes that both use.
    #[test]
    fn a_code_has_one_title() {
        let id = "00000000-0000-4000-8000-000000000001";
        let mut shared = 0;
        for thing in Thing::ALL {
            let mut refusal = json!({ "package_id": "p", "operator_id": id, "contract_id": id });
            refusal["code"] = json!(thing);
            let Ok(rejection) = serde_json::from_value::<Rejection>(refusal) else {
                continue;
            };
            for language in [Language::Id, Language::En] {
                assert_eq!(
                    words(thing, "x", language).title,
                    said(&rejection, language).title
                );
            }
            shared += 1;
        }
        assert_eq!(shared, 3);
    }
}
