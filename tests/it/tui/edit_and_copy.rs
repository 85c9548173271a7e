//! Editing and copying tokens on the screens, key by key.

use jeton::domain::api_selection::Selection;
use jeton::domain::expiry::{Expiry, ExpirySpec, Span};
use jeton::domain::method::MethodId;
use jeton::domain::name::Description;
use jeton::domain::role::Role;
use jeton::domain::secret::Secret;
use jeton::domain::time::DAY;
use jeton::domain::token::Token;
use jeton::tui::notice::NoticeId;
use jeton::verbs::Verb as _;
use jeton::verbs::tokens::{CreateToken, EditToken, IssuedToken, TokenTarget};
use jeton::verbs::verify::Decision;

use crate::support::fakes::{OWNER, PASSWORD, TestInstall, create, username};
use crate::support::tui_harness::TuiHarness;

fn methods(ids: &[&str]) -> Selection {
    Selection::Custom(ids.iter().map(|id| MethodId::parse(id).unwrap()).collect())
}

/// Creates a token with a description, two methods and an expiry in thirty days.
pub(super) fn fixture() -> (TestInstall, IssuedToken) {
    let install = TestInstall::with_accounts();
    let description = Description::parse("Deploys").unwrap();
    let selection = methods(&["environment.control.StopEnv", "environment.control.StartEnv"]);
    let expires = Some(ExpirySpec::In(Span::Days(30)));
    let issued = install.create(OWNER, CreateToken { description, selection, expires, ..create("bot") });
    (install, issued)
}

pub(super) fn stored(s: &TuiHarness, issued: &IssuedToken) -> Token {
    s.install.token(issued.token.id)
}

pub(super) fn allowed(s: &TuiHarness, secret: &Secret) -> bool {
    matches!(s.install.verify(secret), Decision::Allowed(_))
}

pub(super) fn take_secret(s: &mut TuiHarness) -> Secret {
    s.keys("y");
    Secret::parse(&s.copied.pop().unwrap()).unwrap()
}

/// Changes the description of `issued` in another session, and sets the expiry to seven days.
fn overtake(install: &TestInstall, issued: &IssuedToken, description: &str) {
    let edit = EditToken {
        description: Some(Description::parse(description).unwrap()),
        expires: Some(ExpirySpec::In(Span::Days(7))),
        ..EditToken::new(TokenTarget::by_reference(format!("{}/{}", OWNER, issued.token.name)))
    };
    install.call(OWNER, edit).unwrap();
}

#[test]
fn edit_shows_the_difference_before_storing() {
    let (install, issued) = fixture();
    let mut s = TuiHarness::signed_in(install);
    s.keys("e<c-u>robot<tab><c-u>Deploys the shop<tab><end><left><tab>");
    // Up to the sets, and tick the first one.
    for _ in 0..20 {
        s.keys("<up>");
    }
    s.enter_until_top("token.edit");
    insta::assert_snapshot!(s.dialog_text(), @r#"
    Change ops/bot
    name         bot → robot
    description  "Deploys" → "Deploys the shop"
    expires      2026-12-21 → never
    API          2 methods → Extended Access
                 + Extended Access
                 - environment.control.StartEnv
                 - environment.control.StopEnv
    methods      2 → 237
                 + gains 235: artifacts.repository.CheckArtifact,
                     artifacts.repository.DeleteArtifact,
                     artifacts.repository.DownloadArtifact, …

    The change takes effect on the next request. The secret stays the same.

    Password of ops
    "#);
    assert_eq!(stored(&s, &issued), issued.token, "the preview changes nothing");
    s.keys(&format!("{PASSWORD}<enter>"));
    s.assert_notice(NoticeId::Done(EditToken::NAME));
    insta::assert_snapshot!(s.notice_text().unwrap(), @"robot changed");
    s.assert_shows("= jeton token edit ops/bot --name robot --description 'Deploys the shop' ");
    let after = stored(&s, &issued);
    assert_eq!((after.name.as_str(), after.description.as_str()), ("robot", "Deploys the shop"));
    assert_eq!((after.expiry, after.hint.as_str()), (Expiry::Never, issued.token.hint.as_str()));
    assert!(matches!(after.selection, Selection::Sets(_)), "{:?}", after.selection);
    assert!(allowed(&s, &issued.secret), "the secret stays");
}

#[test]
fn edit_without_changes_is_refused() {
    let (install, issued) = fixture();
    let mut s = TuiHarness::signed_in(install);
    s.keys("e<tab><tab><tab><tab><tab><enter>");
    s.assert_top("edit-token");
    insta::assert_snapshot!(s.problem().unwrap(), @"Nothing to change: the token already has these values");
    // The same instant, written differently.
    s.keys("<s-tab><s-tab><s-tab><right><right><tab><tab><tab><enter>");
    s.assert_top("edit-token");
    insta::assert_snapshot!(s.problem().unwrap(), @"Nothing to change: the token already has these values");
    assert_eq!(stored(&s, &issued), issued.token);
    s.keys("<esc>");
    s.assert_top("discard-draft");
    s.keys("d");
    s.assert_no_dialog();
}

#[test]
fn refused_edit_returns_to_the_form() {
    let (install, _) = fixture();
    install.issue(OWNER, "taken");
    let mut s = TuiHarness::signed_in(install);
    s.keys("e<c-u>taken<tab><tab><tab><tab><tab><enter>");
    s.keys(&format!("{PASSWORD}<enter>"));
    s.assert_top("edit-token");
    insta::assert_snapshot!(s.problem().unwrap(), @"the name taken is taken: the account already has a token with this name. Choose another name");
}

/// A conflict is found before the difference was shown, and while it is shown.
#[test]
fn edit_conflict_shows_both_sides_and_continues_from_the_stored_state() {
    for late in [false, true] {
        let (install, issued) = fixture();
        let mut s = TuiHarness::signed_in(install);
        s.keys("e<tab><c-u>mine<tab><tab><tab><tab>");
        if late {
            s.keys(&format!("<enter>{PASSWORD}"));
            s.assert_top("token.edit");
        }
        overtake(&s.install, &issued, "theirs");
        s.keys("<enter>");
        s.assert_top("edit-conflict");
        insta::allow_duplicates! {
            insta::assert_snapshot!(s.dialog_text(), @r#"
            ops/bot changed while you were editing
            description
              before          "Deploys"
              stored now      "theirs"
              yours           "mine"
            expires
              before          2026-12-21
              stored now      2026-11-28
              yours           unchanged by you

            Keep mine: apply your changes to the stored token. Use theirs: discard
            your changes.

            [ Keep mine ]
            [ Use theirs ]
            "#);
        }
        assert_eq!(stored(&s, &issued).description.as_str(), "theirs");

        // Esc loses no input, and nothing is stored by accident.
        s.keys("<esc>");
        s.assert_top("edit-token");
        s.assert_shows("mine");
        s.enter_until_top("edit-conflict");

        // Continue from the stored state: the expiry is theirs, the description mine.
        s.keys("<enter>");
        s.assert_top("token.edit");
        insta::allow_duplicates! {
            insta::assert_snapshot!(s.dialog_text(), @r#"
            Change ops/bot
            description  "theirs" → "mine"

            The change takes effect on the next request. The secret stays the same.

            Password of ops
            "#);
        }
        s.keys(&format!("{PASSWORD}<enter>"));
        s.assert_notice(NoticeId::Done(EditToken::NAME));
        let after = stored(&s, &issued);
        assert_eq!(after.description.as_str(), "mine");
        assert_eq!(after.expiry.at().unwrap().0, s.install.now().0 / 1000 * 1000 + 7 * DAY);
    }
}

#[test]
fn edit_conflict_can_take_the_stored_state() {
    let (install, issued) = fixture();
    let mut s = TuiHarness::signed_in(install);
    s.keys("e<c-u>mine<tab><tab><tab><tab><tab>");
    overtake(&s.install, &issued, "theirs");
    s.keys("<enter>");
    s.assert_top("edit-conflict");
    insta::assert_snapshot!(s.dialog_text(), @r#"
    ops/bot changed while you were editing
    description
      before          "Deploys"
      stored now      "theirs"
      yours           unchanged by you
    expires
      before          2026-12-21
      stored now      2026-11-28
      yours           unchanged by you
    Fields that only you changed: name.

    Keep mine: apply your changes to the stored token. Use theirs: discard
    your changes.

    [ Keep mine ]
    [ Use theirs ]
    "#);
    s.keys("<tab><enter>");
    s.assert_shows("theirs");
    s.assert_hides("mine");
    s.keys("<esc>");
    assert!(s.app.modals.is_empty(), "nothing is left to drop");
    assert_eq!(stored(&s, &issued).name.as_str(), "bot");
}

#[test]
fn draft_is_discarded_only_after_a_question() {
    let (install, _) = fixture();
    let mut s = TuiHarness::signed_in(install);
    for keys in [
        "nx",
        "n<tab>x",
        "n<tab><tab><right><right><right><tab>1",
        "n<tab><tab><tab><up><up>",
        "n<tab><tab><tab><up><space><right><space><enter>",
        "ex",
        "e<tab>x",
        "e<tab><tab><right>",
        "e<tab><tab><tab><up>",
        "cx",
        "c<tab>x",
        "c<tab><tab><end><tab>1",
    ] {
        s.keys(keys);
        let form = s.text();
        s.keys("<esc>");
        s.assert_top("discard-draft");
        s.keys("q<enter>");
        assert_eq!(s.text(), form, "{keys}: back to what was typed");
        s.keys("<esc><esc>");
        assert_eq!(s.text(), form, "{keys}: Esc is the way back here too");
        s.keys("<esc>d");
        assert!(s.app.modals.is_empty(), "{keys}");
    }
    for keys in ["n", "e", "c", "r", "e<tab><tab><right><left>"] {
        s.keys(&format!("{keys}<esc>"));
        assert!(s.app.modals.is_empty(), "{keys}: nothing to lose");
    }
}

#[test]
fn copy_creates_a_token_with_the_same_parameters() {
    let (install, issued) = fixture();
    let mut s = TuiHarness::signed_in(install);
    s.keys("cbot-2<enter>");
    s.assert_top("copy-token");
    insta::assert_snapshot!(s.dialog_text(), @"
    Copy ops/bot
    The copy is an enabled token with a new secret and these values of bot:
    Description  Deploys
    API          2 methods

    New name     bot-2
    Account      ops
    Expires      [same]  7 d   30 d   90 d   1 y   never   other

                 unchanged: 2026-12-21, in 30 days

                 [ Copy ]
    ");
    s.enter_until_top("token.copy");
    insta::assert_snapshot!(s.dialog_text(), @"
    Copy ops/bot as ops/bot-2
    API selection of ops/bot-2: 2 methods. The token's last day is 2026-12-21.

    Password of ops
    ");
    s.keys(&format!("{PASSWORD}<enter>"));
    s.assert_top("reveal-secret");
    s.assert_shows("bot-2");
    s.assert_shows("= jeton token copy ops/bot bot-2");
    let secret = take_secret(&mut s);
    s.keys("<esc>");
    s.assert_shows("▶   bot-2");
    let copy = s.install.token(s.tokens().current().unwrap().id);
    assert_eq!(copy.expiry, issued.token.expiry, "to the instant");
    assert_eq!((&copy.selection, &copy.description), (&issued.token.selection, &issued.token.description));
    assert!(allowed(&s, &secret) && allowed(&s, &issued.secret));
}

#[test]
fn copy_of_an_expired_token_needs_a_new_expiry() {
    let (install, _) = fixture();
    install.fakes.clock.advance(31 * DAY);
    let mut s = TuiHarness::signed_in(install);
    s.keys("cbot-2<tab><c-u>member<enter>");
    insta::assert_snapshot!(s.dialog_text(), @"
    Copy ops/bot
    The copy is an enabled token with a new secret and these values of bot:
    Description  Deploys
    API          2 methods

    New name     bot-2
    Account      member
    Expires       7 d   30 d  [90 d]  1 y   never   other

                 last day: 2027-03-22
                 ! bot expired on 2026-12-21: choose a new expiry
                 [ Copy ]
    ");
    s.assert_hides("[same]");
    s.keys(&format!("<enter><enter>{PASSWORD}<enter>"));
    s.assert_top("reveal-secret");
    s.assert_shows("bot-2");
    let member = s.install.account_named("member").id;
    let copies = s.install.raw_connection();
    let owner: i64 =
        copies.query_row("SELECT account_id FROM tokens WHERE name = 'bot-2'", [], |row| row.get(0)).unwrap();
    assert_eq!(owner, member.0);
}

/// A member has no other account to copy into.
#[test]
fn member_copies_its_own_tokens() {
    let (install, _) = fixture();
    install.issue("member", "mine");
    let mut s = TuiHarness::with_config(install, jeton::tui::theme::Theme::colour(), |start| {
        start.username = Some(username("member"));
    });
    s.keys(&format!("{PASSWORD}<enter>"));
    s.assert_signed_in("member", "member");
    s.keys("cyours<tab>member");
    insta::assert_snapshot!(s.dialog_text(), @"
    Copy member/mine
    The copy is an enabled token with a new secret and these values of mine:
    Description  none
    API          no access

    New name     yours
    Account      member
    Expires      [same]  7 d   30 d   90 d   1 y   never   other

                 unchanged: the token never expires

                 [ Copy ]
    ");
    s.enter_until_password();
    s.keys(&format!("{PASSWORD}<enter>"));
    s.assert_top("reveal-secret");
    s.assert_shows("yours");
    assert_eq!(s.install.account_named("member").role, Role::Member);
}

#[test]
fn regenerate_waits_until_the_edit_is_stored() {
    let (install, _) = fixture();
    let mut s = TuiHarness::signed_in(install);
    s.keys("e<tab><tab><tab><tab><tab><tab><enter>");
    s.assert_top("regenerate-token");
    s.keys("<esc>");
    s.keys("<tab>x<s-tab><enter>");
    insta::assert_snapshot!(s.problem().unwrap(), @"Save or discard your changes first: Regenerate closes this form");
}

/// Sixty more methods don't fit into a dialog: all of them can be read before the change is made.
#[test]
fn long_difference_scrolls_to_its_end() {
    let (install, issued) = fixture();
    let all = install.raw_connection();
    let mut ids = all.prepare("SELECT id FROM methods WHERE id NOT LIKE 'jeton.%' ORDER BY id LIMIT 60").unwrap();
    let ids: Vec<String> = ids.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let wide = EditToken {
        selection: Some(jeton::domain::api_selection::SelectionEdit::Replace(methods(
            &ids.iter().map(String::as_str).collect::<Vec<_>>(),
        ))),
        ..EditToken::new(TokenTarget::at_revision(&issued.token))
    };
    install.call(OWNER, wide).unwrap();
    let mut s = TuiHarness::signed_in(install);
    s.keys("e<tab><tab><tab>");
    // The picked methods are chosen: there is nothing below them.
    s.keys("<down>");
    s.enter_until_top("token.edit");
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..30 {
        seen.extend(ids.iter().filter(|id| s.text().contains(&format!("- {id} "))).cloned());
        s.keys("<pgdn>");
    }
    assert_eq!(seen.len(), ids.len());
    s.assert_hides("↓ 1 more");
    s.keys("<up>");
    s.assert_shows("↓ 1 more");
    s.keys(&format!("{PASSWORD}<enter>"));
    assert_eq!(stored(&s, &issued).selection, Selection::nothing());
}
