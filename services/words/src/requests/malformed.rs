//! The words of a request that cannot be read.
//!
//! The precise reason is English: it comes from the types that a request is read into. This module
//! recognizes the kind of a reason and says it in either language. A reason of no known kind is left out;
//! the field is named all the same.

use crate::{
    Language, fields,
    language::{list, say},
    problem_text::ProblemText,
    topics,
};

/// The facts and the next step, in one of two languages.
macro_rules! sentences {
    ($language:ident {
        happened: $happened_id:literal | $happened_en:literal,
        next_step: $next_id:literal | $next_en:literal $(,)?
    }) => {
        (
            say!($language, $happened_id, $happened_en),
            say!($language, $next_id, $next_en),
        )
    };
}

/// The text of `request.malformed` (400). `path` names the field; `.` is the whole body. `missing` holds the
/// paths of all required fields that are absent.
pub fn malformed(language: Language, path: &str, reason: &str, missing: &[String]) -> ProblemText {
    let (happened, next_step) = if missing.is_empty() {
        of_one_field(language, path, reason)
    } else {
        missing_fields(language, missing)
    };
    ProblemText {
        title: language.pick("Permintaan tidak sesuai", "Malformed request"),
        happened,
        next_step,
    }
}

fn missing_fields(language: Language, missing: &[String]) -> (String, String) {
    let labels = list(missing.iter().map(|path| name(path, language)));
    sentences!(language {
        happened: "Isian yang wajib diisi tetapi belum ada: {labels}."
            | "These fields are missing: {labels}.",
        next_step: "Lengkapi isian itu, lalu kirim ulang." | "Add them and send again.",
    })
}

fn of_one_field(language: Language, path: &str, reason: &str) -> (String, String) {
    if let Some(field) = quoted_after(reason, "missing field ") {
        return missing_fields(language, &[inside(path, field)]);
    }
    if let Some(field) = quoted_after(reason, "unknown field ") {
        let field = inside(path, field);
        return sentences!(language {
            happened: "Isian {field} tidak dikenal." | "There is no field {field}.",
            next_step: "Hapus atau periksa ejaannya, lalu kirim ulang."
                | "Remove it or check its spelling, then send again.",
        });
    }
    if let Some(field) = quoted_after(reason, "duplicate field ") {
        let field = name(&inside(path, field), language).to_owned();
        return sentences!(language {
            happened: "Isian {field} diberikan dua kali." | "The field {field} is given twice.",
            next_step: "Hapus salah satunya, lalu kirim ulang."
                | "Remove one of them, then send again.",
        });
    }
    if let Some(sentences) = sentences_of_its_own(language, path, reason) {
        return sentences;
    }
    let field = subject(path, language);
    match requirement(language, reason) {
        Some(must) => sentences!(language {
            happened: "{field} harus {must}." | "{field} must be {must}.",
            next_step: "Perbaiki, lalu kirim ulang." | "Correct it and send again.",
        }),
        // The reason is English, so Indonesian leaves it out.
        None => sentences!(language {
            happened: "{field} tidak sesuai." | "{field} cannot be read: {reason}.",
            next_step: "Periksa bentuknya di /docs, perbaiki, lalu kirim ulang."
                | "See its form at /docs, correct it and send again.",
        }),
    }
}

/// The field in the words of the reader, its path where it has no label.
fn name(path: &str, language: Language) -> &str {
    fields::label(path, language).unwrap_or(path)
}

fn subject(path: &str, language: Language) -> String {
    if path == "." {
        return language
            .pick("Isi permintaan", "The body of the request")
            .to_owned();
    }
    let name = name(path, language);
    say!(language, "Isian {name}", "The field {name}")
}

/// The path of a field that was noticed at its own path, or at that of the object around it.
fn inside(path: &str, field: &str) -> String {
    let whole = path == field || path.ends_with(&format!(".{field}"));
    match path {
        "." => field.to_owned(),
        _ if whole => path.to_owned(),
        around => format!("{around}.{field}"),
    }
}

/// The name in backquotes after a beginning.
fn quoted_after<'r>(reason: &'r str, beginning: &str) -> Option<&'r str> {
    reason
        .strip_prefix(beginning)?
        .strip_prefix('`')?
        .split('`')
        .next()
}

/// Reasons that no field's form explains: parameters, times, and bodies that are no JSON.
fn sentences_of_its_own(language: Language, path: &str, reason: &str) -> Option<(String, String)> {
    let field = name(path, language);
    Some(match reason {
        "is given twice" => sentences!(language {
            happened: "Parameter {field} diberikan dua kali."
                | "The parameter {field} is given twice.",
            next_step: "Hapus salah satunya." | "Remove one of them.",
        }),
        "is not a parameter of this query"
        | "is not a parameter of this stream"
        | "is not a parameter of commands" => {
            sentences!(language {
                happened: "Parameter {path} tidak dikenal di alamat ini."
                    | "This address has no parameter {path}.",
                next_step: "Hapus atau periksa ejaannya." | "Remove it or check its spelling.",
            })
        }
        "stands in the path, not behind the question mark" => sentences!(language {
            happened: "Parameter {field} merupakan bagian alamat, bukan parameter setelah tanda tanya."
                | "The parameter {field} stands in the path, not behind the question mark.",
            next_step: "Pindahkan ke alamat." | "Move it into the path.",
        }),
        "must be 1, or absent" => sentences!(language {
            happened: "Parameter {path} hanya boleh bernilai 1 atau tidak ada."
                | "The parameter {path} must be 1, or absent.",
            next_step: "Tulis {path}=1, atau hapus parameternya."
                | "Write {path}=1, or remove the parameter.",
        }),
        "the header is sent twice" => sentences!(language {
            happened: "Header {path} dikirim dua kali." | "The header {path} is sent twice.",
            next_step: "Kirim ulang dengan satu header {path}." | "Send one header {path}.",
        }),
        "the header is missing" => sentences!(language {
            happened: "Header {path} tidak ada." | "The header {path} is missing.",
            next_step: "Kirim ulang dengan header {path}." | "Send it with the header {path}.",
        }),
        "the body did not arrive in time" => sentences!(language {
            happened: "Isi permintaan tidak tiba pada waktunya."
                | "The body did not arrive in time.",
            next_step: "Periksa sambungan, lalu kirim ulang."
                | "Check the connection and send again.",
        }),
        "the body broke off" => sentences!(language {
            happened: "Isi permintaan terputus di tengah jalan." | "The body broke off.",
            next_step: "Periksa sambungan, lalu kirim ulang."
                | "Check the connection and send again.",
        }),
        _ => return of_moments(language, path, reason).or_else(|| no_json(language, reason)),
    })
}

/// Moments that the log does not reach.
fn of_moments(language: Language, path: &str, reason: &str) -> Option<(String, String)> {
    if let Some(end) = reason.strip_prefix("the log ends at position ") {
        return Some(sentences!(language {
            happened: "Parameter {path} melampaui catatan, yang berakhir pada posisi {end}."
                | "The parameter {path} is past the log, which ends at position {end}.",
            next_step: "Pilih posisi sampai {end}." | "Choose a position up to {end}.",
        }));
    }
    let now = reason.strip_prefix("lies in the future; it is ")?;
    let now = now.trim_end_matches(" now");
    Some(sentences!(language {
        happened: "Parameter {path} berada di masa depan; sekarang {now}."
            | "The parameter {path} lies in the future; it is {now} now.",
        next_step: "Pilih waktu yang sudah lewat." | "Choose a time that has passed.",
    }))
}

/// Faults of the text itself, before any field is read.
fn no_json(language: Language, reason: &str) -> Option<(String, String)> {
    const BEGINNINGS: [&str; 11] = [
        "EOF while",
        "expected ",
        "trailing ",
        "key must",
        "invalid escape",
        "invalid number",
        "control character",
        "lone ",
        "unexpected end",
        "recursion limit",
        "number out of range",
    ];
    let is_syntax = reason.contains(" at line ")
        && BEGINNINGS
            .iter()
            .any(|beginning| reason.starts_with(beginning));
    is_syntax.then(|| {
        sentences!(language {
            happened: "Isi permintaan bukan JSON yang sah." | "The body is no valid JSON.",
            next_step: "Periksa tanda kutip, koma, dan kurungnya, lalu kirim ulang."
                | "Check quotes, commas and brackets, then send again.",
        })
    })
}

/// The form that a field must have, as the end of a sentence.
fn requirement(language: Language, reason: &str) -> Option<String> {
    if let Some((_, expected)) = reason.split_once("must be ") {
        let expected = expected.split(" at line ").next()?;
        return match language {
            Language::English => Some(expected.to_owned()),
            Language::Indonesian => of_our_types(expected),
        };
    }
    if reason.starts_with("unknown variant ") {
        let options = reason.split_once(", expected ")?.1;
        let codes: Vec<_> = options.split('`').skip(1).step_by(2).collect();
        let options = topics::code_options(language, &codes);
        return Some(say!(
            language,
            "salah satu dari {options}",
            "one of {options}"
        ));
    }
    if reason.starts_with("UUID parsing failed") {
        return Some(say!(language, "berupa UUID", "a UUID"));
    }
    if reason.starts_with("must not be empty") {
        return Some(say!(
            language,
            "diisi dan tidak boleh kosong",
            "filled, not empty"
        ));
    }
    if let Some((_, rest)) = reason.split_once("must not be longer than ") {
        let most = rest.split(' ').next()?;
        return Some(say!(
            language,
            "paling panjang {most} huruf",
            "at most {most} characters long"
        ));
    }
    if let Some(only) = reason.strip_prefix("can only be ") {
        return Some(only.to_owned());
    }
    let misread = ["invalid type: ", "invalid value: ", "invalid length "];
    misread
        .iter()
        .any(|beginning| reason.starts_with(beginning))
        .then_some(())?;
    let expected = reason.rsplit_once("expected ")?.1;
    kind_of_json(language, expected.split(" at line ").next()?)
}

/// The Indonesian of a form that a type of ours states.
fn of_our_types(expected: &str) -> Option<String> {
    let form = match expected {
        "a UUID" => "berupa UUID",
        "1 to 32 of a-z, 0-9 and -" => {
            "terdiri atas 1 sampai 32 huruf kecil, angka, atau tanda hubung"
        }
        "1 to 64 of a-z, 0-9 and -" => {
            "terdiri atas 1 sampai 64 huruf kecil, angka, atau tanda hubung"
        }
        "1 to 64 of A-Z, a-z, 0-9, dot, underscore and -" => {
            "terdiri atas 1 sampai 64 huruf, angka, titik, garis bawah, atau tanda hubung"
        }
        "without a NIK or a NIP: at most 15 digits in a row, or a UUID" => {
            "tanpa NIK atau NIP: paling banyak 15 angka berurutan, atau sebuah UUID"
        }
        "16 digits" => "terdiri atas 16 angka",
        "18 digits" => "terdiri atas 18 angka",
        "one line" => "berupa satu baris saja",
        "a region code of 2, 4, 6 or 10 digits, with dots or without" => {
            "berupa kode wilayah dari 2, 4, 6, atau 10 angka, dengan atau tanpa titik"
        }
        "WNI, WNA or the name of a country in letters" => "WNI, WNA, atau nama negara dalam huruf",
        "an e-mail address" => "berupa alamat surel",
        "64 hexadecimal digits" => "terdiri atas 64 angka heksadesimal",
        "a decimal string from 0 to 1000000000000000" => {
            "berupa jumlah uang dari 0 sampai 1000000000000000, tanpa titik ribuan"
        }
        "a decimal string from 0 to 4 with at most 3 decimals" => {
            "berupa bilangan dari 0 sampai 4 dengan paling banyak 3 angka desimal"
        }
        "YYYY-MM" => "berupa bulan yang ada, misalnya 2020-10",
        "a day that exists, YYYY-MM-DD" => "berupa tanggal yang ada, misalnya 2020-10-01",
        "package/<slug>, operator/<uuid> or calendar/<year>" => {
            "berbentuk package/<kode>, operator/<nomor>, atau calendar/<tahun>"
        }
        "a position, 0 or more" | "a position of the log, a whole number" => {
            "berupa posisi, 0 atau lebih"
        }
        "the `next` of an earlier answer" => "berasal dari jawaban sebelumnya",
        moment if moment.starts_with("a position of the log, 1 or more, or an RFC 3339 time") => {
            "berupa posisi dalam catatan, 1 atau lebih, atau waktu dengan zonanya, misalnya 2020-12-01T08:00:00Z"
        }
        other => {
            return match other.strip_prefix("without invisible characters, and holds ") {
                Some(held) => Some(format!(
                    "tanpa huruf yang tidak terlihat; isian ini memuat {}",
                    held
                )),
                None => of_range(other),
            };
        }
    };
    Some(form.to_owned())
}

/// The Indonesian of a range such as `from 1 to 500`.
fn of_range(range: &str) -> Option<String> {
    let (least, most) = range.strip_prefix("from ")?.split_once(" to ")?;
    let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    (number(least) && number(most)).then(|| format!("berupa bilangan dari {least} sampai {most}"))
}

/// The kind of JSON that serde expected, without the names of types.
fn kind_of_json(language: Language, expected: &str) -> Option<String> {
    let kind = match expected {
        "a string" => language.pick("berupa teks", "a text"),
        "a boolean" => language.pick("berupa true atau false", "true or false"),
        "an object" => language.pick("berupa objek JSON", "a JSON object"),
        "a list" => language.pick("berupa daftar", "a list"),
        _ if expected.contains("UUID") => language.pick("berupa UUID", "a UUID"),
        "a whole number" => language.pick(
            "berupa bilangan bulat dalam batas yang wajar",
            "a whole number within its bounds",
        ),
        _ => return None,
    };
    Some(kind.to_owned())
}
