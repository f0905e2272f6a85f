//! The words of requests that have no answer: a title that names the case, and the next step.
//!
//! The cases themselves are data of `jejak-bus`; the gateway passes their numbers in.

mod malformed;
mod services;
mod things;

use crate::{
    Language,
    language::{joined, list},
    pages::{ErrorPage, page},
    problem_text::{ProblemText, problem},
};

pub use malformed::malformed;
pub use services::service_label;
pub use things::item_unknown;

/// The pages of these cases.
pub(crate) const PAGES: &[ErrorPage] = &[
    page!("request.malformed"),
    page!("token.invalid"),
    page!("role.missing"),
    page!("request.unknown"),
    page!("request.method_not_allowed"),
    page!("command.contended"),
    page!("request.too_large"),
    page!("list.too_long"),
    page!("request.unsupported_media_type"),
    page!("request.too_many"),
    page!("system.fault"),
    page!("log.unavailable"),
    page!("log.unreadable"),
    page!("service.unavailable"),
    page!("view.stopped"),
    page!("view.behind"),
    page!("evaluation.unknown"),
    page!("calendar.unknown"),
    page!("tile.unknown"),
];

/// The text of `token.invalid` (401). `reason` is one of `missing`, `expired`, `not_yet_valid`, `audience`,
/// `issuer`, `claims`, `critical`, `revoked` and `signature`.
pub fn token_invalid(language: Language, reason: &str) -> ProblemText {
    match reason {
        "missing" => problem!(language {
            title: "Token tidak sah" | "Invalid token",
            happened: "Permintaan ini tidak menyertakan token." | "The request has no token.",
            next_step: "Sertakan token pada Authorization: Bearer <token>."
                | "Send the header Authorization: Bearer <token>.",
        }),
        "expired" => problem!(language {
            title: "Token tidak sah" | "Invalid token",
            happened: "Masa berlaku token sudah habis." | "The token has expired.",
            next_step: "Minta token baru." | "Ask for a new one.",
        }),
        "not_yet_valid" => problem!(language {
            title: "Token tidak sah" | "Invalid token",
            happened: "Token belum berlaku." | "The token is not valid yet.",
            next_step: "Periksa jam komputer Anda, atau minta token baru."
                | "Check your clock, or ask for a new one.",
        }),
        "audience" => problem!(language {
            title: "Token tidak sah" | "Invalid token",
            happened: "Token ini diterbitkan untuk layanan lain."
                | "The token is for another service.",
            next_step: "Minta token untuk layanan ini." | "Ask for one for this service.",
        }),
        "issuer" => problem!(language {
            title: "Token tidak sah" | "Invalid token",
            happened: "Token ini berasal dari penerbit lain." | "The token is of another issuer.",
            next_step: "Minta token kepada penerbit kantor ini."
                | "Ask the issuer of this office for one.",
        }),
        "critical" => problem!(language {
            title: "Token tidak sah" | "Invalid token",
            happened: "Token memuat crit, yaitu aturan tambahan yang tidak dikenal di sini."
                | "The token carries crit: it names an extension that is not known here.",
            next_step: "Minta token tanpa crit." | "Ask for a token without crit.",
        }),
        "revoked" => problem!(language {
            title: "Token tidak sah" | "Invalid token",
            happened: "Token ini sudah dicabut." | "The token was revoked.",
            next_step: "Minta token baru kepada admin." | "Ask the administrator for a new one.",
        }),
        "subject" => problem!(language {
            title: "Token tidak sah" | "Invalid token",
            happened: "Isi sub pada token tidak sesuai dengan perannya: officer memakai NIP 18 angka, operator memakai UUID penyedia, dan NIK tidak diterima."
                | "The `sub` of the token does not fit its role: an officer has a NIP of 18 digits, an operator the UUID of his record, and a NIK is not accepted.",
            next_step: "Minta token baru kepada admin." | "Ask the administrator for a new one.",
        }),
        "claims" => problem!(language {
            title: "Token tidak sah" | "Invalid token",
            happened: "Token tidak menyebutkan siapa pemegangnya, apa perannya, atau sampai kapan berlaku."
                | "The token does not say who holds it, in which role, or until when: it needs `sub`, `roles` and `exp`.",
            next_step: "Minta token baru." | "Ask for a new one.",
        }),
        _ => problem!(language {
            title: "Token tidak sah" | "Invalid token",
            happened: "Token tidak berasal dari penerbit yang dikenal."
                | "The token is not from the known issuer.",
            next_step: "Minta token baru." | "Ask for a new one.",
        }),
    }
}

/// The text of `role.missing` (403) for an operator without access to the data of others.
pub fn not_own_data(language: Language) -> ProblemText {
    problem!(language {
        title: "Bukan data Anda" | "Not about you",
        happened: "Dengan token ini Anda hanya dapat melihat data tentang diri Anda sendiri."
            | "With this token you see only data about yourself.",
        next_step: "Gunakan nomor penyedia Anda; untuk data lain, hubungi kantor."
            | "Ask with your own operator id; for anything else, ask the office.",
    })
}

/// The text of `role.missing` (403). Each of the `needed` roles is enough.
pub fn role_missing(language: Language, needed: &[String]) -> ProblemText {
    let needed = list(needed.iter().map(|role| role_label(role, language)));
    problem!(language {
        title: "Peran tidak mencukupi" | "Role missing",
        happened: "Token harus memuat salah satu peran berikut: {needed}."
            | "The token needs one of these roles: {needed}.",
        next_step: "Minta token dengan peran itu kepada admin."
            | "Ask the administrator for a token that has it.",
    })
}

fn role_label(role: &str, language: Language) -> &str {
    match role {
        "officer" => language.pick("pejabat", "officer"),
        "operator" => language.pick("penyedia", "operator"),
        "service" => language.pick("layanan", "service"),
        other => other,
    }
}

/// The text of `request.unknown` (404): the path or the command does not exist.
pub fn address_unknown(language: Language, path: &str) -> ProblemText {
    problem!(language {
        title: "Alamat tidak dikenal" | "Unknown address",
        happened: "Alamat {path} tidak ada." | "There is no {path}.",
        next_step: "Periksa alamatnya; semua alamat tercantum di /docs."
            | "Check the address; all addresses are listed at /docs.",
    })
}

/// The text of `request.method_not_allowed` (405).
pub fn method_not_allowed(language: Language, allowed: &[String]) -> ProblemText {
    let allowed = joined(", ", allowed);
    problem!(language {
        title: "Metode tidak diizinkan" | "Method not allowed",
        happened: "Alamat ini hanya menerima metode {allowed}."
            | "This address takes only {allowed}.",
        next_step: "Kirim ulang dengan metode itu; penjelasan alamat ini ada di /docs."
            | "Send again with that; /docs explains the address.",
    })
}

/// The text of `command.contended` (409). Only commands meet this case.
pub fn contended(language: Language, attempts: u32) -> ProblemText {
    problem!(language {
        title: "Bersamaan dengan perintah lain" | "Contended",
        happened: "Perubahan lain selalu mendahului dalam {attempts} kali percobaan, dan tidak ada yang dicatat."
            | "Other changes came first in each of {attempts} attempts, and nothing was recorded.",
        next_step: "Kirim ulang dengan Idempotency-Key yang sama."
            | "Send again with the same Idempotency-Key.",
    })
}

/// The text of `list.too_long` (413): a table of the list would have too many rows.
pub fn list_too_long(language: Language, limit_rows: u64) -> ProblemText {
    problem!(language {
        title: "Daftar terlalu panjang" | "List too long",
        happened: "Daftar ini lebih dari {limit_rows} baris, melebihi batas satu tabel."
            | "The list has more than {limit_rows} rows, which is the most of one table.",
        next_step: "Persempit dengan penyaring, misalnya paket atau tahun, lalu unduh per bagian."
            | "Narrow it by a filter, such as the package or the year, and load it in parts.",
    })
}

/// The text of `request.too_large` (413).
pub fn too_large(language: Language, limit_bytes: u64) -> ProblemText {
    problem!(language {
        title: "Isi permintaan terlalu besar" | "Body too large",
        happened: "Isi permintaan paling besar {limit_bytes} byte."
            | "A body has at most {limit_bytes} bytes.",
        next_step: "Persingkat teksnya, lalu kirim ulang." | "Shorten the texts and send again.",
    })
}

/// The text of `request.unsupported_media_type` (415).
pub fn unsupported_media_type(language: Language, expected: &str) -> ProblemText {
    problem!(language {
        title: "Jenis isi tidak didukung" | "Unsupported media type",
        happened: "Isi permintaan harus berupa JSON." | "The body must be JSON.",
        next_step: "Kirim ulang dengan Content-Type: {expected}."
            | "Send it with the header Content-Type: {expected}.",
    })
}

/// The text of `request.unsupported_media_type` (415) for a body with a `Content-Encoding`.
pub fn compressed(language: Language) -> ProblemText {
    problem!(language {
        title: "Jenis isi tidak didukung" | "Unsupported media type",
        happened: "Isi permintaan tidak boleh dimampatkan." | "The body must not be compressed.",
        next_step: "Kirim ulang tanpa Content-Encoding."
            | "Send it without the header Content-Encoding.",
    })
}

/// The text of `request.too_many` (429) for a caller who holds his share of the places.
pub fn share_taken(language: Language, retry_after_s: u64) -> ProblemText {
    problem!(language {
        title: "Terlalu banyak permintaan" | "Too many requests",
        happened: "Permintaan Anda yang sedang dilayani sudah mencapai jatah satu pengguna."
            | "You have as many requests in hand as one caller may have.",
        next_step: "Tunggu sampai sebagian selesai, lalu coba lagi setelah {retry_after_s} detik."
            | "Let some of them end, and try again in {retry_after_s} seconds.",
    })
}

/// The text of `request.too_many` (429).
pub fn too_many(language: Language, retry_after_s: u64) -> ProblemText {
    problem!(language {
        title: "Terlalu banyak permintaan" | "Too many requests",
        happened: "Sistem sedang melayani permintaan sebanyak yang dapat dilayani."
            | "All places are taken.",
        next_step: "Coba lagi setelah {retry_after_s} detik."
            | "Try again in {retry_after_s} seconds.",
    })
}

/// The text of `system.fault` (500). The fault was logged under `incident`.
pub fn fault(language: Language, incident: &str) -> ProblemText {
    problem!(language {
        title: "Kesalahan sistem" | "System fault",
        happened: "Terjadi kesalahan pada sistem, bukan pada permintaan Anda."
            | "This is our fault, not yours.",
        next_step: "Sampaikan nomor {incident} kepada pengelola sistem."
            | "Tell the administrator the number {incident}.",
    })
}

/// The text of `log.unavailable` (503). Only a command has an `Idempotency-Key` to repeat.
pub fn log_unavailable(language: Language, is_command: bool, retry_after_s: u64) -> ProblemText {
    if is_command {
        problem!(language {
            title: "Catatan tidak dapat dijangkau" | "Log unavailable",
            happened: "Perintah ini belum diputuskan, atau jawabannya tidak sampai."
                | "The command was not decided, or its answer was lost.",
            next_step: "Kirim ulang setelah {retry_after_s} detik dengan Idempotency-Key yang sama; perintah tidak akan tercatat dua kali."
                | "Send again in {retry_after_s} seconds with the same Idempotency-Key; nothing is recorded twice.",
        })
    } else {
        problem!(language {
            title: "Catatan tidak dapat dijangkau" | "Log unavailable",
            happened: "Data sedang tidak dapat dibaca." | "The data cannot be read at the moment.",
            next_step: "Coba lagi setelah {retry_after_s} detik."
                | "Try again in {retry_after_s} seconds.",
        })
    }
}

/// The text of `log.unreadable` (503). The reason is English, so Indonesian leaves it out.
pub fn log_unreadable(
    language: Language,
    is_command: bool,
    position: u64,
    reason: &str,
) -> ProblemText {
    if is_command {
        problem!(language {
            title: "Catatan tidak dapat dibaca" | "Log unreadable",
            happened: "Perintah ini belum diputuskan: catatan pada posisi {position} bukan peristiwa."
                | "The command was not decided: position {position} of the log holds no event, {reason}.",
            next_step: "Hubungi pengelola sistem, lalu kirim ulang dengan Idempotency-Key yang sama."
                | "Tell the administrator, then send again with the same Idempotency-Key.",
        })
    } else {
        problem!(language {
            title: "Catatan tidak dapat dibaca" | "Log unreadable",
            happened: "Data tidak dapat dibaca: catatan pada posisi {position} bukan peristiwa."
                | "The data cannot be read: position {position} of the log holds no event, {reason}.",
            next_step: "Hubungi pengelola sistem." | "Tell the administrator.",
        })
    }
}

/// The text of `service.unavailable` (503).
pub fn service_unavailable(language: Language, service: &str, retry_after_s: u64) -> ProblemText {
    if service == "jwks" {
        return key_set_too_old(language, retry_after_s);
    }
    let label = services::subject(service, language);
    problem!(language {
        title: "Layanan tidak berjalan" | "Service unavailable",
        happened: "{label} sedang tidak dapat dilayani."
            | "{label} cannot be served: the service {service} does not answer.",
        next_step: "Coba lagi setelah {retry_after_s} detik; bila berlanjut, hubungi pengelola sistem."
            | "Try again in {retry_after_s} seconds; if it lasts, tell the administrator.",
    })
}

fn key_set_too_old(language: Language, retry_after_s: u64) -> ProblemText {
    problem!(language {
        title: "Layanan tidak berjalan" | "Service unavailable",
        happened: "Kunci penerbit token tidak dapat diambil, dan kunci yang lama tidak dipakai lagi."
            | "The token issuer does not give its keys, and older keys are not used any more.",
        next_step: "Coba lagi setelah {retry_after_s} detik; bila berlanjut, hubungi pengelola sistem."
            | "Try again in {retry_after_s} seconds; if it lasts, tell the administrator.",
    })
}

/// The text of `view.stopped` (503). The reason is English, so Indonesian leaves it out.
pub fn view_stopped(language: Language, view: &str, position: u64, reason: &str) -> ProblemText {
    let label = services::subject(view, language);
    problem!(language {
        title: "Data sedang tidak terbaca" | "View stopped",
        happened: "{label} sedang tidak terbaca sejak posisi {position}."
            | "{label} cannot be read: the view stopped at position {position}, {reason}.",
        next_step: "Hubungi pengelola sistem; pencatatan tetap berjalan."
            | "Tell the administrator; recording goes on.",
    })
}

/// The text of `view.behind` (504).
pub fn view_behind(
    language: Language,
    view: &str,
    position: u64,
    min_position: u64,
) -> ProblemText {
    let label = services::subject(view, language);
    problem!(language {
        title: "Data belum mutakhir" | "View behind",
        happened: "{label} baru sampai posisi {position}, sedangkan yang diminta posisi {min_position}."
            | "{label} is at position {position}, {min_position} was asked for.",
        next_step: "Cobalah beberapa saat lagi." | "Ask again in a moment.",
    })
}
