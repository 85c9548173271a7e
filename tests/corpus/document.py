"""Loads an OpenAPI or Swagger document, of one file or several, and resolves its references."""

import json
import posixpath
import re
import sys
from pathlib import Path
from urllib.parse import unquote

try:
    import yaml
except ImportError:
    yaml = None

METHODS = ["delete", "get", "head", "options", "patch", "post", "put", "trace"]


class Unreadable(Exception):
    """A file that this script can't read."""


if yaml:

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        """Reads numbers and dates as the text that is written."""

    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag.rpartition(":")[2] in ("bool", "null", "merge")]
        for first, resolvers in Loader.yaml_implicit_resolvers.items()
    }
    # Only these are true and false in YAML 1.2; "on" and "no" are texts.
    for resolvers in Loader.yaml_implicit_resolvers.values():
        resolvers[:] = [
            (tag, re.compile("^(true|True|TRUE|false|False|FALSE)$") if tag.endswith("bool") else pattern)
            for tag, pattern in resolvers
        ]


def read(path):
    text = path.read_text(encoding="utf-8-sig")
    if text.lstrip().startswith("{"):
        try:
            return json.loads(text)
        except ValueError:
            pass
    if not yaml:
        raise Unreadable(f"{path.name}: install PyYAML to read YAML")
    try:
        return yaml.load(text, Loader)
    except yaml.YAMLError as error:
        raise Unreadable(f"{path.name}: {error}") from error


def is_root(tree):
    return isinstance(tree, dict) and ("openapi" in tree or "swagger" in tree)


def root_file(path):
    """The root file of a document: the file itself, or the one of a folder that has the version."""
    if path.is_file():
        return path
    for file in sorted(f for f in path.iterdir() if f.suffix in (".json", ".yaml", ".yml")):
        if is_root(read(file)):
            return file
    raise Unreadable(f"{path.name}: no file has \"openapi\" or \"swagger\"")


class Document:
    """A document. A node is a pair: the file in which it is, and its value."""

    def __init__(self, path):
        self.path = root_file(path)
        self.folder = self.path.parent
        self.files = {"": read(self.path)}
        self.root = self.files[""]
        if not is_root(self.root):
            raise Unreadable(f"{path.name}: not an OpenAPI document")
        self.is_swagger = "openapi" not in self.root

    def file(self, name):
        if name not in self.files:
            path = self.folder / name
            inside = not name.startswith("..") and path.is_file()
            self.files[name] = read(path) if inside else None
        return self.files[name]

    def target(self, file, ref):
        """The node to which a reference leads, or None."""
        other, _, pointer = ref.partition("#")
        if "://" in other:
            return None
        if other:
            file = posixpath.normpath(posixpath.join(posixpath.dirname(file), unquote(other)))
            if file == self.path.name:
                file = ""
        node = self.file(file)
        for key in unquote(pointer).split("/")[1:]:
            key = key.replace("~1", "/").replace("~0", "~")
            if isinstance(node, dict) and key in node:
                node = node[key]
            elif isinstance(node, list) and key.isdigit() and int(key) < len(node):
                node = node[int(key)]
            else:
                return None
        return None if node is None else (file, node)

    def layers(self, file, node):
        """The node, and the nodes to which its references lead."""
        found = []
        while node is not None and len(found) < 100:
            found.append((file, node))
            if not isinstance(node, dict) or not isinstance(node.get("$ref"), str):
                break
            file, node = self.target(file, node["$ref"]) or (None, None)
        return found

    def resolve(self, file, node):
        """The last of the layers; None if its reference leads nowhere."""
        layers = self.layers(file, node)
        if not layers or (isinstance(layers[-1][1], dict) and "$ref" in layers[-1][1]):
            return None
        return layers[-1]

    def operations(self):
        """Yields path, HTTP method, the file and value of the operation, and those of its path item."""
        for path, item in (self.root.get("paths") or {}).items():
            if str(path).startswith("x-"):
                continue
            layers = [(f, n) for f, n in self.layers("", item) if isinstance(n, dict)]
            for method in sorted(METHODS):
                holder = next((layer for layer in layers if method in layer[1]), None)
                if holder is None:
                    continue
                operation = self.resolve(holder[0], holder[1][method])
                if operation and isinstance(operation[1], dict):
                    yield str(path), method, operation, holder


def as_text(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (str, int, float)) else None


if __name__ == "__main__":
    document = Document(Path(sys.argv[1]))
    print(sum(1 for _ in document.operations()))
