//! revoke by value: who holds a secret ends it, and nothing else.

use super::*;
use jeton::domain::name::Username;

/// Revokes a presented text without any account.
fn revoke_text(install: &TestInstall, text: &str) -> Result<RevokedSecret> {
    let verb = RevokeSecret::new(SecretText::new(Zeroizing::new(text.to_owned())));
    call(&install.backend, &Credential::Store, verb).map(|done| done.value)
}

fn revoke_secret(install: &TestInstall, secret: &Secret) -> Result<RevokedSecret> {
    secret.expose(|text| revoke_text(install, text))
}

fn revoked(kind: RevokedKind, name: &str) -> RevokedSecret {
    RevokedSecret { revoked: kind, account: Username::parse("member").unwrap(), name: token_name(name) }
}

fn login(install: &TestInstall, name: &str) -> Secret {
    install.call("member", LogIn { name: token_name(name) }).unwrap().value.secret
}

#[test]
fn holder_disables_the_token_of_a_secret() {
    let install = TestInstall::with_accounts();
    let issued = install.issue("member", "ci");
    assert_eq!(revoke_secret(&install, &issued.secret).unwrap(), revoked(RevokedKind::Token, "ci"));
    assert_eq!(why(&install, &issued.secret), DenialReason::Disabled);
    let row = install.audit().pop().unwrap();
    let owner = install.account_named("member").id.to_string();
    assert_eq!((row.verb.as_str(), row.target_name.as_str()), ("token.disable", "member/ci"));
    assert_eq!((row.account, row.name.as_str(), row.proof.as_str()), (owner, "member", "possession"));
    assert!(row.details.contains(issued.secret.hint()) && row.details.contains("enabled"), "{}", row.details);
}

/// A program that repeats its rotation with the old secret must not lose the new one.
#[test]
fn old_secret_of_a_rotation_ends_alone() {
    let install = TestInstall::with_accounts();
    let old = install.issue("member", "ci");
    let new = install.call("member", with_grace("ci", "12h")).unwrap().value;
    assert_eq!(revoke_secret(&install, &old.secret).unwrap(), revoked(RevokedKind::OldSecret, "ci"));
    assert_eq!(why(&install, &old.secret), DenialReason::Retired);
    assert!(allowed(&install, &new.secret));
    assert_ne!(install.token(new.token.id).revision, new.token.revision);
    let row = install.audit().pop().unwrap();
    assert_eq!((row.verb.as_str(), row.proof.as_str()), ("token.retire", "possession"));
    assert!(row.details.contains(old.secret.hint()), "{}", row.details);
    assert_eq!(revoke_secret(&install, &new.secret).unwrap(), revoked(RevokedKind::Token, "ci"));
}

#[test]
fn login_is_signed_out_alone() {
    let install = TestInstall::with_accounts();
    let (ended, kept) = (login(&install, "cli-a"), login(&install, "cli-b"));
    assert_eq!(revoke_secret(&install, &ended).unwrap(), revoked(RevokedKind::Login, "cli-a"));
    let is_login = |secret: &Secret| install.store().read(|s| s.login(secret.public_id())).unwrap().is_some();
    assert_eq!((is_login(&ended), is_login(&kept)), (false, true));
    let row = install.audit().pop().unwrap();
    let owner = install.account_named("member").id.to_string();
    assert_eq!((row.verb.as_str(), row.proof.as_str(), row.target), ("logout", "possession", owner));
}

/// The token works again once somebody enables the account, so its holder must be able to end it before.
#[test]
fn secret_of_a_disabled_account_ends() {
    let install = TestInstall::with_accounts();
    let issued = install.issue("member", "ci");
    let id = install.account_named("member").id;
    install.set_account_enabled(id, false);
    revoke_secret(&install, &issued.secret).unwrap();
    install.set_account_enabled(id, true);
    assert_eq!(why(&install, &issued.secret), DenialReason::Disabled);
}

#[test]
fn secret_that_does_not_work_changes_nothing() {
    let install = TestInstall::with_accounts();
    let (disabled, trashed, purged) =
        (install.issue("member", "off"), install.issue("member", "trash"), install.issue("member", "gone"));
    install.call("member", disable(&["off"])).unwrap();
    install.call("member", revoke(&["gone"], "gone")).unwrap();
    install.call("member", PurgeTokens::new(Purgeable::Trashed, 1)).unwrap();
    install.call("member", revoke(&["trash"], "trash")).unwrap();
    let replaced = install.issue("member", "x");
    install.call("member", regenerate("x")).unwrap();
    let expired = install.create("member", CreateToken { expires: spec("1h"), ..create("short") });
    let (old_login, signed_out) = (login(&install, "cli-a"), login(&install, "cli-b"));
    revoke_secret(&install, &signed_out).unwrap();
    install.fakes.clock.advance(12 * HOUR);
    let live = install.issue("member", "live");
    let wrong = verify::forged(&format!("{}_{}", live.secret.hint(), "0".repeat(32)));
    let unknown = verify::forged(&format!("jtn_zzzzzzzz_{}", "0".repeat(32)));

    let before = install.audit();
    let mut errors = BTreeSet::new();
    for secret in
        [&disabled.secret, &trashed.secret, &purged.secret, &replaced.secret, &expired.secret, &old_login, &signed_out]
    {
        errors.insert(assert_error(revoke_secret(&install, secret), Kind::NotFound).to_string());
    }
    for text in ["", "nonsense", &wrong, &unknown] {
        errors.insert(assert_error(revoke_text(&install, text), Kind::NotFound).to_string());
    }
    assert_eq!(errors.len(), 1, "the caller must not learn why: {errors:?}");
    assert_eq!(install.audit(), before);
    assert!(allowed(&install, &live.secret));
}

/// Another writer holds the lock all the time. A waiting call would get another error.
#[test]
fn secret_that_does_not_work_takes_no_write_lock() {
    let install = TestInstall::with_accounts();
    let writer = install.raw_connection();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_error(revoke_text(&install, "nonsense"), Kind::NotFound);
    writer.execute_batch("ROLLBACK").unwrap();
}
