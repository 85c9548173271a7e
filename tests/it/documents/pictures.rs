//! Pictures of README and docs: the real screens over the demonstration's store, on a fixed clock.

use jeton::domain::name::Username;
use jeton::tui::theme::Theme;

use super::check;
use super::svg::{DARK, LIGHT, render};
use crate::support::fakes::{Fakes, TempStore, TestInstall, backend};
use crate::support::tui_harness::TuiHarness;

/// Returns the screens of the demonstration's owner, signed in.
fn demonstration() -> TuiHarness {
    let (place, fakes) = (TempStore::new(), Fakes::new());
    jeton::demo::create_at(&place.path(), &fakes.adapters()).unwrap();
    let jeton = backend(&place.path(), fakes.adapters());
    let install = TestInstall::from_parts(place, fakes, jeton);
    let mut screens = TuiHarness::with_config(install, Theme::colour(), |start| {
        start.username = Some(Username::parse("demo").unwrap());
        start.store_path = "/var/lib/jeton/jeton.db".to_owned();
    });
    screens.keys(&format!("{}<enter>", jeton::demo::PASSWORD));
    screens.app.model.notice = None;
    screens
}

/// Draws the screen that `keys` lead to, dark and light.
fn picture(name: &str, title: &str, size: (u16, u16), keys: &str) {
    let mut screens = demonstration();
    screens.resize(size.0, size.1);
    screens.keys(keys);
    for (palette, suffix, is_light) in [(&DARK, "dark", false), (&LIGHT, "light", true)] {
        screens.app.model.theme = Theme::for_background(is_light);
        check(&format!("img/{name}-{suffix}.svg"), &render(&screens.buffer(), palette, title));
    }
}

#[test]
fn tokens() {
    picture("tokens", "The list of tokens, with the details of the one under the cursor", (110, 26), "<down><down>");
}

#[test]
fn revoke() {
    picture(
        "revoke",
        "Revoking a token that is in use: what would break, and its name to be typed",
        (110, 30),
        "/deploy-bot<enter>x",
    );
}

#[test]
fn picker() {
    picture(
        "picker",
        "Picking the methods that a token may call",
        (110, 30),
        "npreview-bot<tab><tab><tab><up><space><down><right><down><space><down><space>",
    );
}

#[test]
fn denied() {
    picture("denied", "Attempts that were denied, with their true reasons", (110, 26), "6<down>");
}
