//! The language of an answer (RFC 9110, Accept-Language): Indonesian, unless the request prefers
//! English.

use axum::http::{HeaderMap, header::ACCEPT_LANGUAGE};
use jejak_words::Language;

/// The language for a request with these headers.
pub(crate) fn of(headers: &HeaderMap) -> Language {
    if !headers.contains_key(ACCEPT_LANGUAGE) {
        return Language::Indonesian;
    }
    let values = headers
        .get_all(ACCEPT_LANGUAGE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let ranges: Vec<(&str, u16)> = values
        .flat_map(|value| value.split(','))
        .filter_map(range)
        .collect();
    // `in` is the code Indonesian had until 1989; old Java clients still send it.
    if quality(&ranges, &["en"]) > quality(&ranges, &["id", "in"]) {
        Language::English
    } else {
        Language::Indonesian
    }
}

/// The code that goes into `Content-Language`.
pub(crate) fn code(language: Language) -> &'static str {
    match language {
        Language::Indonesian => "id",
        Language::English => "en",
    }
}

/// A language range and its weight in thousandths; none for any other text.
fn range(text: &str) -> Option<(&str, u16)> {
    let mut parts = text.split(';');
    let tag = parts.next()?.trim();
    let mut weight = 1_000;
    for parameter in parts {
        let (name, value) = parameter.split_once('=')?;
        if name.trim().eq_ignore_ascii_case("q") {
            weight = thousandths(value.trim())?;
        }
    }
    (!tag.is_empty()).then_some((tag, weight))
}

/// `0`, `0.8`, `1.000` and the like, in thousandths.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !["0", "1"].contains(&whole)
        || fraction.len() > 3
        || !fraction.bytes().all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let fraction: u16 = format!("{fraction:0<3}").parse().ok()?;
    let weight = if whole == "1" {
        1_000 + fraction
    } else {
        fraction
    };
    (weight <= 1_000).then_some(weight)
}

/// The weight of a language: the best of the ranges that name it, else that of `*`, else none.
fn quality(ranges: &[(&str, u16)], codes: &[&str]) -> u16 {
    let primary = |tag: &str| {
        tag.split('-')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase()
    };
    let named = ranges
        .iter()
        .filter(|(tag, _)| codes.contains(&primary(tag).as_str()));
    let any = || {
        ranges
            .iter()
            .filter(|(tag, _)| *tag == "*")
            .map(|(_, weight)| *weight)
            .max()
    };
    named
        .map(|(_, weight)| *weight)
        .max()
        .or_else(any)
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn chosen(header: Option<&str>) -> Language {
        let mut headers = HeaderMap::new();
        if let Some(header) = header {
            headers.insert(ACCEPT_LANGUAGE, header.parse().unwrap());
        }
        of(&headers)
    }

    #[test]
    fn indonesian_unless_english_is_preferred() {
        for header in [
            None,
            Some(""),
            Some("*"),
            Some("id"),
            Some("fr-FR, de;q=0.5"),
            Some("en;q=0.5, id;q=0.5"),
            Some("id-ID,en;q=0.9"),
            Some("en;q=0"),
            Some("en;q=2"),
            Some("en;q=0.8, *;q=0.9"),
            Some("in, en;q=0.3"),
        ] {
            assert_eq!(chosen(header), Language::Indonesian, "{header:?}");
        }
        for header in [
            "en",
            "EN-gb",
            "en-US,en;q=0.9,id;q=0.8",
            "id;q=0.1, en;q=0.101",
            "fr, en;q=0.001",
            "en;q=1.000",
        ] {
            assert_eq!(chosen(Some(header)), Language::English, "{header}");
        }
    }
}
