//! The format of a list that a request prefers (RFC 9110, 12.5.1).

use axum::http::{HeaderMap, header::ACCEPT};

/// A format of a list besides JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TableFormat {
    /// Fields between semicolons, in lines that end with CR LF. The text begins with a byte order mark.
    Csv,
    /// A workbook of Office Open XML.
    Xlsx,
}

impl TableFormat {
    pub(crate) const ALL: [Self; 2] = [Self::Csv, Self::Xlsx];

    /// The media type as it is asked for.
    pub(crate) fn asked_as(self) -> &'static str {
        match self {
            Self::Csv => "text/csv",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    /// The media type of the answer.
    pub(super) fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Xlsx => self.asked_as(),
        }
    }

    /// The ending of a file's name.
    pub(super) fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }
}

/// The format that is preferred to JSON; none for JSON. Only a range that names a format asks for it, so a browser's
/// `*/*` is answered with JSON, and so is a type that nobody knows.
pub(crate) fn asked(headers: &HeaderMap) -> Option<TableFormat> {
    let values = headers.get_all(ACCEPT).iter();
    let ranges = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(range);
    let mut best: Option<(Option<TableFormat>, f32)> = None;
    for (essence, quality) in ranges {
        let format = match essence.to_ascii_lowercase().as_str() {
            "application/json" => None,
            other => match TableFormat::ALL.into_iter().find(|f| f.asked_as() == other) {
                Some(format) => Some(format),
                None => continue,
            },
        };
        // Of two that are wanted alike, the first counts.
        if quality > 0.0 && best.is_none_or(|(_, held)| quality > held) {
            best = Some((format, quality));
        }
    }
    best.and_then(|(format, _)| format)
}

/// A media range without parameters, and its weight.
fn range(text: &str) -> Option<(&str, f32)> {
    let mut parts = text.split(';');
    let essence = parts.next()?.trim();
    let weight = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then(|| value.trim())
    });
    let quality = weight.map_or(Some(1.0), |weight| weight.parse().ok())?;
    Some((essence, quality))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_a_named_format_is_asked_for() {
        const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
        for (accept, format) in [
            ("text/csv", Some(TableFormat::Csv)),
            ("Text/CSV;header=present", Some(TableFormat::Csv)),
            (XLSX, Some(TableFormat::Xlsx)),
            (
                "text/csv;q=0.5, application/json;q=0.4",
                Some(TableFormat::Csv),
            ),
            ("application/json, text/csv", None),
            ("text/csv, application/json", Some(TableFormat::Csv)),
            ("text/csv;q=0", None),
            ("text/csv;q=x", None),
            ("*/*", None),
            ("text/*", None),
            ("text/html,application/xhtml+xml,*/*;q=0.8", None),
            ("image/png", None),
            ("", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(asked(&headers), format, "{accept}");
        }
        assert_eq!(asked(&HeaderMap::new()), None);
        let mut headers = HeaderMap::new();
        headers.insert(
            ACCEPT,
            format!("text/csv;q=0.1,{XLSX};q=0.9").parse().unwrap(),
        );
        assert_eq!(asked(&headers), Some(TableFormat::Xlsx));
    }
}
