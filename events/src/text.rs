//! Texts of commands. Each kind is a type that checks its text when it is read.

use std::{
    fmt::{self, Display},
    marker::PhantomData,
    str::FromStr,
};

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{DefaultIgnorableCodePoint, GeneralCategory},
};
use serde::{Deserializer, de};

/// Deserializes a type from its text form.
pub(crate) fn parse_str<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr,
    T::Err: Display,
{
    struct Parsed<T>(PhantomData<T>);

    impl<T: FromStr<Err: Display>> de::Visitor<'_> for Parsed<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(E::custom)
        }
    }

    deserializer.deserialize_str(Parsed(PhantomData))
}

/// Serializes types as the text they display, and deserializes them by parsing it.
macro_rules! serde_as_text {
    ($($name:ty),+ $(,)?) => {$(
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::text::parse_str(deserializer)
            }
        }
    )+};
}
pub(crate) use serde_as_text;

/// Declares a type that holds a checked text: `check` says why another text is refused.
macro_rules! text_type {
    ($(#[$meta:meta])* $name:ident($inner:ty) or $error:ty, $check:expr) => {
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, utoipa::ToSchema)]
        $(#[$meta])*
        pub struct $name($inner);

        impl $name {
            /// The text as it was given.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, $error> {
                let check: fn(&str) -> Result<(), $error> = $check;
                check(text)?;
                Ok(Self(text.into()))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::text::parse_str(deserializer)
            }
        }
    };
}
pub(crate) use text_type;

/// Lets a [`text_type`] be shown. A type with a number of a person stays hidden instead.
macro_rules! shown {
    ($($name:ident),+ $(,)?) => {$(
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    )+};
}
pub(crate) use shown;

/// The most characters of a [`Text`] or [`Note`].
pub const LONGEST_TEXT: usize = 2_000;

/// The reason a text is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidText {
    /// The text has no character besides white space.
    #[error("must not be empty")]
    Empty,
    /// The text has more than [`LONGEST_TEXT`] characters.
    #[error("must not be longer than {LONGEST_TEXT} characters")]
    TooLong,
    /// The text has a character that is not seen, such as NUL or a zero width space (rule 50).
    #[error("must be without invisible characters, and holds U+{0:04X}")]
    Invisible(u32),
    /// The text has more than one line, and is no note.
    #[error("must be one line")]
    SeveralLines,
}

/// Whether a character is not seen, or has no meaning to others: category Cc, Cf, Zl or Zp of Unicode, Co of the first
/// plane, ignorable by default, or no character. U+2800 is a blank pattern of Braille. A published pattern says it of the
/// first plane only. Private characters of the last planes are seen as boxes.
fn is_invisible(c: char) -> bool {
    use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator, PrivateUse};
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    let is_refused = matches!(
        category,
        Control | Format | LineSeparator | ParagraphSeparator
    ) || (category == PrivateUse && c <= '\u{ffff}');
    // The last two code points of every plane are no characters, nor are these of the first.
    let is_none = u32::from(c) & 0xFFFE == 0xFFFE || ('\u{fdd0}'..='\u{fdef}').contains(&c);
    let is_ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c);
    is_refused || is_none || is_ignorable || c == '\u{2800}'
}

/// Trims a text and composes its characters (NFC), so that what looks the same is the same (rule 50).
fn checked(text: &str, is_note: bool) -> Result<Box<str>, InvalidText> {
    if text.chars().count() > LONGEST_TEXT {
        return Err(InvalidText::TooLong);
    }
    let is_refused = |c: &char| is_invisible(*c) && !(is_note && ['\n', '\r'].contains(c));
    match text.chars().find(is_refused) {
        Some('\n' | '\r') => return Err(InvalidText::SeveralLines),
        Some(c) => return Err(InvalidText::Invisible(c.into())),
        None => {}
    }
    let text = text.trim();
    if text.is_empty() {
        return Err(InvalidText::Empty);
    }
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    Ok(ComposingNormalizerBorrowed::new_nfc()
        .normalize(&lines)
        .into())
}

/// A text for one line of output. Characters that are not seen are written out, such as `\u{202e}`: an event or an
/// account of an earlier version may hold them.
pub fn visible(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if is_invisible(c) {
            line.extend(c.escape_unicode());
        } else {
            line.push(c);
        }
    }
    line
}

/// Whether a text stands as a command's text would be stored: one line, trimmed, composed, visible.
pub fn is_plain(text: &str) -> bool {
    checked(text, false).is_ok_and(|checked| *checked == *text)
}

/// Declares texts of 1 to [`LONGEST_TEXT`] characters, with the JSON Schema pattern of each.
macro_rules! filled_text {
    ($($(#[$meta:meta])* $name:ident: $is_note:literal, $pattern:literal),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, utoipa::ToSchema)]
        #[schema(value_type = String, pattern = $pattern, max_length = 2000)]
        pub struct $name(Box<str>);

        impl $name {
            /// The text, trimmed and composed.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidText;

            fn from_str(text: &str) -> Result<Self, InvalidText> {
                checked(text, $is_note).map(Self)
            }
        }

        serde_as_text!($name);
        given_text!($name);
    )+};
}

/// What every text of a command can do.
macro_rules! given_text {
    ($($name:ident),+ $(,)?) => {$(
        shown!($name);

        impl std::ops::Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0.into()
            }
        }

        #[cfg(test)]
        impl<T: AsRef<str>> From<T> for $name {
            fn from(text: T) -> Self {
                text.as_ref().parse().expect("a spec uses a valid text")
            }
        }
    )+};
}

filled_text! {
    /// A short text of 1 to 2000 characters in one line, such as a name, a title or the number of a decree.
    Text: false, r"^[^\u0000-\u001F\u007F-\u009F\u00AD\u034F\u0600-\u0605\u061C\u06DD\u070F\u0890\u0891\u08E2\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u2028-\u202E\u2060-\u206F\u2800\u3164\uE000-\uF8FF\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFB\uFDD0-\uFDEF\uFFFE\uFFFF]*[^\s\u0000-\u001F\u007F-\u009F\u00AD\u034F\u0600-\u0605\u061C\u06DD\u070F\u0890\u0891\u08E2\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u2028-\u202E\u2060-\u206F\u2800\u3164\uE000-\uF8FF\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFB\uFDD0-\uFDEF\uFFFE\uFFFF][^\u0000-\u001F\u007F-\u009F\u00AD\u034F\u0600-\u0605\u061C\u06DD\u070F\u0890\u0891\u08E2\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u2028-\u202E\u2060-\u206F\u2800\u3164\uE000-\uF8FF\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFB\uFDD0-\uFDEF\uFFFE\uFFFF]*$",
    /// A free text of 1 to 2000 characters, such as a reason, a note or a justification. It may have several lines.
    Note: true, r"^[^\u0000-\u0009\u000B\u000C\u000E-\u001F\u007F-\u009F\u00AD\u034F\u0600-\u0605\u061C\u06DD\u070F\u0890\u0891\u08E2\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u2028-\u202E\u2060-\u206F\u2800\u3164\uE000-\uF8FF\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFB\uFDD0-\uFDEF\uFFFE\uFFFF]*[^\s\u0000-\u0009\u000B\u000C\u000E-\u001F\u007F-\u009F\u00AD\u034F\u0600-\u0605\u061C\u06DD\u070F\u0890\u0891\u08E2\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u2028-\u202E\u2060-\u206F\u2800\u3164\uE000-\uF8FF\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFB\uFDD0-\uFDEF\uFFFE\uFFFF][^\u0000-\u0009\u000B\u000C\u000E-\u001F\u007F-\u009F\u00AD\u034F\u0600-\u0605\u061C\u06DD\u070F\u0890\u0891\u08E2\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u2028-\u202E\u2060-\u206F\u2800\u3164\uE000-\uF8FF\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFB\uFDD0-\uFDEF\uFFFE\uFFFF]*$",
    /// The number of a contract (SPK) as on the paper: `800/1/SPK/BKPSDM/2020`.
    SpkNumber: false, r"^[^\u0000-\u001F\u007F-\u009F\u00AD\u034F\u0600-\u0605\u061C\u06DD\u070F\u0890\u0891\u08E2\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u2028-\u202E\u2060-\u206F\u2800\u3164\uE000-\uF8FF\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFB\uFDD0-\uFDEF\uFFFE\uFFFF]*[^\s\u0000-\u001F\u007F-\u009F\u00AD\u034F\u0600-\u0605\u061C\u06DD\u070F\u0890\u0891\u08E2\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u2028-\u202E\u2060-\u206F\u2800\u3164\uE000-\uF8FF\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFB\uFDD0-\uFDEF\uFFFE\uFFFF][^\u0000-\u001F\u007F-\u009F\u00AD\u034F\u0600-\u0605\u061C\u06DD\u070F\u0890\u0891\u08E2\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u2028-\u202E\u2060-\u206F\u2800\u3164\uE000-\uF8FF\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFB\uFDD0-\uFDEF\uFFFE\uFFFF]*$",
}

/// A text that is no region code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a region code of 2, 4, 6 or 10 digits, with dots or without")]
pub struct InvalidDomicile;

text_type! {
    /// The region code of a domicile, with dots or without: `6171` or `61.71.01`.
    #[schema(value_type = String, pattern = r"^[0-9]{2}(\.?[0-9]{2}(\.?[0-9]{2}(\.?[0-9]{4})?)?)?$")]
    DomicileCode(Box<str>) or InvalidDomicile, |text| {
        let mut parts = text.split('.');
        let digits: String = parts.clone().collect();
        let ends = [2, 4, 6, 10];
        let is_number = digits.bytes().all(|b| b.is_ascii_digit()) && ends.contains(&digits.len());
        // A dot stands between two levels only.
        let mut end = 0;
        let is_parted = parts.all(|part| {
            end += part.len();
            !part.is_empty() && ends.contains(&end)
        });
        (is_number && is_parted).then_some(()).ok_or(InvalidDomicile)
    }
}

/// A text that names no citizenship.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be WNI, WNA or the name of a country in letters")]
pub struct InvalidCitizenship;

text_type! {
    /// The citizenship: `WNI` for Indonesians, else `WNA` or a country's name.
    #[schema(value_type = String, pattern = "^[A-Za-z]{2,}([ '-][A-Za-z]+)*$", max_length = 60)]
    Citizenship(Box<str>) or InvalidCitizenship, |text| {
        let mut words = text.split([' ', '\'', '-']);
        let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphabetic());
        let is_valid = text.len() <= 60 && words.next().is_some_and(|first| first.len() > 1 && is_word(first)) && words.all(is_word);
        is_valid.then_some(()).ok_or(InvalidCitizenship)
    }
}

/// A text that is no e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an e-mail address")]
pub struct InvalidEmail;

text_type! {
    /// An e-mail address as HTML forms take it, of 254 characters at most.
    #[schema(value_type = String, pattern = "^[A-Za-z0-9.!#$%&*+/=?^_{|}~-]+@[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+$", max_length = 254)]
    Email(Box<str>) or InvalidEmail, |text| {
        let is_local = |c: char| c.is_ascii_alphanumeric() || ".!#$%&*+/=?^_{|}~-".contains(c);
        let is_label = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        let is_valid = text.len() <= 254 && text.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && local.chars().all(is_local) && domain.contains('.') && domain.split('.').all(is_label)
        });
        is_valid.then_some(()).ok_or(InvalidEmail)
    }
}

given_text!(DomicileCode, Citizenship, Email);

/// A text that is no SHA-256 digest in hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 64 hexadecimal digits")]
pub struct InvalidDigest;

text_type! {
    /// A SHA-256 digest in 64 hexadecimal digits.
    #[schema(value_type = String, pattern = "^[0-9a-fA-F]{64}$")]
    Sha256Digest(Box<str>) or InvalidDigest, |text| {
        let is_digest = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
        is_digest.then_some(()).ok_or(InvalidDigest)
    }
}

shown!(Sha256Digest);

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use super::*;

    /// Reads each text as a JSON string, the way a command's body is read.
    fn check<T>(accepted: &[&str], refused: &[&str])
    where
        T: serde::Serialize + serde::de::DeserializeOwned + Debug,
    {
        for text in accepted {
            let json = serde_json::to_string(text).unwrap();
            let read: T = serde_json::from_str(&json).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(serde_json::to_string(&read).unwrap(), json);
        }
        for text in refused {
            let json = serde_json::to_string(text).unwrap();
            assert!(serde_json::from_str::<T>(&json).is_err(), "{text}");
        }
        for json in ["null", "7", "[\"a\"]", "{}"] {
            assert!(serde_json::from_str::<T>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn rule_50_a_text_of_one_line_is_read_and_written_as_given() {
        let (longest, longer) = ("é".repeat(LONGEST_TEXT), "é".repeat(LONGEST_TEXT + 1));
        let accepted = [
            "a",
            "Siti Nurhaliza, S.Kom.",
            "١",
            "李",
            "\u{20000}",
            &longest,
        ];
        let refused = [
            "",
            " ",
            "\t\n",
            "\u{3000}",
            "dua\nbaris",
            "a\n",
            "a\rb",
            "a\tb",
            "\0",
            "a\u{1b}[31m",
            "\u{85}",
            "\u{feff}",
            "a\u{200b}b",
            "a\u{202e}b",
            "a\u{2028}b",
            "a\u{ad}b",
            "a\u{e0041}",
            "a\u{e0100}",
            "a\u{ffff}",
            "a\u{1fffe}",
            "a\u{fdd0}",
            &longer,
        ];
        check::<Text>(&accepted, &refused);
        check::<SpkNumber>(&["800/1/SPK/BKPSDM/2020"], &refused);
        check::<Note>(
            &["a", "dua\nbaris", &longest],
            &[
                "",
                " ",
                "\n",
                "a\tb",
                "\0",
                "a\u{202e}b",
                "\u{feff}",
                &longer,
            ],
        );
    }

    #[test]
    fn rule_50_a_printed_text_forges_no_line() {
        assert_eq!(visible("Sari Dewi, é"), "Sari Dewi, é");
        assert_eq!(
            visible("a\nb\r\u{1b}[2K\u{202e}\u{2028}\t"),
            r"a\u{a}b\u{d}\u{1b}[2K\u{202e}\u{2028}\u{9}"
        );
    }

    #[test]
    fn rule_50_texts_that_look_the_same_are_the_same() {
        let read = |text: &str| text.parse::<Text>().unwrap();
        assert_eq!(read("  Andre\u{301} \u{a0}"), read("Andr\u{e9}"));
        assert_eq!(&*read(" a  b "), "a  b");
        assert_eq!(
            &*"satu\r\ndua\rtiga ".parse::<Note>().unwrap(),
            "satu\ndua\ntiga"
        );
    }

    /// Goal: the published pattern refuses what the type refuses. Method: each character of the first plane between two
    /// letters.
    #[test]
    fn rule_50_the_pattern_of_a_text_knows_every_invisible_character() {
        fn pattern<T: utoipa::PartialSchema>() -> regex::Regex {
            let schema = serde_json::to_value(T::schema()).unwrap();
            regex::Regex::new(schema["pattern"].as_str().unwrap()).unwrap()
        }
        let (text, note) = (pattern::<Text>(), pattern::<Note>());
        for c in ('\0'..='\u{ffff}').filter(|c| u32::from(*c) < 0xd800 || u32::from(*c) > 0xdfff) {
            let given = format!("a{c}b");
            assert_eq!(
                text.is_match(&given),
                given.parse::<Text>().is_ok(),
                "{c:?}"
            );
            assert_eq!(
                note.is_match(&given),
                given.parse::<Note>().is_ok(),
                "{c:?}"
            );
        }
    }

    #[test]
    fn codes_and_addresses_are_judged_when_they_are_entered() {
        check::<DomicileCode>(
            &[
                "61",
                "6171",
                "61.71",
                "61.71.01",
                "617101",
                "61.71.01.1001",
                "6171011001",
            ],
            &[
                "",
                "6",
                "617",
                "617.1",
                "61..71",
                ".6171",
                "6171.",
                "Pontianak",
                "61.71.01.100",
            ],
        );
        check::<Citizenship>(
            &["WNI", "WNA", "Timor Leste", "Cote d'Ivoire"],
            &["", "W", "W1", " WNI", "-"],
        );
        check::<Email>(
            &["nama@contoh.id", "a.b+c@sub.contoh.co.id"],
            &[
                "",
                "nama",
                "nama@contoh",
                "@contoh.id",
                "a b@contoh.id",
                "a@b@contoh.id",
                "nama@contoh..id",
                "nama@ contoh.id",
            ],
        );
    }

    #[test]
    fn a_digest_has_64_hexadecimal_digits() {
        let (lower, upper, long) = ("0a".repeat(32), "0A".repeat(32), "0a".repeat(33));
        check::<Sha256Digest>(&[&lower, &upper], &["", "0a", &"0g".repeat(32), &long]);
    }
}
