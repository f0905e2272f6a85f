//! The words of a query for a thing that does not exist. Where a command meets the same case, the titles
//! are the same.

use jejak_events::kinds::ItemKind;

use crate::{
    Language,
    problem_text::{ProblemText, problem},
};

/// The text of a query's 404. `item` is the path of the thing in the API, such as `contracts/<id>`.
pub fn item_unknown(language: Language, thing: ItemKind, item: &str) -> ProblemText {
    let id = item.rsplit('/').next().unwrap_or(item);
    match thing {
        ItemKind::Package => problem!(language {
            title: "Paket pekerjaan tidak ditemukan" | "No such package",
            happened: "Paket {id} belum tercatat." | "Package {id} is not recorded.",
            next_step: "Periksa kode paketnya; bila baru saja dicatat, cobalah beberapa saat lagi."
                | "Check the package's id; if it was recorded just now, ask again with the min_position that the command answered.",
        }),
        ItemKind::Operator => problem!(language {
            title: "Penyedia tidak ditemukan" | "No such operator",
            happened: "Penyedia {id} belum tercatat." | "Operator {id} is not recorded.",
            next_step: "Periksa nomor penyedianya; bila baru saja dicatat, cobalah beberapa saat lagi."
                | "Check the operator's id; if it was recorded just now, ask again with the min_position that the command answered.",
        }),
        ItemKind::Contract => problem!(language {
            title: "Kontrak tidak ditemukan" | "No such contract",
            happened: "Kontrak {id} belum tercatat." | "Contract {id} is not recorded.",
            next_step: "Periksa nomor kontraknya; bila baru saja dicatat, cobalah beberapa saat lagi."
                | "Check the contract's id; if it was recorded just now, ask again with the min_position that the command answered.",
        }),
        ItemKind::Evaluation => problem!(language {
            title: "Evaluasi tidak ditemukan" | "No such evaluation",
            happened: "Penyedia ini tidak memiliki kontrak pada tahun {id}."
                | "This operator has no contract of {id}.",
            next_step: "Periksa tahunnya; bila baru saja dicatat, cobalah beberapa saat lagi."
                | "Check the year; if the contract was recorded just now, ask again with the min_position that the command answered.",
        }),
        ItemKind::Calendar => problem!(language {
            title: "Kalender tidak ditemukan" | "No such calendar",
            happened: "Belum ada hari libur yang ditetapkan untuk tahun {id}."
                | "No day of {id} was declared.",
            next_step: "Periksa tahunnya; bila baru saja dicatat, cobalah beberapa saat lagi."
                | "Check the year; if a day was declared just now, ask again with the min_position that the command answered.",
        }),
        ItemKind::Tile => problem!(language {
            title: "Berkas pohon bertanda tangan tidak ditemukan"
                | "No such file of the signed tree",
            happened: "Berkas {item} tidak ada." | "There is no {item}.",
            next_step: "Periksa alamatnya; pohon itu sampai sejauh yang disebut /log/checkpoint."
                | "Check the address; the tree goes as far as /log/checkpoint says.",
        }),
    }
}
