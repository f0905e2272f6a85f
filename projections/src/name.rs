//! Names and numbers as a search compares them: without case, accents and punctuation.

use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_properties::{CodePointMapData, props::GeneralCategory};
use zeroize::Zeroizing;

use crate::error::QueryError;

/// The most characters of a search.
const LONGEST_SEARCH: usize = 200;

/// A text in small letters without accents (compatibility decomposition).
pub(crate) fn folded(text: &str) -> Zeroizing<String> {
    let categories = CodePointMapData::<GeneralCategory>::new();
    let decomposed = Zeroizing::new(
        DecomposingNormalizerBorrowed::new_nfkd()
            .normalize(text)
            .into_owned(),
    );
    let letters = decomposed
        .chars()
        .filter(|c| categories.get(*c) != GeneralCategory::NonspacingMark);
    let mut folded = Zeroizing::new(String::with_capacity(decomposed.len()));
    folded.extend(letters.flat_map(char::to_lowercase));
    folded
}

/// The words of a folded text. An apostrophe is part of a word, and does not count: `Ma'ruf` is `maruf`.
fn words(folded: &str) -> Vec<Zeroizing<String>> {
    let is_apostrophe = |c: char| ['\'', '\u{2019}', '\u{2bc}', '`'].contains(&c);
    let words = folded.split(|c: char| !c.is_alphanumeric() && !is_apostrophe(c));
    let words = words.map(|word| word.chars().filter(|c| !is_apostrophe(*c)).collect());
    words
        .filter(|word: &String| !word.is_empty())
        .map(Zeroizing::new)
        .collect()
}

/// A number of a contract without white space, folded.
fn number(text: &str) -> Zeroizing<String> {
    let mut folded = folded(text);
    folded.retain(|c| !c.is_whitespace());
    folded
}

/// The digits of a NIK, written with or without spaces, dots and dashes.
fn nik(text: &str) -> Option<Zeroizing<String>> {
    let digits = text.chars().filter(|c| !" .-".contains(*c));
    let digits: Zeroizing<String> = Zeroizing::new(digits.collect());
    let is_nik = digits.len() == 16 && digits.bytes().all(|digit| digit.is_ascii_digit());
    is_nik.then_some(digits)
}

/// A person's words and numbers that a search may find.
pub(crate) struct SearchTerms {
    words: Vec<Zeroizing<String>>,
    /// The NIK and the SPK numbers.
    numbers: Vec<Zeroizing<String>>,
}

impl SearchTerms {
    pub(crate) fn new<'n>(name: &str, nik: &str, spk: impl Iterator<Item = &'n str>) -> Self {
        let mut numbers: Vec<_> = spk.map(number).collect();
        numbers.push(Zeroizing::new(nik.to_owned()));
        Self {
            words: words(&folded(name)),
            numbers,
        }
    }
}

/// The text that a person is searched by.
pub(crate) struct Search {
    /// The beginnings of words of the name, in any order.
    words: Vec<Zeroizing<String>>,
    nik: Option<Zeroizing<String>>,
    spk: Zeroizing<String>,
}

impl Search {
    /// None for a text without a letter or digit.
    ///
    /// # Errors
    /// [`QueryError::Malformed`] for a text that is too long.
    pub(crate) fn new(text: &str) -> Result<Option<Self>, QueryError> {
        if text.chars().count() > LONGEST_SEARCH {
            let reason = format!("must have at most {LONGEST_SEARCH} characters");
            return Err(QueryError::malformed("q", reason));
        }
        let words = words(&folded(text));
        Ok((!words.is_empty()).then(|| Self {
            words,
            nik: nik(text),
            spk: number(text),
        }))
    }

    /// Whether each word begins a word of the name, or the text is a number of the person.
    pub(crate) fn finds(&self, terms: &SearchTerms) -> bool {
        let begins = |sought: &Zeroizing<String>| {
            let mut words = terms.words.iter();
            words.any(|word| word.starts_with(sought.as_str()))
        };
        let is_number = |number: &Zeroizing<String>| {
            *number == self.spk || self.nik.as_ref().is_some_and(|nik| nik == number)
        };
        self.words.iter().all(begins) || terms.numbers.iter().any(is_number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_found_by_words_of_the_name_and_by_whole_numbers() {
        let numbers = ["800/017/SPK-BKPSDM", "027 / 5 / 2021"];
        let terms = SearchTerms::new(
            "Siti Nur\u{e9}ini Ma\u{2019}ruf, S.Kom.",
            "6171015503950001",
            numbers.into_iter(),
        );
        for found in [
            "siti",
            "SITI nureini",
            "nure\u{301}ini   sit",
            "maruf",
            "ma'ruf",
            "s.kom",
            "6171015503950001",
            "6171 0155 0395 0001",
            "6171.0155-03950001",
            "800/017/spk-bkpsdm",
            " 800/017/SPK-BKPSDM ",
            "027/5/2021",
            "\u{ff33}iti",
        ] {
            assert!(
                Search::new(found).unwrap().unwrap().finds(&terms),
                "{found}"
            );
        }
        for missed in [
            "iti",
            "siti budi",
            "617101550395000",
            "16171015503950001",
            "800/017",
            "800/017/SPK-BKPSDM/2",
            "80001",
        ] {
            assert!(
                !Search::new(missed).unwrap().unwrap().finds(&terms),
                "{missed}"
            );
        }
        for empty in ["", " ", "-.,", "'"] {
            assert!(Search::new(empty).unwrap().is_none(), "{empty}");
        }
        assert!(Search::new(&"a".repeat(LONGEST_SEARCH + 1)).is_err());
    }
}
