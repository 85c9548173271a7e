use super::*;
use std::collections::HashSet;

#[test]
fn no_key_twice_in_a_context() {
    let mut seen = HashSet::new();
    for binding in BINDINGS {
        for key in binding.keys {
            assert!(seen.insert((binding.context, *key)), "{key} twice in {:?}", binding.context);
        }
        assert!(!binding.keys.is_empty() && !binding.help.is_empty());
    }
}

#[test]
fn a_place_in_the_footer_is_taken_once() {
    let mut seen = HashSet::new();
    for b in BINDINGS.iter().filter(|b| b.rank > 0) {
        assert!(seen.insert((b.context, b.rank)), "{:?} {}", b.context, b.label);
    }
}

#[test]
fn the_key_that_opens_a_removal_does_not_confirm_it() {
    let opens = BINDINGS.iter().find(|b| b.action == Action::Remove).unwrap();
    let confirms = BINDINGS.iter().find(|b| b.context == Context::Form && b.action == Action::Enter).unwrap();
    assert!(!opens.keys.iter().any(|k| confirms.keys.contains(k)));
}
