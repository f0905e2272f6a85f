//! Closed lists that rules, refusals and views share.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A role that an officer holds in a package.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[schema(as = Role)]
pub enum OfficerRole {
    /// Pengguna Anggaran: the budget user, head of the agency.
    Pa,
    /// Pejabat Pembuat Komitmen: the commitment officer signs contracts and appraises.
    Ppk,
    /// Pejabat Pelaksana Teknis Kegiatan: the technical officer proposes evaluations.
    Pptk,
    /// Pengelola kepegawaian: a clerk keeps the package's records and signs nothing.
    Clerk,
}

impl OfficerRole {
    /// Whether several officers may hold the role on one day (rule 37).
    pub fn is_shared(self) -> bool {
        match self {
            Self::Clerk => true,
            Self::Pa | Self::Ppk | Self::Pptk => false,
        }
    }
}

/// A kind of leave, charged to the yearly pool or not.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum LeaveKind {
    /// Cuti tahunan, charged to the yearly pool.
    Annual,
    /// Cuti alasan tertentu (sick, permission), charged to the same pool.
    Special,
    /// Cuti persalinan, in calendar months.
    Maternity,
    /// Cuti kecelakaan kerja, in calendar months.
    WorkAccident,
}

impl LeaveKind {
    /// Whether the leave is charged to the yearly pool in working days. The others run in calendar months.
    pub fn is_charged(self) -> bool {
        match self {
            Self::Annual | Self::Special => true,
            Self::Maternity | Self::WorkAccident => false,
        }
    }
}

/// A level of education, the lowest first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the names are the levels' own")]
pub enum EducationLevel {
    Sd,
    Smp,
    Sma,
    D1,
    D2,
    D3,
    D4,
    S1,
    S2,
    S3,
}

/// A kind of item that a query asks for. Each name is the code of the answer to an unknown one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ItemKind {
    /// A package, asked for by its slug.
    #[serde(rename = "package.unknown")]
    Package,
    /// A person, asked for by the operator id.
    #[serde(rename = "operator.unknown")]
    Operator,
    /// A contract, asked for by its id.
    #[serde(rename = "contract.unknown")]
    Contract,
    /// A person's evaluation of a year.
    #[serde(rename = "evaluation.unknown")]
    Evaluation,
    /// A calendar year without a declared day.
    #[serde(rename = "calendar.unknown")]
    Calendar,
    /// A file of the signed tree, such as a tile.
    #[serde(rename = "tile.unknown")]
    Tile,
}

impl ItemKind {
    /// All kinds, in the order of this list.
    pub const ALL: [Self; 6] = [
        Self::Package,
        Self::Operator,
        Self::Contract,
        Self::Evaluation,
        Self::Calendar,
        Self::Tile,
    ];
}
