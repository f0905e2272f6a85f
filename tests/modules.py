"""No circles between the modules of a crate: fails where two of its top-level modules need each other.

A module is a file or folder directly below `src`. It needs another one where it writes `crate::other`, be it
through a name that the crate's root hands on. Tests do not count.
"""

import pathlib
import re
import sys

ROOTS = ("lib.rs", "main.rs")
TESTS = re.compile(r"(^|/)(tests|specs|testing|.*_tests?)(\.rs$|/)")
PATH = re.compile(r"\bcrate::(?:\{((?:[^{}]|\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\})*)\}|(\w+))")
HANDED_ON = re.compile(r"^pub(?:\(crate\))? use (?:crate::)?(\w+)::(?:\{([^}]*)\}|(?:\w+::)*(\w+))", re.MULTILINE)
TEST_MODULE = re.compile(r"#\[cfg\(test\)\]\s*(?:#\[[^\]]*\]\s*)*(?:pub(?:\(crate\))? )?mod (\w+)\s*(?:;|\{)")


def code(path):
    """A file's text without comments and without a test module at its end."""
    text = re.sub(r"//[^\n]*", "", path.read_text())
    inline = re.search(r"#\[cfg\(test\)\]\s*(?:#\[[^\]]*\]\s*)*mod \w+ \{", text)
    return text[:inline.start()] if inline else text


def first_names(group):
    """The first name of each path in the braces of a `use crate::{...}`."""
    depth, start, parts = 0, 0, []
    for at, character in enumerate(group + ","):
        depth += (character == "{") - (character == "}")
        if character == "," and depth == 0:
            parts.append(group[start:at])
            start = at + 1
    return [name for name in (re.match(r"\s*(\w+)", part) for part in parts) if name]


def needs(source):
    """The modules that each top-level module of a crate needs, with the file that says so."""
    handed_on, only_tests = {}, set()
    for root in (source / name for name in ROOTS):
        text = code(root) if root.exists() else ""
        only_tests.update(TEST_MODULE.findall(root.read_text() if root.exists() else ""))
        for module, names, name in HANDED_ON.findall(text):
            for one in re.findall(r"\w+", names) if names else [name]:
                handed_on[one] = module
    edges = {}
    for path in sorted(source.rglob("*.rs")):
        relative = path.relative_to(source).as_posix()
        module = relative.split("/")[0].removesuffix(".rs")
        if relative in ROOTS or module in only_tests or TESTS.search(relative):
            continue
        for group, single in PATH.findall(code(path)):
            found = [name.group(1) for name in first_names(group)] if group else [single]
            for name in found:
                other = handed_on.get(name, name)
                if other != module:
                    edges.setdefault(module, {}).setdefault(other, relative)
    return edges


def circle(edges):
    """One circle of modules, if there is one."""
    done = set()

    def visit(module, path):
        if module in path:
            return path[path.index(module):] + [module]
        if module in done:
            return None
        for other in sorted(edges.get(module, {})):
            if found := visit(other, path + [module]):
                return found
        done.add(module)
        return None

    for module in sorted(edges):
        if found := visit(module, []):
            return found
    return None


crates = [path.parent for path in sorted(pathlib.Path(".").glob("**/src")) if "target" not in path.parts]
faults = []
for crate in crates:
    edges = needs(crate / "src")
    if found := circle(edges):
        why = ", ".join(edges[a][b] for a, b in zip(found, found[1:]))
        faults.append(f"{crate}: {' -> '.join(found)} ({why})")
print("\n".join(faults) or f"{len(crates)} crates have no circles between their modules")
sys.exit(bool(faults))
