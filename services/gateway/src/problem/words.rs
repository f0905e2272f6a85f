//! What the problems of requests say, in Indonesian and English: a title that names the case, and a
//! detail that tells what to do next. What rules say is in `jejak_events::rejection::words`.

use jejak_bus::{Problem, RequestProblem};
use jejak_events::rejection::{
    self,
    words::{Language, Words},
};

use super::{malformed, unknown};

/// The words of a problem.
pub(crate) fn of(problem: &Problem, language: Language) -> Words {
    match problem {
        Problem::Rejected(rejection) => rejection::words::words(rejection, language),
        Problem::Request(problem) => match language {
            Language::Id => indonesian(problem),
            Language::En => english(problem),
        },
    }
}

fn words(title: &str, detail: impl Into<String>) -> Words {
    Words {
        title: title.to_owned(),
        detail: detail.into(),
    }
}

fn indonesian(problem: &RequestProblem) -> Words {
    use RequestProblem as P;
    match problem {
        P::Malformed { path, reason } => {
            words("Permintaan tidak sesuai", malformed::detail(path, reason))
        }
        P::TokenInvalid { reason } => words("Token tidak sah", token_id(reason)),
        P::RoleMissing { own_only: true, .. } => words(
            "Bukan data Anda",
            "Dengan token ini Anda hanya melihat data tentang diri Anda sendiri. Tanyakan dengan nomor penyedia Anda; selebihnya mintalah kepada kantor.",
        ),
        P::RoleMissing {
            needed,
            own_only: false,
        } => words(
            "Peran tidak mencukupi",
            format!(
                "Untuk ini token harus memuat salah satu peran berikut: {}. Mintalah token dengan peran itu kepada admin.",
                needed.join(", ")
            ),
        ),
        P::Unknown { path } => words(
            "Alamat tidak dikenal",
            format!("Tidak ada {path}. Semua alamat tercantum di /docs."),
        ),
        P::ItemUnknown { thing, item } => unknown::words(*thing, item, Language::Id),
        P::MethodNotAllowed { allowed } => words(
            "Metode tidak diizinkan",
            format!(
                "Alamat ini hanya menerima {}. Kirim lagi dengan itu; /docs menjelaskan alamatnya.",
                allowed.join(", ")
            ),
        ),
        P::Contended { attempts } => words(
            "Berbarengan dengan perintah lain",
            format!(
                "Perubahan lain selalu mendahului dalam {attempts} percobaan. Tidak ada yang dicatat; kirim lagi dengan Idempotency-Key yang sama."
            ),
        ),
        P::TooLarge { limit_bytes } => words(
            "Isi permintaan terlalu besar",
            format!("Paling besar {limit_bytes} bita. Persingkat teksnya, lalu kirim lagi."),
        ),
        P::UnsupportedMediaType { expected } => words(
            "Jenis isi tidak didukung",
            format!("Kirim JSON dengan tajuk Content-Type: {expected}."),
        ),
        P::TooMany { retry_after_s } => words(
            "Terlalu banyak permintaan",
            format!("Semua tempat sedang terpakai. Coba lagi setelah {retry_after_s} detik."),
        ),
        P::Fault { incident } => words(
            "Kesalahan sistem",
            format!("Ini kesalahan kami, bukan Anda. Sampaikan nomor {incident} kepada pengelola."),
        ),
        P::LogUnavailable { retry_after_s } => words(
            "Catatan tidak dapat dijangkau",
            format!(
                "Belum ada keputusan, atau aman diulang dengan Idempotency-Key yang sama. Coba lagi setelah {retry_after_s} detik."
            ),
        ),
        P::ServiceUnavailable {
            service,
            retry_after_s,
        } => words(
            "Layanan tidak berjalan",
            format!(
                "Layanan {service} tidak menjawab. Coba lagi setelah {retry_after_s} detik; bila berlanjut, hubungi pengelola."
            ),
        ),
        P::ViewStopped {
            view,
            position,
            reason,
        } => words(
            "Tampilan terhenti",
            format!(
                "Tampilan {view} terhenti di posisi {position}: {reason}. Hubungi pengelola; pencatatan tetap berjalan."
            ),
        ),
        P::ViewBehind {
            view,
            position,
            min_position,
            lag,
        } => words(
            "Tampilan belum mutakhir",
            format!(
                "Tampilan {view} baru sampai posisi {position}, diminta {min_position}, tertinggal {lag}. Tanyakan lagi sebentar lagi."
            ),
        ),
    }
}

fn english(problem: &RequestProblem) -> Words {
    use RequestProblem as P;
    match problem {
        P::Malformed { path, reason } => words(
            "Malformed request",
            format!("The field {path} cannot be read: {reason}. Correct it and send again."),
        ),
        P::TokenInvalid { reason } => words("Invalid token", token_en(reason)),
        P::RoleMissing { own_only: true, .. } => words(
            "Not about you",
            "With this token you see only what is about yourself. Ask with your own operator id; for anything else, ask the office.",
        ),
        P::RoleMissing {
            needed,
            own_only: false,
        } => words(
            "Role missing",
            format!(
                "The token needs one of these roles: {}. Ask the administration for a token that has it.",
                needed.join(", ")
            ),
        ),
        P::Unknown { path } => words(
            "Unknown address",
            format!("There is no {path}. All addresses are listed at /docs."),
        ),
        P::ItemUnknown { thing, item } => unknown::words(*thing, item, Language::En),
        P::MethodNotAllowed { allowed } => words(
            "Method not allowed",
            format!(
                "This address takes only {}. Send again with that; /docs explains the address.",
                allowed.join(", ")
            ),
        ),
        P::Contended { attempts } => words(
            "Contended",
            format!(
                "Other changes came first in each of {attempts} attempts. Nothing was recorded; send again with the same Idempotency-Key."
            ),
        ),
        P::TooLarge { limit_bytes } => words(
            "Body too large",
            format!("At most {limit_bytes} bytes. Shorten the texts and send again."),
        ),
        P::UnsupportedMediaType { expected } => words(
            "Unsupported media type",
            format!("Send JSON with the header Content-Type: {expected}."),
        ),
        P::TooMany { retry_after_s } => words(
            "Too many requests",
            format!("All places are taken. Try again in {retry_after_s} seconds."),
        ),
        P::Fault { incident } => words(
            "System fault",
            format!(
                "This is our fault, not yours. Tell those who run the system the number {incident}."
            ),
        ),
        P::LogUnavailable { retry_after_s } => words(
            "Log unavailable",
            format!(
                "Nothing was decided, or it is safe to repeat with the same Idempotency-Key. Try again in {retry_after_s} seconds."
            ),
        ),
        P::ServiceUnavailable {
            service,
            retry_after_s,
        } => words(
            "Service unavailable",
            format!(
                "The service {service} does not answer. Try again in {retry_after_s} seconds; if it lasts, tell those who run the system."
            ),
        ),
        P::ViewStopped {
            view,
            position,
            reason,
        } => words(
            "View stopped",
            format!(
                "The view {view} stopped at position {position}: {reason}. Tell those who run the system; recording goes on."
            ),
        ),
        P::ViewBehind {
            view,
            position,
            min_position,
            lag,
        } => words(
            "View behind",
            format!(
                "The view {view} is at position {position}, {min_position} was asked for, {lag} to go. Ask again in a moment."
            ),
        ),
    }
}

fn token_id(reason: &str) -> String {
    let what = match reason {
        "missing" => "Sertakan tajuk Authorization: Bearer <token>.",
        "expired" => "Masa berlaku token sudah habis. Mintalah token baru.",
        "not_yet_valid" => {
            "Token belum berlaku. Periksa jam komputer Anda atau mintalah token baru."
        }
        "audience" => "Token dibuat untuk layanan lain. Mintalah token untuk layanan ini.",
        "claims" => {
            "Token tidak memuat sub, roles, dan exp sebagaimana mestinya. Mintalah token baru."
        }
        _ => "Token bukan dari penerbit yang dikenal. Mintalah token baru.",
    };
    what.to_owned()
}

fn token_en(reason: &str) -> String {
    let what = match reason {
        "missing" => "Send the header Authorization: Bearer <token>.",
        "expired" => "The token has expired. Ask for a new one.",
        "not_yet_valid" => "The token is not valid yet. Check your clock, or ask for a new one.",
        "audience" => "The token is for another service. Ask for one for this service.",
        "claims" => "The token does not carry sub, roles and exp as it should. Ask for a new one.",
        _ => "The token is not from the known issuer. Ask for a new one.",
    };
    what.to_owned()
}
