//! A person's first tasks, key by key.

use std::os::unix::fs::PermissionsExt;

use jeton::domain::expiry::ExpirySpec;
use jeton::domain::name::Description;
use jeton::domain::token::Status;
use jeton::error::Kind;
use jeton::tui::msg::Msg;
use jeton::verbs::tokens::{DisableTokens, ListTokens, OwnerFilter, RegenerateToken, TokenTarget};
use jeton::verbs::verify::Decision;
use zeroize::Zeroizing;

use crate::support::fakes::{Fakes, OWNER, PASSWORD, TempStore, TestInstall, client_info, create};
use crate::support::tui_harness::TuiHarness;

fn install() -> TestInstall {
    TestInstall::new()
}

fn names(screens: &TuiHarness) -> Vec<String> {
    screens.model.tokens().unwrap().window.rows.iter().map(|t| t.name.to_string()).collect()
}

#[test]
fn the_first_run_makes_the_owner_and_signs_in() {
    let place = TempStore::new();
    let fakes = Fakes::new();
    let jeton = {
        let store = jeton::store::sqlite::SqliteStore::open_or_create(&place.path()).unwrap();
        jeton::verbs::local::LocalBackend::new(store, fakes.adapters(), client_info())
    };
    let mut s = TuiHarness::signed_out(TestInstall::from_parts(place, fakes, jeton));
    s.assert_shows("Welcome to jeton");
    s.keys("<c-u>Ops<enter>short<enter>short<enter><enter><enter><enter>");
    s.assert_shows("Try \"ops\"");
    s.keys("<c-u>ops<tab><c-u>correct horse<tab><c-u>correct horsf<tab><tab><tab><enter>");
    s.assert_shows("the two passwords differ");
    s.keys("<c-u>correct horse<tab><space><down><space><tab><tab><enter>");
    s.assert_shows("ops@prod-1 · owner");
    s.assert_shows("No tokens yet.  n  generates the first one.");
    assert!(!s.model.me.as_ref().unwrap().policy.self_service, "Down switched it off, and Space left it so");
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
fn a_delay_is_said_and_costs_no_try() {
    let mut s = TuiHarness::signed_out(install());
    s.install.backend = {
        let store = jeton::store::sqlite::SqliteStore::open(&s.install.temp_store.path()).unwrap();
        let mut impatient = client_info();
        impatient.max_wait = std::time::Duration::ZERO;
        jeton::verbs::local::LocalBackend::new(store, s.install.fakes.adapters(), impatient)
    };
    s.keys("wrong wrong wrong<enter>");
    for _ in 0..5 {
        s.keys(&format!("{PASSWORD}<enter>"));
        s.assert_shows("the next try is possible in 1 s");
    }
    s.install.fakes.clock.advance(1_000);
    s.keys(&format!("{PASSWORD}<enter>"));
    s.assert_shows("ops@prod-1 · owner");
}

#[test]
fn generate_reveal_save_copy_done() {
    let mut s = TuiHarness::signed_in(install());
    s.keys("ndeploy-bot<enter>Deploys the shop<enter>");
    s.keys("<left><enter><up><up><enter><enter>");
    s.assert_shows("Generate ops/deploy-bot");
    s.keys("wrong password<enter>");
    s.assert_shows("That password is wrong");
    s.install.fakes.clock.advance(1_000);
    s.keys(&format!("{PASSWORD}<enter>"));
    s.assert_shows("Token deploy-bot is ready");
    s.assert_shows("••••••••••");
    s.assert_shows("deploy-bot generated");
    s.assert_shows("= jeton token create deploy-bot");

    s.keys("y");
    let secret = s.copied.pop().unwrap();
    s.assert_hides(&secret);
    s.assert_shows("copied, cleared in 45 s");
    s.keys("v");
    s.assert_shows(&secret);
    s.keys("v");
    s.assert_hides(&secret);
    let path = s.path("new.token");
    s.keys(&format!("s<c-u>{}<enter>", path.display()));
    s.assert_shows("saved to");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), format!("{secret}\n"));
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    s.keys(&format!("s<c-u>{}<enter>", path.display()));
    s.assert_shows("can't be saved");
    s.keys("<esc><esc>");
    s.assert_hides("is ready");
    s.assert_shows("▶   deploy-bot");
    let parsed = jeton::domain::secret::Secret::parse(&secret).unwrap();
    assert!(matches!(s.install.verify(&parsed), Decision::Allowed(_)));
}

#[test]
fn a_secret_that_nobody_has_had_is_not_left_by_accident() {
    let mut s = TuiHarness::signed_in(install());
    s.keys("nlonely<enter>");
    s.enter_until("Password of ops");
    s.keys(&format!("{PASSWORD}<enter>"));
    s.assert_shows("Token lonely is ready");
    for way_out in ["<esc>", "<c-c>"] {
        s.keys(way_out);
        s.assert_shows("neither shown, copied nor saved");
        s.keys("q");
        s.assert_shows("neither shown, copied nor saved");
        s.keys(if way_out == "<esc>" { "<esc>" } else { "<enter>" });
        s.assert_shows("Token lonely is ready");
    }
    s.keys("<esc>l");
    s.assert_hides("Token lonely is ready");
    assert!(s.ended().is_none());
}

#[test]
fn a_refused_change_keeps_what_was_typed() {
    let install = install();
    install.issue(OWNER, "taken");
    let mut s = TuiHarness::signed_in(install);
    s.keys("ntaken<enter>about<enter>");
    s.enter_until("Password of ops");
    s.keys(&format!("{PASSWORD}<enter>"));
    s.assert_shows("the name taken is taken");
    s.assert_shows("about");
    s.keys("<esc><esc>");
    assert_eq!(names(&s), ["taken"]);
}

#[test]
fn filter_as_you_type() {
    let install = install();
    for name in ["alpha", "beta", "deploy-bot", "deploy-docs", "zeta"] {
        install.issue(OWNER, name);
    }
    let mut s = TuiHarness::signed_in(install);
    s.keys("/dep");
    assert_eq!(names(&s), ["deploy-bot", "deploy-docs"]);
    s.assert_shows("2 match of 5");
    // A field takes letters first: none of these is a command.
    s.keys("nqx");
    s.assert_shows("Nothing matches \"depnqx\".");
    s.keys("<bs><bs><bs><enter><down>");
    s.assert_shows("▶   deploy-docs");
    s.keys("<esc>");
    assert_eq!(names(&s).len(), 5);
    s.assert_shows("▶   deploy-docs");
    s.keys("/status:disabled<enter>");
    s.assert_shows("Nothing matches");
    s.keys("<esc>/nme:dep");
    s.assert_shows("no field \"nme\"   ↓ name");
    s.assert_shows("It knows no field \"nme\": there are status:, account:, method:, seen:, is:.");
    s.keys("<c-u>status:lost");
    s.assert_shows("no \"status:lost\"   ↓ name");
}

/// A word that only looks like a field is searched for literally, and the result shows that.
#[test]
fn word_with_a_colon_is_found_and_named() {
    let install = install();
    install.issue(OWNER, "other");
    let mut described = create("bot");
    described.description = Description::parse("team:infra").unwrap();
    install.call(OWNER, described).unwrap();
    let mut s = TuiHarness::signed_in(install);
    s.keys("/team:infra");
    assert_eq!(names(&s), ["bot"]);
    s.assert_shows("no field \"team\"   ↓ name");
    s.keys("<c-u>:infra");
    assert_eq!(names(&s), ["bot"]);
    s.assert_shows("1 match of 2");
}

#[test]
fn disable_and_enable() {
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
fn regenerate_kills_the_old_secret() {
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
    s.assert_shows("choose a new expiry");
    s.keys(&format!("<enter><enter>{PASSWORD}<enter>"));
    s.assert_shows("Token bot is ready");
    assert_eq!(s.install.token(issued.token.id).status(s.install.now()), Status::Active);
}

#[test]
fn remove_needs_the_typed_name_and_the_password() {
    let install = install();
    let issued = install.issue(OWNER, "deploy-bot");
    install.verify(&issued.secret);
    let mut s = TuiHarness::signed_in(install);
    s.keys("x");
    s.assert_shows("! In use: last seen just now, 1 call today");
    // Enter moves on and stops at the harmless button. `x` types a letter here.
    s.keys("x<enter>");
    s.keys(&format!("{PASSWORD}<tab><tab><enter>"));
    s.assert_shows("Type the name exactly: deploy-bot");
    s.keys("<c-u>deploy-bot<tab><tab><tab><enter>");
    assert!(names(&s).is_empty(), "{}", s.text());
    s.assert_shows("deploy-bot revoked");
    s.assert_shows("= jeton token revoke ops/deploy-bot --confirm deploy-bot");
    assert!(matches!(s.install.verify(&issued.secret), Decision::Denied(..)));
}

#[test]
fn remove_offers_to_disable_instead() {
    let install = install();
    let issued = install.issue(OWNER, "deploy-bot");
    let mut s = TuiHarness::signed_in(install);
    s.keys(&format!("x<tab><tab><enter>{PASSWORD}<enter>"));
    assert_eq!(s.install.token(issued.token.id).status(s.install.now()), Status::Disabled);
}

#[test]
fn a_token_changed_meanwhile_is_a_conflict() {
    let install = install();
    let issued = install.issue(OWNER, "deploy-bot");
    let mut s = TuiHarness::signed_in(install);
    s.keys(&format!("xdeploy-bot<enter>{PASSWORD}<tab><tab>"));
    s.install.call(OWNER, DisableTokens { tokens: vec![TokenTarget::by_reference("deploy-bot")] }).unwrap();
    s.keys("<enter>");
    s.assert_shows("was changed meanwhile");
    assert!(s.install.token(issued.token.id).deleted_at.is_none());
}

#[test]
fn suspended_it_locks_and_keeps_what_was_open() {
    let mut s = TuiHarness::signed_in(install());
    s.keys("nbot<enter>");
    s.enter_until("Password of ops");
    s.keys(&format!("{PASSWORD}<enter>v"));
    s.assert_shows("is ready");
    s.keys("<c-z>");
    assert_eq!(s.suspend_count, 1);
    s.assert_shows("jeton is locked");
    s.assert_hides("is ready");
    s.assert_hides("bot");
    s.keys("v<enter>");
    s.install.fakes.clock.advance(60_000);
    s.keys(&format!("<c-u>{PASSWORD}<enter>"));
    s.assert_shows("Token bot is ready");
    s.assert_shows("•••••");
}

#[test]
fn a_session_that_holds_no_more_locks_the_screens() {
    let install = install();
    install.account("second", jeton::domain::role::Role::Owner);
    let mut s = TuiHarness::signed_in(install);
    let id = s.install.account_named(OWNER).id;
    s.install.set_account_enabled(id, false);
    s.keys("R");
    s.assert_shows("jeton is locked");
    s.assert_shows("has changed meanwhile");
}

#[test]
fn pasted_text_types_and_never_commands() {
    let install = install();
    install.issue(OWNER, "bot");
    let mut s = TuiHarness::signed_in(install);
    let paste = |text: &str| Msg::Paste(Zeroizing::new(text.to_owned()));
    s.message(paste("xq\nd"));
    s.assert_shows("Pasted text was ignored");
    assert!(s.ended().is_none() && s.model.modals.is_empty());
    s.keys("n");
    s.message(paste("pasted-name\n"));
    s.assert_shows("pasted-name");
    s.message(paste("two\nlines"));
    s.assert_shows("Only a part of the pasted text fitted in");
}

#[test]
fn a_newer_list_wins_over_an_older_answer() {
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
        s.assert_shows("working");
        s.deliver_replies(backwards);
        assert_eq!(names(&s), ["beta"], "backwards: {backwards}");
    }
}

#[test]
fn the_table_scrolls_through_more_than_a_window() {
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
            filter: jeton::domain::token_filter::TokenFilter::default(),
            sort: jeton::domain::sort::Sort::default(),
            trashed: false,
            cursor: jeton::verbs::ports::TokenCursor::Start,
            limit: 1,
        },
    );
    assert_eq!(listed.unwrap().total, 450);
}

#[test]
fn quitting() {
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
fn a_demonstration_signs_in_by_itself_and_says_the_password() {
    let demo = jeton::tui::Demo {
        username: crate::support::fakes::owner(),
        password: Zeroizing::new(PASSWORD.to_owned()),
        service: None,
    };
    let s = TuiHarness::with(install(), jeton::tui::theme::Theme::colour(), Some(demo));
    s.assert_shows(&format!("demo, its password: {PASSWORD}"));
    s.assert_shows("ops@prod-1 · owner");
}

#[test]
fn the_next_key_acts_on_what_the_last_change_left() {
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
    s.assert_shows("Enable ops/bot");
}

#[test]
fn a_secret_is_never_cut() {
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
    s.assert_shows("(•) nothing yet");
    s.keys("<tab><s-tab><s-tab><tab>");
    s.assert_shows("(•) nothing yet");
    s.keys("<up><up>");
    s.assert_shows("(•) Inherit");
}

#[test]
fn details_show_the_old_secret_while_it_lives() {
    let install = install();
    let old = install.issue(OWNER, "bot");
    let token = TokenTarget::at_revision(&old.token);
    let grace = Some(jeton::domain::expiry::Span::Hours(24));
    install.call(OWNER, RegenerateToken { token, grace, expires: None, destination: None }).unwrap();
    install.fakes.clock.advance(3_600_000);
    install.verify(&old.secret);
    install.fakes.clock.advance(3_600_000);
    let mut s = TuiHarness::signed_in(install);
    s.keys("<enter>");
    s.assert_shows(&format!("Rotating  {} dies in 22 h, last seen 1 h ago", old.secret.hint()));
    s.keys("<esc>");
    s.install.fakes.clock.advance(22 * 3_600_000);
    let mut s = TuiHarness::signed_in(s.install);
    s.keys("<enter>");
    s.assert_shows("Secret");
    s.assert_hides("Rotating");
}
