//! Decisions about a presented secret, and the reasons of denials.

use super::*;

fn decide(install: &TestInstall, presented: &str, method: Option<&str>) -> Decision {
    let method = method.map(|m| MethodId::parse(m).unwrap());
    install.decide(presented, method.as_ref())
}

fn reason(decision: Decision) -> &'static str {
    match decision {
        Decision::Allowed(_) => "allowed",
        Decision::Denied(reason, _) => reason.as_str(),
        Decision::UnknownMethod => "unknown-method",
    }
}

/// Returns a secret with this head and a valid checksum.
pub fn forged(head: &str) -> String {
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
fn denial_reasons_are_distinct() {
    let install = TestInstall::with_accounts();
    let text = |name: &str| install.issue("member", name).secret.expose(str::to_owned);
    let live = text("live");
    let reason_of = |presented: &str| reason(decide(&install, presented, None));
    assert_eq!(reason_of(&live), "allowed");
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
        assert_eq!(reason_of(broken), "malformed", "{broken:?}");
    }
    let mut mistyped = live.clone().into_bytes();
    mistyped[20] = if mistyped[20] == b'a' { b'b' } else { b'a' };
    assert_eq!(reason_of(std::str::from_utf8(&mistyped).unwrap()), "checksum");
    assert_eq!(reason_of(&forged(&format!("jtn_zzzzzzzz_{}", "0".repeat(32)))), "unknown");
    assert_eq!(reason_of(&forged(&format!("{}_{}", &live[..12], "0".repeat(32)))), "wrong-secret");
    assert_eq!(reason_of(&forged(&format!("abc{}", &live[3..45]))), "wrong-secret", "another prefix is another secret");

    let (off, gone, old) = (text("off"), text("gone"), text("old"));
    install.call("member", disable(&["off"])).unwrap();
    install.call("member", revoke(&["gone"], "gone")).unwrap();
    install.call("member", regenerate("old")).unwrap();
    assert_eq!((reason_of(&off), reason_of(&gone), reason_of(&old)), ("disabled", "deleted", "retired"));
    let short = install.create("viewer", CreateToken { expires: spec("1d"), ..create("short") });
    install.fakes.clock.advance(DAY);
    assert_eq!(short.secret.expose(|s| reason_of(s)), "expired");
    install.set_account_enabled(install.account_named("member").id, false);
    assert_eq!((reason_of(&live), reason_of(&off)), ("account-disabled", "disabled"));
    install.set_account_enabled(install.account_named("member").id, true);
    assert_eq!(reason_of(&live), "allowed");
}

#[test]
fn permission_is_the_selection_under_the_roles_ceiling() {
    let install = TestInstall::with_accounts();
    let shipped = jeton::domain::catalogue::Catalogue::shipped("cloud-platform").unwrap();
    let of = |access: &str| shipped.methods().find(|m| m.access.as_str() == access).unwrap().id.to_string();
    let (read, write, admin) = (of("read"), of("write"), of("admin"));
    let reason_of = |who: &str, selection: Selection, method: &str| {
        let name = format!("x{}", install.audit().len());
        install.set_policy(|p| p.active_tokens = 0);
        let issued = install.create(who, CreateToken { selection, ..create(&name) });
        issued.secret.expose(|s| reason(decide(&install, s, Some(method))))
    };
    let (yes, no) = ("allowed", "not-permitted");
    for (who, expected) in
        [(OWNER, [yes, yes, yes]), ("admin", [yes, yes, yes]), ("member", [yes, yes, no]), ("viewer", [yes, no, no])]
    {
        for (method, expected) in [&read, &write, &admin].into_iter().zip(expected) {
            assert_eq!(reason_of(who, Selection::Inherit, method), expected, "{who} {method}");
            assert_eq!(reason_of(who, methods(&[method]), method), expected, "{who} {method}");
            assert_eq!(reason_of(who, Selection::nothing(), method), no);
        }
        assert_eq!(reason_of(who, Selection::Inherit, "jeton.tokens.read"), no, "Inherit never includes jeton.*");
        assert_eq!(reason_of(who, methods(&["jeton.tokens.read"]), "jeton.tokens.read"), yes);
        assert_eq!(reason_of(who, Selection::Inherit, "no.Such"), "unknown-method");
    }
    let set = "Maven Plugin";
    let members = jeton::domain::catalogue::permission_index::members(std::slice::from_ref(&shipped), set);
    for method in shipped.methods().filter(|m| m.access.as_str() == "read") {
        let expected = if members.contains(&method.id) { yes } else { no };
        let selection = Selection::Sets([set.to_owned()].into());
        assert_eq!(reason_of("viewer", selection, method.id.as_str()), expected, "{}", method.id);
    }
}

#[test]
fn only_accepted_uses_move_last_seen() {
    let install = TestInstall::with_accounts();
    let issued = install.issue("member", "x");
    let id = issued.token.id;
    issued.secret.expose(|s| assert_eq!(reason(decide(&install, s, Some("no.Such"))), "unknown-method"));
    let read = "jeton.tokens.read";
    issued.secret.expose(|s| assert_eq!(reason(decide(&install, s, Some(read))), "not-permitted"));
    assert_eq!(install.token(id).last_seen_at, None);
    install.fakes.clock.advance(5);
    assert!(allowed(&install, &issued.secret));
    assert_eq!(install.token(id).last_seen_at, Some(START.plus(5)));
    assert_eq!(install.fakes.clock.now(), START.plus(5));
}

/// A service that reads a store before setup has the catalogues afterwards.
#[test]
fn service_reads_a_store_set_up_after_its_start() {
    let (place, fakes) = (crate::support::fakes::TempStore::new(), Fakes::new());
    let jeton = backend(&place.path(), fakes.adapters());
    let install = TestInstall::from_parts(place, fakes, jeton);
    assert_eq!(reason(install.decide("nobody yet", None)), "malformed");
    call(&install.backend, &Credential::Store, init(true)).unwrap();
    let secret = install.create(OWNER, CreateToken { selection: Selection::Inherit, ..create("all") }).secret;
    let asked = secret.expose(|s| decide(&install, s, Some("environment.control.StopEnv")));
    assert_eq!(reason(asked), "allowed");
}

#[test]
fn secret_that_was_unknown_before_it_was_issued_works() {
    // Two installations generate the same numbers here, so that one can look up the other's secret.
    let twin = TestInstall::with_accounts().issue("member", "ci").secret;
    let install = TestInstall::with_accounts();
    for _ in 0..3 {
        assert_eq!(reason(install.verify(&twin)), "unknown");
    }
    let issued = install.issue("member", "ci").secret;
    assert_eq!(issued.hint(), twin.hint());
    assert_eq!(reason(install.verify(&issued)), "allowed");
}
