//! The filter of the audit log: words, and fields such as `verb:token.revoke by:ops target:ci`.

use super::filter_syntax::{FilterFields, Setter, set_text};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A filter of the audit log. Every part must match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AuditFilter {
    /// Each word must occur in the actor's name, the verb, the target's name or the details. Case is ignored.
    pub words: Vec<String>,
    /// Text that the verb must contain.
    pub verb: Option<String>,
    /// Text that the actor's name must contain.
    pub actor: Option<String>,
    /// Text that the target's name must contain, or the target's whole id.
    pub target: Option<String>,
}

impl FilterFields for AuditFilter {
    const FIELDS: &'static [(&'static str, Setter<Self>)] = &[
        ("verb", |filter, value| set_text(&mut filter.verb, value)),
        ("by", |filter, value| set_text(&mut filter.actor, value)),
        ("target", |filter, value| set_text(&mut filter.target, value)),
    ];

    fn add_word(&mut self, word: String) {
        self.words.push(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_words_are_parsed() {
        let filter = AuditFilter::parse("verb:Token.Delete Deploy by:OPS target:t:7 foo:bar");
        assert_eq!(filter.verb.as_deref(), Some("token.delete"));
        assert_eq!(filter.actor.as_deref(), Some("ops"));
        assert_eq!(filter.target.as_deref(), Some("t:7"));
        assert_eq!(filter.words, ["deploy", "foo:bar"]);
        assert!(AuditFilter::parse(" verb: by: target: ").is_empty());
    }
}
