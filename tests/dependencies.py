"""Dependencies point one way (ARCHITECTURE.md): fails where a crate knows what it must not."""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Crates that must not be anywhere below a crate. Each crate that ships has a line, but for the binary.
ABSENT_BELOW = {
    "jejak-events": {"tokio", "async-nats", "redb", "jejak-journal", "jejak-projections", "jejak-words"},
    "jejak-projections": {"tokio", "async-nats", "jejak-journal", "jejak-words"},
    "jejak-journal": {"redb", "axum", "jejak-projections", "jejak-bus", "jejak-words"},
    "jejak-words": {"tokio", "async-nats", "redb", "axum", "jejak-journal", "jejak-projections", "jejak-bus"},
    "jejak-bus": {"redb", "jejak-projections", "jejak-words"},
    "jejak-commands": {"redb", "jejak-projections", "jejak-words"},
    "jejak-projector": {"jejak-words"},
    "jejak-history": set(),
    "jejak-auditor": {"jejak-words"},
    "jejak-pages": {"redb", "jejak-projections", "jejak-gateway"},
    "jejak-gateway": set(),
}
# Crates in `services` that services build on, and the binary that starts them all.
SHARED, BINARY = {"jejak-journal", "jejak-bus", "jejak-words", "jejak-pages"}, "jejak"

metadata = json.loads(subprocess.check_output(["cargo", "metadata", "--format-version", "1", "--locked"]))
packages = {package["id"]: package for package in metadata["packages"]}
nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
members = {packages[member]["name"]: member for member in metadata["workspace_members"]}
folders = {
    name: Path(packages[member]["manifest_path"]).parent.relative_to(ROOT).parts[0] for name, member in members.items()
}
# No service builds on another one; they talk over NATS.
SERVICES = {name for name, folder in folders.items() if folder == "services"} - SHARED - {BINARY}


def wrappers():
    """The crates that may depend directly on a third-party crate, by its name: the list of deny.toml."""
    banned = (ROOT / "deny.toml").read_text(encoding="utf8").partition("\n[bans]\n")[2]
    found = re.findall(r'crate = "([\w-]+)", wrappers = \[(.*?)\]', banned, re.S)
    return {crate: set(re.findall(r'"([\w-]+)"', users)) for crate, users in found}


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


shipped = {name for name, folder in folders.items() if folder != "tests"} - {BINARY}
faults = [f"{name} has no line in ABSENT_BELOW, or no crate" for name in sorted(shipped ^ ABSENT_BELOW.keys())]
allowed = wrappers()
if not {"async-nats", "redb"} <= allowed.keys():
    faults.append("deny.toml does not say who may use async-nats and redb")
for name, member in members.items():
    direct = {dependency["name"] for dependency in packages[member]["dependencies"] if dependency["kind"] != "dev"}
    faults += [f"{name} depends on {found}" for found, who in allowed.items() if found in direct and name not in who]
    absent = ABSENT_BELOW.get(name, set()) | (SERVICES - {name} if name in SERVICES else set())
    faults += [f"{name} builds on {found}" for found in sorted(absent & below(member))]
print("\n".join(faults) or f"{len(members)} crates depend on what they may")
sys.exit(bool(faults))
