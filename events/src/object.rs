//! Structs that are read from JSON objects only. Derived code would also take an array of the fields' values.

use std::{fmt, marker::PhantomData};

use serde::{Deserialize, Deserializer, de};

/// A struct read from a JSON object only.
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> de::Visitor<'de> for Fields<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(de::value::MapAccessDeserializer::new(map))
            }
        }

        deserializer.deserialize_map(Fields(PhantomData)).map(Self)
    }
}

/// The reason of a parser in plain words: the names of Rust types become kinds of JSON.
pub fn without_type_names(reason: &str) -> String {
    let Some((before, expected)) = reason.rsplit_once("expected ") else {
        return reason.to_owned();
    };
    let (expected, place) = match expected.find(" at line ") {
        Some(at) => expected.split_at(at),
        None => (expected, ""),
    };
    let is_number = expected
        .strip_prefix(['u', 'i'])
        .is_some_and(|bits| !bits.is_empty() && bits.bytes().all(|b| b.is_ascii_digit()));
    let kind = match expected {
        "a map" => "an object",
        "a sequence" => "a list",
        "a borrowed string" | "string or map" => "a string",
        _ if is_number => "a whole number",
        _ if expected.starts_with("struct ") || expected.starts_with("internally tagged ") => {
            "an object"
        }
        _ if expected.starts_with("tuple ") => "a list",
        named => named,
    };
    format!("{before}expected {kind}{place}")
}

/// Reads structs from JSON objects only, wherever they stand inside another struct.
///
/// Each struct has `#[serde(remote = "Self")]`. The derive then writes plain functions of the struct, and this
/// macro calls them. Formats without names of fields have no objects; there a struct is read as derived.
macro_rules! only_objects {
    ($($name:ident),+ $(,)?) => {$(
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $name::serialize(self, serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Fields;

                impl<'de> serde::de::Visitor<'de> for Fields {
                    type Value = $name;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("an object")
                    }

                    fn visit_map<A>(self, map: A) -> Result<$name, A::Error>
                    where
                        A: serde::de::MapAccess<'de>,
                    {
                        $name::deserialize(serde::de::value::MapAccessDeserializer::new(map))
                    }
                }

                if deserializer.is_human_readable() {
                    deserializer.deserialize_map(Fields)
                } else {
                    $name::deserialize(deserializer)
                }
            }
        }
    )+};
}
pub(crate) use only_objects;

#[cfg(test)]
mod tests {
    use super::without_type_names;

    #[test]
    fn a_reason_names_kinds_of_json_and_no_type() {
        for (reason, plain) in [
            (
                "invalid type: string \"x\", expected struct Monthly at line 1 column 9",
                "invalid type: string \"x\", expected an object at line 1 column 9",
            ),
            (
                "invalid type: map, expected u8",
                "invalid type: map, expected a whole number",
            ),
            (
                "invalid type: integer `1`, expected a sequence",
                "invalid type: integer `1`, expected a list",
            ),
            ("missing field `reason`", "missing field `reason`"),
            (
                "invalid type: null, expected a string",
                "invalid type: null, expected a string",
            ),
            (
                "unknown variant `x`, expected `ppk` or `pptk`",
                "unknown variant `x`, expected `ppk` or `pptk`",
            ),
        ] {
            assert_eq!(without_type_names(reason), plain);
        }
    }
}
