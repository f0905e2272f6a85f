//! The answers to requests: histories, and rows as of a moment. Every failure becomes a problem document's data.

use std::{fmt::Display, str::FromStr, sync::Arc};

use async_nats::service::Request;
use jejak_bus::{
    AsOf, Problem, RequestProblem,
    as_of::AS_OF,
    health::ViewHealth,
    history::{CalendarHistoryParams, OperatorHistoryParams, PackageHistoryParams},
    request::{is_of_own_records, min_position},
};
use jejak_events::{
    RecordedEvent,
    ids::{ContractId, OperatorId, StreamId},
};
use jejak_projections::contracts::Contracts;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{
    actors::{Actors, FirstNamed, Officers},
    items::{self, PageRequest},
    operator, owner,
    past::{self, Moment},
    read::{Log, fault, in_order},
};

/// The version of the answers, shown in health.
const VERSION: u32 = 1;

/// Answers requests from the log.
pub(crate) struct HistoryService {
    pub(crate) log: Log,
    pub(crate) first_named: FirstNamed,
    pub(crate) time_zone: chrono_tz::Tz,
}

/// The reply to one request: JSON of the answer, or of the problem.
pub(crate) async fn answer(service: Arc<HistoryService>, request: Arc<Request>) -> Vec<u8> {
    service
        .ask(&request)
        .await
        .unwrap_or_else(|problem| problem.to_reply())
}

impl HistoryService {
    async fn ask(&self, request: &Request) -> Result<Vec<u8>, Problem> {
        let (subject, payload) = (&request.message.subject, &request.message.payload);
        let end = self.log.end(min_position(&request.message)?).await;
        let query = subject.rsplit('.').next().unwrap_or_default();
        if query == "health" {
            return Ok(health(end)?);
        }
        let end = end?;
        match query {
            "operator" => {
                let own_records = is_of_own_records(&request.message);
                let answer = self.history_of_operator(params(payload)?, end, own_records);
                Ok(answer.await?)
            }
            "package" => {
                let PackageHistoryParams {
                    package_id,
                    order,
                    limit,
                    cursor,
                } = params(payload)?;
                let request = PageRequest {
                    order: order.unwrap_or_default(),
                    limit,
                    cursor: cursor.as_deref(),
                };
                Ok(self
                    .history(&StreamId::Package(package_id), end, request)
                    .await?)
            }
            "calendar" => {
                let CalendarHistoryParams {
                    year,
                    order,
                    limit,
                    cursor,
                } = params(payload)?;
                let request = PageRequest {
                    order: order.unwrap_or_default(),
                    limit,
                    cursor: cursor.as_deref(),
                };
                Ok(self
                    .history(&StreamId::Calendar(year), end, request)
                    .await?)
            }
            "contract-as-of" => self.contract(params(payload)?, end).await,
            "leave-as-of" => Ok(self.leave(params(payload)?, end).await?),
            jejak_bus::history::AS_OF => self.either(params(payload)?, end).await,
            _ => Err(RequestProblem::Unknown {
                path: format!("{}/{query}", jejak_bus::history::NAME),
            }
            .into()),
        }
    }

    async fn history_of_operator(
        &self,
        params: OperatorHistoryParams,
        end: u64,
        own_records: bool,
    ) -> Result<Vec<u8>, RequestProblem> {
        let OperatorHistoryParams {
            operator_id,
            order,
            limit,
            cursor,
        } = params;
        let stream = StreamId::Operator(operator_id);
        let events = up_to(end, self.log.stream(&stream).await?);
        let packages = operator::packages(&events)
            .into_iter()
            .map(StreamId::Package);
        let officers = Officers::assigned_in(&self.log.streams(packages).await?);
        let mut actors = self.actors(&events, officers, end).await?;
        actors.own_records = own_records;
        let request = PageRequest {
            order: order.unwrap_or_default(),
            limit,
            cursor: cursor.as_deref(),
        };
        items::answer(&stream, &events, &actors, end, request).map_err(past::problem)
    }

    /// The actors of the events of a stream, opened.
    async fn actors(
        &self,
        events: &[RecordedEvent],
        officers: Officers,
        end: u64,
    ) -> Result<Actors, RequestProblem> {
        let identities = self.log.identities(events).await?;
        let first_named = match identities.len() < events.len() {
            true => {
                let named = identities.keys().next().copied();
                self.first_named.find(&self.log, end, named).await?
            }
            false => 0,
        };
        Ok(Actors {
            officers,
            identities,
            first_named,
            own_records: false,
        })
    }

    /// The history of a stream that names its own officers.
    async fn history(
        &self,
        stream: &StreamId,
        end: u64,
        request: PageRequest<'_>,
    ) -> Result<Vec<u8>, RequestProblem> {
        let events = up_to(end, self.log.stream(stream).await?);
        let officers = Officers::assigned_in(&events);
        let actors = self.actors(&events, officers, end).await?;
        items::answer(stream, &events, &actors, end, request).map_err(past::problem)
    }

    async fn moment(&self, as_of: AsOf, end: u64) -> Result<Moment, RequestProblem> {
        Moment::find(&self.log, as_of, end, self.time_zone).await
    }

    async fn contract(&self, mut given: Map<String, Value>, end: u64) -> Result<Vec<u8>, Problem> {
        let moment = self.moment(take(&mut given, AS_OF)?, end).await?;
        let contract_id: ContractId = text(&given, "contract_id")?;
        let operator_id = owner::of(&self.log, contract_id, end).await?;
        let mut events = self.log.stream(&StreamId::Operator(operator_id)).await?;
        // The contract shows the title of its package.
        let packages = operator::packages(&events);
        events.extend(
            self.log
                .streams(packages.into_iter().map(StreamId::Package))
                .await?,
        );
        in_order(&mut events);
        let (position, params) = (moment.position(&events), Value::Object(given).to_string());
        Ok(past::answer(&Contracts, events, position, moment.today, "get", params).await?)
    }

    async fn leave(
        &self,
        mut given: Map<String, Value>,
        end: u64,
    ) -> Result<Vec<u8>, RequestProblem> {
        let moment = self.moment(take(&mut given, AS_OF)?, end).await?;
        let operator_id: OperatorId = text(&given, "operator_id")?;
        operator::leave(&self.log, operator_id, moment, Value::Object(given)).await
    }

    /// The person or the contract with the id. A person is looked for first.
    async fn either(&self, given: Map<String, Value>, end: u64) -> Result<Vec<u8>, Problem> {
        let as_of: AsOf = text(&given, AS_OF)?;
        let operator_id: OperatorId = text(&given, "id")?;
        if !self
            .log
            .stream(&StreamId::Operator(operator_id))
            .await?
            .is_empty()
        {
            let moment = self.moment(as_of, end).await?;
            return Ok(operator::whole(&self.log, operator_id, moment).await?);
        }
        let member = |value: String| Value::String(value);
        let contract = [
            ("contract_id", operator_id.to_string()),
            (AS_OF, as_of.to_string()),
        ];
        let contract = contract.map(|(name, value)| (name.to_owned(), member(value)));
        self.contract(contract.into_iter().collect(), end).await
    }
}

fn up_to(end: u64, mut events: Vec<RecordedEvent>) -> Vec<RecordedEvent> {
    events.retain(|recorded| recorded.position <= end);
    events
}

/// The health of the service, as a view's. The service is never behind; it stops where the log was replaced.
fn health(end: Result<u64, RequestProblem>) -> Result<Vec<u8>, RequestProblem> {
    let (position, stopped) = match end {
        Ok(end) => (end, None),
        Err(RequestProblem::ViewStopped { reason, .. }) => (0, Some(reason)),
        Err(problem) => return Err(problem),
    };
    let health = ViewHealth {
        view: jejak_bus::history::NAME.to_owned(),
        version: VERSION,
        position,
        log_position: position,
        behind_ms: 0,
        stopped,
        rebuild: None,
    };
    serde_json::to_vec(&health).map_err(|error| fault(&error))
}

fn malformed(path: &str, reason: impl Display) -> RequestProblem {
    RequestProblem::malformed(path, reason.to_string())
}

/// The parameters of a query; an empty payload stands for `{}`.
fn params<T: DeserializeOwned>(payload: &[u8]) -> Result<T, RequestProblem> {
    let payload = if payload.is_empty() { b"{}" } else { payload };
    let mut deserializer = serde_json::Deserializer::from_slice(payload);
    let read = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| malformed(&error.path().to_string(), error.inner()))?;
    deserializer.end().map_err(|error| malformed(".", error))?;
    Ok(read)
}

/// A required parameter, parsed from its text.
fn text<T: FromStr<Err: Display>>(
    given: &Map<String, Value>,
    name: &str,
) -> Result<T, RequestProblem> {
    let value = given
        .get(name)
        .and_then(Value::as_str)
        .ok_or_else(|| malformed(name, "must be a text"))?;
    value.parse().map_err(|error| malformed(name, error))
}

/// A required parameter that the view does not take, removed from the others.
fn take<T: FromStr<Err: Display>>(
    given: &mut Map<String, Value>,
    name: &str,
) -> Result<T, RequestProblem> {
    let value = text(given, name)?;
    given.remove(name);
    Ok(value)
}
