"""The catalogue that a document should become. Written from the OpenAPI and Swagger specifications and from
docs/catalogue.md and docs/matching.md, not from the importer's code: both sides must agree."""

import hashlib
import re
from collections import Counter, defaultdict
from urllib.parse import urlsplit

from document import as_text

LEVELS = ["public", "read", "write", "admin"]
READ = {"read", "reader", "readonly", "view", "viewer", "get"}
WRITE = {"write", "writer", "readwrite", "manage", "create", "update", "delete", "edit", "editor"}
ADMIN = {"admin", "administrator"}


class Operation:
    """An operation, and what is expected of its method."""

    def __init__(self, path, method, node):
        self.path, self.method, self.node = path, method, node
        self.label = f"{method.upper()} {path}"
        tags = node.get("tags") if isinstance(node.get("tags"), list) else []
        tags = [" ".join((as_text(tag) or "").split()) for tag in tags]
        self.tags = list(dict.fromkeys(tag for tag in tags if tag))
        self.operation_id = as_text(node.get("operationId")) or None


def short_hash(text):
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def fold(text):
    return re.sub(r"([-_.])[-_.]+", r"\1", text)


def slug(text, most):
    text = re.sub(r"[^A-Za-z0-9._-]+", "-", text)
    text = text.lstrip("-") if not text.startswith("--") else text
    return fold(text[:most].strip(".-"))


def words_of(text):
    return [w.lower() for w in re.findall(r"[^\W_]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", text))]


def level_of_scope(scope):
    if "://" in scope:
        scope = scope.split("://", 1)[1].partition("/")[2]
    words = words_of(scope)
    if "readonly" in words or ("read", "only") in zip(words, words[1:]):
        return "read"
    for level, known in (("admin", ADMIN), ("write", WRITE), ("read", READ)):
        if known & set(words):
            return level
    return None


def alternatives(node, schemes):
    """The ways to be permitted: pairs of the scopes needed, and whether something else is needed, too."""
    found = []
    for requirement in node if isinstance(node, list) else []:
        if not isinstance(requirement, dict):
            continue
        scopes, more = set(), False
        for scheme, needed in requirement.items():
            needed = needed if isinstance(needed, list) else []
            more |= not needed or scheme not in schemes
            scopes |= {as_text(s).strip() for s in needed if scheme in schemes}
        if (frozenset(scopes), more) not in found:
            found.append((frozenset(scopes), more))
    return found


def access(operation):
    """The level, and the levels over it that scopes give."""
    node = operation.node
    if "x-jeton-access" in node:
        said = node["x-jeton-access"]
        return said if said in LEVELS else "admin"
    if node.get("security") == []:
        return "public"
    usual = "read" if operation.method in ("get", "head", "options", "trace") else "write"
    levels = []
    for scopes, _ in operation.alternatives:
        known = [level_of_scope(scope) for scope in scopes]
        levels.append(None if not known or None in known else max(known, key=LEVELS.index))
    if levels and None not in levels:
        level = min(levels, key=LEVELS.index)
        if operation.method == "post" or LEVELS.index(level) >= LEVELS.index(usual):
            return level
    return usual


# Groups


def is_name(segment):
    """Whether a segment names a part of the API: no parameter, version, "api" or "rest"."""
    version = re.fullmatch(r"[vV]?[0-9][0-9._-]*((alpha|beta|preview|rc)[0-9._-]*)?", segment)
    return "{" not in segment and segment.lower() not in ("api", "rest") and not version


def words_of_paths(operations):
    paths = [[s.strip() for s in re.split("[?#]", o.path)[0].split("/") if s.strip()] for o in operations]
    named = [path for path in paths if any(map(is_name, path))]
    shared = 0
    if named:
        for same in zip(*named):
            if len({"{}" if "{" in s else s for s in same}) > 1:
                break
            shared += 1
    found = []
    for path in paths:
        names = list(filter(is_name, path[shared:])) or list(filter(is_name, reversed(path[:shared])))
        name = names[0] if names else None
        if name:
            name = re.sub(r"\.(json|xml)$", "", name.split(":")[0] or name)
        found.append(name)
    return found


def group(operations):
    firsts = [o.tags[0] if o.tags else None for o in operations]
    words = firsts
    if not any(firsts):
        words = words_of_paths(operations)
    elif all(len(o.tags) == 1 and o.tags == operations[0].tags for o in operations):
        by_path = words_of_paths(operations)
        if 1 < len(set(by_path)) <= len(operations) / 2:
            words = by_path
    titles = {}
    for operation, word in zip(operations, words):
        operation.group = "default" if word is None else slug(word, 60) or "group-" + short_hash(word)
    for word, name in sorted({(w or "default", o.group) for o, w in zip(operations, words)}):
        titles.setdefault(name, word)
    return titles


# Ids


def from_path(operation):
    def word(text):
        return "".join(w[:1].upper() + w[1:] for w in re.split("[^A-Za-z0-9]", text))

    parts = re.sub(r"\{", "/By/", operation.path).replace("}", "/").split("/")
    return operation.method.title() + "".join(map(word, parts))


def assign_ids(name, operations):
    for operation in operations:
        prefix = f"{name}.{operation.group}."
        most = 200 - len(prefix) - 9
        written = operation.operation_id
        part = slug(written, most) if written else ""
        operation.exact = not written or part == written
        operation.full = prefix + (part or from_path(operation)[:most])
        rest = part[len(operation.group) :]
        same = re.sub("[-_.]", "-", part).lower().startswith(re.sub("[-_.]", "-", operation.group).lower())
        short = same and re.match(r"[-_.](.*[A-Za-z0-9].*)$", rest)
        operation.id = prefix + short[1] if short else operation.full
    while True:
        counts = Counter(o.id for o in operations)
        clash = [o for o in operations if counts[o.id] > 1 and o.id != o.full]
        if not clash:
            break
        for operation in clash:
            operation.id = operation.full
    by_id = defaultdict(list)
    for operation in operations:
        by_id[operation.id].append(operation)
    for same in by_id.values():
        same.sort(key=lambda o: (not o.exact, o.path.encode(), o.method))
        for operation in same[1:]:
            operation.id += "-" + short_hash(operation.label)


# Routes


def servers_of(document, operation, item):
    root = document.root
    if document.is_swagger:
        host, base = root.get("host"), root.get("basePath") or ""
        return [(f"https://{host}" if host else "") + "/" + base.strip("/")]
    servers = next((n["servers"] for n in (operation, item, root) if isinstance(n.get("servers"), list)), [])
    found = []
    for server in servers:
        variables = server.get("variables") or {}
        url = as_text(server.get("url")) or ""
        for variable in re.findall(r"\{([^}]*)\}", url):
            default = (variables.get(variable) or {}).get("default")
            if default is not None:
                url = url.replace("{" + variable + "}", as_text(default))
        found.append(url)
    return found


def host_of(url):
    if "://" not in url and not url.startswith("//"):
        return None
    host = (urlsplit(url).netloc.rpartition("@")[2].partition(":")[0]).lower()
    local = host == "localhost" or host.endswith(".localhost") or host.startswith("127.") or host == "0.0.0.0"
    return None if local or not re.fullmatch(r"[a-z0-9.-]+", host) else host


def has_unusable_host(url):
    """A host that no catalogue can have: a variable without a value, or a wildcard."""
    named = "://" in url or url.startswith(("//", "{"))
    netloc = urlsplit(url).netloc.rpartition("@")[2].partition(":")[0].lower()
    local = netloc in ("", "localhost", "0.0.0.0") or netloc.endswith(".localhost") or netloc.startswith("127.")
    return named and not host_of(url) and (url.startswith("{") or not local)


def hosts_and_base(urls):
    """The hosts of a list of servers, or None if there are only unusable ones; and the path, which they have in common."""
    first = next((url for url in urls if host_of(url)), urls[0] if urls else "")
    base = base_of(first)
    hosts = frozenset(host_of(url) for url in urls if host_of(url) and base_of(url) == base)
    return (None if not hosts and any(map(has_unusable_host, urls)) else hosts), base


def base_of(url):
    path = re.sub(r"^(([^/]*:)?//[^/?#]*|\{[^/?#]*)", "", url)
    path = re.split("[?#]", path)[0].strip("/")
    return "/" + path if path else ""


def parameter_kind(document, name, nodes):
    """How a route writes a parameter: "", "+", ":int", ":uuid" or ":a|b"."""
    known = None
    for file, holder in nodes:
        for node in holder.get("parameters") or []:
            node = document.resolve(file, node)
            if node and isinstance(node[1], dict) and node[1].get("in") == "path" and node[1].get("name") == name:
                known = node
    if known is None:
        return ""
    file, parameter = known
    schema = parameter
    if isinstance(parameter.get("schema"), dict):
        schema = (document.resolve(file, parameter["schema"]) or (file, parameter))[1]
    pattern = schema.get("pattern")
    marked = any(node.get("x-multi-segment") in (True, "true") for node in (parameter, schema))
    if marked or (isinstance(pattern, str) and allows_slash(pattern)):
        return "+"
    values = [as_text(v) for v in schema.get("enum") or [] if v is not None]
    if 0 < len(values) <= 16 and all(re.fullmatch(r"[A-Za-z0-9._~-]+", v) and v not in (".", "..") for v in values):
        return ":" + "|".join(values)
    if schema.get("format") == "uuid":
        return ":uuid"
    kinds = schema.get("type")
    kinds = {k for k in (kinds if isinstance(kinds, list) else [kinds]) if k != "null"}
    return ":int" if kinds == {"integer"} else ""


def allows_slash(pattern):
    if "(?" in pattern:
        return False
    bare = re.sub(r"^\((.*)\)$", r"\1", pattern.strip().removeprefix("^").removesuffix("$"))
    return bare in (".*", ".+") or "/" in re.sub(r"\[\^[^\]]*\]", "", pattern)


def route(document, operation, nodes):
    operation.hosts, base = hosts_and_base(servers_of(document, nodes[1][1], nodes[0][1]))
    path = operation.path if operation.path.startswith("/") else "/" + operation.path
    if re.search(r"[?#%;\\\s]|//|[\x00-\x1f\x7f]", base + path):
        return None
    segments = []
    for segment in path.split("/"):
        whole = re.fullmatch(r"\{([^{}]*)\}", segment)
        if segment in (".", "..") or re.sub(r"\{[^{}]*\}", "", segment).count("{"):
            return None
        kind = parameter_kind(document, whole[1], nodes) if whole else ""
        segments.append(re.sub(r"\{[^{}]*\}", "{" + kind + "}", segment))
    return f"{operation.method.upper()} {base}" + "/".join(segments)


def route_key(text):
    """The route without the names of its parameters: two routes with one key are the same."""
    return re.sub(r"\{[^{}:+]*", "{", text)


# Sets


def expected_sets(name, operations, titles):
    sets = defaultdict(set)
    needed = set()
    for o in operations:
        for tag in o.tags:
            sets[tag].add(o.label)
        enough = [scopes for scopes, more in o.alternatives if scopes and not more]
        for scopes in enough:
            if len(scopes) == 1:
                sets[f"scope {min(scopes)}"].add(o.label)
            elif not any(other < scopes for other in enough):
                needed.add(scopes)
        if o.access in ("public", "read"):
            sets[f"read {titles[o.group]}"].add(o.label)
    for scopes in needed:
        for o in operations:
            if any(part and not more and part <= scopes for part, more in o.alternatives):
                sets["scopes " + " + ".join(sorted(scopes))].add(o.label)
    for title in {titles[o.group] for o in operations if o.access == "write"}:
        members = {o.label for o in operations if titles[o.group] == title and o.access != "admin"}
        sets[f"write {title}"] |= members
    return {f"{name}: {own}": members for own, members in sets.items()}


class Expected:
    """The catalogue that a document should become."""

    def __init__(self, name, document):
        root = document.root
        if document.is_swagger:
            schemes = root.get("securityDefinitions") or {}
        else:
            schemes = (root.get("components") or {}).get("securitySchemes") or {}
        whole = alternatives(root.get("security"), schemes)
        self.operations = []
        for path, method, node, item in document.operations():
            operation = Operation(path, method, node[1])
            own = node[1].get("security")
            operation.alternatives = alternatives(own, schemes) if "security" in node[1] else whole
            operation.access = access(operation)
            operation.route = route(document, operation, [item, node])
            self.operations.append(operation)
        # The hosts of most operations. Operations on other hosts have no route.
        own, _ = hosts_and_base(servers_of(document, {}, {}))
        counts = Counter(o.hosts for o in self.operations if o.hosts is not None)
        self.hosts = max(counts, key=lambda h: (counts[h], h == own, sorted(h)), default=frozenset())
        for operation in self.operations:
            elsewhere = operation.hosts is None or (operation.hosts and not self.hosts <= operation.hosts)
            if self.hosts and elsewhere:
                operation.route = None
        titles = group(self.operations)
        self.groups = {f"{name}.{o.group}" for o in self.operations}
        assign_ids(name, self.operations)
        # The first operation of the document keeps a route that several have; a public one only if no other has it.
        owned = set()
        for operation in sorted(self.operations, key=lambda o: o.access == "public"):
            if operation.route and route_key(operation.route) in owned:
                operation.route = None
            elif operation.route:
                owned.add(route_key(operation.route))
        self.sets = expected_sets(name, self.operations, titles)
