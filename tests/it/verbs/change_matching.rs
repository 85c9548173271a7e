//! One change of all tokens that a query finds, with exceptions.

use super::*;
use crate::support::fakes::bearer;
use jeton::verbs::impact::{GetImpact, Removal};
use jeton::verbs::tokens::{BulkChange, ChangeMatching, CountMatching, MatchingCount, MatchingTokens};

fn named(names: &[&str]) -> Vec<TokenRef> {
    names.iter().map(|name| TokenRef::Text((*name).to_owned())).collect()
}

pub(super) fn matching(filter: &str, except: &[&str]) -> MatchingTokens {
    let filter = TokenFilter::parse(filter);
    MatchingTokens { owner: OwnerFilter::All, filter, trashed: false, except: named(except), also: Vec::new() }
}

fn count(install: &TestInstall, tokens: &MatchingTokens) -> MatchingCount {
    install.call(OWNER, CountMatching { tokens: tokens.clone() }).unwrap()
}

/// Returns the change of the tokens as they are now.
pub(super) fn change(install: &TestInstall, change: BulkChange, tokens: MatchingTokens) -> ChangeMatching {
    let counted = count(install, &tokens);
    ChangeMatching::new(change, tokens, counted.affected_by(change), Some(counted.set))
}

/// Returns the names of the owner's tokens with this status.
fn with_status(install: &TestInstall, status: &str) -> Vec<String> {
    let filter = TokenFilter::parse(status);
    let listed = install.call(OWNER, ListTokens { trashed: status == "status:deleted", filter, ..list() }).unwrap();
    listed.rows.iter().map(|token| token.name.to_string()).collect()
}

#[test]
fn exceptions_stay_and_each_token_gets_a_row() {
    let install = TestInstall::with_accounts();
    for name in ["a-1", "a-2", "a-3", "a-off", "b"] {
        install.issue(OWNER, name);
    }
    install.create(OWNER, CreateToken { expires: spec("1d"), ..create("a-short") });
    install.call(OWNER, disable(&["a-off"])).unwrap();
    let rows = install.audit().len();
    let tokens = MatchingTokens { also: named(&["b"]), ..matching("a-", &["ops/a-2"]) };
    let done = install.call(OWNER, change(&install, BulkChange::Disable, tokens.clone())).unwrap();
    assert_eq!((done.value.count, done.value.stopped), (4, false), "a-off is disabled already");
    let command = "jeton token disable b --filter a- --all --except ops/a-2 --confirm 4";
    assert_eq!(done.equivalent_command.to_string(), command);
    assert_eq!(with_status(&install, "status:active"), ["a-2"]);
    let written: Vec<_> =
        install.audit()[rows..].iter().map(|row| (row.verb.clone(), row.target_name.clone())).collect();
    let expected = ["a-1", "a-3", "b", "a-short"].map(|name| ("token.disable".to_owned(), format!("ops/{name}")));
    assert_eq!(written.into_iter().collect::<BTreeSet<_>>(), expected.into_iter().collect());

    install.fakes.clock.advance(2 * DAY);
    let done = install.call(OWNER, change(&install, BulkChange::Enable, tokens)).unwrap();
    assert_eq!(done.value.count, 4, "all but the expired one");
    assert_eq!(with_status(&install, "status:disabled"), ["a-short"]);

    let done = install.call(OWNER, change(&install, BulkChange::Revoke, matching("a-", &["a-1"]))).unwrap();
    assert_eq!(done.value.count, 4);
    assert_eq!(with_status(&install, "status:deleted").len(), 4);
    let trashed = MatchingTokens { trashed: true, ..matching("", &["a-3"]) };
    let done = install.call(OWNER, change(&install, BulkChange::Restore, trashed)).unwrap();
    assert_eq!((done.value.count, with_status(&install, "status:deleted")), (3, vec!["a-3".to_owned()]));
}

#[test]
fn only_the_tokens_that_were_counted_are_changed() {
    let install = TestInstall::with_accounts();
    for name in ["a", "b", "c"] {
        install.issue(OWNER, name);
    }
    let shown = change(&install, BulkChange::Revoke, matching("", &[]));
    // The same number of tokens, but not the same ones.
    install.call(OWNER, revoke(&["c"], "c")).unwrap();
    install.issue(OWNER, "d");
    let rows = install.audit();
    assert_error(install.call(OWNER, shown), Kind::Conflict);
    let unseen = |confirm| ChangeMatching::new(BulkChange::Revoke, matching("", &[]), confirm, None);
    assert_error(install.call(OWNER, unseen(4)), Kind::Conflict);
    assert_error(install.call(OWNER, change(&install, BulkChange::Revoke, matching("zzz", &[]))), Kind::NotFound);
    assert_error(install.call(OWNER, change_except(BulkChange::Revoke, "gone")), Kind::NotFound);
    assert_eq!(install.audit(), rows);
    assert_eq!(install.call(OWNER, unseen(3)).unwrap().value.count, 3);
}

fn change_except(change: BulkChange, name: &str) -> ChangeMatching {
    ChangeMatching::new(change, matching("", &[name]), 1, None)
}

#[test]
fn acting_token_changes_all_or_nothing() {
    let install = TestInstall::with_accounts();
    let acting = ["jeton.tokens.read", "jeton.tokens.write", "jeton.tokens.read-all"];
    let acting = install.create(OWNER, CreateToken { selection: methods(&acting), ..create("acting") });
    let acting = bearer(acting.secret);
    install.issue(OWNER, "own");
    install.issue("member", "other");
    let tokens = matching("o", &["ops/acting"]);
    let counted = call(&install.backend, &acting, CountMatching { tokens: tokens.clone() }).unwrap();
    assert_eq!(counted.count, 2, "it sees both");
    let rows = install.audit();
    let all = ChangeMatching::new(BulkChange::Disable, tokens, 2, Some(counted.set));
    assert_error(call(&install.backend, &acting, all), Kind::Denied);
    assert_eq!(install.audit(), rows);
}

#[test]
fn impact_of_a_query_counts_all_and_lists_the_last_used() {
    let install = TestInstall::with_accounts();
    let used = install.issue(OWNER, "used");
    install.issue(OWNER, "idle");
    install.issue(OWNER, "left-out");
    install.call(OWNER, disable(&["idle"])).unwrap();
    install.verify(&used.secret);
    let impact = |change| {
        let removal = Removal::Matching(change, Box::new(matching("", &["left-out"])));
        install.call(OWNER, GetImpact { removal }).unwrap()
    };
    let (disabled, revoked) = (impact(BulkChange::Disable), impact(BulkChange::Revoke));
    assert_eq!((disabled.count, disabled.used, disabled.uses, disabled.is_lower_bound), (1, 1, 1, false));
    assert_eq!((revoked.count, revoked.tokens.len(), revoked.tokens[0].token.id), (2, 2, used.token.id));
}
