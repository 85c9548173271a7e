//! Tokens that gain methods by a catalogue change, which always needs confirmation.

use std::collections::{BTreeMap, BTreeSet};

use jeton::domain::api_selection::Selection;
use jeton::domain::catalogue::SetEntry;
use jeton::domain::catalogue::effective_rights::Withheld;
use jeton::domain::method::{Access, MethodId};
use jeton::domain::role::Role;
use jeton::domain::token::TokenRef;
use jeton::verbs::ports::Store;
use jeton::verbs::tokens::{CreateToken, RevokeTokens, ShowToken, TokenTarget};
use jeton::verbs::verify::{self, Decision};

use super::*;
use crate::support::fakes::{OWNER, SeededEntropy, create};

fn sets(names: &[&str]) -> Selection {
    Selection::Sets(names.iter().map(|n| (*n).to_owned()).collect())
}

fn methods(ids: &[&str]) -> Selection {
    Selection::Custom(ids.iter().map(|m| MethodId::parse(m).unwrap()).collect())
}

fn named(preview: &CataloguePreview) -> Vec<(&str, Vec<&str>)> {
    let tokens = preview.widening.tokens.iter();
    tokens.map(|t| (t.name.as_str(), t.methods.iter().map(MethodId::as_str).collect())).collect()
}

/// Returns an installation with the README's shop and tokens of every kind.
fn fixture() -> TestInstall {
    let install = TestInstall::with_accounts();
    apply(&install, OWNER, &shop(&install, |text| text), None).unwrap();
    install.set_policy(|p| p.active_tokens = 0);
    for who in ["admin", "member", "viewer"] {
        for (name, selection) in [
            ("reader", sets(&["Shop reader"])),
            ("desk", sets(&["Shop desk", "IDE Plugins"])),
            ("hand", methods(&["shop.orders.Purge", "shop.stock.Count"])),
            ("all", Selection::Inherit),
            ("none", Selection::nothing()),
        ] {
            install.call(who, CreateToken { selection, ..create(name) }).unwrap();
        }
    }
    install
}

#[test]
fn requests_of_another_method_count_as_gained() {
    let install = fixture();
    let (list, cancel) = ("\"GET /1.0/orders\"", "\"POST /1.0/orders/{id}/cancel\"");
    let swapped = shop(&install, |t| t.replace(list, "@").replace(cancel, list).replace('@', cancel));
    let result = preview(&install, &swapped);
    assert_eq!(
        result.grown.iter().map(MethodId::as_str).collect::<Vec<_>>(),
        ["shop.orders.Cancel", "shop.orders.List"]
    );
    let gained: BTreeMap<_, _> = named(&result).into_iter().collect();
    assert_eq!(gained["viewer/all"], ["shop.orders.List"], "the role withholds the other");
    assert_eq!(gained["member/reader"], ["shop.orders.List"], "its API set has only this one");
    assert!(!gained.contains_key("member/all"), "it has both");
    assert!(!gained.contains_key("member/hand"), "it has neither");
    assert_error(apply(&install, OWNER, &swapped, None), Kind::Conflict);
    apply(&install, OWNER, &swapped, Some(result.widening.count)).unwrap();
}

#[test]
fn set_that_gains_needs_the_exact_number() {
    let install = fixture();
    install
        .call(
            "viewer",
            RevokeTokens {
                tokens: vec![TokenTarget::by_reference("reader")],
                with_made: false,
                expected_made: None,
                confirmation: "reader".into(),
            },
        )
        .unwrap();
    let wider =
        shop(&install, |t| t.replacen("\"group:shop.stock\"]", "\"group:shop.stock\", \"shop.orders.Cancel\"]", 1));
    let (before, log) = (stored(&install), install.audit());
    let result = preview(&install, &wider);
    // The viewer's role withholds a method that writes, also in the trash. The desk has the method already.
    let gained = vec!["shop.orders.Cancel"];
    assert_eq!(named(&result), [("admin/reader", gained.clone()), ("member/reader", gained.clone())]);
    for wrong in [None, Some(0), Some(1), Some(3), Some(u64::MAX)] {
        let error = assert_error(apply(&install, "admin", &wider, wrong), Kind::Conflict).to_string();
        assert!(error.contains("admin/reader, member/reader") && error.contains("--accept-widening 2"), "{error}");
        assert_eq!((stored(&install), install.audit()), (before.clone(), log.clone()), "nothing changed");
    }
    let changed = install.call("admin", ApplyCatalogue::new(wider, Some(2), None)).unwrap();
    assert_eq!(changed.value, result);
    assert_eq!(changed.equivalent_command.to_string(), "jeton catalogue apply shop.toml --accept-widening 2");
    let row = install.audit().pop().unwrap();
    assert_eq!((row.verb.as_str(), row.target_name.as_str(), row.name.as_str()), ("catalogue.apply", "shop", "admin"));
    let details: serde_json::Value = serde_json::from_str(&row.details).unwrap();
    assert_eq!(details["widened_tokens"], serde_json::json!(["admin/reader", "member/reader"]));
    assert_eq!((&details["widened"], &details["sets_changed"]), (&2.into(), &1.into()));
}

#[test]
fn trashed_token_counts() {
    let install = fixture();
    install
        .call(
            "member",
            RevokeTokens {
                tokens: vec![TokenTarget::by_reference("reader")],
                with_made: false,
                expected_made: None,
                confirmation: "reader".into(),
            },
        )
        .unwrap();
    let wider =
        shop(&install, |t| t.replacen("\"group:shop.stock\"]", "\"group:shop.stock\", \"shop.orders.Cancel\"]", 1));
    assert!(named(&preview(&install, &wider)).iter().any(|(name, _)| *name == "member/reader"));
}

#[test]
fn lower_access_level_and_a_new_method_widen_too() {
    let install = fixture();
    let lower = shop(&install, |t| t.replacen("access = \"admin\"", "access = \"write\"", 1));
    // Withheld from a member's role, by Custom and by Inherit. The desk leaves the method out.
    let gained = vec!["shop.orders.Purge"];
    assert_eq!(named(&preview(&install, &lower)), [("member/hand", gained.clone()), ("member/all", gained)]);
    let new = "[[group.method]]\nid = \"Find\"\ntitle = \"Finds\"\naccess = \"read\"\n\n[[group]]\nid = \"shop.stock\"";
    let more = shop(&install, |t| t.replacen("[[group]]\nid = \"shop.stock\"", new, 1));
    let result = preview(&install, &more);
    let names: Vec<&str> = named(&result).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["admin/desk", "admin/all", "member/desk", "member/all", "viewer/desk", "viewer/all"]);
    assert_eq!(result.diff.methods.added, ["shop.orders.Find"]);
}

#[test]
fn method_that_vanishes_grants_nothing_and_its_return_widens() {
    let install = TestInstall::with_accounts();
    let whole = shop(&install, |text| text);
    apply(&install, OWNER, &whole, None).unwrap();
    let selection = methods(&["shop.stock.Count", "shop.orders.List"]);
    let issued = install.create("member", CreateToken { selection, ..create("hand") });
    let selection = sets(&["Shop reader"]);
    let by_set = install.create("member", CreateToken { selection, ..create("set") });
    let count = MethodId::parse("shop.stock.Count").unwrap();
    let asked = |issued: &jeton::verbs::tokens::IssuedToken| issued.secret.expose(|s| install.decide(s, Some(&count)));
    let shown = |name: &str| install.call("member", ShowToken { token: TokenRef::Text(name.into()) }).unwrap();
    assert!(matches!(asked(&issued), Decision::Allowed(_)) && matches!(asked(&by_set), Decision::Allowed(_)));
    assert_eq!(shown("set").rights.current.permitted.len(), 2);

    let mut less = whole.clone();
    less.groups.pop();
    less.sets.clear();
    let result = apply(&install, "admin", &less, None).unwrap();
    assert_eq!((result.diff.methods.removed.len(), result.diff.sets.removed.len()), (1, 2));
    assert_eq!(asked(&issued), Decision::UnknownMethod);
    assert_eq!(asked(&by_set), Decision::UnknownMethod);
    let hand = shown("hand");
    assert_eq!(hand.token.selection, methods(&["shop.stock.Count", "shop.orders.List"]), "it stays on its token");
    assert_eq!(
        (hand.rights.current.permitted.len(), hand.rights.current.withheld),
        (1, vec![(count.clone(), Withheld::UnknownMethod)])
    );
    assert_eq!(
        (shown("set").rights.current.permitted.len(), shown("set").rights.current.unknown_sets),
        (0, vec!["Shop reader".to_owned()])
    );

    let error = assert_error(apply(&install, "admin", &whole, None), Kind::Conflict).to_string();
    assert!(error.contains("2 tokens") && error.contains("member/hand, member/set"), "{error}");
    apply(&install, "admin", &whole, Some(2)).unwrap();
    assert!(matches!(asked(&issued), Decision::Allowed(_)) && matches!(asked(&by_set), Decision::Allowed(_)));
}

#[test]
fn catalogue_is_changed_by_owners_and_admins_only() {
    let install = TestInstall::with_accounts();
    let shop = shop(&install, |text| text);
    let (before, log) = (stored(&install), install.audit());
    for who in ["member", "viewer"] {
        let error = assert_error(apply(&install, who, &shop, None), Kind::Denied);
        assert!(error.to_string().contains(who), "{error}");
    }
    assert_eq!((stored(&install), install.audit()), (before, log));
    apply(&install, "admin", &shop, None).unwrap();
    apply(&install, OWNER, &shop, None).unwrap();
}

#[test]
fn apply_refuses_what_no_file_could_contain() {
    let install = TestInstall::with_accounts();
    let good = shop(&install, |text| text);
    let before = (stored(&install), install.audit());
    let mut broken = vec![good.clone(); 6];
    broken[0].name = "jeton".into();
    broken[1].groups[0].id = "jeton.tokens".into();
    broken[2].groups[0].methods[0].id = MethodId::parse("jeton.tokens.read").unwrap();
    broken[3].groups[0].methods[0].title = "\u{1b}[2J".into();
    broken[4].sets[0].name = "IDE Plugins".into();
    broken[5].sets[0].include.push(SetEntry::Set("Shop desk".into()));
    for catalogue in broken {
        assert_error(apply(&install, OWNER, &catalogue, None), Kind::Usage);
        assert_eq!((stored(&install), install.audit()), before);
    }
}

/// Every token's permissions are checked one method at a time, before and after. The preview names exactly the tokens
/// that gain methods, and those methods.
#[test]
fn preview_is_what_decisions_show() {
    let install = fixture();
    install.account("member2", Role::Member);
    let dice = SeededEntropy::new(3);
    let names = ["admin", "member", "viewer"].map(|who| ["reader", "desk", "hand", "all", "none"].map(|t| (who, t)));
    let permitted = || -> Vec<(String, BTreeSet<String>)> {
        let all = stored(&install);
        let ids: Vec<MethodId> = all[2].methods().map(|m| m.id.clone()).collect();
        let held = |(who, name): &(&str, &str)| {
            let token = install.call(who, ShowToken { token: TokenRef::Text((*name).into()) }).unwrap().token;
            let may = |id: &&MethodId| {
                install.store().read(|s| verify::permits(s, token.role(), &token.selection, id)).unwrap() == Some(true)
            };
            (token.full_name(), ids.iter().filter(may).map(ToString::to_string).collect())
        };
        names.iter().flatten().map(held).collect()
    };
    let (mut widened, mut narrowed) = (0, 0);
    for _ in 0..25 {
        let mut next = shop(&install, |text| text);
        for group in &mut next.groups {
            group.methods.retain(|_| dice.below(4) > 0);
            group.methods.iter_mut().for_each(|m| m.access = Access::ALL[dice.below(4)]);
        }
        let there: Vec<MethodId> = next.methods().map(|m| m.id.clone()).collect();
        for set in &mut next.sets {
            set.include = there.iter().filter(|_| dice.below(2) > 0).cloned().map(SetEntry::Method).collect();
            set.exclude = there.iter().filter(|_| dice.below(4) == 0).cloned().map(SetEntry::Method).collect();
        }
        next.sets[1].include.push(SetEntry::Set("Shop reader".into()));
        let (before, result) = (permitted(), preview(&install, &next));
        widened += result.widening.count;
        let verb = ApplyCatalogue::new(next, Some(result.widening.count), Some(result.made_public.len() as u64));
        install.call(OWNER, verb).unwrap();
        let after = permitted();
        let pairs = || before.iter().zip(&after).map(|((name, had), (_, has))| (name.clone(), had, has));
        let listed = |all: Vec<(String, Vec<String>)>| all.into_iter().filter(|(_, ids)| !ids.is_empty()).collect();
        let expected: Vec<_> =
            listed(pairs().map(|(n, had, has)| (n, has.difference(had).cloned().collect())).collect());
        let lost: Vec<_> = listed(pairs().map(|(n, had, has)| (n, had.difference(has).cloned().collect())).collect());
        let losing = result.narrowing.tokens.iter();
        let losing = losing.map(|one| (one.name.clone(), one.methods.iter().map(ToString::to_string).collect()));
        assert_eq!((losing.collect::<Vec<_>>(), result.narrowing.count), (lost.clone(), lost.len() as u64));
        narrowed += result.narrowing.count;
        let result: Vec<(String, Vec<String>)> = named(&result)
            .into_iter()
            .map(|(name, ids)| (name.to_owned(), ids.into_iter().map(str::to_owned).collect()))
            .collect();
        assert_eq!(result, expected);
    }
    assert!(widened > 20 && narrowed > 20, "{widened} {narrowed}");
}

#[test]
fn more_tokens_than_a_page_are_all_counted() {
    let install = TestInstall::new();
    apply(&install, OWNER, &shop(&install, |text| text), None).unwrap();
    let names = (0..2_345).map(|n| format!("t{n}"));
    crate::support::direct_writes::insert_tokens(&install.temp_store.path(), names);
    install.raw_connection().execute_batch(
        "UPDATE tokens SET selection = 'sets'; INSERT INTO token_sets SELECT id, 'Shop reader' FROM tokens WHERE id % 2 = 1",
    ).unwrap();
    let wider =
        shop(&install, |t| t.replacen("\"group:shop.stock\"]", "\"group:shop.stock\", \"shop.orders.Cancel\"]", 1));
    let result = preview(&install, &wider).widening;
    assert_eq!((result.count, result.tokens.len()), (1_173, 1_000));
    let error = assert_error(apply(&install, OWNER, &wider, Some(1_000)), Kind::Conflict).to_string();
    assert!(error.contains("1173 tokens") && error.contains("1168 more") && error.len() < 400, "{error}");
    apply(&install, OWNER, &wider, Some(1_173)).unwrap();
    assert!(install.audit().pop().unwrap().details.len() < 100_000);
    let grants = install.store().read(|s| s.grants(None, 7)).unwrap();
    assert_eq!(grants.grants.len(), 7);
}

/// A method that becomes public widens access for everyone: it is shown, and confirmed by its own number.
#[test]
fn methods_that_become_public_need_their_exact_number() {
    let install = fixture();
    let open = |routes: &str| {
        shop(&install, |text| {
            let public = format!(
                "[[group]]\nid = \"shop.door\"\ntitle = \"Door\"\n[[group.method]]\nid = \"News\"\ntitle = \"n\"\naccess = \"public\"\nroutes = [{routes}]\n\n[[set]]"
            );
            text.replacen("[[set]]", &public, 1)
        })
    };
    let public = |catalogue: &Catalogue, accept_widening, accept_public| {
        let verb = ApplyCatalogue::new(catalogue.clone(), accept_widening, accept_public);
        install.call("admin", verb).map(|changed| changed.equivalent_command.to_string())
    };
    let first = open("\"GET /news\"");
    let result = preview(&install, &first);
    let widened = Some(result.widening.count).filter(|count| *count > 0);
    assert_eq!(result.made_public.iter().map(MethodId::as_str).collect::<Vec<_>>(), ["shop.door.News"]);
    for wrong in [None, Some(0), Some(2)] {
        let error = assert_error(public(&first, widened, wrong), Kind::Conflict).to_string();
        assert!(error.contains("shop.door.News") && error.contains("--accept-public 1"), "{error}");
    }
    assert!(public(&first, widened, Some(1)).unwrap().ends_with("--accept-public 1"));
    let row = install.audit().pop().unwrap();
    let details: serde_json::Value = serde_json::from_str(&row.details).unwrap();
    assert_eq!(details["public_methods"], serde_json::json!(["shop.door.News"]));
    // Applying the same again opens nothing; another route does.
    assert!(preview(&install, &first).made_public.is_empty());
    let more = open("\"GET /news\", \"GET /more\"");
    assert_eq!(preview(&install, &more).made_public.len(), 1);
    assert_error(public(&more, None, None), Kind::Conflict);
    public(&more, None, Some(1)).unwrap();
    // Verified directly, the method needs a token that has it, like any method.
    let news = MethodId::parse("shop.door.News").unwrap();
    for (name, selection, holds) in
        [("door", methods(&["shop.door.News"]), true), ("other", Selection::nothing(), false)]
    {
        let made = install.create("viewer", CreateToken { selection, ..create(name) });
        let decision = made.secret.expose(|secret| install.decide(secret, Some(&news)));
        assert_eq!(matches!(decision, Decision::Allowed(_)), holds, "{name}: {decision:?}");
    }
}
