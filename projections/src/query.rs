//! Queries: the address, parameters and answer of each, and who may ask. The gateway makes its routes and its
//! description from these declarations.

use jejak_events::{kinds::ItemKind, without_type_names};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use utoipa::{
    ToSchema,
    openapi::{RefOr, Schema},
};

use crate::{
    column::Column,
    error::QueryError,
    page::{ItemAnswer, Page},
    reader::Reader,
};

/// Schemas with their names.
pub type Schemas = Vec<(String, RefOr<Schema>)>;

/// The rule that keeps an operator to his own records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperatorAccess {
    /// Operators may not ask: the answer concerns more than one person.
    None,
    /// This parameter is set to the operator's id.
    Filter(&'static str),
    /// This parameter of the path must be the operator's id.
    Path(&'static str),
    /// This member of the answer must be the operator's id.
    Answer(&'static str),
}

/// The declaration of one query, such as `/v1/contracts`. Officers, auditors and administrators may ask each.
pub struct Query {
    /// The address, with parameters in braces: `/v1/calendars/{year}`.
    pub path: &'static str,
    /// The name of the view or service that answers.
    pub view: &'static str,
    /// The last token of the subject that the query is asked on.
    pub name: &'static str,
    /// A title of a few words for the OpenAPI document.
    pub summary: &'static str,
    /// The query of the history service that answers with `as_of`; none without that parameter.
    pub as_of: Option<&'static str>,
    /// The rule that keeps an operator to his own records.
    pub operator: OperatorAccess,
    /// Whether other services may ask.
    pub service: bool,
    /// The things that the answer may say are unknown.
    pub unknown: &'static [ItemKind],
    /// The columns of a list as a table; empty for a query with one answer.
    pub columns: &'static [Column],
    /// Reads the parameters and writes them as the view takes them. The error is [`QueryError::Malformed`].
    pub read: fn(Value) -> Result<Value, QueryError>,
    /// The schema of the parameters' struct.
    pub parameters: fn() -> RefOr<Schema>,
    /// The schema of the whole answer.
    pub answer: fn() -> RefOr<Schema>,
    /// Adds every schema that the other two refer to.
    pub referenced: fn(&mut Schemas),
}

impl Query {
    /// A query whose answer is a page of items, or a table with these columns.
    pub const fn list<P, I>(
        path: &'static str,
        view: &'static str,
        name: &'static str,
        summary: &'static str,
        columns: &'static [Column],
    ) -> Self
    where
        P: Serialize + DeserializeOwned + ToSchema,
        I: ToSchema,
    {
        let mut query = Self::of::<P, I, Page<I>>(path, view, name, summary);
        query.columns = columns;
        query
    }

    /// A query whose answer is one item.
    pub const fn one<P, I>(
        path: &'static str,
        view: &'static str,
        name: &'static str,
        summary: &'static str,
    ) -> Self
    where
        P: Serialize + DeserializeOwned + ToSchema,
        I: ToSchema,
    {
        Self::of::<P, I, ItemAnswer<I>>(path, view, name, summary)
    }

    const fn of<P, I, A>(
        path: &'static str,
        view: &'static str,
        name: &'static str,
        summary: &'static str,
    ) -> Self
    where
        P: Serialize + DeserializeOwned + ToSchema,
        I: ToSchema,
        A: ToSchema,
    {
        Self {
            path,
            view,
            name,
            summary,
            as_of: None,
            operator: OperatorAccess::None,
            service: false,
            unknown: &[],
            columns: &[],
            read: read::<P>,
            parameters: P::schema,
            answer: A::schema,
            referenced: |schemas| {
                schemas.push((I::name().into_owned(), I::schema()));
                I::schemas(schemas);
                P::schemas(schemas);
                A::schemas(schemas);
            },
        }
    }

    /// Operators may ask for their own records.
    #[must_use]
    pub const fn for_operators(mut self, operator: OperatorAccess) -> Self {
        self.operator = operator;
        self
    }

    /// A query of the history service answers the same as of a moment.
    #[must_use]
    pub const fn also_as_of(mut self, name: &'static str) -> Self {
        self.as_of = Some(name);
        self
    }

    /// Other services may ask.
    #[must_use]
    pub const fn for_services(mut self) -> Self {
        self.service = true;
        self
    }

    /// Where one of these things does not exist, the answer is its `<thing>.unknown`.
    #[must_use]
    pub const fn may_miss(mut self, things: &'static [ItemKind]) -> Self {
        self.unknown = things;
        self
    }

    /// Answers from a few rows about one thing.
    pub(crate) const fn by_key(self, answer: AnswerFn) -> QueryHandler {
        QueryHandler {
            query: self,
            by_key: true,
            answer,
        }
    }

    /// Answers from many rows.
    pub(crate) const fn scan(self, answer: AnswerFn) -> QueryHandler {
        QueryHandler {
            query: self,
            by_key: false,
            answer,
        }
    }
}

/// Reads parameters as JSON and answers with JSON that holds the position.
type AnswerFn = fn(&Reader<'_>, &[u8]) -> Result<Vec<u8>, QueryError>;

/// One query of a view, with the function that answers it.
pub struct QueryHandler {
    /// The declaration.
    pub query: Query,
    /// Whether the answer concerns one thing and takes a few rows.
    pub by_key: bool,
    /// Reads parameters as JSON and answers with JSON that holds the position.
    pub answer: AnswerFn,
}

fn read<P: Serialize + DeserializeOwned>(given: Value) -> Result<Value, QueryError> {
    let read: P = serde_path_to_error::deserialize(given).map_err(|error| {
        let reason = without_type_names(&error.inner().to_string());
        QueryError::malformed(&error.path().to_string(), reason)
    })?;
    let mut params = serde_json::to_value(read)
        .map_err(|error| QueryError::malformed(".", error.to_string()))?;
    if let Value::Object(members) = &mut params {
        members.retain(|_, value| !value.is_null());
    }
    Ok(params)
}
