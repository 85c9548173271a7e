//! Methods and sets with a new name in a newer version of their catalogue: tokens keep what they had.

use jeton::domain::api_selection::{Selection, SelectionEdit};
use jeton::domain::catalogue::SetEntry;
use jeton::domain::method::MethodId;
use jeton::domain::token::TokenRef;
use jeton::verbs::ports::Store;
use jeton::verbs::tokens::{CreateToken, EditToken, IssuedToken, RevokeTokens, ShowToken, TokenTarget};
use jeton::verbs::verify::Decision;

use super::*;
use crate::support::fakes::create;

fn sets(names: &[&str]) -> Selection {
    Selection::Sets(names.iter().map(|n| (*n).to_owned()).collect())
}

fn methods(ids: &[&str]) -> Selection {
    Selection::Custom(ids.iter().map(|m| MethodId::parse(m).unwrap()).collect())
}

/// Puts the catalogue's name before the ids of groups and the names of sets, as newer imports do.
fn prefixed(text: String) -> String {
    let text = text.replace("\"shop.orders", "\"shop.sales").replace("group:shop.stock", "group:shop.store");
    let text = text.replace("id = \"shop.stock\"", "id = \"shop.store\"");
    text.replace("\"Shop reader\"", "\"shop: Shop reader\"").replace("set:Shop reader", "set:shop: Shop reader")
}

/// Returns an installation with the shop, whose method `Count` has a route, and a catalogue with a set of the shop's set.
fn fixture() -> TestInstall {
    let install = TestInstall::with_accounts();
    install.set_policy(|p| p.active_tokens = 0);
    apply(&install, OWNER, &shop(&install, with_route), None).unwrap();
    let other = "schema = 1\nname = \"desk\"\ntitle = \"Desk\"\n[[set]]\nname = \"Desk\"\ntitle = \"d\"\n\
                 include = [\"set:Shop reader\"]\n";
    apply(&install, OWNER, &read(&install, other).unwrap(), None).unwrap();
    install
}

fn with_route(text: String) -> String {
    text.replace(
        "title = \"Counts what is in stock\"\naccess = \"read\"",
        "title = \"Counts what is in stock\"\naccess = \"read\"\nroutes = [\"GET /1.0/stock\"]",
    )
}

fn renamed(install: &TestInstall) -> Catalogue {
    shop(install, |text| prefixed(with_route(text)))
}

/// Returns which of the shop's requests a secret may make, by the ids that these have now.
fn permitted(install: &TestInstall, token: &IssuedToken, ids: &[&str]) -> Vec<bool> {
    let may = |id: &&str| {
        let id = MethodId::parse(id).unwrap();
        token.secret.expose(|secret| matches!(install.decide(secret, Some(&id)), Decision::Allowed(_)))
    };
    ids.iter().map(may).collect()
}

#[test]
fn tokens_keep_what_they_had() {
    let install = fixture();
    let made: Vec<IssuedToken> = [
        ("reader", sets(&["Shop reader"])),
        ("both", sets(&["Shop reader", "IDE Plugins"])),
        ("desk", sets(&["Desk"])),
        ("hand", methods(&["shop.orders.List", "shop.stock.Count", "jeton.tokens.read"])),
        ("purge", methods(&["shop.orders.Purge", "shop.orders.Cancel"])),
        ("all", Selection::Inherit),
        ("none", Selection::nothing()),
        ("trashed", sets(&["Shop reader"])),
    ]
    .map(|(name, selection)| install.create("member", CreateToken { selection, ..create(name) }))
    .into();
    let revoke = RevokeTokens {
        tokens: vec![TokenTarget::by_reference("trashed")],
        with_made: false,
        expected_made: None,
        confirmation: "trashed".into(),
    };
    install.call("member", revoke).unwrap();
    let old = ["shop.orders.List", "shop.orders.Cancel", "shop.stock.Count"];
    let new = ["shop.sales.List", "shop.sales.Cancel", "shop.store.Count"];
    let before: Vec<_> = made.iter().map(|token| permitted(&install, token, &old)).collect();
    assert_eq!(before[0], [true, false, true]);
    let revisions: Vec<i64> = made.iter().map(|m| install.token(m.token.id).revision.0).collect();

    let newer = renamed(&install);
    let shown = preview(&install, &newer);
    let pairs = |part: &jeton::domain::catalogue::change::diff::PartDiff| {
        part.renamed.iter().map(|r| format!("{} {}", r.before, r.after)).collect::<Vec<_>>()
    };
    assert_eq!(pairs(&shown.diff.methods), [0, 1, 2].map(|n| format!("{} {}", old[n], new[n])));
    assert_eq!(pairs(&shown.diff.sets), ["Shop reader shop: Shop reader"]);
    // Without a request of its own, nothing says that the method is the same.
    assert_eq!(shown.diff.methods.removed, ["shop.orders.Purge"]);
    assert_eq!(shown.diff.methods.added, ["shop.sales.Purge"]);
    assert_eq!((shown.renamed_tokens, shown.widening.count), (5, 0), "reader, both, hand, purge, trashed");
    assert_eq!(shown.renamed_in_sets, ["Desk"]);
    assert!(shown.set_changes.iter().all(|change| change.set != "shop: Shop reader" && change.set != "Desk"));

    let done = apply(&install, OWNER, &newer, None).unwrap();
    assert_eq!(done, shown);
    let after: Vec<_> = made.iter().map(|token| permitted(&install, token, &new)).collect();
    assert_eq!(after, before);
    let selection = |n: usize| install.token(made[n].token.id).selection;
    assert_eq!(selection(0), sets(&["shop: Shop reader"]));
    assert_eq!(selection(1), sets(&["IDE Plugins", "shop: Shop reader"]));
    assert_eq!(selection(3), methods(&["jeton.tokens.read", "shop.sales.List", "shop.store.Count"]));
    assert_eq!(selection(4), methods(&["shop.orders.Purge", "shop.sales.Cancel"]));
    assert_eq!(selection(7), sets(&["shop: Shop reader"]));
    for (n, raised) in [1, 1, 0, 1, 1, 0, 0, 1].into_iter().enumerate() {
        assert_eq!(install.token(made[n].token.id).revision.0, revisions[n] + raised, "{n}");
    }
    let catalogues = stored(&install);
    let desk = catalogues.iter().find(|c| c.name == "desk").unwrap();
    assert_eq!(desk.sets[0].include, [SetEntry::Set("shop: Shop reader".to_owned())]);

    let row = install.audit().pop().unwrap();
    let details: serde_json::Value = serde_json::from_str(&row.details).unwrap();
    assert_eq!((&details["methods_renamed"], &details["sets_renamed"]), (&3.into(), &1.into()));
    assert_eq!((&details["renamed_tokens"], &details["widened"]), (&5.into(), &0.into()));

    let again = preview(&install, &newer);
    assert!(again.is_empty() && again.renamed_tokens == 0, "{again:?}");
    apply(&install, OWNER, &newer, None).unwrap();
    assert_eq!(stored(&install), catalogues);
}

#[test]
fn set_of_another_catalogue_hinders_a_removal_but_no_new_name() {
    let install = fixture();
    let gone = shop(&install, |text| with_route(text).replace("\"set:Shop reader\", ", ""));
    let error = install.call(OWNER, ApplyCatalogue::new(without_reader(gone), None, None)).map(drop);
    assert!(assert_error(error, Kind::Usage).to_string().contains("Desk"));
    apply(&install, OWNER, &renamed(&install), None).unwrap();
}

fn without_reader(mut catalogue: Catalogue) -> Catalogue {
    catalogue.sets.retain(|set| set.name != "Shop reader");
    catalogue
}

/// A set that has more members under its new name widens its tokens as any other change does.
#[test]
fn renamed_set_that_gains_needs_the_number() {
    let install = fixture();
    for (who, name, selection) in [
        ("member", "reader", sets(&["Shop reader"])),
        ("member", "desk", sets(&["Desk"])),
        ("viewer", "reader", sets(&["Shop reader"])),
    ] {
        install.create(who, CreateToken { selection, ..create(name) });
    }
    let newer = shop(&install, |text| {
        let text = prefixed(with_route(text));
        text.replacen("\"group:shop.store\"]", "\"group:shop.store\", \"shop.sales.Cancel\"]", 1)
    });
    let shown = preview(&install, &newer);
    let gains: Vec<_> = shown.widening.tokens.iter().map(|t| (t.name.as_str(), t.count)).collect();
    assert_eq!(gains, [("member/reader", 1), ("member/desk", 1)]);
    assert_eq!(shown.widening.tokens[0].methods, [MethodId::parse("shop.sales.Cancel").unwrap()]);
    assert_error(apply(&install, OWNER, &newer, None), Kind::Conflict);
    assert!(
        install
            .store()
            .read(|s| s.catalogues())
            .unwrap()
            .iter()
            .all(|c| c.sets.iter().all(|s| s.name != "shop: Shop reader"))
    );
    apply(&install, OWNER, &newer, Some(2)).unwrap();
}

/// A lower access level of a renamed method is a gain, and the level itself is shown.
#[test]
fn renamed_method_of_another_level_widens() {
    let install = fixture();
    let selection = methods(&["shop.orders.Cancel"]);
    let token = install.create("viewer", CreateToken { selection, ..create("cancel") });
    let newer =
        shop(&install, |text| prefixed(with_route(text)).replacen("access = \"write\"", "access = \"read\"", 1));
    let shown = preview(&install, &newer);
    assert_eq!(shown.widening.tokens.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["viewer/cancel"]);
    assert_eq!(shown.diff.methods.changed.iter().map(|c| c.id.as_str()).collect::<Vec<_>>(), ["shop.sales.Cancel"]);
    apply(&install, OWNER, &newer, Some(1)).unwrap();
    assert_eq!(permitted(&install, &token, &["shop.sales.Cancel"]), [true]);
}

/// A token may hold the new name before it exists, as an unknown one. It has gained the method, and has it once.
#[test]
fn unknown_name_that_becomes_known_is_a_gain() {
    let install = fixture();
    let hand = install.create("member", CreateToken { selection: methods(&["shop.orders.List"]), ..create("hand") });
    let by_set = install.create("member", CreateToken { selection: sets(&["Shop reader"]), ..create("set") });
    let other = install.create("member", CreateToken { selection: methods(&["shop.orders.List"]), ..create("other") });
    let add = |sql: &str, token: &IssuedToken| install.raw_connection().execute(sql, [token.token.id.0]).unwrap();
    add("INSERT INTO token_methods VALUES (?1, 'shop.sales.Cancel'), (?1, 'shop.sales.List')", &hand);
    add("UPDATE token_methods SET method_id = 'shop.sales.List' WHERE token_id = ?1", &other);
    add("INSERT INTO token_sets VALUES (?1, 'shop: Shop reader')", &by_set);
    let newer = renamed(&install);
    let shown = preview(&install, &newer);
    let gains: Vec<_> = shown.widening.tokens.iter().map(|t| (t.name.as_str(), t.methods[0].as_str())).collect();
    assert_eq!(gains, [("member/hand", "shop.sales.Cancel"), ("member/other", "shop.sales.List")]);
    assert_eq!(shown.renamed_tokens, 2);
    assert_error(apply(&install, OWNER, &newer, None), Kind::Conflict);
    apply(&install, OWNER, &newer, Some(2)).unwrap();
    assert_eq!(install.token(hand.token.id).selection, methods(&["shop.sales.Cancel", "shop.sales.List"]));
    assert_eq!(install.token(by_set.token.id).selection, sets(&["shop: Shop reader"]));
    let api = |token: &IssuedToken| -> String {
        let sql = "SELECT api FROM tokens WHERE id = ?1";
        install.raw_connection().query_row(sql, [token.token.id.0], |r| r.get(0)).unwrap()
    };
    assert_eq!([&hand, &by_set].map(api), ["2 methods", "shop: Shop reader"]);
}

/// A form that was opened before the names changed can't put the old ones back.
#[test]
fn edit_begun_before_the_new_names_is_a_conflict() {
    let install = fixture();
    install.create("member", CreateToken { selection: sets(&["Shop reader"]), ..create("reader") });
    let shown = install.call("member", ShowToken { token: TokenRef::Text("reader".into()) }).unwrap();
    apply(&install, OWNER, &renamed(&install), None).unwrap();
    let stale = EditToken {
        token: TokenTarget::by_reference("reader"),
        name: None,
        description: None,
        expires: None,
        selection: Some(SelectionEdit::Replace(shown.token.selection.clone())),
        expected_unused: None,
        expected: Some(Box::new(shown.token)),
    };
    assert_error(install.call("member", stale), Kind::Conflict);
}

#[test]
fn impact_counts_no_method_that_only_has_another_name() {
    use jeton::verbs::impact::{GetImpact, Removal};
    let install = fixture();
    install.create("member", CreateToken { selection: sets(&["Shop reader"]), ..create("reader") });
    install.create("member", CreateToken { selection: sets(&["Desk"]), ..create("desk") });
    install.create("member", CreateToken { selection: methods(&["shop.orders.List"]), ..create("hand") });
    let impact = |catalogue: &Catalogue| {
        let removal = Removal::Catalogue(Box::new(catalogue.clone()));
        install.call(OWNER, GetImpact { removal }).unwrap().count
    };
    let mut newer = renamed(&install);
    assert_eq!(impact(&newer), 0);
    newer.sets[0].include.remove(0);
    assert_eq!(impact(&newer), 2, "the reader and the desk lose a method");
}
