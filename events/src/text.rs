//! Texts of commands. Each kind is a type that checks its text when it is read.

use std::{
    fmt::{self, Display},
    marker::PhantomData,
    str::FromStr,
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
}

fn filled(text: &str) -> Result<(), InvalidText> {
    if text.trim().is_empty() {
        return Err(InvalidText::Empty);
    }
    if text.chars().count() > LONGEST_TEXT {
        return Err(InvalidText::TooLong);
    }
    Ok(())
}

/// Declares texts of 1 to [`LONGEST_TEXT`] characters.
macro_rules! filled_text {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {$(
        text_type! {
            $(#[$meta])*
            // The pattern asks for one character that is no white space.
            #[schema(value_type = String, pattern = r"[^\s\x85]|\uFEFF", max_length = 2000)]
            $name(Box<str>) or InvalidText, filled
        }

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
    /// A short text of 1 to 2000 characters, such as a name, a title or the number of a decree.
    Text,
    /// A free text of 1 to 2000 characters, such as a reason, a note or a justification.
    Note,
    /// The number of a contract (SPK) as on the paper: `800/1/SPK/BKPSDM/2020`.
    SpkNumber,
    /// The region code of a domicile, with dots or without: `6171` or `61.71.01`.
    DomicileCode,
}

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
    fn every_text_is_read_and_written_as_given() {
        let (longest, longer) = ("é".repeat(LONGEST_TEXT), "é".repeat(LONGEST_TEXT + 1));
        let accepted = ["a", " a ", "\u{feff}", "dua\nbaris", &longest];
        let refused = ["", " ", "\t\n", "\u{85}", "\u{3000}", &longer];
        check::<Text>(&accepted, &refused);
        check::<Note>(&accepted, &refused);
        check::<SpkNumber>(&["800/1/SPK/BKPSDM/2020"], &refused);
        check::<DomicileCode>(&["6171", "61.71.01"], &refused);
        let (lower, upper, long) = ("0a".repeat(32), "0A".repeat(32), "0a".repeat(33));
        check::<Sha256Digest>(&[&lower, &upper], &["", "0a", &"0g".repeat(32), &long]);
    }
}
