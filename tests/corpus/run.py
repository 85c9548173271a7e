#!/usr/bin/env python3
"""Imports a folder of published API documents into one store and counts everything a second time.

    cargo build --release
    tests/corpus/run.py --jeton target/release/jeton FOLDER

Put the documents into FOLDER yourself: OpenAPI 3.0, 3.1 or Swagger 2.0, JSON or YAML (for YAML install PyYAML). A folder in
FOLDER is one document of several files; its root file is the one with "openapi" or "swagger". The catalogue's name is the
file's name. A document without hosts gets the host NAME.test, so that all catalogues can be in force together.

Checks for each document: operations, groups, ids, access levels, sets with their methods, routes and hosts agree with
expected.py, which reads the document by itself; importing it again changes nothing. At the end all catalogues must be in
force in the one store. Prints a table with time and peak memory of each import. Exit 1 if anything differs.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from document import Document, Unreadable
from expected import Expected, route_key

PASSWORD = "a password of the corpus test\n"


# Runs a program and writes exit code, seconds and peak memory to descriptor 3. A process of its own, because the peak of a
# child begins with what its parent has in memory, and this script has whole documents.
MEASURE = """
import os, sys, time
begin = time.monotonic()
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
result = os.waitstatus_to_exitcode(status), time.monotonic() - begin, usage.ru_maxrss
os.write(int(os.environ["MEASURED"]), " ".join(map(str, result)).encode())
"""


class Jeton:
    """The program with a store of its own."""

    def __init__(self, program, home):
        self.program, self.home = str(Path(program).resolve()), home
        store = home / "store"
        store.mkdir(mode=0o700)
        self.environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(home), "JETON_STORE": str(store / "s.db")}
        self.password = home / "password"
        self.password.write_text(PASSWORD)
        self.password.chmod(0o600)
        self.login = ["--user", "ops", "--password-file", str(self.password), "--no-input"]
        code, _, error, *_ = self.run("init", "--username", "ops", "--password-file", str(self.password), "--quiet")
        if code:
            sys.exit(f"jeton init: exit {code}: {error}")

    def run(self, *args):
        """Returns exit code, output, messages, seconds, and peak memory in MiB."""
        read, write = os.pipe()
        with open(self.home / "out", "w+b") as out, open(self.home / "err", "w+b") as err:
            subprocess.run(
                [sys.executable, "-S", "-c", MEASURE, self.program, *args],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                pass_fds=[write],
                env=self.environment | {"MEASURED": str(write)},
                cwd=self.home,
                check=True,
            )
            os.close(write)
            with open(read, encoding="ascii") as measured:
                code, seconds, memory = measured.read().split()
            out.seek(0), err.seek(0)
            texts = [file.read().decode(errors="replace") for file in (out, err)]
        return int(code), *texts, float(seconds), int(memory) / 1024

    def data(self, *args):
        code, out, error, *_ = self.run(*args)
        if code:
            raise Failure(f"{' '.join(args[:3])}: exit {code}: {error.strip()[:600]}")
        return out


class Failure(Exception):
    """Something that makes a comparison impossible."""


def differences(what, expected, actual):
    """Lines about two sets or dicts that should be equal."""
    if expected == actual:
        return []
    keys = sorted(set(expected) | set(actual), key=str)
    if isinstance(expected, dict):
        wrong = [k for k in keys if expected.get(k) != actual.get(k)]
        texts = [f"{k}: expected {short(expected.get(k))}, got {short(actual.get(k))}" for k in wrong]
    else:
        wrong = [k for k in keys if (k in expected) != (k in actual)]
        texts = [f"{'missing' if k in expected else 'unexpected'}: {k}" for k in wrong]
    more = [f"  … and {len(texts) - 5} more"] if len(texts) > 5 else []
    return [f"{what}: {len(texts)} differences"] + ["  " + text for text in texts[:5]] + more


def short(value):
    if isinstance(value, (set, frozenset)):
        value = sorted(value)
        return f"{len(value)}: {value[:3]}"
    return repr(value)


def import_document(jeton, name, document, expected):
    public = sum(o.access == "public" for o in expected.operations)
    args = ["catalogue", "import", "openapi", str(document.path), "--name", name, "--json", *jeton.login]
    args += [] if expected.hosts else ["--host", f"{name}.test"]
    code, out, error, seconds, memory = jeton.run(*args, *(["--accept-public", str(public)] if public else []))
    if code:
        raise Failure(f"import: exit {code}: {error.strip()[:600] or out.strip()[:600]}")
    return json.loads(out), seconds, memory


def has_changes(answer):
    changes = [answer[part] for part in ("groups", "methods", "sets")]
    return bool(answer["head"] or answer["members"] or any(any(change.values()) for change in changes))


def compare(name, expected, catalogue):
    """Compares a catalogue, as it is exported, with what is expected of it."""
    methods = {}
    for group in catalogue["group"]:
        for method in group.get("method", []):
            methods[f"{group['id']}.{method['id']}"] = method
    by_id = {o.id: o for o in expected.operations}
    found = differences("groups", expected.groups, {g["id"] for g in catalogue["group"]})
    found += differences("methods", set(by_id), set(methods))
    both = [i for i in by_id if i in methods]
    labels = {i: by_id[i].label if i in by_id else i for i in methods}
    levels = [{labels[i]: by_id[i].access for i in both}, {labels[i]: methods[i]["access"] for i in both}]
    found += differences("access", *levels)
    keys = {labels[i]: " ".join(map(route_key, methods[i].get("routes", []))) for i in both}
    found += differences("routes", {labels[i]: route_key(by_id[i].route or "") for i in both}, keys)
    sets = {}
    for one in catalogue.get("set", []):
        sets[distinct_part(one["name"])] = {labels[i] for entry in one["include"] for i in members(entry, methods)}
    found += differences("sets", {distinct_part(name): labels for name, labels in expected.sets.items()}, sets)
    hosts = expected.hosts or {f"{name}.test"}
    return found + differences("hosts", hosts, set(catalogue.get("hosts", [])))


def distinct_part(name):
    """The start of a name that has too many scopes for 300 characters and so ends with a hash."""
    return name if len(name) < 290 else name[:250]


def members(entry, methods):
    if entry.endswith("*"):
        return [i for i in methods if i.startswith(entry[:-1])]
    if entry.startswith("group:"):
        return [i for i in methods if i.rpartition(".")[0] == entry[6:]]
    return [entry] if entry in methods else []


def check(jeton, name, path, row):
    """Imports a document twice and returns the differences."""
    document = Document(path)
    expected = Expected(name, document)
    row.update(operations=len(expected.operations), groups=len(expected.groups), sets=len(expected.sets))
    row["scopes"] = sum(s.startswith(f"{name}: scope") for s in expected.sets)
    row["routes"] = sum(o.route is not None for o in expected.operations)
    _, row["seconds"], row["MiB"] = import_document(jeton, name, document, expected)
    exported = jeton.data("catalogue", "export", name)
    found = compare(name, expected, tomllib.loads(exported))
    answer, row["again"], _ = import_document(jeton, name, document, expected)
    if has_changes(answer) or exported != jeton.data("catalogue", "export", name):
        found.append("importing the document again changes the catalogue")
    return found


def check_together(jeton, names, methods, sets):
    """All catalogues are in force: the list has every method and set of each of them, and of no other."""
    everything = json.loads(jeton.data("catalogue", "list", "--json"))
    listed = [m["id"] for g in everything["groups"] for m in g["methods"] if not m["id"].startswith("jeton.")]
    own = ("of the whole store", "of each document")
    found = [] if len(listed) == methods else [f"methods: {len(listed)} {own[0]}, {methods} {own[1]}"]
    if len(everything["sets"]) != sets:
        found.append(f"sets: {len(everything['sets'])} {own[0]}, {sets} {own[1]}")
    return found + [f"{name}: not in force" for name in names if not any(i.startswith(name + ".") for i in listed)]


def table(rows):
    columns = ["document", "operations", "groups", "scopes", "sets", "routes", "seconds", "again", "MiB", "result"]
    texts = [[f"{row[c]:.2f}" if isinstance(row.get(c), float) else str(row.get(c, "")) for c in columns] for row in rows]
    widths = [max(map(len, column)) for column in zip(columns, *texts)]
    for line in [columns, *texts]:
        cells = [text.ljust(w) if at in (0, 9) else text.rjust(w) for at, (text, w) in enumerate(zip(line, widths))]
        print("  ".join(cells).rstrip())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder of the documents")
    parser.add_argument("--jeton", default="target/release/jeton", help="the program")
    parser.add_argument("--only", default="", help="only documents whose name has this text")
    options = parser.parse_args()
    rows, failed = [], False
    with tempfile.TemporaryDirectory() as home:
        jeton = Jeton(options.jeton, Path(home))
        for path in sorted(options.folder.resolve().iterdir()):
            is_document = path.is_dir() or path.suffix in (".json", ".yaml", ".yml")
            if path.name.startswith(".") or not is_document or options.only not in path.name:
                continue
            name = re.sub(r"[^a-z0-9._-]+", "-", (path.name if path.is_dir() else path.stem).lower()).strip("-._")
            row = {"document": name}
            rows.append(row)
            try:
                found = check(jeton, name, path, row)
            except (Unreadable, Failure) as problem:
                found = [str(problem)]
            row["result"] = "differs" if found else "agrees"
            failed |= bool(found)
            for line in found:
                print(f"{name}: {line}", flush=True)
        sums = {key: sum(row.get(key, 0) for row in rows) for key in ("operations", "groups", "scopes", "sets", "routes")}
        found = check_together(jeton, [row["document"] for row in rows], sums["operations"], sums["sets"])
        for line in found:
            print(line)
        table([*rows, {"document": f"{len(rows)} documents", **sums, "result": "differ" if found else "in force together"}])
    return 1 if failed or found or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
