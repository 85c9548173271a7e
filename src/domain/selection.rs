//! The API selection of a token: which methods it may call, before the ceiling of its account's role.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::domain::method::MethodId;

/// Exactly one of API sets, hand-picked methods, or whatever the role permits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// One or more API sets, by name: a set that changes changes its tokens.
    Sets(BTreeSet<String>),
    /// Methods picked by hand; none authenticates and permits nothing.
    Custom(BTreeSet<MethodId>),
    /// Whatever the account's role permits, now and later, `jeton.*` excepted.
    Inherit,
}

impl Selection {
    /// Authenticates, permits nothing.
    pub fn nothing() -> Self {
        Selection::Custom(BTreeSet::new())
    }

    /// All of it, as the audit log keeps it: `"inherit"`, `{"sets":[…]}` or `{"methods":[…]}`.
    pub fn told(&self) -> Value {
        match self {
            Selection::Inherit => json!("inherit"),
            Selection::Sets(sets) => json!({ "sets": sets }),
            Selection::Custom(methods) => {
                json!({ "methods": methods.iter().map(MethodId::as_str).collect::<Vec<_>>() })
            }
        }
    }

    /// A few words for tables: `IDE Plugins`, `2 sets`, `12 methods`, `Inherit`, `nothing yet`.
    pub fn summary(&self) -> String {
        match self {
            Selection::Inherit => "Inherit".to_owned(),
            Selection::Sets(sets) => match sets.first() {
                Some(only) if sets.len() == 1 => only.clone(),
                _ => format!("{} sets", sets.len()),
            },
            Selection::Custom(methods) => match methods.len() {
                0 => "nothing yet".to_owned(),
                1 => "1 method".to_owned(),
                n => format!("{n} methods"),
            },
        }
    }
}
