//! create: a new token and secret, and the limit of active ones.

use super::*;

#[test]
fn new_token_is_live_and_audited_without_its_secret() {
    let install = TestInstall::with_accounts();
    let new = CreateToken {
        description: Description::parse("for the nightly build").unwrap(),
        expires: None,
        selection: Selection::Sets(["IDE Plugins".to_owned()].into()),
        ..create("ci-deploy")
    };
    let made = install.call("member", new).unwrap();
    let (token, secret) = (&made.value[0].token, &made.value[0].secret);
    assert_eq!((token.name.as_str(), token.owner.username.as_str()), ("ci-deploy", "member"));
    assert_eq!(token.expiry, Expiry::At(START.plus(90 * DAY)), "policy.default_expiry");
    assert_eq!(token.status(install.now()), Status::Active);
    assert_eq!((token.last_seen_at, token.hint.as_str()), (None, secret.hint()), "never seen, not even by us");
    secret.expose(|s| {
        let parts: Vec<&str> = s.split('_').collect();
        assert_eq!((parts[0], parts[1].len(), parts[2].len(), parts.len()), ("jtn", 8, 38, 3));
    });
    assert!(allowed(&install, secret));
    let row = install.audit().pop().unwrap();
    assert_eq!((row.verb.as_str(), row.name.as_str(), row.proof.as_str()), ("token.create", "member", "password"));
    assert_eq!((row.target, row.target_name.as_str()), (token.id.to_string(), "member/ci-deploy"));
    secret.expose(|s| assert!(!row.details.contains(&s[13..]) && row.details.contains(secret.hint())));
    assert_eq!(
        made.equivalent_command.to_string(),
        "jeton token create ci-deploy --description 'for the nightly build' --set 'IDE Plugins'"
    );
}

#[test]
fn refused_create_changes_nothing() {
    let install = TestInstall::with_accounts();
    install.issue("member", "taken");
    let before = (install.audit(), install.call(OWNER, list()).unwrap());
    let past = CreateToken { expires: spec("20-11-2026"), ..create("x") };
    let error = assert_error(install.call("member", past), Kind::Usage).to_string();
    assert!(error.contains("2026-11-21 09:30:00 +00:00"), "{error}");
    assert_error(install.call("member", create("taken")), Kind::Conflict);
    let set = CreateToken { selection: Selection::Sets(["None".to_owned()].into()), ..create("x") };
    let error = assert_error(install.call("member", set), Kind::NotFound).to_string();
    assert!(error.contains("IDE Plugins"), "says which there are: {error}");
    let none = CreateToken { selection: Selection::Sets(BTreeSet::new()), ..create("x") };
    assert_error(install.call("member", none), Kind::Usage);
    let method = CreateToken { selection: methods(&["no.Such"]), ..create("x") };
    assert_error(install.call("member", method), Kind::NotFound);
    let nobody = CreateToken { account: Some(username("nobody")), ..create("x") };
    assert_error(install.call(OWNER, nobody.clone()), Kind::NotFound);
    assert_error(install.call("member", nobody), Kind::Denied);
    assert_eq!((install.audit(), install.call(OWNER, list()).unwrap()), before);
}

#[test]
fn expiry_ends_with_the_day_and_is_capped_by_policy() {
    let install = TestInstall::with_accounts();
    let today = CreateToken { expires: spec("21-11-2026"), ..create("today") };
    let token = install.create("member", today).token;
    assert_eq!(token.expiry.at().unwrap().rfc3339(), "2026-11-22T00:00:00Z");
    install.set_policy(|p| p.max_expiry = Some(Span::Days(30)));
    assert_error(install.call("member", create("x")), Kind::Conflict);
    assert_error(install.call("member", CreateToken { expires: spec("31d"), ..create("x") }), Kind::Conflict);
    install.call("member", CreateToken { expires: spec("30d"), ..create("x") }).unwrap();
}

#[test]
fn secret_is_saved_before_the_change_and_overwrites_nothing() {
    let install = TestInstall::with_accounts();
    let folder = install.temp_store.folder();
    let out = folder.join("secret");
    let (mut made, saved) =
        install.call_with_delivery("member", create("a"), SecretDestination::File(out.clone())).unwrap();
    assert_eq!(saved, std::slice::from_ref(&out));
    let made = made.value.remove(0);
    made.secret.expose(|s| assert_eq!(std::fs::read_to_string(&out).unwrap(), format!("{s}\n")));
    assert_eq!(std::fs::metadata(&out).unwrap().permissions().mode() & 0o7777, 0o600);

    let (link, aim) = (folder.join("link"), folder.join("aim"));
    std::os::unix::fs::symlink(&aim, &link).unwrap();
    for there in [out.clone(), link, folder.to_owned(), folder.join("no/folder")] {
        let error = assert_error(
            install.call_with_delivery("member", create("b"), SecretDestination::File(there)),
            Kind::Failure,
        );
        assert!(error.next.is_some(), "{error}");
    }
    assert!(!aim.exists());
    assert_error(install.call("member", show("b")), Kind::NotFound);
}

#[test]
fn active_tokens_are_limited_to_ten() {
    let install = TestInstall::with_accounts();
    for n in 0..10 {
        install.issue("member", &format!("t{n}-x"));
    }
    let error = assert_error(install.call("member", create("eleventh")), Kind::Conflict);
    insta::assert_snapshot!(error, @"the account member would have 11 active tokens: the limit for each account is 10 (policy.active_tokens). First disable or revoke other tokens of the account. An owner can also raise the limit: jeton policy set policy.active_tokens NUMBER");
    assert_error(install.call("member", show("eleventh")), Kind::NotFound);
    install.issue("viewer", "others-are-not-counted");

    install.call("member", disable(&["t0-x"])).unwrap();
    install.issue("member", "eleventh");
    assert_error(install.call("member", enable(&["t0-x"])), Kind::Conflict);
    assert!(!install.call("member", show("t0-x")).unwrap().token.enabled);
    install.set_policy(|p| p.active_tokens = 0);
    install.call("member", enable(&["t0-x"])).unwrap();
}

#[test]
fn expired_token_frees_a_place_until_it_gets_a_new_expiry() {
    let install = TestInstall::with_accounts();
    install.call("member", CreateToken { expires: spec("12h"), ..create("short") }).unwrap();
    for n in 1..10 {
        install.issue("member", &format!("x{n}"));
    }
    assert_error(install.call("member", create("y")), Kind::Conflict);
    install.fakes.clock.advance(12 * HOUR);
    install.issue("member", "y");
    let revive = RegenerateToken { expires: spec("30d"), ..regenerate("short") };
    assert_error(install.call("member", revive.clone()), Kind::Conflict);
    install.call("member", disable(&["y"])).unwrap();
    install.call("member", revive).unwrap();
}

/// Rotating a secret adds no active token, so a limit lowered since must not prevent it.
#[test]
fn lowered_limit_allows_regenerating_active_tokens() {
    let install = TestInstall::with_accounts();
    install.issue("member", "a");
    install.issue("member", "b");
    install.set_policy(|p| p.active_tokens = 1);
    install.call("member", regenerate("a")).unwrap();
    install.call("member", RegenerateToken { expires: spec("7d"), ..regenerate("a") }).unwrap();
    install.call("member", enable(&["a"])).unwrap();
    install.call("member", disable(&["a"])).unwrap();
    assert_error(install.call("member", enable(&["a"])), Kind::Conflict);
}

#[test]
fn concurrent_creates_pass_the_limit_once() {
    let install = TestInstall::with_accounts();
    for n in 0..9 {
        install.issue("member", &format!("x{n}"));
    }
    for round in 0..8 {
        let start = Arc::new(Barrier::new(2));
        let racers = [0, 1].map(|side| {
            let (path, start) = (install.temp_store.path(), start.clone());
            let fakes = Fakes::seeded(100 + 2 * round + side);
            std::thread::spawn(move || {
                // A separate source: the attempts race for the limit, not for the throttle.
                let caller = ClientInfo { source: format!("racer {side}"), ..client_info() };
                let jeton =
                    TestBackend::new(SqliteStore::open(&path, OpenMode::Existing).unwrap(), fakes.adapters(), caller);
                start.wait();
                call(&jeton, &credential("member"), create(&format!("racer{side}"))).map(drop)
            })
        });
        let outcomes = racers.map(|r| r.join().unwrap());
        let won = outcomes.iter().filter(|o| o.is_ok()).count();
        assert_eq!(won, 1, "{outcomes:?}");
        let name = if outcomes[0].is_ok() { "racer0" } else { "racer1" };
        let lost = outcomes.into_iter().find_map(std::result::Result::err).unwrap();
        assert_eq!(lost.kind, Kind::Conflict);
        install.call("member", revoke(&[name], name)).unwrap();
    }
}

#[test]
fn create_of_several_is_all_or_nothing() {
    let install = TestInstall::with_accounts();
    let folder = install.temp_store.folder().join("secrets");
    let names = |names: &[&str]| CreateToken { names: names.iter().map(|n| token_name(n)).collect(), ..create("x") };
    let saved = || std::fs::read_dir(&folder).unwrap().count();
    let save =
        |names: CreateToken| install.call_with_delivery("member", names, SecretDestination::Directory(folder.clone()));
    let rows = install.audit().len();
    assert_error(save(names(&["a", "b"])), Kind::Failure);
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("c.secret"), "mine").unwrap();
    assert_error(save(names(&["a", "b", "c"])), Kind::Failure);
    assert_eq!((saved(), install.audit().len()), (1, rows), "what was saved before the refusal is gone again");
    let file = SecretDestination::File(folder.join("one"));
    assert_error(install.call_with_delivery("member", names(&["a", "b"]), file), Kind::Usage);
    assert_error(install.call("member", names(&["a", "b", "a"])), Kind::Usage);
    assert_error(install.call("member", names(&[])), Kind::Usage);
    install.set_policy(|p| p.active_tokens = 2);
    let error = assert_error(install.call("member", names(&["a", "b", "c", "d"])), Kind::Conflict);
    insta::assert_snapshot!(error, @"the account member would have 4 active tokens: the limit for each account is 2 (policy.active_tokens). First disable or revoke other tokens of the account. An owner can also raise the limit: jeton policy set policy.active_tokens NUMBER");
    let rows = install.audit().len();

    let (done, files) = save(names(&["a", "b"])).unwrap();
    assert_eq!(done.equivalent_command.to_string(), "jeton token create a b --expires never");
    assert_eq!((saved(), install.audit().len()), (3, rows + 2));
    for (issued, saved) in done.value.iter().zip(&files) {
        let file = folder.join(format!("{}.secret", issued.token.name));
        assert_eq!(saved, &file);
        issued.secret.expose(|s| assert_eq!(std::fs::read_to_string(&file).unwrap(), format!("{s}\n")));
        assert!(allowed(&install, &issued.secret));
    }
}
