//! Catalogue files: TOML, parsed strictly. Every error names file, line and column.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use super::route_limits::{MAX_ALL_ROUTES, MAX_ROUTES, too_many_routes, too_many_routes_of_method};
use super::validate::{self, Location, MAX_METHODS, MAX_SETS, too_many_methods, too_many_sets};
use super::{ApiSet, Catalogue, Group, SetEntry, TrailingSlash};
use crate::domain::method::{Access, Method, MethodId};
use crate::domain::route::Route;
use crate::domain::route::request_path::MAX_PATH_LEN;
use crate::domain::untrusted_text::excerpt;
use crate::error::{Error, Result};

/// Maximum size of a file, in bytes.
pub const MAX_FILE_SIZE: usize = 16 * 1024 * 1024;
/// Maximum number of words and signs of a file. Parsing needs many times the text's memory for each. Without this
/// bound, a file of only brackets, dots or line ends would fill the memory.
const MAX_PARTS: usize = 6_000_000;

/// Parses the text of a catalogue file. Error messages call it `name`. `existing` are the catalogues that it will be
/// stored with; its own older version may be one of them.
///
/// # Errors
/// The errors of [`validate::validate`], as `FILE:LINE:COLUMN: what: why`.
pub fn read(name: &str, text: &str, existing: &[Catalogue]) -> Result<Catalogue> {
    let (catalogue, offsets) = parse(name, text)?;
    match validate::find_fault(&catalogue, existing) {
        Ok(()) => Ok(catalogue),
        Err(fault) => Err(offsets.located(name, text, *fault)),
    }
}

/// Parses one of jeton's own files, which may define `jeton.*`.
pub(super) fn read_shipped(name: &str, text: &str) -> Result<Catalogue> {
    let (catalogue, offsets) = parse(name, text)?;
    match validate::validate_rules(&catalogue, &[]) {
        Ok(()) => Ok(catalogue),
        Err(fault) => Err(offsets.located(name, text, *fault)),
    }
}

/// The byte offset of each part in the text.
struct PartOffsets(HashMap<Location, usize>);

impl PartOffsets {
    fn located(&self, name: &str, text: &str, fault: validate::ValidationFault) -> Error {
        at_position(name, text, self.0.get(&fault.location).copied().unwrap_or(0), fault.error)
    }

    fn record<T>(&mut self, spot: Location, value: Spanned<T>) -> T {
        self.0.insert(spot, value.span().start);
        value.into_inner()
    }
}

/// Returns `error` with its place at the front, as `FILE:LINE:COLUMN`.
pub(crate) fn at_position(name: &str, text: &str, byte: usize, error: Error) -> Error {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Error { what: format!("{name}:{line}:{column}: {}", error.what), ..error }
}

/// Returns the offset at which a text exceeds the maximum number of words and signs. A run of letters or blanks counts
/// once, every other byte counts by itself.
fn too_many_parts(text: &str) -> Option<usize> {
    #[derive(PartialEq)]
    enum Sort {
        Word,
        Blank,
        Sign,
    }
    const TABLE: usize = 16;
    let (mut parts, mut last) = (0, Sort::Sign);
    for (at, byte) in text.bytes().enumerate() {
        let sort = match byte {
            b' ' | b'\t' => Sort::Blank,
            b'_' | b'-' => Sort::Word,
            _ if byte.is_ascii_alphanumeric() || !byte.is_ascii() => Sort::Word,
            _ => Sort::Sign,
        };
        parts += usize::from(sort == Sort::Sign || sort != last);
        // A table needs by far the most memory for so few letters.
        parts += if byte == b'{' { TABLE } else { 0 };
        if parts > MAX_PARTS {
            return Some(at);
        }
        last = sort;
    }
    None
}

fn parse(name: &str, text: &str) -> Result<(Catalogue, PartOffsets)> {
    if text.len() > MAX_FILE_SIZE {
        return Err(Error::usage(format!("{name} is too large"))
            .why(format!("a catalogue file can have at most {} MiB", MAX_FILE_SIZE >> 20))
            .next(validate::DIVIDE));
    }
    if let Some(byte) = too_many_parts(text) {
        let error = Error::usage("the catalogue file is too large")
            .why("the file has too many words, punctuation marks and inline tables")
            .next(validate::DIVIDE);
        return Err(at_position(name, text, byte, error));
    }
    let doc: FileDoc = toml::from_str(text).map_err(|e| {
        let byte = e.span().map_or(0, |span: Range<usize>| span.start);
        // The error's own text quotes the line; with a place, the message is enough.
        let message = e.message().replace('\n', ", ");
        at_position(name, text, byte, Error::usage("the catalogue file can't be read").why(message))
    })?;
    let located = |span: Range<usize>, error: Error| at_position(name, text, span.start, error);
    if *doc.schema.get_ref() != 1 {
        let error = Error::usage("the catalogue file has an unsupported schema")
            .why("jeton reads only catalogue files with: schema = 1");
        return Err(located(doc.schema.span(), error));
    }
    let mut offsets = PartOffsets(HashMap::new());
    let mut hosts: BTreeMap<String, Range<usize>> = BTreeMap::new();
    for host in doc.hosts {
        hosts.entry(host.get_ref().to_ascii_lowercase()).or_insert(host.span());
    }
    offsets.0.extend(hosts.values().enumerate().map(|(h, span)| (Location::Host(h), span.start)));
    let base_path = match doc.base_path {
        Some(base_path) => parse_base_path(base_path.get_ref()).map_err(|error| located(base_path.span(), error))?,
        None => String::new(),
    };
    let mut catalogue = Catalogue {
        name: offsets.record(Location::Name, doc.name),
        title: offsets.record(Location::Title, doc.title),
        hosts: hosts.into_keys().collect(),
        trailing_slash: doc.trailing_slash,
        groups: Vec::with_capacity(doc.group.len()),
        sets: Vec::with_capacity(doc.set.len()),
    };
    let (mut count, mut route_count) = (0, 0);
    for (g, group) in doc.group.into_iter().enumerate() {
        let id = offsets.record(Location::GroupId(g), group.id);
        let mut methods = Vec::with_capacity(group.method.len());
        for (m, method) in group.method.into_iter().enumerate() {
            count += 1;
            let span = method.id.span();
            let tail = offsets.record(Location::MethodId(g, m), method.id);
            if count > MAX_METHODS {
                return Err(located(span, too_many_methods()));
            }
            let whole = MethodId::parse(&format!("{id}.{tail}")).map_err(|e| located(span.clone(), e))?;
            let docs = method.docs.map(|docs| offsets.record(Location::Docs(g, m), docs));
            // Each route repeats the base path, so their number is limited before they are stored.
            route_count += method.routes.len();
            if method.routes.len() > MAX_ROUTES {
                return Err(located(span, too_many_routes_of_method()));
            }
            if route_count > MAX_ALL_ROUTES {
                return Err(located(span, too_many_routes()));
            }
            let routes = method.routes.into_iter().enumerate();
            let routes = routes.map(|(r, route)| offsets.record(Location::Route(g, m, r), route));
            let routes = routes.map(|route| with_base_path(&base_path, route)).collect();
            let title = offsets.record(Location::MethodTitle(g, m), method.title);
            methods.push(Method { id: whole, title, access: method.access, docs, routes });
        }
        catalogue.groups.push(Group { id, title: offsets.record(Location::GroupTitle(g), group.title), methods });
    }
    for (s, set) in doc.set.into_iter().enumerate() {
        if s >= MAX_SETS {
            return Err(located(set.name.span(), too_many_sets()));
        }
        let mut entries = |texts: Vec<Spanned<String>>, spot: fn(usize, usize) -> Location| {
            let read = |(e, text): (usize, Spanned<String>)| {
                let span = text.span();
                SetEntry::parse(&offsets.record(spot(s, e), text)).map_err(|error| located(span, error))
            };
            texts.into_iter().enumerate().map(read).collect::<Result<Vec<_>>>()
        };
        let (include, exclude) = (entries(set.include, Location::Include)?, entries(set.exclude, Location::Exclude)?);
        let (name, title) =
            (offsets.record(Location::SetName(s), set.name), offsets.record(Location::SetTitle(s), set.title));
        catalogue.sets.push(ApiSet { name, title, include, exclude });
    }
    Ok((catalogue, offsets))
}

/// Returns the start of all routes of a catalogue, without its final slash.
///
/// # Errors
/// [`crate::error::Kind::Usage`] if it is not a path.
pub fn parse_base_path(text: &str) -> Result<String> {
    let base_path = text.strip_suffix('/').unwrap_or(text);
    if base_path.is_empty() {
        return Ok(String::new());
    }
    let refused = |why: &str| Error::usage(format!("\"{}\" is not a base path", excerpt(text, 60))).why(why);
    if base_path.len() > MAX_PATH_LEN {
        return Err(refused(&format!("a base path can have at most {MAX_PATH_LEN} bytes")));
    }
    if !base_path.starts_with('/') {
        return Err(refused("a base path begins with /, such as /crm"));
    }
    Route::parse_all(base_path).map_err(|error| refused(&error.why.unwrap_or_default()))?;
    Ok(base_path.to_owned())
}

/// Returns the whole route. A text that is not a route is returned unchanged, to be refused as written.
fn with_base_path(base_path: &str, route: String) -> String {
    match route.split_once(' ') {
        _ if base_path.is_empty() => route,
        Some((http_method, path)) if path.starts_with('/') => format!("{http_method} {base_path}{path}"),
        None if route.starts_with('/') => format!("{base_path}{route}"),
        _ => route,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileDoc {
    schema: Spanned<u32>,
    name: Spanned<String>,
    title: Spanned<String>,
    #[serde(default)]
    hosts: Vec<Spanned<String>>,
    base_path: Option<Spanned<String>>,
    #[serde(default)]
    trailing_slash: TrailingSlash,
    #[serde(default)]
    group: Vec<FileGroup>,
    #[serde(default)]
    set: Vec<FileSet>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileGroup {
    id: Spanned<String>,
    title: Spanned<String>,
    #[serde(default)]
    method: Vec<FileMethod>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileMethod {
    id: Spanned<String>,
    title: Spanned<String>,
    access: Access,
    docs: Option<Spanned<String>>,
    #[serde(default)]
    routes: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileSet {
    name: Spanned<String>,
    title: Spanned<String>,
    include: Vec<Spanned<String>>,
    #[serde(default)]
    exclude: Vec<Spanned<String>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "schema = 1\nname = \"x\"\ntitle = \"X\"\n";
    const GROUP: &str =
        "[[group]]\nid = \"a\"\ntitle = \"A\"\n[[group.method]]\nid = \"B\"\ntitle = \"b\"\naccess = \"read\"\n";

    fn refused(text: &str) -> String {
        read("f.toml", text, &[Catalogue::shipped("jeton").unwrap()]).unwrap_err().to_string()
    }

    #[test]
    fn broken_files_are_refused_where_they_break() {
        assert!(read("f.toml", &format!("{HEAD}{GROUP}"), &[]).is_ok());
        let set = |entries: &str| format!("{HEAD}{GROUP}[[set]]\nname = \"s\"\ntitle = \"s\"\n{entries}\n");
        let mut messages = Vec::new();
        for (bad, place) in [
            (format!("{HEAD}colour = 1\n"), "4:1"),
            (format!("{HEAD}{GROUP}[[group.method]]\nid = \"B\"\ntitle = \"b\"\naccess = \"read\"\n"), "12:6"),
            (HEAD.replace('1', "2"), "1:10"),
            (HEAD.replace("\"x\"", "\"jeton\""), "2:8"),
            (HEAD.replace("\"x\"", "\"X y\""), "2:8"),
            (HEAD.replace("\"X\"", "\"\\u202Ex\""), "3:9"),
            (format!("{HEAD}hosts = [\"b.example\", \"*.a.example\"]\n"), "4:23"),
            (format!("{HEAD}hosts = [\"a.example:80\"]\n"), "4:10"),
            (format!("{HEAD}trailing_slash = \"maybe\"\n"), "4:18"),
            (format!("{HEAD}base_path = \"crm\"\n"), "4:13"),
            (format!("{HEAD}base_path = \"/a//b\"\n"), "4:13"),
            (format!("{HEAD}{}", GROUP.replace("\"a\"", "\"jeton.a\"")), "5:6"),
            (format!("{HEAD}{}", GROUP.replace("\"a\"", "\"Jeton\"")), "5:6"),
            (format!("{HEAD}{}", GROUP.replace("\"B\"", "\"é é\"")), "8:6"),
            (format!("{HEAD}{}", GROUP.replace("\"b\"", "\"\"")), "9:9"),
            (format!("{HEAD}{}", GROUP.replace("\"read\"", "\"all\"")), "10:10"),
            (format!("{HEAD}{GROUP}docs = \"\\u001b[2J\"\n"), "11:8"),
            (format!("{HEAD}{GROUP}routes = [\"GET /x\", \"x\"]\n"), "11:21"),
            (format!("{HEAD}{GROUP}routes = [\"GET /{{x\"]\n"), "11:11"),
            (format!("{HEAD}{GROUP}routes = [\"GTE /x\"]\n"), "11:11"),
            (
                format!(
                    "{HEAD}{GROUP}routes = [\"GET /x/{{a}}\"]\n[[group.method]]\nid = \"C\"\ntitle = \"c\"\naccess = \"read\"\n\
                     routes = [\"GET /x\", \"GET /x/{{b}}\"]\n"
                ),
                "16:21",
            ),
            (set("include = [\"nothing.*\"]"), "14:12"),
            (set("include = [\"a.B\", \"a.C\"]"), "14:19"),
            (set("include = [\"group:b\"]"), "14:12"),
            (set("include = [\"set:t\"]"), "14:12"),
            (set("include = [\"jeton.*\"]"), "14:12"),
            (set("include = [\"jeton.audit.read\"]"), "14:12"),
            (set("include = []\nexclude = [\"jeton.audit.read\"]"), "15:12"),
            (set("include = [\"group:jeton.tokens\"]"), "14:12"),
            (set("include = [\"set:s\"]"), "12:8"),
            (set("include = []\nexclude = [\"a b\"]"), "15:12"),
            (set("include = [\"a.B\"]\nadd = 1"), "15:1"),
            ("schema = 1\nname = \"x".to_owned(), "2:"),
        ] {
            let error = refused(&bad);
            assert!(error.starts_with(&format!("f.toml:{place}")), "{error}\n{bad}");
            messages.push(error);
        }
        insta::assert_snapshot!(messages.join("\n"), @r#"
        f.toml:4:1: the catalogue file can't be read: unknown field `colour`, expected one of `schema`, `name`, `title`, `hosts`, `base_path`, `trailing_slash`, `group`, `set`
        f.toml:12:6: the method a.B is defined twice
        f.toml:1:10: the catalogue file has an unsupported schema: jeton reads only catalogue files with: schema = 1
        f.toml:2:8: a file can't define the catalogue jeton: jeton.* methods are built in. Choose another name
        f.toml:2:8: "X y" is not a catalogue name: use 1-64 of the characters a-z 0-9 . _ - (no capitals), and begin with a letter or digit
        f.toml:3:9: the catalogue's title is invalid: "\u{202e}x": the text contains \u{202e}. Control characters, invisible characters and text-direction characters are not allowed
        f.toml:4:23: "*.a.example" is not a host name: a wildcard could match the host of another application. List each host, such as shop.example.com
        f.toml:4:10: "a.example:80" is not a host name: a host name can't have a port, because the routes are valid at every port. Write only the host name, such as shop.example.com
        f.toml:4:18: the catalogue file can't be read: unknown variant `maybe`, expected `strict` or `either`
        f.toml:4:13: "crm" is not a base path: a base path begins with /, such as /crm
        f.toml:4:13: "/a//b" is not a base path: a path can't contain spaces, control characters, "//", or any of these characters: % ? # ; \ Also, no segment can be "." or "..". Proxies may rewrite such paths
        f.toml:5:6: a catalogue file can't define groups or methods of jeton: jeton.* methods are built in. Choose another id, such as shop.List. The part before the first dot can't be jeton, Jeton or JETON
        f.toml:5:6: a catalogue file can't define groups or methods of jeton: jeton.* methods are built in. Choose another id, such as shop.List. The part before the first dot can't be jeton, Jeton or JETON
        f.toml:8:6: "a.é é" is not a method id: use 1-200 of the characters A-Z a-z 0-9 . _ -
        f.toml:9:9: a method's title is invalid: "": the text is empty
        f.toml:10:10: the catalogue file can't be read: unknown variant `all`, expected one of `public`, `read`, `write`, `admin`
        f.toml:11:8: a documentation link is invalid: "\u{1b}[2J": the text contains \u{1b}. Control characters, invisible characters and text-direction characters are not allowed
        f.toml:11:21: "x" is not a route: write an HTTP method in capitals and a path that begins with /, e.g. GET /1.0/things. The HTTP method can be left out
        f.toml:11:11: "GET /{x" is not a route: write a parameter as {id}. A parameter that is a whole segment can also be {id+}, {id:int}, {id:uuid} or {id:a|b}
        f.toml:11:11: "GTE /x" has an unknown HTTP method: jeton knows only the usual HTTP methods, such as GET and POST. A route without an HTTP method matches the requests of every HTTP method. Did you mean: GET?
        f.toml:16:21: the route GET /x/{b} of the method a.C is already a route of another method: the method a.B has the route GET /x/{a}, which can match the same requests. Remove the route from one of the two methods. A request must match only one method
        f.toml:14:12: "nothing.*" in the API set "s" is invalid: no method of this catalogue matches the pattern
        f.toml:14:19: "a.C" in the API set "s" is invalid: this catalogue has no such method. If you mean an API set, write set:NAME
        f.toml:14:12: "group:b" in the API set "s" is invalid: this catalogue has no such group
        f.toml:14:12: "set:t" in the API set "s" is invalid: neither this catalogue nor a catalogue in the store has this API set
        f.toml:14:12: "jeton.*" in the API set "s" is invalid: API sets can't include jeton.* methods. Choose these methods for each token
        f.toml:14:12: "jeton.audit.read" in the API set "s" is invalid: API sets can't include jeton.* methods. Choose these methods for each token
        f.toml:15:12: "jeton.audit.read" in the API set "s" is invalid: API sets can't include jeton.* methods. Choose these methods for each token
        f.toml:14:12: "group:jeton.tokens" in the API set "s" is invalid: API sets can't include jeton.* methods. Choose these methods for each token
        f.toml:12:8: API sets refer to each other in a cycle: "s" → "s". In one of these sets, remove the next set from include or exclude
        f.toml:15:12: "a b" is not an entry of an API set: use a method id, a prefix such as orders.*, group:ID or set:NAME. Ids consist of A-Z a-z 0-9 . _ -
        f.toml:15:1: the catalogue file can't be read: unknown field `add`, expected one of `name`, `title`, `include`, `exclude`
        f.toml:2:10: the catalogue file can't be read: invalid basic string, expected `"`
        "#);
    }

    #[test]
    fn hosts_are_sorted_and_routes_begin_with_the_base_path() {
        let routes = "routes = [\"GET /x\", \"/\", \"POST /{id}/\"]\n";
        for (base_path, expected) in [
            ("", ["GET /x", "/", "POST /{id}/"]),
            ("/", ["GET /x", "/", "POST /{id}/"]),
            ("/crm", ["GET /crm/x", "/crm/", "POST /crm/{id}/"]),
            ("/crm/{tenant}/", ["GET /crm/{tenant}/x", "/crm/{tenant}/", "POST /crm/{tenant}/{id}/"]),
        ] {
            let keys = "hosts = [\"b.example\", \"A.example\", \"b.EXAMPLE\"]\ntrailing_slash = \"either\"\n";
            let text = format!("{HEAD}{keys}base_path = \"{base_path}\"\n{GROUP}{routes}");
            let catalogue = read("f.toml", &text, &[]).unwrap();
            assert_eq!(catalogue.hosts.iter().collect::<Vec<_>>(), ["a.example", "b.example"]);
            assert_eq!(catalogue.trailing_slash, TrailingSlash::Either);
            assert_eq!(catalogue.methods().next().unwrap().routes, expected);
        }
        let many: Vec<String> = (0..65).map(|n| format!("\"h{n}.example\"")).collect();
        assert!(refused(&format!("{HEAD}hosts = [{}]\n", many.join(", "))).contains("64"));
    }

    #[test]
    fn names_of_sets_may_hold_those_of_several_scopes() {
        let named =
            |name: &str| format!("{HEAD}{GROUP}[[set]]\nname = \"{name}\"\ntitle = \"s\"\ninclude = [\"a.B\"]\n");
        assert!(read("f.toml", &named(&"é".repeat(300)), &[]).is_ok());
        assert!(refused(&named(&"é".repeat(301))).contains("more than 300 characters"));
        assert!(refused(&HEAD.replace("\"x\"", &format!("\"{}\"", "x".repeat(65)))).contains("1-64"));
    }

    #[test]
    fn large_files_are_refused_early() {
        insta::assert_snapshot!(refused(&" ".repeat(MAX_FILE_SIZE + 1)), @"f.toml is too large: a catalogue file can have at most 16 MiB. Divide the API into several catalogues, each with its own file");
        insta::assert_snapshot!(refused(&format!("x = [{}]", "[,".repeat(MAX_PARTS / 2))), @"f.toml:1:6000001: the catalogue file is too large: the file has too many words, punctuation marks and inline tables. Divide the API into several catalogues, each with its own file");
    }
}
