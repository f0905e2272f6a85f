//! The list of all queries: the address, the view that answers, the roles. A new query is one entry
//! here; routes, parameters and the OpenAPI document follow from it.

use std::sync::LazyLock;

use jejak_bus::{RequestProblem, history};
use jejak_projections::{ItemAnswer, Page, contracts, evaluations, leave, packages};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use utoipa::{
    ToSchema,
    openapi::{RefOr, Schema},
};

use crate::{
    auth::roles::QueryAccess,
    problem::{fault, malformed},
};

/// Schemas with their names.
pub(crate) type Schemas = Vec<(String, RefOr<Schema>)>;

/// The rule that keeps an operator to his own records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OperatorAccess {
    /// Operators may not ask: the answer concerns more than one person.
    None,
    /// This parameter is set to the operator's id.
    Filter(&'static str),
    /// This parameter of the path must be the operator's id.
    Path(&'static str),
    /// This member of the answer must be the operator's id.
    Answer(&'static str),
}

/// One query, such as `/v1/contracts`.
pub(crate) struct Query {
    /// The address, with parameters in braces: `/v1/calendars/{year}`.
    pub(crate) path: &'static str,
    /// The name of the view that answers.
    pub(crate) view: &'static str,
    /// The name of the query in the view.
    pub(crate) name: &'static str,
    /// A title of a few words for the OpenAPI document.
    pub(crate) summary: &'static str,
    /// The query of the history service that answers with `as_of`; none without that parameter.
    pub(crate) as_of: Option<&'static str>,
    /// The rule that keeps an operator to his own records.
    pub(crate) operator: OperatorAccess,
    /// Whether other services may ask.
    pub(crate) service: bool,
    /// Reads the parameters and writes them as the view takes them.
    pub(crate) read: fn(Value) -> Result<Value, RequestProblem>,
    /// The schema of the parameters' struct.
    pub(crate) parameters: fn() -> RefOr<Schema>,
    /// The schema of the whole answer.
    pub(crate) answer: fn() -> RefOr<Schema>,
    /// Adds every schema that the other two refer to.
    pub(crate) referenced: fn(&mut Schemas),
}

impl Query {
    const fn list<P, I>(
        path: &'static str,
        view: &'static str,
        name: &'static str,
        summary: &'static str,
    ) -> Self
    where
        P: Serialize + DeserializeOwned + ToSchema,
        I: ToSchema,
    {
        Self {
            path,
            view,
            name,
            summary,
            ..Self::of::<P, I, Page<I>>()
        }
    }

    const fn one<P, I>(
        path: &'static str,
        view: &'static str,
        name: &'static str,
        summary: &'static str,
    ) -> Self
    where
        P: Serialize + DeserializeOwned + ToSchema,
        I: ToSchema,
    {
        Self {
            path,
            view,
            name,
            summary,
            ..Self::of::<P, I, ItemAnswer<I>>()
        }
    }

    const fn of<P, I, A>() -> Self
    where
        P: Serialize + DeserializeOwned + ToSchema,
        I: ToSchema,
        A: ToSchema,
    {
        Self {
            path: "",
            view: "",
            name: "",
            summary: "",
            as_of: None,
            operator: OperatorAccess::None,
            service: false,
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

    const fn for_operators(mut self, operator: OperatorAccess) -> Self {
        self.operator = operator;
        self
    }

    const fn also_as_of(mut self, name: &'static str) -> Self {
        self.as_of = Some(name);
        self
    }

    const fn for_services(mut self) -> Self {
        self.service = true;
        self
    }

    /// The roles that may ask, besides officers, auditors and administrators.
    pub(crate) fn access(&self) -> QueryAccess {
        QueryAccess {
            service: self.service,
            operator: self.operator != OperatorAccess::None,
        }
    }
}

/// All queries. The pages in `docs/domain/topics` list them, `docs/api.md` the histories.
pub(crate) static QUERIES: LazyLock<Vec<Query>> = LazyLock::new(|| {
    use {contracts as c, evaluations as e, history as h, leave as l, packages as p};
    vec![
        Query::list::<p::PackagesParams, p::PackageItem>(
            "/v1/packages",
            "packages",
            "list",
            "Packages as they stand",
        ),
        Query::one::<p::PackageParams, p::PackageItem>(
            "/v1/packages/{package_id}",
            "packages",
            "get",
            "One package",
        ),
        Query::list::<p::CandidatesParams, p::CandidateItem>(
            "/v1/packages/{package_id}/candidates",
            "packages",
            "candidates",
            "People for selection, ranked",
        ),
        Query::list::<c::ContractsParams, c::ContractItem>(
            "/v1/contracts",
            "contracts",
            "list",
            "Contracts as they stand on a day",
        )
        .for_operators(OperatorAccess::Filter("operator"))
        .for_services(),
        Query::one::<c::ContractParams, c::ContractItem>(
            "/v1/contracts/{contract_id}",
            "contracts",
            "get",
            "One contract",
        )
        .for_operators(OperatorAccess::Answer("operator_id"))
        .also_as_of("contract-as-of")
        .for_services(),
        Query::list::<c::OperatorsParams, c::OperatorItem>(
            "/v1/operators",
            "contracts",
            "operators",
            "The register of people",
        ),
        Query::one::<c::OperatorParams, c::OperatorItem>(
            "/v1/operators/{operator_id}",
            "contracts",
            "operator",
            "One person and his contracts",
        )
        .for_operators(OperatorAccess::Path("operator_id")),
        Query::list::<l::BalancesParams, l::BalanceItem>(
            "/v1/leave-balances",
            "leave",
            "balances",
            "Leave balances of a year",
        )
        .for_operators(OperatorAccess::Filter("operator")),
        Query::one::<l::EntriesParams, l::LeaveItem>(
            "/v1/operators/{operator_id}/leave",
            "leave",
            "entries",
            "One person's leave",
        )
        .also_as_of("leave-as-of")
        .for_operators(OperatorAccess::Path("operator_id")),
        Query::list::<e::EvaluationsParams, e::EvaluationItem>(
            "/v1/evaluations",
            "evaluations",
            "list",
            "Evaluations of a year, ranked",
        ),
        Query::one::<e::EvaluationParams, e::EvaluationDetail>(
            "/v1/operators/{operator_id}/evaluations/{year}",
            "evaluations",
            "get",
            "One evaluation, month by month",
        )
        .for_operators(OperatorAccess::Path("operator_id")),
        Query::one::<l::CalendarParams, l::CalendarItem>(
            "/v1/calendars/{year}",
            "leave",
            "calendar",
            "Holidays and working days of a year",
        ),
        Query::list::<h::PackageHistoryParams, h::HistoryItem>(
            "/v1/packages/{package_id}/history",
            h::NAME,
            "package",
            "Every event of a package in plain words",
        ),
        Query::list::<h::OperatorHistoryParams, h::HistoryItem>(
            "/v1/operators/{operator_id}/history",
            h::NAME,
            "operator",
            "Every event of a person in plain words",
        )
        .for_operators(OperatorAccess::Path("operator_id")),
        Query::list::<h::CalendarHistoryParams, h::HistoryItem>(
            "/v1/calendars/{year}/history",
            h::NAME,
            "calendar",
            "Every event of a year's calendar in plain words",
        ),
    ]
});

fn read<P: Serialize + DeserializeOwned>(given: Value) -> Result<Value, RequestProblem> {
    let read: P = serde_path_to_error::deserialize(given)
        .map_err(|error| malformed(error.path().to_string(), error.inner().to_string()))?;
    let mut params = serde_json::to_value(read).map_err(|error| fault(&error))?;
    if let Value::Object(members) = &mut params {
        members.retain(|_, value| !value.is_null());
    }
    Ok(params)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jejak_projections::view;

    /// Goal: each query of a view has one route, and each route has its query. Method: the views'
    /// own lists.
    #[test]
    fn every_query_of_every_view_has_one_route() {
        let mut routed: Vec<_> = QUERIES
            .iter()
            .map(|query| (query.view, query.name))
            .collect();
        routed.sort_unstable();
        let questions = |view: &&'static dyn jejak_projections::View| {
            let view = *view;
            view.queries()
                .iter()
                .map(|query| (view.name(), query.name))
                .collect::<Vec<_>>()
        };
        let histories = history::QUERIES.map(|name| (history::NAME, name));
        let mut asked: Vec<_> = jejak_projections::VIEWS
            .iter()
            .flat_map(questions)
            .chain(histories)
            .collect();
        asked.sort_unstable();
        assert_eq!(routed, asked);
        assert!(
            QUERIES
                .iter()
                .all(|query| query.view == history::NAME || view(query.view).is_some())
        );
    }

    #[test]
    fn services_and_operators_may_ask_these() {
        let paths = |admits: fn(&QueryAccess) -> bool| {
            let admitted = QUERIES.iter().filter(|query| admits(&query.access()));
            admitted.map(|query| query.path).collect::<Vec<_>>()
        };
        assert_eq!(
            paths(|access| access.service),
            ["/v1/contracts", "/v1/contracts/{contract_id}"]
        );
        assert_eq!(
            paths(|access| access.operator),
            [
                "/v1/contracts",
                "/v1/contracts/{contract_id}",
                "/v1/operators/{operator_id}",
                "/v1/leave-balances",
                "/v1/operators/{operator_id}/leave",
                "/v1/operators/{operator_id}/evaluations/{year}",
                "/v1/operators/{operator_id}/history",
            ]
        );
    }
}
