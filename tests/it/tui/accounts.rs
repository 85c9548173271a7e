//! Accounts, rules and found secrets on the screen.

use std::sync::Arc;

use jeton::domain::policy::Policy;
use jeton::domain::role::Role;
use jeton::tui::Demo;
use jeton::tui::msg::Msg;
use jeton::tui::theme::Theme;
use jeton::verbs::actor::TokenCredential;
use jeton::verbs::ports::Store as _;
use zeroize::Zeroizing;

use crate::support::fakes::{OWNER, PASSWORD, TestInstall, create};
use crate::support::requests::{set_password, switch_off};
use crate::support::tui_harness::TuiHarness;

const NEW: &str = "seven brown foxes";

/// Opens the accounts screen as owner, in an installation with an account per role: admin, member, ops, viewer.
fn accounts() -> TuiHarness {
    let mut s = TuiHarness::signed_in(TestInstall::with_accounts());
    s.keys("2");
    s
}

/// Signs in as `who` and opens the accounts screen.
fn accounts_as(who: &str) -> TuiHarness {
    let mut s = TuiHarness::signed_out(TestInstall::with_accounts());
    s.keys(&format!("<s-tab><c-u>{who}<enter>{PASSWORD}<enter>2"));
    s
}

/// Proves the pending change.
fn prove(s: &mut TuiHarness) {
    s.keys(&format!("{PASSWORD}<enter>"));
}

/// Returns the verb of the last row of the audit log.
fn last(s: &TuiHarness) -> String {
    s.install.audit().pop().unwrap().verb
}

#[test]
fn an_account_is_made() {
    let mut s = accounts();
    s.keys(&format!("nci<tab><right><space><tab>{NEW}<tab>{NEW}<tab><enter>"));
    s.assert_shows("ci signs in with this temporary password");
    // After a mistyped proof, the input need not be typed again.
    s.keys("wrong horse battery<enter>");
    s.assert_shows("That password is wrong");
    s.install.fakes.clock.advance(2_000);
    prove(&mut s);
    s.assert_shows("✓ ci is a new admin");
    s.assert_shows("= jeton account create ci --role admin");
    s.assert_shows("▶ ci");
    assert_eq!(last(&s), "account.create");
    let mut other = TuiHarness::signed_out(s.install);
    other.keys(&format!("<s-tab><c-u>ci<enter>{NEW}<enter>"));
    other.assert_shows("Replace the password of ci");
    other.assert_hides("ci@prod-1");
    // Neither the same password nor a mistyped one is accepted, and nothing else is available.
    other.keys(&format!("{NEW}<tab>{NEW}<tab><enter>"));
    other.assert_shows("the new password is the one that it replaces");
    other.message(Msg::StoreChanged);
    other.assert_shows("Replace the password of ci");
    other.keys(&format!("<c-u>{PASSWORD}<tab><c-u>{NEW}<tab><enter>"));
    other.assert_shows("the two passwords differ");
    other.keys(&format!("{PASSWORD}<tab><enter>"));
    other.assert_shows("ci@prod-1 · admin");
    other.assert_shows("✓ ci has a new password");
    assert_eq!(last(&other), "account.passwd");
    assert!(!other.install.account_named("ci").temporary_password);
}

#[test]
fn what_stands_in_the_way_of_a_new_account_is_said_where_it_lies() {
    let mut s = accounts();
    s.keys("nCI<tab><tab>short<tab>short<tab><enter>");
    s.assert_shows("CI");
    s.assert_hides("Password of ops");
    s.keys("<c-u>ci<tab><tab><tab><tab><enter>");
    s.assert_shows("too short");
    s.keys(&format!("<c-u>{NEW}<tab><c-u>{NEW}s<tab><enter>"));
    s.assert_shows("the two passwords differ");
    s.keys(&format!("{NEW}<tab><enter>"));
    s.assert_shows("Password of ops");
    s.keys("<esc><s-tab><s-tab><s-tab><s-tab><c-u>member<tab><tab><tab><tab><enter>");
    prove(&mut s);
    s.assert_shows("the username member is taken");
    s.assert_shows("New account");
}

#[test]
fn another_role_ends_at_once_what_tokens_may_not_do_any_more() {
    let mut s = accounts();
    s.keys("<down>o<left>");
    s.assert_shows("may call read methods only");
    s.assert_shows("may call no write methods from the next request on");
    s.keys("<tab><enter>");
    prove(&mut s);
    s.assert_shows("✓ member has the role viewer");
    assert_eq!(s.install.account_named("member").role, Role::Viewer);
    assert!(s.row_of("▶ member").iter().map(|c| c.symbol()).collect::<String>().contains("viewer"));
}

#[test]
fn an_account_is_switched_off_and_on_with_its_tokens() {
    let install = TestInstall::with_accounts();
    let token = install.issue("member", "ci");
    let mut s = TuiHarness::signed_in(install);
    s.keys("2<down>d");
    s.assert_shows("Its 1 active token is denied");
    prove(&mut s);
    s.assert_shows("○ disabled");
    assert!(!matches!(s.install.verify(&token.secret), jeton::verbs::verify::Decision::Allowed(_)));
    s.keys("d");
    s.assert_shows("accepted again from the next request on");
    prove(&mut s);
    s.assert_hides("○ disabled");
    assert_eq!(last(&s), "account.enable");
}

#[test]
fn an_account_with_active_tokens_is_disabled_instead_of_deleted() {
    let install = TestInstall::with_accounts();
    install.issue("member", "ci");
    let mut s = TuiHarness::signed_in(install);
    s.keys("2<down>x");
    s.assert_shows("! It has 1 active token, and is not deleted while it has.");
    s.assert_hides("Type it to confirm");
    s.keys("<enter>");
    s.assert_shows("Disable member");
    prove(&mut s);
    assert_eq!(last(&s), "account.disable");
    s.assert_shows("✓ member disabled");
}

#[test]
fn an_account_is_deleted_once_its_name_was_typed() {
    let mut s = accounts();
    s.keys(&format!("<down>xmembe<tab>{PASSWORD}<tab><tab><enter>"));
    s.assert_shows("Type the name exactly: member");
    s.keys("r<tab><tab><tab><enter>");
    s.assert_shows("✓ member deleted for good");
    assert_eq!(last(&s), "account.delete");
    s.assert_shows("2 of 3");
    s.assert_shows("▶ ops");
}

#[test]
fn somebody_elses_password_is_set() {
    let mut s = accounts();
    s.keys(&format!("<down>w{NEW}<tab>{NEW}<tab><enter>"));
    s.assert_shows("member signs in with the new password and replaces it at once");
    prove(&mut s);
    s.assert_shows("✓ member has a temporary password");
    s.assert_shows("▶ member");
    assert_eq!(last(&s), "account.passwd");
    let mut other = TuiHarness::signed_out(s.install);
    other.keys(&format!("<s-tab><c-u>member<enter>{NEW}<enter>"));
    other.assert_shows("Replace the password of member");
    // Esc leads back to the sign-in, and nothing has changed.
    other.keys("<esc>");
    other.assert_shows("Sign in to jeton");
    assert!(other.install.account_named("member").temporary_password);
}

/// Another person sets the password of the signed-in account. The screens lock, and the new password unlocks only its
/// own replacement.
#[test]
fn a_password_set_by_somebody_else_meanwhile_is_replaced_at_the_lock() {
    let mut s = accounts_as("member");
    s.install.call("admin", set_password("member", NEW)).unwrap();
    s.message(Msg::StoreChanged);
    s.assert_shows("jeton is locked");
    s.keys(&format!("{NEW}<enter>"));
    s.assert_shows("Replace the password of member");
    assert!(s.model.workspace().is_none() && s.model.session.is_none());
    s.keys(&format!("{PASSWORD}<tab>{PASSWORD}<enter><enter>"));
    s.assert_shows("member@prod-1 · member");
}

/// The person who set a temporary password could use the new role.
#[test]
fn nobody_is_promoted_before_replacing_a_temporary_password() {
    let mut s = accounts();
    s.install.call("admin", set_password("member", NEW)).unwrap();
    s.message(Msg::StoreChanged);
    s.keys("<down>");
    s.assert_shows("◐ temporary");
    s.keys("o<right><tab><enter>");
    s.assert_shows("can't be promoted before it has replaced its temporary password");
    assert_eq!(s.install.account_named("member").role, Role::Member);
}

#[test]
fn after_ones_own_password_one_signs_in_again() {
    let mut s = accounts_as("member");
    s.keys(&format!("w{NEW}<tab>{NEW}<tab><enter>"));
    prove(&mut s);
    s.assert_shows("jeton is locked");
    s.assert_shows("Your password is changed. Sign in with the new one.");
    s.message(Msg::StoreChanged);
    s.assert_shows("Your password is changed.");
    assert_eq!(s.model.messages.len(), 1, "the change, and no error: {:?}", s.model.messages);
    s.keys(&format!("{PASSWORD}<enter>"));
    s.assert_shows("jeton is locked");
    s.install.fakes.clock.advance(2_000);
    s.keys(&format!("{NEW}<enter>"));
    s.assert_shows("member@prod-1 · member");
    s.assert_shows("Accounts");
}

#[test]
fn after_ones_own_role_one_signs_in_again() {
    let install = TestInstall::with_accounts();
    install.account("zoe", Role::Owner);
    let mut s = TuiHarness::signed_in(install);
    s.keys("2<down><down>o<left><tab><enter>");
    prove(&mut s);
    s.assert_shows("ops has the role admin. Sign in again.");
    s.keys(&format!("{PASSWORD}<enter>"));
    s.assert_shows("ops@prod-1 · admin");
    assert_eq!(s.model.messages.len(), 1, "{:?}", s.model.messages);
}

#[test]
fn account_that_disables_itself_is_signed_out() {
    let mut s = accounts_as("admin");
    s.keys("d");
    prove(&mut s);
    s.assert_shows("Sign in to jeton");
    s.assert_shows("admin disabled; its tokens are denied");
    assert!(s.model.session.is_none() && s.model.me.is_none());
    s.keys(&format!("ops<enter>{PASSWORD}<enter>"));
    s.assert_shows("ops@prod-1 · owner");
}

#[test]
fn the_last_owner_stays() {
    let mut s = accounts();
    s.keys("<down><down>o<left><tab><enter>");
    prove(&mut s);
    s.assert_shows("the last enabled owner stays");
    assert_eq!(s.install.account_named(OWNER).role, Role::Owner);
}

#[test]
fn what_one_may_not_do_is_not_offered() {
    let mut s = accounts_as("member");
    s.assert_shows("1 of 1");
    for keys in ["n", "o", "d", "x"] {
        s.keys(keys);
        assert!(s.model.modals.is_empty(), "{keys}");
    }
    s.assert_hides("n New");
    s.assert_shows("w Password");
    s.keys("5<enter>");
    assert!(s.model.modals.is_empty());
    s.assert_shows("only owners change it");

    let mut s = accounts_as("admin");
    s.assert_shows("1 of 3");
    s.keys("o");
    assert!(s.model.modals.is_empty(), "its own role");
    s.keys("<down>o");
    s.assert_shows("( ) viewer   (•) member");
    s.assert_hides("( ) admin");
    s.keys("<esc>n");
    s.assert_hides(") owner");
}

#[test]
fn a_token_that_signed_in_is_offered_what_tokens_can_do() {
    let install = TestInstall::with_accounts();
    let mut new = create("screens");
    new.selection = jeton::domain::selection::Selection::Custom(
        ["jeton.accounts.read", "jeton.accounts.write"]
            .into_iter()
            .map(|m| jeton::domain::method::MethodId::parse(m).unwrap())
            .collect(),
    );
    let secret = Arc::new(install.create(OWNER, new).secret);
    let token = TokenCredential { secret, account: None, name: None };
    let mut s = TuiHarness::with_config(install, Theme::colour(), |start| start.token = Some(token));
    s.keys("2");
    for keys in ["n", "o", "w"] {
        s.keys(keys);
        assert!(s.model.modals.is_empty(), "{keys}");
    }
    s.keys("<down>d<enter>");
    assert!(!s.install.account_named("member").enabled);
    s.keys("d");
    assert!(s.model.modals.is_empty(), "enabling takes a person");
}

#[test]
fn the_filter_narrows_as_it_is_typed() {
    let install = TestInstall::with_accounts();
    install.call(OWNER, switch_off(&["viewer"])).unwrap();
    let mut s = TuiHarness::signed_in(install);
    s.keys("2/role:mem");
    s.assert_shows("1 match of 4");
    s.assert_shows("▶ member");
    s.keys("<c-u>status:dis");
    s.assert_shows("▶ viewer");
    s.assert_hides("member ");
    s.keys("<c-u>nobody");
    s.assert_shows("Nothing matches \"nobody\".");
    s.keys("<c-u>status:gone");
    s.assert_shows("no \"status:gone\"   ↓ name");
    s.assert_shows("It knows no \"status:gone\": status: takes enabled, disabled.");
    s.keys("<esc>");
    s.assert_shows("1 of 4");
    s.keys("/view<enter><esc>");
    s.assert_shows("▶ viewer");
    s.assert_shows("4 of 4");
}

#[test]
fn from_an_account_to_its_tokens_and_its_name() {
    let install = TestInstall::with_accounts();
    install.issue("member", "of-member");
    install.issue(OWNER, "of-ops");
    let mut s = TuiHarness::signed_in(install);
    s.keys("2<down>y<enter>");
    assert_eq!(s.copied, ["member"]);
    s.assert_shows("account:member");
    s.assert_shows("▶   of-member");
    s.assert_hides("of-ops");
}

#[test]
fn a_rule_is_changed_with_the_right_kind_of_input() {
    let mut s = TuiHarness::signed_in(TestInstall::new());
    s.keys("5<enter><right><tab><enter>");
    s.assert_shows("It is on, and will be off.");
    prove(&mut s);
    s.assert_shows("= jeton policy set policy.self_service=off");
    s.keys("<down><enter><c-u>many<tab><enter>");
    s.assert_shows("whole number");
    s.keys("<c-u>3<tab><enter>");
    prove(&mut s);
    s.keys("<down><down><enter><right><tab><enter>");
    prove(&mut s);
    s.keys("<down><enter><left><space><tab>1y<tab><enter>");
    prove(&mut s);
    s.keys("<down><enter><c-u>never<tab><enter>");
    s.assert_shows("policy.trash can't be");
    s.keys("<c-u>30d<tab><enter>");
    s.assert_shows("It is 30d already");
    s.keys("<c-u>7d<tab><enter>");
    prove(&mut s);
    let wanted = Policy {
        self_service: false,
        active_tokens: 3,
        default_expiry: None,
        max_expiry: Some(jeton::domain::expiry::Span::Years(1)),
        trash: jeton::domain::expiry::Span::Days(7),
        ..Policy::default()
    };
    assert_eq!(s.install.store().read(|snapshot| snapshot.policy()).unwrap(), wanted);
    assert_eq!(s.model.me.as_ref().unwrap().policy, wanted);
    assert_eq!(last(&s), "policy.set");
}

#[test]
fn a_found_secret_is_traced_and_kept_nowhere() {
    let install = TestInstall::new();
    let token = install.issue(OWNER, "lost");
    let secret = token.secret.expose(str::to_owned);
    let mut s = TuiHarness::signed_in(install);
    s.keys("W<enter>");
    s.assert_shows("Paste or type the secret");
    s.message(Msg::Paste(Zeroizing::new(secret.clone())));
    s.assert_hides(&secret);
    s.keys("<enter>");
    s.assert_shows("ops/lost (t:1)");
    s.assert_shows("the current one");
    s.assert_shows("Works    yes");
    s.assert_hides("••");
    s.keys(&secret.replace("jtn", "jtx"));
    s.keys("<enter>");
    s.assert_shows("Works    no:");
    assert_eq!(s.install.token(token.token.id).last_seen_at, None, "it is no use");
    s.assert_hides(&secret);
}

#[test]
fn new_passwords_are_nowhere() {
    let mut s = accounts();
    let steps = [
        format!("nci<tab><tab>{NEW}"),
        format!("<tab>{NEW}"),
        "<tab><enter>".to_owned(),
        format!("{PASSWORD}<enter>"),
        format!("w{NEW}!"),
        format!("<tab>{NEW}!<tab><enter>"),
        format!("{PASSWORD}<enter>"),
        "m".to_owned(),
        "<esc>3".to_owned(),
    ];
    for keys in steps {
        s.keys(&keys);
        s.assert_hides("brown");
    }
    assert_eq!(last(&s), "account.passwd");
    for row in s.install.audit() {
        assert!(!format!("{row:?}").contains("brown"));
    }
    for file in std::fs::read_dir(s.install.temp_store.folder()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(5).any(|w| w == b"brown"));
    }
    assert!(!format!("{:?}", s.model.messages).contains("brown"));
}

#[test]
fn a_demonstration_forgets_a_password_that_is_none_any_more() {
    let demo =
        Demo { username: crate::support::fakes::owner(), password: Zeroizing::new(PASSWORD.to_owned()), service: None };
    let mut s = TuiHarness::with(TestInstall::new(), Theme::colour(), Some(demo));
    s.assert_shows("its password: correct horse battery");
    s.keys(&format!("2w{NEW}<tab>{NEW}<tab><enter>"));
    prove(&mut s);
    s.assert_hides("correct horse battery");
}
