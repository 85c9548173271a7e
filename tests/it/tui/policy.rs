//! Policy rules on the screen.

use jeton::domain::policy::Policy;
use jeton::domain::time::DAY;
use jeton::verbs::policy::ListPolicy;
use jeton::verbs::ports::Store as _;
use jeton::verbs::tokens::{RevokeTokens, TokenTarget};

use super::accounts::{last, prove};
use crate::support::fakes::{OWNER, PASSWORD, TestInstall};
use crate::support::tui_harness::TuiHarness;

#[test]
fn policy_rules_are_changed_with_fitting_input() {
    let mut s = TuiHarness::signed_in(TestInstall::new());
    s.keys("5<enter><right><tab><enter>");
    s.assert_top("policy.set");
    insta::assert_snapshot!(s.dialog_text(), @"
    Change self_service
    The rule changes from on to off.

    Password of ops
    ");
    prove(&mut s);
    s.assert_shows("= jeton policy set policy.self_service=off");
    s.keys("<down><enter><c-u>many<tab><enter>");
    insta::assert_snapshot!(s.problem().unwrap(), @"policy.active_tokens must be a whole number from 0 to 4294967295; 0 means no limit");
    s.keys("<c-u>3<tab><enter>");
    prove(&mut s);
    s.keys("<down><down><enter><tab><c-u>30d<tab><enter>");
    prove(&mut s);
    s.keys("<down><enter><left><space><tab>1y<tab><enter>");
    prove(&mut s);
    s.keys("<down><enter><c-u>never<tab><enter>");
    insta::assert_snapshot!(s.problem().unwrap(), @r#"invalid value for policy.trash: "never": use a whole number with h, d, w, mo or y, e.g. 12h, 30d, 2w, 6mo or 1y"#);
    s.keys("<c-u>30d<tab><enter>");
    insta::assert_snapshot!(s.problem().unwrap(), @"The rule already has the value 30d");
    s.keys("<c-u>7d<tab><enter>");
    prove(&mut s);
    let wanted = Policy {
        self_service: false,
        active_tokens: 3,
        default_expiry: Some(jeton::domain::expiry::Span::Days(30)),
        max_expiry: Some(jeton::domain::expiry::Span::Years(1)),
        trash: jeton::domain::expiry::Span::Days(7),
        ..Policy::default()
    };
    assert_eq!(s.install.store().read(|snapshot| snapshot.policy()).unwrap(), wanted);
    assert_eq!(s.app.model.me.as_ref().unwrap().policy, wanted);
    assert_eq!(last(&s), "policy.set");
}

#[test]
fn shorter_trash_is_confirmed_by_the_number_of_lost_tokens() {
    let install = TestInstall::new();
    for name in ["a", "b"] {
        install.issue(OWNER, name);
    }
    let tokens = ["a", "b"].map(TokenTarget::by_reference).into();
    let verb = RevokeTokens { tokens, with_made: false, expected_made: None, confirmation: "2".to_owned() };
    install.call(OWNER, verb).unwrap();
    install.fakes.clock.advance(2 * DAY);
    let mut s = TuiHarness::signed_in(install);
    let policy = |s: &TuiHarness| s.install.call(OWNER, ListPolicy).unwrap();
    let before = policy(&s);
    s.keys("5<down><down><down><down><down><enter><c-u>1d<tab><enter>");
    s.assert_top("policy.set");
    insta::assert_snapshot!(s.dialog_text(), @"
    Change trash
    The rule changes from 30d to 1d.

    ! 2 tokens in the trash can no longer be restored

    Type the number
    Password of ops
    ");
    s.keys(&format!("3<tab>{PASSWORD}<enter>"));
    insta::assert_snapshot!(s.problem().unwrap(), @"Type the number exactly: 2");
    assert_eq!(policy(&s), before);
    s.keys("<c-u>2<tab><enter>");
    assert_eq!(policy(&s).trash, jeton::domain::expiry::Span::Days(1));
    s.assert_shows("= jeton policy set policy.trash=1d --confirm 2");
}
