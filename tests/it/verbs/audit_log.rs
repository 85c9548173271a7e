//! Access to the audit log, and the stored content of its rows.

use super::*;
use std::sync::Arc;

use jeton::verbs::credential::TokenCredential;
use jeton::verbs::ports::audit_log::AuditWindow;

fn seqs(window: &AuditWindow) -> Vec<i64> {
    window.rows.iter().map(|c| c.row.seq).collect()
}

#[test]
fn audit_log_is_for_owners_and_admins() {
    let install = TestInstall::with_accounts();
    for who in [OWNER, "admin"] {
        assert_eq!(seqs(&install.call(who, list_audit()).unwrap()), [1, 2, 3, 4]);
    }
    for who in ["member", "viewer"] {
        let error = assert_error(install.call(who, list_audit()), Kind::Denied);
        insta::allow_duplicates! { insta::assert_snapshot!(error.what, @"only owners and admins can read the audit log"); }
        let named = ListAudit { token: Some(TokenRef::Text("nothing".to_owned())), ..list_audit() };
        assert_error(install.call(who, named), Kind::Denied);
    }
}

#[test]
fn audit_log_is_read_by_a_token_with_its_method_only() {
    let install = TestInstall::with_accounts();
    let issue = |account: &str, name: &str, method: &str| {
        let verb = CreateToken { selection: methods(&[method]), ..create(name) };
        install.call(account, verb).unwrap().value.remove(0).secret
    };
    let ask_with = |secret| {
        let presented = TokenCredential::of_any(Arc::new(secret));
        call(&install.backend, &Credential::Token(presented), list_audit())
    };
    assert!(ask_with(issue(OWNER, "reader", "jeton.audit.read")).is_ok());
    assert_eq!(ask_with(issue(OWNER, "other", "jeton.tokens.read-all")).unwrap_err().kind, Kind::Denied);
    assert_eq!(ask_with(issue("member", "low", "jeton.audit.read")).unwrap_err().kind, Kind::Denied);
}

#[test]
fn rows_of_a_token_are_found_by_its_name_and_for_ever_by_its_id() {
    let install = TestInstall::with_accounts();
    let token = install.issue("member", "x").token;
    install.issue("member", "y");
    install.call("member", disable(&["x"])).unwrap();
    let of = |who: &str, text: &str| {
        let token = Some(TokenRef::Text(text.to_owned()));
        install.call(who, ListAudit { token, ..list_audit() }).map(|w| seqs(&w))
    };
    assert_eq!(of("admin", "member/x").unwrap(), [5, 7]);
    assert_eq!(of("admin", &token.id.to_string()).unwrap(), [5, 7]);
    assert_eq!(of(OWNER, "t:999").unwrap(), [0_i64; 0]);
    assert_eq!(of(OWNER, "nope").unwrap_err().kind, Kind::NotFound);
    assert_eq!(call(&install.backend, &Credential::Store, WaitForChanges::default()).unwrap().audit, 7);
    install.call("member", revoke(&["x"], "x")).unwrap();
    assert_eq!(of(OWNER, "member/x").unwrap(), [5, 7, 8]);
    assert_eq!(call(&install.backend, &Credential::Store, WaitForChanges::default()).unwrap().audit, 8);
}
