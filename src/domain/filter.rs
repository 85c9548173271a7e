//! The filter of the token list: words, and fields such as `status:expired account:ci seen:never is:stale`.

use crate::domain::expiry::Span;
use crate::domain::time::DAY;
use crate::domain::token::Status;

/// How many days before its expiry a token counts as expiring soon.
pub const SOON_DAYS: u32 = 14;
/// How long a token may go unused before it counts as stale: 90 days, in milliseconds.
pub const STALE: i64 = 90 * DAY;

/// What the list is narrowed to; every part must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Each must stand in the name, description, account or hint, upper or lower case alike.
    pub words: Vec<String>,
    /// The one status wanted.
    pub status: Option<Status>,
    /// What the account's name holds.
    pub account: Option<String>,
    /// What the id of a method picked by hand, or the name of an API set, holds; upper or lower case alike. The methods
    /// of the sets are not looked at.
    pub method: Option<String>,
    /// Whether it was ever seen.
    pub seen: Option<bool>,
    /// Active, and not seen for [`STALE`]; one that was never seen, made that long ago.
    pub stale: bool,
    /// Active, and expiring within this span.
    pub expiring: Option<Span>,
}

impl Filter {
    /// Reads what was typed. A field that isn't one is taken as a word, so typing never fails.
    pub fn parse(text: &str) -> Self {
        let mut filter = Filter::default();
        for part in text.split_whitespace() {
            match part.split_once(':') {
                Some(("status", value)) if begins_a_status(value) => filter.status = the_status(value),
                Some(("account", value)) if !value.is_empty() => filter.account = Some(value.to_lowercase()),
                Some(("method", value)) if !value.is_empty() => filter.method = Some(value.to_lowercase()),
                Some(("seen", "never")) => filter.seen = Some(false),
                Some(("seen", "ever")) => filter.seen = Some(true),
                // While it is being typed it narrows nothing, as with a status.
                Some(("is", "")) => {}
                Some(("is", value)) if "stale".starts_with(value) => filter.stale = true,
                Some(("is", value)) if "expiring".starts_with(value) => filter.expiring = Some(Span::Days(SOON_DAYS)),
                _ => filter.words.push(part.to_lowercase()),
            }
        }
        filter
    }

    /// Whether it narrows nothing.
    pub fn is_empty(&self) -> bool {
        *self == Filter::default()
    }
}

fn statuses(head: &str) -> impl Iterator<Item = Status> {
    Status::ALL.into_iter().filter(move |s| s.word().starts_with(head))
}

/// While it is being typed it narrows nothing, rather than everything away.
fn begins_a_status(head: &str) -> bool {
    statuses(head).next().is_some()
}

/// The one status that begins so.
fn the_status(head: &str) -> Option<Status> {
    let mut found = statuses(head);
    found.next().filter(|_| found.next().is_none())
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
        assert_eq!(Filter::parse("method:").words, ["method:"]);
    }
}
