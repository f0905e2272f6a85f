//! A dry run: a command is decided and not appended. It takes neither the turns of conflicts nor the lock of
//! a package, since it changes nothing.

use jejak_bus::{CommandAnswer, Problem, created_ids};
use jejak_events::{
    Decision, Event,
    ids::CommandId,
    operator::{self, leave::LeaveChange},
    stream_state::StreamState,
};

use crate::{append::Preview, decider::Decider, request::Request, states::LoadedStreams};

/// Decides a command on the newest states. Nothing is appended, and no key is made or destroyed.
/// The command's id stays unused. An earlier use of it does not count either: another id takes its place.
pub(crate) async fn decide(decider: &Decider, request: &Request) -> Result<CommandAnswer, Problem> {
    let home = request.command.stream_id(&decider.tenant_key);
    let identity = request.actor.identity();
    let actor = identity.actor_id(&decider.tenant_key);
    let digest = request.command.digest(&request.id, &decider.tenant_key);
    // A person whom `forget` removes meanwhile must not come back into memory.
    let _home_lock = decider.homes.lock(&home).await;
    let loaded = decider.load(&request.command, &home, true).await?;
    let packages = loaded.package.iter().map(|(_, package)| package);
    let mut streams = [&loaded.home]
        .into_iter()
        .chain(packages)
        .chain(loaded.others.values());
    let is_used = streams.any(|s| s.state.commands().places(&request.id).next().is_some());
    let other = CommandId::from_uuid(uuid::Uuid::now_v7());
    let id = if is_used { &other } else { &request.id };
    let decision = decider.decide(request, id, &actor, &loaded)?;
    let leave = leave_change(decider, &loaded, &decision).await?;
    let appender = decider.appender(request, &actor, &identity, &digest);
    let Preview { open, stored } = appender.preview(&loaded, decision).await?;
    Ok(CommandAnswer {
        command_id: request.id.to_string(),
        position: None,
        replayed: false,
        created: created_ids(
            open.iter()
                .map(|(envelope, event)| (&envelope.stream, event)),
        ),
        events: stored,
        leave,
    })
}

/// The change of charged days that a decision makes; none where it records and cancels no leave.
async fn leave_change(
    decider: &Decider,
    loaded: &LoadedStreams,
    decision: &Decision,
) -> Result<Option<LeaveChange>, Problem> {
    let StreamState::Operator(person) = &loaded.home.state else {
        return Ok(None);
    };
    let events = decision.own.iter().filter_map(|event| match event {
        Event::Operator(operator::Event::Leave(event)) => Some(event),
        Event::Operator(_) | Event::Package(_) | Event::Nik(_) | Event::Calendar(_) => None,
    });
    let events: Vec<_> = events.collect();
    let Some(year) = events.iter().find_map(|event| LeaveChange::year(event)) else {
        return Ok(None);
    };
    let calendar = decider.calendar_of(year).await?;
    let (leave, contracts) = (&person.leave, &person.contracts);
    Ok(LeaveChange::of(leave, contracts, events, &calendar))
}
