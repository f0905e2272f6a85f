//! Every query there is: its address, the view that answers it, who may ask. A new query is one line
//! here; routes, parameters and the OpenAPI document follow from it.

use std::sync::LazyLock;

use jejak_bus::RequestProblem;
use jejak_projections::{ItemAnswer, Page, contracts, evaluations, history, leave, packages};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use utoipa::{
    ToSchema,
    openapi::{RefOr, Schema},
};

use crate::{auth::roles::Readers, problem::malformed};

/// Schemas by name.
pub(crate) type Schemas = Vec<(String, RefOr<Schema>)>;

/// How an operator is kept to what is about himself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Own {
    /// There is nothing about one person alone here: not for operators.
    Nothing,
    /// The parameter of this name is filled in with his id.
    Filter(&'static str),
    /// The parameter of this name must be his id.
    Path(&'static str),
    /// The member of this name in the answer must be his id.
    Answer(&'static str),
}

/// One query.
pub(crate) struct Query {
    /// The address, with the names of parameters in braces.
    pub(crate) path: &'static str,
    /// The view that answers.
    pub(crate) view: &'static str,
    /// The name of the question there.
    pub(crate) name: &'static str,
    /// What it is for, in a few words.
    pub(crate) summary: &'static str,
    /// The question that the history service answers instead, where it is asked as of a moment.
    pub(crate) past: Option<&'static str>,
    /// How an operator is kept to himself.
    pub(crate) own: Own,
    /// Whether other services may ask.
    pub(crate) service: bool,
    /// Reads the parameters and gives them back as the view takes them.
    pub(crate) read: fn(Value) -> Result<Value, RequestProblem>,
    /// The schema of the parameters.
    pub(crate) parameters: fn() -> RefOr<Schema>,
    /// The schema of the answer.
    pub(crate) answer: fn() -> RefOr<Schema>,
    /// The schemas that those refer to.
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
            past: None,
            own: Own::Nothing,
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

    const fn own(mut self, own: Own) -> Self {
        self.own = own;
        self
    }

    const fn also_as_of(mut self, question: &'static str) -> Self {
        self.past = Some(question);
        self
    }

    const fn for_services(mut self) -> Self {
        self.service = true;
        self
    }

    /// Who may ask.
    pub(crate) fn readers(&self) -> Readers {
        Readers {
            service: self.service,
            operator: self.own != Own::Nothing,
        }
    }
}

/// All of them, in the order of api.md.
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
        .own(Own::Filter("operator"))
        .for_services(),
        Query::one::<c::ContractParams, c::ContractItem>(
            "/v1/contracts/{contract_id}",
            "contracts",
            "get",
            "One contract",
        )
        .own(Own::Answer("operator_id"))
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
        .own(Own::Path("operator_id")),
        Query::list::<l::BalancesParams, l::BalanceItem>(
            "/v1/leave-balances",
            "leave",
            "balances",
            "Leave balances of a year",
        )
        .own(Own::Filter("operator")),
        Query::one::<l::EntriesParams, l::LeaveItem>(
            "/v1/operators/{operator_id}/leave",
            "leave",
            "entries",
            "One person's leave",
        )
        .also_as_of("leave-as-of")
        .own(Own::Path("operator_id")),
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
        .own(Own::Path("operator_id")),
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
        .own(Own::Path("operator_id")),
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
    let mut params = serde_json::to_value(read).map_err(|error| crate::problem::fault(&error))?;
    if let Value::Object(members) = &mut params {
        members.retain(|_, value| !value.is_null());
    }
    Ok(params)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jejak_projections::view;

    /// Goal: no route leads nowhere, and no question has no route. Method: against the views' own lists.
    #[test]
    fn every_question_of_every_view_has_one_route() {
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
    fn who_may_ask_is_as_in_the_api() {
        let paths = |wanted: fn(&Readers) -> bool| {
            let of = QUERIES.iter().filter(|query| wanted(&query.readers()));
            of.map(|query| query.path).collect::<Vec<_>>()
        };
        assert_eq!(
            paths(|readers| readers.service),
            ["/v1/contracts", "/v1/contracts/{contract_id}"]
        );
        assert_eq!(
            paths(|readers| readers.operator),
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
