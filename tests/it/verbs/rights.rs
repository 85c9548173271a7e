//! Effective rights, with the reason for each withheld method.

use super::*;
use crate::support::fakes::{entry, tester};
use jeton::domain::catalogue::effective_rights::{EffectiveRights, Withheld};
use jeton::domain::catalogue::permission_index::members;
use jeton::domain::catalogue::{ApiSet, SetEntry, toml_reader, toml_writer};
use jeton::verbs::audited::Audited;
use jeton::verbs::tokens::TokenDetails;

fn can(install: &TestInstall, name: &str, method: &MethodId) -> Option<Withheld> {
    let token = TokenRef::Text(name.to_owned());
    install.call(OWNER, CanToken { token, method: method.clone() }).unwrap().current.0
}

/// Stores a set as an older program accepted it: one that names methods of `jeton.*`, and one that includes that set.
fn keep_set_of_management(install: &TestInstall) {
    let set = |name: &str, entries: &[&str]| ApiSet {
        name: name.to_owned(),
        title: name.to_owned(),
        include: entries.iter().map(|text| SetEntry::parse(text).unwrap()).collect(),
        exclude: Vec::new(),
    };
    let named = ["jeton.tokens.write-all", "jeton.gone.Method", "environment.control.GetEnvInfo"];
    let sets = vec![set("Desk", &named), set("Over all", &["set:Desk"])];
    let catalogue = Catalogue {
        name: "desk".into(),
        title: "Desk".into(),
        hosts: Default::default(),
        trailing_slash: Default::default(),
        groups: Vec::new(),
        sets,
    };
    let now = install.now();
    let kept = install.store().write(&tester(), &|| now, |tx, _| {
        tx.set_catalogue(&catalogue)?;
        Ok(Audited::one((), entry("desk")))
    });
    kept.unwrap();
}

/// Such a store stays usable: only the set's own file is refused when it is applied again.
#[test]
fn stored_set_of_management_methods_hinders_no_other_catalogue() {
    let install = TestInstall::with_accounts();
    keep_set_of_management(&install);
    let listed = || call(&install.backend, &Credential::Store, ListCatalogues).unwrap();
    let desk = listed().into_iter().find(|c| c.name == "desk").unwrap();
    assert_eq!(members(&listed(), "Over all"), [MethodId::parse("environment.control.GetEnvInfo").unwrap()].into());
    let shop = crate::catalogue::shop(&install, |text| text);
    crate::catalogue::apply(&install, OWNER, &shop, None).unwrap();
    let cloud = Catalogue::shipped("cloud-platform").unwrap();
    crate::catalogue::apply(&install, OWNER, &cloud, None).unwrap();
    let again = toml_reader::read("f.toml", &toml_writer::toml(&desk), &listed());
    insta::assert_snapshot!(assert_error(again, Kind::Usage), @r#"f.toml:9:5: "jeton.tokens.write-all" in the API set "Desk" is invalid: API sets can't include jeton.* methods. Choose these methods for each token"#);
}

/// For each method, the list in `show`, the answer of `can` and the decision about a presented secret agree. Tested for
/// every selection, under every pair of roles, for live and dead secrets.
#[test]
fn show_can_and_every_decision_agree() {
    let install = TestInstall::with_accounts();
    install.account("someone", Role::Member);
    keep_set_of_management(&install);
    let catalogues = install.store().read(|s| s.catalogues()).unwrap();
    let mut asked: Vec<MethodId> =
        catalogues.iter().flat_map(|c| c.methods().map(|m| m.id.clone())).step_by(9).collect();
    asked.push(MethodId::parse("jeton.tokens.write-all").unwrap());
    asked.push(MethodId::parse("gone.Method").unwrap());
    let sets = |names: &[&str]| Selection::Sets(names.iter().map(|n| (*n).to_owned()).collect());
    let selections = [
        Selection::nothing(),
        Selection::Inherit,
        sets(&["IDE Plugins"]),
        sets(&["Extended Access", "Marketplace", "Gone"]),
        sets(&["Over all"]),
        Selection::Custom(asked.iter().cloned().collect()),
    ];
    let mut seen = BTreeSet::new();
    for (n, selection) in selections.iter().enumerate() {
        for issued in Role::ALL {
            let name = format!("{issued}{n}");
            let (token, secret) = install.token_issued_under(issued, "someone", &name, selection);
            for account in Role::ALL {
                install.set_role("someone", account);
                for enabled in [true, false] {
                    if !enabled {
                        install.call(OWNER, disable(&[&format!("someone/{name}")])).unwrap();
                    }
                    let shown: TokenDetails = install.call(OWNER, show(&format!("someone/{name}"))).unwrap();
                    let listed: std::collections::BTreeMap<_, _> = shown.rights.current.methods().into_iter().collect();
                    for id in &asked {
                        let cell = format!("{name} of a {account}, {id}, {enabled}");
                        let can = can(&install, &format!("someone/{name}"), id);
                        let unlisted = !matches!(can, Some(Withheld::NotSelected | Withheld::UnknownMethod));
                        let by_inherit = *selection == Selection::Inherit && matches!(can, Some(Withheld::AccountRole));
                        match listed.get(id) {
                            Some(listed) => assert_eq!(*listed, can, "{cell}"),
                            None => assert!(!unlisted || by_inherit, "{cell}: {can:?}"),
                        }
                        let decided = secret.expose(|s| install.decide(s, Some(id)));
                        assert_eq!(matches!(decided, Decision::Allowed(_)), can.is_none(), "{cell}: {decided:?}");
                        seen.insert(can.map_or("allowed", Withheld::as_str));
                    }
                }
                install.call(OWNER, enable(&[&format!("someone/{name}")])).unwrap();
            }
            install.set_role("someone", Role::Member);
            install.call(OWNER, revoke(&[&format!("someone/{name}")], &name)).unwrap();
            assert_eq!(
                install.call(OWNER, ShowToken { token: TokenRef::Id(token.id) }).unwrap().rights.current.denial_reason,
                Some(DenialReason::Deleted)
            );
        }
    }
    let all =
        ["account-role", "allowed", "disabled", "issued-role", "not-selected", "picked-one-by-one", "unknown-method"];
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), all);
}

#[test]
fn both_secrets_of_an_overlap_have_their_own_rights() {
    let install = TestInstall::with_accounts();
    let write = "environment.control.StopEnv";
    install.create("viewer", CreateToken { selection: methods(&[write]), ..create("x") });
    install.set_role("viewer", Role::Member);
    install.call("viewer", with_grace("x", "1d")).unwrap();
    let shown = install.call("viewer", show("x")).unwrap();
    let id = MethodId::parse(write).unwrap();
    assert_eq!(shown.rights.current.permitted, std::slice::from_ref(&id));
    let before = shown.rights.previous.unwrap();
    assert_eq!((before.permitted, before.withheld), (vec![], vec![(id.clone(), Withheld::IssuedRole)]));
    let can = install.call("viewer", CanToken { token: TokenRef::Text("x".to_owned()), method: id.clone() }).unwrap();
    assert_eq!((can.current.0, can.previous.unwrap().0), (None, Some(Withheld::IssuedRole)));
    install.fakes.clock.advance(DAY);
    assert_eq!(install.call("viewer", show("x")).unwrap().rights.previous, None);
}

#[test]
fn selection_with_withheld_methods_gives_a_warning() {
    let install = TestInstall::with_accounts();
    let warned = |selection| install.create("viewer", CreateToken { selection, ..create("x") }).warning;
    insta::assert_snapshot!(warned(Selection::nothing()).unwrap(), @"the token can't call any method: its API selection has no methods");
    install.call("viewer", revoke(&["x"], "x")).unwrap();
    let (read, write) = ("environment.control.GetEnvInfo", "environment.control.StopEnv");
    let warning = warned(methods(&[read, write])).unwrap();
    assert!(warning.contains("1 of its 2") && warning.contains(write) && warning.contains("viewer"), "{warning}");
    let edited = |to: Selection| {
        let selection = Some(SelectionEdit::Replace(to));
        install.call("viewer", EditToken { selection, ..edit("x") }).unwrap().value.warning
    };
    assert_eq!(edited(methods(&[read])), None);
    insta::assert_snapshot!(edited(methods(&[write])).unwrap(), @"the token can't call its only method: environment.control.StopEnv (the account's role viewer is too low)");
    assert_eq!(edited(Selection::Inherit), None);
    let rights = EffectiveRights {
        permitted: vec![MethodId::parse(read).unwrap()],
        unknown_sets: vec!["gone".to_owned()],
        ..install.call("viewer", show("x")).unwrap().rights.current
    };
    insta::assert_snapshot!(EffectiveRights { withheld: Vec::new(), ..rights }.warning().unwrap(), @"a part of the API selection grants nothing: unknown API set gone");
    let described = EditToken { description: Some(Description::parse("x").unwrap()), ..edit("x") };
    assert_eq!(install.call("viewer", described).unwrap().value.warning, None, "it chose no selection");
}

/// An unknown method is answered with the nearest one.
#[test]
fn unknown_method_has_a_nearest() {
    let install = TestInstall::with_accounts();
    install.issue("member", "x");
    let nearest = |wanted: &str| {
        let method = MethodId::parse(wanted).unwrap();
        let token = TokenRef::Text("x".to_owned());
        install.call("member", CanToken { token, method }).unwrap().nearest.map(|id| id.to_string())
    };
    for wanted in ["environment.control.stopenv", "environment.control.StopEnvs", "environment.StopEnv", "StopEnv"] {
        assert_eq!(nearest(wanted).as_deref(), Some("environment.control.StopEnv"), "{wanted}");
    }
    assert_eq!(nearest("environment.control.StopEnv"), None, "it is known");
    assert_eq!(nearest("zzz"), None);
    let method = MethodId::parse("a.B").unwrap();
    let theirs = CanToken { token: TokenRef::Text(format!("{OWNER}/x")), method };
    assert_error(install.call("member", theirs), Kind::Denied);
}
