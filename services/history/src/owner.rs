//! The person of a contract. Subjects of the log do not name it, so the view `contracts` is asked.

use std::time::Duration;

use async_nats::{HeaderMap, Request, RequestErrorKind};
use jejak_bus::{Problem, RequestProblem, query_subject, request::MIN_POSITION};
use jejak_events::ids::{ContractId, OperatorId};
use serde::Deserialize;
use serde_json::json;

use crate::read::{Log, fault};

/// The view that holds all contracts.
const VIEW: &str = "contracts";
const QUERY: &str = "get";
/// The longest wait for the view, which itself waits five seconds for a position.
const ANSWER: Duration = Duration::from_secs(6);

#[derive(Deserialize)]
struct ContractOwner {
    operator_id: OperatorId,
}

/// The person of a contract. The view may be behind, so an unknown contract is asked for again at the log's end.
///
/// # Errors
/// `contract.unknown`, and the problem that the view answers with.
pub(crate) async fn of(
    log: &Log,
    contract_id: ContractId,
    end: u64,
) -> Result<OperatorId, Problem> {
    match ask(log, contract_id, 0).await {
        Err(Problem::Request(RequestProblem::ItemUnknown { .. })) => {
            ask(log, contract_id, end).await
        }
        other => other,
    }
}

async fn ask(log: &Log, contract_id: ContractId, min_position: u64) -> Result<OperatorId, Problem> {
    let mut headers = HeaderMap::new();
    headers.insert(MIN_POSITION, min_position.to_string());
    let body = json!({ "contract_id": contract_id }).to_string();
    let request = Request::new()
        .headers(headers)
        .payload(body.into())
        .timeout(Some(ANSWER));
    let subject = query_subject(log.journal.tenant(), VIEW, QUERY);
    let reply = match log.journal.client().send_request(subject, request).await {
        Ok(reply) => reply.payload,
        Err(error) if error.kind() == RequestErrorKind::NoResponders => {
            let service = VIEW.to_owned();
            return Err(RequestProblem::ServiceUnavailable {
                service,
                retry_after_s: 1,
            }
            .into());
        }
        Err(_) => return Err(RequestProblem::LogUnavailable { retry_after_s: 1 }.into()),
    };
    match Problem::from_reply(&reply) {
        Some(problem) => Err(problem),
        None => {
            let read = serde_json::from_slice::<ContractOwner>(&reply);
            Ok(read.map_err(|error| fault(&error))?.operator_id)
        }
    }
}
