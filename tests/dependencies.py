"""Dependencies point one way (ARCHITECTURE.md): fails where a crate knows what it must not."""

import json
import subprocess
import sys

# Crates that may depend directly on a third-party crate.
ALLOWED = {
    "async-nats": {"jejak-journal", "jejak-bus", "jejak-commands", "jejak-projector", "jejak-history", "jejak-auditor",
                   "jejak-gateway", "jejak", "jejak-rig", "jejak-stories", "jejak-bench"},
    "redb": {"jejak-projections"},
}
# Crates that must not be anywhere below a crate.
ABSENT_BELOW = {
    "jejak-events": {"tokio", "async-nats", "redb", "jejak-journal", "jejak-projections", "jejak-words"},
    "jejak-projections": {"tokio", "async-nats", "jejak-journal", "jejak-words"},
    "jejak-journal": {"redb", "axum", "jejak-projections", "jejak-bus", "jejak-words"},
    "jejak-words": {"tokio", "async-nats", "redb", "axum", "jejak-journal", "jejak-projections", "jejak-bus"},
    "jejak-bus": {"redb", "jejak-projections", "jejak-words"},
    "jejak-commands": {"redb", "jejak-projections", "jejak-words"},
}
# No service builds on another one; they talk over NATS.
SERVICES = {"jejak-commands", "jejak-projector", "jejak-history", "jejak-auditor", "jejak-gateway"}

metadata = json.loads(subprocess.check_output(["cargo", "metadata", "--format-version", "1", "--locked"]))
packages = {package["id"]: package for package in metadata["packages"]}
nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
members = {packages[member]["name"]: member for member in metadata["workspace_members"]}


def below(member):
    """Names of all crates below a crate, without dependencies of its tests alone."""
    seen, waiting = set(), [member]
    while waiting:
        for dependency in nodes[waiting.pop()]["deps"]:
            if all(kind["kind"] == "dev" for kind in dependency["dep_kinds"]) or dependency["pkg"] in seen:
                continue
            seen.add(dependency["pkg"])
            waiting.append(dependency["pkg"])
    return {packages[found]["name"] for found in seen}


faults = []
for name, member in members.items():
    direct = {dependency["name"] for dependency in packages[member]["dependencies"] if dependency["kind"] != "dev"}
    faults += [f"{name} depends on {found}" for found, who in ALLOWED.items() if found in direct and name not in who]
    absent = ABSENT_BELOW.get(name, set()) | (SERVICES - {name} if name in SERVICES else set())
    faults += [f"{name} builds on {found}" for found in sorted(absent & below(member))]
print("\n".join(faults) or f"{len(members)} crates depend on what they may")
sys.exit(bool(faults))
