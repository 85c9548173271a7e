//! The filter of the token list: words, and fields such as `status:expired account:ci seen:never is:stale`.

use std::fmt;

use super::filter_syntax::{FilterFields, Setter, set_choice, set_text};
use super::span_bound::{SpanBound, TimeBound, set_bound};
use crate::domain::catalogue::Catalogue;
use crate::domain::catalogue::method_holders::MethodHolders;
use crate::domain::expiry::{Expiry, Span};
use crate::domain::time::{DAY, Timestamp, Zone};
use crate::domain::token::{Status, Token};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Number of days before its expiry in which a token counts as expiring soon.
pub const EXPIRING_SOON_DAYS: u32 = 14;
/// Time without a use after which a token counts as stale, in milliseconds: 90 days.
pub const STALE_AFTER: i64 = 90 * DAY;

/// A filter of the token list. Every part must match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TokenFilter {
    /// Each word must occur in the name, description, account or hint. Case is ignored.
    pub words: Vec<String>,
    pub status: Option<Status>,
    /// Text that the account's name must contain.
    pub account: Option<String>,
    /// Text in the id of a method that the API selection includes: picked by hand, in one of its API sets, or by
    /// *Inherit* with the role of the account. Or text in the name of one of its sets. Case is ignored.
    pub method: Option<String>,
    /// `true` for tokens that were used, `false` for tokens that were never used.
    pub seen: Option<bool>,
    /// Active and not used for 90 days. A token that was never used counts from its creation. A token that is expected
    /// to be unused never matches.
    pub stale: bool,
    /// Active and expiring within this span.
    pub expiring: Option<Span>,
    /// A dead secret of the token was tried in the last 7 days.
    pub tried: bool,
    /// Not expired yet, and the expiry is within this span, or beyond it.
    pub expires: Option<SpanBound>,
    /// Has no expiry.
    pub never_expires: bool,
    /// Is expected to be unused.
    // Older programs don't know the field.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub expected_unused: bool,
    /// The last use is within this span, or longer ago.
    pub seen_within: Option<SpanBound>,
}

/// The times that the spans of a filter mean, and the API selections that its method means.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FilterBounds {
    /// The end of [`TokenFilter::expiring`].
    pub expiring_by: Option<Timestamp>,
    pub expires: Option<TimeBound>,
    pub seen: Option<TimeBound>,
    pub method: Option<MethodHolders>,
}

impl FilterBounds {
    /// `catalogues` define the methods. They are only needed if the filter has one.
    pub fn new(filter: &TokenFilter, catalogues: &[Catalogue], now: Timestamp, zone: &dyn Zone) -> Self {
        // A span that ends beyond the calendar includes every expiry.
        let end = |span: Span| span.after(now, zone).unwrap_or(Timestamp(i64::MAX - 1));
        FilterBounds {
            expiring_by: filter.expiring.map(end),
            expires: filter.expires.map(|bound| bound.from_now(now, zone)),
            seen: filter.seen_within.map(|bound| bound.before_now(now, zone)),
            method: filter.method.as_ref().map(|text| MethodHolders::new(catalogues, text)),
        }
    }
}

/// The values of `is:`.
#[derive(Clone, Copy)]
enum Condition {
    Stale,
    Expiring,
    Tried,
    ExpectedUnused,
}

impl FilterFields for TokenFilter {
    const FIELDS: &'static [(&'static str, Setter<Self>)] = &[
        ("status", |filter, value| {
            // `revoked` is the word for people, `deleted` the one in JSON.
            let words = Status::ALL.map(|status| (status, status.as_str()));
            set_choice(&mut filter.status, value, &[&words[..], &[(Status::Deleted, "revoked")]].concat())
        }),
        ("account", |filter, value| set_text(&mut filter.account, value)),
        ("method", |filter, value| set_text(&mut filter.method, value)),
        ("seen", |filter, value| {
            set_choice(&mut filter.seen, value, &[(false, "never"), (true, "ever")])
                .or_else(|words| set_bound(&mut filter.seen_within, value, &words))
        }),
        ("expires", |filter, value| {
            let mut never = None;
            let chosen = set_choice(&mut never, value, &[((), "never")])
                .or_else(|words| set_bound(&mut filter.expires, value, &words));
            filter.never_expires |= never.is_some();
            chosen
        }),
        ("is", |filter, value| {
            let mut condition = None;
            let known = [
                (Condition::Stale, "stale"),
                (Condition::Expiring, "expiring"),
                (Condition::Tried, "tried"),
                (Condition::ExpectedUnused, "expected-unused"),
            ];
            let chosen = set_choice(&mut condition, value, &known)?;
            match condition {
                Some(Condition::Stale) => filter.stale = true,
                Some(Condition::Expiring) => filter.expiring = Some(Span::Days(EXPIRING_SOON_DAYS)),
                Some(Condition::Tried) => filter.tried = true,
                Some(Condition::ExpectedUnused) => filter.expected_unused = true,
                None => {}
            }
            Ok(chosen)
        }),
    ];

    fn add_word(&mut self, word: String) {
        self.words.push(word);
    }
}

impl TokenFilter {
    /// Returns `true` if the filter finds `token`, as a store does, apart from `tried`. `bounds` are those of the
    /// filter.
    pub fn matches(&self, token: &Token, bounds: &FilterBounds, now: Timestamp) -> bool {
        let contains = |text: &str, part: &str| text.to_lowercase().contains(part);
        let texts = [token.name.as_str(), token.description.as_str(), token.owner.username.as_str(), &token.hint];
        let active = token.status(now) == Status::Active;
        let expected_unused = token.expected_unused_since.is_some();
        let unseen_since = token.last_seen_at.unwrap_or(token.created_at);
        self.words.iter().all(|word| texts.iter().any(|text| contains(text, word)))
            && self.status.is_none_or(|status| status == token.status(now))
            && self.account.as_ref().is_none_or(|part| token.owner.username.as_str().contains(part.as_str()))
            && self.seen.is_none_or(|seen| seen == token.last_seen_at.is_some())
            && bounds.method.as_ref().is_none_or(|holders| holders.include(token.owner.role, &token.selection))
            && (!self.stale || active && !expected_unused && unseen_since <= now.plus(-STALE_AFTER))
            && (!self.expected_unused || expected_unused)
            && bounds.expiring_by.is_none_or(|by| active && token.expiry.is_past(by))
            && (!self.never_expires || token.expiry == Expiry::Never)
            && bounds.expires.is_none_or(|bound| {
                let at = token.expiry.at().unwrap_or(Timestamp(i64::MAX));
                at > now && bound.includes(at)
            })
            && bounds.seen.is_none_or(|bound| token.last_seen_at.is_some_and(|at| bound.includes(at)))
    }
}

/// Writes the text that is parsed to this filter. [`TokenFilter::expiring`] has no other span than that of `is:expiring`.
impl fmt::Display for TokenFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = |name: &str, value: &str| format!("{name}:{value}");
        let parts = [
            self.status.map(|status| field("status", status.as_str())),
            self.account.as_ref().map(|part| field("account", part)),
            self.method.as_ref().map(|part| field("method", part)),
            self.seen.map(|seen| field("seen", if seen { "ever" } else { "never" })),
            self.seen_within.map(|bound| field("seen", &bound.to_string())),
            self.expires.map(|bound| field("expires", &bound.to_string())),
            self.never_expires.then(|| field("expires", "never")),
            self.stale.then(|| field("is", "stale")),
            self.expiring.map(|_| field("is", "expiring")),
            self.tried.then(|| field("is", "tried")),
            self.expected_unused.then(|| field("is", "expected-unused")),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().chain(self.words.iter().cloned()).collect();
        f.write_str(&parts.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filter_is_written_as_it_is_parsed() {
        for text in [
            "",
            "status:expired account:ci method:stop seen:never is:stale is:expiring is:tried is:expected-unused dep foo:bar",
            "seen:ever",
            "seen:>30d expires:<7d",
            "expires:never",
        ] {
            assert_eq!(TokenFilter::parse(text).to_string(), text);
        }
    }

    #[test]
    fn fields_and_words_are_parsed() {
        let filter = TokenFilter::parse("status:expired Dep account:CI seen:never method:StopEnv foo:bar");
        assert_eq!(filter.status, Some(Status::Expired));
        assert_eq!(filter.account.as_deref(), Some("ci"));
        assert_eq!(filter.method.as_deref(), Some("stopenv"));
        assert_eq!(filter.seen, Some(false));
        assert_eq!(filter.words, ["dep", "foo:bar"]);
        assert!(TokenFilter::parse("  ").is_empty());
        assert_eq!(TokenFilter::parse("status:acti").status, Some(Status::Active));
        assert!(TokenFilter::parse("status:d").is_empty(), "disabled or deleted: not said yet");
        assert!(TokenFilter::parse("status:").is_empty());
        assert_eq!(TokenFilter::parse("status:nonsense").words, ["status:nonsense"]);
    }

    #[test]
    fn token_properties_are_parsed() {
        assert!(TokenFilter::parse("is:stale").stale);
        assert_eq!(TokenFilter::parse("is:expiring").expiring, Some(Span::Days(14)));
        assert!(TokenFilter::parse("is:tried").tried);
        assert!(TokenFilter::parse("is:").is_empty(), "not said yet");
        assert_eq!(TokenFilter::parse("is:expi"), TokenFilter::parse("is:expiring"));
        assert!(TokenFilter::parse("is:expe").expected_unused);
        assert_eq!(TokenFilter::parse("is:nonsense").words, ["is:nonsense"]);
        assert!(TokenFilter::parse("method: account: seen: expires:").is_empty(), "not said yet");
        let bound = |text: &str| SpanBound::parse(text).ok();
        assert_eq!(TokenFilter::parse("expires:<7D").expires, bound("<7d"));
        assert_eq!(TokenFilter::parse("seen:>2w").seen_within, bound(">2w"));
        assert!(TokenFilter::parse("expires:nev").never_expires);
        assert_eq!(TokenFilter::parse("seen:30d").words, ["seen:30d"]);
        assert_eq!(TokenFilter::parse("seen:n").seen, Some(false));
    }
}
