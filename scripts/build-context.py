#!/usr/bin/env python3
"""Checks, without a container engine, that .dockerignore includes everything that the images are built from.

The checkout's files are filtered by the rules of .dockerignore and copied to a folder of their own, where
- cargo must read the workspace as it does here,
- Cargo.lock and the first file of every library, program, bench and test that a manifest names must be there,
- every file of the packages that are compiled in an image must be there, benches and tests aside,
- what the Dockerfiles copy must be there,
- nothing but files that git knows, or would add, may be there.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

DOCKERFILES = ["Dockerfile.postgres", "ingestor/Dockerfile"]
# The packages that the Dockerfiles compile. cargo reports their path dependencies.
COMPILED = ["musicstream-ingestor", "pg_musicstream"]


def as_regex(pattern):
    """A pattern of .dockerignore: Go's filepath.Match, and ** for any number of folders."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?|\[[^\]]*\])", pattern)
    translated = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(translated.get(part) or (part if part.startswith("[") else re.escape(part)) for part in parts))


def read_rules(path):
    """(regex, is_exception) of each line."""
    for line in path.read_text().splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        is_exception = line.startswith("!")
        yield as_regex(os.path.normpath(line.lstrip("!").strip()).lstrip("/")), is_exception


def is_let_through(path, rules):
    """Whether the file is in the build context: the last rule that matches it or a folder above it decides."""
    names = path.split("/")
    ways = ["/".join(names[: count + 1]) for count in range(len(names))]
    verdict = True
    for regex, is_exception in rules:
        if any(regex.fullmatch(way) for way in ways):
            verdict = is_exception
    return verdict


def read_workspace(folder):
    command = ["cargo", "metadata", "--no-deps", "--offline", "--format-version", "1"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        return None, run.stderr.strip()
    return {package["name"]: package for package in json.loads(run.stdout)["packages"]}, None


def named_targets(packages, root):
    """Libraries, programs, and the benches and tests that a manifest declares: (manifest, first file)."""
    for package in packages.values():
        manifest = Path(package["manifest_path"])
        tables = tomllib.loads(manifest.read_text())
        named = {(kind, table["name"]) for kind in ("bench", "test", "example") for table in tables.get(kind, [])}
        for target in package["targets"]:
            kind = target["kind"][0]
            if kind not in ("bench", "test", "example") or (kind, target["name"]) in named:
                yield str(manifest.relative_to(root)), str(Path(target["src_path"]).relative_to(root))


def compiled_folders(packages, root):
    """The folders of the packages that an image compiles, including path dependencies."""
    found, left = set(), list(COMPILED)
    while left:
        package = packages[left.pop()]
        folder = Path(package["manifest_path"]).parent
        if folder in found:
            continue
        found.add(folder)
        left += [dependency["name"] for dependency in package["dependencies"] if dependency.get("path") and dependency["kind"] != "dev"]
    return sorted(str(folder.relative_to(root)) for folder in found)


def copied_sources(dockerfile):
    """The sources of a Dockerfile's COPY instructions."""
    text = re.sub(r"\\\n", " ", dockerfile.read_text())
    for line in re.findall(r"^COPY\s+(.*)$", text, re.MULTILINE):
        words = [word for word in line.split() if not word.startswith("--")]
        if "--from" not in line:
            yield from words[:-1]


def main():
    root = Path(__file__).resolve().parent.parent
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=root, capture_output=True, check=True
    )
    files = sorted(name for name in listed.stdout.decode().split("\0") if name and (root / name).is_file())
    rules = list(read_rules(root / ".dockerignore"))
    context = {name for name in files if is_let_through(name, rules)}
    problems = []

    packages, error = read_workspace(root)
    if error:
        sys.exit(f"error: cargo cannot read the workspace itself:\n{error}")
    with tempfile.TemporaryDirectory() as folder:
        for name in context:
            target = Path(folder, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / name, target)
        there, error = read_workspace(folder)
    if error:
        problems.append("cargo cannot read the workspace in the build context:\n    " + error.replace("\n", "\n    "))
    elif missing := sorted(packages.keys() - there.keys()):
        problems.append(f"packages are excluded: {', '.join(missing)}")

    if "Cargo.lock" not in context:
        problems.append("Cargo.lock is excluded")
    for manifest, name in named_targets(packages, root):
        if name not in context:
            problems.append(f"{name} is excluded, but {manifest} needs it")
    for folder in compiled_folders(packages, root):
        for name in files:
            is_needed = name.startswith(f"{folder}/") and not name.startswith((f"{folder}/tests/", f"{folder}/benches/"))
            if is_needed and not name.endswith((".md", "Dockerfile", ".proptest-regressions")) and name not in context:
                problems.append(f"{name} is excluded, but {folder} is compiled in an image")
    for dockerfile in DOCKERFILES:
        for source in copied_sources(root / dockerfile):
            source = os.path.normpath(source)
            if source != "." and not any(name == source or name.startswith(f"{source}/") for name in context):
                problems.append(f"{source} is excluded, but {dockerfile} copies it")

    # Docker reads the files on the disk, whether or not git knows them.
    for kind in [".git/HEAD", "target/release/program", "fuzz/target/program", "docker/secrets/postgres_password"]:
        if is_let_through(kind, rules):
            problems.append(f"{kind} would be sent to the container engine")

    if problems:
        print("error: .dockerignore does not match the Dockerfiles and the workspace:", file=sys.stderr)
        for problem in problems:
            print(f"  {problem}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
