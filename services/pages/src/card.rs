//! What is known of one person in one year, as his own card and the page of an officer show it.

use chrono::Datelike;
use futures_util::future::try_join3;

use crate::{
    answer::{Asker, Refused},
    charts::MonthColumns,
    context::Context,
    records::{Contract, Evaluation, Leave, Operator, PackageTerms},
};

/// A person with the leave and the months of one year.
pub(crate) struct Card {
    pub(crate) operator: Operator,
    /// The year that is shown; none for a person without a contract.
    pub(crate) year: Option<i32>,
    pub(crate) leave: Option<Leave>,
    pub(crate) evaluation: Option<Evaluation>,
    pub(crate) columns: Option<MonthColumns>,
    /// The title of the last contract's package, where the reader may know it.
    pub(crate) package_title: Option<String>,
}

impl Card {
    /// Asks for everything.
    ///
    /// # Errors
    /// The API's refusal, such as for a person who is not registered.
    pub(crate) async fn ask(
        asker: Asker<'_>,
        context: &Context,
        operator_id: &str,
    ) -> Result<Self, Refused> {
        let path = format!("/v1/operators/{operator_id}");
        let operator: Operator = asker.get(&path).await?;
        let asked = context
            .parameter("tahun")
            .and_then(|year| year.parse().ok());
        let last = operator.contracts.last();
        let year = asked.or(last.map(|contract| contract.end.year()));
        let (Some(year), Some(last)) = (year, last) else {
            return Ok(Self {
                operator,
                year,
                leave: None,
                evaluation: None,
                columns: None,
                package_title: None,
            });
        };
        let leave_path = format!("{path}/leave?year={year}");
        let evaluation_path = format!("{path}/evaluations/{year}");
        let package = async {
            let path = format!("/v1/packages/{}", last.package_id);
            // A person does not read packages; his chart then has no line.
            Ok(asker.get::<PackageTerms>(&path).await.ok())
        };
        let (leave, evaluation, package) = try_join3(
            asker.find(&leave_path),
            asker.find::<Evaluation>(&evaluation_path),
            package,
        )
        .await?;
        let scheme = package.as_ref().map(|package| &package.terms.appraisal);
        let columns = evaluation
            .as_ref()
            .and_then(|evaluation| MonthColumns::of(evaluation, scheme, context.language));
        Ok(Self {
            operator,
            year: Some(year),
            leave,
            evaluation,
            columns,
            package_title: package.map(|package| package.title),
        })
    }

    pub(crate) fn name(&self) -> Option<&str> {
        let profile = self.operator.profile.as_ref();
        profile.map(|profile| profile.full_name.as_str())
    }

    /// The contract that began last.
    pub(crate) fn last(&self) -> Option<&Contract> {
        self.operator.contracts.last()
    }

    /// The years in which the person has contracts, the latest first.
    pub(crate) fn years(&self) -> Vec<i32> {
        let contracts = self.operator.contracts.iter();
        let mut years: Vec<_> = contracts.map(|contract| contract.end.year()).collect();
        years.sort_unstable();
        years.dedup();
        years.reverse();
        years
    }
}
