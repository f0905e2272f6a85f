//! The page of one code, from its file in `docs/errors`.

/// The page of one code.
#[derive(Debug, Clone, Copy)]
pub struct ErrorPage {
    /// The code, such as `leave.overlaps`.
    pub code: &'static str,
    /// The text of the page, in Markdown.
    pub markdown: &'static str,
}

/// The page of a code, from the file of that name.
macro_rules! page {
    ($code:literal) => {
        crate::pages::ErrorPage {
            code: $code,
            markdown: include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../docs/errors/",
                $code,
                ".md"
            )),
        }
    };
}
pub(crate) use page;
