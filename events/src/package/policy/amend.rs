//! Amendments of policies (rule 40). A field left out or null stays as it is.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    AppraisalPolicy, Eligibility, EvaluationPolicy, LeavePolicy, LeaveUnit, WarningPolicy,
};
use crate::{kinds::EducationLevel, money::Gpa, object::only_objects};

/// Declares an amendment with the fields of a policy, and the function that applies it to the policy.
macro_rules! amendment {
    ($(#[$about:meta])* $name:ident of $policy:ident {
        $($(#[$field_about:meta])* $field:ident: $type:ty,)*
    }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(deny_unknown_fields, remote = "Self")]
        pub struct $name {
            $($(#[$field_about])* #[serde(skip_serializing_if = "Option::is_none")] pub $field: Option<$type>,)*
        }

        only_objects!($name);

        impl $name {
            /// Applies the amendment to a policy.
            pub fn onto(self, mut policy: $policy) -> $policy {
                $(if let Some(given) = self.$field {
                    policy.$field = given.into();
                })*
                policy
            }
        }
    };
}

amendment! {
    /// The changed qualifications of the people to hire. A field left out or null stays as it is.
    EligibilityAmendment of Eligibility {
        /// The citizenship required, such as `WNI`.
        citizenship: String,
        /// The lowest age in whole years on the first day of the contract.
        #[schema(maximum = 255)]
        age_min: u8,
        /// The highest age in whole years on the first day of the contract.
        #[schema(maximum = 255)]
        age_max: u8,
        /// The lowest level of education, such as `D3`.
        education_min: EducationLevel,
        /// Whether the programme must be accredited.
        accredited: bool,
        /// All majors accepted, in place of those before. An empty list accepts every major.
        majors: Vec<String>,
        /// The lowest grade point average, such as `2.75`.
        gpa_min: Gpa,
        /// The region code whose residents rank first, such as `6171`. It excludes nobody.
        preferred_domicile: String,
        /// Whether a signed integrity pact is required.
        integrity_pact: bool,
    }
}

amendment! {
    /// The changed rules of leave. A field left out or null stays as it is.
    LeaveAmendment of LeavePolicy {
        /// The days of the yearly pool, 0 to 366.
        #[schema(maximum = 65535)]
        annual_days: u16,
        /// The most days of special leave a year, out of the same pool.
        #[schema(maximum = 65535)]
        special_max_days: u16,
        /// The longest maternity or work-accident leave, in calendar months a case, 0 to 12.
        #[schema(maximum = 255)]
        long_max_months: u8,
        /// The unit of leave, always `working_day`.
        unit: LeaveUnit,
        /// Whether a day of joint leave inside a leave is charged to the pool.
        joint_leave_charged: bool,
    }
}

amendment! {
    /// The changed parts of the scheme of the monthly appraisal. A field left out or null stays as it is.
    AppraisalAmendment of AppraisalPolicy {
        /// All elements and their indicators, in place of those before.
        elements: BTreeMap<String, BTreeSet<String>>,
        /// The lowest score of an indicator, below `scale_max`.
        #[schema(maximum = 255)]
        scale_min: u8,
        /// The highest score of an indicator.
        #[schema(maximum = 255)]
        scale_max: u8,
        /// The lowest total of a good month.
        #[schema(maximum = 65535)]
        good_from: u16,
        /// The number of days before the end of a month from which it may be signed, 0 to 31.
        #[schema(maximum = 255)]
        early_days: u8,
        /// The last day of the next month on which a signature is in time, 0 to 28.
        #[schema(maximum = 255)]
        late_after_day: u8,
    }
}

amendment! {
    /// The changed rules of the evaluation at the end of a contract. A field left out or null stays as it is.
    EvaluationAmendment of EvaluationPolicy {
        /// Whether one person may not both propose and finalize.
        different_signers: bool,
    }
}

amendment! {
    /// The changed ladder of warnings. A field left out or null stays as it is.
    WarningAmendment of WarningPolicy {
        /// The number of steps of the ladder, 1 to 3.
        #[schema(maximum = 255)]
        levels: u8,
        /// The number of months a warning stands, 1 or more.
        #[schema(maximum = 255)]
        months: u8,
    }
}
