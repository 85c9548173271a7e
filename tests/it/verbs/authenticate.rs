//! Sign-in, sessions, proofs, and the first owner.

use super::*;
use jeton::verbs::tokens::{BulkChange, ChangeMatching, CountMatching};

fn sign_in(install: &TestInstall, who: &str, with: &str) -> Result<Session> {
    call(&install.backend, &Credential::from_password(username(who), typed(with)), SignIn)
}

#[test]
fn unknown_disabled_and_wrong_cost_and_say_the_same() {
    let install = TestInstall::with_accounts();
    let gone = install.account("gone", Role::Member);
    install.set_account_enabled(gone.id, false);
    let mut errors = Vec::new();
    for (who, with) in
        [("nobody", PASSWORD), ("gone", PASSWORD), ("gone", "wrong"), ("member", "wrong"), ("viewer", "")]
    {
        let before = install.fakes.hasher.counts();
        errors.push(assert_error(sign_in(&install, who, with), Kind::Unauthenticated));
        let after = install.fakes.hasher.counts();
        assert_eq!((after.0 - before.0, after.1 - before.1), (0, 1), "{who}: one hash");
        install.fakes.clock.advance(60 * SECOND);
    }
    assert!(errors.iter().all(|e| *e == errors[0]), "{errors:?}");
    let before = install.fakes.hasher.counts();
    sign_in(&install, "member", PASSWORD).unwrap();
    let after = install.fakes.hasher.counts();
    assert_eq!((after.0 - before.0, after.1 - before.1), (0, 1), "right: one hash as well");
}

#[test]
fn failures_delay_the_next_try_whatever_it_is() {
    let install = TestInstall::with_accounts();
    for (failures, wait) in [1, 2, 4, 8, 16, 32, 60, 60].into_iter().enumerate() {
        assert_error(sign_in(&install, "member", "wrong"), Kind::Unauthenticated);
        let counts = install.fakes.hasher.counts();
        let error = assert_error(sign_in(&install, "member", PASSWORD), Kind::Unauthenticated);
        assert_eq!(error.retry_after, Some(Duration::from_secs(wait)), "after {} failures", failures + 1);
        assert_eq!(install.fakes.hasher.counts(), counts, "nothing was hashed");
        install.fakes.clock.advance(wait as i64 * SECOND);
    }
    sign_in(&install, "viewer", PASSWORD).unwrap();
    sign_in(&install, "member", PASSWORD).unwrap();
    assert_error(sign_in(&install, "member", "wrong"), Kind::Unauthenticated);
    let error = assert_error(sign_in(&install, "member", PASSWORD), Kind::Unauthenticated);
    assert_eq!(error.retry_after, Some(Duration::from_secs(1)), "a right one wiped the slate");
}

#[test]
fn unknown_names_are_delayed_too_and_sources_apart() {
    let install = TestInstall::with_accounts();
    assert_error(sign_in(&install, "nobody", "x"), Kind::Unauthenticated);
    assert!(assert_error(sign_in(&install, "nobody", "x"), Kind::Unauthenticated).retry_after.is_some());
    assert_error(sign_in(&install, "member", "x"), Kind::Unauthenticated);
    let elsewhere = ClientInfo { source: "uid 1001".to_owned(), ..client_info() };
    let store = SqliteStore::open(&install.temp_store.path(), OpenMode::Existing).unwrap();
    call(&TestBackend::new(store, install.fakes.adapters(), elsewhere), &credential("member"), SignIn).unwrap();
}

#[test]
fn patience_waits_the_delay_out() {
    let install = TestInstall::with_accounts();
    assert_error(sign_in(&install, "member", "wrong"), Kind::Unauthenticated);
    let patient = ClientInfo { max_wait: Duration::from_secs(5), ..client_info() };
    let store = SqliteStore::open(&install.temp_store.path(), OpenMode::Existing).unwrap();
    call(&TestBackend::new(store, install.fakes.adapters(), patient), &credential("member"), SignIn).unwrap();
    assert_eq!(install.fakes.clock.slept(), Duration::from_secs(1));
}

#[test]
fn changes_are_throttled_as_sign_in_is() {
    let install = TestInstall::with_accounts();
    let wrong = Credential::from_password(username("member"), typed("wrong"));
    assert_error(call(&install.backend, &wrong, create("x")), Kind::Unauthenticated);
    assert!(assert_error(install.call("member", create("x")), Kind::Unauthenticated).retry_after.is_some());
}

#[test]
fn weak_hash_is_replaced_and_sessions_stay() {
    let install = TestInstall::with_accounts();
    let session = Credential::Session(sign_in(&install, "member", PASSWORD).unwrap());
    let id = install.account_named("member").id;
    let stored = || install.store().read(|s| s.password_hash(id)).unwrap().unwrap().0;
    install.fakes.hasher.raise_strength();
    let before = (stored(), install.fakes.hasher.counts());
    sign_in(&install, "member", PASSWORD).unwrap();
    assert!(stored() != before.0);
    assert_eq!(install.fakes.hasher.counts(), (before.1.0 + 1, before.1.1 + 1));
    call(&install.backend, &session, WhoAmI).unwrap();
    sign_in(&install, "member", PASSWORD).unwrap();
    assert_eq!(install.fakes.hasher.counts().0, before.1.0 + 1, "once");
}

#[test]
fn session_reads_only_and_ends_with_its_credentials() {
    let install = TestInstall::with_accounts();
    install.issue("member", "x");
    let session = || Credential::Session(sign_in(&install, "member", PASSWORD).unwrap());
    let held = session();
    assert_eq!(call(&install.backend, &held, list()).unwrap().total, 1);
    let error = assert_error(call(&install.backend, &held, create("y")), Kind::Unauthenticated);
    insta::assert_snapshot!(error, @"the change was not confirmed: each change needs the password again. Enter the password. Over HTTP, send the header Jeton-Proof with the value that POST /v1/confirm returns");
    let id = install.account_named("member").id;
    install.raw_connection().execute("UPDATE accounts SET credential_version = 2 WHERE id = ?1", [id.0]).unwrap();
    let error = assert_error(call(&install.backend, &held, list()), Kind::Unauthenticated);
    insta::assert_snapshot!(error, @"the session of member has ended: since the sign-in, the account's password, role or state was changed, or the account was deleted. Sign in again. If that fails, ask an owner or admin");
    let held = session();
    install.set_account_enabled(id, false);
    assert_error(call(&install.backend, &held, WhoAmI), Kind::Unauthenticated);
    install.set_account_enabled(id, true);
    assert_error(call(&install.backend, &held, WhoAmI), Kind::Unauthenticated);
}

/// Returns a request of every verb, in the order of [`VERBS`].
pub(crate) fn requests() -> Vec<Request> {
    let cloud = Catalogue::shipped("cloud-platform").unwrap();
    vec![
        GetSetup.into(),
        init(true).into(),
        SignIn.into(),
        LogIn { name: token_name("cli-x") }.into(),
        LogOut { secret: Secret::generate(&Prefix::default(), |_| Ok(())).unwrap() }.into(),
        WhoAmI.into(),
        ListAccounts.into(),
        ShowAccount { username: owner() }.into(),
        create_account("x", Role::Viewer).into(),
        set_role("viewer", Role::Viewer).into(),
        switch_off(&["viewer"]).into(),
        switch_on(&["viewer"]).into(),
        set_password("viewer", PASSWORD).into(),
        set_contact("viewer", "").into(),
        delete_account("viewer").into(),
        ListPolicy.into(),
        set_policy(&[("trash", "7d")]).into(),
        ListCatalogues.into(),
        PreviewCatalogue { catalogue: cloud.clone() }.into(),
        ApplyCatalogue::new(cloud.clone(), None, None).into(),
        list().into(),
        CountTokens.into(),
        show("x").into(),
        CanToken { token: TokenRef::Text("x".to_owned()), method: MethodId::parse("a.B").unwrap() }.into(),
        GetTokens { tokens: Vec::new() }.into(),
        CountMatching { tokens: change_matching::matching("x", &[]) }.into(),
        IdentifySecret { secret: SecretText::new(Zeroizing::default()) }.into(),
        create("x").into(),
        PreviewEdit(edit("x")).into(),
        edit("x").into(),
        copy("x", "x").into(),
        disable(&["x"]).into(),
        enable(&["x"]).into(),
        regenerate("x").into(),
        retire("x").into(),
        revoke(&["x"], "no").into(),
        RevokeSecret::new(SecretText::new(Zeroizing::default())).into(),
        restore("x").into(),
        ChangeMatching::new(BulkChange::Disable, change_matching::matching("x", &[]), 1, None).into(),
        PreviewPurge { which: Purgeable::Trashed }.into(),
        PurgeTokens::new(Purgeable::Trashed, 7).into(),
        GetImpact { removal: Removal::Tokens(Vec::new()) }.into(),
        list_audit().into(),
        VerifyAuditChain { checkpoints: Vec::new(), range: AuditRange::FromStart }.into(),
        ledger::denied_of(None).into(),
        ledger::denied_tokens_of(None).into(),
        ledger::uses_of(None).into(),
        WaitForChanges::default().into(),
        check::expiring().into(),
    ]
}

/// Returns `true` if a verb needs no account.
fn needs_nobody(proof: AuthLevel) -> bool {
    matches!(proof, AuthLevel::Store | AuthLevel::Possession)
}

/// Every verb with each credential: accepted exactly if it is the required proof.
#[test]
fn every_verb_asks_for_its_proof() {
    let install = TestInstall::with_accounts();
    install.issue(OWNER, "x");
    let session = install.call(OWNER, SignIn).unwrap();
    assert_eq!(requests().len(), VERBS.len());
    let denied =
        |who: &Credential, request| install.backend.call(who, request).is_err_and(|e| e.kind == Kind::Unauthenticated);
    for (VerbInfo { name, auth_level: proof, .. }, request) in VERBS.iter().zip(requests()) {
        assert_eq!(denied(&Credential::Store, request), !needs_nobody(*proof), "{name}");
    }
    for (VerbInfo { name, auth_level: proof, .. }, request) in VERBS.iter().zip(requests()) {
        assert_eq!(denied(&Credential::Session(session.clone()), request), *proof == AuthLevel::Password, "{name}");
    }
    for (VerbInfo { name, .. }, request) in VERBS.iter().zip(requests()) {
        assert!(!denied(&credential(OWNER), request), "{name}");
    }
    // An actor with a temporary password signs in, replaces it, and can do nothing else.
    install.account("second", Role::Owner);
    install.call(OWNER, set_password("second", "seven brown foxes")).unwrap();
    let second = || Credential::from_password(username("second"), typed("seven brown foxes"));
    let session = call(&install.backend, &second(), SignIn).unwrap();
    assert!(session.is_temporary());
    for who in [second(), Credential::Session(session)] {
        let by_session = matches!(who, Credential::Session(_));
        for (VerbInfo { name, auth_level: proof, .. }, request) in VERBS.iter().zip(requests()) {
            let refused = install.backend.call(&who, request).err().map(|e| e.kind);
            match (*proof, by_session) {
                (AuthLevel::Store | AuthLevel::Possession, _) => assert_ne!(refused, Some(Kind::Denied), "{name}"),
                (AuthLevel::Password, true) => assert_eq!(refused, Some(Kind::Unauthenticated), "{name}"),
                _ if matches!(*name, "sign-in" | "login") => assert_eq!(refused, None),
                _ => assert_eq!(refused, Some(Kind::Denied), "{name}"),
            }
        }
    }
    call(&install.backend, &second(), set_password("second", "eight brown foxes")).unwrap();
}

#[test]
fn init_makes_only_the_first_owner() {
    let install = TestInstall::new();
    let before = (install.audit(), install.store().read(|s| s.accounts()).unwrap());
    let mut again = init(true);
    again.username = username("second");
    assert_error(call(&install.backend, &Credential::Store, again), Kind::Conflict);
    assert_eq!((install.audit(), install.store().read(|s| s.accounts()).unwrap()), before);
    let row = &before.0[0];
    assert_eq!((row.verb.as_str(), row.proof.as_str(), row.target_name.as_str()), ("init", "store", OWNER));
    assert!(!row.details.contains("counted"), "no hash in the audit log");
    let greeting = call(&install.backend, &Credential::Store, GetSetup).unwrap();
    assert_eq!((greeting.first_run, greeting.sole_account), (false, Some(owner())));
}

#[test]
fn concurrent_inits_make_one_owner() {
    let place = crate::support::fakes::TempStore::new();
    let start = Arc::new(Barrier::new(2));
    let racers = [0, 1].map(|side| {
        let (path, start) = (place.path(), start.clone());
        std::thread::spawn(move || {
            let jeton = backend(&path, Fakes::seeded(side).adapters());
            start.wait();
            let mut first = init(true);
            first.username = username(&format!("owner{side}"));
            call(&jeton, &Credential::Store, first).map(drop)
        })
    });
    let made = racers.map(|r| r.join().unwrap());
    assert_eq!(made.iter().filter(|m| m.is_ok()).count(), 1, "{made:?}");
    let store = SqliteStore::open(&place.path(), OpenMode::Existing).unwrap();
    assert_eq!(store.read(|s| s.accounts()).unwrap().len(), 1);
}

#[test]
fn command_of_init_repeats_it() {
    let place = crate::support::fakes::TempStore::new();
    let jeton = backend(&place.path(), Fakes::new().adapters());
    let mut first = init(true);
    first.prefix = jeton::domain::name::Prefix::parse("acme").unwrap();
    let made = call(&jeton, &Credential::Store, first).unwrap();
    assert_eq!(
        made.equivalent_command.to_string(),
        "jeton init --username ops --prefix acme --catalogue cloud-platform"
    );
    let issued = call(&jeton, &Credential::from_password(owner(), password()), create("x")).unwrap().value;
    assert!(issued[0].token.hint.starts_with("acme_"));
}
