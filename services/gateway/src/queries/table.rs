//! All queries: those that the views declare, and the histories. Routes, parameters and the OpenAPI
//! document follow from this list.

use std::sync::LazyLock;

use jejak_bus::history::{
    self, CalendarHistoryParams, HistoryItem, OperatorHistoryParams, PackageHistoryParams,
};
use jejak_events::kinds::ItemKind;
use jejak_projections::{Column, OperatorAccess, Query, VIEWS};

/// The columns of a history as a table.
static HISTORY_COLUMNS: [Column; 12] = [
    Column::number("position"),
    Column::time("time"),
    Column::sentence("text"),
    Column::date("effective_from"),
    Column::date("effective_to"),
    Column::text("actor_name"),
    Column::text("actor_nip"),
    Column::text("actor"),
    Column::text("reason"),
    Column::text("note"),
    Column::text("command"),
    Column::text("type"),
];

static HISTORIES: [Query; 3] = [
    Query::list::<PackageHistoryParams, HistoryItem>(
        "/v1/packages/{package_id}/history",
        history::NAME,
        "package",
        "Every event of a package in plain words",
        &HISTORY_COLUMNS,
    )
    .may_miss(&[ItemKind::Package]),
    Query::list::<OperatorHistoryParams, HistoryItem>(
        "/v1/operators/{operator_id}/history",
        history::NAME,
        "operator",
        "Every event of a person in plain words",
        &HISTORY_COLUMNS,
    )
    .for_operators(OperatorAccess::Path("operator_id"))
    .may_miss(&[ItemKind::Operator]),
    Query::list::<CalendarHistoryParams, HistoryItem>(
        "/v1/calendars/{year}/history",
        history::NAME,
        "calendar",
        "Every event of a year's calendar in plain words",
        &HISTORY_COLUMNS,
    )
    .may_miss(&[ItemKind::Calendar]),
];

/// All queries, in the order of the views.
pub(crate) static QUERIES: LazyLock<Vec<&'static Query>> = LazyLock::new(|| {
    let of_views = VIEWS.iter().flat_map(|view| view.queries());
    let of_views = of_views.map(|handler| &handler.query);
    of_views.chain(&HISTORIES).collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: a query reaches the service that answers it, and no address has two queries.
    #[test]
    fn every_query_names_its_service_and_has_an_address_of_its_own() {
        for view in VIEWS {
            for handler in view.queries() {
                assert_eq!(handler.query.view, view.name(), "{}", handler.query.path);
            }
        }
        let mut histories = HISTORIES.each_ref().map(|query| query.name);
        histories.sort_unstable();
        let mut answered = history::QUERIES;
        answered.sort_unstable();
        assert_eq!(histories, answered);
        let mut paths: Vec<_> = QUERIES.iter().map(|query| query.path).collect();
        paths.sort_unstable();
        paths.dedup();
        assert_eq!(paths.len(), QUERIES.len());
    }
}
