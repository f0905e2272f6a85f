"""Counts doc comments that are hard to read: fails where too many sentences of a part begin with a relative word or hold one.

"What the person holds, the state says" makes a reader guess. "The state says what ..." is one of few that may stay.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The most sentences of a part that begin with such a word, and that hold one.
BEGIN, HOLD = 0.03, 0.06
BEGINS = re.compile(r"^(What|Whoever|Whatever|Where|Who|Whose|Whom|Of|That|How|Which|Why|Those|For whom|By what|As far)\b")
HOLDS = re.compile(r"\b(what|whoever|whatever|whom|whose|who)\b", re.I)
TESTS = re.compile(r"(^|/)tests?/|/specs|tests?\.rs$|/specs\.rs$")
COMMENTS = re.compile(r"(?:^[ \t]*//[/!]?[^\n]*\n)+", re.M)


def sentences(text):
    """The sentences of all comments in a file, without code and links."""
    for block in COMMENTS.findall(text):
        plain = " ".join(re.sub(r"^\s*//[/!]?\s?", "", line) for line in block.splitlines())
        plain = re.sub(r"\[[^\]]*\](\([^)]*\))?", "X", re.sub(r"`[^`]*`", "X", plain))
        for sentence in re.split(r"(?<=[.!?:;])\s+(?=[A-Z`X])|\n\n", plain):
            if len(sentence.split()) >= 3:
                yield sentence.strip()


def part(path):
    """The part of the code that a file belongs to."""
    if path.startswith("events/tests/"):
        return "events/tests"
    if path.startswith("tests/"):
        return "tests"
    if path.startswith("events/src/") and TESTS.search(path):
        return "specs of events"
    return "specs and tests of crates" if TESTS.search(path) else "code"


parts = {}
for path in subprocess.check_output(["git", "ls-files", "*.rs"], cwd=ROOT, text=True).split():
    if (ROOT / path).is_file():
        for sentence in sentences((ROOT / path).read_text(encoding="utf8")):
            parts.setdefault(part(path), []).append((path, sentence))
faults = []
for name, found in sorted(parts.items()):
    for pattern, most, verb in [(BEGINS, BEGIN, "begin with"), (HOLDS, HOLD, "hold")]:
        hard = [f"  {path}: {sentence}" for path, sentence in found if pattern.search(sentence)]
        if len(hard) > most * len(found):
            share = 100 * len(hard) / len(found)
            faults += [f"{name}: {share:.1f} % of {len(found)} sentences {verb} a relative word:", *hard]
print("\n".join(faults) or f"{sum(map(len, parts.values()))} sentences of comments are plain")
sys.exit(bool(faults))
