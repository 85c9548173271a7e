//! whose: finds the current or former token of a secret. A lookup is no use of the token.

use super::*;

fn whose(text: &str) -> IdentifySecret {
    IdentifySecret { secret: SecretText::new(Zeroizing::new(text.to_owned())) }
}

#[test]
fn whose_finds_a_secret_in_every_state() {
    let install = TestInstall::with_accounts();
    let old = install.issue("member", "x");
    let prior = install.call("member", regenerate("x")).unwrap().value;
    let live = install.call("member", with_grace("x", "1h")).unwrap().value;
    let gone = install.issue("member", "gone");
    let ask_store = |text: &str| call(&install.backend, &Credential::Store, whose(text)).unwrap();
    let asked = |secret: &Secret| secret.expose(ask_store);
    let token = |found: SecretOwner| match found {
        SecretOwner::Token(token, state) => (token.full_name(), state),
        other => panic!("{other:?}"),
    };
    let traced = asked(&live.secret);
    assert_eq!((token(traced.owner), traced.denial_reason), (("member/x".to_owned(), SecretState::Current), None));
    let traced = asked(&prior.secret);
    let until = START.plus(HOUR);
    assert_eq!((token(traced.owner).1, traced.denial_reason), (SecretState::Previous(until), None));
    let traced = asked(&old.secret);
    assert_eq!((token(traced.owner).1, traced.denial_reason), (SecretState::Dead, Some(DenialReason::Retired)));
    install.fakes.clock.set(until);
    assert_eq!(asked(&prior.secret).denial_reason, Some(DenialReason::Retired), "the very instant");
    install.call("member", disable(&["x"])).unwrap();
    assert_eq!(asked(&live.secret).denial_reason, Some(DenialReason::Disabled));

    install.call("member", revoke(&["gone"], "gone")).unwrap();
    assert_eq!(asked(&gone.secret).denial_reason, Some(DenialReason::Deleted));
    install.call("member", PurgeTokens::new(Purgeable::Trashed, 1)).unwrap();
    let traced = asked(&gone.secret);
    let SecretOwner::Purged(stone) = traced.owner else { panic!("{traced:?}") };
    assert_eq!((stone.full_name().as_str(), traced.denial_reason), ("member/gone", Some(DenialReason::Deleted)));

    let text = live.secret.expose(str::to_owned);
    let mut mistyped = text.clone().into_bytes();
    mistyped[20] = if mistyped[20] == b'a' { b'b' } else { b'a' };
    for (text, reason) in [
        ("nonsense", DenialReason::Malformed),
        (std::str::from_utf8(&mistyped).unwrap(), DenialReason::Checksum),
        (&verify::forged(&format!("jtn_zzzzzzzz_{}", "0".repeat(32))), DenialReason::Unknown),
    ] {
        let traced = ask_store(text);
        assert!(matches!(traced.owner, SecretOwner::Unknown) && traced.denial_reason == Some(reason), "{traced:?}");
    }
    for (hint, name) in [(live.secret.hint(), "member/x"), (gone.secret.hint(), "member/gone")] {
        let traced = ask_store(&verify::forged(&format!("{hint}_{}", "0".repeat(32))));
        let named = match traced.owner {
            SecretOwner::Token(token, _) => token.full_name(),
            SecretOwner::Purged(stone) => stone.full_name(),
            SecretOwner::Login(_) | SecretOwner::Unknown => String::new(),
        };
        assert_eq!((named.as_str(), traced.denial_reason), (name, Some(DenialReason::WrongSecret)));
    }
}

#[test]
fn whose_records_no_use() {
    let install = TestInstall::with_accounts();
    let issued = install.issue("member", "x");
    let rows = install.audit();
    issued.secret.expose(|s| {
        for text in [s, "nonsense", &verify::forged(&format!("{}_{}", &s[..12], "0".repeat(32)))] {
            call(&install.backend, &Credential::Store, whose(text)).unwrap();
        }
    });
    let usage = install.call("member", show("x")).unwrap().usage;
    let unused = jeton::verbs::ports::Usage { days: vec![0; 30], ..Default::default() };
    assert_eq!(usage, unused);
    let denials: i64 =
        install.raw_connection().query_row("SELECT count(*) FROM denied_attempts", [], |r| r.get(0)).unwrap();
    assert_eq!((denials, install.audit()), (0, rows));
}

#[test]
fn whose_finds_a_login_while_it_works() {
    let install = TestInstall::with_accounts();
    let login = install.call("member", LogIn { name: token_name("cli-laptop") }).unwrap().value;
    let found = || login.secret.expose(|text| call(&install.backend, &Credential::Store, whose(text)).unwrap());
    let SecretOwner::Login(known) = found().owner else { panic!("{:?}", found()) };
    assert_eq!((known.full_name().as_str(), known.expires_at), ("member/cli-laptop", login.expires_at));
    assert_eq!(found().denial_reason, None);
    install.fakes.clock.set(login.expires_at);
    assert_eq!(found().denial_reason, Some(DenialReason::Unknown), "the very instant");
}
