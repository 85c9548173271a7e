//! Access levels of operations: from the HTTP method, bettered by scopes, by the document, and by a table of the user.

use super::operations::Operation;
use super::security_schemes::{Alternative, Security};
use super::warnings::{WarningCount, Warnings};
use crate::domain::method::Access;
use crate::domain::word_enum::word_enum;

word_enum! {
    /// The rules that can decide an access level, each over those before.
    pub(super) enum AccessRule {
        HttpMethod = "the HTTP method",
        Scopes = "scopes",
        NoSecurity = "security: []",
        Extension = "x-jeton-access",
        Table = "--access",
    }
}

/// Words of a scope that say what it permits. `list` is none: in `mailing-list` it is a noun.
const READ_WORDS: [&str; 6] = ["read", "reader", "readonly", "view", "viewer", "get"];
const WRITE_WORDS: [&str; 9] =
    ["write", "writer", "readwrite", "manage", "create", "update", "delete", "edit", "editor"];
const ADMIN_WORDS: [&str; 2] = ["admin", "administrator"];

/// Returns the access level that a scope's words say: `pets:read`, `write_pets`, `Pets.ReadWrite`.
pub(super) fn access_from_words(scope: &str) -> Option<Access> {
    // The host of a scope that is an address says nothing.
    let path = scope.split_once("://").map_or(scope, |(_, rest)| rest.split_once('/').map_or("", |(_, path)| path));
    let words = words(path);
    let has = |known: &[&str]| words.iter().any(|w| known.contains(&w.as_str()));
    let read_only = has(&["readonly"]) || words.windows(2).any(|pair| pair[0] == "read" && pair[1] == "only");
    if read_only {
        return Some(Access::Read);
    }
    [(Access::Admin, &ADMIN_WORDS[..]), (Access::Write, &WRITE_WORDS), (Access::Read, &READ_WORDS)]
        .into_iter()
        .find_map(|(access, known)| has(known).then_some(access))
}

/// Splits a text at signs and between `aB`, into words of lower case.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in text.chars() {
        if !c.is_alphanumeric() || (before.is_lowercase() && c.is_uppercase()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
        before = c;
    }
    words.retain(|w| !w.is_empty());
    words
}

/// Returns the access level that the scopes of all alternatives say together: that of the easiest alternative. `None`
/// if an alternative has a scope that says nothing, or no scope.
pub(super) fn access_from_scopes(alternatives: &[Alternative], security: &Security<'_>) -> Option<Access> {
    let of = |alternative: &Alternative| -> Option<Access> {
        let levels = alternative.scopes.iter().map(|s| security.scopes.get(*s).and_then(|scope| scope.access));
        levels.collect::<Option<Vec<_>>>()?.into_iter().max()
    };
    alternatives.iter().map(of).collect::<Option<Vec<_>>>()?.into_iter().min()
}

/// Decides the level of an operation from its HTTP method and its scopes. Scopes can't make a read of a method that
/// changes or removes something by its definition: a scope may be named sloppily. POST is also used to read.
pub(super) fn usual_access(http_method: &str, usual: Access, scopes: Option<Access>) -> (Access, AccessRule) {
    match scopes {
        Some(access) if access >= usual || http_method == "POST" => (access, AccessRule::Scopes),
        _ => (usual, AccessRule::HttpMethod),
    }
}

/// Returns a line with the number of operations whose level each rule decided.
pub(super) fn describe_rules(operations: &[Operation<'_>]) -> String {
    let count = |rule| operations.iter().filter(|o| o.access_rule == rule).count();
    let counts = AccessRule::ALL.into_iter().map(|rule| (rule, count(rule))).filter(|(_, count)| *count > 0);
    let counts: Vec<String> = counts.map(|(rule, count)| format!("{count} from {rule}")).collect();
    format!("access levels: {}", counts.join(", "))
}

/// Warns about operations that become public without a word by a person.
pub(super) fn warn_public(operations: &[Operation<'_>], warnings: &mut Warnings) {
    let mut public = WarningCount::default();
    for operation in operations.iter().filter(|o| o.access_rule == AccessRule::NoSecurity) {
        public.add(&operation.quoted_label);
    }
    public.report(warnings, "operations that become public and need no token (security: [])");
}
