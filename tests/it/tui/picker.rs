//! The scope picker and the Catalogue screen, key by key.

use jeton::domain::api_selection::Selection;
use jeton::domain::method::MethodId;
use jeton::domain::role::Role;
use jeton::domain::secret::Secret;
use jeton::tui::keymap::Context;
use jeton::tui::layer::ScreenId;
use jeton::tui::modal::picker::tree::Choice;
use jeton::tui::msg::Msg;
use jeton::tui::notice::NoticeId;
use jeton::tui::theme::Theme;
use jeton::verbs::verify::Decision;

use super::{catalogue, lines_of, tree};
use crate::support::fakes::{PASSWORD, TestInstall, create};
use crate::support::tui_harness::TuiHarness;

/// Keys that open the form of a token named `bot`, on the row that opens the picker.
const TO_CUSTOM: &str = "nbot<tab><tab><tab><up>";
const IDE_SET: &str = "IDE Plugins";
const MARKETPLACE_SET: &str = "Marketplace";

fn picking() -> TuiHarness {
    let mut s = TuiHarness::signed_in(TestInstall::new());
    s.keys(TO_CUSTOM);
    s.keys("<space>");
    s.assert_top("picker");
    s.assert_shows(" 0 of 269 ");
    s
}

fn sets(names: &[&str]) -> Selection {
    Selection::Sets(names.iter().map(|name| (*name).to_owned()).collect())
}

/// Submits the form and returns the generated secret.
fn generated(s: &mut TuiHarness) -> Secret {
    s.enter_until_password();
    s.keys(&format!("{PASSWORD}<enter>y"));
    Secret::parse(&s.copied.pop().unwrap()).unwrap()
}

fn may(install: &TestInstall, secret: &Secret, method: &str) -> bool {
    let method = MethodId::parse(method).unwrap();
    matches!(secret.expose(|s| install.decide(s, Some(&method))), Decision::Allowed(_))
}

fn saved(s: &TuiHarness) -> Selection {
    s.tokens().rows.all().iter().find(|t| t.name.as_str() == "bot").unwrap().selection.clone()
}

fn methods(ids: &[&str]) -> Selection {
    Selection::Custom(ids.iter().map(|m| MethodId::parse(m).unwrap()).collect())
}

#[test]
fn new_token_may_call_exactly_the_ticked_methods() {
    let mut s = picking();
    s.keys("/STOP env<enter>");
    s.assert_shows("environment.control");
    s.keys("<space>");
    s.assert_shows(" 1 of 269 ");
    s.keys("<esc>/jeton.tok read<enter><space><enter>");
    s.assert_shows("(•) Custom: 2 ");
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
fn changing_a_method_of_a_set_makes_the_selection_custom() {
    let mut s = picking();
    s.keys("<tab><down><space>");
    assert_eq!(tree(&s).selection(), sets(&[IDE_SET]));
    s.assert_shows(IDE_SET);
    s.keys("<down><down><space>");
    assert!(matches!(tree(&s).choice(), Choice::Sets(names) if names.len() == 2));
    s.keys("<space>");
    let of_set = jeton::domain::catalogue::permission_index::members(&s.app.model.catalogues, IDE_SET);
    s.assert_shows(&format!(" {} of 269 ", of_set.len()));
    s.keys("<tab>/control.startenv<enter>");
    let id = MethodId::parse("environment.control.StartEnv").unwrap();
    let had = of_set.contains(&id);
    s.keys("<space>");
    assert_eq!(*tree(&s).choice(), Choice::Custom);
    s.keys("<enter>");
    let mut expected = of_set;
    if had {
        expected.remove(&id);
    } else {
        expected.insert(id);
    }
    s.assert_shows(&format!("(•) Custom: {} ", expected.len()));
    generated(&mut s);
    assert_eq!(saved(&s), Selection::Custom(expected));
}

#[test]
fn picked_selection_that_equals_a_row_selects_that_row() {
    let mut rows = Vec::new();
    for (keys, selection) in [
        ("<tab><down><space><tab><enter>", sets(&[IDE_SET])),
        ("<tab><down><space><down><space><tab><enter>", sets(&[IDE_SET, MARKETPLACE_SET])),
        ("<tab><down><down><down><down><space><tab><enter>", Selection::Inherit),
        ("<tab><down><space><down><down><down><down><space><tab><enter>", Selection::nothing()),
    ] {
        let mut s = picking();
        s.keys(keys);
        rows.push(lines_of(&s, "(•)"));
        generated(&mut s);
        assert_eq!(saved(&s), selection, "{keys}");
    }
    insta::assert_snapshot!(rows.join("\n\n"), @"
    (•) IDE Plugins          Browsing, running and deploying env…
    Use          (•) expected   ( ) not expected: never stale

    (•) 2 sets…              IDE Plugins, Marketplace
    Use          (•) expected   ( ) not expected: never stale

    (•) Inherit              the role's methods, except jeton.*
    Use          (•) expected   ( ) not expected: never stale

    (•) no access            can't call any method
    Use          (•) expected   ( ) not expected: never stale
    ");
}

#[test]
fn esc_asks_only_if_choices_would_be_lost() {
    let mut s = picking();
    s.keys("<right><down><esc>");
    s.assert_top("create-token");
    s.keys("<space><right><down><space><esc>");
    assert_eq!(s.app.context(), Context::PickerDiscard);
    s.keys("q<enter><esc><esc>");
    s.assert_shows(" 1 of 269 ");
    s.keys("u<esc>");
    s.assert_top("create-token");
    s.keys("<space><right><down><space><esc>d");
    s.assert_shows("(•) Custom…");
    // Back in the picker, the earlier choice is still there.
    s.keys("<space>/stopenv<enter><space><enter><s-tab><s-tab>");
    s.assert_shows("(•) Custom: 1 ");
    s.keys("<enter>");
    s.assert_shows(" 1 of 269 ");
    s.keys("<esc>");
    s.assert_shows("(•) Custom: 1 ");
}

#[test]
fn esc_clears_a_search_before_it_closes_the_picker() {
    let mut s = picking();
    s.keys("/nothing has this<enter>");
    assert!(tree(&s).rows().is_empty());
    insta::assert_snapshot!(lines_of(&s, "\"nothing has this\""), @r#"Nothing matches "nothing has this".  Esc clears the search."#);
    s.keys("<esc>");
    s.assert_top("picker");
    assert!(!tree(&s).rows().is_empty());
}

#[test]
fn letters_in_the_search_are_no_commands() {
    let mut s = picking();
    s.keys("/q a f n u y 4 ?");
    s.assert_shows("q a f n u y 4 ?");
    assert_eq!(tree(&s).selection(), Selection::nothing());
}

#[test]
fn key_a_ticks_all_shown_methods_and_undo_reverts_it() {
    let mut s = picking();
    s.keys("/environment.deployment<enter>a");
    let text = s.text();
    assert!(text.contains("[x] environment.deployment"), "{text}");
    s.keys("u");
    assert_eq!(tree(&s).total().0, 0);
    s.keys("U");
    assert!(tree(&s).total().0 > 0);
    s.keys("<esc>f");
    assert!(tree(&s).is_only_checked());
    s.assert_hides("environment.control ");
    s.keys("n");
    assert_eq!(tree(&s).total().0, 0);
}

#[test]
fn management_methods_are_marked_and_ticked_one_by_one() {
    let mut s = picking();
    s.keys("a");
    s.assert_hides("269 of 269");
    s.keys("/jeton.tokens<enter>");
    s.assert_shows("◆ ");
    s.keys("a");
    insta::assert_snapshot!(s.notice_text().unwrap(), @"No more API methods to tick here; management methods must be picked one by one");
    s.keys("<up><space>");
    s.assert_notice(NoticeId::NoEffect);
    insta::assert_snapshot!(s.notice_text().unwrap(), @"Management methods must be picked one by one");
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
    s.assert_shows("mia");
    s.keys(TO_CUSTOM);
    s.keys("<space>/users.account<enter>");
    s.assert_shows("admin ▲ ");
    let above_role = |s: &TuiHarness| tree(s).method().is_some_and(|method| method.above_role);
    for _ in 0..30 {
        if above_role(&s) {
            break;
        }
        s.keys("<down>");
    }
    assert!(above_role(&s), "{}", s.text());
    insta::assert_snapshot!(lines_of(&s, "▲ the role admin"), @"");
}

#[test]
fn picker_keeps_the_role_of_another_accounts_token() {
    let install = TestInstall::new();
    install.account("mia", Role::Member);
    install.create("mia", create("bot"));
    let mut s = TuiHarness::signed_in(install);
    s.keys("e<tab><tab><tab><up><space>");
    s.assert_top("picker");
    let above_role = |s: &TuiHarness| tree(s).index().methods.iter().filter(|method| method.above_role).count();
    let before = above_role(&s);
    assert!(before > 0);
    // The signed-in owner is read again.
    s.message(Msg::StoreChanged(i64::MAX));
    s.assert_top("picker");
    assert_eq!(above_role(&s), before);
}

#[test]
fn docs_link_is_shown_and_copied() {
    let mut s = picking();
    s.keys("/stopenv<enter>");
    let stop = MethodId::parse("environment.control.StopEnv").unwrap();
    let link = s.app.model.catalogues.iter().flat_map(|c| c.methods()).find(|m| m.id == stop).unwrap().docs.clone();
    let link = link.unwrap();
    s.assert_shows(&format!("docs  {link}"));
    s.keys("y");
    assert_eq!(s.copied, [link]);
    s.assert_notice(NoticeId::Copied);
}

#[test]
fn catalogue_and_tokens_keep_their_state() {
    let install = TestInstall::new();
    for name in ["alpha", "beta"] {
        install.issue("ops", name);
    }
    let mut s = TuiHarness::signed_in(install);
    s.keys("/b<enter>4");
    assert_eq!(s.app.model.active_screen(), Some(ScreenId(4)));
    s.assert_shows("269 ");
    s.assert_hides("[ ] environment");
    s.keys("<right><right> xand/stop<enter>");
    s.assert_shows("StopEnv");
    s.keys("<tab><down><enter><esc>");
    assert_eq!(catalogue(&s).selection(), sets(&[IDE_SET]));
    assert!(catalogue(&s).is_only_checked());
    s.keys("1");
    s.assert_shows("▶   beta");
    s.assert_hides("alpha");
    s.keys("41");
    s.assert_shows("▶   beta");
    s.keys("4<c-z>");
    s.install.fakes.clock.advance(1_000);
    s.keys(&format!("{PASSWORD}<enter>"));
    assert_eq!(catalogue(&s).selection(), sets(&[IDE_SET]));
    assert!(catalogue(&s).is_only_checked());
    // Works from the list of sets too. In a field the key types a letter.
    s.keys("<tab>1");
    s.assert_shows("▶   beta");
    s.keys("/4<bs><enter>4/1<bs><esc>1");
    s.assert_shows("▶   beta");
}

#[test]
fn changed_catalogue_is_read_when_it_is_opened() {
    let mut s = TuiHarness::signed_in(TestInstall::new());
    s.install.raw_connection().execute("UPDATE method_groups SET title = 'Renamed'", []).unwrap();
    s.keys("4");
    s.assert_shows("Renamed");
}

#[test]
fn hostile_titles_and_links_are_escaped() {
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
                assert!(row.contains("\\u{1b}[2J"), "the title is not escaped: {row}");
            }
            "<tab><down>y" => s.assert_notice(NoticeId::NotCopied),
            _ => {}
        }
        for size in [(80, 24), (40, 10), (200, 60)] {
            s.resize(size.0, size.1);
            let buffer = s.buffer();
            for cell in &buffer.content {
                assert!(
                    !cell.symbol().chars().any(jeton::domain::untrusted_text::is_control_or_bidi),
                    "{:?}",
                    cell.symbol()
                );
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
    assert!(s.copied.is_empty(), "a link with control characters is not copied");
}

#[test]
fn picker_opens_without_a_catalogue() {
    let mut s = TuiHarness::signed_in(TestInstall::new());
    s.app.model.catalogues = std::sync::Arc::from([]);
    s.keys(TO_CUSTOM);
    s.keys("<space>");
    s.assert_top("picker");
    assert!(tree(&s).rows().is_empty());
    insta::assert_snapshot!(lines_of(&s, "."), @"The catalogues are not loaded yet.");
    s.keys("a n u U z f y /x<enter><enter>");
    s.assert_top("create-token");
}
