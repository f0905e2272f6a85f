"""Checks that deploy/ gives away nothing by omission, and that the documentation page keeps to its policy.

Every container has limits and few rights, every pod has a network policy for both directions, every unit has the
directives of hardening, the broker speaks TLS, and no secret stands in a file, a variable or a command line."""

import gzip
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
COMMON = DEPLOY / "systemd/jejak-.service.d/10-common.conf"
SWAGGER = ROOT / "services/gateway/swagger-ui"

CONTAINER = ["allowPrivilegeEscalation: false", "readOnlyRootFilesystem: true", "capabilities: {drop: [ALL]}"]
POD = ["runAsNonRoot: true", "seccompProfile: {type: RuntimeDefault}", "automountServiceAccountToken: false"]
AMOUNTS = r"\{cpu: \S+, memory: \S+\}"
# Directives of systemd, each with the value that is right for every service here.
DIRECTIVES = """
CapabilityBoundingSet= LockPersonality=true MemoryDenyWriteExecute=true NoNewPrivileges=true PrivateDevices=true
PrivateMounts=true PrivateTmp=true PrivateUsers=true ProcSubset=pid ProtectClock=true ProtectControlGroups=true
ProtectHome=true ProtectHostname=true ProtectKernelLogs=true ProtectKernelModules=true ProtectKernelTunables=true
ProtectProc=invisible ProtectSystem=strict RemoveIPC=true RestrictNamespaces=true RestrictRealtime=true
RestrictSUIDSGID=true SystemCallArchitectures=native LimitCORE=0 MemorySwapMax=0 UMask=0077
""".split()
# The highest score of `systemd-analyze security`, in tenths. 0 is a unit that can do nothing.
WORST_SCORE = 14
# A variable that would hold the secret itself. Names of files end in _FILE.
SECRET = re.compile(r"\b\w*(?:SEED|PASSWORD|SECRET|TOKEN|PRIVATE_KEY|TENANT_KEY)\b(?:, value: |=)\S*")


def manifests():
    """The documents of the Kubernetes files, with their kind."""
    for path in sorted(DEPLOY.rglob("*.yaml")):
        for document in re.split(r"^---$", path.read_text(encoding="utf8"), flags=re.M):
            kind = re.search(r"^kind: (\w+)$", document, re.M)
            if kind:
                yield path.relative_to(ROOT), kind.group(1), document


def labels(text):
    return set(re.findall(r"([\w./-]+): ([\w.-]+)", text))


def workloads():
    """Each pod: its file, its name, its labels, and its text."""
    for path, kind, text in manifests():
        if kind in ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod"):
            name = re.search(r"^  name: (\S+)$", text, re.M).group(1)
            pod = re.search(r"^  template:\n    metadata:\n      labels: \{(.*)\}$", text, re.M)
            yield path, name, labels(pod.group(1)) if pod else set(), text


def policies():
    """The labels that each network policy selects, and its directions."""
    for path, kind, text in manifests():
        if kind == "NetworkPolicy":
            selector = re.search(r"^  podSelector:(?: \{\}|\n    matchLabels: \{(.*)\})$", text, re.M)
            types = re.search(r"^  policyTypes: \[(.*)\]$", text, re.M)
            if not selector or not types:
                yield set(), set(), f"{path}: a network policy is written in another form than this check reads"
            else:
                yield labels(selector.group(1) or ""), set(types.group(1).split(", ")), None


def faults_of_pods():
    found = list(policies())
    yield from (fault for _, _, fault in found if fault)
    for path, name, pod, text in workloads():
        containers = re.split(r"^        - name: (?=\S+\n          image: )", text, flags=re.M)
        if len(containers) < 2:
            yield f"{path}: {name} has no container that this check reads"
        for container in containers[1:]:
            which = f"{path}: container {container.split()[0]} of {name}"
            for part in ("requests", "limits"):
                if not re.search(rf"^            {part}: {AMOUNTS}$", container, re.M):
                    yield f"{which} has no {part} of cpu and memory"
            yield from (f"{which} lacks {right}" for right in CONTAINER if right not in container)
        yield from (f"{path}: {name} lacks {right}" for right in POD if right not in text)
        own = [(selected, types) for selected, types, fault in found if selected and selected <= pod and not fault]
        every = [(selected, types) for selected, types, fault in found if not selected and not fault]
        if not own:
            yield f"{path}: no network policy names the pods of {name}"
        for direction in ("Ingress", "Egress"):
            if not any(direction in types for _, types in own + every):
                yield f"{path}: no network policy limits the {direction} of {name}"


def faults_of_access_log():
    """The access log of a gateway outlasts its pod, and all gateways have one key of its pseudonyms."""
    gateways = [(path, text) for path, name, _, text in workloads() if name == "jejak-gateway"]
    if not gateways:
        yield "deploy: no pod is the gateway"
    for path, text in gateways:
        _, _, claims = text.partition("volumeClaimTemplates:")
        if not re.search(r"^        name: data$", claims, re.M) or "{name: data, mountPath: /data}" not in text:
            yield f"{path}: the access log of the gateway in /data goes with its pod; give it a volume claim"
        if "{name: keys, mountPath: /data/access.key, subPath: access.key, readOnly: true}" not in text:
            yield f"{path}: each gateway draws its own key of pseudonyms; mount one access.key"
    how = (DEPLOY / "kubernetes/kustomization.yaml").read_text(encoding="utf8")
    if not re.search(r"for who in gateway; do [^;]*--from-file=DATA/access\.key", how):
        yield "deploy/kubernetes/kustomization.yaml: the secret of the gateway has no access.key"
    if re.search(r"^\s*- JEJAK_ACCESS_LOG=(?!/data/)", how, re.M):
        yield "deploy/kubernetes/kustomization.yaml: the access log is not on the volume"


def faults_of_secrets():
    for path in sorted(DEPLOY.rglob("*")):
        if not path.is_file():
            continue
        name, text = path.relative_to(ROOT), path.read_text(encoding="utf8")
        for found in SECRET.findall(text):
            yield f"{name}: {found} is a secret in a variable; give a file"
        for way in ("secretKeyRef", "--from-literal", "--token", "--password"):
            if way in text:
                yield f"{name}: {way} puts a secret into a variable or a command line; give a file"


def faults_of_broker():
    text = (DEPLOY / "nats/cluster.conf").read_text(encoding="utf8")
    text = "\n".join(line.split("#")[0] for line in text.splitlines())
    if "http_port" in text or re.search(r"^(?:http|monitor)\w*: (?!\"127\.0\.0\.1:)", text, re.M):
        yield "deploy/nats/cluster.conf: the monitor listens on more than loopback"
    if not re.search(r"^tls \{", text, re.M):
        yield "deploy/nats/cluster.conf: clients are not asked for TLS"
    if not re.search(r"^  tls \{[^}]*ca_file[^}]*verify: true", text, re.M):
        yield "deploy/nats/cluster.conf: nodes do not check each other's certificate"
    kustomization = (DEPLOY / "kubernetes/kustomization.yaml").read_text(encoding="utf8")
    for setting in ("- JEJAK_NATS=tls://", "- JEJAK_NATS_CA="):
        if setting not in kustomization:
            yield f"deploy/kubernetes/kustomization.yaml: there is no {setting}"


def faults_of_units():
    common = COMMON.read_text(encoding="utf8").splitlines()
    yield from (f"{COMMON.name} lacks {directive}" for directive in DIRECTIVES if directive not in common)
    for unit in UNITS:
        name = unit.name
        if not name.startswith("jejak-"):
            yield f"{name}: {COMMON.name} is for units that begin with jejak-"
        for line in unit.read_text(encoding="utf8").splitlines():
            for directive in DIRECTIVES:
                key = directive.split("=")[0] + "="
                if line.startswith(key) and line != directive:
                    yield f"{name}: {line} undoes {directive}"
    if shutil.which("systemd-analyze"):
        yield from worst_scores()
    else:
        print("systemd-analyze is not installed here: the scores of the units are not measured")


def worst_scores():
    with tempfile.TemporaryDirectory() as root:
        shutil.copytree(DEPLOY / "systemd", Path(root) / "etc/systemd/system")
        for unit in UNITS:
            command = ["systemd-analyze", "security", "--offline=true", f"--root={root}", f"--threshold={WORST_SCORE}"]
            measured = subprocess.run([*command, unit.name], capture_output=True, text=True, check=False)
            if measured.returncode != 0:
                said = (measured.stdout + measured.stderr).strip().splitlines()
                yield f"{unit.name}: {said[-1] if said else 'systemd-analyze failed'}"


def faults_of_documentation_page():
    """What the files of Swagger UI do that the policy of services/gateway/src/browsers.rs forbids."""
    script = gzip.decompress((SWAGGER / "swagger-ui-bundle.js.gz").read_bytes()).decode()
    for call in ('createElement("style")', 'setAttribute("style"', "importScripts(", "new Worker("):
        if call in script:
            yield f"swagger-ui-bundle.js: {call} is not allowed by the policy"
    style = gzip.decompress((SWAGGER / "swagger-ui.css.gz").read_bytes()).decode()
    for address in re.findall(r"url\(\"?([^)]{0,20})", style):
        if not address.startswith("data:image/"):
            yield f"swagger-ui.css loads {address}"
    if "@import" in style:
        yield "swagger-ui.css imports another stylesheet"


def main():
    checks = [
        faults_of_pods,
        faults_of_access_log,
        faults_of_secrets,
        faults_of_broker,
        faults_of_units,
        faults_of_documentation_page,
    ]
    faults = [fault for check in checks for fault in check()]
    print("\n".join(faults))
    pods = len(list(workloads()))
    if not pods or not UNITS:
        sys.exit("there is nothing to check")
    if faults:
        sys.exit(1)
    print(f"{pods} pods and {len(UNITS)} units are hardened")


if __name__ == "__main__":
    main()
