//! Topic `terms`: the terms of reference (KAK) of a package and their versions.
//!
//! Validation lists every fault at once.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    PackageState,
    policy::{
        AppraisalPolicy, Eligibility, EvaluationPolicy, LeavePolicy, OfficersMay, WarningPolicy,
        amend::{
            AppraisalAmendment, EligibilityAmendment, EvaluationAmendment, LeaveAmendment,
            WarningAmendment,
        },
    },
};
use crate::{
    Rejection,
    date::Period,
    decision::{CommandBody, DecisionContext, GivenBy, Reads},
    ids::PackageId,
    money::Rupiah,
    object::only_objects,
    personal::{Personal, Remark, payload},
    rejection::TermsFault,
    secret::TenantKey,
    text::{Note, Text},
};

mod faults;

use faults::validate;

crate::topic::topic! {
    /// The first version of the terms was published.
    Published = "package.terms.published.v1",
    /// A later version replaced the terms.
    Amended = "package.terms.amended.v1",
}

/// The terms of reference: the work, its money and its policies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct Terms {
    /// The name of the work.
    pub title: String,
    /// The agency that procures the work, such as `BKPSDM Kota Pontianak`.
    pub agency: String,
    /// The fiscal year that pays, such as 2020.
    pub fiscal_year: i32,
    /// The source of the money, such as `APBD 2020`.
    pub fund_source: String,
    /// Pagu: the most that all contracts together may cost, in Rupiah.
    pub budget_ceiling: Rupiah,
    /// The number of people to hire, 1 or more.
    pub quota: u32,
    /// The days of the work, within the fiscal year.
    pub period: Period,
    /// The qualifications of the people to hire.
    pub eligibility: Eligibility,
    /// The rules of leave of this package.
    pub leave: LeavePolicy,
    /// The scheme of the monthly appraisal.
    pub appraisal: AppraisalPolicy,
    /// The rules of the evaluation at the end of a contract.
    pub evaluation: EvaluationPolicy,
    /// The ladder of warnings: its steps and months.
    pub warnings: WarningPolicy,
    /// The officers who may give commands on its contracts; those assigned to the package if absent.
    #[serde(default, skip_serializing_if = "OfficersMay::is_default")]
    pub officers_may: OfficersMay,
}

only_objects!(Terms);

/// The first version of the terms was published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// The terms as published, version 1.
    pub terms: Terms,
}

/// A later version replaced the terms. Running contracts keep theirs (rule 40).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Amended {
    /// The number of the new version, 2 or more.
    pub version: u32,
    /// All of the new terms, the unchanged parts too.
    pub terms: Terms,
    /// The reason, sealed under the office's key.
    #[schema(value_type = crate::personal::Sealed)]
    pub personal: Personal<Remark>,
}

payload!(Published);
payload!(Amended.personal);

/// Publishes the terms of a new package. A policy left out takes its defaults.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Publish {
    /// The short name of the new package, such as `2020-tenaga-it`.
    pub package_id: PackageId,
    /// The name of the work.
    pub title: Text,
    /// The agency that procures the work, such as `BKPSDM Kota Pontianak`.
    pub agency: Text,
    /// The fiscal year that pays, 1900 to 2200.
    pub fiscal_year: i32,
    /// The source of the money, such as `APBD 2020`.
    pub fund_source: Text,
    /// Pagu: the most that all contracts together may cost, in Rupiah, more than 0.
    pub budget_ceiling: Rupiah,
    /// The number of people to hire, 1 or more.
    pub quota: u32,
    /// The days of the work, within the fiscal year.
    pub period: Period,
    /// The qualifications of the people to hire.
    #[serde(default)]
    pub eligibility: Eligibility,
    /// The rules of leave of this package.
    #[serde(default)]
    pub leave: LeavePolicy,
    /// The scheme of the monthly appraisal.
    #[serde(default)]
    pub appraisal: AppraisalPolicy,
    /// The rules of the evaluation at the end of a contract.
    #[serde(default)]
    pub evaluation: EvaluationPolicy,
    /// The ladder of warnings: its steps and months.
    #[serde(default)]
    pub warnings: WarningPolicy,
    /// The officers who may give commands on its contracts: those assigned to the package, or any.
    #[serde(default, skip_serializing_if = "OfficersMay::is_default")]
    pub officers_may: OfficersMay,
}

/// Replaces parts of the terms. A field left out or null stays as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Amend {
    /// The short name of the package, such as `2020-tenaga-it`.
    pub package_id: PackageId,
    /// The reason, 1 to 2000 characters.
    pub reason: Note,
    /// The name of the work.
    pub title: Option<Text>,
    /// The agency that procures the work, such as `BKPSDM Kota Pontianak`.
    pub agency: Option<Text>,
    /// The fiscal year that pays, 1900 to 2200. It stays once contracts are signed.
    pub fiscal_year: Option<i32>,
    /// The source of the money, such as `APBD 2020`.
    pub fund_source: Option<Text>,
    /// Pagu: the most that all contracts together may cost, in Rupiah, not below the money committed.
    pub budget_ceiling: Option<Rupiah>,
    /// The number of people to hire, not below the slots taken.
    pub quota: Option<u32>,
    /// The days of the work, within the fiscal year.
    pub period: Option<Period>,
    /// The changed qualifications of the people to hire.
    pub eligibility: Option<EligibilityAmendment>,
    /// The changed rules of leave.
    pub leave: Option<LeaveAmendment>,
    /// The changed parts of the scheme of the monthly appraisal.
    pub appraisal: Option<AppraisalAmendment>,
    /// The changed rules of the evaluation at the end of a contract.
    pub evaluation: Option<EvaluationAmendment>,
    /// The changed ladder of warnings.
    pub warnings: Option<WarningAmendment>,
    /// The officers who may give commands on its contracts: those assigned to the package, or any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub officers_may: Option<OfficersMay>,
}

/// The terms of a package in force.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TermsState {
    /// The terms as last published or amended, if there are any.
    pub current: Option<Terms>,
    /// 1 when published, one more with each amendment; 0 before.
    pub version: u32,
}

impl TermsState {
    /// Takes in an event, in order.
    pub fn evolve(&mut self, event: &Event) {
        match event {
            Event::Published(Published { terms }) => {
                (self.current, self.version) = (Some(terms.clone()), 1)
            }
            Event::Amended(Amended { version, terms, .. }) => {
                (self.current, self.version) = (Some(terms.clone()), *version);
            }
        }
    }
}

impl CommandBody for Publish {
    const NAME: &'static str = "publish-terms";
    const GIVEN_BY: GivenBy = GivenBy::Administration;
    const MOVES_SLOT: bool = false;
    type OwnState = PackageState;

    fn stream_id(&self, _: &TenantKey) -> PackageId {
        self.package_id.clone()
    }

    fn reads(&self, _: &PackageState, _: &TenantKey) -> Reads {
        Reads::nothing()
    }

    /// Publishes terms once, if they have no fault.
    fn decide(
        &self,
        state: &PackageState,
        _: &DecisionContext<'_>,
        (): &(),
    ) -> Result<Vec<super::Event>, Rejection> {
        let command = self.clone();
        let terms = Terms {
            title: command.title.into(),
            agency: command.agency.into(),
            fiscal_year: command.fiscal_year,
            fund_source: command.fund_source.into(),
            budget_ceiling: command.budget_ceiling,
            quota: command.quota,
            period: command.period,
            eligibility: command.eligibility,
            leave: command.leave,
            appraisal: command.appraisal,
            evaluation: command.evaluation,
            warnings: command.warnings,
            officers_may: command.officers_may,
        };
        match &state.terms.current {
            Some(current) if *current == terms => Ok(vec![]),
            Some(_) => Err(Rejection::PackageAlreadyPublished {
                package_id: command.package_id,
            }),
            None => {
                validate(&terms)?;
                Ok(vec![Event::from(Published { terms }).into()])
            }
        }
    }
}

impl CommandBody for Amend {
    const NAME: &'static str = "amend-terms";
    const GIVEN_BY: GivenBy = GivenBy::Administration;
    const MOVES_SLOT: bool = false;
    type OwnState = PackageState;

    fn stream_id(&self, _: &TenantKey) -> PackageId {
        self.package_id.clone()
    }

    fn reads(&self, _: &PackageState, _: &TenantKey) -> Reads {
        Reads::nothing()
    }

    /// Replaces parts of the terms, field by field, never below the commitments (rule 40). The year that
    /// pays for slots once taken stays.
    fn decide(
        &self,
        state: &PackageState,
        _: &DecisionContext<'_>,
        (): &(),
    ) -> Result<Vec<super::Event>, Rejection> {
        let current = state.published(&self.package_id)?;
        let command = self.clone();
        let was = current.clone();
        let terms = Terms {
            title: command.title.map_or(was.title, String::from),
            agency: command.agency.map_or(was.agency, String::from),
            fiscal_year: command.fiscal_year.unwrap_or(was.fiscal_year),
            fund_source: command.fund_source.map_or(was.fund_source, String::from),
            budget_ceiling: command.budget_ceiling.unwrap_or(was.budget_ceiling),
            quota: command.quota.unwrap_or(was.quota),
            period: command.period.unwrap_or(was.period),
            eligibility: command
                .eligibility
                .unwrap_or_default()
                .onto(was.eligibility),
            leave: command.leave.unwrap_or_default().onto(was.leave),
            appraisal: command.appraisal.unwrap_or_default().onto(was.appraisal),
            evaluation: command.evaluation.unwrap_or_default().onto(was.evaluation),
            warnings: command.warnings.unwrap_or_default().onto(was.warnings),
            officers_may: command.officers_may.unwrap_or(was.officers_may),
        };
        if terms == *current {
            return Ok(vec![]);
        }
        validate(&terms)?;
        if terms.fiscal_year != current.fiscal_year && !state.slots.slots.is_empty() {
            let expected = "as it is once contracts are signed".to_owned();
            return Err(Rejection::TermsInvalid {
                faults: vec![TermsFault {
                    field: "fiscal_year".to_owned(),
                    expected,
                }],
            });
        }
        let (filled, committed) = (state.slots.filled(), state.slots.committed());
        if terms.quota < filled || terms.budget_ceiling < committed {
            return Err(Rejection::PackageBelowCommitments {
                filled,
                committed,
                quota: terms.quota,
                ceiling: terms.budget_ceiling,
            });
        }
        let version = state.terms.version + 1;
        Ok(vec![
            Event::from(Amended {
                version,
                terms,
                personal: Remark::open(&self.reason),
            })
            .into(),
        ])
    }
}

#[cfg(test)]
mod specs;
