"""Checks the documents: links and anchors resolve, rules cited in code exist, tables are complete, prose stays readable."""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RULES = ROOT / "docs/domain/rules.md"
# Documents whose sentences are counted: fewer words than this each, and this many on average.
PLAIN = ["README.md", "ARCHITECTURE.md"]
LONGEST, MEAN = 30, 18

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^ *```.*?^ *```", re.M | re.S)
CODE = re.compile(r"`[^`\n]*`")
CITED_RULES = re.compile(r"\b[Rr]ules? ([0-9]+(?:(?:, | to | and |, and )[0-9]+)*)")
CITED_PAGE = re.compile(r"\b(docs/[a-zA-Z0-9_/.-]+\.(?:md|json)|[A-Z]{4,}\.md)\b")
# Files and folders of this repository, as the documents name them in code.
NAMED_PATH = re.compile(r"`((?:deploy|docs|events|projections|services|tests)/[\w./-]+)`")
BARE_PAGE = re.compile(r"(?<![\w/.-])(?:domain|api|design|style)\.md\b")


def files(*patterns):
    """Paths of the files that git knows, or would know."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    names = subprocess.check_output(command, cwd=ROOT, text=True).split()
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def anchors(page):
    """The anchors of a page: those of its headings, as GitHub makes them, and those it names itself."""
    text = page.read_text(encoding="utf8")
    found = set(re.findall(r'<a id="([^"]+)">', text))
    for heading in re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.M):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
        found.add(re.sub(r"[^\w\- ]", "", plain).replace(" ", "-"))
    return found


def broken_links(page):
    text = FENCE.sub("", page.read_text(encoding="utf8"))
    for path in NAMED_PATH.findall(text):
        if not (ROOT / path).exists():
            yield f"{page.relative_to(ROOT)}: there is no {path}"
    for target in LINK.findall(CODE.sub("", text)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        to = (page.parent / path).resolve() if path else page
        if not to.exists():
            yield f"{page.relative_to(ROOT)}: there is no {target}"
        elif anchor and to.suffix == ".md" and anchor not in anchors(to):
            yield f"{page.relative_to(ROOT)}: {target} has no such anchor"


def broken_citations(source, rules):
    text = source.read_text(encoding="utf8")
    for numbers in CITED_RULES.findall(text):
        for number in re.findall("[0-9]+", numbers):
            if f"rule-{number}" not in rules:
                yield f"{source.relative_to(ROOT)}: rule {number} is not in {RULES.relative_to(ROOT)}"
    for page in CITED_PAGE.findall(text):
        if not (ROOT / page).exists():
            yield f"{source.relative_to(ROOT)}: there is no {page}"
    if source.suffix != ".md":
        for page in BARE_PAGE.findall(text):
            yield f"{source.relative_to(ROOT)}: {page} does not say where it is"


def row_of(page, name):
    """The row of a table that begins with a name in code, as its cells; none where there is none."""
    for line in page.splitlines():
        cells = line.split("|")
        if len(cells) > 2 and f"`{name}`" in cells[1]:
            return cells[1:-1]
    return None


def incomplete_tables():
    """What the checked documents describe and the pages do not name."""
    api = (ROOT / "docs/api.md").read_text(encoding="utf8")
    events = (ROOT / "docs/domain/events.md").read_text(encoding="utf8")
    http = json.loads((ROOT / "docs/openapi.json").read_text(encoding="utf8"))
    for path, item in http["paths"].items():
        command = path.removeprefix("/v1/commands/")
        if command == path:
            plain = re.sub(r"{[a-z_]*id}", "{id}", path)
            if plain.split("{path}")[0] not in api:
                yield f"docs/api.md: {path} is not there"
            continue
        schema = item["post"]["requestBody"]["content"]["application/json"]["schema"]
        if "$ref" in schema:
            schema = http["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
        row = row_of(api, command) or ["", "", ""]
        named = set(re.findall(r"`(\w+)`", row[1]))
        for field in sorted(set(schema.get("required", [])) ^ named):
            yield f"docs/api.md: {command} needs {field}, or the page says so by mistake"
    schema = json.loads((ROOT / "docs/events.schema.json").read_text(encoding="utf8"))
    for kind in schema["$defs"]:
        _, _, name = kind.partition("jejak.")
        stream, _, event = name.partition(".")
        if name and row_of(events, event.rpartition(".v")[0]) is None:
            yield f"docs/domain/events.md: {stream} has no {event}"


def unnamed_refusals():
    """Pages of refusals that neither the rules nor the surface name."""
    named = RULES.read_text(encoding="utf8") + (ROOT / "docs/api.md").read_text(encoding="utf8")
    for page in sorted((ROOT / "docs/errors").glob("*.*.md")):
        if f"`{page.stem}`" not in named:
            yield f"docs/domain/rules.md: {page.stem} is not there"


def sentences(text):
    """The sentences of a document's prose, list items and cells of tables among them."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", CODE.sub("X", FENCE.sub("\n\n", text)))
    text = re.sub(r"^\s*\|?[-|: ]+\|?$", "", text, flags=re.M)
    text = re.sub(r"^#+ .*$|^\s*(?:[-*]|[0-9]+\.) |\|", "\n\n", text, flags=re.M)
    for block in re.split(r"\n\s*\n", text):
        for sentence in re.split(r"(?<=[.!?])\s+", " ".join(block.split())):
            if len(sentence.split()) >= 3:
                yield sentence


def unreadable(name):
    found = list(sentences((ROOT / name).read_text(encoding="utf8")))
    counts = [len(sentence.split()) for sentence in found]
    for sentence, count in zip(found, counts):
        if count >= LONGEST:
            yield f"{name}: {count} words: {sentence}"
    mean = sum(counts) / max(1, len(counts))
    if mean > MEAN:
        yield f"{name}: {mean:.1f} words a sentence, more than {MEAN}"


faults = []
pages = files("*.md")
for page in pages:
    faults += broken_links(page)
rules = anchors(RULES)
for source in files("*.rs", "*.py", "*.md"):
    if source != Path(__file__).resolve():
        faults += broken_citations(source, rules)
faults += incomplete_tables()
faults += unnamed_refusals()
for name in PLAIN:
    faults += unreadable(name)
print("\n".join(faults) or f"{len(pages)} documents lead where they say")
sys.exit(bool(faults))
