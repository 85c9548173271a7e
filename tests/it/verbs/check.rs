//! check: tokens that expire soon, unused tokens, and denied callers that still send requests.

use super::*;
use jeton::domain::expiry::Span;
use jeton::verbs::credential::Credential;
use jeton::verbs::findings::{Finding, FindingKind, FindingPage, ListFindings};

fn findings(install: &TestInstall, look: FindingKind, limit: usize) -> Vec<Finding> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let FindingPage { mut findings, next } = jeton::verbs::request::call(
            &install.backend,
            &Credential::Store,
            ListFindings { kind: look, after, limit },
        )
        .unwrap();
        found.append(&mut findings);
        match next {
            None => return found,
            Some(_) => after = next,
        }
    }
}

/// Returns the names that a check finds, for every page size.
fn names(install: &TestInstall, what: FindingKind) -> Vec<String> {
    let found = findings(install, what, 1_000);
    for limit in [1, 2, 3] {
        assert_eq!(findings(install, what, limit), found, "pages of {limit}");
    }
    found.iter().map(|finding| finding.token().full_name()).collect()
}

pub fn expiring() -> ListFindings {
    ListFindings { kind: SOON, after: None, limit: 1 }
}

const SOON: FindingKind = FindingKind::Expiring(Span::Days(14));
const STALE: FindingKind = FindingKind::Stale(Span::Days(90));

#[test]
fn active_tokens_that_expire_soon() {
    let install = TestInstall::with_accounts();
    let make = |who: &str, name: &str, expires: &str| {
        install.create(who, CreateToken { expires: spec(expires), ..create(name) })
    };
    make("member", "later", "15d");
    make("member", "second", "14d");
    make("member", "also-second", "14d");
    make("viewer", "first", "1d");
    make("member", "off", "1d");
    make("member", "gone", "1d");
    make("admin", "past", "1h");
    install.issue("member", "never");
    install.call("member", disable(&["off"])).unwrap();
    install.call("member", revoke(&["gone"], "gone")).unwrap();
    assert_eq!(names(&install, SOON), ["admin/past", "viewer/first", "member/second", "member/also-second"]);
    install.fakes.clock.advance(HOUR);
    assert_eq!(names(&install, SOON), ["viewer/first", "member/second", "member/also-second"], "expired is no warning");
    let viewer = install.account_named("viewer").id;
    install.set_account_enabled(viewer, false);
    assert_eq!(names(&install, SOON).len(), 2, "nothing of an account that is off works");
}

#[test]
fn active_tokens_that_nobody_uses() {
    let install = TestInstall::with_accounts();
    let used = install.issue("member", "used");
    let quiet = install.issue("member", "quiet");
    install.issue("member", "never");
    install.issue("member", "off");
    install.call("member", disable(&["off"])).unwrap();
    install.fakes.clock.advance(DAY);
    install.verify(&quiet.secret);
    install.fakes.clock.advance(89 * DAY - 1);
    install.verify(&used.secret);
    install.issue("member", "young");
    assert_eq!(names(&install, STALE), Vec::<String>::new());
    install.fakes.clock.advance(1);
    assert_eq!(names(&install, STALE), ["member/never"], "made 90 days ago");
    install.fakes.clock.advance(DAY);
    assert_eq!(names(&install, STALE), ["member/never", "member/quiet"]);
    let times = |finding| match finding {
        Finding::Stale { last_seen_at, created_at, .. } => (last_seen_at, created_at),
        other => panic!("{other:?}"),
    };
    let found: Vec<_> = findings(&install, STALE, 10).into_iter().map(times).collect();
    assert_eq!(found, [(None, START), (Some(START.plus(DAY)), START)]);
}

#[test]
fn tokens_expected_to_be_unused_are_never_stale() {
    let install = TestInstall::with_accounts();
    install.create("member", CreateToken { expected_unused: true, ..create("break-glass") });
    install.issue("member", "plain");
    let listed = |filter: &str| {
        let filter = TokenFilter::parse(filter);
        let rows = install.call("member", ListTokens { filter, ..list() }).unwrap().rows;
        rows.iter().map(Token::full_name).collect::<Vec<_>>()
    };
    install.fakes.clock.advance(90 * DAY);
    assert_eq!((names(&install, STALE), listed("is:stale")), (vec!["member/plain".to_owned()], names(&install, STALE)));
    assert_eq!(listed("is:expected-unused"), ["member/break-glass"]);
    let mark = |name: &str, marked: bool| {
        install.call("member", EditToken { expected_unused: Some(marked), ..edit(name) }).unwrap();
    };
    mark("plain", true);
    mark("break-glass", false);
    assert_eq!(
        (names(&install, STALE), listed("is:stale")),
        (vec!["member/break-glass".to_owned()], names(&install, STALE))
    );
    assert_eq!(listed("is:expected-unused"), ["member/plain"]);
}

#[test]
fn secrets_that_work_no_more_and_are_still_tried() {
    let install = TestInstall::with_accounts();
    let issue = |name: &str| install.create("member", CreateToken { expires: spec("1d"), ..create(name) });
    let [rotated, off, gone, purged, late, back, fine] =
        ["rotated", "off", "gone", "purged", "late", "back", "fine"].map(issue);
    install.call("member", regenerate("rotated")).unwrap();
    install.call("member", disable(&["off", "back"])).unwrap();
    for name in ["gone", "purged"] {
        install.call("member", revoke(&[name], name)).unwrap();
    }
    for issued in [&rotated, &off, &gone, &purged, &late, &back, &fine] {
        install.verify(&issued.secret);
    }
    install.call("member", enable(&["back"])).unwrap();
    assert_eq!(
        names(&install, FindingKind::DeadSecretTried),
        ["member/rotated", "member/off", "member/gone", "member/purged"]
    );
    install.fakes.clock.advance(DAY);
    for _ in 0..3 {
        install.verify(&late.secret);
    }
    let found = findings(&install, FindingKind::DeadSecretTried, 10);
    let late = found.iter().find(|finding| finding.token().full_name() == "member/late").unwrap();
    let Finding::DeadSecretTried { attempts, .. } = late else { panic!("{late:?}") };
    assert_eq!((attempts.attempts, attempts.reason.as_str(), attempts.at), (3, "expired", START.plus(DAY)));
    assert_eq!((attempts.address.as_str(), attempts.client.as_str()), ("192.0.2.7", "it/1.0"));
    install.fakes.clock.advance(6 * DAY + 60_000);
    assert_eq!(names(&install, FindingKind::DeadSecretTried), ["member/late"], "the others have been quiet for 7 days");
}

#[test]
fn active_tokens_with_names_that_no_catalogue_has() {
    let install = TestInstall::with_accounts();
    let catalogue = |methods: &[&str], set: &str| {
        let methods: String = methods
            .iter()
            .map(|id| format!("[[group.method]]\nid = \"{id}\"\ntitle = \"x\"\naccess = \"read\"\n"))
            .collect();
        let head = "schema = 1\nname = \"toys\"\ntitle = \"Toys\"\n[[group]]\nid = \"toys\"\ntitle = \"Toys\"\n";
        let set = format!("[[set]]\nname = \"{set}\"\ntitle = \"x\"\ninclude = [\"toys.a\"]\n");
        let text = format!("{head}{methods}{set}");
        jeton::domain::catalogue::toml_reader::read("toys.toml", &text, &[]).unwrap()
    };
    let apply = |catalogue| install.call(OWNER, ApplyCatalogue::new(catalogue, None, None)).unwrap();
    apply(catalogue(&["a", "b", "c"], "Toys"));
    let sets = |name: &str| Selection::Sets([name.to_owned()].into());
    for (name, selection) in [
        ("all", methods(&["toys.a", "toys.b", "toys.c"])),
        ("one", methods(&["toys.a"])),
        ("set", sets("Toys")),
        ("off", methods(&["toys.b"])),
        ("gone", methods(&["toys.b"])),
    ] {
        install.create("member", CreateToken { selection, ..create(name) });
    }
    install.call("member", disable(&["off"])).unwrap();
    install.call("member", revoke(&["gone"], "gone")).unwrap();
    assert!(names(&install, FindingKind::UnknownNames).is_empty());
    apply(catalogue(&["a"], "Other toys"));
    assert_eq!(names(&install, FindingKind::UnknownNames), ["member/all", "member/set"]);
    let unknown: Vec<(u64, Vec<String>)> = findings(&install, FindingKind::UnknownNames, 10)
        .into_iter()
        .map(|finding| match finding {
            Finding::UnknownNames { count, names, .. } => (count, names),
            other => panic!("{other:?}"),
        })
        .collect();
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    assert_eq!(unknown, [(2, words(&["toys.b", "toys.c"])), (1, words(&["Toys"]))]);
}
