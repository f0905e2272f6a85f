//! The parameters of a query, read from the address into one JSON object. The view's own types say
//! which parameters there are and which values they take.

use jejak_bus::history;
use jejak_bus::{AsOf, RequestProblem, as_of::AS_OF};
use jejak_projections::{OperatorAccess, Query, QueryError};
use serde_json::{Map, Value};

use crate::{
    auth::roles::{QueryAccess, RecordScope},
    positions::position,
    problem::{fault, malformed},
};

/// Parameters that hold numbers. All others hold texts.
const NUMBERS: [&str; 2] = ["limit", "year"];
/// The most items of a list. The gateway checks it too, so that a wrong `limit` is refused while a
/// view is away.
pub(crate) const ITEMS_MAX: u32 = 500;
/// Every query takes this parameter. It travels to the view in a header.
pub(crate) const MIN_POSITION: &str = "min_position";

/// A query as it goes to a view.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ViewQuery {
    /// The name of the view or of the history service.
    pub(crate) view: &'static str,
    /// The name of the query in the view.
    pub(crate) name: &'static str,
    /// The parameters as a JSON object.
    pub(crate) params: Value,
    /// The view must have reached this position; 0 for any.
    pub(crate) min_position: u64,
}

/// Reads the parameters, narrowed to the records that the caller may read.
///
/// # Errors
/// `request.malformed` with the parameter's name; `role.missing` for the records of another person.
pub(crate) fn read<'p>(
    query: &Query,
    scope: RecordScope,
    path: impl Iterator<Item = (&'p str, &'p str)>,
    search: Option<&str>,
) -> Result<ViewQuery, RequestProblem> {
    let mut given = Map::new();
    let mut min_position = 0;
    let mut moment = None;
    for (name, value) in form_urlencoded::parse(search.unwrap_or_default().as_bytes()) {
        if name == MIN_POSITION {
            min_position = position(MIN_POSITION, &value)?;
        } else if let (AS_OF, Some(history_query)) = (&*name, query.as_of) {
            let as_of: AsOf = value
                .parse()
                .map_err(|error| malformed(AS_OF, format!("{error}")))?;
            if moment.replace((history_query, as_of)).is_some() {
                return Err(malformed(AS_OF, "is given twice"));
            }
        } else if query.path.contains(&format!("{{{name}}}")) {
            return Err(malformed(
                name,
                "stands in the path, not behind the question mark",
            ));
        } else {
            put(&mut given, &name, &value)?;
        }
    }
    for (name, value) in path {
        put(&mut given, name, value)?;
    }
    if let (OperatorAccess::Filter(name), RecordScope::Operator(id)) = (query.operator, scope) {
        given
            .entry(name)
            .or_insert_with(|| Value::String(id.to_string()));
    }
    let mut params = (query.read)(Value::Object(given)).map_err(|error| match error {
        QueryError::Malformed { path, reason } => malformed(path, reason),
        other => fault(&other),
    })?;
    let in_bounds = |limit: u64| (1..=u64::from(ITEMS_MAX)).contains(&limit);
    if params
        .get("limit")
        .and_then(Value::as_u64)
        .is_some_and(|limit| !in_bounds(limit))
    {
        return Err(malformed("limit", format!("must be from 1 to {ITEMS_MAX}")));
    }
    if let (OperatorAccess::Filter(name) | OperatorAccess::Path(name), RecordScope::Operator(id)) =
        (query.operator, scope)
        && params.get(name).and_then(Value::as_str) != Some(id.to_string().as_str())
    {
        return Err(QueryAccess::of(query).other_person());
    }
    let Some((name, as_of)) = moment else {
        return Ok(ViewQuery {
            view: query.view,
            name: query.name,
            params,
            min_position,
        });
    };
    params[AS_OF] = Value::String(as_of.to_string());
    Ok(ViewQuery {
        view: history::NAME,
        name,
        params,
        min_position,
    })
}

fn put(given: &mut Map<String, Value>, name: &str, value: &str) -> Result<(), RequestProblem> {
    let number = NUMBERS
        .contains(&name)
        .then(|| value.parse::<i64>().ok())
        .flatten();
    let value = number.map_or_else(|| Value::String(value.to_owned()), Value::from);
    match given.insert(name.to_owned(), value) {
        None => Ok(()),
        Some(_) => Err(malformed(name, "is given twice")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queries::table::QUERIES;
    use serde_json::json;

    const ME: &str = "00000000-0000-8000-8000-000000000001";
    const OTHER: &str = "00000000-0000-8000-8000-000000000002";

    fn asked(
        path: &str,
        scope: RecordScope,
        params: &[(&str, &str)],
        search: &str,
    ) -> Result<ViewQuery, RequestProblem> {
        let query = QUERIES.iter().find(|query| query.path == path).unwrap();
        read(query, scope, params.iter().copied(), Some(search))
    }

    #[track_caller]
    fn refused_at(result: Result<ViewQuery, RequestProblem>, field: &str) {
        match result {
            Err(RequestProblem::Malformed { path, .. }) => assert_eq!(path, field),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn parameters_are_typed_and_known() {
        let all = RecordScope::Everyone;
        let search = format!(
            "on=2020-11-02&status=active&package=p-1&operator={ME}&limit=500&min_position=7"
        );
        let got = asked("/v1/contracts", all, &[], &search).unwrap();
        let params = json!({"on": "2020-11-02", "status": "active", "package": "p-1", "operator": ME, "limit": 500});
        assert_eq!(
            got,
            ViewQuery {
                view: "contracts",
                name: "list",
                params,
                min_position: 7
            }
        );
        assert_eq!(
            asked("/v1/contracts", all, &[], "").unwrap().params,
            json!({})
        );
        let year = asked("/v1/calendars/{year}", all, &[("year", "2020")], "").unwrap();
        assert_eq!(year.params, json!({"year": 2020}));

        refused_at(asked("/v1/contracts", all, &[], "on=2020-02-30"), "on");
        refused_at(asked("/v1/contracts", all, &[], "status=done"), "status");
        refused_at(asked("/v1/contracts", all, &[], "limit=many"), "limit");
        refused_at(asked("/v1/contracts", all, &[], "limit=-1"), "limit");
        refused_at(
            asked("/v1/contracts", all, &[], "min_position=-1"),
            "min_position",
        );
        refused_at(
            asked("/v1/contracts", all, &[], "package=a&package=b"),
            "package",
        );
        refused_at(
            asked(
                "/v1/operators/{operator_id}",
                all,
                &[("operator_id", "17")],
                "",
            ),
            "operator_id",
        );
        refused_at(
            asked(
                "/v1/calendars/{year}",
                all,
                &[("year", "2020")],
                "year=2021",
            ),
            "year",
        );
        refused_at(asked("/v1/contracts", all, &[], "colour=red"), "colour");
        refused_at(
            asked(
                "/v1/contracts/{contract_id}",
                all,
                &[("contract_id", ME)],
                "limit=5",
            ),
            "limit",
        );
        refused_at(asked("/v1/contracts", all, &[], "as_of=5"), "as_of");
        for wrong in ["limit=0", "limit=501"] {
            refused_at(asked("/v1/contracts", all, &[], wrong), "limit");
        }
    }

    #[test]
    fn a_query_with_as_of_goes_to_the_history_service() {
        let (path, id) = ("/v1/operators/{operator_id}/leave", [("operator_id", ME)]);
        let got = asked(
            path,
            RecordScope::Everyone,
            &id,
            "year=2020&as_of=2020-12-01T08%3A00%3A00%2B07%3A00",
        )
        .unwrap();
        let params = json!({"operator_id": ME, "year": 2020, "as_of": "2020-12-01T01:00:00Z"});
        assert_eq!(
            got,
            ViewQuery {
                view: "history",
                name: "leave-as-of",
                params,
                min_position: 0
            }
        );
        let now = asked(path, RecordScope::Everyone, &id, "").unwrap();
        assert_eq!((now.view, now.name), ("leave", "entries"));
        for wrong in [
            "as_of=",
            "as_of=0",
            "as_of=-1",
            "as_of=yesterday",
            "as_of=2020-12-01",
            "as_of=5&as_of=6",
        ] {
            refused_at(asked(path, RecordScope::Everyone, &id, wrong), "as_of");
        }
    }

    #[test]
    fn an_operator_is_kept_to_his_own_records() {
        let own = RecordScope::Operator(ME.parse().unwrap());
        let forbidden = |result: Result<ViewQuery, RequestProblem>| {
            assert!(
                matches!(result, Err(RequestProblem::RoleMissing { .. })),
                "{result:?}"
            );
        };
        assert_eq!(
            asked("/v1/contracts", own, &[], "").unwrap().params,
            json!({"operator": ME})
        );
        assert!(
            asked(
                "/v1/contracts",
                own,
                &[],
                &format!("operator={}", ME.to_uppercase())
            )
            .is_ok()
        );
        forbidden(asked(
            "/v1/contracts",
            own,
            &[],
            &format!("operator={OTHER}"),
        ));
        let path = "/v1/operators/{operator_id}/leave";
        assert!(asked(path, own, &[("operator_id", ME)], "year=2020").is_ok());
        forbidden(asked(path, own, &[("operator_id", OTHER)], ""));
    }
}
