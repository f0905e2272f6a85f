//! All pages of `docs/errors`, as the gateway serves them at `/problems/<code>`.

use crate::{pages::ErrorPage, requests, topics};

/// All pages, topic by topic.
pub fn pages() -> impl Iterator<Item = ErrorPage> {
    let lists = topics::PAGES.into_iter().chain([requests::PAGES]);
    lists.flatten().copied()
}

/// The page of a code.
pub fn page_of(code: &str) -> Option<ErrorPage> {
    pages().find(|page| page.code == code)
}
