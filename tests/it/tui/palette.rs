//! The command palette: the same effects as the keys, the same confirmations, and names that complete.

use jeton::domain::role::Role;
use jeton::domain::token::Status;
use jeton::tui::layer::ScreenId;
use jeton::tui::notice::NoticeId;
use jeton::tui::screen::accounts::Accounts;
use jeton::tui::screen::list::loaded_rows::ListRow;
use jeton::tui::screen::policy::PolicyScreen;
use jeton::tui::theme::Theme;

use super::accounts::accounts_as;
use super::table::{install, status};
use super::{dialog_lines, lines_of};
use crate::support::fakes::{OWNER, PASSWORD, TestInstall};
use crate::support::tui_harness::TuiHarness;

fn screen(s: &TuiHarness) -> ScreenId {
    s.app.workspace().unwrap().current()
}

/// Returns the lines of the list, without those about it.
fn rows(s: &TuiHarness) -> Vec<String> {
    let lines = dialog_lines(s);
    let rows = lines.lines().skip(2).filter(|line| line.starts_with(['▶', ' ']) || line.contains("  "));
    rows.map(str::to_owned).collect()
}

#[test]
fn palette_lists_actions_of_the_screen_and_commands() {
    let mut s = TuiHarness::signed_in(install(&["deploy"]));
    s.keys(":");
    insta::assert_snapshot!("palette", s.dump());
    s.keys("rev");
    insta::assert_snapshot!("palette_searched", s.dump());
    s.keys("<c-u>backup");
    insta::assert_snapshot!("palette_of_a_shell_command", s.dump());
    s.keys("<c-u>qqq");
    s.assert_shows("Nothing matches.");
    s.keys("<enter><esc>");
    s.assert_top("palette");
    s.keys("<esc>");
    s.assert_no_dialog();
}

#[test]
fn action_does_the_same_as_its_key() {
    let mut s = TuiHarness::signed_in(install(&["deploy"]));
    s.keys(":disable<enter>");
    assert!(s.asks_password(), "{}", s.text());
    assert_eq!(status(&s, "deploy"), Status::Active);
    s.keys(&format!("{PASSWORD}<enter>"));
    assert_eq!(status(&s, "deploy"), Status::Disabled);
    // Out of the trash.
    s.keys("t:token create<enter>");
    s.assert_top("create-token");
    s.keys("<esc>:audit<enter>");
    assert_eq!(screen(&s), ScreenId(3));
    s.keys(":help<enter>");
    s.assert_top("help");
}

/// Two presses of any key revoke nothing, and neither does the palette without the typed name.
#[test]
fn revoke_asks_for_the_name_and_the_password() {
    let mut s = TuiHarness::signed_in(install(&["deploy", "other"]));
    s.keys("6:token revoke other<enter>");
    assert_eq!((screen(&s), status(&s, "other")), (ScreenId::TOKENS, Status::Active));
    s.assert_shows("Revoke ops/other");
    s.keys("<enter><enter><enter>");
    assert_eq!(status(&s, "other"), Status::Active);
    s.keys(&format!("<esc>:token revoke other<enter>other<tab>{PASSWORD}<tab><tab><enter>"));
    assert_eq!([status(&s, "other"), status(&s, "deploy")], [Status::Deleted, Status::Active]);
    // From the trash the key restores.
    s.keys(":token edit other<enter>");
    insta::assert_snapshot!(s.problem().unwrap(), @"ops/other is in the trash. First type: token restore NAME");
    s.keys("<c-u>token revoke other<enter>");
    insta::assert_snapshot!(s.problem().unwrap(), @"ops/other is already revoked, and in the trash");
    s.keys("<c-u>token restore other<enter>u");
    s.assert_top("restore-tokens");
}

#[test]
fn named_token_is_the_one_that_the_dialog_is_about() {
    let mut s = TuiHarness::signed_in(install(&["a", "b", "c"]));
    // Neither the cursor nor marks count.
    s.keys("<space>:token disable c<enter>");
    s.keys(&format!("{PASSWORD}<enter>"));
    assert_eq!([status(&s, "a"), status(&s, "b"), status(&s, "c")], [Status::Active, Status::Active, Status::Disabled]);
    // The name of the command holds: the key would enable the token.
    s.keys(":token disable c<enter>");
    s.assert_top("palette");
    assert_eq!(s.problem().as_deref(), Some("ops/c is already disabled"));
    s.keys("<c-u>token enable ops/c<enter>");
    s.keys(&format!("{PASSWORD}<enter>"));
    assert_eq!(status(&s, "c"), Status::Active);
    for (command, id) in [("show", "token-details"), ("edit", "edit"), ("copy", "copy"), ("regenerate", "regenerate")] {
        s.keys(&format!(":token {command} b<enter>"));
        assert!(s.component_ids().last().is_some_and(|top| top.contains(id)), "{command}: {:?}", s.component_ids());
        assert_eq!(s.tokens().current().unwrap().name.as_str(), "b");
        s.keys("<esc>");
    }
    s.keys(":token show nobody<enter>");
    assert!(s.problem().is_some_and(|problem| problem.contains("no token nobody")), "{:?}", s.problem());
    s.keys("<c-u>token retire b<enter>");
    s.assert_notice(NoticeId::NoEffect);
}

#[test]
fn refusal_for_an_account_says_who_may_do_it() {
    let mut s = accounts_as("admin");
    s.keys(":account delete admin<enter>");
    insta::assert_snapshot!(s.notice_text().unwrap(), @"admin can't delete its own account: only an owner can do this. Ask an owner");
}

#[test]
fn names_are_completed_as_far_as_the_account_may_see_them() {
    let install = TestInstall::with_accounts();
    install.issue("member", "deploy-bot");
    install.issue(OWNER, "deploy-docs");
    let mut s = TuiHarness::signed_in(install);
    s.keys(":token rev<tab>");
    s.assert_shows(": token revoke ");
    s.keys("bot");
    assert_eq!(lines_of(&s, "member/deploy-bot"), "member/deploy-bot");
    s.keys("<tab><enter>");
    s.assert_shows("Revoke member/deploy-bot");
    s.keys("<esc>:account role mem<tab><enter>");
    assert_eq!(s.find_screen::<Accounts>().unwrap().current().unwrap().account.role, Role::Member);
    assert_eq!(s.component_ids().last(), Some(&"set-role"));
    s.keys("<esc>:policy set tra<tab><enter>");
    assert_eq!(s.find_screen::<PolicyScreen>().unwrap().current().map(ListRow::key), Some("policy.trash"));
    s.assert_shows("Time for which revoked tokens");
    s.keys("<esc>");

    // A viewer completes no names of others.
    let mut s = TuiHarness::with_config(s.install, jeton::tui::theme::Theme::colour(), |start| {
        start.username = Some(jeton::domain::name::Username::parse("viewer").unwrap());
    });
    s.keys(&format!("{PASSWORD}<enter>:token show d"));
    assert!(rows(&s).iter().all(|row| !row.contains("deploy")), "{}", s.text());
}

#[test]
fn command_for_the_shell_is_copied() {
    let mut s = TuiHarness::signed_in(install(&["a"]));
    s.keys(":backup /tmp/x.db<enter>");
    s.assert_no_dialog();
    s.keys(":token revoke a --confirm a<enter>");
    s.keys(":token revoke a b<enter>");
    assert_eq!(s.copied, ["jeton backup /tmp/x.db", "jeton token revoke a --confirm a", "jeton token revoke a b"]);
    assert_eq!(status(&s, "a"), Status::Active);
}

#[test]
fn copied_commands_use_the_store_of_the_screens() {
    let mut s = TuiHarness::with_config(install(&["a"]), Theme::colour(), |start| {
        start.program = Some("jeton --store /tmp/x.db".to_owned());
    });
    s.keys(&format!("{PASSWORD}<enter>:backup /tmp/y.db<enter>:backup --store /tmp/z.db /tmp/y.db<enter>"));
    s.keys(&format!("d{PASSWORD}<enter>my"));
    let disabled = "jeton --store /tmp/x.db token disable ops/a";
    assert_eq!(
        s.copied,
        ["jeton --store /tmp/x.db backup /tmp/y.db", "jeton backup --store /tmp/z.db /tmp/y.db", disabled]
    );
}

#[test]
fn secret_is_neither_searched_nor_copied() {
    let install = install(&["a"]);
    let secret = install.issue(OWNER, "b").secret.expose(str::to_owned);
    let mut s = TuiHarness::signed_in(install);
    s.keys(":token show ");
    let sent = s.requests.len();
    s.message(jeton::tui::msg::Msg::Paste(zeroize::Zeroizing::new(secret)));
    s.keys("<enter>");
    assert!(s.problem().is_some());
    assert_eq!((&s.requests[sent..], s.copied.len()), (&[][..], 0));
}

#[test]
fn colon_is_text_in_a_field() {
    let mut s = TuiHarness::signed_in(install(&["a"]));
    s.keys("/is:stale");
    s.assert_no_dialog();
    s.assert_shows("is:stale");
}

#[test]
fn palette_fits_small_terminals() {
    let mut s = TuiHarness::signed_in(install(&["a"]));
    s.resize(40, 10);
    s.keys(":<down><down><down><down><down><down><down><down>");
    insta::assert_snapshot!("palette_40x10", s.dump());
    s.keys("<pgdn><pgdn><pgdn><pgdn><pgdn><pgdn><pgdn><pgdn><pgdn><pgdn><pgdn><pgdn><pgdn><pgdn><pgdn><pgdn>");
    s.resize(200, 60);
    insta::assert_snapshot!("palette_200x60", s.text());
}
