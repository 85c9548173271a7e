//! A change that can't be audited doesn't happen, for every verb.

use jeton::domain::catalogue::Catalogue;
use jeton::domain::expiry::Span;
use jeton::domain::name::Description;
use jeton::domain::query::filter_syntax::FilterFields;
use jeton::domain::query::token_filter::TokenFilter;
use jeton::domain::role::Role;
use jeton::domain::secret::{Secret, SecretText};
use jeton::domain::token::Purgeable;
use jeton::error::{Kind, Result};
use jeton::verbs::accounts::{LogIn, LogOut};
use jeton::verbs::catalogue::ApplyCatalogue;
use jeton::verbs::credential::Credential;
use jeton::verbs::ports::Store;
use jeton::verbs::request::{VERBS, call};
use jeton::verbs::secret_delivery::SecretDestination;
use jeton::verbs::tokens::{
    BulkChange, ChangeMatching, CopyToken, CreateToken, DisableTokens, EditToken, EnableTokens, MatchingTokens,
    OwnerFilter, PurgeTokens, RegenerateToken, RestoreTokens, RetireToken, RevokeSecret, RevokeTokens, TokenTarget,
};

use crate::support::fakes::{Fakes, OWNER, TempStore, TestInstall, backend, create, init, token_name};
use crate::support::requests::{
    create_account, delete_account, set_contact, set_password, set_policy, set_role, switch_off, switch_on,
};

/// Returns every verb that changes an installation that is set up.
fn changes() -> impl Iterator<Item = &'static str> {
    VERBS.iter().filter(|verb| verb.is_change && verb.name != "init").map(|verb| verb.name)
}

/// Faults of writing the audit log, each with its undo.
const FAULTS: [(&str, &str, &str); 2] = [
    ("the log is gone", "ALTER TABLE audit RENAME TO gone", "ALTER TABLE gone RENAME TO audit"),
    (
        "the row is refused",
        // No second row of this face after the last one: the INSERT itself fails, after everything else was done.
        "CREATE UNIQUE INDEX full ON audit (face) WHERE seq >= 0 AND verb <> 'test' AND verb <> 'init'",
        "DROP INDEX full",
    ),
];

fn attempt(install: &TestInstall, held: &Secret, verb: &str) -> Result<()> {
    let tokens = || vec![TokenTarget::by_reference("live")];
    match verb {
        "account.create" => install.call(OWNER, create_account("new", Role::Viewer)).map(drop),
        "account.role" => install.call(OWNER, set_role("admin", Role::Owner)).map(drop),
        "account.disable" => install.call(OWNER, switch_off(&["viewer"])).map(drop),
        "account.enable" => install.call(OWNER, switch_on(&["off"])).map(drop),
        "account.passwd" => install.call(OWNER, set_password("viewer", "seven brown foxes")).map(drop),
        "account.contact" => install.call(OWNER, set_contact("viewer", "ops@example.com")).map(drop),
        "account.delete" => install.call(OWNER, delete_account("idle")).map(drop),
        "policy.set" => install.call(OWNER, set_policy(&[("trash", "7d")])).map(drop),
        "catalogue.apply" => {
            let mut catalogue = Catalogue::shipped("cloud-platform")?;
            catalogue.groups.remove(0);
            catalogue.sets.clear();
            install.call("admin", ApplyCatalogue::new(catalogue, None, None)).map(drop)
        }
        "login" => install.call("member", LogIn { name: token_name("cli-x") }).map(drop),
        "logout" => {
            let login = install.call("member", LogIn { name: token_name("cli-y") })?.value;
            install.call("member", LogOut { secret: login.secret }).map(drop)
        }
        "token.create" => {
            let out = SecretDestination::Directory(install.temp_store.folder().join("folder"));
            let names = vec![token_name("new"), token_name("new2")];
            install.call_with_delivery("member", CreateToken { names, ..create("new") }, out).map(drop)
        }
        "token.edit" => {
            let description = Some(Description::parse("edited")?);
            install
                .call("member", EditToken { description, ..EditToken::new(TokenTarget::by_reference("live")) })
                .map(drop)
        }
        "token.copy" => {
            let out = SecretDestination::File(install.temp_store.folder().join("folder").join(verb));
            let (token, name) = (TokenTarget::by_reference("live"), token_name("copied"));
            install.call_with_delivery("member", CopyToken { token, name, account: None, expires: None }, out).map(drop)
        }
        "token.disable" => install.call("member", DisableTokens { tokens: tokens() }).map(drop),
        "token.enable" => {
            install.call("member", EnableTokens { tokens: vec![TokenTarget::by_reference("off")] }).map(drop)
        }
        "token.regenerate" => {
            let out = SecretDestination::File(install.temp_store.folder().join("folder").join(verb));
            let again = RegenerateToken { token: TokenTarget::by_reference("live"), grace: None, expires: None };
            install.call_with_delivery("member", again, out).map(drop)
        }
        "token.retire" => {
            install.call("member", RetireToken { token: TokenTarget::by_reference("rotating") }).map(drop)
        }
        "token.bulk" => {
            let (owner, filter, [except, also]) =
                (OwnerFilter::Mine, TokenFilter::parse("rotating"), Default::default());
            let tokens = MatchingTokens { owner, filter, trashed: false, except, also };
            install.call("member", ChangeMatching::new(BulkChange::Disable, tokens, 1, None)).map(drop)
        }
        "token.purge" => install.call("member", PurgeTokens::new(Purgeable::Trashed, 1)).map(drop),
        "token.revoke" => install
            .call(
                "member",
                RevokeTokens {
                    tokens: tokens(),
                    with_made: false,
                    expected_made: None,
                    confirmation: "live".to_owned(),
                },
            )
            .map(drop),
        "token.revoke.secret" => {
            let secret = SecretText::new(held.expose(str::to_owned).into());
            call(&install.backend, &Credential::Store, RevokeSecret::new(secret)).map(drop)
        }
        "token.restore" => install
            .call("member", RestoreTokens { tokens: vec![TokenTarget::by_reference("gone")], rename: None })
            .map(drop),
        other => panic!("no attempt for {other}"),
    }
}

#[test]
fn change_without_audit_row_is_rolled_back() {
    let install = TestInstall::with_accounts();
    let live = install.issue("member", "live");
    let held = install.issue("member", "held");
    install.issue("member", "off");
    install.issue("member", "gone");
    install.issue("member", "rotating");
    std::fs::create_dir(install.temp_store.folder().join("folder")).unwrap();
    let grace = Some(Span::Hours(1));
    let rotate = RegenerateToken { token: TokenTarget::by_reference("rotating"), grace, expires: None };
    install.call("member", rotate).unwrap();
    install.call("member", DisableTokens { tokens: vec![TokenTarget::by_reference("off")] }).unwrap();
    install
        .call(
            "member",
            RevokeTokens {
                tokens: vec![TokenTarget::by_reference("gone")],
                with_made: false,
                expected_made: None,
                confirmation: "gone".to_owned(),
            },
        )
        .unwrap();
    // One account to be enabled, and one to be deleted together with its token.
    let off = install.account("off", Role::Viewer);
    install.set_account_enabled(off.id, false);
    install.account("idle", Role::Viewer);
    install.issue("idle", "off");
    install.call("idle", DisableTokens { tokens: vec![TokenTarget::by_reference("off")] }).unwrap();
    // The index already refuses two rows of one face: only those of the test and of init may stay.
    let raw = install.raw_connection();
    let dump = || {
        let mut rows = Vec::new();
        for sql in [
            "SELECT id || name || description || enabled || ifnull(deleted_at, '') || ifnull(expires_at, '') || revision FROM tokens ORDER BY id",
            "SELECT public_id || state || token_id FROM secrets ORDER BY public_id",
            "SELECT public_id || token_name FROM tombstones ORDER BY public_id",
            "SELECT id || title || access FROM methods ORDER BY id",
            "SELECT set_name || side || pattern FROM api_set_patterns ORDER BY set_name, position",
            "SELECT username || role || enabled || credential_version || password_hash || ifnull(deleted_at, '') FROM accounts ORDER BY id",
            "SELECT key || value FROM policy ORDER BY key",
        ] {
            let mut query = raw.prepare(sql).unwrap();
            let found = query.query_map([], |r| r.get::<_, String>(0)).unwrap();
            rows.extend(found.map(|r| r.unwrap()));
        }
        rows
    };
    let before = (dump(), install.audit());
    for (name, fault, undo) in FAULTS {
        // The second fault needs a log in which no row breaks its rule yet.
        let undo_more = if name == "the row is refused" {
            raw.execute_batch("CREATE TABLE aside AS SELECT * FROM audit; DELETE FROM audit WHERE verb LIKE 'token.%' AND seq < (SELECT max(seq) FROM audit)").unwrap();
            "DELETE FROM audit; INSERT INTO audit SELECT * FROM aside; DROP TABLE aside"
        } else {
            ""
        };
        raw.execute_batch(fault).unwrap();
        for verb in changes() {
            let error = attempt(&install, &held.secret, verb).unwrap_err();
            assert_eq!(error.kind, Kind::Failure, "{verb}, {name}: {error}");
            assert_eq!(dump(), before.0, "{verb}, {name}: changed without an audit row");
            let saved = std::fs::read_dir(install.temp_store.folder().join("folder")).unwrap().count();
            assert_eq!(saved, 0, "{verb}: a secret that never came into force");
        }
        raw.execute_batch(undo).unwrap();
        raw.execute_batch(undo_more).unwrap();
        assert_eq!(install.audit(), before.1);
    }
    assert!(matches!(install.verify(&live.secret), jeton::verbs::verify::Decision::Allowed(_)));
    assert!(changes().count() > 6);
    // In an order in which each verb finds its precondition. Purging comes last, when two are in the trash.
    for verb in changes().filter(|v| !matches!(*v, "token.restore" | "token.purge")) {
        attempt(&install, &held.secret, verb).unwrap_or_else(|e| panic!("{verb} works again: {e}"));
    }
    attempt(&install, &held.secret, "token.restore").unwrap();
    attempt(&install, &held.secret, "token.purge").unwrap();
}

#[test]
fn init_without_audit_row_is_rolled_back() {
    let temp_store = TempStore::new();
    let jeton = backend(&temp_store.path(), Fakes::new().adapters());
    let raw = rusqlite::Connection::open(temp_store.path()).unwrap();
    raw.execute_batch("ALTER TABLE audit RENAME TO gone").unwrap();
    assert_eq!(call(&jeton, &Credential::Store, init(true)).unwrap_err().kind, Kind::Failure);
    jeton
        .store()
        .read(|s| {
            assert!(s.installation()?.is_none() && s.accounts()?.is_empty() && s.api_sets()?.is_empty());
            Ok(())
        })
        .unwrap();
    raw.execute_batch("ALTER TABLE gone RENAME TO audit").unwrap();
    call(&jeton, &Credential::Store, init(true)).unwrap();
}
