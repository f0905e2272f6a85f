//! All pages of `docs/errors`, as the gateway serves them at `/problems/<code>`.

use crate::{pages::ErrorPage, requests, topics};

/// All pages, topic by topic.
pub fn error_pages() -> impl Iterator<Item = ErrorPage> {
    let lists = topics::PAGES.into_iter().chain([requests::PAGES]);
    lists.flatten().copied()
}

/// The page of a code.
pub fn error_page(code: &str) -> Option<ErrorPage> {
    error_pages().find(|page| page.code == code)
}
