//! A person's first tasks, key by key.

use std::os::unix::fs::PermissionsExt;

use jeton::domain::expiry::ExpirySpec;
use jeton::domain::name::Description;
use jeton::domain::token::Status;
use jeton::error::Kind;
use jeton::tui::msg::{Copied, Msg};
use jeton::tui::notice::NoticeId;
use jeton::verbs::tokens::{DisableTokens, ListTokens, OwnerFilter, RegenerateToken, TokenTarget};
use jeton::verbs::verify::Decision;
use zeroize::Zeroizing;

use super::{cli_line, dialog_lines, lines_of, table_text};
use crate::support::fakes::{Fakes, OWNER, PASSWORD, TempStore, TestBackend, TestInstall, client_info, create};
use crate::support::tui_harness::TuiHarness;

fn install() -> TestInstall {
    TestInstall::new()
}

/// Returns the number of matching tokens and of all tokens.
fn matching(screens: &TuiHarness) -> (u64, u64) {
    let window = &screens.tokens().source.window;
    (window.matching, window.total)
}

fn names(screens: &TuiHarness) -> Vec<String> {
    screens.tokens().rows.all().iter().map(|t| t.name.to_string()).collect()
}

/// Returns the screens of a new store.
pub fn first_run() -> TuiHarness {
    let place = TempStore::new();
    let fakes = Fakes::new();
    let jeton = {
        let store = jeton::store::sqlite::SqliteStore::open(&place.path(), jeton::store::OpenMode::Create).unwrap();
        TestBackend::new(store, fakes.adapters(), client_info())
    };
    TuiHarness::signed_out(TestInstall::from_parts(place, fakes, jeton))
}

#[test]
fn first_run_creates_the_owner_and_signs_in() {
    let mut s = first_run();
    s.assert_top("first-run");
    s.keys("<c-u>Ops<enter>short<enter>short<enter><enter><enter><enter>");
    insta::assert_snapshot!(s.problem().unwrap(), @r#""Ops" is not a username: use 1-32 of the characters a-z 0-9 . _ -, and begin with a letter or digit. Try "ops""#);
    s.keys("<c-u>ops<tab><c-u>correct horse<tab><c-u>correct horsf<tab><tab><tab><enter>");
    insta::assert_snapshot!(s.problem().unwrap(), @"the passwords don't match. Type the same password in both fields");
    s.keys("<c-u>correct horse<tab><space><down><space><tab><tab><enter>");
    s.assert_signed_in("ops", "owner");
    insta::assert_snapshot!(table_text(&s), @"No tokens yet.  n  generates the first one.");
    assert!(!s.app.model.me.as_ref().unwrap().policy.self_service, "Down chose no, and Space kept it");
}

#[test]
fn member_without_self_service_is_not_offered_to_generate() {
    let install = TestInstall::with_accounts();
    install.set_policy(|policy| policy.self_service = false);
    let mut s = TuiHarness::signed_out(install);
    s.keys(&format!("<s-tab><c-u>member<enter>{PASSWORD}<enter>"));
    insta::assert_snapshot!(table_text(&s), @"No tokens yet. Self-service is off: ask an owner or admin for a token.");
}

#[test]
fn three_wrong_passwords_end_the_program() {
    let mut s = TuiHarness::signed_out(install());
    for n in 1..=3 {
        s.install.fakes.clock.advance(60_000);
        assert!(s.ended().is_none(), "after {n} tries");
        s.keys("wrong wrong wrong<enter>");
    }
    assert_eq!(s.ended().unwrap().as_ref().unwrap_err().kind, Kind::Unauthenticated);
}

#[test]
fn sign_in_delay_is_shown_and_costs_no_try() {
    let mut s = TuiHarness::signed_out(install());
    s.install.backend = {
        let store =
            jeton::store::sqlite::SqliteStore::open(&s.install.temp_store.path(), jeton::store::OpenMode::Existing)
                .unwrap();
        let mut impatient = client_info();
        impatient.max_wait = std::time::Duration::ZERO;
        TestBackend::new(store, s.install.fakes.adapters(), impatient)
    };
    s.keys("wrong wrong wrong<enter>");
    for _ in 0..5 {
        s.keys(&format!("{PASSWORD}<enter>"));
        assert!(s.problem().unwrap().contains(" 1 s"), "{:?}", s.problem());
    }
    s.install.fakes.clock.advance(1_000);
    s.keys(&format!("{PASSWORD}<enter>"));
    s.assert_signed_in("ops", "owner");
}

#[test]
fn new_secret_is_shown_copied_and_saved() {
    let mut s = TuiHarness::signed_in(install());
    s.keys("ndeploy-bot<enter>Deploys the shop<enter>");
    s.keys("<left><enter><up><up><enter><enter><enter>");
    s.assert_top("token.create");
    assert!(s.dialog_text().contains("ops/deploy-bot"));
    s.keys("wrong password<enter>");
    insta::assert_snapshot!(s.problem().unwrap(), @"Wrong password, or the account was disabled");
    s.install.fakes.clock.advance(1_000);
    s.keys(&format!("{PASSWORD}<enter>"));
    s.assert_top("reveal-secret");
    s.assert_shows("••••••••••");
    s.assert_notice(NoticeId::Done("token.create"));
    s.assert_shows("= jeton token create deploy-bot");

    s.keys("y");
    let secret = s.copied.pop().unwrap();
    s.assert_hides(&secret);
    insta::assert_snapshot!(lines_of(&s, "45 s"), @"copied; jeton clears the clipboard in 45 s");
    s.message(Msg::Copied(Ok(Copied::Cleared)));
    insta::assert_snapshot!(lines_of(&s, "clipboard"), @"copied; the secret is no longer in the clipboard");
    s.keys("v");
    s.assert_shows(&secret);
    s.keys("v");
    s.assert_hides(&secret);
    let path = s.path("new.token");
    s.keys(&format!("s<c-u>{}<enter>", path.display()));
    s.assert_top("reveal-secret");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), format!("{secret}\n"));
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    s.message(Msg::Copied(Ok(Copied::Cleared)));
    s.assert_shows("saved to");
    let command = s.dialog_text().replace([' ', '\n'], "");
    assert!(command.contains(&format!("verify<{}", path.display())), "{command}");
    s.keys(&format!("s<c-u>{}<enter>", path.display()));
    s.assert_top("save-secret");
    assert!(s.problem().unwrap().contains("new.token"), "{:?}", s.problem());
    s.keys("<esc><esc>");
    s.assert_no_dialog();
    s.assert_shows("▶   deploy-bot");
    let parsed = jeton::domain::secret::Secret::parse(&secret).unwrap();
    assert!(matches!(s.install.verify(&parsed), Decision::Allowed(_)));
}

/// Returns the screens with the dialog of a secret that was neither seen nor copied.
fn with_unused_secret() -> TuiHarness {
    let mut s = TuiHarness::signed_in(install());
    s.keys("nlonely<enter>");
    s.enter_until_password();
    s.keys(&format!("{PASSWORD}<enter>"));
    s.assert_top("reveal-secret");
    s
}

#[test]
fn unused_secret_is_left_only_after_a_question() {
    let mut s = with_unused_secret();
    for way_out in ["<esc>", "<c-c>"] {
        s.keys(way_out);
        s.assert_top("discard-secret");
        s.keys("q");
        s.assert_top("discard-secret");
        s.keys(if way_out == "<esc>" { "<esc>" } else { "<enter>" });
        s.assert_top("reveal-secret");
    }
    s.keys("<esc>l");
    s.assert_no_dialog();
    assert!(s.ended().is_none());
}

#[test]
fn question_about_a_secret_has_no_answer_before_it_is_shown() {
    let mut s = with_unused_secret();
    s.keys_at_once("<c-c><c-c><c-c>l");
    assert!(s.ended().is_none());
    s.assert_top("discard-secret");
    s.keys("<esc>");
    s.assert_top("reveal-secret");
    s.keys("<c-z>wrong<enter>");
    assert!(s.app.lock.is_some());
    s.keys_at_once("<c-c><c-c><c-c>");
    assert!(s.ended().is_none());
    s.keys("<c-c>");
    assert!(s.ended().is_some());
}

#[test]
fn refused_change_keeps_the_form() {
    let install = install();
    install.issue(OWNER, "taken");
    let mut s = TuiHarness::signed_in(install);
    s.keys("ntaken<enter>about<enter>");
    s.enter_until_password();
    s.keys(&format!("{PASSWORD}<enter>"));
    s.assert_top("create-token");
    insta::assert_snapshot!(s.problem().unwrap(), @"the name taken is taken: the account already has a token with this name. Choose another name");
    s.assert_shows("about");
    s.keys("<esc><esc>");
    assert_eq!(names(&s), ["taken"]);
}

#[test]
fn filter_narrows_the_table_while_it_is_typed() {
    let install = install();
    for name in ["alpha", "beta", "deploy-bot", "deploy-docs", "zeta"] {
        install.issue(OWNER, name);
    }
    let mut s = TuiHarness::signed_in(install);
    s.keys("/dep");
    assert_eq!(names(&s), ["deploy-bot", "deploy-docs"]);
    assert_eq!(matching(&s), (2, 5));
    // A field takes letters first: none of these is a command.
    s.keys("nqx");
    insta::assert_snapshot!(table_text(&s), @r#"Nothing matches "depnqx".  Esc clears the filter."#);
    s.keys("<bs><bs><bs><enter><down>");
    s.assert_shows("▶   deploy-docs");
    s.keys("<esc>");
    assert_eq!(names(&s).len(), 5);
    s.assert_shows("▶   deploy-docs");
    s.keys("/status:disabled<enter>");
    assert_eq!(matching(&s), (0, 5));
    s.keys("<esc>/nme:dep");
    insta::assert_snapshot!(lines_of(&s, "↓ name"), @r#"/ nme:dep                        unknown field "nme" · 5 of 10 active   ↓ name"#);
    insta::assert_snapshot!(table_text(&s), @r#"
    Nothing matches "nme:dep".  Esc clears the filter.
    Unknown field "nme": use status:, account:, method:, seen:, expires:, is:.
    "#);
    s.keys("<c-u>status:lost");
    insta::assert_snapshot!(lines_of(&s, "↓ name"), @r#"/ status:lost            unknown value "status:lost" · 5 of 10 active   ↓ name"#);
}

/// A word that only looks like a field is searched for literally, and the result shows that.
#[test]
fn word_with_a_colon_is_found_and_shown() {
    let install = install();
    install.issue(OWNER, "other");
    let mut described = create("bot");
    described.description = Description::parse("team:infra").unwrap();
    install.call(OWNER, described).unwrap();
    let mut s = TuiHarness::signed_in(install);
    s.keys("/team:infra");
    assert_eq!(names(&s), ["bot"]);
    insta::assert_snapshot!(lines_of(&s, "↓ name"), @r#"/ team:infra                    unknown field "team" · 2 of 10 active   ↓ name"#);
    s.keys("<c-u>:infra");
    assert_eq!(names(&s), ["bot"]);
    assert_eq!(matching(&s), (1, 2));
}

#[test]
fn key_d_disables_and_enables() {
    let install = install();
    let issued = install.issue(OWNER, "bot");
    let mut s = TuiHarness::signed_in(install);
    s.keys(&format!("d{PASSWORD}<enter>"));
    assert_eq!(s.install.token(issued.token.id).status(s.install.now()), Status::Disabled);
    s.assert_shows("○ disabled");
    s.assert_shows("= jeton token disable ops/bot");
    s.keys(&format!("d{PASSWORD}<enter>"));
    assert_eq!(s.install.token(issued.token.id).status(s.install.now()), Status::Active);
    s.keys("d<esc>");
    assert_eq!(s.install.token(issued.token.id).status(s.install.now()), Status::Active);
}

#[test]
fn regenerate_ends_the_old_secret() {
    let install = install();
    let issued = install.issue(OWNER, "bot");
    let mut s = TuiHarness::signed_in(install);
    s.keys(&format!("r<enter>{PASSWORD}<enter>y"));
    let new = jeton::domain::secret::Secret::parse(&s.copied.pop().unwrap()).unwrap();
    assert!(matches!(s.install.verify(&issued.secret), Decision::Denied(..)));
    assert!(matches!(s.install.verify(&new), Decision::Allowed(_)));
}

#[test]
fn regenerate_asks_for_the_expiry_of_an_expired_token() {
    let install = install();
    let mut short = create("bot");
    short.expires = Some(ExpirySpec::parse("7d").unwrap());
    let issued = install.create(OWNER, short);
    install.fakes.clock.advance(8 * 86_400_000);
    let mut s = TuiHarness::signed_in(install);
    s.keys("r");
    s.assert_top("regenerate-token");
    insta::assert_snapshot!(dialog_lines(&s), @"
    Regenerate ops/bot
    The token gets a new secret. Name, description and API selection stay the
    same.
    Current       jtn_7U2DojAL, never seen
                  The old secret has expired and can't work again.
    Expires        7 d   30 d  [90 d]  1 y   never   other
                  last day: 2027-02-27
                  ! The token expired on 2026-11-28: choose a new expiry
                  [ Regenerate ]
    ");
    s.keys(&format!("<enter><enter>{PASSWORD}<enter>"));
    s.assert_top("reveal-secret");
    assert_eq!(s.install.token(issued.token.id).status(s.install.now()), Status::Active);
}

#[test]
fn revoke_needs_the_typed_name_and_the_password() {
    let install = install();
    let issued = install.issue(OWNER, "deploy-bot");
    install.verify(&issued.secret);
    let mut s = TuiHarness::signed_in(install);
    s.keys("x");
    s.assert_top("revoke-token");
    insta::assert_snapshot!(lines_of(&s, "just now, 1"), @"! Token in use: last seen just now, 1 call today, 1 in 7 days");
    // `x` types a letter here. Enter stays at a wrong name.
    s.keys("x<enter>");
    insta::assert_snapshot!(s.problem().unwrap(), @"Type the name exactly: deploy-bot");
    s.keys("<tab>");
    s.keys(&format!("{PASSWORD}<tab><tab><enter>"));
    insta::assert_snapshot!(s.problem().unwrap(), @"Type the name exactly: deploy-bot");
    s.keys("<c-u>deploy-bot<tab><tab><tab><enter>");
    assert!(names(&s).is_empty(), "{}", s.text());
    s.assert_notice(NoticeId::Done("token.revoke"));
    assert_eq!(cli_line(&s), Some("jeton token revoke ops/deploy-bot --confirm deploy-bot"));
    assert!(matches!(s.install.verify(&issued.secret), Decision::Denied(..)));
}

#[test]
fn revoke_dialog_can_disable_instead() {
    let install = install();
    let issued = install.issue(OWNER, "deploy-bot");
    let mut s = TuiHarness::signed_in(install);
    s.keys(&format!("x<tab><tab><enter>{PASSWORD}<enter>"));
    assert_eq!(s.install.token(issued.token.id).status(s.install.now()), Status::Disabled);
}

#[test]
fn revoking_a_token_changed_by_others_is_a_conflict() {
    let install = install();
    let issued = install.issue(OWNER, "deploy-bot");
    let mut s = TuiHarness::signed_in(install);
    s.keys(&format!("xdeploy-bot<enter>{PASSWORD}<tab><tab>"));
    s.install.call(OWNER, DisableTokens { tokens: vec![TokenTarget::by_reference("deploy-bot")] }).unwrap();
    s.keys("<enter>");
    s.assert_top("revoke-token");
    insta::assert_snapshot!(s.problem().unwrap(), @"Your change was not made. In the meantime: ops/deploy-bot was changed (enabled: yes → no). Check the dialog and confirm again.");
    assert!(s.install.token(issued.token.id).deleted_at.is_none());
}

#[test]
fn suspension_locks_and_keeps_the_open_dialog() {
    let mut s = TuiHarness::signed_in(install());
    s.keys("nbot<enter>");
    s.enter_until_password();
    s.keys(&format!("{PASSWORD}<enter>v"));
    s.assert_top("reveal-secret");
    s.keys("<c-z>");
    assert_eq!(s.suspend_count, 1);
    assert!(s.app.lock.is_some());
    s.assert_hides("jtn_");
    s.assert_hides("bot");
    s.keys("v<enter>");
    s.install.fakes.clock.advance(60_000);
    s.keys(&format!("<c-u>{PASSWORD}<enter>"));
    s.assert_top("reveal-secret");
    s.assert_shows("•••••");
}

#[test]
fn ended_session_locks_the_screens() {
    let install = install();
    install.account("second", jeton::domain::role::Role::Owner);
    let mut s = TuiHarness::signed_in(install);
    let id = s.install.account_named(OWNER).id;
    s.install.set_account_enabled(id, false);
    s.keys("R");
    assert!(s.app.lock.is_some());
    insta::assert_snapshot!(s.problem().unwrap(), @"the session of ops has ended: since the sign-in, the account's password, role or state was changed, or the account was deleted. Sign in again. If that fails, ask an owner or admin");
}

#[test]
fn pasted_text_is_typed_and_presses_no_keys() {
    let install = install();
    install.issue(OWNER, "bot");
    let mut s = TuiHarness::signed_in(install);
    let paste = |text: &str| Msg::Paste(Zeroizing::new(text.to_owned()));
    s.message(paste("xq\nd"));
    s.assert_notice(NoticeId::PasteIgnored);
    assert!(s.ended().is_none() && s.app.modals.is_empty());
    s.keys("n");
    s.message(paste("pasted-name\n"));
    s.assert_shows("pasted-name");
    s.message(paste("two\nlines"));
    s.assert_notice(NoticeId::TextTruncated);
    assert!(s.footer().contains("Not all of the pasted text"), "no dialog covers it: {}", s.text());
}

#[test]
fn newer_list_wins_over_a_late_reply() {
    let install = install();
    for name in ["alpha", "beta"] {
        install.issue(OWNER, name);
    }
    for backwards in [false, true] {
        let mut s = TuiHarness::signed_in(TestInstall::new());
        s.install.issue(OWNER, "alpha");
        s.install.issue(OWNER, "beta");
        s.held_replies = Some(Default::default());
        s.keys("/b");
        s.keys("e");
        s.install.fakes.clock.advance(150);
        s.message(Msg::Now(s.install.now()));
        assert!(s.app.model.is_busy());
        s.deliver_replies(backwards);
        assert_eq!(names(&s), ["beta"], "backwards: {backwards}");
    }
}

#[test]
fn table_scrolls_through_several_windows() {
    let install = install();
    install.set_policy(|p| p.active_tokens = 0);
    for n in 0..450 {
        install.issue(OWNER, &format!("t-{n:04}"));
    }
    let mut s = TuiHarness::signed_in(install);
    s.assert_shows("1 of 450");
    for n in 1..450 {
        s.keys("<down>");
        s.assert_shows(&format!("▶   t-{n:04}"));
    }
    s.assert_shows("450 of 450");
    s.keys("<down>");
    s.assert_shows("▶   t-0449");
    s.keys("g");
    s.assert_shows("▶   t-0000");
    s.keys("G<up>");
    s.assert_shows("▶   t-0448");
    s.keys("<pgup><pgup>");
    s.assert_shows("▶   t-0416");
    let listed = s.install.call(
        OWNER,
        ListTokens {
            owner: OwnerFilter::All,
            filter: jeton::domain::query::token_filter::TokenFilter::default(),
            sort: jeton::domain::query::sort::Sort::default(),
            trashed: false,
            cursor: jeton::verbs::ports::TokenCursor::Start,
            limit: 1,
        },
    );
    assert_eq!(listed.unwrap().total, 450);
}

#[test]
fn quit_keys_end_the_program() {
    let mut s = TuiHarness::signed_in(install());
    s.keys("?q");
    assert!(s.ended().is_none(), "q narrows the help");
    s.keys("<esc><esc>q");
    assert!(s.ended().unwrap().is_ok());
    let mut s = TuiHarness::signed_in(install());
    s.keys("n<c-c>");
    assert_eq!(s.ended().unwrap().as_ref().unwrap_err().kind, Kind::Cancelled);
    let mut s = TuiHarness::signed_out(install());
    s.keys("<esc>");
    assert!(s.ended().unwrap().is_ok());
}

#[test]
fn demo_signs_in_and_shows_its_password() {
    let demo = jeton::tui::Demo {
        username: crate::support::fakes::owner(),
        password: Zeroizing::new(PASSWORD.to_owned()),
        service: None,
    };
    let s = TuiHarness::with(install(), jeton::tui::theme::Theme::colour(), Some(demo));
    s.assert_shows(PASSWORD);
    s.assert_signed_in("ops", "owner");
}

#[test]
fn next_key_acts_on_the_changed_token() {
    let install = install();
    install.issue(OWNER, "bot");
    let mut s = TuiHarness::signed_in(install);
    s.keys(&format!("d{PASSWORD}"));
    s.held_replies = Some(Default::default());
    s.keys("<enter>");
    let changed = s.held_replies.as_mut().unwrap().pop_front().unwrap();
    s.message(changed);
    // The list has not been read again yet.
    s.keys("d");
    s.assert_top("token.enable");
    assert!(s.dialog_text().contains("ops/bot"));
}

#[test]
fn secret_is_never_cut() {
    let install = install();
    install.issue(OWNER, "bot");
    let mut s = TuiHarness::signed_in(install);
    s.resize(45, 20);
    s.keys(&format!("r<enter>{PASSWORD}<enter>v"));
    let shown: String = s.text().chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    s.keys("y");
    let secret = s.copied.pop().unwrap();
    assert!(shown.contains(&secret), "{}", s.text());
}

#[test]
fn tab_keeps_a_choice_and_arrows_change_it() {
    let mut s = TuiHarness::signed_in(install());
    s.keys("nbot<tab><tab><tab>");
    let chosen = lines_of(&s, "(•)");
    insta::assert_snapshot!(chosen, @"
    (•) no access            can't call any method
    Use          (•) expected   ( ) not expected: never stale
    ");
    s.keys("<tab><s-tab><s-tab><tab>");
    assert_eq!(lines_of(&s, "(•)"), chosen);
    s.keys("<up><up>");
    s.assert_shows("(•) Inherit");
}

#[test]
fn details_show_the_old_secret_until_it_ends() {
    let install = install();
    let old = install.issue(OWNER, "bot");
    let token = TokenTarget::at_revision(&old.token);
    let grace = Some(jeton::domain::expiry::Span::Hours(24));
    install.call(OWNER, RegenerateToken { token, grace, expires: None }).unwrap();
    install.fakes.clock.advance(3_600_000);
    install.verify(&old.secret);
    install.fakes.clock.advance(3_600_000);
    let mut s = TuiHarness::signed_in(install);
    s.keys("<enter>");
    let hint = old.secret.hint().to_string();
    let rotation = lines_of(&s, &hint).replace(&hint, "HINT");
    insta::assert_snapshot!(rotation, @"
    Rotating  HINT ends in 22 h, last seen 1 h ago
    old secret HINT ends in 22 h (o ends it now); token: 1 call today, 1 i…
    ");
    s.keys("<esc>");
    s.install.fakes.clock.advance(22 * 3_600_000);
    let mut s = TuiHarness::signed_in(s.install);
    s.keys("<enter>");
    s.assert_top("token-details");
    s.assert_hides(&hint);
}
