//! The API selection of a token: the methods that it may call, before the ceiling of its account's role.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization;

use crate::domain::method::MethodId;
use crate::domain::wire_format::{answer_time, require_all_fields};
use crate::error::{Error, Result};

/// Exactly one of: API sets, hand-picked methods, or everything that the role permits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "SelectionJson", into = "SelectionJson")]
pub enum Selection {
    /// One or more API sets, by name. A change of a set changes the tokens that use it.
    Sets(BTreeSet<String>),
    /// Hand-picked methods. A token with an empty list authenticates but permits nothing.
    Custom(BTreeSet<MethodId>),
    /// Everything that the account's role permits, now and later, except `jeton.*`.
    Inherit,
}

/// The JSON form of [`Selection`]: no more than one of the three is set. An answer has the other lists too, empty.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = require_all_fields)]
struct SelectionJson {
    /// `true` for everything that the account's role permits, now and later, except `jeton.*`.
    #[serde(default)]
    inherit: bool,
    /// Names of API sets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "BTreeSet<String>")]
    sets: Option<BTreeSet<String>>,
    /// Single methods. Nothing is permitted if the lists are empty and `inherit` is `false`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "BTreeSet<MethodId>")]
    methods: Option<BTreeSet<MethodId>>,
}

impl From<Selection> for SelectionJson {
    fn from(selection: Selection) -> Self {
        let (inherit, sets, methods) = match selection {
            Selection::Inherit => (true, None, None),
            Selection::Sets(sets) => (false, Some(sets), None),
            Selection::Custom(methods) => (false, None, Some(methods)),
        };
        let is_answer = answer_time().is_some();
        let (no_sets, no_methods) = (is_answer.then(BTreeSet::new), is_answer.then(BTreeSet::new));
        SelectionJson { inherit, sets: sets.or(no_sets), methods: methods.or(no_methods) }
    }
}

impl TryFrom<SelectionJson> for Selection {
    type Error = &'static str;

    fn try_from(json: SelectionJson) -> std::result::Result<Self, Self::Error> {
        // An answer has the lists that don't count, too. They are empty.
        let is_given = |is_empty: Option<bool>| is_empty == Some(false);
        let has_sets = is_given(json.sets.as_ref().map(BTreeSet::is_empty));
        let has_methods = is_given(json.methods.as_ref().map(BTreeSet::is_empty));
        match (json.inherit, json.sets, json.methods) {
            (true, ..) if !has_sets && !has_methods => Ok(Selection::Inherit),
            (false, _, Some(methods)) if !has_sets => Ok(Selection::Custom(methods)),
            (false, Some(sets), _) if !has_methods => Ok(Selection::Sets(sets)),
            _ => Err("a selection needs exactly one of \"sets\", \"methods\" and \"inherit\": true"),
        }
    }
}

impl Selection {
    pub fn nothing() -> Self {
        Selection::Custom(BTreeSet::new())
    }

    /// Returns the full selection for the audit log: `"inherit"`, `{"sets":[…]}` or `{"methods":[…]}`.
    pub fn to_audit_json(&self) -> Value {
        match self {
            Selection::Inherit => json!("inherit"),
            Selection::Sets(sets) => json!({ "sets": sets }),
            Selection::Custom(methods) => {
                json!({ "methods": methods.iter().map(MethodId::as_str).collect::<Vec<_>>() })
            }
        }
    }

    /// Returns the text by which the store sorts tokens: the summary as the first version of jeton wrote it.
    pub fn sort_key(&self) -> String {
        match self {
            Selection::Custom(methods) if methods.is_empty() => "nothing yet".to_owned(),
            Selection::Inherit | Selection::Sets(_) | Selection::Custom(_) => self.summary(),
        }
    }

    /// Returns a few words for tables: `IDE Plugins`, `2 sets`, `12 methods`, `Inherit`, `no access`.
    pub fn summary(&self) -> String {
        match self {
            Selection::Inherit => "Inherit".to_owned(),
            Selection::Sets(sets) => match sets.first() {
                Some(only) if sets.len() == 1 => set_label(only).into_owned(),
                _ => format!("{} sets", sets.len()),
            },
            Selection::Custom(methods) => match methods.len() {
                0 => "no access".to_owned(),
                1 => "1 method".to_owned(),
                n => format!("{n} methods"),
            },
        }
    }
}

/// Returns an API set's name as screens and tables show it. The name is quoted if it could be mistaken for a built-in
/// choice. A store of an earlier version may hold such a set.
pub fn set_label(name: &str) -> Cow<'_, str> {
    if looks_built_in(name) { Cow::Owned(format!("\"{name}\"")) } else { Cow::Borrowed(name) }
}

/// Returns `true` if a set's name could be mistaken for a built-in choice, such as `Inherit`, `no access` or `2
/// sets`. Case, blanks and marks are ignored, and letters that look alike count as the same.
pub fn looks_built_in(name: &str) -> bool {
    /// Names that are taken, and nouns that follow a number, as letters only.
    static TAKEN: LazyLock<(Vec<String>, Vec<String>)> = LazyLock::new(|| {
        let names = [
            "inherit",
            "inherited",
            "custom",
            "nothing",
            "nothing yet",
            "may call nothing",
            "may call nothing yet",
            "no access",
            "none",
            "no methods",
            "no sets",
            "methods",
            "sets",
            "api sets",
            "api",
        ];
        let nouns = ["set", "sets", "apiset", "apisets", "method", "methods"];
        (names.map(plain_letters).into(), nouns.map(plain_letters).into())
    });
    let (names, nouns) = &*TAKEN;
    let plain = plain_letters(name);
    // After `plain_letters`, `1` and `0` are letters.
    let is_digit = |c: char| c.is_ascii_digit() || matches!(c, 'l' | 'o');
    let counts = |noun: &String| {
        plain.strip_suffix(noun).is_some_and(|number| !number.is_empty() && number.chars().all(is_digit))
    };
    names.contains(&plain) || nouns.iter().any(counts)
}

/// Returns only the letters and digits of `text`, in lower case and without accents. Characters that look alike become
/// the same letter.
fn plain_letters(text: &str) -> String {
    let letters = text.nfkd().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric());
    let latin = letters.map(|c| match c {
        '1' | 'i' | 'ı' | 'і' | 'ι' | 'ӏ' | '|' => 'l',
        '0' | 'о' | 'ο' | 'օ' => 'o',
        'а' | 'α' | 'ɑ' => 'a',
        'е' | 'ҽ' | 'ε' => 'e',
        'һ' | 'հ' | 'н' => 'h',
        'м' => 'm',
        'п' | 'ո' | 'η' => 'n',
        'р' | 'ρ' => 'p',
        'с' | 'ϲ' => 'c',
        'ѕ' => 's',
        'т' | 'τ' => 't',
        'у' | 'γ' | 'ү' => 'y',
        'ԁ' => 'd',
        'ɡ' | 'ց' => 'g',
        'г' | 'ꭇ' => 'r',
        'υ' | 'ս' => 'u',
        other => other,
    });
    latin.collect()
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum SelectionEdit {
    /// Replaces the whole selection.
    Replace(Selection),
    /// Adds API sets to a selection by sets, and removes some.
    Sets { add: BTreeSet<String>, drop: BTreeSet<String> },
    /// Adds methods to a selection by hand, and removes some.
    Methods { add: BTreeSet<MethodId>, drop: BTreeSet<MethodId> },
}

impl SelectionEdit {
    /// Returns the rights that the edit names for the token, regardless of those it already has. `None` if the edit
    /// only removes some.
    pub fn added(&self) -> Option<Selection> {
        match self {
            SelectionEdit::Replace(after) => Some(after.clone()),
            SelectionEdit::Sets { add, .. } => (!add.is_empty()).then(|| Selection::Sets(add.clone())),
            SelectionEdit::Methods { add, .. } => (!add.is_empty()).then(|| Selection::Custom(add.clone())),
        }
    }

    /// Returns `before` after the edit. Adding something that is already present changes nothing.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] if `before` is of another form, if something is both added and dropped, or if no
    /// set would be left. [`crate::error::Kind::NotFound`] if something to drop is not present.
    pub fn apply(&self, before: &Selection) -> Result<Selection> {
        match (self, before) {
            (SelectionEdit::Replace(after), _) => Ok(after.clone()),
            (SelectionEdit::Sets { add, drop }, Selection::Sets(sets)) => {
                let sets = apply_edit(sets, add, drop, "API set")?;
                if sets.is_empty() {
                    return Err(Error::usage("the last API set can't be dropped")
                        .why("an API selection by sets needs at least one API set")
                        .next("To replace the whole API selection, use --set, --method, --inherit or --nothing"));
                }
                Ok(Selection::Sets(sets))
            }
            (SelectionEdit::Methods { add, drop }, Selection::Custom(methods)) => {
                apply_edit(methods, add, drop, "method").map(Selection::Custom)
            }
            (SelectionEdit::Sets { .. }, _) => {
                Err(Error::usage("API sets can't be added to this token or dropped from it")
                    .why(format!("the token's API selection is {}", kind(before)))
                    .next("Replace the whole API selection with sets: --set NAME (can be repeated)"))
            }
            (SelectionEdit::Methods { .. }, _) => {
                Err(Error::usage("methods can't be added to this token or dropped from it")
                    .why(format!("the token's API selection is {}", kind(before)))
                    .next("Replace the whole API selection with methods: --method M (can be repeated)"))
            }
        }
    }
}

fn kind(selection: &Selection) -> &'static str {
    match selection {
        Selection::Sets(_) => "a list of API sets",
        Selection::Custom(methods) if methods.is_empty() => "\"no access\"",
        Selection::Custom(_) => "a list of methods",
        Selection::Inherit => "Inherit",
    }
}

fn apply_edit<T: Ord + Clone + std::fmt::Display>(
    before: &BTreeSet<T>,
    add: &BTreeSet<T>,
    drop: &BTreeSet<T>,
    what: &str,
) -> Result<BTreeSet<T>> {
    if let Some(both) = add.intersection(drop).next() {
        return Err(Error::usage(format!("the {what} {both} can't be added and dropped at the same time"))
            .next(format!("Either add or drop this {what}")));
    }
    if let Some(absent) = drop.difference(before).next() {
        return Err(Error::not_found(format!("the {what} {absent} can't be dropped"))
            .why(format!("the token's API selection does not include this {what}"))
            .next("To see the API selection, run: jeton token show TOKEN"));
    }
    Ok(before.difference(drop).chain(add).cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;
    use proptest::prelude::*;

    fn some() -> impl Strategy<Value = BTreeSet<String>> {
        proptest::collection::btree_set("[a-e]", 0..5)
    }

    fn ids(names: &BTreeSet<String>) -> BTreeSet<MethodId> {
        names.iter().map(|n| MethodId::parse(n).unwrap()).collect()
    }

    proptest! {
        #[test]
        fn edit_adds_and_drops_methods(before in some(), add in some(), drop in some()) {
            let edit = SelectionEdit::Methods { add: ids(&add), drop: ids(&drop) };
            match edit.apply(&Selection::Custom(ids(&before))) {
                Ok(Selection::Custom(after)) => {
                    for name in ["a", "b", "c", "d", "e"] {
                        let there = add.contains(name) || (before.contains(name) && !drop.contains(name));
                        prop_assert_eq!(after.contains(&MethodId::parse(name).unwrap()), there);
                    }
                    prop_assert!(drop.is_subset(&before) && add.is_disjoint(&drop));
                }
                Ok(other) => prop_assert!(false, "{:?}", other),
                Err(e) => {
                    let kind = if add.is_disjoint(&drop) { Kind::NotFound } else { Kind::Usage };
                    prop_assert!(e.kind == kind && (!drop.is_subset(&before) || !add.is_disjoint(&drop)));
                }
            }
        }

        #[test]
        fn edit_and_its_opposite_leave_what_was(before in some(), new in some()) {
            let new: BTreeSet<String> = new.difference(&before).cloned().collect();
            prop_assume!(!before.is_empty());
            let none = BTreeSet::new;
            let sets = Selection::Sets(before);
            let more = SelectionEdit::Sets { add: new.clone(), drop: none() }.apply(&sets).unwrap();
            let twice = SelectionEdit::Sets { add: new.clone(), drop: none() }.apply(&more).unwrap();
            prop_assert_eq!(&twice, &more);
            prop_assert_eq!(SelectionEdit::Sets { add: none(), drop: new }.apply(&more).unwrap(), sets);
        }
    }

    #[test]
    fn no_set_passes_for_a_built_in_choice() {
        for name in [
            "Inherit",
            "INHERIT",
            "inherit ",
            "in herit",
            "\"Inherit\"",
            "lnherit",
            "1nherit",
            "Іnherіt",
            "Ｉnherit",
            "no access",
            "nothing yet",
            "Nothing  Yet",
            "nothing-yet",
            "n\u{f3}thing",
            "Custom…",
            "2 sets",
            "3 Methods",
            "1 method",
            "10 ѕеtѕ",
            "l method",
            "None",
            "API sets",
        ] {
            assert!(looks_built_in(name), "{name}");
            assert_eq!(Selection::Sets([name.to_owned()].into()).summary(), format!("\"{name}\""));
        }
        for name in ["IDE Plugins", "Inherited rights", "scope sets", "Custom fields", "All methods", "set 2", "Maven"]
        {
            assert!(!looks_built_in(name), "{name}");
            assert_eq!(set_label(name), name);
        }
    }

    #[test]
    fn selection_of_another_form_is_not_mixed_with() {
        let one: BTreeSet<String> = ["x".to_owned()].into();
        let (sets, custom) = (Selection::Sets(one.clone()), Selection::Custom(ids(&one)));
        let add_set = SelectionEdit::Sets { add: one.clone(), drop: BTreeSet::new() };
        let add_method = SelectionEdit::Methods { add: ids(&one), drop: BTreeSet::new() };
        for (edit, before) in [
            (&add_set, &custom),
            (&add_set, &Selection::nothing()),
            (&add_set, &Selection::Inherit),
            (&add_method, &sets),
            (&add_method, &Selection::Inherit),
        ] {
            let refused = edit.apply(before).unwrap_err();
            assert!(refused.kind == Kind::Usage && refused.next.is_some(), "{refused}");
        }
        assert_eq!(SelectionEdit::Replace(custom.clone()).apply(&sets).unwrap(), custom);
        let last = SelectionEdit::Sets { add: BTreeSet::new(), drop: one.clone() }.apply(&sets).unwrap_err();
        assert!(last.kind == Kind::Usage && last.next.is_some(), "{last}");
        let all = SelectionEdit::Methods { add: BTreeSet::new(), drop: ids(&one) }.apply(&custom).unwrap();
        assert_eq!(all, Selection::nothing(), "methods may all go");
    }
}
