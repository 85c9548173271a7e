//! Random catalogues, hosts and requests for the test of agreement.

use super::oracle::{Call, Operation, Segment};
use crate::domain::catalogue::{Catalogue, Group, TrailingSlash};
use crate::domain::method::{Access, Method, MethodId};

const SEGMENTS: &[Segment] = &[
    Segment::Text("a"),
    Segment::Text("b"),
    Segment::Text("admin"),
    Segment::Text("Admin"),
    Segment::Text("a-b"),
    Segment::Text("1"),
    Segment::Text("x.json"),
    Segment::Text("a:b"),
    Segment::Text("\u{e9}"),
    Segment::Text("*"),
    Segment::Text("*"),
    Segment::Text("*"),
    Segment::Text("*.json"),
    Segment::Text("*."),
    Segment::Text("v*"),
    Segment::Text("*-*"),
    Segment::Text("*:b"),
    Segment::Integer,
    Segment::Uuid,
    Segment::Values(&["a", "admin", "c_d"]),
    Segment::Several,
    Segment::Several,
];

pub(super) const UUID: &str = "0f8fad5b-d9cb-469f-a165-70867728950E";

/// Values of segments, as clients send them.
const VALUES: &[&str] = &[
    "a",
    "b",
    "c",
    "A",
    "admin",
    "Admin",
    "admin.",
    "admin%20",
    "ADMIN.%20.",
    "%EF%BD%81dmin",
    "adm%C4%B1n",
    "adm%E2%85%B0n",
    "a-b",
    "a%2Db",
    "A%2db",
    "1",
    "-1",
    "+1",
    "12",
    "12a",
    "%2D1",
    "%20",
    "%201",
    "%EF%BC%91",
    "1.0",
    "0x1",
    "x.json",
    "X.JSON",
    "y.json",
    "y.json.",
    "y%2Ejson",
    ".json",
    "a:b",
    "a%3Ab",
    "x:b",
    "x:B",
    "x%3ab",
    "x-y",
    "x%2Dy",
    "c_d",
    "c%5Fd",
    "C_D",
    "%C3%A9",
    "%c3%a9",
    "%C3%89",
    "e%CC%81",
    "[bot]",
    "%5Bbot%5D",
    "a|b",
    "^",
    "{x}",
    "{",
    "%7E",
    "~",
    "a%40b",
    "@",
    "a%20b",
    "a%2Fb",
    "a%2fadmin",
    "admin%2F1",
    "1%2Fa",
    "a%2F1%2Fb",
    "b%2Fa-b",
    "%2F",
    "a%2F",
    "%2Fa",
    "a%2F..%2Fb",
    "a%2F.",
    "a%2F%2Fb",
    "..",
    ".",
    "...",
    "%2e%2e",
    "%2E",
    ".%2e",
    "",
    ";a",
    "a;b",
    "a%3Bb",
    "%00",
    "%0a",
    "%25",
    "%252F",
    "%C0%AE",
    "%C0%AF",
    "%E0%80%AF",
    "%FF",
    "%61",
    "a%",
    "a%2",
    "a%zz",
    "a\\b",
    "%5C",
    "a b",
    "\u{e9}",
    "%ED%A0%80",
    "%F0%9F%98%80",
    "%EF%BC%8F",
    "'",
    "$1",
    "a,b",
    "a=b",
    UUID,
    "0f8fad5bd9cb469fa16570867728950e",
    "0f8fad5b%2Dd9cb%2D469f%2Da165%2D70867728950e",
    "{0f8fad5b-d9cb-469f-a165-70867728950e}",
    "0f8fad5b-d9cb-469f-a165-70867728950",
    "0f8fad5b-d9cb-469f-a165-70867728950g",
];

/// The catalogues of a world: names, which also begin the ids of their methods.
const NAMES: [&str; 3] = ["a", "b", "c"];

/// The hosts that catalogues have.
const HOSTS: [&str; 3] = ["a.example", "b.example", "files.example"];

/// `Host` headers as clients send them, and the host that every application reads there. `None` if applications may read
/// different hosts, or none.
pub(super) const HOST_HEADERS: &[(&str, Option<&str>)] = &[
    ("a.example", Some("a.example")),
    ("A.Example:8443", Some("a.example")),
    ("b.example:80", Some("b.example")),
    ("B.EXAMPLE", Some("b.example")),
    ("files.example", Some("files.example")),
    ("a-example", Some("a-example")),
    ("axexample", Some("axexample")),
    ("a.example.evil", Some("a.example.evil")),
    ("evil-a.example", Some("evil-a.example")),
    ("[::1]:80", Some("[::1]")),
    ("a.example.", None),
    ("a.example.:80", None),
    ("a.example:", None),
    ("a.example:80:81", None),
    ("a.example:x", None),
    (" a.example", None),
    ("a.example,b.example", None),
    ("b.example@a.example", None),
    ("a.example/b.example", None),
    ("%61.example", None),
    ("a.\u{212a}.example", None),
    ("", None),
];

/// The operations of several catalogues, and the names of those with preflights.
pub(super) struct World {
    pub(super) catalogues: Vec<Application>,
    pub(super) preflights: Vec<&'static str>,
}

/// A catalogue.
pub(super) struct Application {
    pub(super) name: &'static str,
    pub(super) hosts: Vec<&'static str>,
    pub(super) is_either: bool,
    pub(super) operations: Vec<Operation>,
}

impl World {
    pub(super) fn stored(&self) -> Vec<Catalogue> {
        self.catalogues.iter().map(Application::stored).collect()
    }

    /// Returns `true` if requests for different hosts can mean different operations.
    pub(super) fn depends_on_host(&self) -> bool {
        self.catalogues.iter().any(|catalogue| catalogue.hosts != self.catalogues[0].hosts)
    }

    /// Returns the catalogues for a `Host` header; `None` if it may mean different hosts.
    pub(super) fn applying(&self, host: Option<&str>) -> Option<Vec<&Application>> {
        if !self.depends_on_host() {
            return Some(self.catalogues.iter().collect());
        }
        let host = host?;
        let applies = |catalogue: &&Application| catalogue.hosts.is_empty() || catalogue.hosts.contains(&host);
        Some(self.catalogues.iter().filter(applies).collect())
    }

    /// Returns the catalogues of a site, which a test has compared with [`World::applying`].
    pub(super) fn of_names(&self, names: &[String]) -> Vec<&Application> {
        self.catalogues.iter().filter(|catalogue| names.iter().any(|name| name == catalogue.name)).collect()
    }

    /// Returns the routes as written, for messages.
    pub(super) fn written(&self) -> String {
        let operation = |operation: &Operation| {
            let public = if operation.call == Call::Public { " (public)" } else { "" };
            format!("{}{public} {}", operation.id, operation.written())
        };
        let catalogue = |catalogue: &Application| {
            let operations: Vec<String> = catalogue.operations.iter().map(operation).collect();
            format!("{:?} either {}: {}", catalogue.hosts, catalogue.is_either, operations.join(", "))
        };
        let all: Vec<String> = self.catalogues.iter().map(catalogue).collect();
        format!("{}; preflights {:?}", all.join("; "), self.preflights)
    }
}

impl Application {
    /// Returns the catalogue with one method for each operation.
    pub(super) fn stored(&self) -> Catalogue {
        let method = |operation: &Operation| Method {
            id: MethodId::parse(&operation.id).unwrap(),
            title: "t".to_owned(),
            access: if operation.call == Call::Public { Access::Public } else { Access::Read },
            docs: None,
            routes: vec![operation.written()],
        };
        Catalogue {
            name: self.name.to_owned(),
            title: self.name.to_owned(),
            hosts: self.hosts.iter().map(|host| (*host).to_owned()).collect(),
            trailing_slash: if self.is_either { TrailingSlash::Either } else { TrailingSlash::Strict },
            groups: vec![Group {
                id: self.name.to_owned(),
                title: self.name.to_owned(),
                methods: self.operations.iter().map(method).collect(),
            }],
            sets: Vec::new(),
        }
    }
}

/// Numbers that look random, the same in each run (xorshift).
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 20).unwrap() % limit
    }

    pub(super) fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    pub(super) fn happens(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(super) fn world(&mut self) -> World {
        // Few different segments, so that routes overlap.
        let known: Vec<Segment> = (0..5).map(|_| self.of(SEGMENTS)).collect();
        let count = self.of(&[1, 2, 2, 3]);
        let has_hosts = self.happens(60);
        let catalogues: Vec<Application> =
            NAMES[..count].iter().map(|name| self.application(name, &known, count, has_hosts)).collect();
        let preflights = NAMES[..count].iter().copied().filter(|_| self.happens(30)).collect();
        World { catalogues, preflights }
    }

    fn application(&mut self, name: &'static str, known: &[Segment], count: usize, has_hosts: bool) -> Application {
        let hosts = HOSTS.into_iter().filter(|_| has_hosts && self.happens(35)).collect();
        let is_either = self.happens(25);
        let operations = (0..2 + self.below(if count == 1 { 7 } else { 3 }))
            .map(|n| {
                let call = if self.happens(20) { Call::Public } else { Call::WithToken };
                let methods =
                    [Some("GET"), Some("GET"), Some("GET"), Some("HEAD"), Some("POST"), Some("OPTIONS"), None];
                Operation {
                    id: format!("{name}.m{n}"),
                    catalogue: name,
                    call,
                    is_either,
                    http_method: self.of(&methods),
                    segments: self.segments(known),
                    has_final_slash: self.happens(10),
                }
            })
            .collect();
        Application { name, hosts, is_either, operations }
    }

    /// Returns the segments of an operation, with no more combinations of values than a route may have.
    fn segments(&mut self, known: &[Segment]) -> Vec<Segment> {
        let mut segments: Vec<Segment> = (0..1 + self.below(4)).map(|_| self.of(known)).collect();
        if segments.iter().filter(|segment| matches!(segment, Segment::Values(_))).count() > 3 {
            segments[0] = Segment::Text("a");
        }
        segments
    }

    /// Returns a `Host` header, mostly of a host with catalogues, and the host that it means.
    pub(super) fn host(&mut self) -> (&'static str, Option<&'static str>) {
        if self.happens(80) { self.of(&HOST_HEADERS[..5]) } else { self.of(HOST_HEADERS) }
    }

    /// Returns a path that may be one of an operation, or nearly so.
    pub(super) fn path(&mut self, operations: &[Operation]) -> String {
        let operation = &operations[self.below(operations.len())];
        let mut path = String::new();
        for segment in &operation.segments {
            path.push('/');
            path += &match segment {
                _ if self.happens(8) => self.of(VALUES).to_owned(),
                Segment::Text(text) => {
                    let filled = text.replace('\u{e9}', "%C3%A9");
                    let filled = filled.replacen('*', self.of(VALUES), 1);
                    let mut filled = filled.replacen('*', self.of(VALUES), 1);
                    while filled.contains('*') {
                        filled = filled.replacen('*', self.of(VALUES), 1);
                    }
                    filled
                }
                Segment::Integer => self.of(&["1", "-1", "12", "007", "12a", "+1"]).to_owned(),
                Segment::Uuid => UUID.to_owned(),
                Segment::Values(values) => self.of(values).to_owned(),
                Segment::Several => (0..=self.below(3)).map(|_| self.of(VALUES)).collect::<Vec<_>>().join("/"),
            };
        }
        if operation.has_final_slash != self.happens(15) {
            path.push('/');
        }
        if self.happens(15) {
            let slashes: Vec<usize> = path.match_indices('/').map(|(at, _)| at).skip(1).collect();
            if !slashes.is_empty() {
                let at = self.of(&slashes);
                path.replace_range(at..=at, self.of(&["%2F", "%2f", "//", "/./", "/../", "", "%252F", "\\"]));
            }
        }
        if self.happens(5) {
            path = path.to_uppercase();
        }
        path
    }
}
