//! What is said in Indonesian of a malformed field. The precise reason is English: it comes from the types
//! a request is read into, and stays in the document's `reason`. Here its kind is told, in words of our
//! own; a reason of no kind known here is not repeated, but the field is named all the same.

/// The detail: which field, what is wrong with it, what to do next.
pub(super) fn detail(path: &str, reason: &str) -> String {
    let field = if path == "." {
        "Isi permintaan".to_owned()
    } else {
        format!("Isian {path}")
    };
    if let Some(name) = quoted_after(reason, "missing field ") {
        return format!(
            "Isian {} wajib ada. Lengkapi, lalu kirim lagi.",
            inside(path, name)
        );
    }
    if let Some(name) = quoted_after(reason, "unknown field ") {
        let name = inside(path, name);
        return format!(
            "Isian {name} tidak dikenal. Hapus atau periksa ejaannya, lalu kirim lagi."
        );
    }
    if let Some(name) = quoted_after(reason, "duplicate field ") {
        return format!("Isian {name} ada dua kali. Hapus salah satunya, lalu kirim lagi.");
    }
    if let Some(told) = of_its_own(path, reason) {
        return told;
    }
    match must_be(reason) {
        Some(must) => format!("{field} harus {must}. Perbaiki, lalu kirim lagi."),
        None => {
            format!("{field} tidak sesuai. Periksa bentuknya di /docs, perbaiki, lalu kirim lagi.")
        }
    }
}

/// The path of a field, from the path it was noticed at: its own, or that of the object around it.
fn inside(path: &str, name: &str) -> String {
    let whole = path == name || path.ends_with(&format!(".{name}"));
    match path {
        "." => name.to_owned(),
        _ if whole => path.to_owned(),
        around => format!("{around}.{name}"),
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

const LOG_ENDS: &str = "the log ends at position ";
const IN_FUTURE: &str = "lies in the future; it is ";

/// Reasons with a sentence of their own: what is wrong is not what a field holds.
fn of_its_own(path: &str, reason: &str) -> Option<String> {
    let told = match reason {
        "is given twice" => format!("Parameter {path} diberikan dua kali. Hapus salah satunya."),
        "is not a parameter of this query" | "is not a parameter of this stream" => {
            format!("Parameter {path} tidak dikenal di alamat ini. Hapus atau periksa ejaannya.")
        }
        "stands in the path, not behind the question mark" => {
            format!(
                "Parameter {path} berada dalam alamat, bukan di belakang tanda tanya. Pindahkan ke alamat."
            )
        }
        "the body did not arrive in time" => {
            "Isi permintaan tidak tiba pada waktunya. Periksa sambungan, lalu kirim lagi.".to_owned()
        }
        "the body broke off" => {
            "Isi permintaan terputus di tengah jalan. Periksa sambungan, lalu kirim lagi.".to_owned()
        }
        _ if reason.starts_with(LOG_ENDS) => {
            let end = &reason[LOG_ENDS.len()..];
            format!(
                "Isian {path} melampaui catatan, yang berakhir pada posisi {end}. Pilih posisi sampai {end}."
            )
        }
        _ if reason.starts_with(IN_FUTURE) => {
            let now = reason[IN_FUTURE.len()..].trim_end_matches(" now");
            format!("Isian {path} berada di masa depan; sekarang {now}. Pilih waktu yang sudah lewat.")
        }
        _ if is_no_json(reason) => {
            "Isi permintaan bukan JSON yang sah. Periksa tanda kutip, koma, dan kurungnya, lalu kirim lagi."
                .to_owned()
        }
        _ => return None,
    };
    Some(told)
}

/// Faults of the text itself, before any field is read.
fn is_no_json(reason: &str) -> bool {
    let syntax = [
        "EOF while",
        "expected ",
        "trailing ",
        "key must",
        "invalid escape",
        "invalid number",
    ];
    let rest = [
        "control character",
        "lone ",
        "unexpected end",
        "recursion limit",
        "number out of range",
    ];
    reason.contains(" at line ")
        && syntax
            .iter()
            .chain(&rest)
            .any(|beginning| reason.starts_with(beginning))
}

/// What the field must be.
fn must_be(reason: &str) -> Option<String> {
    if let Some(expected) = reason.split_once("must be ").map(|(_, expected)| expected) {
        return of_our_types(expected);
    }
    if reason.starts_with("unknown variant ") {
        let options = reason.split_once(", expected ")?.1;
        let options: Vec<&str> = options.split('`').skip(1).step_by(2).collect();
        return Some(format!("salah satu dari {}", options.join(", ")));
    }
    if reason.starts_with("UUID parsing failed") {
        return Some("UUID".to_owned());
    }
    if reason.starts_with("must not be empty") {
        return Some("diisi; tidak boleh kosong".to_owned());
    }
    if let Some(rest) = reason
        .split_once("must not be longer than ")
        .map(|(_, rest)| rest)
    {
        return Some(format!("paling panjang {} huruf", rest.split(' ').next()?));
    }
    if reason.starts_with("can only be ") {
        return Some(reason.trim_start_matches("can only be ").to_owned());
    }
    let misread = ["invalid type: ", "invalid value: ", "invalid length "];
    misread
        .iter()
        .any(|beginning| reason.starts_with(beginning))
        .then_some(())?;
    of_serde(
        reason
            .rsplit_once("expected ")?
            .1
            .split(" at line ")
            .next()?,
    )
}

/// What our own types say they must be.
fn of_our_types(expected: &str) -> Option<String> {
    let expected = expected.split(" at line ").next()?;
    let told = match expected {
        "a UUID" => "UUID",
        "1 to 32 of a-z, 0-9 and -" => "1 sampai 32 huruf kecil a-z, angka, atau tanda hubung",
        "1 to 64 of a-z, 0-9 and -" => "1 sampai 64 huruf kecil a-z, angka, atau tanda hubung",
        "1 to 64 of A-Z, a-z, 0-9, dot, underscore and -" => {
            "1 sampai 64 huruf, angka, titik, garis bawah, atau tanda hubung"
        }
        "16 digits" => "16 angka",
        "18 digits" => "18 angka",
        "64 hexadecimal digits" => "64 angka heksadesimal",
        "a decimal string from 0 to 1000000000000000" => {
            "jumlah uang: teks desimal dari 0 sampai 1000000000000000"
        }
        "a decimal string from 0 to 4 with at most 3 decimals" => {
            "teks desimal dari 0 sampai 4, paling banyak 3 angka desimal"
        }
        "YYYY-MM" => "bulan yang ada, berbentuk YYYY-MM",
        "a day that exists, YYYY-MM-DD" => "tanggal yang ada, berbentuk YYYY-MM-DD",
        "package/<slug>, operator/<uuid> or calendar/<year>" => {
            "package/<kode>, operator/<uuid>, atau calendar/<tahun>"
        }
        "a position, 0 or more" => "posisi, 0 atau lebih",
        "the `next` of an earlier answer" => "nilai next dari jawaban sebelumnya",
        moment if moment.starts_with("a position of the log, 1 or more, or an RFC 3339 time") => {
            "posisi dalam catatan, 1 atau lebih, atau waktu RFC 3339 dengan zonanya, misalnya 2020-12-01T08:00:00Z"
        }
        range => return range_of(range),
    };
    Some(told.to_owned())
}

/// `from 1 to 500`.
fn range_of(range: &str) -> Option<String> {
    let (least, most) = range.strip_prefix("from ")?.split_once(" to ")?;
    let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    (number(least) && number(most)).then(|| format!("bilangan dari {least} sampai {most}"))
}

/// What serde says it expected.
fn of_serde(expected: &str) -> Option<String> {
    let number =
        |name: &str| name.starts_with(['u', 'i']) && name[1..].bytes().all(|b| b.is_ascii_digit());
    let told = match expected {
        "a string" | "a borrowed string" | "string or map" => "teks",
        "a boolean" => "true atau false",
        "an object" | "a map" => "objek JSON",
        "a sequence" => "larik JSON",
        _ if expected.starts_with("struct ") => "objek JSON",
        _ if expected.contains("UUID") => "UUID",
        _ if expected.len() > 1 && expected.is_ascii() && number(expected) => {
            "bilangan bulat dalam batas yang wajar"
        }
        _ => return None,
    };
    Some(told.to_owned())
}

#[cfg(test)]
mod tests;
