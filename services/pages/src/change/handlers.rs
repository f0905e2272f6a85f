//! Answers forms: draws them, gives their command, and leads to the page that shows what was done.

use std::collections::BTreeMap;

use axum::{
    Router,
    extract::{Path, State},
    response::Response,
    routing::get,
};
use jejak_words::requests;
use serde_json::json;
use uuid::Uuid;

use super::{
    aside::{self, CHECK, Check},
    draw::{self, KEY},
    forms::{self, CommandForm},
    ids::Ids,
    known::Known,
    values::body,
};
use crate::{
    answer::{Asker, POSITION, Refused},
    context::Context,
    form::Form,
    frame::Frame,
    html,
    session::Pages,
};

/// Every form at its address.
pub(crate) fn routes() -> Router<Pages> {
    forms::ALL.iter().fold(Router::new(), |router, form| {
        let drawn = move |State(pages): State<Pages>, context: Context, ids: Members| async move {
            answer(&pages, &context, form, Ids(ids.0), None).await
        };
        let sent = move |State(pages): State<Pages>,
                         context: Context,
                         ids: Members,
                         typed: Form| async move {
            answer(&pages, &context, form, Ids(ids.0), Some(typed)).await
        };
        router.route(form.address, get(drawn).post(sent))
    })
}

/// The parts of an address that stand in braces.
type Members = Path<BTreeMap<String, String>>;

/// Draws a form, or gives its command if it was sent.
async fn answer(
    pages: &Pages,
    context: &Context,
    form: &'static CommandForm,
    mut ids: Ids,
    sent: Option<Form>,
) -> Response {
    let person = match pages.person(context).await {
        Ok(person) => person,
        Err(response) => return *response,
    };
    let asker = Asker::new(pages, context, &person);
    if sent.is_none() && !person.actor.may_command(form.command) {
        return asker.refusal(&role_missing(context, form.command));
    }
    let mut key = new_key();
    let mut refused = None;
    let mut check = Check::None;
    let is_check = |typed: &&Form| !typed.get(CHECK).is_empty() && aside::can_check(form);
    if let Some(typed) = sent.as_ref().filter(is_check) {
        typed.get(KEY).clone_into(&mut key);
        let command = body(form, typed, &ids);
        match asker.try_out(form.command, &command).await {
            Ok(checked) => check = Check::Good(checked),
            Err(problem) => {
                check = Check::Refused;
                refused = Some(problem);
            }
        }
    } else if let Some(typed) = &sent {
        let sent_key = typed.get(KEY);
        match asker
            .give(form.command, sent_key, &body(form, typed, &ids))
            .await
        {
            Ok(given) => {
                if let Some(operator) = given.operator_id {
                    ids.add("operator_id", operator);
                }
                for field in form.fields().filter(|field| !field.path.contains('.')) {
                    ids.add_missing(field.path, typed.get(field.path));
                }
                let done = ids.fill(form.done);
                let sign = if done.contains('?') { '&' } else { '?' };
                return html::see_other(&format!("{done}{sign}{POSITION}={}", given.position));
            }
            Err(problem) => {
                // Under a key that was used, the first command was done. What is typed now is another one.
                if problem.text("code") != "command.key_reused" {
                    sent_key.clone_into(&mut key);
                }
                refused = Some(problem);
            }
        }
    }
    let known = match Known::ask(asker, form, &ids).await {
        Ok(known) => known,
        Err(problem) => return asker.refusal(&problem),
    };
    let typed = sent.or(known.typed).unwrap_or_else(|| form.first());
    let back = ids.fill(form.back);
    let f = Frame::new(context, Some(&person), form.section);
    let panels = match aside::ask(asker, form, &ids, &typed, &check, &f).await {
        Ok(panels) => panels,
        Err(problem) => return asker.refusal(&problem),
    };
    let drawn = draw::Drawing {
        form,
        typed: &typed,
        key,
        back,
        refused: refused.as_ref(),
        panels,
    };
    drawn.page(context, f, known.subject)
}

/// A key for a command that is not given yet.
pub(crate) fn new_key() -> String {
    Uuid::new_v4().to_string()
}

/// The refusal of a form whose command the person's roles do not give. No other answer tells it before
/// the form is sent.
pub(crate) fn role_missing(context: &Context, command: &str) -> Refused {
    let needed = jejak_bus::request::role_for(command);
    let needed = needed.and_then(|role| serde_json::to_value(role).ok());
    let needed = needed.and_then(|role| role.as_str().map(str::to_owned));
    let needed: Vec<_> = needed.into_iter().collect();
    role_missing_of(context, &needed)
}

/// The refusal of a page for anybody without one of these roles.
pub(crate) fn role_missing_of(context: &Context, needed: &[String]) -> Refused {
    let text = requests::role_missing(context.language, needed);
    Refused {
        status: axum::http::StatusCode::FORBIDDEN,
        document: json!({ "title": text.title, "detail": text.detail() }),
        may_retry: false,
    }
}
