//! list, show, whoami and the counts; references to tokens.

use super::*;
use jeton::domain::catalogue::SetEntry;

#[test]
fn list_shows_own_and_managed_tokens() {
    let install = TestInstall::with_accounts();
    for who in [OWNER, "admin", "member", "viewer"] {
        install.issue(who, &format!("of-{who}"));
    }
    let names = |who: &str, list: ListTokens| -> Vec<String> {
        install.call(who, list).unwrap().rows.iter().map(|t| t.name.to_string()).collect()
    };
    assert_eq!(names(OWNER, list()), ["of-admin", "of-member", "of-ops", "of-viewer"]);
    assert_eq!(names("admin", list()), ["of-admin", "of-member", "of-viewer"]);
    assert_eq!(names("member", list()), ["of-member"]);
    let of = |name: &str| ListTokens { owner: OwnerFilter::Account(username(name)), ..list() };
    let mine = || ListTokens { owner: OwnerFilter::Mine, ..list() };
    assert_eq!(names("admin", of("admin")), ["of-admin"]);
    assert_eq!(names("admin", of("member")), ["of-member"]);
    assert_eq!(
        (names("admin", mine()), names("member", mine())),
        (names("admin", of("admin")), names("member", list()))
    );
    let last = Sort { column: SortColumn::Account, descending: true };
    let backwards = ["of-viewer", "of-ops", "of-member", "of-admin"];
    assert_eq!(names(OWNER, ListTokens { sort: last, ..list() }), backwards);
    install.call("member", revoke(&["of-member"], "of-member")).unwrap();
    assert_eq!(names("member", list()), [""; 0]);
    assert_eq!(names("member", ListTokens { trashed: true, ..list() }), ["of-member"]);
}

/// Each token whose selection includes a method is listed by the method, as of now.
#[test]
fn list_by_method_finds_each_token_that_may_call_it() {
    let install = TestInstall::with_accounts();
    let sets = |name: &str| Selection::Sets([name.to_owned()].into());
    let by_hand = |id: &str| Selection::Custom([MethodId::parse(id).unwrap()].into());
    for (who, name, selection) in [
        ("member", "by-hand", by_hand("environment.control.ListEnvs")),
        ("member", "by-management", by_hand("jeton.tokens.read")),
        ("member", "by-set", sets("IDE Plugins")),
        ("member", "inherits", Selection::Inherit),
        ("member", "other", by_hand("environment.control.GetEnvInfo")),
        ("member", "nothing", Selection::nothing()),
        ("viewer", "inherits-less", Selection::Inherit),
    ] {
        install.create(who, CreateToken { selection, ..create(name) });
    }
    let filter = |method: &str| TokenFilter::parse(&format!("method:{method}"));
    let names = |method: &str| -> Vec<String> {
        let found = install.call(OWNER, ListTokens { filter: filter(method), ..list() }).unwrap();
        found.rows.iter().map(|token| token.name.to_string()).collect()
    };
    let able = |id: &str| -> Vec<String> {
        let can = |name: &&str| {
            let (token, method) = (TokenRef::Text((*name).to_owned()), MethodId::parse(id).unwrap());
            install.call(OWNER, CanToken { token, method }).unwrap().current.0.is_none()
        };
        let all = ["by-hand", "by-management", "by-set", "inherits", "inherits-less", "nothing", "other"];
        all.iter().filter(|name| can(name)).map(|name| (*name).to_owned()).collect()
    };
    let (list_envs, stop_env) = ("environment.control.ListEnvs", "environment.control.StopEnv");
    assert_eq!(names(list_envs), ["by-hand", "by-set", "inherits", "inherits-less"]);
    assert_eq!(names("CONTROL.stopenv"), ["by-set", "inherits"]);
    assert_eq!(names("jeton.tokens"), ["by-management"]);
    assert_eq!(names("zzz"), [""; 0]);
    for id in [list_envs, stop_env, "jeton.tokens.read"] {
        assert_eq!(names(id), able(id), "{id}");
    }
    install.set_role("viewer", Role::Member);
    assert_eq!(names(stop_env), ["by-set", "inherits", "inherits-less"]);
    let mut cloud = Catalogue::shipped("cloud-platform").unwrap();
    let plugins = cloud.sets.iter_mut().find(|set| set.name == "IDE Plugins").unwrap();
    plugins.exclude.push(SetEntry::parse(stop_env).unwrap());
    install.call(OWNER, ApplyCatalogue::new(cloud, None, None)).unwrap();
    assert_eq!(names(stop_env), ["inherits", "inherits-less"]);
    // The role of the secret withholds a method that the selection includes.
    assert_eq!(able(stop_env), ["inherits"]);
}

#[test]
fn show_has_usage_and_finds_the_trash_too() {
    let install = TestInstall::with_accounts();
    let issued = install.issue("member", "x");
    assert_eq!(install.call("member", show("x")).unwrap().usage.last_seen_at, None);
    assert!(allowed(&install, &issued.secret));
    install.call("member", disable(&["x"])).unwrap();
    assert_eq!(why(&install, &issued.secret), DenialReason::Disabled);
    let shown = install.call("member", show("x")).unwrap();
    assert_eq!((shown.usage.last_seen_at, shown.usage.today, shown.usage.denied_week), (Some(START), 1, 1));
    assert_eq!(shown.token.last_seen_at, Some(START));
    assert_eq!(shown.usage.clients[0].address, "192.0.2.7");
    install.call("member", revoke(&["x"], "x")).unwrap();
    assert_eq!(install.call("member", show("x")).unwrap().token.deleted_at, Some(START));
}

#[test]
fn who_and_how_many() {
    let install = TestInstall::with_accounts();
    install.issue("member", "a");
    install.call("member", CreateToken { expires: spec("13d"), ..create("b") }).unwrap();
    install.call("member", CreateToken { expires: spec("15d"), ..create("c") }).unwrap();
    let tally = install.call("member", CountTokens).unwrap();
    assert_eq!((tally.active, tally.limit, tally.expiring), (3, 10, 1));
    assert_eq!(install.call("viewer", CountTokens).unwrap().expiring, 0);
    assert_eq!(install.call(OWNER, CountTokens).unwrap().expiring, 1);
    let me = install.call("member", WhoAmI).unwrap();
    assert_eq!((me.account.role, me.active_tokens, me.policy.active_tokens), (Role::Member, 3, 10));
    assert_eq!(install.call("viewer", ListCatalogues).unwrap().iter().map(|c| c.sets.len()).sum::<usize>(), 4);
}

#[test]
fn catalogues_read_back_as_they_were_written() {
    let install = TestInstall::with_accounts();
    let listed = call(&install.backend, &Credential::Store, ListCatalogues).unwrap();
    let shipped: Vec<_> = ["jeton", "cloud-platform"].map(|n| Catalogue::shipped(n).unwrap()).into();
    assert_eq!(listed, shipped);
}

#[test]
fn token_is_found_by_name_full_name_hint_and_id() {
    let install = TestInstall::with_accounts();
    let (first, second) = (install.issue("member", "same").token, install.issue("viewer", "same").token);
    let find = |who: &str, text: &str| install.call(who, show(text)).map(|s| s.token.id);
    assert_eq!(find("member", "same").unwrap(), first.id, "one's own first");
    assert_eq!(find("admin", "member/same").unwrap(), first.id);
    assert_eq!(find("admin", &second.hint).unwrap(), second.id);
    assert_eq!(find("admin", &second.id.to_string()).unwrap(), second.id);
    let error = assert_error(find("admin", "same"), Kind::Conflict).to_string();
    assert!(error.contains("member/same") && error.contains("viewer/same"), "{error}");
    assert_error(find(OWNER, "none"), Kind::NotFound);
    assert_error(find(OWNER, "jtn_zzzzzzzz"), Kind::NotFound);
    assert_error(find(OWNER, "t:999"), Kind::NotFound);
    assert_error(find("member", &second.hint.replace("jtn", "abc")), Kind::NotFound);
    for hostile in ["", "-x", "a b", "\u{1b}[2J", "a/b/c", "/", "member/", "Member/same"] {
        let error = assert_error(find(OWNER, hostile), Kind::Usage).to_string();
        assert!(!error.contains('\u{1b}'));
    }

    let old = second.hint.clone();
    install.call("viewer", regenerate("same")).unwrap();
    assert_eq!(find("admin", &old).unwrap(), second.id, "a dead secret's hint still tells whose it was");
    let error = assert_error(install.call("member", restore("same")), Kind::NotFound);
    insta::assert_snapshot!(error, @"the token same is not in the trash: only a revoked token can be restored");
    install.call("member", revoke(&["same"], "same")).unwrap();
    let error = assert_error(install.call("member", disable(&["same"])), Kind::NotFound);
    insta::assert_snapshot!(error, @"the token same is in the trash: jeton denies revoked tokens already");
}

/// A name refers only to itself, never to another token's id or hint.
#[test]
fn token_name_can_not_look_like_an_id_or_a_hint() {
    let install = TestInstall::with_accounts();
    let real = install.issue(OWNER, "real").token;
    assert_eq!(real.id.to_string(), format!("t:{}", real.id.0));
    assert!(TokenName::parse(&real.id.to_string()).is_err());
    let mut decoy = create("x");
    decoy.names = vec![token_name(&real.hint)];
    assert_eq!(install.call("member", decoy).unwrap_err().kind, Kind::Usage);
}

#[test]
fn secret_is_kept_nowhere_by_mistake() {
    let install = TestInstall::with_accounts();
    install.issue(OWNER, "real").secret.expose(|s| {
        for refused in [TokenName::parse(s).err(), Description::parse(&format!("was {s}")).err()] {
            let text = refused.unwrap().to_string();
            assert!(!text.contains(&s[13..]), "{text}");
        }
    });
}

#[test]
fn snapshots_have_what_is_gone_or_hidden() {
    let install = TestInstall::with_accounts();
    let (own, idle) = (install.issue("member", "own"), install.issue("member", "idle"));
    let others = install.issue(OWNER, "others");
    install.call("member", revoke(&["idle"], "idle")).unwrap();
    let ids = vec![own.token.id, others.token.id, idle.token.id];
    let review = |tokens| install.call("member", GetTokens { tokens });
    let reviewed = review(ids.clone()).unwrap();
    assert_eq!(reviewed.iter().map(|one| one.id).collect::<Vec<_>>(), ids);
    let snapshots: Vec<_> = reviewed.iter().map(|one| one.token.as_ref().map(|t| t.name.as_str())).collect();
    assert_eq!(snapshots, [Some("own"), None, Some("idle")]);
    assert!(reviewed[2].token.as_ref().unwrap().deleted_at.is_some());
    assert_error(review(vec![own.token.id; MAX_SNAPSHOTS + 1]), Kind::Usage);
}
