//! The scope picker and the Catalogue screen, key by key.

use jeton::domain::method::MethodId;
use jeton::domain::role::Role;
use jeton::domain::secret::Secret;
use jeton::domain::selection::Selection;
use jeton::tui::theme::Theme;
use jeton::verbs::verify::Decision;

use crate::support::fakes::{PASSWORD, TestInstall};
use crate::support::tui_harness::TuiHarness;

/// Keys that open the form of a token named `bot`, on the row that opens the picker.
const TO_CUSTOM: &str = "nbot<tab><tab><tab><up>";

fn picking() -> TuiHarness {
    let mut s = TuiHarness::signed_in(TestInstall::new());
    s.keys(TO_CUSTOM);
    s.keys("<space>");
    s.assert_shows("of 269 methods");
    s
}

/// Submits the form and returns the generated secret.
fn generated(s: &mut TuiHarness) -> Secret {
    s.enter_until("Password of");
    s.keys(&format!("{PASSWORD}<enter>y"));
    Secret::parse(&s.copied.pop().unwrap()).unwrap()
}

fn may(install: &TestInstall, secret: &Secret, method: &str) -> bool {
    let method = MethodId::parse(method).unwrap();
    matches!(secret.expose(|s| install.decide(s, Some(&method))), Decision::Allowed(_))
}

fn saved(s: &TuiHarness) -> Selection {
    s.model.tokens().unwrap().window.rows.iter().find(|t| t.name.as_str() == "bot").unwrap().selection.clone()
}

fn methods(ids: &[&str]) -> Selection {
    Selection::Custom(ids.iter().map(|m| MethodId::parse(m).unwrap()).collect())
}

#[test]
fn from_search_to_a_token_that_may_do_exactly_what_was_ticked() {
    let mut s = picking();
    s.keys("/STOP env<enter>");
    s.assert_shows("environment.control");
    s.keys("<space>");
    s.assert_shows("1 of 269 methods");
    s.keys("<esc>/jeton.tok read<enter><space><enter>");
    s.assert_shows("(•) Custom: 2 methods…");
    let secret = generated(&mut s);
    let wanted = ["environment.control.StopEnv", "jeton.tokens.read"];
    assert_eq!(saved(&s), methods(&wanted));
    let install = &s.install;
    for catalogue in ["cloud-platform", "jeton"] {
        for method in jeton::domain::catalogue::Catalogue::shipped(catalogue).unwrap().methods() {
            let id = method.id.as_str();
            assert_eq!(may(install, &secret, id), wanted.contains(&id), "{id}");
        }
    }
}

#[test]
fn a_set_shows_its_methods_and_touching_one_makes_it_custom() {
    let mut s = picking();
    s.keys("<tab><down><space>");
    s.assert_shows("API: IDE Plugins");
    s.keys("<down><down><space>");
    s.assert_shows("API: 2 sets");
    s.keys("<space>");
    let of_set = jeton::domain::catalogue::set::members(&s.model.catalogues, "IDE Plugins");
    s.assert_shows(&format!("{} of 269 methods", of_set.len()));
    s.keys("<tab>/control.startenv<enter>");
    let id = MethodId::parse("environment.control.StartEnv").unwrap();
    let had = of_set.contains(&id);
    s.keys("<space>");
    s.assert_shows("API: Custom");
    s.keys("<enter>");
    let mut expected = of_set;
    if had {
        expected.remove(&id);
    } else {
        expected.insert(id);
    }
    s.assert_shows(&format!("Custom: {} methods…", expected.len()));
    generated(&mut s);
    assert_eq!(saved(&s), Selection::Custom(expected));
}

#[test]
fn what_another_row_says_as_well_becomes_that_row() {
    for (keys, row, selection) in [
        ("<tab><down><space><tab><enter>", "(•) IDE Plugins", Selection::Sets(["IDE Plugins".to_owned()].into())),
        (
            "<tab><down><space><down><space><tab><enter>",
            "(•) 2 sets…",
            Selection::Sets(["IDE Plugins".to_owned(), "Marketplace".to_owned()].into()),
        ),
        ("<tab><down><down><down><down><space><tab><enter>", "(•) Inherit", Selection::Inherit),
        ("<tab><down><space><down><down><down><down><space><tab><enter>", "(•) nothing yet", Selection::nothing()),
    ] {
        let mut s = picking();
        s.keys(keys);
        s.assert_shows(row);
        generated(&mut s);
        assert_eq!(saved(&s), selection, "{row}");
    }
}

#[test]
fn leaving_asks_only_where_something_would_be_lost() {
    let mut s = picking();
    s.keys("<right><down><esc>");
    s.assert_shows("Generate a token");
    s.keys("<space><right><down><space><esc>");
    s.assert_shows("Leave without these changes?");
    s.keys("q<enter><esc><esc>");
    s.assert_shows("1 of 269 methods");
    s.keys("u<esc>");
    s.assert_shows("Generate a token");
    s.keys("<space><right><down><space><esc>d");
    s.assert_shows("(•) Custom…");
    // Back in the picker, the earlier choice is still there.
    s.keys("<space>/stopenv<enter><space><enter><s-tab>");
    s.assert_shows("(•) Custom: 1 method…");
    s.keys("<enter>");
    s.assert_shows("1 of 269 methods");
    s.keys("<esc>");
    s.assert_shows("(•) Custom: 1 method…");
}

#[test]
fn esc_clears_a_search_before_it_leaves() {
    let mut s = picking();
    s.keys("/nothing has this<enter>");
    s.assert_shows("Nothing matches \"nothing has this\".");
    s.keys("<esc>");
    s.assert_hides("Nothing matches");
    s.assert_shows("of 269 methods");
}

#[test]
fn a_letter_in_the_search_is_no_command() {
    let mut s = picking();
    s.keys("/q a f n u y 4 ?");
    s.assert_shows("q a f n u y 4 ?");
    s.assert_shows("API: nothing");
}

#[test]
fn all_that_the_search_shows_and_undo() {
    let mut s = picking();
    s.keys("/environment.deployment<enter>a");
    let text = s.text();
    assert!(text.contains("[x] environment.deployment"), "{text}");
    s.keys("u");
    s.assert_shows("0 of 269 methods");
    s.keys("U");
    s.assert_hides("0 of 269 methods");
    s.keys("<esc>f");
    s.assert_shows("[x] Only checked");
    s.assert_hides("environment.control ");
    s.keys("n");
    s.assert_shows("0 of 269 methods");
}

#[test]
fn management_is_marked_and_picked_one_by_one() {
    let mut s = picking();
    s.keys("a");
    s.assert_hides("269 of 269");
    s.keys("/jeton.tokens<enter>");
    s.assert_shows("◆ management");
    s.keys("a<up><space>");
    s.assert_shows("picked one by one");
    s.assert_shows("0 / 4");
    s.keys("<down><space>");
    s.assert_shows("1 / 4");
}

#[test]
fn methods_above_the_role_are_marked_and_explained() {
    let install = TestInstall::new();
    install.account("mia", Role::Member);
    let mut s = TuiHarness::signed_out(install);
    s.keys(&format!("<s-tab><c-u>mia<enter>{PASSWORD}<enter>"));
    s.assert_shows("mia@");
    s.keys(TO_CUSTOM);
    s.keys("<space>/users.account<enter>");
    let row = s.text().lines().find(|l| l.contains("admin ▲")).map(str::to_owned);
    let row = row.unwrap_or_else(|| panic!("no row is marked:\n{}", s.text()));
    assert!(row.contains("▲ above role"), "{row}");
    for _ in 0..30 {
        if s.text().contains("is above the role member") {
            return;
        }
        s.keys("<down>");
    }
    panic!("never explained:\n{}", s.text());
}

#[test]
fn the_docs_link_is_shown_and_copied() {
    let mut s = picking();
    s.keys("/stopenv<enter>");
    let stop = MethodId::parse("environment.control.StopEnv").unwrap();
    let link = s.model.catalogues.iter().flat_map(|c| c.methods()).find(|m| m.id == stop).unwrap().docs.clone();
    let link = link.unwrap();
    s.assert_shows(&format!("docs  {link}"));
    s.keys("y");
    assert_eq!(s.copied, [link]);
    s.assert_shows("copied");
}

#[test]
fn the_catalogue_is_browsed_and_left_as_the_tokens_were() {
    let install = TestInstall::new();
    for name in ["alpha", "beta"] {
        install.issue("ops", name);
    }
    let mut s = TuiHarness::signed_in(install);
    s.keys("/b<enter>4");
    s.assert_shows("Catalogue");
    s.assert_shows("269 methods");
    s.assert_hides("[ ] environment");
    s.keys("<right><right> xand/stop<enter>");
    s.assert_shows("StopEnv");
    s.keys("<tab><down><space>");
    s.assert_hides("makes it Custom");
    s.keys("<tab><esc>f");
    s.assert_shows("IDE Plugins: ");
    s.assert_shows("[x] Only checked");
    s.keys("<esc>");
    s.assert_shows("▶   beta");
    s.assert_hides("alpha");
    s.keys("41");
    s.assert_shows("▶   beta");
    s.keys("4<c-z>");
    s.install.fakes.clock.advance(1_000);
    s.keys(&format!("{PASSWORD}<enter>"));
    s.assert_shows("IDE Plugins: ");
    s.assert_shows("[x] Only checked");
    // Works from the list of sets too. In a field the key types a letter.
    s.keys("<tab>1");
    s.assert_shows("▶   beta");
    s.keys("/4<bs><enter>4/1<bs><esc>1");
    s.assert_shows("▶   beta");
}

#[test]
fn a_catalogue_changed_elsewhere_is_read_when_it_is_opened() {
    let mut s = TuiHarness::signed_in(TestInstall::new());
    s.install.raw_connection().execute("UPDATE method_groups SET title = 'Renamed meanwhile'", []).unwrap();
    s.keys("4");
    s.assert_shows("Renamed meanwhile");
}

#[test]
fn hostile_titles_and_links_stay_in_their_cells() {
    let install = TestInstall::new();
    let evil = "\u{1b}[2J\u{1b}]52;c;ZXZpbA==\u{7}\u{202e}evil 漢字🦀e\u{301}";
    let db = install.raw_connection();
    for sql in [
        "UPDATE methods SET title = ?1, docs = ?1",
        "UPDATE method_groups SET title = ?1",
        "UPDATE api_sets SET title = ?1",
    ] {
        db.execute(sql, [evil]).unwrap();
    }
    let mut s = TuiHarness::with(install, Theme::colour(), None);
    s.keys(&format!("{PASSWORD}<enter>{TO_CUSTOM}<space>"));
    for keys in ["", "<right><right>", "/evil", "<enter>f", "f<tab>", "<tab><down>y", "<esc><esc><esc>4z"] {
        s.keys(keys);
        match keys {
            "/evil" => {
                let text = s.text();
                let row = text.lines().find(|l| l.contains("▶   [ ]")).unwrap();
                assert!(row.contains("\\u{1b}[2J"), "the title is not written out: {row}");
            }
            "<tab><down>y" => s.assert_shows("was not copied"),
            _ => {}
        }
        for size in [(80, 24), (40, 10), (200, 60)] {
            s.resize(size.0, size.1);
            let buffer = s.buffer();
            for cell in &buffer.content {
                assert!(!cell.symbol().chars().any(jeton::domain::text::is_control_or_bidi), "{:?}", cell.symbol());
            }
            if keys != "<esc><esc><esc>4z" {
                let (width, height) = ((size.0 - 2).min(150), (size.1 - 1).min(50));
                let (left, top) = ((size.0 - width) / 2, (size.1 - 1 - height) / 2);
                for y in top + 1..top + height - 1 {
                    let edges = [left, left + width - 1].map(|x| buffer[(x, y)].symbol());
                    assert_eq!(edges, ["│", "│"], "the box is broken at {size:?}, row {y}:\n{}", s.text());
                }
            }
        }
    }
    assert!(s.copied.is_empty(), "a link that drives terminals is not copied");
}

#[test]
fn a_session_without_catalogues_can_still_open_it() {
    let mut s = TuiHarness::signed_in(TestInstall::new());
    s.model.catalogues = std::sync::Arc::from([]);
    s.keys(TO_CUSTOM);
    s.keys("<space>");
    s.assert_shows("This installation has no catalogue.");
    s.keys("a n u U z f y /x<enter><enter>");
    s.assert_shows("Generate a token");
}
