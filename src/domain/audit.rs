//! The audit log: who changed what, when, from which face, in a chain of hashes.

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::domain::time::Timestamp;

/// Where a request came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    /// The terminal screens.
    Tui,
    /// The command line.
    Cli,
}

impl Face {
    /// The word that stands for it.
    pub const fn word(self) -> &'static str {
        match self {
            Face::Tui => "tui",
            Face::Cli => "cli",
        }
    }
}

/// One change, as a verb reports it. Never holds a secret, a password or a hash of one.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    /// The verb, e.g. `token.delete`.
    pub verb: &'static str,
    /// What was changed, e.g. `t7` or `a1`.
    pub target: String,
    /// Its name then, e.g. `ci/deploy-bot`.
    pub target_name: String,
    /// What it was and became.
    pub details: Map<String, Value>,
}

impl AuditEntry {
    /// An entry without details.
    pub fn new(verb: &'static str, target: impl ToString, target_name: impl Into<String>) -> Self {
        AuditEntry { verb, target: target.to_string(), target_name: target_name.into(), details: Map::new() }
    }

    /// Adds a detail.
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.details.insert(key.to_owned(), value.into());
        self
    }

    /// Adds what `key` was and became, where the two differ.
    pub fn changed(self, key: &str, before: impl Into<Value>, after: impl Into<Value>) -> Self {
        let (before, after) = (before.into(), after.into());
        if before == after { self } else { self.with(key, json!({ "before": before, "after": after })) }
    }
}

/// Who made a change, as the audit log keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditActor {
    /// The account's id, or empty where nobody had signed in yet (the first owner's making).
    pub account: String,
    /// Its name then.
    pub name: String,
    /// What proved it: `password` or `store` (being able to open it).
    pub proof: &'static str,
    /// From which face.
    pub face: Face,
}

/// A row of the audit log.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditRow {
    /// 1, 2, 3 … without a gap.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// The actor's account id, empty for none.
    pub account: String,
    /// The actor's name then.
    pub name: String,
    /// What proved it.
    pub proof: String,
    /// From which face.
    pub face: String,
    /// The verb.
    pub verb: String,
    /// What was changed.
    pub target: String,
    /// Its name then.
    pub target_name: String,
    /// What it was and became, as JSON text.
    pub details: String,
}

/// The hash of `row` in the chain: SHA-256 over the hash before it and every field, each with its length.
pub fn chain_hash(previous: &[u8; 32], row: &AuditRow) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(previous);
    hash.update(row.seq.to_be_bytes());
    hash.update(row.at.0.to_be_bytes());
    let texts =
        [&row.account, &row.name, &row.proof, &row.face, &row.verb, &row.target, &row.target_name, &row.details];
    for text in texts {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> AuditRow {
        AuditRow {
            seq: 1,
            at: Timestamp(5),
            account: "a1".into(),
            name: "ops".into(),
            proof: "password".into(),
            face: "cli".into(),
            verb: "token.create".into(),
            target: "t1".into(),
            target_name: "ops/x".into(),
            details: "{}".into(),
        }
    }

    #[test]
    fn only_what_differs_is_told() {
        let entry = AuditEntry::new("x", "t1", "").changed("role", "admin", "viewer").changed("enabled", true, true);
        assert_eq!(Value::Object(entry.details), json!({ "role": { "before": "admin", "after": "viewer" } }));
    }

    #[test]
    fn every_field_and_border_counts() {
        let hash = chain_hash(&[0; 32], &row());
        assert_ne!(hash, chain_hash(&[1; 32], &row()));
        assert_ne!(hash, chain_hash(&[0; 32], &AuditRow { seq: 2, ..row() }));
        assert_ne!(hash, chain_hash(&[0; 32], &AuditRow { at: Timestamp(6), ..row() }));
        assert_ne!(hash, chain_hash(&[0; 32], &AuditRow { details: "{ }".into(), ..row() }));
        let moved = AuditRow { account: "a1o".into(), name: "ps".into(), ..row() };
        assert_ne!(hash, chain_hash(&[0; 32], &moved));
    }
}
