//! The pages of requests that have no answer quote the words of the code.

use std::collections::BTreeSet;

use jejak_bus::Problem;
use jejak_words::error_pages;

use super::{Recipient, code, words};

#[path = "../../../words/tests/pages_of_errors/mod.rs"]
mod pages_of_errors;

/// Goal: a page quotes the code's own words. Method: as the same test of `jejak-words`, for the cases of the
/// gateway. With `JEJAK_WRITE_DOCS=1`, the pages are written instead.
#[test]
fn the_pages_of_requests_quote_the_code() {
    let mut checked = BTreeSet::new();
    for page in error_pages() {
        let examples = pages_of_errors::examples(page.markdown);
        let read = |example: &str| serde_json::from_str::<Problem>(example).unwrap();
        if !examples
            .iter()
            .all(|example| matches!(read(example), Problem::Request(_)))
        {
            continue;
        }
        for example in &examples {
            assert_eq!(code(&read(example)), page.code);
        }
        pages_of_errors::check(page.code, |example, language| {
            let text = |is_command| {
                let recipient = Recipient {
                    language,
                    is_command,
                };
                words::text(&read(example), recipient)
            };
            let (command, query) = (text(true), text(false));
            if command == query {
                return vec![("", command)];
            }
            vec![(", to a command", command), (", to a query", query)]
        });
        checked.insert(page.code);
    }
    assert!(checked.len() > 15, "{checked:?}");
}

/// Goal: the address in `type` of every problem document leads somewhere.
#[test]
fn every_problem_has_a_page() {
    for problem in super::tests::one_of_each() {
        let code = code(&Problem::Request(problem));
        assert!(jejak_words::error_page(&code).is_some(), "{code}");
    }
}
