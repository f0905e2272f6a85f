//! A row of a list that is a form of its own: it gives one command, and a refusal is shown at the row.

use axum::response::Response;
use serde_json::Value;

use crate::{
    answer::{Asker, POSITION, Refused},
    change::{draw::KEY, handlers::new_key},
    context::Context,
    form::Form,
    html,
};

/// A row that was sent and refused.
pub(crate) struct Sent {
    pub(crate) typed: Form,
    /// The key of the next try.
    pub(crate) key: String,
    pub(crate) refused: Refused,
}

impl Sent {
    pub(crate) fn contract_id(&self) -> &str {
        self.typed.get("contract")
    }

    /// The command that the row gave, such as `waive`.
    pub(crate) fn gave(&self, command: &str) -> bool {
        self.typed.get("perintah") == command
    }

    /// The refusal in the API's words.
    pub(crate) fn problem(&self) -> String {
        let refused = &self.refused;
        format!("{}. {}", refused.text("title"), refused.text("detail"))
    }
}

/// Gives the command of a row, and leads to the same list with what was done.
///
/// # Errors
/// The row as it was sent, with the API's refusal.
pub(crate) async fn give(
    asker: Asker<'_>,
    context: &Context,
    typed: Form,
    (command, body): (&str, Value),
) -> Result<Response, Box<Sent>> {
    match asker.give(command, typed.get(KEY), &body).await {
        Ok(given) => {
            let position = given.position.to_string();
            let contract = typed.get("contract");
            let done = [(POSITION, position.as_str()), ("tersimpan", contract)];
            Ok(html::see_other(&context.here_with(&done)))
        }
        Err(refused) => {
            // Under a key that was used, the first command was done. What is typed now is another one.
            let key = match refused.text("code") {
                "command.key_reused" => new_key(),
                _ => typed.get(KEY).to_owned(),
            };
            Err(Box::new(Sent {
                typed,
                key,
                refused,
            }))
        }
    }
}
