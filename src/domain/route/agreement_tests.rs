//! Random catalogues and hostile paths: the regular expressions of the proxies (PCRE for nginx and HAProxy, RE2 for
//! Caddy, Traefik and Envoy) and the matcher agree, and no request goes to a method that a careful reading of the
//! catalogue wouldn't give it to.

use super::matcher::is_canonical_path;
use super::oracle::{Operation, Segment, objection};
use super::request_path::{RegexDialect, TOO_LONG, contains_encoded_slash, dot_segments, pattern};
use super::rules::{RouteAction, RouteRules};
use super::tests::catalogue;
use crate::domain::catalogue::{Catalogue, TrailingSlash};

const CATALOGUES: u64 = 1_000;
const PATHS: usize = 100;

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

const UUID: &str = "0f8fad5b-d9cb-469f-a165-70867728950E";

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

/// Numbers that look random, the same in each run (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 20).unwrap() % limit
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    fn happens(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn operations(&mut self) -> Vec<Operation> {
        // Few different segments, so that routes overlap.
        let known: Vec<Segment> = (0..5).map(|_| self.of(SEGMENTS)).collect();
        let count = 2 + self.below(7);
        (0..count)
            .map(|n| {
                let is_public = self.happens(15);
                Operation {
                    id: format!("a.{}{n}", if is_public { "Pub" } else { "m" }),
                    is_public,
                    http_method: self.of(&[Some("GET"), Some("GET"), Some("GET"), Some("HEAD"), Some("POST"), None]),
                    segments: (0..1 + self.below(4)).map(|_| self.of(&known)).collect(),
                    has_final_slash: self.happens(10),
                }
            })
            .collect()
    }

    /// Returns a path that may be one of an operation, or nearly so.
    fn path(&mut self, operations: &[Operation]) -> String {
        let operation = &operations[self.below(operations.len())];
        let mut path = String::new();
        for segment in &operation.segments {
            path.push('/');
            path += &match segment {
                _ if self.happens(8) => self.of(VALUES).to_owned(),
                Segment::Text(text) => {
                    let filled = text.replace('\u{e9}', "%C3%A9");
                    let filled = filled.replacen('*', self.of(VALUES), 1);
                    filled.replacen('*', self.of(VALUES), 1)
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

/// The expressions of a list of rules, used as proxies use them.
struct Proxy<E> {
    plain: E,
    dots: E,
    too_long: E,
    rules: Vec<(E, bool)>,
    admits_encoded_slash: bool,
}

impl<E> Proxy<E> {
    fn new(rules: &RouteRules, dialect: RegexDialect, compile: impl Fn(&str) -> E) -> Proxy<E> {
        let admits = rules.reads_encoded_slashes();
        Proxy {
            plain: compile(&format!("^{}$", pattern(dialect, admits))),
            dots: compile(dot_segments(admits)),
            too_long: compile(TOO_LONG),
            rules: rules
                .rules
                .iter()
                .map(|rule| {
                    let text = format!("^{} {}$", rule.http_method_pattern(), rule.path_pattern(dialect));
                    (compile(&text), rule.admits_encoded_slash())
                })
                .collect(),
            admits_encoded_slash: admits,
        }
    }

    fn find(&self, http_method: &str, path: &str, matches: impl Fn(&E, &str) -> bool) -> Option<usize> {
        if matches(&self.too_long, path) || !matches(&self.plain, path) || matches(&self.dots, path) {
            return None;
        }
        let is_encoded = contains_encoded_slash(path);
        assert!(!is_encoded || self.admits_encoded_slash);
        let key = format!("{http_method} {path}");
        self.rules.iter().position(|(rule, admits)| (*admits || !is_encoded) && matches(rule, &key))
    }
}

fn pcre(text: &str) -> pcre2::bytes::Regex {
    pcre2::bytes::Regex::new(text).unwrap()
}

/// Fails the test if the engine gives up.
fn pcre_matches(regex: &pcre2::bytes::Regex, text: &str) -> bool {
    regex.is_match(text.as_bytes()).unwrap()
}

fn re2(text: &str) -> regex::bytes::Regex {
    // Proxies match bytes.
    regex::bytes::RegexBuilder::new(text).unicode(false).build().unwrap()
}

fn rules_of(operations: &[Operation], is_either: bool) -> RouteRules {
    let texts: Vec<[String; 1]> = operations.iter().map(|operation| [operation.written()]).collect();
    let slices: Vec<[&str; 1]> = texts.iter().map(|[text]| [text.as_str()]).collect();
    let methods: Vec<(&str, &[&str])> = operations
        .iter()
        .zip(&slices)
        .map(|(operation, slice)| (operation.id.trim_start_matches("a."), &slice[..]))
        .collect();
    let trailing_slash = if is_either { TrailingSlash::Either } else { TrailingSlash::Strict };
    RouteRules::new(&[Catalogue { trailing_slash, ..catalogue(&methods) }], &[])
}

#[test]
fn proxies_and_matcher_agree_and_no_request_goes_to_another_method() {
    let (mut accepted, mut denied, mut encoded) = (0, 0, 0);
    let mut objections: Vec<String> = Vec::new();
    for seed in 1..=CATALOGUES {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let (operations, is_either) = (random.operations(), random.happens(25));
        let rules = rules_of(&operations, is_either);
        let backtracking = Proxy::new(&rules, RegexDialect::Pcre, pcre);
        let linear = Proxy::new(&rules, RegexDialect::Re2, re2);
        let written = || operations.iter().map(Operation::written).collect::<Vec<_>>().join(", ");
        for _ in 0..PATHS {
            let (http_method, path) =
                (random.of(&["GET", "GET", "HEAD", "POST", "PUT", "get"]), random.path(&operations));
            let found = rules.find(http_method, &path);
            let number = found.map(|found| rules.rules.iter().position(|rule| std::ptr::eq(rule, found)).unwrap());
            let request = || format!("{http_method} {path} with {} (seed {seed}, either {is_either})", written());
            assert_eq!(backtracking.find(http_method, &path, pcre_matches), number, "PCRE: {}", request());
            assert_eq!(
                linear.find(http_method, &path, |e, text| e.is_match(text.as_bytes())),
                number,
                "RE2: {}",
                request()
            );
            let Some(RouteAction::Ask(id) | RouteAction::Public(id)) = found.map(|rule| &rule.action) else {
                denied += 1;
                continue;
            };
            accepted += 1;
            encoded += usize::from(contains_encoded_slash(&path));
            let objection = objection(&operations, is_either, id.as_str(), http_method, &path);
            objections.extend(objection.map(|why| format!("{id}: {}: {why}", request())));
        }
    }
    assert!(objections.is_empty(), "{}: {:#?}", objections.len(), &objections[..objections.len().min(20)]);
    assert!(accepted > 1_000 && denied > 1_000 && encoded > 0, "{accepted} {denied} {encoded}");
}

#[test]
fn backtracking_engine_never_gives_up_on_long_paths() {
    let operation = |n: usize, segments: &[Segment]| Operation {
        id: format!("a.m{n}"),
        is_public: false,
        http_method: Some("GET"),
        segments: segments.to_vec(),
        has_final_slash: false,
    };
    const ANY: Segment = Segment::Text("*");
    let operations = [
        operation(0, &[Segment::Several]),
        operation(1, &[Segment::Several, Segment::Text("admin"), Segment::Several]),
        operation(2, &[Segment::Several, Segment::Text("*-*"), Segment::Several, Segment::Text("b")]),
        operation(
            3,
            &[
                Segment::Several,
                ANY,
                Segment::Integer,
                Segment::Uuid,
                Segment::Text("a"),
                Segment::Several,
                Segment::Text("c"),
            ],
        ),
        operation(
            4,
            &[
                Segment::Text("a"),
                Segment::Text("*-*"),
                Segment::Text("b"),
                Segment::Text("*:b"),
                Segment::Text("c"),
                Segment::Text("d"),
            ],
        ),
        operation(
            5,
            &[
                Segment::Text("*"),
                Segment::Text("*"),
                Segment::Text("*"),
                Segment::Text("*"),
                Segment::Text("*"),
                Segment::Text("*"),
            ],
        ),
    ];
    let rules = rules_of(&operations, false);
    let backtracking = Proxy::new(&rules, RegexDialect::Pcre, pcre);
    let mut parts: Vec<String> =
        ["/a", "/a-a", "/-", "%2Fa", "/1", "%2D", "a-", "/%EF%BC%81", "%EF%BC%81", "/admin", "-", "."]
            .map(str::to_owned)
            .to_vec();
    parts.push(format!("/1/{UUID}/a"));
    parts.push(format!("/{}", "%EF%BC%81".repeat(18)));
    for part in &parts {
        for end in ["", "/x", "/b", "/c", "%2Fx", "/x/d", "/admin/x"] {
            let mut path = format!("/a{}", part.repeat(980 / part.len()));
            path += end;
            let found = rules
                .find("GET", &path)
                .map(|found| rules.rules.iter().position(|rule| std::ptr::eq(rule, found)).unwrap());
            assert_eq!(backtracking.find("GET", &path, pcre_matches), found, "{path}");
            assert_eq!(found.is_some(), is_canonical_path(&path, true), "{path}");
        }
    }
}
