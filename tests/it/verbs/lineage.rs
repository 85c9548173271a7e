//! Tokens made by a token: shown with it, and revoked with it on request.

use super::*;
use crate::support::fakes::bearer;
use jeton::verbs::tokens::MadeTokens;

const MINTING: [&str; 2] = ["jeton.tokens.read", "jeton.tokens.write"];

/// Creates `root` of the owner, which makes `a`, which makes `b` and `c`. Each may make more.
fn tree(install: &TestInstall) -> Vec<jeton::verbs::tokens::IssuedToken> {
    let root = install.create(OWNER, CreateToken { selection: methods(&MINTING), ..create("root") });
    let by = |secret: &Secret, name: &str| {
        let secret = secret.expose(|s| Secret::parse(s).unwrap());
        let new = CreateToken { selection: methods(&MINTING), ..create(name) };
        call(&install.backend, &bearer(secret), new).unwrap().value.remove(0)
    };
    let a = by(&root.secret, "a");
    let (b, c) = (by(&a.secret, "b"), by(&a.secret, "c"));
    vec![root, a, b, c]
}

fn with_made(names: &[&str], typed: &str) -> RevokeTokens {
    RevokeTokens { with_made: true, ..revoke(names, typed) }
}

fn made(install: &TestInstall, name: &str) -> MadeTokens {
    install.call(OWNER, show(name)).unwrap().lineage.made
}

#[test]
fn show_has_what_a_token_made_and_what_made_it() {
    let install = TestInstall::with_accounts();
    tree(&install);
    let MadeTokens { count, active, names, is_lower_bound: is_least } = made(&install, "root");
    assert_eq!((count, active, is_least), (3, 3, false));
    assert_eq!(names, ["ops/a", "ops/b", "ops/c"]);
    assert_eq!((made(&install, "a").count, made(&install, "b").count), (2, 0));
    let shown = install.call(OWNER, show("b")).unwrap();
    assert_eq!(shown.lineage.made_by.unwrap().name.as_deref(), Some("ops/a"));
    assert_eq!(install.call(OWNER, show("root")).unwrap().lineage.made_by, None, "a person did");
    install.call(OWNER, disable(&["a", "b"])).unwrap();
    assert_eq!((made(&install, "root").count, made(&install, "root").active), (3, 1));
}

#[test]
fn revoke_leaves_what_was_made_and_says_so() {
    let install = TestInstall::with_accounts();
    let tree = tree(&install);
    let left = install.call(OWNER, revoke(&["a"], "a")).unwrap().value.remaining;
    assert_eq!((left.count, left.names), (2, vec!["ops/b".to_owned(), "ops/c".to_owned()]));
    assert!(allowed(&install, &tree[2].secret) && allowed(&install, &tree[3].secret));
    // The lineage continues through tokens in the trash, and through purged ones.
    assert_eq!(made(&install, "root").count, 2);
    install.call(OWNER, PurgeTokens::new(Purgeable::Trashed, 1)).unwrap();
    assert_eq!(made(&install, "root").count, 2);
    let maker = install.call(OWNER, show("b")).unwrap().lineage.made_by.unwrap();
    assert_eq!((maker.id, maker.name), (tree[1].token.id, None), "it is gone");
    let gone = install.call(OWNER, with_made(&["root"], "3")).unwrap();
    assert_eq!(gone.value.tokens.len(), 3);
    assert!(!allowed(&install, &tree[2].secret));
}

#[test]
fn with_made_takes_the_whole_tree_in_one_change() {
    let install = TestInstall::with_accounts();
    let tree = tree(&install);
    let rows = install.audit().len();
    for typed in ["root", "1", "3", "5"] {
        assert_error(install.call(OWNER, with_made(&["root"], typed)), Kind::Conflict);
    }
    assert_eq!(install.audit().len(), rows);
    let done = install.call(OWNER, with_made(&["root"], "4")).unwrap();
    assert_eq!(done.equivalent_command.to_string(), "jeton token revoke ops/root --with-made --confirm 4");
    assert_eq!(done.value.tokens.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["root", "a", "b", "c"]);
    assert_eq!(done.value.remaining, MadeTokens::default());
    assert_eq!(install.audit().len(), rows + 4, "an audit row each");
    assert!(tree.iter().all(|issued| why(&install, &issued.secret) == DenialReason::Deleted));
    // Restored, the token grants the same as before, and its secret has the same role.
    install.call(OWNER, restore("b")).unwrap();
    assert_eq!(install.token(tree[2].token.id).issued_role, tree[2].token.issued_role);
}

/// A token that made nothing needs its name as confirmation. Together with its child, it needs the number.
#[test]
fn confirmation_counts_each_token_once() {
    let install = TestInstall::with_accounts();
    tree(&install);
    install.call(OWNER, with_made(&["b"], "b")).unwrap();
    assert_error(install.call(OWNER, with_made(&["root", "a"], "4")), Kind::Conflict);
    assert_eq!(install.call(OWNER, with_made(&["root", "a"], "3")).unwrap().value.tokens.len(), 3);
}

/// If a made token is now in an account out of reach, the whole change is refused.
#[test]
fn with_made_leaves_tokens_out_of_reach() {
    let install = TestInstall::with_accounts();
    let reaching = methods(&["jeton.tokens.read-all", "jeton.tokens.write-all"]);
    let bot = install.create("admin", CreateToken { selection: reaching, ..create("bot") });
    let account = Some(username("member"));
    let child = call(&install.backend, &bearer(bot.secret), CreateToken { account, ..create("child") })
        .unwrap()
        .value
        .remove(0);
    install.set_role("member", Role::Owner);
    let shown = install.call("admin", show("bot")).unwrap().lineage.made;
    assert_eq!((shown.count, shown.names.len()), (1, 0), "counted, not named");
    assert_error(install.call("admin", with_made(&["bot"], "2")), Kind::Denied);
    assert!(allowed(&install, &child.secret) && install.token(bot.token.id).deleted_at.is_none());
    install.call(OWNER, with_made(&["admin/bot"], "2")).unwrap();
    assert!(!allowed(&install, &child.secret));
}

/// A token whose secret was issued by another token counts as made by that token while the secret lives.
#[test]
fn regenerated_token_counts_as_made_while_its_secret_lives() {
    let install = TestInstall::with_accounts();
    let root = install.create(OWNER, CreateToken { selection: methods(&MINTING), ..create("root") });
    let who = || bearer(root.secret.expose(|s| Secret::parse(s).unwrap()));
    let target = install.create(OWNER, CreateToken { selection: methods(&MINTING), ..create("target") });
    let taken = call(&install.backend, &who(), regenerate("target")).unwrap().value;
    assert_eq!(taken.token.regenerated_by, Some(root.token.id));
    assert_eq!(made(&install, "root").names, ["ops/target"]);
    let shown = install.call(OWNER, show("target")).unwrap();
    assert_eq!(
        (shown.lineage.made_by, shown.lineage.regenerated_by.unwrap().name.as_deref()),
        (None, Some("ops/root"))
    );
    let removal = Removal::Tokens(vec![root.token.id]);
    assert_eq!(install.call(OWNER, GetImpact { removal }).unwrap().made.names, ["ops/target"]);

    // Replaced by a person, the old secret lives for a grace period, and the token counts for as long.
    install.call(OWNER, with_grace("target", "1h")).unwrap();
    let shown = install.call(OWNER, show("target")).unwrap();
    assert_eq!(shown.lineage.regenerated_by, None);
    assert_eq!(shown.lineage.previous_regenerated_by.unwrap().id, root.token.id);
    assert_eq!(made(&install, "root").count, 1);
    install.fakes.clock.advance(3_600_000);
    assert_eq!(made(&install, "root").count, 0, "the secret is dead");
    assert!(allowed(&install, &install.call(OWNER, regenerate("target")).unwrap().value.secret));

    call(&install.backend, &who(), regenerate("target")).unwrap();
    let kept = install.call(OWNER, revoke(&["root"], "root")).unwrap().value.remaining;
    assert_eq!(kept.names, ["ops/target"]);
    install.call(OWNER, restore("root")).unwrap();
    assert_error(install.call(OWNER, with_made(&["root"], "root")), Kind::Conflict);
    let gone = install.call(OWNER, with_made(&["root"], "2")).unwrap().value;
    assert_eq!((gone.tokens[1].id, gone.remaining), (target.token.id, MadeTokens::default()));
}

/// A token made with a secret that is now dead may be anyone's: it is revoked too, although its maker isn't.
#[test]
fn with_made_takes_tokens_of_a_regenerated_maker() {
    let install = TestInstall::with_accounts();
    let root = install.create(OWNER, CreateToken { selection: methods(&MINTING), ..create("root") });
    install.create(OWNER, CreateToken { selection: methods(&MINTING), ..create("target") });
    let taken = call(&install.backend, &bearer(root.secret), regenerate("target")).unwrap().value;
    call(&install.backend, &bearer(taken.secret), create_mine("child")).unwrap();
    install.call(OWNER, regenerate("target")).unwrap();
    assert_eq!(made(&install, "root").names, ["ops/child"]);
    install.call(OWNER, revoke(&["target"], "target")).unwrap();
    install.call(OWNER, PurgeTokens::new(Purgeable::Trashed, 1)).unwrap();
    let gone = install.call(OWNER, with_made(&["root"], "2")).unwrap().value;
    assert_eq!(gone.tokens.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["root", "child"]);
}

fn create_mine(name: &str) -> CreateToken {
    CreateToken { selection: methods(&MINTING[..1]), ..create(name) }
}

#[test]
fn with_made_refuses_too_many_tokens() {
    let install = TestInstall::with_accounts();
    let root = install.issue(OWNER, "root").token;
    let now = install.now();
    install
        .store()
        .write(&crate::support::fakes::tester(), &|| now, |tx, _| {
            for n in 0..1_000 {
                let id = tx.insert_token(&jeton::verbs::ports::NewToken {
                    account: root.owner.id,
                    name: &token_name(&format!("t{n}")),
                    description: &Description::none(),
                    selection: &Selection::nothing(),
                    expiry: Expiry::Never,
                    expected_unused: false,
                    now,
                })?;
                tx.set_maker(id, root.id)?;
            }
            Ok(jeton::verbs::audited::Audited::one((), crate::support::fakes::entry("x")))
        })
        .unwrap();
    assert_eq!((made(&install, "root").count, made(&install, "root").is_lower_bound), (1_000, false));
    assert_error(install.call(OWNER, with_made(&["root"], "1001")), Kind::Conflict);
    install.call(OWNER, revoke(&["t0"], "t0")).unwrap();
    assert_eq!(install.call(OWNER, with_made(&["root"], "1000")).unwrap().value.tokens.len(), 1_000);
}

#[test]
fn revoke_takes_only_the_created_tokens_that_were_seen() {
    let install = TestInstall::with_accounts();
    let root = tree(&install).remove(0);
    let seen = || install.call(OWNER, GetImpact { removal: Removal::Tokens(vec![root.token.id]) }).unwrap();
    let revoked = |expected| RevokeTokens { expected_made: Some(expected), ..with_made(&["root"], "4") };
    let shown = seen();
    install.call(OWNER, revoke(&["c"], "c")).unwrap();
    let new = CreateToken { selection: methods(&MINTING), ..create("d") };
    call(&install.backend, &bearer(root.secret), new).unwrap();
    assert_eq!(seen().made.count, shown.made.count);
    assert_error(install.call(OWNER, revoked(shown.set)), Kind::Conflict);
    assert_eq!(install.call(OWNER, revoked(seen().set)).unwrap().value.tokens.len(), 4);
}
