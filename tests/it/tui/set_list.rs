//! The list of API sets in the picker and in the Catalogue screen: whole names, search and keys.

use jeton::domain::api_selection::Selection;
use jeton::domain::catalogue::ApiSet;
use jeton::tui::keymap::Context;
use jeton::tui::theme::Theme;

use super::snapshots::{SMALL, at_sizes};
use super::{catalogue, tree};
use crate::catalogue::{apply, shop};
use crate::support::fakes::{OWNER, TestInstall};
use crate::support::tui_harness::TuiHarness;

/// Number of sets of the catalogue.
const SETS: usize = 60;

/// Returns the name of a set as an import makes it. The last one has 300 characters.
fn name(n: usize) -> String {
    match n {
        0..SETS => format!("shop: scope https://auth.example.com/auth/shop.orders.readonly.{n:02}"),
        _ => format!("shop: scopes {}", "Größe漢字 orders.read + ".repeat(20)).chars().take(299).chain(['!']).collect(),
    }
}

/// Returns an installation where the shop has many sets.
fn install() -> TestInstall {
    let install = TestInstall::new();
    let mut shop = shop(&install, |text| text);
    let include = shop.sets[0].include.clone();
    shop.sets.extend((0..=SETS).map(|n| ApiSet {
        name: name(n),
        title: format!("What the scope number {n} permits"),
        include: include.clone(),
        exclude: Vec::new(),
    }));
    apply(&install, OWNER, &shop, None).unwrap();
    install
}

fn picking() -> TuiHarness {
    let mut s = TuiHarness::signed_in(install());
    s.keys("nbot<tab><tab><tab><up><space><tab>");
    assert_eq!(s.app.context(), Context::PickerSets);
    s
}

fn sets(names: &[String]) -> Selection {
    Selection::Sets(names.iter().cloned().collect())
}

/// Returns the text of the screen without frames, blanks and line breaks.
fn compact(s: &TuiHarness) -> String {
    s.text().chars().filter(|c| !c.is_whitespace() && *c != '│').collect()
}

#[test]
fn set_is_found_by_any_part_of_its_name() {
    for (words, expected) in [
        ("readonly.07", name(7)),
        ("SCOPE https 41", name(41)),
        ("+ orders größe", name(SETS)),
        ("desk", "Shop desk".to_owned()),
        ("number 12 permits", name(12)),
    ] {
        let mut s = picking();
        s.keys(&format!("/{words}"));
        assert_eq!(s.app.context(), Context::SetSearch);
        s.keys("<enter><space>");
        assert_eq!(tree(&s).selection(), sets(&[expected]), "{words}");
    }
}

#[test]
fn set_search_keeps_choices_and_the_search_for_methods() {
    let mut s = picking();
    s.keys("/readonly.07<enter><space>/<c-u>readonly.08<enter><space>");
    assert_eq!(tree(&s).selection(), sets(&[name(7), name(8)]));
    s.keys("<esc><tab>/orders<enter>");
    assert_eq!(tree(&s).search_words(), ["orders"]);
    s.keys("<tab>/inherit<enter><space>");
    assert_eq!(tree(&s).selection(), Selection::Inherit);
    assert_eq!(tree(&s).search_words(), ["orders"]);
    s.keys("/ nothing has this");
    s.assert_shows("none found");
    s.keys("<enter><space>");
    assert_eq!(tree(&s).selection(), Selection::Inherit);
    // One step at a time: the search, the list, the search for methods, the question.
    s.keys("<esc>");
    assert_eq!(s.app.context(), Context::PickerSets);
    s.keys("<esc>");
    assert_eq!(s.app.context(), Context::Picker);
    s.keys("<esc><esc>");
    assert_eq!(s.app.context(), Context::PickerDiscard);
}

#[test]
fn keys_reach_either_end_and_pages_of_the_sets() {
    let mut s = picking();
    s.keys("<end><space>");
    assert_eq!(tree(&s).selection(), Selection::nothing());
    s.keys("<up><space>");
    assert_eq!(tree(&s).selection(), Selection::Inherit);
    s.keys("<home><space>");
    let first = tree(&s).index().sets[0].name.clone();
    assert_eq!(tree(&s).selection(), sets(&[first]));
    s.keys("u<pgdn>");
    let rows = s.text().lines().filter(|line| line.contains("[ ] shop: scope")).count();
    assert!(rows > 3, "{}", s.text());
    s.keys("<pgdn><pgup><pgup><space>");
    assert!(matches!(tree(&s).selection(), Selection::Sets(names) if names.len() == 1));
    // In the Catalogue screen too.
    let mut s = TuiHarness::signed_in(install());
    s.keys("4<tab><end><pgup><pgdn><enter>");
    assert_eq!(catalogue(&s).selection(), sets(&[name(SETS)]));
    s.keys("<tab>g<enter>");
    assert_ne!(catalogue(&s).selection(), sets(&[name(SETS)]));
}

#[test]
fn name_under_the_cursor_is_shown_whole() {
    let whole: String = name(SETS).split_whitespace().collect();
    assert_eq!(name(SETS).chars().count(), 300);
    for size in [(80, 24), (60, 24), (100, 24), (120, 40), (200, 60)] {
        for keys in ["4<tab><end>", "nbot<tab><tab><tab><up><space><tab><end><up><up>"] {
            let mut s = TuiHarness::signed_in(install());
            s.resize(size.0, size.1);
            s.keys(keys);
            let column: String =
                match s.text().lines().find_map(|line| line.find("API sets").map(|at| line[..at].chars().count())) {
                    Some(at) => s.text().lines().map(|line| line.chars().skip(at).collect::<String>() + "\n").collect(),
                    None => panic!("no list:\n{}", s.text()),
                };
            let column: String = column.chars().filter(|c| !c.is_whitespace() && *c != '│').collect();
            assert!(column.contains(&whole), "{size:?} {keys}\n{}", s.text());
            assert!(compact(&s).len() >= whole.len());
        }
    }
}

#[test]
fn shown_set_is_gone_after_its_catalogue_changed() {
    let mut s = TuiHarness::signed_in(install());
    s.keys("4<tab><end><enter>");
    assert_eq!(catalogue(&s).selection(), sets(&[name(SETS)]));
    let plain = shop(&s.install, |text| text);
    apply(&s.install, OWNER, &plain, None).unwrap();
    s.keys("14");
    assert_eq!(catalogue(&s).selection(), Selection::nothing());
    assert!(!catalogue(&s).is_only_checked());
    assert!(!catalogue(&s).rows().is_empty());
}

#[test]
fn sets_of_the_picker() {
    let mut s = picking();
    s.keys("/scopes größe<enter><space>");
    insta::assert_snapshot!(at_sizes(&mut s, &[(80, 24), (60, 24), (40, 10), (120, 40)]));
}

#[test]
fn sets_of_the_catalogue() {
    let mut s = TuiHarness::with(install(), Theme::mono(), None);
    s.keys("correct horse battery<enter>4<tab>/readonly.1<enter><down><enter><tab>");
    s.app.model.notice = None;
    insta::assert_snapshot!(at_sizes(&mut s, &SMALL));
}
