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
