//! A story for each verb, on a clock that stands still.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Barrier};
use std::time::Duration;

use jeton::domain::expiry::{Expiry, ExpirySpec, Span};
use jeton::domain::filter::Filter;
use jeton::domain::method::MethodId;
use jeton::domain::name::Description;
use jeton::domain::role::Role;
use jeton::domain::secret::Secret;
use jeton::domain::selection::Selection;
use jeton::domain::time::{DAY, HOUR, SECOND};
use jeton::domain::token::{Status, Token, TokenRef};
use jeton::error::{Error, Kind, Result};
use jeton::store::sqlite::SqliteStore;
use jeton::verbs::accounts::{Greet, SignIn, WhoAmI};
use jeton::verbs::actor::{Credential, Session};
use jeton::verbs::catalogue::ListSets;
use jeton::verbs::decide::{self, Decision, Reason};
use jeton::verbs::local::{Caller, Local};
use jeton::verbs::ports::{Anchor, Clock, Store};
use jeton::verbs::request::{Request, VERBS, ask};
use jeton::verbs::tokens::{
    CreateToken, DeleteTokens, DisableTokens, EnableTokens, ListTokens, Pointed, RegenerateToken, RestoreToken,
    ShowToken, TallyTokens,
};
use jeton::verbs::{Jeton, Proof};

use crate::support::world::{
    Fakes, House, OWNER, PASSWORD, START, by, caller, create, init, local, owner, password, token_name, typed, username,
};

fn spec(text: &str) -> Option<ExpirySpec> {
    Some(ExpirySpec::parse(text).unwrap())
}

fn disable(names: &[&str]) -> DisableTokens {
    DisableTokens { tokens: names.iter().map(|n| Pointed::typed(*n)).collect() }
}

fn enable(names: &[&str]) -> EnableTokens {
    EnableTokens { tokens: names.iter().map(|n| Pointed::typed(*n)).collect() }
}

fn delete(names: &[&str], typed: &str) -> DeleteTokens {
    DeleteTokens { tokens: names.iter().map(|n| Pointed::typed(*n)).collect(), typed: typed.to_owned() }
}

fn regenerate(name: &str) -> RegenerateToken {
    RegenerateToken { token: Pointed::typed(name), expires: None, out: None }
}

fn restore(name: &str) -> RestoreToken {
    RestoreToken { token: Pointed::typed(name), rename: None }
}

fn show(name: &str) -> ShowToken {
    ShowToken { token: TokenRef::Typed(name.to_owned()) }
}

fn list() -> ListTokens {
    ListTokens { account: None, filter: Filter::default(), trashed: false, anchor: Anchor::Start, limit: 100 }
}

fn methods(ids: &[&str]) -> Selection {
    Selection::Custom(ids.iter().map(|m| MethodId::parse(m).unwrap()).collect())
}

fn refused<T: std::fmt::Debug>(result: Result<T>, kind: Kind) -> Error {
    let error = result.unwrap_err();
    assert_eq!(error.kind, kind, "{error}");
    error
}

/// Why `secret` is denied.
fn why(house: &House, secret: &Secret) -> Reason {
    match house.verify(secret) {
        Decision::Denied(reason, _) => reason,
        other => panic!("{other:?}"),
    }
}

fn allowed(house: &House, secret: &Secret) -> bool {
    matches!(house.verify(secret), Decision::Allowed(_))
}

mod creating {
    use super::*;

    #[test]
    fn a_new_token_is_live_and_audited_without_its_secret() {
        let house = House::inhabited();
        let new = CreateToken {
            description: Description::parse("for the nightly build").unwrap(),
            expires: None,
            selection: Selection::Sets(["IDE Plugins".to_owned()].into()),
            ..create("ci-deploy")
        };
        let made = house.ask("member", new).unwrap();
        let (token, secret) = (&made.out.token, &made.out.secret);
        assert_eq!((token.name.as_str(), token.owner.username.as_str()), ("ci-deploy", "member"));
        assert_eq!(token.expiry, Expiry::At(START.plus(90 * DAY)), "policy.default_expiry");
        assert_eq!(token.status(house.now()), Status::Active);
        assert_eq!((token.last_seen_at, token.hint.as_str()), (None, secret.hint()), "never seen, not even by us");
        secret.expose(|s| {
            let parts: Vec<&str> = s.split('_').collect();
            assert_eq!((parts[0], parts[1].len(), parts[2].len(), parts.len()), ("jtn", 8, 38, 3));
        });
        assert!(allowed(&house, secret));
        let row = house.audit().pop().unwrap();
        assert_eq!((row.verb.as_str(), row.name.as_str(), row.proof.as_str()), ("token.create", "member", "password"));
        assert_eq!((row.target, row.target_name.as_str()), (token.id.to_string(), "member/ci-deploy"));
        secret.expose(|s| assert!(!row.details.contains(&s[13..]) && row.details.contains(secret.hint())));
        assert_eq!(
            made.cli.to_string(),
            "jeton token create ci-deploy --description 'for the nightly build' --set 'IDE Plugins'"
        );
    }

    #[test]
    fn refusals_change_nothing() {
        let house = House::inhabited();
        house.issue("member", "taken");
        let before = (house.audit(), house.ask(OWNER, list()).unwrap());
        let past = CreateToken { expires: spec("20-11-2026"), ..create("x") };
        let error = refused(house.ask("member", past), Kind::Usage).to_string();
        assert!(error.contains("21-11-2026 09:30:00 (+00:00)"), "{error}");
        refused(house.ask("member", create("taken")), Kind::Conflict);
        let set = CreateToken { selection: Selection::Sets(["None".to_owned()].into()), ..create("x") };
        let error = refused(house.ask("member", set), Kind::NotFound).to_string();
        assert!(error.contains("IDE Plugins"), "says which there are: {error}");
        let none = CreateToken { selection: Selection::Sets(BTreeSet::new()), ..create("x") };
        refused(house.ask("member", none), Kind::Usage);
        let method = CreateToken { selection: methods(&["no.Such"]), ..create("x") };
        refused(house.ask("member", method), Kind::NotFound);
        let nobody = CreateToken { account: Some(username("nobody")), ..create("x") };
        refused(house.ask(OWNER, nobody.clone()), Kind::NotFound);
        refused(house.ask("member", nobody), Kind::Denied);
        assert_eq!((house.audit(), house.ask(OWNER, list()).unwrap()), before);
    }

    #[test]
    fn days_end_with_the_day_and_policy_caps() {
        let house = House::inhabited();
        let today = CreateToken { expires: spec("21-11-2026"), ..create("today") };
        let token = house.ask("member", today).unwrap().out.token;
        assert_eq!(token.expiry.at().unwrap().rfc3339(), "2026-11-22T00:00:00Z");
        house.set_policy(|p| p.max_expiry = Some(Span::Days(30)));
        refused(house.ask("member", create("x")), Kind::Conflict);
        refused(house.ask("member", CreateToken { expires: spec("31d"), ..create("x") }), Kind::Conflict);
        house.ask("member", CreateToken { expires: spec("30d"), ..create("x") }).unwrap();
    }

    #[test]
    fn a_secret_is_saved_before_the_change_and_never_over_something() {
        let house = House::inhabited();
        let folder = house.place.folder();
        let out = folder.join("secret");
        let made = house.ask("member", CreateToken { out: Some(out.clone()), ..create("a") }).unwrap().out;
        assert_eq!(made.saved_to(), Some(out.as_path()));
        made.secret.expose(|s| assert_eq!(std::fs::read_to_string(&out).unwrap(), format!("{s}\n")));
        assert_eq!(std::fs::metadata(&out).unwrap().permissions().mode() & 0o7777, 0o600);
        drop(made);
        assert!(out.exists());

        let (link, aim) = (folder.join("link"), folder.join("aim"));
        std::os::unix::fs::symlink(&aim, &link).unwrap();
        for there in [out.clone(), link, folder.to_owned(), folder.join("no/folder")] {
            let error = refused(house.ask("member", CreateToken { out: Some(there), ..create("b") }), Kind::Failure);
            assert!(error.next.is_some(), "{error}");
        }
        assert!(!aim.exists());
        refused(house.ask("member", show("b")), Kind::NotFound);
    }

    #[test]
    fn at_most_ten_are_active() {
        let house = House::inhabited();
        for n in 0..10 {
            house.issue("member", &format!("t{n}-x"));
        }
        let error = refused(house.ask("member", create("eleventh")), Kind::Conflict).to_string();
        assert!(error.contains("10 at most") && error.contains("policy.active_tokens"), "{error}");
        refused(house.ask("member", show("eleventh")), Kind::NotFound);
        house.issue("viewer", "others-are-not-counted");

        house.ask("member", disable(&["t0-x"])).unwrap();
        house.issue("member", "eleventh");
        refused(house.ask("member", enable(&["t0-x"])), Kind::Conflict);
        assert!(!house.ask("member", show("t0-x")).unwrap().token.enabled);
        house.set_policy(|p| p.active_tokens = 0);
        house.ask("member", enable(&["t0-x"])).unwrap();
    }

    #[test]
    fn an_expired_token_makes_room_until_it_is_revived() {
        let house = House::inhabited();
        house.ask("member", CreateToken { expires: spec("12h"), ..create("short") }).unwrap();
        for n in 1..10 {
            house.issue("member", &format!("x{n}"));
        }
        refused(house.ask("member", create("y")), Kind::Conflict);
        house.fakes.clock.forward(12 * HOUR);
        house.issue("member", "y");
        let revive = RegenerateToken { expires: spec("30d"), ..regenerate("short") };
        refused(house.ask("member", revive.clone()), Kind::Conflict);
        house.ask("member", disable(&["y"])).unwrap();
        house.ask("member", revive).unwrap();
    }

    /// Rotating a secret adds no active token: a limit that was lowered since must not stand in the way of it.
    #[test]
    fn a_lowered_limit_lets_what_is_active_be_rotated() {
        let house = House::inhabited();
        house.issue("member", "a");
        house.issue("member", "b");
        house.set_policy(|p| p.active_tokens = 1);
        house.ask("member", regenerate("a")).unwrap();
        house.ask("member", RegenerateToken { expires: spec("7d"), ..regenerate("a") }).unwrap();
        house.ask("member", enable(&["a"])).unwrap();
        house.ask("member", disable(&["a"])).unwrap();
        refused(house.ask("member", enable(&["a"])), Kind::Conflict);
    }

    #[test]
    fn two_at_once_pass_the_limit_once() {
        let house = House::inhabited();
        for n in 0..9 {
            house.issue("member", &format!("x{n}"));
        }
        for round in 0..8 {
            let start = Arc::new(Barrier::new(2));
            let racers = [0, 1].map(|side| {
                let (path, start) = (house.place.path(), start.clone());
                let fakes = Fakes::seeded(100 + 2 * round + side);
                std::thread::spawn(move || {
                    // Its own source: they race for the limit, not for the count of tries.
                    let caller = Caller { source: format!("racer {side}"), ..caller() };
                    let jeton = Local::new(SqliteStore::open(&path).unwrap(), fakes.world(), caller);
                    start.wait();
                    ask(&jeton, &by("member"), create(&format!("racer{side}"))).map(drop)
                })
            });
            let outcomes = racers.map(|r| r.join().unwrap());
            let won = outcomes.iter().filter(|o| o.is_ok()).count();
            assert_eq!(won, 1, "{outcomes:?}");
            let name = if outcomes[0].is_ok() { "racer0" } else { "racer1" };
            let lost = outcomes.into_iter().find_map(std::result::Result::err).unwrap();
            assert_eq!(lost.kind, Kind::Conflict);
            house.ask("member", delete(&[name], name)).unwrap();
        }
    }
}

mod looking {
    use super::*;

    #[test]
    fn everybody_sees_their_own_and_what_they_manage() {
        let house = House::inhabited();
        for who in [OWNER, "admin", "member", "viewer"] {
            house.issue(who, &format!("of-{who}"));
        }
        let names = |who: &str, list: ListTokens| -> Vec<String> {
            house.ask(who, list).unwrap().rows.iter().map(|t| t.name.to_string()).collect()
        };
        assert_eq!(names(OWNER, list()), ["of-admin", "of-member", "of-ops", "of-viewer"]);
        assert_eq!(names("admin", list()), ["of-admin", "of-member", "of-viewer"]);
        assert_eq!(names("member", list()), ["of-member"]);
        let mine = ListTokens { account: Some(username("admin")), ..list() };
        assert_eq!(names("admin", mine), ["of-admin"]);
        house.ask("member", delete(&["of-member"], "of-member")).unwrap();
        assert_eq!(names("member", list()), [""; 0]);
        assert_eq!(names("member", ListTokens { trashed: true, ..list() }), ["of-member"]);
    }

    #[test]
    fn show_tells_use_and_finds_the_trash_too() {
        let house = House::inhabited();
        let issued = house.issue("member", "x");
        assert_eq!(house.ask("member", show("x")).unwrap().usage.last_seen_at, None);
        assert!(allowed(&house, &issued.secret));
        house.ask("member", disable(&["x"])).unwrap();
        assert_eq!(why(&house, &issued.secret), Reason::Disabled);
        let shown = house.ask("member", show("x")).unwrap();
        assert_eq!((shown.usage.last_seen_at, shown.usage.today, shown.usage.denied_week), (Some(START), 1, 1));
        assert_eq!(shown.token.last_seen_at, Some(START));
        assert_eq!(shown.usage.origins[0].address, "192.0.2.7");
        house.ask("member", delete(&["x"], "x")).unwrap();
        assert_eq!(house.ask("member", show("x")).unwrap().token.deleted_at, Some(START));
    }

    #[test]
    fn who_and_how_many() {
        let house = House::inhabited();
        house.issue("member", "a");
        house.ask("member", CreateToken { expires: spec("13d"), ..create("b") }).unwrap();
        house.ask("member", CreateToken { expires: spec("15d"), ..create("c") }).unwrap();
        let tally = house.ask("member", TallyTokens).unwrap();
        assert_eq!((tally.active, tally.limit, tally.expiring), (3, 10, 1));
        assert_eq!(house.ask("viewer", TallyTokens).unwrap().expiring, 0);
        assert_eq!(house.ask(OWNER, TallyTokens).unwrap().expiring, 1);
        let me = house.ask("member", WhoAmI).unwrap();
        assert_eq!((me.account.role, me.active_tokens, me.policy.active_tokens), (Role::Member, 3, 10));
        assert_eq!(house.ask("viewer", ListSets).unwrap().len(), 4);
    }

    #[test]
    fn a_token_is_found_by_name_full_name_hint_and_id() {
        let house = House::inhabited();
        let (first, second) = (house.issue("member", "same").token, house.issue("viewer", "same").token);
        let find = |who: &str, text: &str| house.ask(who, show(text)).map(|s| s.token.id);
        assert_eq!(find("member", "same").unwrap(), first.id, "one's own first");
        assert_eq!(find("admin", "member/same").unwrap(), first.id);
        assert_eq!(find("admin", &second.hint).unwrap(), second.id);
        assert_eq!(find("admin", &second.id.to_string()).unwrap(), second.id);
        let error = refused(find("admin", "same"), Kind::Conflict).to_string();
        assert!(error.contains("member/same") && error.contains("viewer/same"), "{error}");
        refused(find(OWNER, "none"), Kind::NotFound);
        refused(find(OWNER, "jtn_zzzzzzzz"), Kind::NotFound);
        refused(find(OWNER, "t999"), Kind::NotFound);
        refused(find("member", &second.hint.replace("jtn", "abc")), Kind::NotFound);
        for hostile in ["", "-x", "a b", "\u{1b}[2J", "a/b/c", "/", "member/", "Member/same"] {
            let error = refused(find(OWNER, hostile), Kind::Usage).to_string();
            assert!(!error.contains('\u{1b}'));
        }

        let old = second.hint.clone();
        house.ask("viewer", regenerate("same")).unwrap();
        assert_eq!(find("admin", &old).unwrap(), second.id, "a dead secret's hint still tells whose it was");
        let error = refused(house.ask("member", restore("same")), Kind::NotFound).to_string();
        assert!(error.contains("not in the trash"), "{error}");
        house.ask("member", delete(&["same"], "same")).unwrap();
        let error = refused(house.ask("member", disable(&["same"])), Kind::NotFound).to_string();
        assert!(error.contains("in the trash") && error.contains("jeton token restore"), "{error}");
    }
}

mod switching {
    use super::*;

    #[test]
    fn off_and_on_again_keeps_everything() {
        let house = House::inhabited();
        let issued = house.issue("member", "x");
        let off = house.ask("member", disable(&["x"])).unwrap();
        assert_eq!(off.cli.to_string(), "jeton token disable member/x");
        assert_eq!(why(&house, &issued.secret), Reason::Disabled);
        house.ask("member", disable(&["x"])).unwrap();
        house.ask("member", enable(&["x"])).unwrap();
        assert!(allowed(&house, &issued.secret));
        let verbs: Vec<String> = house.audit().iter().rev().take(3).map(|r| r.verb.clone()).collect();
        assert_eq!(verbs, ["token.enable", "token.disable", "token.disable"]);
        let kept = house.token(issued.token.id);
        assert_eq!((kept.hint, kept.created_at), (issued.token.hint, issued.token.created_at));
    }

    #[test]
    fn several_go_together_or_not_at_all() {
        let house = House::inhabited();
        for name in ["a", "b"] {
            house.issue("member", name);
        }
        let rows = house.audit().len();
        refused(house.ask("member", disable(&["a", "none"])), Kind::NotFound);
        assert!(house.ask("member", show("a")).unwrap().token.enabled);
        assert_eq!(house.audit().len(), rows);
        house.ask("member", disable(&["a", "b"])).unwrap();
        assert_eq!(house.audit().len(), rows + 2, "a row each");
        refused(house.ask("member", disable(&[])), Kind::Usage);
    }

    #[test]
    fn a_token_named_twice_is_meant_once() {
        let house = House::inhabited();
        let token = house.issue("member", "a").token;
        house.issue("member", "b");
        let rows = house.audit().len();
        let twice =
            DisableTokens { tokens: vec![Pointed::on_screen(&token), Pointed::typed("b"), Pointed::on_screen(&token)] };
        assert_eq!(house.ask("member", twice).unwrap().out.len(), 2);
        assert_eq!(house.audit().len(), rows + 2);
        house.ask("member", delete(&["a", "b", "member/a"], "2")).unwrap();
        assert_eq!(house.audit().len(), rows + 4);
    }

    #[test]
    fn an_expired_token_is_not_enabled() {
        let house = House::inhabited();
        let issued = house.ask("member", CreateToken { expires: spec("1d"), ..create("x") }).unwrap().out;
        house.ask("member", disable(&["x"])).unwrap();
        house.fakes.clock.forward(DAY - 1);
        house.ask("member", enable(&["x"])).unwrap();
        assert!(allowed(&house, &issued.secret), "the last millisecond");
        house.fakes.clock.forward(1);
        assert_eq!(why(&house, &issued.secret), Reason::Expired, "the very instant");
        refused(house.ask("member", enable(&["x"])), Kind::Conflict);
        house.ask("member", disable(&["x"])).unwrap();
        let error = refused(house.ask("member", enable(&["x"])), Kind::Conflict).to_string();
        assert!(error.contains("2026-11-22T09:30:00Z") && error.contains("--expires"), "{error}");
        assert!(!house.token(issued.token.id).enabled);
    }

    #[test]
    fn what_changed_since_it_was_looked_at_is_a_conflict() {
        let house = House::inhabited();
        let token = house.issue("member", "x").token;
        house.ask("member", disable(&["x"])).unwrap();
        let stale = || Pointed::on_screen(&token);
        refused(house.ask("member", EnableTokens { tokens: vec![stale()] }), Kind::Conflict);
        refused(house.ask("member", DisableTokens { tokens: vec![stale()] }), Kind::Conflict);
        let again = RegenerateToken { token: stale(), expires: None, out: None };
        refused(house.ask("member", again), Kind::Conflict);
        let gone = DeleteTokens { tokens: vec![stale()], typed: "x".to_owned() };
        refused(house.ask("member", gone), Kind::Conflict);
        let now = house.token(token.id);
        house.ask("member", EnableTokens { tokens: vec![Pointed::on_screen(&now)] }).unwrap();
    }
}

mod regenerating {
    use super::*;

    #[test]
    fn the_old_secret_dies_and_all_else_is_kept() {
        let house = House::inhabited();
        let old = house
            .ask("member", CreateToken { expires: spec("30d"), selection: Selection::Inherit, ..create("x") })
            .unwrap()
            .out;
        assert!(allowed(&house, &old.secret));
        house.fakes.clock.forward(HOUR);
        let new = house.ask("member", regenerate("x")).unwrap();
        assert_eq!(new.cli.to_string(), "jeton token regenerate member/x");
        let new = new.out;
        assert_eq!(why(&house, &old.secret), Reason::Retired);
        assert!(allowed(&house, &new.secret));
        let kept = |t: &Token| (t.id, t.name.clone(), t.expiry, t.selection.clone(), t.created_at, t.enabled);
        assert_eq!(kept(&new.token), kept(&old.token));
        assert_eq!(new.token.last_seen_at, Some(START), "seen before, seen still");
        assert_eq!(new.token.secret_since, START.plus(HOUR));
        let row = house.audit().pop().unwrap();
        assert!(row.details.contains(old.secret.hint()) && row.details.contains(new.secret.hint()));
    }

    #[test]
    fn a_disabled_token_stays_disabled() {
        let house = House::inhabited();
        house.issue("member", "x");
        house.ask("member", disable(&["x"])).unwrap();
        let new = house.ask("member", regenerate("x")).unwrap().out;
        assert!(!new.token.enabled);
        assert_eq!(why(&house, &new.secret), Reason::Disabled);
    }

    #[test]
    fn an_expired_token_needs_a_new_expiry() {
        let house = House::inhabited();
        let old = house.ask("member", CreateToken { expires: spec("1d"), ..create("x") }).unwrap().out;
        house.fakes.clock.forward(DAY);
        let error = refused(house.ask("member", regenerate("x")), Kind::Conflict).to_string();
        assert!(error.contains("--expires"), "{error}");
        assert_eq!(why(&house, &old.secret), Reason::Expired, "a refusal retires nothing");
        let past = RegenerateToken { expires: spec("21-11-2026"), ..regenerate("x") };
        refused(house.ask("member", past), Kind::Usage);
        let new = house.ask("member", RegenerateToken { expires: spec("1y"), ..regenerate("x") }).unwrap();
        assert_eq!(new.cli.to_string(), "jeton token regenerate member/x --expires 1y");
        assert!(allowed(&house, &new.out.secret));
        assert_eq!(new.out.token.expiry.at().unwrap().rfc3339(), "2027-11-22T09:30:00Z");
    }

    #[test]
    fn a_secret_that_cannot_be_saved_stays_as_it_was() {
        let house = House::inhabited();
        let old = house.issue("member", "x");
        let out = Some(house.place.path());
        refused(house.ask("member", RegenerateToken { out, ..regenerate("x") }), Kind::Failure);
        assert!(allowed(&house, &old.secret));
    }
}

mod deleting {
    use super::*;

    #[test]
    fn only_the_name_itself_confirms() {
        let house = House::inhabited();
        let issued = house.issue("member", "ci-deploy");
        let rows = house.audit();
        for wrong in ["", "ci-deplo", "CI-DEPLOY", " ci-deploy", "ci-deploy\n", "member/ci-deploy", "1", "yes"] {
            let error = refused(house.ask("member", delete(&["ci-deploy"], wrong)), Kind::Conflict);
            assert!(error.to_string().contains("nothing was deleted"));
        }
        assert!(allowed(&house, &issued.secret));
        assert_eq!(house.audit(), rows);
        let gone = house.ask("member", delete(&["ci-deploy"], "ci-deploy")).unwrap();
        assert_eq!(gone.cli.to_string(), "jeton token delete member/ci-deploy --confirm ci-deploy");
        assert_eq!(gone.out[0].deleted_at, Some(START));
        assert_eq!(why(&house, &issued.secret), Reason::Deleted);
        refused(house.ask("member", delete(&["ci-deploy"], "ci-deploy")), Kind::NotFound);
        house.issue("member", "ci-deploy");
    }

    #[test]
    fn several_need_their_number() {
        let house = House::inhabited();
        for name in ["a", "b", "c"] {
            house.issue("member", name);
        }
        for wrong in ["2", "4", "a", "03", "three", ""] {
            refused(house.ask("member", delete(&["a", "b", "c"], wrong)), Kind::Conflict);
        }
        refused(house.ask("member", delete(&["a", "zz"], "2")), Kind::NotFound);
        refused(house.ask("member", delete(&[], "0")), Kind::Usage);
        assert_eq!(house.ask("member", list()).unwrap().total, 3);
        let rows = house.audit().len();
        house.ask("member", delete(&["a", "b", "c"], "3")).unwrap();
        assert_eq!((house.ask("member", list()).unwrap().total, house.audit().len()), (0, rows + 3));
    }

    #[test]
    fn restored_is_disabled_until_it_is_enabled() {
        let house = House::inhabited();
        let issued = house.issue("member", "x");
        house.ask("member", delete(&["x"], "x")).unwrap();
        let back = house.ask("member", restore("x")).unwrap();
        assert_eq!(back.cli.to_string(), "jeton token restore member/x");
        assert_eq!(back.out.status(house.now()), Status::Disabled);
        assert_eq!(why(&house, &issued.secret), Reason::Disabled);
        house.ask("member", enable(&["x"])).unwrap();
        assert!(allowed(&house, &issued.secret));
        refused(house.ask("member", restore("x")), Kind::NotFound);
    }

    #[test]
    fn a_name_given_away_meanwhile_needs_another() {
        let house = House::inhabited();
        let first = house.issue("member", "x").token;
        house.ask("member", delete(&["x"], "x")).unwrap();
        let second = house.issue("member", "x").token;
        refused(house.ask("member", restore("x")), Kind::Conflict);
        let renamed = RestoreToken { rename: Some(token_name("y")), ..restore("x") };
        let back = house.ask("member", renamed.clone()).unwrap();
        assert_eq!((back.out.id, back.out.name.as_str()), (first.id, "y"));
        assert!(back.cli.to_string().ends_with("--as y"), "{}", back.cli);
        let row = house.audit().pop().unwrap();
        assert_eq!((row.target_name.as_str(), row.details.as_str()), ("member/x", r#"{"as":"y"}"#));

        house.ask("member", delete(&["x"], "x")).unwrap();
        house.issue("member", "x");
        house.ask("member", delete(&["x"], "x")).unwrap();
        let error = refused(house.ask("member", restore("x")), Kind::Conflict).to_string();
        assert!(error.contains(&second.id.to_string()), "two of that name lie there: {error}");
        house.ask("member", restore(&second.id.to_string())).unwrap();
    }

    #[test]
    fn the_trash_keeps_for_a_while() {
        let house = House::inhabited();
        for name in ["a", "b"] {
            house.issue("member", name);
            house.ask("member", delete(&[name], name)).unwrap();
        }
        house.fakes.clock.forward(30 * DAY - 1);
        house.ask("member", restore("a")).unwrap();
        house.fakes.clock.forward(1);
        let error = refused(house.ask("member", restore("b")), Kind::Conflict).to_string();
        assert!(error.contains("30d"), "{error}");
        house.set_policy(|p| p.trash = Span::Days(31));
        house.ask("member", restore("b")).unwrap();
    }
}

mod proving {
    use super::*;

    fn sign_in(house: &House, who: &str, with: &str) -> Result<Session> {
        ask(&house.jeton, &Credential::Password(username(who), typed(with)), SignIn)
    }

    #[test]
    fn unknown_disabled_and_wrong_cost_and_say_the_same() {
        let house = House::inhabited();
        let gone = house.account("gone", Role::Member);
        house.set_account_enabled(gone.id, false);
        let mut told = Vec::new();
        for (who, with) in
            [("nobody", PASSWORD), ("gone", PASSWORD), ("gone", "wrong"), ("member", "wrong"), ("viewer", "")]
        {
            let before = house.fakes.hasher.counts();
            told.push(refused(sign_in(&house, who, with), Kind::Denied));
            let after = house.fakes.hasher.counts();
            assert_eq!((after.0 - before.0, after.1 - before.1), (0, 1), "{who}: one hash");
            house.fakes.clock.forward(60 * SECOND);
        }
        assert!(told.iter().all(|e| *e == told[0]), "{told:?}");
        let before = house.fakes.hasher.counts();
        sign_in(&house, "member", PASSWORD).unwrap();
        let after = house.fakes.hasher.counts();
        assert_eq!((after.0 - before.0, after.1 - before.1), (0, 1), "right: one hash as well");
    }

    #[test]
    fn failures_delay_the_next_try_whatever_it_is() {
        let house = House::inhabited();
        for (failures, wait) in [1, 2, 4, 8, 16, 32, 60, 60].into_iter().enumerate() {
            refused(sign_in(&house, "member", "wrong"), Kind::Denied);
            let counts = house.fakes.hasher.counts();
            let error = refused(sign_in(&house, "member", PASSWORD), Kind::Denied);
            assert_eq!(error.retry_after, Some(Duration::from_secs(wait)), "after {} failures", failures + 1);
            assert_eq!(house.fakes.hasher.counts(), counts, "nothing was hashed");
            house.fakes.clock.forward(wait as i64 * SECOND);
        }
        sign_in(&house, "viewer", PASSWORD).unwrap();
        sign_in(&house, "member", PASSWORD).unwrap();
        refused(sign_in(&house, "member", "wrong"), Kind::Denied);
        let error = refused(sign_in(&house, "member", PASSWORD), Kind::Denied);
        assert_eq!(error.retry_after, Some(Duration::from_secs(1)), "a right one wiped the slate");
    }

    #[test]
    fn unknown_names_are_delayed_too_and_sources_apart() {
        let house = House::inhabited();
        refused(sign_in(&house, "nobody", "x"), Kind::Denied);
        assert!(refused(sign_in(&house, "nobody", "x"), Kind::Denied).retry_after.is_some());
        refused(sign_in(&house, "member", "x"), Kind::Denied);
        let elsewhere = Caller { source: "cli uid 1001".to_owned(), ..caller() };
        let store = SqliteStore::open(&house.place.path()).unwrap();
        ask(&Local::new(store, house.fakes.world(), elsewhere), &by("member"), SignIn).unwrap();
    }

    #[test]
    fn patience_waits_the_delay_out() {
        let house = House::inhabited();
        refused(sign_in(&house, "member", "wrong"), Kind::Denied);
        let patient = Caller { patience: Duration::from_secs(5), ..caller() };
        let store = SqliteStore::open(&house.place.path()).unwrap();
        ask(&Local::new(store, house.fakes.world(), patient), &by("member"), SignIn).unwrap();
        assert_eq!(house.fakes.clock.slept(), Duration::from_secs(1));
    }

    #[test]
    fn changes_are_throttled_as_sign_in_is() {
        let house = House::inhabited();
        let wrong = Credential::Password(username("member"), typed("wrong"));
        refused(ask(&house.jeton, &wrong, create("x")), Kind::Denied);
        assert!(refused(house.ask("member", create("x")), Kind::Denied).retry_after.is_some());
    }

    #[test]
    fn a_weak_hash_is_replaced_and_sessions_stay() {
        let house = House::inhabited();
        let session = Credential::Session(sign_in(&house, "member", PASSWORD).unwrap());
        let id = house.account_named("member").id;
        let stored = || house.store().read(|s| s.password_hash(id)).unwrap().unwrap().0;
        house.fakes.hasher.raise();
        let before = (stored(), house.fakes.hasher.counts());
        sign_in(&house, "member", PASSWORD).unwrap();
        assert!(stored() != before.0);
        assert_eq!(house.fakes.hasher.counts(), (before.1.0 + 1, before.1.1 + 1));
        ask(&house.jeton, &session, WhoAmI).unwrap();
        sign_in(&house, "member", PASSWORD).unwrap();
        assert_eq!(house.fakes.hasher.counts().0, before.1.0 + 1, "once");
    }

    #[test]
    fn a_session_looks_changes_nothing_and_ends_with_its_credentials() {
        let house = House::inhabited();
        house.issue("member", "x");
        let session = || Credential::Session(sign_in(&house, "member", PASSWORD).unwrap());
        let held = session();
        assert_eq!(ask(&house.jeton, &held, list()).unwrap().total, 1);
        let error = refused(ask(&house.jeton, &held, create("y")), Kind::Denied).to_string();
        assert!(error.contains("password anew"), "{error}");
        let id = house.account_named("member").id;
        house.raw().execute("UPDATE accounts SET credential_version = 2 WHERE id = ?1", [id.0]).unwrap();
        let error = refused(ask(&house.jeton, &held, list()), Kind::Denied).to_string();
        assert!(error.contains("Sign in again"), "{error}");
        let held = session();
        house.set_account_enabled(id, false);
        refused(ask(&house.jeton, &held, WhoAmI), Kind::Denied);
        house.set_account_enabled(id, true);
        refused(ask(&house.jeton, &held, WhoAmI), Kind::Denied);
    }

    /// Every verb there is, with each credential: exactly what its proof says.
    #[test]
    fn every_verb_asks_for_its_proof() {
        let house = House::inhabited();
        house.issue(OWNER, "x");
        let session = house.ask(OWNER, SignIn).unwrap();
        let requests = || -> Vec<Request> {
            vec![
                Greet.into(),
                init(true).into(),
                SignIn.into(),
                WhoAmI.into(),
                ListSets.into(),
                list().into(),
                TallyTokens.into(),
                show("x").into(),
                create("x").into(),
                disable(&["x"]).into(),
                enable(&["x"]).into(),
                regenerate("x").into(),
                delete(&["x"], "no").into(),
                restore("x").into(),
            ]
        };
        assert_eq!(requests().len(), VERBS.len());
        let denied = |who: &Credential, request| house.jeton.call(who, request).is_err_and(|e| e.kind == Kind::Denied);
        for ((name, proof), request) in VERBS.iter().zip(requests()) {
            assert_eq!(denied(&Credential::Store, request), *proof != Proof::Store, "{name}");
        }
        for ((name, proof), request) in VERBS.iter().zip(requests()) {
            assert_eq!(denied(&Credential::Session(session.clone()), request), *proof == Proof::Password, "{name}");
        }
        for ((name, _), request) in VERBS.iter().zip(requests()) {
            assert!(!denied(&by(OWNER), request), "{name}");
        }
    }

    #[test]
    fn only_the_first_owner_is_made_so() {
        let house = House::new();
        let before = (house.audit(), house.store().read(|s| s.accounts()).unwrap());
        let mut again = init(true);
        again.username = username("second");
        refused(ask(&house.jeton, &Credential::Store, again), Kind::Conflict);
        assert_eq!((house.audit(), house.store().read(|s| s.accounts()).unwrap()), before);
        let row = &before.0[0];
        assert_eq!((row.verb.as_str(), row.proof.as_str(), row.target_name.as_str()), ("init", "store", OWNER));
        assert!(!row.details.contains("counted"), "no hash in the audit log");
        let greeting = ask(&house.jeton, &Credential::Store, Greet).unwrap();
        assert_eq!((greeting.first_run, greeting.sole_account), (false, Some(owner())));
    }

    #[test]
    fn two_first_owners_at_once_are_one() {
        let place = crate::support::world::Place::new();
        let start = Arc::new(Barrier::new(2));
        let racers = [0, 1].map(|side| {
            let (path, start) = (place.path(), start.clone());
            std::thread::spawn(move || {
                let jeton = local(&path, Fakes::seeded(side).world());
                start.wait();
                let mut first = init(true);
                first.username = username(&format!("owner{side}"));
                ask(&jeton, &Credential::Store, first).map(drop)
            })
        });
        let made = racers.map(|r| r.join().unwrap());
        assert_eq!(made.iter().filter(|m| m.is_ok()).count(), 1, "{made:?}");
        let store = SqliteStore::open(&place.path()).unwrap();
        assert_eq!(store.read(|s| s.accounts()).unwrap().len(), 1);
    }

    #[test]
    fn the_line_of_init_makes_the_same() {
        let place = crate::support::world::Place::new();
        let jeton = local(&place.path(), Fakes::new().world());
        let mut first = init(true);
        first.prefix = jeton::domain::name::Prefix::parse("acme").unwrap();
        let made = ask(&jeton, &Credential::Store, first).unwrap();
        assert_eq!(made.cli.to_string(), "jeton init --username ops --prefix acme --catalogue cloud-platform");
        let issued = ask(&jeton, &Credential::Password(owner(), password()), create("x")).unwrap().out;
        assert!(issued.token.hint.starts_with("acme_"));
    }
}

mod deciding {
    use super::*;

    fn decide(house: &House, presented: &str, method: Option<&str>) -> Decision {
        let method = method.map(|m| MethodId::parse(m).unwrap());
        let from = decide::Caller { address: "", client: "" };
        decide::verify(house.store(), presented, method.as_ref(), house.now(), from).unwrap()
    }

    fn reason(decision: Decision) -> &'static str {
        match decision {
            Decision::Allowed(_) => "allowed",
            Decision::Denied(reason, _) => reason.word(),
            Decision::UnknownMethod => "unknown-method",
        }
    }

    /// With a checksum that fits.
    fn forged(head: &str) -> String {
        let alphabet = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let mut rest = crc32fast::hash(head.as_bytes());
        let mut check = [0u8; 6];
        for digit in check.iter_mut().rev() {
            *digit = alphabet[(rest % 62) as usize];
            rest /= 62;
        }
        format!("{head}{}", std::str::from_utf8(&check).unwrap())
    }

    #[test]
    fn each_reason() {
        let house = House::inhabited();
        let text = |name: &str| house.issue("member", name).secret.expose(str::to_owned);
        let live = text("live");
        let said = |presented: &str| reason(decide(&house, presented, None));
        assert_eq!(said(&live), "allowed");
        for broken in [
            "",
            "x",
            "jtn_",
            &live[3..],
            &live[..live.len() - 1],
            &format!("{live} "),
            &format!(" {live}"),
            &format!("{live}\n"),
            &live.to_uppercase(),
            &live.replace('_', "-"),
        ] {
            assert_eq!(said(broken), "malformed", "{broken:?}");
        }
        let mut mistyped = live.clone().into_bytes();
        mistyped[20] = if mistyped[20] == b'a' { b'b' } else { b'a' };
        assert_eq!(said(std::str::from_utf8(&mistyped).unwrap()), "checksum");
        assert_eq!(said(&forged(&format!("jtn_zzzzzzzz_{}", "0".repeat(32)))), "unknown");
        assert_eq!(said(&forged(&format!("{}_{}", &live[..12], "0".repeat(32)))), "wrong-secret");
        assert_eq!(said(&forged(&format!("abc{}", &live[3..45]))), "wrong-secret", "another prefix is another secret");

        let (off, gone, old) = (text("off"), text("gone"), text("old"));
        house.ask("member", disable(&["off"])).unwrap();
        house.ask("member", delete(&["gone"], "gone")).unwrap();
        house.ask("member", regenerate("old")).unwrap();
        assert_eq!((said(&off), said(&gone), said(&old)), ("disabled", "deleted", "retired"));
        let short = house.ask("viewer", CreateToken { expires: spec("1d"), ..create("short") }).unwrap().out;
        house.fakes.clock.forward(DAY);
        assert_eq!(short.secret.expose(|s| said(s)), "expired");
        house.set_account_enabled(house.account_named("member").id, false);
        assert_eq!((said(&live), said(&off)), ("account-disabled", "disabled"));
        house.set_account_enabled(house.account_named("member").id, true);
        assert_eq!(said(&live), "allowed");
    }

    #[test]
    fn permission_is_the_selection_under_the_roles_ceiling() {
        let house = House::inhabited();
        let shipped = jeton::domain::catalogue::Catalogue::shipped("cloud-platform").unwrap();
        let of = |access: &str| shipped.methods().find(|m| m.access.word() == access).unwrap().id.to_string();
        let (read, write, admin) = (of("read"), of("write"), of("admin"));
        let said = |who: &str, selection: Selection, method: &str| {
            let name = format!("x{}", house.audit().len());
            house.set_policy(|p| p.active_tokens = 0);
            let issued = house.ask(who, CreateToken { selection, ..create(&name) }).unwrap().out;
            issued.secret.expose(|s| reason(decide(&house, s, Some(method))))
        };
        let (yes, no) = ("allowed", "not-permitted");
        for (who, expected) in [
            (OWNER, [yes, yes, yes]),
            ("admin", [yes, yes, yes]),
            ("member", [yes, yes, no]),
            ("viewer", [yes, no, no]),
        ] {
            for (method, expected) in [&read, &write, &admin].into_iter().zip(expected) {
                assert_eq!(said(who, Selection::Inherit, method), expected, "{who} {method}");
                assert_eq!(said(who, methods(&[method]), method), expected, "{who} {method}");
                assert_eq!(said(who, Selection::nothing(), method), no);
            }
            assert_eq!(said(who, Selection::Inherit, "jeton.tokens.read"), no, "Inherit never includes jeton.*");
            assert_eq!(said(who, methods(&["jeton.tokens.read"]), "jeton.tokens.read"), yes);
            assert_eq!(said(who, Selection::Inherit, "no.Such"), "unknown-method");
        }
        let set = shipped.sets.iter().find(|s| s.name == "Maven Plugin").unwrap();
        for method in shipped.methods().filter(|m| m.access.word() == "read") {
            let expected = if set.holds(&method.id) { yes } else { no };
            let selection = Selection::Sets([set.name.clone()].into());
            assert_eq!(said("viewer", selection, method.id.as_str()), expected, "{}", method.id);
        }
    }

    #[test]
    fn only_accepted_uses_move_last_seen() {
        let house = House::inhabited();
        let issued = house.issue("member", "x");
        let id = issued.token.id;
        issued.secret.expose(|s| assert_eq!(reason(decide(&house, s, Some("no.Such"))), "unknown-method"));
        let read = "jeton.tokens.read";
        issued.secret.expose(|s| assert_eq!(reason(decide(&house, s, Some(read))), "not-permitted"));
        assert_eq!(house.token(id).last_seen_at, None);
        house.fakes.clock.forward(5);
        assert!(allowed(&house, &issued.secret));
        assert_eq!(house.token(id).last_seen_at, Some(START.plus(5)));
        assert_eq!(house.fakes.clock.now(), START.plus(5));
    }
}
