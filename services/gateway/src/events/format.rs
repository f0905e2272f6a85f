//! The forms of a page of events, and the one that a client asks for.

use axum::http::{HeaderMap, header::ACCEPT};

const JSON: &str = "application/json";

/// The form of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PageFormat {
    /// `application/x-ndjson`: the stored bytes, one event a line.
    Lines,
    /// `application/json`: a list, each event beside its position.
    List,
}

impl PageFormat {
    /// The form that a client asks for. Lines, unless it names JSON.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
        let mut types = accept.into_iter().flat_map(|accept| accept.split(','));
        let is_json = |kind: &str| kind.split(';').next().unwrap_or_default().trim() == JSON;
        match types.any(is_json) {
            true => Self::List,
            false => Self::Lines,
        }
    }

    pub(super) fn media_type(self) -> &'static str {
        match self {
            Self::Lines => "application/x-ndjson",
            Self::List => JSON,
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_client_gets_lines_unless_it_names_json() {
        let format = |accept: &'static str| {
            let headers = [(ACCEPT, HeaderValue::from_static(accept))];
            PageFormat::of(&headers.into_iter().collect())
        };
        assert_eq!(PageFormat::of(&HeaderMap::new()), PageFormat::Lines);
        for lines in ["*/*", "application/x-ndjson", "application/*"] {
            assert_eq!(format(lines), PageFormat::Lines, "{lines}");
        }
        for list in ["application/json", "text/html, application/json;q=0.5"] {
            assert_eq!(format(list), PageFormat::List, "{list}");
        }
    }
}
