//! The filter of the ledger: words, and fields such as `reason:disabled token:deploy address:10.0.0`.

use super::filter_syntax::{FilterFields, Setter, set_text};
use crate::domain::denial_reason::DenialReason;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The words that people see for the reason `deleted`.
const SHOWN_AS_DELETED: [&str; 2] = ["revoked", "purged"];

/// A filter of the ledger. Every part must match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LedgerFilter {
    /// Each word must occur in the reason, the token's account and name, the hint, the method, the address or the
    /// client. Case is ignored.
    pub words: Vec<String>,
    /// Text that the reason must contain. Uses have no reason.
    pub reason: Option<String>,
    /// Text that the token's account and name or the hint must contain, or the token's whole id.
    pub token: Option<String>,
    /// Text that the method's id must contain.
    pub method: Option<String>,
    /// Text that the caller's address must contain.
    pub address: Option<String>,
}

/// The filter of accepted uses, which have no reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UseFilter(pub LedgerFilter);

impl FilterFields for LedgerFilter {
    const FIELDS: &'static [(&'static str, Setter<Self>)] = &[
        ("reason", |filter, value| match DenialReason::ALL.iter().any(|reason| reason.as_str().contains(value)) {
            true => set_text(&mut filter.reason, value),
            false if SHOWN_AS_DELETED.iter().any(|word| word.starts_with(value)) => {
                set_text(&mut filter.reason, DenialReason::Deleted.as_str())
            }
            false => Err(DenialReason::ALL.map(DenialReason::as_str).into_iter().chain(SHOWN_AS_DELETED).collect()),
        }),
        ("token", |filter, value| set_text(&mut filter.token, value)),
        ("method", |filter, value| set_text(&mut filter.method, value)),
        ("address", |filter, value| set_text(&mut filter.address, value)),
    ];

    fn add_word(&mut self, word: String) {
        self.words.push(word);
    }
}

impl FilterFields for UseFilter {
    const FIELDS: &'static [(&'static str, Setter<Self>)] = &[
        ("token", |filter, value| set_text(&mut filter.0.token, value)),
        ("method", |filter, value| set_text(&mut filter.0.method, value)),
        ("address", |filter, value| set_text(&mut filter.0.address, value)),
    ];

    fn add_word(&mut self, word: String) {
        self.0.words.push(word);
    }
}

impl From<UseFilter> for LedgerFilter {
    fn from(filter: UseFilter) -> Self {
        filter.0
    }
}

#[cfg(test)]
mod tests {
    use super::super::filter_syntax::parse_strict;
    use super::*;

    #[test]
    fn unknown_reason_is_refused_with_the_known_ones() {
        let refusal = parse_strict::<LedgerFilter>("reason:bogus").unwrap_err().to_string();
        assert!(refusal.contains("malformed, checksum, unknown, "), "{refusal}");
        assert!(refusal.contains("deleted, ") && refusal.contains("revoked, purged"), "{refusal}");
        assert!(parse_strict::<LedgerFilter>("reason:disa").is_ok());
    }

    #[test]
    fn shown_words_mean_the_stored_reason() {
        for text in ["reason:revoked", "reason:Revo", "reason:purged", "reason:deleted"] {
            let filter = parse_strict::<LedgerFilter>(text).unwrap();
            assert_eq!(filter.reason.as_deref(), Some("deleted"), "{text}");
        }
    }

    #[test]
    fn fields_and_words_are_parsed() {
        let filter = LedgerFilter::parse("reason:Expired Deploy token:t:7 method:addPet address:FE80::1 fe80::2");
        assert_eq!(filter.reason.as_deref(), Some("expired"));
        assert_eq!(filter.token.as_deref(), Some("t:7"));
        assert_eq!(filter.method.as_deref(), Some("addpet"));
        assert_eq!(filter.address.as_deref(), Some("fe80::1"));
        assert_eq!(filter.words, ["deploy", "fe80::2"]);
        assert!(LedgerFilter::parse(" reason: token: address: ").is_empty());
    }

    #[test]
    fn filter_of_uses_knows_no_reason() {
        let filter = UseFilter::parse("Deploy token:ci method:addPet address:10.0");
        let LedgerFilter { words, reason, token, method, address } = filter.into();
        assert_eq!((words, reason), (vec!["deploy".to_owned()], None));
        assert_eq!(
            (token.as_deref(), method.as_deref(), address.as_deref()),
            (Some("ci"), Some("addpet"), Some("10.0"))
        );
        let refusal = parse_strict::<UseFilter>("reason:disabled").unwrap_err().to_string();
        assert!(refusal.contains("token:, method:, address:") && !refusal.contains("reason:,"), "{refusal}");
    }
}
