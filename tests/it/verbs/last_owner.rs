//! An enabled owner always remains, whatever concurrent changes are tried.

use super::*;
use jeton::verbs::request::RequestVerb;

#[test]
fn last_enabled_owner_is_neither_demoted_nor_disabled_nor_deleted() {
    let install = TestInstall::with_accounts();
    install.account("second", Role::Owner);
    install.call(OWNER, switch_off(&["second"])).unwrap();
    let before = (install.audit(), install.account_named(OWNER));
    let errors = [
        assert_error(install.call(OWNER, set_role(OWNER, Role::Admin)), Kind::Conflict),
        assert_error(install.call(OWNER, switch_off(&[OWNER])), Kind::Conflict),
        assert_error(install.call(OWNER, delete_account(OWNER)), Kind::Conflict),
    ];
    let removals = [Removal::Accounts(vec![owner()]), Removal::Role(owner(), Role::Admin)];
    let before_the_question =
        removals.map(|removal| assert_error(install.call(OWNER, GetImpact { removal }), Kind::Conflict));
    for error in errors.into_iter().chain(before_the_question) {
        insta::allow_duplicates! { insta::assert_snapshot!(error, @"the last enabled owner can't be disabled, deleted or given another role: without an enabled owner, nobody could manage owners and admins. First make sure that another owner is enabled. To enable a disabled owner: jeton account enable NAME. To make an account an owner: jeton account role NAME owner. To create a new owner: jeton account create NAME --role owner"); }
    }
    assert_eq!((install.audit(), install.account_named(OWNER)), before);
    install.call(OWNER, set_role("admin", Role::Owner)).unwrap();
    install.call(OWNER, delete_account(OWNER)).unwrap();
    assert_error(install.call("admin", switch_off(&["admin"])), Kind::Conflict);
    assert_error(install.call("admin", delete_account("admin")), Kind::Conflict);
    install.call("admin", switch_on(&["second"])).unwrap();
    install.call("admin", set_role("admin", Role::Viewer)).unwrap();
    assert_error(install.call("second", delete_account("second")), Kind::Conflict);
}

/// Runs `verb` for two owners at once, each with a store handle of their own. `other`: each targets the other, or else
/// itself. Returns both results.
fn race<V: RequestVerb + Send + 'static>(other: bool, verb: fn(&str) -> V) -> (TestInstall, Vec<Result<()>>) {
    let install = TestInstall::new();
    install.account("two", Role::Owner);
    let start = Arc::new(Barrier::new(2));
    let racers = [(OWNER, "two"), ("two", OWNER)].map(|(who, whom)| {
        let (path, fakes, start) = (install.temp_store.path(), install.fakes.clone(), start.clone());
        std::thread::spawn(move || {
            let jeton = backend(&path, fakes.adapters());
            start.wait();
            call(&jeton, &credential(who), verb(if other { whom } else { who })).map(drop)
        })
    });
    let ended = racers.map(|r| r.join().unwrap()).into();
    (install, ended)
}

fn one_stays<V: RequestVerb + Send + 'static>(verb: fn(&str) -> V) {
    for round in 0..8 {
        let other = round % 2 == 0;
        let (install, ended) = race(other, verb);
        assert_eq!(install.store().read(|s| s.enabled_owners()).unwrap(), 1, "{ended:?}");
        assert_eq!(ended.iter().filter(|e| e.is_ok()).count(), 1, "{ended:?}");
        // The second finds its account deleted, or itself the last owner.
        let late = ended.into_iter().find_map(Result::err).unwrap();
        let expected = if other { &[Kind::Unauthenticated, Kind::Denied][..] } else { &[Kind::Conflict] };
        assert!(expected.contains(&late.kind), "{late}");
        assert_eq!(install.audit().len(), 3, "init, the second owner, one change");
    }
}

#[test]
fn two_owners_demoted_at_once_leave_one() {
    one_stays(|name| set_role(name, Role::Viewer));
}

#[test]
fn two_owners_disabled_at_once_leave_one() {
    one_stays(|name| switch_off(&[name]));
}

#[test]
fn two_owners_deleted_at_once_leave_one() {
    one_stays(delete_account);
}
