//! The filter of the token list: words, and fields such as `status:expired account:ci seen:never is:stale`.

use super::fields::{self, Narrow, Typed, begun, held};
use crate::domain::expiry::Span;
use crate::domain::time::DAY;
use crate::domain::token::Status;

/// A token counts as expiring soon in this many days before its expiry.
pub const SOON_DAYS: u32 = 14;
/// A token counts as stale if it is unused for this long: 90 days, in milliseconds.
pub const STALE: i64 = 90 * DAY;

/// A filter of the token list. Every part must match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Each word must occur in the name, description, account or hint. Case is ignored.
    pub words: Vec<String>,
    /// The required status.
    pub status: Option<Status>,
    /// Text that the account's name must contain.
    pub account: Option<String>,
    /// Text in the id of a hand-picked method or in the name of an API set. Case is ignored. The methods inside the
    /// sets are not searched.
    pub method: Option<String>,
    /// `Some(true)` for tokens that were used, `Some(false)` for tokens that never were.
    pub seen: Option<bool>,
    /// Active and not seen for [`STALE`]. A token that was never seen counts from its creation.
    pub stale: bool,
    /// Active and expiring within this span.
    pub expiring: Option<Span>,
}

/// The values of `is:`.
#[derive(Clone, Copy)]
enum Is {
    Stale,
    Expiring,
}

impl Typed for Filter {
    const FIELDS: &'static [(&'static str, Narrow<Self>)] = &[
        ("status", |filter, value| {
            begun(&mut filter.status, value, &Status::ALL.map(|status| (status, status.as_str())))
        }),
        ("account", |filter, value| held(&mut filter.account, value)),
        ("method", |filter, value| held(&mut filter.method, value)),
        ("seen", |filter, value| begun(&mut filter.seen, value, &[(false, "never"), (true, "ever")])),
        ("is", |filter, value| {
            let mut is = None;
            begun(&mut is, value, &[(Is::Stale, "stale"), (Is::Expiring, "expiring")])?;
            match is {
                Some(Is::Stale) => filter.stale = true,
                Some(Is::Expiring) => filter.expiring = Some(Span::Days(SOON_DAYS)),
                None => {}
            }
            Ok(())
        }),
    ];

    fn add_word(&mut self, word: String) {
        self.words.push(word);
    }
}

impl Filter {
    /// Parses typed text. An unknown field is taken as a word, so typing never fails.
    pub fn parse(text: &str) -> Self {
        fields::read(text)
    }

    /// `true` if the filter matches everything.
    pub fn is_empty(&self) -> bool {
        *self == Filter::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_words() {
        let filter = Filter::parse("status:expired Dep account:CI seen:never method:StopEnv foo:bar");
        assert_eq!(filter.status, Some(Status::Expired));
        assert_eq!(filter.account.as_deref(), Some("ci"));
        assert_eq!(filter.method.as_deref(), Some("stopenv"));
        assert_eq!(filter.seen, Some(false));
        assert_eq!(filter.words, ["dep", "foo:bar"]);
        assert!(Filter::parse("  ").is_empty());
        assert_eq!(Filter::parse("status:acti").status, Some(Status::Active));
        assert!(Filter::parse("status:d").is_empty(), "disabled or deleted: not said yet");
        assert!(Filter::parse("status:").is_empty());
        assert_eq!(Filter::parse("status:nonsense").words, ["status:nonsense"]);
    }

    #[test]
    fn what_a_token_is() {
        assert!(Filter::parse("is:stale").stale);
        assert_eq!(Filter::parse("is:expiring").expiring, Some(Span::Days(14)));
        assert!(Filter::parse("is:").is_empty(), "not said yet");
        assert_eq!(Filter::parse("is:exp"), Filter::parse("is:expiring"));
        assert_eq!(Filter::parse("is:nonsense").words, ["is:nonsense"]);
        assert!(Filter::parse("method: account: seen:").is_empty(), "not said yet");
        assert_eq!(Filter::parse("seen:n").seen, Some(false));
    }
}
