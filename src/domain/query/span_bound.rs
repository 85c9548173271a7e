//! A limit of the time from now, or since, in a filter: `<7d` or `>30d`.

use std::fmt;

use super::filter_syntax::SetResult;
use crate::domain::expiry::Span;
use crate::domain::time::{Timestamp, Zone};
use crate::error::{Error, Result};

/// The forms that errors name.
pub const FORMS: [&str; 2] = ["<7d", ">30d"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpanBound {
    /// `true` for times further away than the span.
    pub is_beyond: bool,
    pub span: Span,
}

impl SpanBound {
    /// # Errors
    /// [`crate::error::Kind::Usage`] if `text` isn't `<` or `>` with a span.
    pub fn parse(text: &str) -> Result<Self> {
        let (is_beyond, span) = match (text.strip_prefix('<'), text.strip_prefix('>')) {
            (Some(span), _) => (false, span),
            (_, Some(span)) => (true, span),
            (None, None) => {
                return Err(Error::usage("the span does not begin with < or >").why("use a limit such as <7d or >30d"));
            }
        };
        Ok(SpanBound { is_beyond, span: Span::parse(span)? })
    }

    /// Returns the times that `expires:` with this limit means.
    pub fn from_now(self, now: Timestamp, zone: &dyn Zone) -> TimeBound {
        // A span that ends beyond the calendar includes every expiry.
        let end = self.span.after(now, zone).unwrap_or(Timestamp(i64::MAX - 1));
        if self.is_beyond { TimeBound::After(end) } else { TimeBound::UpTo(end) }
    }

    /// Returns the times that `seen:` with this limit means.
    pub fn before_now(self, now: Timestamp, zone: &dyn Zone) -> TimeBound {
        let start = self.span.before(now, zone).unwrap_or(Timestamp(i64::MIN));
        if self.is_beyond { TimeBound::UpTo(start) } else { TimeBound::After(start) }
    }
}

impl fmt::Display for SpanBound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.is_beyond { '>' } else { '<' }, self.span)
    }
}

/// A [`SpanBound`] resolved to a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeBound {
    /// At this time or earlier.
    UpTo(Timestamp),
    After(Timestamp),
}

impl TimeBound {
    pub fn includes(self, at: Timestamp) -> bool {
        match self {
            TimeBound::UpTo(end) => at <= end,
            TimeBound::After(start) => at > start,
        }
    }
}

/// Stores the limit `value` in `target`. While the span is being typed, `target` stays unchanged.
///
/// # Errors
/// `words` and the forms of a limit if `value` is neither complete nor the beginning of a limit.
pub fn set_bound(target: &mut Option<SpanBound>, value: &str, words: &[&'static str]) -> SetResult {
    if let Ok(bound) = SpanBound::parse(value) {
        *target = Some(bound);
        return Ok(true);
    }
    let digits = value.strip_prefix(['<', '>']).map(|span| span.trim_start_matches(|c: char| c.is_ascii_digit()));
    match digits {
        Some("" | "m") => Ok(false),
        _ => Err(words.iter().copied().chain(FORMS).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::{DAY, HOUR, utc_zone};

    #[test]
    fn limit_is_written_as_it_is_parsed() {
        for text in ["<7d", ">30d", "<12h", ">2w", "<6mo", ">1y"] {
            assert_eq!(SpanBound::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "<", "7d", "=7d", "<7", "<0d", "<d", "<7x", "<<7d"] {
            assert!(SpanBound::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn unfinished_limit_is_no_error() {
        let mut target = None;
        for text in ["<", ">", "<7", ">30m"] {
            assert_eq!(set_bound(&mut target, text, &[]), Ok(false), "{text}");
        }
        assert_eq!(target, None);
        assert_eq!(set_bound(&mut target, "x", &["never"]), Err(vec!["never", "<7d", ">30d"]));
        assert_eq!(set_bound(&mut target, "<1h", &[]), Ok(true));
        assert!(target.is_some());
    }

    #[test]
    fn limit_means_times_ahead_or_back() {
        let (now, zone) = (Timestamp(1_000 * DAY), &utc_zone());
        let bound = |text| SpanBound::parse(text).unwrap();
        assert_eq!(bound("<7d").from_now(now, zone), TimeBound::UpTo(now.plus(7 * DAY)));
        assert_eq!(bound(">1w").from_now(now, zone), TimeBound::After(now.plus(7 * DAY)));
        assert_eq!(bound("<1h").before_now(now, zone), TimeBound::After(now.plus(-HOUR)));
        assert_eq!(bound(">30d").before_now(now, zone), TimeBound::UpTo(now.plus(-30 * DAY)));
        assert_eq!(bound(">99999y").from_now(now, zone), TimeBound::After(Timestamp(i64::MAX - 1)));
    }
}
