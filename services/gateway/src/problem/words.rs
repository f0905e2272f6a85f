//! Leads each problem to its words in `jejak_words`.

use jejak_bus::{Problem, RequestProblem, UNCOMPRESSED};
use jejak_words::{Language, ProblemText, refusal_text, requests};

/// The recipient of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Recipient {
    /// The language that the request prefers.
    pub(crate) language: Language,
    /// Whether the request was a command: only then there is a key to repeat.
    pub(crate) is_command: bool,
}

/// The text of a problem.
pub(crate) fn text(problem: &Problem, recipient: Recipient) -> ProblemText {
    match problem {
        Problem::Rejected(rejection) => refusal_text(rejection, recipient.language),
        Problem::Request(problem) => request_text(problem, recipient),
    }
}

fn request_text(problem: &RequestProblem, recipient: Recipient) -> ProblemText {
    use RequestProblem as P;
    let language = recipient.language;
    match problem {
        P::Malformed {
            path,
            reason,
            missing,
        } => requests::malformed(language, path, reason, missing),
        P::TokenInvalid { reason } => requests::token_invalid(language, reason),
        P::RoleMissing { own_only: true, .. } => requests::not_own_data(language),
        P::RoleMissing {
            needed,
            own_only: false,
        } => requests::role_missing(language, needed),
        P::Unknown { path } => requests::address_unknown(language, path),
        P::ItemUnknown { thing, item } => requests::item_unknown(language, *thing, item),
        P::MethodNotAllowed { allowed } => requests::method_not_allowed(language, allowed),
        P::Contended { attempts } => requests::contended(language, *attempts),
        P::ListTooLong { limit_rows } => requests::list_too_long(language, *limit_rows),
        P::TooLarge { limit_bytes } => requests::too_large(language, *limit_bytes),
        P::UnsupportedMediaType { expected } if expected == UNCOMPRESSED => {
            requests::compressed(language)
        }
        P::UnsupportedMediaType { expected } => {
            requests::unsupported_media_type(language, expected)
        }
        P::TooMany {
            retry_after_s,
            own_share: false,
        } => requests::too_many(language, *retry_after_s),
        P::TooMany {
            retry_after_s,
            own_share: true,
        } => requests::share_taken(language, *retry_after_s),
        P::Fault { incident } => requests::fault(language, incident),
        P::LogUnavailable { retry_after_s } => {
            requests::log_unavailable(language, recipient.is_command, *retry_after_s)
        }
        P::LogUnreadable { position, reason } => {
            requests::log_unreadable(language, recipient.is_command, *position, reason)
        }
        P::ServiceUnavailable {
            service,
            retry_after_s,
        } => requests::service_unavailable(language, service, *retry_after_s),
        P::ViewStopped {
            view,
            position,
            reason,
        } => requests::view_stopped(language, view, *position, reason),
        P::ViewBehind {
            view,
            position,
            min_position,
            ..
        } => requests::view_behind(language, view, *position, *min_position),
    }
}

#[cfg(test)]
mod tests {
    use jejak_bus::{history, tile::AUDIT};
    use jejak_projections::VIEWS;

    use super::*;

    /// Goal: no refusal shows a service's name in code. Method: the names of all views, of the services that
    /// the gateway asks, and of those that it names itself must have labels.
    #[test]
    fn every_view_and_service_has_a_label() {
        let views = VIEWS.iter().map(|view| view.name());
        let asked = [history::NAME, AUDIT, "commands", "auditor"];
        let own = ["gateway", "jwks"];
        for name in views.chain(asked).chain(own) {
            for language in Language::ALL {
                let label = requests::service_label(name, language);
                assert!(label.is_some_and(|label| label != name), "{name}");
            }
        }
        assert_eq!(requests::service_label("x", Language::English), None);
    }
}
