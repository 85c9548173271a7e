//! The impact of a change: the tokens that used what is taken away, this week.

use super::*;
use jeton::domain::recent_usage::ClientUsage;
use jeton::domain::secret::PublicId;
use jeton::domain::token::TokenId;
use jeton::verbs::impact::Impact;
use jeton::verbs::ports::Use;

use crate::support::fakes::bearer;

const READ: &str = "environment.control.GetEnvInfo";
const WRITE: &str = "environment.control.StopEnv";

fn impact(install: &TestInstall, who: &str, removal: Removal) -> Result<Impact> {
    install.call(who, GetImpact { removal })
}

/// Creates a token of `owner` that calls both methods, and records these uses: method, address, count.
fn used_token(install: &TestInstall, owner: &str, name: &str, uses: &[(&str, &str, u64)]) -> Token {
    let token = install.create(owner, CreateToken { selection: methods(&[READ, WRITE]), ..create(name) }).token;
    record_uses(install, &token, uses);
    install.token(token.id)
}

fn record_uses(install: &TestInstall, token: &Token, uses: &[(&str, &str, u64)]) {
    let secret = PublicId::parse(token.hint.strip_prefix("jtn_").unwrap()).unwrap();
    for (method, address, count) in uses {
        let (count, at) = (*count, install.now());
        let used = Use { token: token.id, secret: &secret, at, count, method, address, client: "curl" };
        install.store().write_usage(|tx| tx.record_use(&used)).unwrap();
    }
}

fn names(impact: &Impact) -> Vec<String> {
    impact.tokens.iter().map(|one| one.token.full_name()).collect()
}

#[test]
fn impact_of_tokens_has_their_uses_and_the_tokens_they_made() {
    let install = TestInstall::with_accounts();
    let busy = used_token(&install, "member", "busy", &[(READ, "10.0.0.1", 7), (WRITE, "10.0.0.2", 2), ("", "", 1)]);
    let idle = install.issue("member", "idle").token;
    let both = impact(&install, "admin", Removal::Tokens(vec![idle.id, busy.id, idle.id])).unwrap();
    assert_eq!((both.count, both.used, both.uses, both.is_lower_bound), (2, 1, 10, false));
    assert_eq!(names(&both), ["member/busy", "member/idle"]);
    let usage = &both.tokens[0].usage;
    assert_eq!((usage.today, usage.week), (10, 10));
    assert_eq!(usage.clients[0], ClientUsage { address: "10.0.0.1".into(), client: "curl".into(), uses: 7 });
    assert_eq!(usage.methods, [(READ.to_owned(), 7), (WRITE.to_owned(), 2)]);
    assert_eq!(both.made.count, 0);
    install.fakes.clock.advance(8 * DAY);
    let later = impact(&install, "member", Removal::Tokens(vec![busy.id])).unwrap();
    assert_eq!((later.count, later.used, later.tokens.len()), (1, 0, 1));
}

#[test]
fn impact_of_a_demotion_has_only_uses_above_the_new_role() {
    let install = TestInstall::with_accounts();
    used_token(&install, "member", "writes", &[(READ, "a", 100), (WRITE, "b", 2)]);
    used_token(&install, "member", "reads", &[(READ, "a", 5), ("", "a", 3)]);
    used_token(&install, "member", "off", &[(WRITE, "a", 9)]);
    install.call("member", disable(&["off"])).unwrap();
    let of = |role| impact(&install, "admin", Removal::Role(username("member"), role)).unwrap();
    let demoted = of(Role::Viewer);
    assert_eq!((demoted.count, demoted.used, demoted.uses), (2, 1, 2));
    assert_eq!(demoted.tokens[0].usage.methods, [(WRITE.to_owned(), 2)]);
    assert_eq!(of(Role::Member).count, 0, "nothing is taken");

    let disabled = impact(&install, "admin", Removal::Accounts(vec![username("member"), username("viewer")])).unwrap();
    assert_eq!((disabled.count, disabled.used, disabled.uses), (2, 2, 110));
    assert_eq!(names(&disabled), ["member/writes", "member/reads"], "the busiest first");
}

#[test]
fn impact_of_an_edit_has_only_uses_of_dropped_methods() {
    let install = TestInstall::with_accounts();
    let token = used_token(&install, "member", "x", &[(READ, "a", 4), (WRITE, "b", 2)]);
    let of = |kept: &[&str]| impact(&install, "member", Removal::Selection(token.id, methods(kept))).unwrap();
    let dropped = of(&[READ]);
    assert_eq!((dropped.count, dropped.used, dropped.uses), (1, 1, 2));
    assert_eq!(of(&[READ, WRITE]).count, 0);
    assert_eq!(of(&[]).uses, 6);
}

#[test]
fn impact_of_a_catalogue_has_only_uses_of_methods_that_it_drops() {
    let install = TestInstall::with_accounts();
    used_token(&install, "member", "writes", &[(READ, "a", 4), (WRITE, "b", 2)]);
    used_token(&install, "viewer", "limited", &[(READ, "a", 4)]);
    used_token(&install, OWNER, "hidden", &[(WRITE, "a", 1)]);
    let mut catalogue = Box::new(Catalogue::shipped("cloud-platform").unwrap());
    assert_eq!(impact(&install, OWNER, Removal::Catalogue(catalogue.clone())).unwrap().count, 0, "nothing is dropped");
    for group in &mut catalogue.groups {
        group.methods.retain(|method| method.id.as_str() != WRITE);
    }
    for set in &mut catalogue.sets {
        set.include.retain(|entry| entry.to_string() != WRITE);
        set.exclude.retain(|entry| entry.to_string() != WRITE);
    }
    let of = |who| impact(&install, who, Removal::Catalogue(catalogue.clone())).unwrap();
    assert_eq!(names(&of(OWNER)), ["member/writes", "ops/hidden"]);
    let seen = of("admin");
    assert_eq!((seen.count, seen.used, seen.uses), (1, 1, 2), "only what the actor sees");
    assert_error(impact(&install, "member", Removal::Catalogue(catalogue.clone())), Kind::Denied);
}

#[test]
fn preview_of_a_catalogue_names_the_tokens_that_lose_methods() {
    use jeton::verbs::catalogue::{PreviewCatalogue, TextLimits};
    let install = TestInstall::with_accounts();
    let preview = |catalogue: Catalogue| install.call(OWNER, PreviewCatalogue { catalogue }).unwrap();
    used_token(&install, "member", "unused", &[(READ, "a", 4)]);
    let writes = used_token(&install, "member", "writes", &[(READ, "a", 4), (WRITE, "b", 2)]);
    let mut catalogue = Catalogue::shipped("cloud-platform").unwrap();
    assert_eq!(preview(catalogue.clone()).narrowing, Default::default());
    for group in &mut catalogue.groups {
        group.methods.retain(|method| method.id.as_str() != WRITE);
    }
    catalogue.sets.clear();
    let lost = preview(catalogue.clone());
    let set = lost.set;
    let limits = TextLimits { max_items: 5, more_hint: "" };
    insta::assert_snapshot!(lost.describe_gains(limits).join("\n"), @"
    No token gains methods.
    2 tokens lose methods; 1 of them used these methods in the last 7 days:
      member/writes  −1 environment.control.StopEnv
          uses in the last 7 days: environment.control.StopEnv (2)
      member/unused  −1 environment.control.StopEnv
    ");
    let tokens = &lost.narrowing.tokens;
    assert_eq!(tokens.iter().map(|one| one.uses).collect::<Vec<_>>(), [2, 0]);
    // A further use is no reason to ask again.
    record_uses(&install, &writes, &[(WRITE, "a", 3)]);
    let again = preview(catalogue);
    assert_eq!((again.narrowing.tokens[0].uses, again.set), (5, set));
}

#[test]
fn impact_of_the_end_of_an_overlap_has_only_uses_of_the_old_secret() {
    let install = TestInstall::with_accounts();
    let old = used_token(&install, "member", "x", &[(READ, "a", 4)]);
    assert_eq!(impact(&install, "member", Removal::OldSecret(old.id)).unwrap(), Impact::default(), "one secret");
    let grace = Some(Span::Days(1));
    let verb = RegenerateToken { token: TokenTarget::at_revision(&old), grace, expires: None };
    let new = install.call("member", verb).unwrap().value.token;
    let secret = PublicId::from_hint(&new.hint).unwrap();
    let used =
        Use { token: new.id, secret: &secret, at: install.now(), count: 50, method: READ, address: "b", client: "c" };
    install.store().write_usage(|tx| tx.record_use(&used)).unwrap();
    let ended = impact(&install, "member", Removal::OldSecret(old.id)).unwrap();
    assert_eq!((ended.count, ended.used, ended.uses), (1, 1, 4));
    assert_eq!(ended.tokens[0].usage.clients.len(), 1);
}

/// Other rules limit only new tokens and later changes.
#[test]
fn impact_of_a_policy_has_tokens_that_manage_tokens_for_members() {
    let install = TestInstall::with_accounts();
    let manages = |owner: &str| {
        let ids = ["jeton.tokens.read", "jeton.tokens.write"];
        let token = install.create(owner, CreateToken { selection: methods(&ids), ..create("manages") });
        let bearer = bearer(token.secret.expose(|s| Secret::parse(s).unwrap()));
        call(&install.backend, &bearer, disable(&["other"])).unwrap();
    };
    for owner in ["admin", "member"] {
        install.issue(owner, "other");
        manages(owner);
    }
    let of = |who: &str, changes: &[(&str, &str)]| {
        let changes = changes.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        impact(&install, who, Removal::Policy(changes))
    };
    let off = of(OWNER, &[("policy.self_service", "off")]).unwrap();
    assert_eq!((names(&off), off.count, off.uses), (vec!["member/manages".to_owned()], 1, 1));
    let limits = [
        ("policy.default_expiry", "1d"),
        ("policy.max_expiry", "1d"),
        ("policy.active_tokens", "1"),
        ("policy.trash", "1h"),
    ];
    assert_eq!(of(OWNER, &limits).unwrap(), Impact::default());
    assert_error(of(OWNER, &[("policy.colour", "red")]), Kind::Usage);
    assert_error(of("admin", &[("policy.self_service", "off")]), Kind::Denied);
}

#[test]
fn impact_of_a_purge_has_tokens_used_until_their_revocation() {
    let install = TestInstall::with_accounts();
    used_token(&install, "member", "busy", &[(READ, "a", 4)]);
    install.issue("member", "idle");
    install.call("member", revoke(&["busy", "idle"], "2")).unwrap();
    let purged = impact(&install, "admin", Removal::Purge(Purgeable::Trashed)).unwrap();
    assert_eq!(
        (purged.count, purged.used, names(&purged)),
        (2, 1, vec!["member/busy".to_owned(), "member/idle".to_owned()])
    );
}

/// The impact needs what the change needs, and never reveals the uses of tokens out of reach.
#[test]
fn impact_is_denied_like_its_change() {
    let install = TestInstall::with_accounts();
    let token = used_token(&install, OWNER, "x", &[(READ, "a", 4)]);
    let removals = || {
        [
            Removal::Tokens(vec![token.id]),
            Removal::Tokens(vec![TokenId(999)]),
            Removal::Accounts(vec![owner()]),
            Removal::Accounts(vec![username("nobody")]),
            Removal::Role(owner(), Role::Viewer),
            Removal::Selection(token.id, Selection::nothing()),
            Removal::OldSecret(token.id),
        ]
    };
    for removal in removals() {
        assert_error(impact(&install, "admin", removal), Kind::Denied);
    }
    assert_error(impact(&install, "member", Removal::Accounts(vec![username("member")])), Kind::Denied);
    assert_eq!(impact(&install, OWNER, Removal::Tokens(vec![token.id])).unwrap().uses, 4);
    assert_error(impact(&install, OWNER, Removal::Tokens(vec![TokenId(999)])), Kind::NotFound);

    // A token may revoke with `write` alone, but the uses need `read`; a demotion needs a person.
    let with = |name: &str, ids: &[&str]| {
        let issued = install.create(OWNER, CreateToken { selection: methods(ids), ..create(name) });
        bearer(issued.secret.expose(|s| Secret::parse(s).unwrap()))
    };
    let of = |who: &Credential, removal| call(&install.backend, who, GetImpact { removal });
    let read = with("reader", &["jeton.tokens.read-all"]);
    assert_error(of(&read, Removal::Tokens(vec![token.id])), Kind::Denied);
    let both = with("both", &["jeton.tokens.read", "jeton.tokens.write", "jeton.accounts.write"]);
    assert_eq!(of(&both, Removal::Tokens(vec![token.id])).unwrap().uses, 4);
    assert_error(of(&both, Removal::Accounts(vec![username("member")])), Kind::Denied);
    assert_error(of(&both, Removal::Role(username("member"), Role::Viewer)), Kind::Denied);
    assert_error(of(&both, Removal::Purge(Purgeable::Trashed)), Kind::Denied);
}
