//! Parts of policies, for amending terms (rule 40): what an amendment does not name stays as it stands.
//! No defaults here; those are for terms that are published.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    AppraisalPolicy, Eligibility, EvaluationPolicy, LeavePolicy, LeaveUnit, WarningPolicy,
};
use crate::{kinds::EducationLevel, money::Gpa};

/// A struct of the fields of a policy, each of which may be left out, and how it is merged into one.
macro_rules! parts {
    ($(#[$about:meta])* $name:ident of $policy:ident {
        $($(#[$field_about:meta])* $field:ident: $type:ty,)*
    }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$field_about])* #[serde(skip_serializing_if = "Option::is_none")] pub $field: Option<$type>,)*
        }

        impl $name {
            /// The policy with the named fields in place of its own.
            pub fn onto(self, mut policy: $policy) -> $policy {
                $(if let Some(told) = self.$field {
                    policy.$field = told.into();
                })*
                policy
            }
        }
    };
}

parts! {
    /// What changes of who may be hired. A field left out or null stays as it is.
    EligibilityAmendment of Eligibility {
        /// Citizenship required.
        citizenship: String,
        /// Youngest age in whole years on the contract's first day.
        #[schema(maximum = 255)]
        age_min: u8,
        /// Oldest age in whole years on the contract's first day.
        #[schema(maximum = 255)]
        age_max: u8,
        /// Least level of education.
        education_min: EducationLevel,
        /// Whether the programme must be accredited.
        accredited: bool,
        /// All majors accepted, in place of those before; empty accepts every major.
        majors: Vec<String>,
        /// Least grade point average.
        gpa_min: Gpa,
        /// Region whose residents rank first.
        preferred_domicile: String,
        /// Whether a signed integrity pact is required.
        integrity_pact: bool,
    }
}

parts! {
    /// What changes of leave. A field left out or null stays as it is.
    LeaveAmendment of LeavePolicy {
        /// Days of the yearly pool.
        #[schema(maximum = 65535)]
        annual_days: u16,
        /// The most days of special leave, out of the same pool.
        #[schema(maximum = 65535)]
        special_max_days: u16,
        /// The longest maternity or work-accident leave, in calendar months a case.
        #[schema(maximum = 255)]
        long_max_months: u8,
        /// The smallest piece of leave.
        unit: LeaveUnit,
        /// Whether joint leave inside a leave is charged to the pool.
        joint_leave_charged: bool,
    }
}

parts! {
    /// What changes of the monthly appraisal. A field left out or null stays as it is.
    AppraisalAmendment of AppraisalPolicy {
        /// All elements and their indicators, in place of those before.
        elements: BTreeMap<String, BTreeSet<String>>,
        /// Least score of an indicator.
        #[schema(maximum = 255)]
        scale_min: u8,
        /// Greatest score of an indicator.
        #[schema(maximum = 255)]
        scale_max: u8,
        /// Least total of a month that is good.
        #[schema(maximum = 65535)]
        good_from: u16,
        /// How many days before the assessed month ends it may be signed.
        #[schema(maximum = 255)]
        early_days: u8,
        /// The day of the next month after which it is late.
        #[schema(maximum = 255)]
        late_after_day: u8,
    }
}

parts! {
    /// What changes of the year-end evaluation. A field left out or null stays as it is.
    EvaluationAmendment of EvaluationPolicy {
        /// Whether proposer and finalizer must be two people.
        different_signers: bool,
    }
}

parts! {
    /// What changes of the ladder of warnings. A field left out or null stays as it is.
    WarningAmendment of WarningPolicy {
        /// How many steps the ladder has.
        #[schema(maximum = 255)]
        levels: u8,
        /// How long a warning stands, in months.
        #[schema(maximum = 255)]
        months: u8,
    }
}
