//! Random changes of catalogues: every request that means something else afterwards is found.

use super::*;
use crate::domain::catalogue::TrailingSlash;
use crate::domain::route::rules::{MatchMode, RouteRule};
use crate::domain::route::sites::depend_on_host;

const CHANGES: u64 = 600;
const REQUESTS: usize = 80;

const SEGMENTS: &[&str] = &[
    "a",
    "b",
    "admin",
    "Admin",
    "a.",
    "1",
    "x-y",
    "{p}",
    "{p}",
    "{p}",
    "{p}.json",
    "v{p}",
    "{p}-{q}",
    "{p:int}",
    "{p:uuid}",
    "{p:a|admin|c}",
    "{p+}",
    "{p+}",
];

const VALUES: &[&str] = &[
    "a",
    "b",
    "A",
    "admin",
    "Admin",
    "ADMIN",
    "admin.",
    "a.",
    "a..",
    "%EF%BD%81dmin",
    "1",
    "-1",
    "12a",
    "+1",
    "1%20",
    "x-y",
    "x%2Dy",
    "X-Y",
    "v1",
    "V1",
    "y.json",
    "y.JSON",
    "a%2Fb",
    "c",
    "C",
    "zzz",
    "%C3%A9",
    "0f8fad5b-d9cb-469f-a165-70867728950e",
    "0f8fad5bd9cb469fa16570867728950e",
];

const HOSTS: &[&str] = &["a.example", "b.example", "c.example"];

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

    fn route(&mut self) -> String {
        let path: String = (0..1 + self.below(3)).map(|_| format!("/{}", self.of(SEGMENTS))).collect();
        let end = if self.happens(8) { "/" } else { "" };
        format!("{}{path}{end}", self.of(&["GET ", "GET ", "GET ", "HEAD ", "POST ", ""]))
    }

    fn catalogue(&mut self, name: &str) -> Catalogue {
        let mut catalogue = tests::catalogue(name, &[("m0", &[]), ("m1", &[]), ("m2", &[]), ("Pub", &[])]);
        for method in &mut catalogue.groups[0].methods {
            method.routes = (0..self.below(3)).map(|_| self.route()).collect();
        }
        if self.happens(50) {
            catalogue.hosts = (0..1 + self.below(2)).map(|_| self.of(HOSTS).to_owned()).collect();
        }
        catalogue.trailing_slash = self.of(&[TrailingSlash::Strict, TrailingSlash::Strict, TrailingSlash::Either]);
        catalogue
    }

    fn change(&mut self, catalogue: &mut Catalogue) {
        for _ in 0..1 + self.below(2) {
            let (one, other) = (self.below(4), self.below(4));
            let methods = &mut catalogue.groups[0].methods;
            match self.below(8) {
                0 => methods[one].routes.clear(),
                1 => methods[one].routes.push(self.route()),
                2 => methods[one].routes = vec![self.route()],
                3 => {
                    let routes = std::mem::take(&mut methods[one].routes);
                    methods[other].routes.extend(routes);
                }
                4 => methods[one].access = self.of(&[Access::Public, Access::Read]),
                5 => _ = catalogue.hosts.insert(self.of(HOSTS).to_owned()),
                6 => catalogue.hosts = (0..self.below(2)).map(|_| self.of(HOSTS).to_owned()).collect(),
                _ => {
                    methods.remove(one.min(methods.len() - 1));
                    methods.push(
                        tests::catalogue(&catalogue.name, &[("new", &["GET /{x}"])]).groups[0].methods[0].clone(),
                    );
                    return;
                }
            }
        }
    }

    /// Returns a path that may match a route of the catalogues, or nearly does.
    fn path(&mut self, catalogues: &[Catalogue]) -> String {
        let routes: Vec<&String> =
            catalogues.iter().flat_map(Catalogue::methods).flat_map(|method| &method.routes).collect();
        let route = if routes.is_empty() { "/a" } else { self.of(&routes) };
        let mut path = String::new();
        for segment in route[route.find('/').unwrap()..].split('/').skip(1) {
            path.push('/');
            path += &match segment {
                "" => String::new(),
                "{p+}" => (0..=self.below(3)).map(|_| self.of(VALUES)).collect::<Vec<_>>().join("/"),
                text if !text.contains('{') && self.happens(60) => text.to_owned(),
                "{p}.json" => format!("{}.json", self.of(VALUES)),
                "v{p}" => format!("v{}", self.of(VALUES)),
                "{p}-{q}" => format!("{}-{}", self.of(VALUES), self.of(VALUES)),
                _ => self.of(VALUES).to_owned(),
            };
        }
        if self.happens(8) {
            path.push('/');
        }
        path
    }
}

/// Returns the rules at a host, by the hosts that the catalogues declare.
fn rules_at(catalogues: &[Catalogue], host: &str) -> RouteRules {
    RouteRules::new(catalogues.iter().filter(|c| c.hosts.is_empty() || c.hosts.contains(host)), &[])
}

/// Returns `true` if a rule matches a request as it is written.
fn is_as_written(rule: &RouteRule, http_method: &str, path: &str) -> bool {
    let mut exact = rule.clone();
    exact.match_mode = MatchMode::Exact;
    exact.matches(http_method, path)
}

#[test]
fn every_request_that_means_something_else_is_found() {
    let (mut gained, mut lost, mut opened, mut found) = (0, 0, 0, 0);
    for seed in 1..=CHANGES {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let before: Vec<Catalogue> = ["x", "y"].map(|name| random.catalogue(name)).to_vec();
        let mut after = before.clone();
        random.change(&mut after[0]);
        let renames = Renames::new(Some(&before[0]), &after[0]);
        let changes = RequestChanges::new(&before, &after, "x", &renames);
        found += usize::from(changes != RequestChanges::default());
        let ids = |catalogues: &[Catalogue]| -> BTreeSet<MethodId> {
            catalogues.iter().flat_map(Catalogue::methods).map(|method| method.id.clone()).collect()
        };
        let old: BTreeSet<MethodId> = ids(&before).iter().map(|id| renames.method(id).clone()).collect();
        let new = ids(&after);
        let names = |map: &BTreeMap<MethodId, Unaffected>, id: &MethodId, other: Option<&MethodId>| match map.get(id) {
            None => false,
            Some(Unaffected::None) => true,
            Some(Unaffected::HoldersOf(others)) => other.is_some_and(|other| others.contains(other)),
        };
        for host in ["a.example", "b.example", "c.example", "other.example"] {
            let rules_before = rules_at(&before, host);
            let rules_after = match depend_on_host(&before) && !depend_on_host(&after) {
                true => RouteRules::new(&after, &[]),
                false => rules_at(&after, host),
            };
            let is_new_here =
                !before[0].hosts.is_empty() && !before[0].hosts.contains(host) && !rules_after.rules.is_empty();
            for _ in 0..REQUESTS / 4 {
                let source = if random.happens(50) { &before } else { &after };
                let (http_method, path) = (random.of(&["GET", "GET", "HEAD", "POST"]), random.path(source));
                let (was, is) = (rules_before.find(http_method, &path), rules_after.find(http_method, &path));
                let request = || format!("{host} {http_method} {path} (seed {seed}): {was:?} {is:?} {changes:?}");
                let was_public = matches!(was.map(|rule| &rule.action), Some(RouteAction::Public(_)));
                match (was.map(|rule| &rule.action), is.map(|rule| &rule.action)) {
                    (Some(RouteAction::Ask(one)), Some(RouteAction::Ask(other))) if renames.method(one) == other => {}
                    (Some(RouteAction::Ask(one)), Some(RouteAction::Ask(other))) => {
                        gained += 1;
                        assert!(!old.contains(other) || names(&changes.gained, other, Some(one)), "{}", request());
                        assert!(
                            !new.contains(renames.method(one)) || names(&changes.lost, one, Some(other)),
                            "{}",
                            request()
                        );
                    }
                    (Some(RouteAction::Deny(_)), Some(RouteAction::Ask(other))) => {
                        gained += 1;
                        assert!(!old.contains(other) || names(&changes.gained, other, None), "{}", request());
                    }
                    (None, Some(RouteAction::Ask(other))) if is_new_here && other.as_str().starts_with("x.") => {
                        gained += 1;
                        assert!(!old.contains(other) || names(&changes.gained, other, None), "{}", request());
                    }
                    (_, Some(RouteAction::Public(id))) if !was_public => {
                        opened += 1;
                        assert!(changes.made_public.contains(id), "{}", request());
                    }
                    (Some(RouteAction::Ask(one)), None | Some(RouteAction::Deny(_)))
                        if is.is_none_or(|rule| is_as_written(rule, http_method, &path)) =>
                    {
                        lost += 1;
                        let is_gone = !new.contains(renames.method(one));
                        assert!(is_gone || names(&changes.lost, one, None), "{}", request());
                    }
                    _ => {}
                }
            }
        }
    }
    let counts = (gained, lost, opened, found);
    assert!(gained > 300 && lost > 300 && opened > 300 && found > 200, "{counts:?}");
}

/// Neither the order nor the names of parameters change a request, however routes overlap.
#[test]
fn renamed_parameters_and_order_change_nothing() {
    for seed in 1..=CHANGES {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let before: Vec<Catalogue> = ["x", "y"].map(|name| random.catalogue(name)).to_vec();
        let mut after = before.clone();
        let group = &mut after[0].groups[0];
        group.methods.reverse();
        for method in &mut group.methods {
            method.routes.reverse();
            method.routes.iter_mut().for_each(|route| *route = route.replace("{p", "{other"));
        }
        let changes = RequestChanges::new(&before, &after, "x", &Renames::default());
        assert_eq!(changes, RequestChanges::default(), "seed {seed}: {before:?}");
    }
}
