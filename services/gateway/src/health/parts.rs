//! The parts of an office, and what is wrong with each.

use jejak_bus::health::{AuditFailure, AuditHealth, CommandsHealth, ViewHealth, WitnessHealth};
use serde::Serialize;
use utoipa::ToSchema;

use super::Health;

/// A view or a tree that is behind for longer is not ready.
const BEHIND_MS: u64 = 10_000;

/// A part of the office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct PartReadiness {
    /// `broker`, `gateway`, `commands`, `view` with its name, or `auditor`.
    part: String,
    /// Whether it works.
    ready: bool,
    /// What is wrong with it.
    problems: Vec<String>,
}

impl PartReadiness {
    /// A part with its problems, each of which begins with the name of the part.
    fn new(part: &str, problems: impl IntoIterator<Item = String>) -> Self {
        let own = |problem: String| {
            let rest = problem.strip_prefix(part);
            let rest = rest.and_then(|rest| rest.strip_prefix(": "));
            rest.map_or_else(|| problem.clone(), str::to_owned)
        };
        let problems: Vec<_> = problems.into_iter().map(own).collect();
        Self {
            part: part.to_owned(),
            ready: problems.is_empty(),
            problems,
        }
    }

    /// The problems, each with the name of the part before it.
    pub(super) fn named_problems(&self) -> impl Iterator<Item = String> {
        let problems = self.problems.iter();
        problems.map(|problem| format!("{}: {problem}", self.part))
    }
}

/// Every part, in the order in which a fault of one is the reason for those after it.
pub(super) fn parts(health: &Health) -> Vec<PartReadiness> {
    let services = &health.services;
    let broker =
        (!health.connected).then(|| "broker: not connected, trying until it is".to_owned());
    let commands = match &services.commands {
        None => Some("commands: no answer".to_owned()),
        Some(CommandsHealth { problem }) => problem
            .as_ref()
            .map(|problem| format!("commands: {problem}")),
    };
    let views = services.views.iter().map(|(view, health)| {
        let problem = match health {
            None => Some(format!("view {view}: no answer")),
            Some(health) => view_problem(health),
        };
        PartReadiness::new(&format!("view {view}"), problem)
    });
    let first = [
        PartReadiness::new("broker", broker),
        PartReadiness::new("gateway", health.own.clone()),
        PartReadiness::new("commands", commands),
    ];
    let auditor = PartReadiness::new("auditor", audit_problem(services.audit.as_ref()));
    first.into_iter().chain(views).chain([auditor]).collect()
}

fn view_problem(health: &ViewHealth) -> Option<String> {
    let ViewHealth {
        view,
        position,
        log_position,
        behind_ms,
        stopped,
        ..
    } = health;
    match stopped {
        Some(reason) => Some(format!(
            "view {view}: stopped at position {position}: {reason}"
        )),
        None if *behind_ms > BEHIND_MS => Some(format!(
            "view {view}: behind for {behind_ms} ms, at position {position} of {log_position}"
        )),
        None => None,
    }
}

pub(super) fn audit_problem(health: Option<&AuditHealth>) -> Option<String> {
    let Some(health) = health else {
        return Some("auditor: no answer".to_owned());
    };
    let AuditHealth {
        position,
        log_position,
        behind_ms,
        compared_position,
        ..
    } = health;
    let lasts = |obstacle: &&AuditFailure| obstacle.for_ms > BEHIND_MS;
    if let Some(reason) = &health.stopped {
        return Some(format!("auditor: stopped at position {position}: {reason}"));
    }
    let contradiction =
        |witness: &WitnessHealth| Some((witness.name.clone(), witness.contradicts.clone()?));
    if let Some((name, reason)) = health.witnesses.iter().find_map(contradiction) {
        return Some(format!(
            "auditor: a witness contradicts the signed tree: {name}: {reason}"
        ));
    }
    if let Some(AuditFailure { for_ms, reason }) = health.unanswered.as_ref().filter(lasts) {
        return Some(format!(
            "auditor: the broker has not said for {for_ms} ms whether it has what was signed: {reason}"
        ));
    }
    if *behind_ms > BEHIND_MS {
        return Some(format!(
            "auditor: behind for {behind_ms} ms, at position {position} of {log_position}"
        ));
    }
    health.incomparable.as_ref().filter(lasts).map(|AuditFailure { for_ms, reason }| {
        format!(
            "auditor: the log cannot be compared with what was signed after position {compared_position} for \
             {for_ms} ms: {reason}"
        )
    })
}
