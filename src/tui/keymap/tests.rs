use super::*;
use std::collections::HashSet;

#[test]
fn no_key_twice_in_a_context() {
    let mut seen = HashSet::new();
    for binding in BINDINGS {
        for (context, key) in
            binding.contexts.iter().flat_map(|context| binding.keys.iter().map(move |key| (*context, *key)))
        {
            assert!(seen.insert((context, key)), "{key} twice in {context:?}");
        }
        assert!(!binding.keys.is_empty() && !binding.help.is_empty());
    }
}

#[test]
fn place_in_the_footer_is_taken_once() {
    let mut seen = HashSet::new();
    for b in BINDINGS.iter().filter(|b| b.rank > 0) {
        for context in b.contexts.iter() {
            assert!(seen.insert((*context, b.rank)), "{context:?} {}", b.label);
        }
    }
}

#[test]
fn revoke_key_does_not_confirm_the_revocation() {
    let opens = BINDINGS.iter().find(|b| b.action == Action::Revoke).unwrap();
    let confirms = BINDINGS.iter().find(|b| b.contexts.contains(&Context::Form) && b.action == Action::Accept).unwrap();
    assert!(!opens.keys.iter().any(|k| confirms.keys.contains(k)));
}
