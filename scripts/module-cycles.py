#!/usr/bin/env python3
"""Checks that the modules of a crate do not depend on each other in a cycle.

Modules of one folder are compared with one another, each together with everything below it. That a module and the one
around it depend on each other is no cycle: a file and the folder of its parts are one module to its neighbours.

Dependencies are read from the source: paths that begin with crate, self, super or the name of a neighbour, in `use` and
in code. Tests are left out, whether `mod tests` stands in the file or beside it.
"""

import re
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

# The crates that are checked.
CRATES = ["bench", "connect", "event", "generator", "ingestor", "packaging", "pg_musicstream", "tests", "viewer"]


def code_of(path):
    """The source without comments, string literals and tests."""
    text = re.sub(r"//[^\n]*", "", path.read_text())
    text = re.sub(r'"(?:\\.|[^"\\])*"', '""', text, flags=re.DOTALL)
    return re.split(r"#\[cfg\(test\)\]\s*mod tests\b", text)[0]


def expanded(tree):
    """The paths of a use tree: a::{b, c::{d, e}} is a::b, a::c::d and a::c::e."""
    prefix, brace, rest = tree.partition("{")
    if not brace:
        return [re.sub(r"\s+as\s+\w+", "", tree).strip()]
    depth, start, parts = 0, 0, []
    body = rest[: rest.rindex("}")] + ","
    for place, character in enumerate(body):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if character == "," and depth == 0:
            parts.append(body[start:place])
            start = place + 1
    return [prefix.strip() + path for part in parts if part.strip() for path in expanded(part)]


def paths_in(code):
    paths = [path for tree in re.findall(r"\buse\s+([^;]+);", code) for path in expanded(tree)]
    return paths + re.findall(r"\b\w+(?:::\w+)+", re.sub(r"\buse\s+[^;]+;", "", code))


def modules_of(source):
    """Module path, as a tuple of names, by file; the root has none."""
    modules = {}
    for path in sorted(source.rglob("*.rs")):
        names = path.relative_to(source).with_suffix("").parts
        if names[-1] in ("lib", "main", "mod"):
            names = names[:-1]
        if "tests" not in names:
            modules[names] = path
    return modules


def module_meant(path, here, modules):
    """The module that a path refers to, relative to the module `here`; None if it is outside of the crate."""
    names = [name.strip() for name in path.split("::")]
    if names[0] == "crate":
        base, names = (), names[1:]
    elif names[0] in ("self", "super"):
        base = here
        while names and names[0] in ("self", "super"):
            base = base[:-1] if names[0] == "super" else base
            names = names[1:]
    elif here + (names[0],) in modules:
        base = here
    else:
        return None
    while names and base + (names[0],) in modules:
        base, names = base + (names[0],), names[1:]
    return base


def dependencies(source):
    """The dependencies among sibling modules: {folder: {module: {modules that it uses}}}."""
    modules = modules_of(source)
    graphs = {}
    for here, file in modules.items():
        for path in paths_in(code_of(file)):
            there = module_meant(path, here, modules)
            if there is None:
                continue
            common = 0
            while common < min(len(here), len(there)) and here[common] == there[common]:
                common += 1
            if common in (len(here), len(there)):
                continue  # one of them contains the other
            graph = graphs.setdefault(here[:common], {})
            graph.setdefault(here[common], set()).add(there[common])
    return graphs


def main():
    root = Path(__file__).resolve().parent.parent
    cycles = []
    for crate in CRATES:
        for folder, graph in sorted(dependencies(root / crate / "src").items()):
            try:
                TopologicalSorter(graph).prepare()
            except CycleError as error:
                # Each module is used by the next one in this list.
                cycle = " -> ".join(reversed(error.args[1]))
                cycles.append(f"{'/'.join((crate, 'src') + folder)}: {cycle}")
    if cycles:
        print("error: modules depend on each other in a cycle:", file=sys.stderr)
        for cycle in cycles:
            print(f"  {cycle}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
