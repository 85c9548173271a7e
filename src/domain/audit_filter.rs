//! The filter of the audit log: words, and fields such as `verb:token.revoke by:ops target:ci`.

use super::fields::{self, Narrow, Typed, held};

/// What the log is narrowed to; every part must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Each must stand in the actor's name, the verb, the target's name or the details, upper or lower case alike.
    pub words: Vec<String>,
    /// What the verb holds.
    pub verb: Option<String>,
    /// What the actor's name holds.
    pub by: Option<String>,
    /// What the target's name holds, or its whole id.
    pub target: Option<String>,
}

impl Typed for AuditFilter {
    const FIELDS: &'static [(&'static str, Narrow<Self>)] = &[
        ("verb", |filter, value| held(&mut filter.verb, value)),
        ("by", |filter, value| held(&mut filter.by, value)),
        ("target", |filter, value| held(&mut filter.target, value)),
    ];

    fn word(&mut self, word: String) {
        self.words.push(word);
    }
}

impl AuditFilter {
    /// Reads what was typed. A field that isn't one is taken as a word, so typing never fails.
    pub fn parse(text: &str) -> Self {
        fields::read(text)
    }

    /// Whether it narrows nothing.
    pub fn is_empty(&self) -> bool {
        *self == AuditFilter::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_words() {
        let filter = AuditFilter::parse("verb:Token.Delete Deploy by:OPS target:t:7 foo:bar");
        assert_eq!(filter.verb.as_deref(), Some("token.delete"));
        assert_eq!(filter.by.as_deref(), Some("ops"));
        assert_eq!(filter.target.as_deref(), Some("t:7"));
        assert_eq!(filter.words, ["deploy", "foo:bar"]);
        assert!(AuditFilter::parse(" verb: by: target: ").is_empty());
    }
}
