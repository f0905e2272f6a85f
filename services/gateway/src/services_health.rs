//! The health that the services behind the gateway tell of themselves.

use jejak_bus::health::{AuditHealth, CommandsHealth, ViewHealth};

/// The health of every service; none for a service that does not answer.
pub(crate) struct ServicesHealth {
    pub(crate) commands: Option<CommandsHealth>,
    pub(crate) views: Vec<(&'static str, Option<ViewHealth>)>,
    pub(crate) audit: Option<AuditHealth>,
}

impl ServicesHealth {
    pub(crate) fn commands_ready(&self) -> bool {
        self.commands
            .as_ref()
            .is_some_and(|health| health.problem.is_none())
    }
}
