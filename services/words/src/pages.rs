//! The pages of `docs/errors`, one for each code, as the gateway serves them at `/problems/<code>`.

use crate::{requests, topics};

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

/// All pages, topic by topic.
pub fn pages() -> impl Iterator<Item = ErrorPage> {
    let lists = topics::PAGES.into_iter().chain([requests::PAGES]);
    lists.flatten().copied()
}

/// The page of a code.
pub fn page_of(code: &str) -> Option<ErrorPage> {
    pages().find(|page| page.code == code)
}
