//! The contact of an account on the screen.

use jeton::tui::notice::NoticeId;
use jeton::verbs::Verb as _;
use jeton::verbs::accounts::SetContact;

use crate::support::tui_harness::TuiHarness;
use crate::tui::accounts::{accounts, prove};

#[test]
fn contact_form_changes_and_removes_the_contact() {
    let mut s = accounts();
    s.keys("<down>enobody<tab><enter>");
    insta::assert_snapshot!(s.problem().unwrap(), @r#""nobody" is not a contact: use one e-mail address with at most 254 characters, such as ops@example.com"#);
    s.keys("<c-u>dev@example.com<tab><enter>");
    insta::assert_snapshot!(s.dialog_text(), @"
    Change the contact of member
    Notices about the tokens of member will go to dev@example.com.

    Password of ops
    ");
    prove(&mut s);
    s.assert_notice(NoticeId::Done(SetContact::NAME));
    let contact = |s: &TuiHarness| s.install.account_named("member").contact.map(|c| c.to_string());
    assert_eq!(contact(&s).as_deref(), Some("dev@example.com"));
    s.keys("e<tab><enter>");
    s.assert_top("set-contact");
    insta::assert_snapshot!(s.problem().unwrap(), @"member already has this contact");
    s.keys("<c-u><tab><enter>");
    prove(&mut s);
    assert_eq!(contact(&s), None);
}
