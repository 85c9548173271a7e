//! Who may do what to whose tokens: the whole matrix, every cell run. A refused cell changes nothing.

use jeton::domain::account::Account;
use jeton::domain::expiry::{Expiry, ExpirySpec};
use jeton::domain::filter::Filter;
use jeton::domain::name::Description;
use jeton::domain::role::Role;
use jeton::domain::secret::Secret;
use jeton::domain::selection::Selection;
use jeton::domain::sort::Sort;
use jeton::domain::token::{Purgeable, Token, TokenId, TokenRef};
use jeton::error::{Error, Kind, Result};
use jeton::verbs::actor::Actor;
use jeton::verbs::audited::Audited;
use jeton::verbs::authorize;
use jeton::verbs::ports::{Anchor, Entropy, NewToken, Store};
use jeton::verbs::tokens::{
    CopyToken, CreateToken, DeleteTokens, DisableTokens, EditToken, EnableTokens, ListOf, ListTokens, Pointed,
    PreviewPurge, PurgePreview, PurgeTokens, RegenerateToken, RestoreTokens, RetireToken, ShowToken,
};

use crate::support::world::{House, OWNER, create, entry, tester, token_name, username};

/// `y` = done, `-` = denied (exit code 4), and then nothing has changed. `list` is the list of all: whether the token
/// is in it; `list A` names the account. *lower*, *same* and *higher* are the roles of the account that the token
/// belongs to, each such role tried.
const MATRIX: &str = "
    self-  actor   whose  | list  list A  show  create  disable  enable  regenerate  delete  restore  edit  copy  retire  purge
    on     owner   own    |  y      y      y      y        y        y         y         y        y        y     y     y       y
    on     owner   lower  |  y      y      y      y        y        y         y         y        y        y     y     y       y
    on     owner   same   |  y      y      y      y        y        y         y         y        y        y     y     y       y
    on     admin   own    |  y      y      y      y        y        y         y         y        y        y     y     y       y
    on     admin   lower  |  y      y      y      y        y        y         y         y        y        y     y     y       y
    on     admin   same   |  -      -      -      -        -        -         -         -        -        -     -     -       -
    on     admin   higher |  -      -      -      -        -        -         -         -        -        -     -     -       -
    on     member  own    |  y      y      y      y        y        y         y         y        y        y     y     y       y
    on     member  lower  |  -      -      -      -        -        -         -         -        -        -     -     -       -
    on     member  same   |  -      -      -      -        -        -         -         -        -        -     -     -       -
    on     member  higher |  -      -      -      -        -        -         -         -        -        -     -     -       -
    on     viewer  own    |  y      y      y      y        y        y         y         y        y        y     y     y       y
    on     viewer  same   |  -      -      -      -        -        -         -         -        -        -     -     -       -
    on     viewer  higher |  -      -      -      -        -        -         -         -        -        -     -     -       -
    off    owner   own    |  y      y      y      y        y        y         y         y        y        y     y     y       y
    off    owner   lower  |  y      y      y      y        y        y         y         y        y        y     y     y       y
    off    owner   same   |  y      y      y      y        y        y         y         y        y        y     y     y       y
    off    admin   own    |  y      y      y      y        y        y         y         y        y        y     y     y       y
    off    admin   lower  |  y      y      y      y        y        y         y         y        y        y     y     y       y
    off    admin   same   |  -      -      -      -        -        -         -         -        -        -     -     -       -
    off    admin   higher |  -      -      -      -        -        -         -         -        -        -     -     -       -
    off    member  own    |  y      y      y      -        y        -         -         y        -        -     -     -       -
    off    member  lower  |  -      -      -      -        -        -         -         -        -        -     -     -       -
    off    member  same   |  -      -      -      -        -        -         -         -        -        -     -     -       -
    off    member  higher |  -      -      -      -        -        -         -         -        -        -     -     -       -
    off    viewer  own    |  y      y      y      -        y        -         -         y        -        -     -     -       -
    off    viewer  same   |  -      -      -      -        -        -         -         -        -        -     -     -       -
    off    viewer  higher |  -      -      -      -        -        -         -         -        -        -     -     -       -
";

const VERBS: [&str; 13] = [
    "list",
    "list A",
    "show",
    "create",
    "disable",
    "enable",
    "regenerate",
    "delete",
    "restore",
    "edit",
    "copy",
    "retire",
    "purge",
];

/// Two accounts of each role, named `owner`, `owner2` …, and no limit of active tokens.
fn street(self_service: bool) -> House {
    let house = House::with_self_service(self_service);
    house.set_policy(|p| p.active_tokens = 0);
    for role in Role::ALL {
        house.account(role.word(), role);
        house.account(&format!("{role}2"), role);
    }
    house
}

/// A token as `verb` needs it: switched off to be enabled, in the trash to be restored or purged, with two secrets to be
/// retired.
fn plant(house: &House, owner: &Account, name: &str, verb: &str) -> Token {
    let prefix = jeton::domain::name::Prefix::default();
    let secret = Secret::generate(&prefix, |b| house.fakes.entropy.fill(b)).unwrap();
    let now = house.now();
    house
        .store()
        .write(&tester(), &|| now, |tx, _| {
            let id = tx.insert_token(&NewToken {
                account: owner.id,
                name: &token_name(name),
                description: &Description::none(),
                selection: &Selection::nothing(),
                expiry: Expiry::Never,
                now,
            })?;
            tx.set_secret(id, &secret, now, None)?;
            if verb == "retire" {
                let next = Secret::generate(&prefix, |b| house.fakes.entropy.fill(b))?;
                tx.set_secret(id, &next, now, Some(now.plus(1)))?;
            }
            let mut token = tx.token(id)?.unwrap();
            token.enabled = verb != "enable";
            token.deleted_at = matches!(verb, "restore" | "purge").then_some(now);
            tx.update_token(&token)?;
            Ok(Audited::one(tx.token(id)?.unwrap(), entry(id)))
        })
        .unwrap()
}

fn list(account: Option<&Account>) -> ListTokens {
    ListTokens {
        whose: account.map_or(ListOf::All, |a| ListOf::Of(a.username.clone())),
        filter: Filter::default(),
        sort: Sort::default(),
        trashed: false,
        anchor: Anchor::Start,
        limit: 10_000,
    }
}

/// Carries out `verb` on the token that `pointed` means; for create, on its owner's behalf.
fn attempt(house: &House, actor: &str, verb: &str, owner: &Account, pointed: Pointed, name: &str) -> Result<()> {
    let tokens = vec![pointed.clone()];
    match verb {
        "list" | "list A" => {
            let window = house.ask(actor, list((verb == "list A").then_some(owner)))?;
            let listed = window.rows.iter().any(|t| TokenRef::Id(t.id) == pointed.token);
            if listed { Ok(()) } else { Err(Error::denied("not listed")) }
        }
        "show" => house.ask(actor, ShowToken { token: pointed.token }).map(drop),
        "create" => {
            let new = CreateToken { account: Some(owner.username.clone()), ..create(&format!("{name}-new")) };
            house.ask(actor, new).map(drop)
        }
        "disable" => house.ask(actor, DisableTokens { tokens }).map(drop),
        "enable" => house.ask(actor, EnableTokens { tokens }).map(drop),
        "regenerate" => {
            house.ask(actor, RegenerateToken { token: pointed, grace: None, expires: None, out: None }).map(drop)
        }
        "delete" => house.ask(actor, DeleteTokens { tokens, typed: name.to_owned() }).map(drop),
        "restore" => house.ask(actor, RestoreTokens { tokens: vec![pointed], rename: None }).map(drop),
        "edit" => {
            let description = Some(Description::parse("edited").unwrap());
            house.ask(actor, EditToken { description, ..EditToken::of(pointed) }).map(drop)
        }
        "copy" => {
            let name = token_name(&format!("copy-{name}"));
            house.ask(actor, CopyToken { token: pointed, name, account: None, expires: None, out: None }).map(drop)
        }
        "retire" => house.ask(actor, RetireToken { token: pointed }).map(drop),
        "purge" => {
            let PurgePreview { count, names } = house.ask(actor, PreviewPurge { which: Purgeable::Trashed })?;
            if !names.contains(&format!("{}/{name}", owner.username)) {
                return Err(Error::denied("not among them"));
            }
            house.ask(actor, PurgeTokens { which: Purgeable::Trashed, confirm: count }).map(drop)
        }
        other => panic!("no such verb: {other}"),
    }
}

#[test]
fn every_cell() {
    let mut run = 0;
    for self_service in [true, false] {
        let house = street(self_service);
        let rows = MATRIX.lines().map(str::trim).filter(|l| l.contains('|')).skip(1);
        for row in rows {
            let (head, cells) = row.split_once('|').unwrap();
            let head: Vec<&str> = head.split_whitespace().collect();
            let [switch, actor, whose] = head[..] else { panic!("{row}") };
            if (switch == "on") != self_service {
                continue;
            }
            let cells: Vec<&str> = cells.split_whitespace().collect();
            assert_eq!(cells.len(), VERBS.len(), "{row}");
            let role = Role::parse(actor).unwrap();
            for (verb, cell) in VERBS.iter().zip(cells) {
                for owner in owners(role, whose) {
                    run += 1;
                    check(&house, actor, verb, &owner, cell == "y", &format!("c{run}"));
                }
            }
        }
    }
    assert_eq!(run, 2 * VERBS.len() * (4 + 4 * 4), "each role against itself and each role, twice");
}

/// The names of the accounts that stand so to an actor of `role`.
fn owners(role: Role, whose: &str) -> Vec<String> {
    let others = |f: &dyn Fn(Role) -> bool| Role::ALL.into_iter().filter(|r| f(*r)).map(|r| format!("{r}2")).collect();
    match whose {
        "own" => vec![role.word().to_owned()],
        "lower" => others(&|r| r < role),
        "same" => others(&|r| r == role),
        "higher" => others(&|r| r > role),
        other => panic!("{other}"),
    }
}

fn check(house: &House, actor: &str, verb: &str, owner: &str, allowed: bool, name: &str) {
    let cell = format!("{actor} {verb} {owner}'s");
    let owner = house.account_named(owner);
    if verb == "purge" {
        // What other cells left in the trash.
        let count = house.ask(OWNER, PreviewPurge { which: Purgeable::Trashed }).unwrap().count;
        if count > 0 {
            house.ask(OWNER, PurgeTokens { which: Purgeable::Trashed, confirm: count }).unwrap();
        }
    }
    let token = plant(house, &owner, name, verb);
    let stored = || house.store().read(|s| s.token(token.id)).unwrap();
    let state = || (stored(), house.audit().len(), house.ask(OWNER, list(None)).unwrap().total);
    let before = state();
    let pointed = Pointed { token: TokenRef::Id(token.id), seen: None };
    let outcome = attempt(house, actor, verb, &owner, pointed, name);
    let looks = matches!(verb, "list" | "list A" | "show");
    match (allowed, outcome) {
        (true, Ok(())) if looks => assert_eq!(state(), before, "{cell}: looking changes nothing"),
        (true, Ok(())) => {
            assert_ne!(state(), before, "{cell}: done, and yet nothing is another");
            assert_eq!(state().1, before.1 + 1, "{cell}: one audit row");
            assert_eq!(stored().is_none(), verb == "purge", "{cell}");
            let row = house.audit().pop().unwrap();
            assert_eq!((row.verb, row.name), (format!("token.{verb}"), actor.to_owned()), "{cell}");
        }
        (false, Err(e)) => {
            assert_eq!(e.kind, Kind::Denied, "{cell}: {e}");
            assert_eq!(state(), before, "{cell}: refused, and yet something changed");
        }
        (true, Err(e)) => panic!("{cell}: {e}"),
        (false, Ok(())) => panic!("{cell} was allowed"),
    }
}

/// Whoever may not see a token can't find out that it is there, by whatever name it is called, in the trash or not.
#[test]
fn a_hidden_token_and_none_are_told_alike() {
    let house = street(true);
    for (actor, owner) in [("member", "viewer2"), ("viewer", "owner2"), ("admin", "owner2"), ("admin", "admin2")] {
        let owner = house.account_named(owner);
        for verb in ["show", "disable", "enable", "regenerate", "delete", "restore", "edit", "copy", "retire"] {
            for place in ["disable", "restore"] {
                let name = format!("{actor}-{verb}-{place}-x");
                let token = plant(&house, &owner, &name, place);
                let absent = "zz-none";
                let pairs = [
                    (token.id.to_string(), TokenId(987_654).to_string()),
                    (token.hint.clone(), "jtn_zzzzzzzz".to_owned()),
                    (name.clone(), absent.to_owned()),
                    (token.full_name(), format!("{}/{absent}", owner.username)),
                    (token.full_name(), format!("nobody/{absent}")),
                ];
                for (there, nowhere) in pairs {
                    let told = |text: &str| {
                        let refused = attempt(&house, actor, verb, &owner, Pointed::typed(text), &name).unwrap_err();
                        let text = refused.to_string().replace(text, "X");
                        (refused.kind, text)
                    };
                    assert_eq!(told(&there), told(&nowhere), "{actor} {verb} {there}");
                }
                let told =
                    |id| attempt(&house, actor, verb, &owner, Pointed { token: TokenRef::Id(id), seen: None }, "");
                assert_eq!(told(token.id).unwrap_err(), told(TokenId(987_654)).unwrap_err(), "{actor} {verb} by id");
            }
        }
    }
}

#[test]
fn a_hidden_account_and_none_are_told_alike() {
    let house = street(true);
    for (actor, hidden) in [("admin", "owner2"), ("admin", "admin2"), ("member", "viewer2"), ("viewer", "owner2")] {
        let told = |name: &str| {
            let new = CreateToken { account: Some(username(name)), ..create("x") };
            let created = house.ask(actor, new).unwrap_err();
            let list = ListTokens { whose: ListOf::Of(username(name)), ..list(None) };
            let listed = house.ask(actor, list).unwrap_err();
            [created, listed].map(|e| (e.kind, e.to_string().replace(name, "X")))
        };
        assert_eq!(told(hidden), told("nobody"), "{actor}");
    }
}

/// What an actor may not see doesn't stand in the way of what it may.
#[test]
fn a_hidden_token_hides_no_visible_one() {
    let house = street(true);
    plant(&house, &house.account_named("owner2"), "twin", "show");
    let mine = plant(&house, &house.account_named("viewer"), "twin", "restore");
    let shown = house.ask("admin", ShowToken { token: TokenRef::Typed("twin".to_owned()) }).unwrap();
    assert_eq!(shown.token.id, mine.id);
}

/// Seeing a token is enough to copy it, but only into an account where the actor may create one.
#[test]
fn a_copy_needs_the_right_to_create_where_it_goes() {
    let house = street(true);
    let source = plant(&house, &house.account_named("member"), "source", "copy");
    let copy = |account: &str, name: &str| CopyToken {
        token: Pointed { token: TokenRef::Id(source.id), seen: None },
        name: token_name(name),
        account: Some(username(account)),
        expires: None,
        out: None,
    };
    for (account, allowed) in [("viewer2", true), ("admin", true), ("admin2", false), ("owner", false)] {
        let copied = house.ask("admin", copy(account, "a"));
        assert_eq!(copied.is_ok(), allowed, "{account}");
        if let Err(e) = copied {
            assert_eq!(e.kind, Kind::Denied, "{e}");
        }
    }
    assert_eq!(house.ask("member2", copy("member2", "b")).unwrap_err().kind, Kind::Denied, "not to be seen");
    let house = street(false);
    plant(&house, &house.account_named("member"), "source", "copy");
    assert_eq!(house.ask("member", copy("member", "c")).unwrap_err().kind, Kind::Denied, "seen, but not to be made");
}

/// The last question before a token is left able to do something, on its own: the verbs ask others before it.
#[test]
fn nobody_grants_where_he_may_not_change() {
    let house = street(true);
    let token = plant(&house, &house.account_named("member2"), "x", "show");
    let granted = |who: &str, before: Option<&Token>| {
        let by = Actor::Account(house.account_named(who));
        house.store().read(|s| authorize::grant(&by, s, before, &token))
    };
    for (who, allowed) in [("owner", true), ("admin", true), ("member2", true), ("member", false), ("viewer", false)] {
        assert_eq!(granted(who, None).is_ok(), allowed, "{who}");
        assert_eq!(granted(who, Some(&token)).is_ok(), allowed, "{who}");
    }
    let owners = plant(&house, &house.account_named("owner2"), "y", "show");
    assert_eq!(granted("admin", Some(&owners)).unwrap_err().kind, Kind::Denied, "what it was counts too");
}

/// The limit, expiry and the rest hold for owners as well: power over people is no exemption from policy.
#[test]
fn owners_are_bound_by_policy_too() {
    let house = street(true);
    house.set_policy(|p| {
        p.active_tokens = 1;
        p.max_expiry = Some(jeton::domain::expiry::Span::Days(30));
    });
    let new = |name: &str, spec: &str| {
        let expires = Some(ExpirySpec::parse(spec).unwrap());
        CreateToken { account: Some(username("member")), expires, ..create(name) }
    };
    assert_eq!(house.ask("owner", new("a", "31d")).unwrap_err().kind, Kind::Conflict);
    assert_eq!(house.ask("owner", new("a", "never")).unwrap_err().kind, Kind::Conflict);
    house.ask("owner", new("a", "30d")).unwrap();
    assert_eq!(house.ask("owner", new("b", "30d")).unwrap_err().kind, Kind::Conflict);
}
