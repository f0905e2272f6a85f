//! Lists as files: a link of a page asks the API for the same list as a table, and passes its bytes on.

use axum::{Router, extract::State, http::header::ACCEPT, response::Response, routing::get};

use crate::{
    address::address,
    answer::Asker,
    context::Context,
    people::{self, path_segment},
    session::Pages,
};

/// A list that may be taken as a file.
struct Download {
    /// The address of the page without the ending of the file.
    page: &'static str,
    /// The API's address. A part in braces is a parameter of the page.
    list: &'static str,
    /// The parameters of the page, and their names in the API.
    parameters: &'static [(&'static str, &'static str)],
}

/// Every list that has a page.
const LISTS: &[Download] = &[
    list("/pekerjaan", "/v1/work", &[("paket", "package")]),
    list("/paket", "/v1/packages", &[]),
    list("/orang", "/v1/operators", &people::FILTERS),
    list(
        "/cuti",
        "/v1/leave-balances",
        &[("tahun", "year"), ("paket", "package")],
    ),
    list(
        "/penilaian",
        "/v1/appraisals",
        &[("bulan", "month"), ("paket", "package")],
    ),
    list(
        "/evaluasi",
        "/v1/evaluations",
        &[("tahun", "year"), ("paket", "package")],
    ),
    list("/seleksi", "/v1/packages/{paket}/candidates", &[]),
];

/// The kinds of files: the ending, and the media type that the API knows it by.
const KINDS: [(&str, &str); 2] = [
    (
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    ("csv", "text/csv"),
];

const fn list(
    page: &'static str,
    list: &'static str,
    parameters: &'static [(&'static str, &'static str)],
) -> Download {
    Download {
        page,
        list,
        parameters,
    }
}

impl Download {
    /// The API's address for what the page shows.
    fn asked(&self, context: &Context) -> String {
        let value = |name: &str| context.parameter(name).unwrap_or_default();
        let mut path = self.list.to_owned();
        if let Some((before, rest)) = self.list.split_once('{')
            && let Some((name, after)) = rest.split_once('}')
        {
            path = format!("{before}{}{after}", path_segment(&value(name)));
        }
        let values = self
            .parameters
            .iter()
            .map(|(page, api)| (*api, value(page)));
        let values: Vec<_> = values.collect();
        let values: Vec<_> = values
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        address(&path, &values)
    }
}

/// The routes of all files, such as `/orang.xlsx`.
pub(crate) fn routes() -> Router<Pages> {
    let each = LISTS
        .iter()
        .flat_map(|list| KINDS.iter().map(move |kind| (list, kind)));
    each.fold(Router::new(), |router, (list, (ending, media_type))| {
        let file = move |State(pages): State<Pages>, context: Context| async move {
            answer(&pages, &context, list, media_type).await
        };
        router.route(&format!("{}.{ending}", list.page), get(file))
    })
}

async fn answer(
    pages: &Pages,
    context: &Context,
    list: &Download,
    media_type: &'static str,
) -> Response {
    let person = match pages.person(context).await {
        Ok(person) => person,
        Err(response) => return *response,
    };
    let asker = Asker::new(pages, context, &person);
    let file = asker.file(&list.asked(context), (ACCEPT, media_type)).await;
    file.unwrap_or_else(|refused| asker.refusal(&refused))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;

    use super::*;

    #[test]
    fn a_file_is_asked_by_the_parameters_of_its_page() {
        let asked = |page: &str, query: &str| {
            let uri = format!("{page}.xlsx?{query}").parse().unwrap();
            let context = Context::of(&HeaderMap::new(), &uri);
            let list = LISTS.iter().find(|list| list.page == page).unwrap();
            list.asked(&context)
        };
        assert_eq!(
            asked("/evaluasi", "tahun=2020&paket=a&tanggal=1"),
            "/v1/evaluations?year=2020&package=a"
        );
        assert_eq!(
            asked("/seleksi", "paket=..%2Fx"),
            "/v1/packages/..%2Fx/candidates"
        );
        assert_eq!(asked("/orang", "q=a+b"), "/v1/operators?q=a+b");
        assert_eq!(asked("/orang", ""), "/v1/operators");
    }
}
