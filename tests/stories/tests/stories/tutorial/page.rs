//! The commands and the answers of a page.

use super::answer::Answer;

/// One block of commands.
pub(crate) struct Step {
    /// The line of the page that the block begins on.
    pub(crate) line: usize,
    /// Its text.
    pub(crate) command: String,
    /// The block that follows, where it is an answer.
    pub(crate) answer: Option<Answer>,
}

/// The steps of a page, in order.
pub(crate) fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = vec![];
    for (line, language, text) in blocks(page) {
        match language.as_str() {
            "sh" => steps.push(Step {
                line,
                command: text,
                answer: None,
            }),
            "json" | "text" => {
                let step = steps.last_mut().expect("an answer follows a command");
                assert!(step.answer.is_none(), "line {line}: a second answer");
                step.answer = Some(Answer::read(&language, &text, line));
            }
            _ => {}
        }
    }
    steps
}

/// The fenced blocks of a page: first line, language and text of each.
fn blocks(page: &str) -> Vec<(usize, String, String)> {
    let mut found = vec![];
    let mut lines = page.lines().zip(1..);
    while let Some((line, number)) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let body: Vec<_> = lines
                .by_ref()
                .map(|(line, _)| line)
                .take_while(|line| *line != "```")
                .collect();
            found.push((number, language.to_owned(), body.join("\n")));
        }
    }
    found
}
