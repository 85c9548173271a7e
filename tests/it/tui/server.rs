//! A server that can't be reached for a while.

use jeton::service::server_colour::ServerColour;
use jeton::tui::msg::Msg;
use jeton::tui::theme::Theme;
use jeton::tui::{Place, ServerLabel};

use super::lines_of;
use crate::support::fakes::{OWNER, PASSWORD, TestInstall};
use crate::support::tui_harness::TuiHarness;

/// The first line with its styles.
fn title(theme: Theme, name: &str, colour: Option<ServerColour>) -> String {
    let server = ServerLabel { name: name.to_owned(), colour };
    let mut s = TuiHarness::with_config(TestInstall::new(), theme, |config| config.server = Some(server));
    assert!(s.text().contains(&format!("Server  {name}")), "{}", s.text());
    s.keys(&format!("{PASSWORD}<enter>"));
    s.dump()
}

#[test]
fn name_of_the_server_has_its_colour() {
    insta::assert_snapshot!("server_red", title(Theme::colour(), "prod", Some(ServerColour::Red)));
    insta::assert_snapshot!("server_mono", title(Theme::mono(), "prod", Some(ServerColour::Red)));
    insta::assert_snapshot!("server_address", title(Theme::colour(), "https://jeton.example.com:7182", None));
}

#[test]
fn host_has_the_colour_of_the_store() {
    let red = Some(ServerColour::Red);
    let mut s = TuiHarness::with_config(TestInstall::new(), Theme::colour(), |config| config.store_colour = red);
    s.keys(&format!("{PASSWORD}<enter>"));
    let style = |s: &TuiHarness| {
        let column = s.text().lines().next().unwrap().find("ops").unwrap();
        s.buffer()[(u16::try_from(column).unwrap(), 0)].style()
    };
    let host = style(&s);
    assert_eq!(host.bg, Some(ratatui::style::Color::Red));
    s.keys("n");
    assert_eq!(style(&s), host);
}

#[test]
fn server_keeps_its_colour_behind_a_dialog() {
    let server = ServerLabel { name: "prod".to_owned(), colour: Some(ServerColour::Red) };
    let mut s =
        TuiHarness::with_config(TestInstall::new(), Theme::colour(), |config| config.server = Some(server.clone()));
    s.keys(&format!("{PASSWORD}<enter>"));
    let style = |s: &TuiHarness, text: &str| {
        let column = s.text().lines().next().unwrap().find(text).expect(text);
        s.buffer()[(u16::try_from(column).unwrap(), 0)].style()
    };
    let (server, tab) = (style(&s, "ops@prod"), style(&s, "Accounts"));
    s.keys("n");
    s.assert_top("create-token");
    assert_eq!(style(&s, "ops@prod"), server);
    assert_ne!(style(&s, "Accounts"), tab);
}

#[test]
fn another_server_is_chosen_only_where_nothing_is_typed() {
    let place = |name: &str, colour, address: &str| Place {
        label: ServerLabel { name: name.to_owned(), colour },
        address: address.to_owned(),
        is_current: name == "prod",
    };
    let places = vec![
        place("this machine", None, "/home/ops/.local/share/jeton/jeton.db"),
        place("prod", Some(ServerColour::Red), "unix:/run/jeton/manage.sock"),
        place("staging", Some(ServerColour::Green), "https://staging.example.com:7182"),
    ];
    let mut s = TuiHarness::with_config(TestInstall::new(), Theme::colour(), |config| config.places = places);
    s.keys(&format!("{PASSWORD}<enter>"));
    s.keys("n@");
    s.assert_top("create-token");
    s.keys("<c-u><esc>@");
    insta::assert_snapshot!("servers", s.dump());
    s.keys("<enter>");
    assert_eq!(s.app.model.switch_to, None, "it is in use");
    s.keys("@<down><enter>");
    assert_eq!((s.app.model.switch_to, s.app.model.exit.is_some()), (Some(2), true));
}

#[test]
fn lost_server_is_shown_and_its_return_reads_everything_again() {
    let install = TestInstall::new();
    install.issue(OWNER, "deploy-bot");
    let mut s = TuiHarness::signed_in(install);
    s.message(Msg::ServerReachable(false));
    s.assert_shows("! unreachable");
    s.resize(120, 24);
    insta::assert_snapshot!(lines_of(&s, "reached"), @"jeton  1 Tokens  2 Accounts  3 Audit  4 Catalogue  5 Policy  6 Denied  7 Uses            ! the server can't be reached");
    // A draft stays, and what was missed appears.
    s.keys("ndraft");
    s.install.issue(OWNER, "made-meanwhile");
    s.message(Msg::ServerReachable(true));
    s.assert_shows("draft");
    s.keys("<esc>d");
    s.assert_shows("made-meanwhile");
    s.assert_hides("reach");
}
