"""Checks the documents: links lead somewhere, rules cited in code exist, pages of topics are complete, prose is readable.

No text file holds a line that a merge left behind."""

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
API = ROOT / "docs/api.md"
TOPICS = sorted((ROOT / "docs/domain/topics").glob("*.md"))
# Pages with rules.
RULES = [ROOT / "docs/domain/rules.md", *TOPICS]
# Parameters of every list, and of every query (docs/api.md, Queries).
COMMON_PARAMETERS = {"cursor", "limit", "min_position", "as_of"}
# No sentence of a page has this many words. Quotes of refusals do not count. In these documents the mean counts too.
PLAIN = ["README.md", "ARCHITECTURE.md"]
LONGEST, MEAN = 30, 18

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^ *```.*?^ *```", re.M | re.S)
CODE = re.compile(r"`[^`\n]*`")
CITED_RULES = re.compile(r"\b[Rr]ules? ([0-9]+(?:(?:, | to | and |, and )[0-9]+)*)")
SPEC = re.compile(r"\brule_([0-9]+)_")
CITED_PAGE = re.compile(r"\b(docs/[a-zA-Z0-9_/.-]+\.(?:md|json)|[A-Z]{4,}\.md)\b")
# Files and folders of this repository, as the documents name them in code.
NAMED_PATH = re.compile(r"`((?:deploy|docs|events|projections|services|tests)/[\w./-]+)`")
MERGE = re.compile(r"^(?:[<|>]{7}(?: .*)?|={7})$", re.M)
MONITOR = ROOT / "docs/operating/monitor.md"
METRIC = re.compile(r'"(jejak_[a-z_]+)"')
# Rust tests within a file of code.
TESTS = re.compile(r"^#\[cfg\(test\)\]\s*(?:#\[[^\]]*\]\s*)*mod \w+ \{.*", re.M | re.S)
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
    cited = [number for numbers in CITED_RULES.findall(text) for number in re.findall("[0-9]+", numbers)]
    for number in cited + SPEC.findall(text):
        if number not in rules:
            yield f"{source.relative_to(ROOT)}: rule {number} is on no page of docs/domain"
    for page in CITED_PAGE.findall(text):
        if not (ROOT / page).exists():
            yield f"{source.relative_to(ROOT)}: there is no {page}"
    if source.suffix != ".md":
        for page in BARE_PAGE.findall(text):
            yield f"{source.relative_to(ROOT)}: {page} does not say where it is"


def rule_numbers():
    """The number of sections of each rule."""
    text = "\n".join(page.read_text(encoding="utf8") for page in RULES)
    return Counter(re.findall(r"^### Rule ([0-9]+)$", text, re.M))


def rows(pages, part):
    """The rows of the tables in a part of the pages: page, name in code, and the cells by their columns."""
    for page in pages:
        after = page.read_text(encoding="utf8").partition(f"\n## {part}\n")[2]
        columns = None
        for line in re.split(r"^## ", after, flags=re.M)[0].splitlines():
            cells = [cell.strip() for cell in line.split("|")[1:-1]]
            columns = (columns or cells) if cells else None
            if cells and (name := re.fullmatch(CODE, cells[0])):
                yield page, name[0].strip("`"), dict(zip(columns, cells))


def codes(text):
    """The names in code of a text."""
    return {code.strip("`") for code in CODE.findall(text)}


def miscounted(part, known, listed):
    """Names without exactly one row in a part of the pages, and rows of unknown names."""
    counts = Counter(listed)
    for name in sorted(known - counts.keys()):
        yield f"docs/domain/topics: no page has {name} in {part}"
    for name, count in sorted(counts.items()):
        if name not in known:
            yield f"docs/domain/topics: {name} in {part} does not exist"
        elif count > 1:
            yield f"docs/domain/topics: {name} has {count} rows in {part}"


def different(page, name, column, known, said):
    """Names in a cell that are not those of the checked document."""
    for one in sorted(known ^ said):
        yield f"{page.relative_to(ROOT)}: {name}, {column}: {one} is missing, or there by mistake"


def incomplete_commands(http):
    """Commands without a row, and rows with other fields or roles than the OpenAPI document."""
    prefix = "/v1/commands/"
    paths = http["paths"].items()
    known = {path.removeprefix(prefix): item["post"] for path, item in paths if path.startswith(prefix)}
    listed = list(rows(TOPICS, "Commands"))
    yield from miscounted("Commands", known.keys(), (name for _, name, _ in listed))
    for page, name, row in listed:
        if name not in known:
            continue
        schema = known[name]["requestBody"]["content"]["application/json"]["schema"]
        if "$ref" in schema:
            schema = http["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
        needs = set(schema.get("required", []))
        roles = re.search(r"\(roles?: (.+)\)", known[name]["summary"])[1].split(", ")
        expected = {"needs": needs, "may have": schema["properties"].keys() - needs, "given by": set(roles)}
        for column, names in expected.items():
            yield from different(page, name, column, names, codes(row.get(column, "")))


def plain(path):
    """An address as the pages write it."""
    return re.sub(r"{[a-z_]*id}", "{id}", path)


def incomplete_queries(http):
    """Queries without a row, rows with other parameters than the OpenAPI document, addresses that no page has."""
    gets = {plain(path): item["get"] for path, item in http["paths"].items() if "get" in item}
    known = {path: get for path, get in gets.items() if "queries" in get["tags"]}
    listed = list(rows([*TOPICS, API], "Queries"))
    yield from miscounted("Queries", known.keys(), (name.partition("?")[0] for _, name, _ in listed))
    for page, name, row in listed:
        path, _, query = name.partition("?")
        if path not in known:
            continue
        own = {"operator"} if "operator" in known[path]["description"] else set()
        said = {"operator"} if row.get("`operator` sees his own") == "yes" else set()
        yield from different(page, path, "`operator` sees his own", own, said)
        parameters = {one["name"] for one in known[path]["parameters"] if one["in"] == "query"}
        said = {"as_of"} if row.get("`as_of`") == "yes" else set()
        yield from different(page, path, "`as_of`", parameters & {"as_of"}, said)
        yield from different(page, path, "address", parameters - COMMON_PARAMETERS, set(re.findall(r"(\w+)=", query)))
    on_the_surface = {code.partition("?")[0] for code in codes(API.read_text(encoding="utf8"))}
    for path in sorted(gets.keys() - known.keys() - on_the_surface):
        yield f"docs/api.md: {path} is not there"


def incomplete_events(schema):
    """Topics without a page, events without a row on it, and rows that do not name the sealed part."""
    known, streams = {}, {}
    for kind, event in schema["$defs"].items():
        if kind.startswith("jejak."):
            _, stream, topic, name, _ = kind.split(".")
            known[f"{topic}.{name}"] = event["properties"]["data"]["properties"]
            streams[topic] = stream
    for topic in sorted(streams.keys() ^ {page.stem for page in TOPICS}):
        yield f"docs/domain/topics/{topic}.md: the page is missing, or has no topic"
    listed = list(rows(TOPICS, "Events"))
    yield from miscounted("Events", known.keys(), (name for _, name, _ in listed))
    for page, name, row in listed:
        if name.partition(".")[0] != page.stem:
            yield f"{page.relative_to(ROOT)}: {name} belongs to another topic"
        elif name in known and bool(row.get("sealed")) != ("personal" in known[name]):
            yield f"{page.relative_to(ROOT)}: the sealed part of {name} is missing, or there by mistake"
    for page in TOPICS:
        begins = f"Topic `{page.stem}` of the stream `{streams.get(page.stem)}`."
        if begins not in page.read_text(encoding="utf8"):
            yield f"{page.relative_to(ROOT)}: it does not say: {begins}"


def incomplete_pages():
    """Differences between the checked documents and the pages of the topics."""
    http = json.loads((ROOT / "docs/openapi.json").read_text(encoding="utf8"))
    yield from incomplete_commands(http)
    yield from incomplete_queries(http)
    yield from incomplete_events(json.loads((ROOT / "docs/events.schema.json").read_text(encoding="utf8")))


def unnamed_refusals():
    """Pages of refusals that neither the rules, nor a topic, nor the surface names."""
    named = "".join(page.read_text(encoding="utf8") for page in [*RULES, API])
    for page in sorted((ROOT / "docs/errors").glob("*.*.md")):
        if f"`{page.stem}`" not in named:
            yield f"docs/domain: no page names {page.stem}"


def merge_lines(path):
    """Lines that a merge left behind in a text file."""
    data = path.read_bytes()
    if b"\0" in data:
        return
    for found in MERGE.finditer(data.decode("utf8", "replace")):
        line = data.decode("utf8", "replace").count("\n", 0, found.start()) + 1
        yield f"{path.relative_to(ROOT)}:{line}: a merge left {found[0]}"


def unmonitored():
    """Metrics and problems of /readyz that the page does not have, and the other way round."""
    sources = [path for path in files("services/*/src/*.rs") if "test" not in path.name]
    code = {path: TESTS.sub("", path.read_text(encoding="utf8")) for path in sources}
    page = MONITOR.read_text(encoding="utf8")
    known = {name for text in code.values() for name in METRIC.findall(text)}
    for name in sorted(known ^ set(re.findall(r"`(jejak_[a-z_]+)`", page))):
        yield f"docs/operating/monitor.md: the metric {name} is missing, or in no code"
    health = code[ROOT / "services/gateway/src/health/parts.rs"]
    problems = set(re.findall(r'"((?:broker|commands|view \{view\}|auditor): [^"]*)', health))
    listed = re.findall(r"^\| `((?:broker|commands|view NAME|auditor): [^`]*)`", page, re.M)
    forms = {one: re.escape(one).replace("NAME", r"\{view\}").replace(r"\.\.\.", "") for one in listed}
    forms = {one: re.compile(re.sub(r"\bN\b.*", r"\{\\w+\}", form)) for one, form in forms.items()}
    for problem in sorted(problems):
        if not any(form.match(problem) for form in forms.values()):
            yield f"docs/operating/monitor.md: no row for the problem {problem}"
    for one, form in forms.items():
        # The reason of the commands service is its own.
        if not one.startswith("commands: position") and not any(form.match(problem) for problem in problems):
            yield f"docs/operating/monitor.md: no code says {one}"


def sentences(text):
    """The sentences of a document's prose, list items and cells of tables among them."""
    text = re.sub(r"^>.*$", "", FENCE.sub("\n\n", text), flags=re.M)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", CODE.sub("X", text))
    text = re.sub(r"^\s*\|?[-|: ]+\|?$", "", text, flags=re.M)
    text = re.sub(r"^#+ .*$|^\s*(?:[-*]|[0-9]+\.) |\|", "\n\n", text, flags=re.M)
    for block in re.split(r"\n\s*\n", text):
        for sentence in re.split(r"(?<=[.!?])\s+", " ".join(block.split())):
            if len(sentence.split()) >= 3:
                yield sentence


def unreadable(page):
    name = str(page.relative_to(ROOT))
    found = list(sentences(page.read_text(encoding="utf8")))
    counts = [len(sentence.split()) for sentence in found]
    for sentence, count in zip(found, counts):
        if count >= LONGEST:
            yield f"{name}: {count} words: {sentence}"
    mean = sum(counts) / max(1, len(counts))
    if name in PLAIN and mean > MEAN:
        yield f"{name}: {mean:.1f} words a sentence, more than {MEAN}"


faults = []
pages = files("*.md")
for page in pages:
    faults += broken_links(page)
    faults += unreadable(page)
rules = rule_numbers()
faults += [f"docs/domain: rule {number} has {count} sections" for number, count in rules.items() if count > 1]
for source in files("*.rs", "*.py", "*.md"):
    if source != Path(__file__).resolve():
        faults += broken_citations(source, rules)
for path in files():
    faults += merge_lines(path)
faults += unmonitored()
faults += incomplete_pages()
faults += unnamed_refusals()
print("\n".join(faults) or f"{len(pages)} documents lead where they say")
sys.exit(bool(faults))
