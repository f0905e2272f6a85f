//! What is said of those who gave commands.

use crate::Language;

/// The words for the actor of an event that does not say who he is. Events from this position on say it.
pub fn actor_unknown_before(position: u64, language: Language) -> String {
    match language {
        Language::Indonesian => format!("Tidak diketahui sebelum posisi {position}."),
        Language::English => format!("Unknown before position {position}."),
    }
}
