//! The pages of `docs/errors`: their examples, and the words that they quote for them.

use std::{fs, path::PathBuf};

use jejak_words::{Language, ProblemText};

const HEADING: &str = "## The words\n";

pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(FOLDER)
}

/// The way from a crate of `services` to the pages.
const FOLDER: &str = "../../docs/errors";

/// The problems in JSON that a page gives as examples.
pub(crate) fn examples(page: &str) -> Vec<String> {
    let (_, words) = page.split_once(HEADING).unwrap();
    let fenced = words.split("```json\n").skip(1);
    fenced
        .map(|rest| rest.split("\n```").next().unwrap().to_owned())
        .collect()
}

/// Compares the quotes of a page with the words of its examples, or writes them. A command and a query may get
/// different words: `texts` gives each with its recipient, such as `, to a query`.
#[track_caller]
pub(crate) fn check(
    code: &str,
    texts: impl Fn(&str, Language) -> Vec<(&'static str, ProblemText)>,
) {
    let path = folder().join(format!("{code}.md"));
    let page = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{code}: {error}"));
    assert!(page.starts_with(&format!("# `{code}`: ")), "{code}");
    let (prose, _) = page.split_once(HEADING).unwrap();
    let mut expected = format!("{prose}{HEADING}");
    for example in examples(&page) {
        expected += &format!("\n```json\n{example}\n```\n");
        for (name, language) in [
            ("Indonesian", Language::Indonesian),
            ("English", Language::English),
        ] {
            for (recipient, text) in texts(&example, language) {
                let (title, detail) = (text.title, text.detail());
                expected += &format!("\nIn {name}{recipient}:\n\n> **{title}.** {detail}\n");
            }
        }
    }
    if std::env::var_os("JEJAK_WRITE_DOCS").is_some_and(|write| write == "1") {
        fs::write(&path, expected).unwrap();
    } else {
        assert_eq!(
            page, expected,
            "{code}: write the quotes with JEJAK_WRITE_DOCS=1"
        );
    }
}
