//! The text of a problem document: a title, the facts of the case, and the next step.

/// The text of a refusal, or of a request that has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProblemText {
    /// Names the case; the same for every occurrence.
    pub title: &'static str,
    /// The facts of this occurrence, with its numbers: whole sentences.
    pub happened: String,
    /// The next step of the reader: whole sentences.
    pub next_step: String,
}

impl ProblemText {
    /// The facts and the next step, as `detail` of a problem document.
    pub fn detail(&self) -> String {
        format!("{} {}", self.happened, self.next_step)
    }
}

/// A [`ProblemText`] in one of two languages. Sentences may hold variables, as in `format!`.
macro_rules! problem {
    ($language:ident {
        title: $title_id:literal | $title_en:literal,
        happened: $happened_id:literal | $happened_en:literal,
        next_step: $next_id:literal | $next_en:literal $(,)?
    }) => {
        crate::problem_text::ProblemText {
            title: $language.pick($title_id, $title_en),
            happened: crate::language::say!($language, $happened_id, $happened_en),
            next_step: crate::language::say!($language, $next_id, $next_en),
        }
    };
}
pub(crate) use problem;
