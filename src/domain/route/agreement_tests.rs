//! Random catalogues and hostile requests: the regular expressions of the proxies (PCRE for nginx and HAProxy, RE2 for
//! Caddy, Traefik and Envoy) and the code agree about host and route, and no request goes to a method that a careful
//! reading of the catalogues wouldn't give it to.

use std::collections::BTreeMap;

use super::agreement_worlds::{Application, HOST_HEADERS, Random, UUID, World};
use super::decided_worlds::decided_worlds;
use super::host::{host_of_header, host_patterns};
use super::matcher::is_canonical_path;
use super::oracle::{Call, Meanings, Operation, PREFLIGHT, Segment, preflights};
use super::request_path::{RegexDialect, TOO_LONG, contains_encoded_slash, dot_segments, pattern};
use super::rules::{DenialKind, RouteAction, RouteRules};
use super::sites::{Site, depend_on_host, site_of, sites};
use crate::domain::catalogue::Catalogue;

const WORLDS: u64 = 1_000;
const SOAK_WORLDS: u64 = 20_000;
const REQUESTS: usize = 100;
/// Every so many catalogues, one has a route that is too costly to match.
const COSTLY_INTERVAL: u64 = 10;

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

fn caseless_pcre(text: &str) -> pcre2::bytes::Regex {
    pcre2::bytes::RegexBuilder::new().caseless(true).build(text).unwrap()
}

fn caseless_re2(text: &str) -> regex::bytes::Regex {
    regex::bytes::RegexBuilder::new(text).unicode(false).case_insensitive(true).build().unwrap()
}

/// A site, with the expressions that proxies use. Those for paths are compiled at the first request.
struct ProxySite<'a> {
    site: &'a Site,
    backtracking_hosts: Vec<pcre2::bytes::Regex>,
    linear_hosts: Vec<regex::bytes::Regex>,
    proxies: Option<(Proxy<pcre2::bytes::Regex>, Proxy<regex::bytes::Regex>)>,
    /// The operations of the catalogues that apply here.
    operations: Vec<Operation>,
}

impl<'a> ProxySite<'a> {
    fn new(world: &World, site: &'a Site) -> Self {
        let patterns = host_patterns(&site.hosts);
        let mut operations = operations_of(&world.of_names(&site.catalogues));
        operations.append(&mut preflights(&operations, &world.preflights));
        ProxySite {
            site,
            backtracking_hosts: patterns.iter().map(|pattern| caseless_pcre(pattern)).collect(),
            linear_hosts: patterns.iter().map(|pattern| caseless_re2(pattern)).collect(),
            proxies: None,
            operations,
        }
    }

    /// Returns the number of the rule for a request, after comparing the code with both dialects.
    fn find(&mut self, http_method: &str, path: &str, request: &dyn Fn() -> String) -> Option<usize> {
        let rules = &self.site.rules;
        let (backtracking, linear) = self.proxies.get_or_insert_with(|| {
            (Proxy::new(rules, RegexDialect::Pcre, pcre), Proxy::new(rules, RegexDialect::Re2, re2))
        });
        let number = number_of(rules, http_method, path);
        assert_eq!(backtracking.find(http_method, path, pcre_matches), number, "PCRE: {}", request());
        let found = linear.find(http_method, path, |e, text| e.is_match(text.as_bytes()));
        assert_eq!(found, number, "RE2: {}", request());
        number
    }
}

fn number_of(rules: &RouteRules, http_method: &str, path: &str) -> Option<usize> {
    let found = rules.find(http_method, path)?;
    rules.rules.iter().position(|rule| std::ptr::eq(rule, found))
}

/// Returns the operations of catalogues, one for each value of parameters with values.
fn operations_of(catalogues: &[&Application]) -> Vec<Operation> {
    catalogues.iter().flat_map(|catalogue| &catalogue.operations).flat_map(Operation::of_values).collect()
}

/// Returns the number of the site that proxies choose for a `Host` header, after comparing the code with both dialects.
fn site_number(world: &World, stored: &[Catalogue], all: &[ProxySite<'_>], header: &str) -> Option<usize> {
    if !world.depends_on_host() {
        return Some(0);
    }
    let backtracking =
        all.iter().position(|site| site.backtracking_hosts.iter().any(|host| pcre_matches(host, header)));
    let linear = all.iter().position(|site| site.linear_hosts.iter().any(|host| host.is_match(header.as_bytes())));
    let preflights: Vec<String> = world.preflights.iter().map(|name| (*name).to_owned()).collect();
    let of_code = host_of_header(header).and_then(|host| site_of(stored, &preflights, &host));
    let code = of_code.map(|site| all.iter().position(|other| *other.site == site).unwrap());
    assert_eq!((backtracking, linear), (code, code), "{header:?} with {}", world.written());
    code
}

/// The outcome of a request, as far as the test must have seen each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Accepted,
    AcceptedHead,
    AcceptedOptions,
    AcceptedWithOtherEnd,
    AcceptedWithEncodedSlash,
    AcceptedAtNamedHost,
    AcceptedBesideOtherCatalogue,
    AcceptedAlone,
    DeniedAlone,
    Public,
    Preflight,
    AmbiguousHost,
    HostWithoutCatalogue,
    NotCanonical,
    NoRoute,
    Denied(DenialKind),
}

/// The outcomes of requests, and the objections of the oracle.
#[derive(Default)]
struct Comparison {
    outcomes: BTreeMap<Outcome, usize>,
    objections: Vec<String>,
}

impl Comparison {
    /// Compares for random requests, and for `fixed` ones: HTTP methods and paths.
    fn compare(&mut self, world: &World, random: &mut Random, seed: u64, fixed: &[(&str, &str)]) {
        let Comparison { outcomes, objections } = self;
        let stored = world.stored();
        let names: Vec<String> = world.preflights.iter().map(|name| (*name).to_owned()).collect();
        let found = sites(&stored, &names);
        assert_eq!(depend_on_host(&stored), world.depends_on_host(), "{}", world.written());
        let mut all: Vec<ProxySite<'_>> = found.iter().map(|site| ProxySite::new(world, site)).collect();
        let mut numbers: BTreeMap<&str, Option<usize>> = BTreeMap::new();
        let every_operation = operations_of(&world.catalogues.iter().collect::<Vec<_>>());
        for n in 0..REQUESTS + fixed.len() {
            let fixed = fixed.get(n);
            let (header, host) = fixed.map_or_else(|| random.host(), |_| HOST_HEADERS[0]);
            let any = ["GET", "GET", "GET", "HEAD", "POST", "PUT", "get", "OPTIONS", "OPTIONS"];
            let http_method = fixed.map_or_else(|| random.of(&any), |(http_method, _)| http_method);
            let mut note = |outcome: Outcome| *outcomes.entry(outcome).or_default() += 1;
            let number = *numbers.entry(header).or_insert_with(|| site_number(world, &stored, &all, header));
            let expected = world.applying(host);
            let (Some(number), Some(applying)) = (number, &expected) else {
                assert_eq!(number.is_some(), expected.is_some(), "{header:?} with {}", world.written());
                note(Outcome::AmbiguousHost);
                continue;
            };
            let names: Vec<&str> = applying.iter().map(|catalogue| catalogue.name).collect();
            assert_eq!(found[number].catalogues, names, "{header:?} with {}", world.written());
            if names.is_empty() {
                note(Outcome::HostWithoutCatalogue);
            }
            let site = &mut all[number];
            let candidates = if site.operations.is_empty() { &every_operation } else { &site.operations };
            let path = fixed.map_or_else(|| random.path(candidates), |(_, path)| (*path).to_owned());
            let request = || format!("{http_method} {header}{path} with {} (seed {seed})", world.written());
            let rule = site.find(http_method, &path, &request).map(|number| &site.site.rules.rules[number]);
            let meanings = Meanings::new(&site.operations, http_method, &path);
            let id = match rule.map(|rule| &rule.action) {
                Some(RouteAction::Ask(id) | RouteAction::Public(id)) => id.as_str(),
                Some(RouteAction::Preflight) => PREFLIGHT,
                Some(RouteAction::Deny(denial)) => {
                    note(Outcome::Denied(denial.kind));
                    if meanings.only().is_some() {
                        note(Outcome::DeniedAlone);
                    }
                    continue;
                }
                None => {
                    let is_canonical = is_canonical_path(&path, site.site.rules.reads_encoded_slashes());
                    note(if is_canonical { Outcome::NoRoute } else { Outcome::NotCanonical });
                    let only = if is_canonical { meanings.only() } else { None };
                    objections.extend(only.map(|_| format!("no rule: {}", request())));
                    continue;
                }
            };
            objections.extend(meanings.objection(id).map(|why| format!("{id}: {}: {why}", request())));
            let operation = site.operations.iter().find(|operation| operation.id == id).unwrap();
            let is_public = matches!(rule.unwrap().action, RouteAction::Public(_));
            assert_eq!(is_public, operation.call == Call::Public, "{}", request());
            assert!(http_method == "OPTIONS" || operation.call != Call::Preflight, "{}", request());
            let kinds = [
                (Outcome::Accepted, operation.call == Call::WithToken),
                (Outcome::Public, is_public),
                (Outcome::Preflight, operation.call == Call::Preflight),
                (Outcome::AcceptedHead, http_method == "HEAD" && operation.http_method == Some("GET")),
                (Outcome::AcceptedOptions, http_method == "OPTIONS" && operation.call != Call::Preflight),
                (
                    Outcome::AcceptedWithOtherEnd,
                    path.ends_with('/') != operation.has_final_slash && operation.is_either,
                ),
                (Outcome::AcceptedWithEncodedSlash, contains_encoded_slash(&path)),
                (Outcome::AcceptedAtNamedHost, !site.site.hosts.is_empty()),
                (Outcome::AcceptedBesideOtherCatalogue, names.len() > 1),
                (Outcome::AcceptedAlone, meanings.only().is_some()),
            ];
            kinds.into_iter().filter(|(_, applies)| *applies).for_each(|(outcome, _)| note(outcome));
        }
    }
}

#[test]
fn proxies_and_code_agree_and_no_request_goes_to_another_method() {
    let mut comparison = Comparison::default();
    for (world, requests) in decided_worlds() {
        comparison.compare(&world, &mut Random::new(1), 0, requests);
    }
    let worlds = if option_env!("JETON_SOAK").is_some() { SOAK_WORLDS } else { WORLDS };
    for seed in 1..=worlds {
        let mut random = Random::new(seed);
        let mut world = random.world();
        if seed % COSTLY_INTERVAL == 0 {
            world.catalogues[0].operations[0].segments[0] = Segment::Text("*-*-*");
        }
        comparison.compare(&world, &mut random, seed, &[]);
    }
    let Comparison { outcomes, objections } = comparison;
    assert!(objections.is_empty(), "{}: {:#?}", objections.len(), &objections[..objections.len().min(20)]);
    // A route that overlaps too many others has a test of its own.
    let expected = [
        (Outcome::Accepted, 10_000),
        (Outcome::AcceptedHead, 1_000),
        (Outcome::AcceptedOptions, 1_000),
        (Outcome::AcceptedWithOtherEnd, 500),
        (Outcome::AcceptedWithEncodedSlash, 200),
        (Outcome::AcceptedAtNamedHost, 2_000),
        (Outcome::AcceptedBesideOtherCatalogue, 5_000),
        (Outcome::AcceptedAlone, 5_000),
        (Outcome::Public, 2_000),
        (Outcome::Preflight, 1_000),
        (Outcome::AmbiguousHost, 2_000),
        (Outcome::HostWithoutCatalogue, 2_000),
        (Outcome::NotCanonical, 20_000),
        (Outcome::NoRoute, 20_000),
        (Outcome::Denied(DenialKind::Spelling), 100),
        (Outcome::Denied(DenialKind::Shared), 300),
        (Outcome::Denied(DenialKind::Overlap), 5),
        (Outcome::Denied(DenialKind::Claimed), 300),
        (Outcome::Denied(DenialKind::Costly), 100),
        (Outcome::Denied(DenialKind::FinalSlash), 40),
        (Outcome::Denied(DenialKind::GuardedElsewhere), 40),
    ];
    for (outcome, least) in expected {
        assert!(outcomes.get(&outcome).is_some_and(|count| *count >= least), "{outcome:?}: {outcomes:#?}");
    }
}

/// So many routes that share requests that comparing them all would take too long.
#[test]
fn routes_that_overlap_too_many_others_are_denied_alike() {
    const SEGMENTS: usize = 11;
    const TEXTS: [&str; SEGMENTS] = ["s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10"];
    let operation = |n: usize| Operation {
        id: format!("a.m{n}"),
        catalogue: "a",
        call: Call::WithToken,
        is_either: false,
        http_method: Some("GET"),
        segments: (0..SEGMENTS).map(|at| Segment::Text(if n >> at & 1 == 0 { TEXTS[at] } else { "*" })).collect(),
        has_final_slash: false,
    };
    let operations: Vec<Operation> = (0..1 << SEGMENTS).map(operation).collect();
    let application = Application { name: "a", hosts: Vec::new(), is_either: false, operations };
    let rules = RouteRules::new(&[application.stored()], &[]);
    let backtracking = Proxy::new(&rules, RegexDialect::Pcre, pcre);
    let linear = Proxy::new(&rules, RegexDialect::Re2, re2);
    let (mut random, mut denied) = (Random::new(1), 0);
    for _ in 0..300 {
        let path = random.path(&application.operations);
        let found = number_of(&rules, "GET", &path);
        assert_eq!(backtracking.find("GET", &path, pcre_matches), found, "PCRE: {path}");
        assert_eq!(linear.find("GET", &path, |e, text| e.is_match(text.as_bytes())), found, "RE2: {path}");
        match found.map(|number| &rules.rules[number].action) {
            Some(RouteAction::Deny(denial)) => denied += usize::from(denial.kind == DenialKind::TooManyOverlaps),
            Some(RouteAction::Ask(id)) => {
                let objection = Meanings::new(&application.operations, "GET", &path).objection(id.as_str());
                assert_eq!(objection, None, "{path}");
            }
            Some(action) => panic!("{path}: {action:?}"),
            None => assert!(!is_canonical_path(&path, false) || path.split('/').count() != SEGMENTS + 1, "{path}"),
        }
    }
    assert!(denied >= 10, "{denied}");
}

#[test]
fn backtracking_engine_never_gives_up_on_long_paths() {
    let operation = |n: usize, segments: &[Segment]| Operation {
        id: format!("a.m{n}"),
        catalogue: "a",
        call: Call::WithToken,
        is_either: false,
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
        operation(5, &[ANY; 6]),
    ];
    let application = Application { name: "a", hosts: Vec::new(), is_either: false, operations: operations.to_vec() };
    let rules = RouteRules::new(&[application.stored()], &[]);
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
            let found = number_of(&rules, "GET", &path);
            assert_eq!(backtracking.find("GET", &path, pcre_matches), found, "{path}");
            assert_eq!(found.is_some(), is_canonical_path(&path, true), "{path}");
        }
    }
}
