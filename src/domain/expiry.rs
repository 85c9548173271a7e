//! Expiry: never, the end of a day, or a span from now.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::date_format::DateFormat;
use crate::domain::time::{self, DAY, Day, HOUR, Timestamp, Zone};
use crate::domain::untrusted_text::excerpt;
use crate::error::{Error, Result};

/// When a token stops working. At exactly that instant it is already expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "Option<Timestamp>", into = "Option<Timestamp>")]
#[schemars(inline)]
pub enum Expiry {
    Never,
    At(Timestamp),
}

impl Expiry {
    pub fn is_past(self, now: Timestamp) -> bool {
        matches!(self, Expiry::At(at) if at <= now)
    }

    pub fn at(self) -> Option<Timestamp> {
        match self {
            Expiry::Never => None,
            Expiry::At(at) => Some(at),
        }
    }
}

impl From<Expiry> for Option<Timestamp> {
    fn from(expiry: Expiry) -> Self {
        expiry.at()
    }
}

impl From<Option<Timestamp>> for Expiry {
    fn from(at: Option<Timestamp>) -> Self {
        at.map_or(Expiry::Never, Expiry::At)
    }
}

/// A length of time as people write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// `12h`.
    Hours(u32),
    /// `30d`, each of 24 hours.
    Days(u32),
    /// `2w`, each of 7 days.
    Weeks(u32),
    /// `6mo`, calendar months in the local zone.
    Months(u32),
    /// `1y`, calendar years in the local zone.
    Years(u32),
}

impl Span {
    /// # Errors
    /// [`crate::error::Kind::Usage`] if `text` is not a whole number from 1 to 99999 with `h`, `d`, `w`, `mo` or `y`.
    pub fn parse(text: &str) -> Result<Self> {
        let refused = || {
            let why = match has_span_form(text) {
                true => "use a number from 1 to 99999",
                false => "use a whole number with h, d, w, mo or y, e.g. 12h, 30d, 2w, 6mo or 1y",
            };
            Error::usage(format!("\"{}\" is not a span", excerpt(text, 32))).why(why)
        };
        let unit_at = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(refused)?;
        let (digits, unit) = text.split_at(unit_at);
        let count = digits.parse::<u32>().ok().filter(|n| (1..100_000).contains(n)).ok_or_else(refused)?;
        match unit {
            "h" => Ok(Span::Hours(count)),
            "d" => Ok(Span::Days(count)),
            "w" => Ok(Span::Weeks(count)),
            "mo" => Ok(Span::Months(count)),
            "y" => Ok(Span::Years(count)),
            _ => Err(refused()),
        }
    }

    /// Returns the instant this long after `at`; `None` if it is past the year 9999.
    pub fn after(self, at: Timestamp, zone: &dyn Zone) -> Option<Timestamp> {
        self.shift(at, true, zone)?.writable()
    }

    /// Returns the instant this long before `at`; `None` if it is before the calendar begins.
    pub fn before(self, at: Timestamp, zone: &dyn Zone) -> Option<Timestamp> {
        self.shift(at, false, zone)
    }

    fn shift(self, at: Timestamp, forward: bool, zone: &dyn Zone) -> Option<Timestamp> {
        let by = |n: u32, unit: i64| Some(at.plus(i64::from(n) * if forward { unit } else { -unit }));
        match self {
            Span::Hours(n) => by(n, HOUR),
            Span::Days(n) => by(n, DAY),
            Span::Weeks(n) => by(n, 7 * DAY),
            Span::Months(n) => time::shift_months(at, n, forward, zone),
            Span::Years(n) => time::shift_months(at, n.checked_mul(12)?, forward, zone),
        }
    }

    /// Returns the number, the unit as people type it, and the unit as a word.
    const fn parts(self) -> (u32, &'static str, &'static str) {
        match self {
            Span::Hours(n) => (n, "h", "hour"),
            Span::Days(n) => (n, "d", "day"),
            Span::Weeks(n) => (n, "w", "week"),
            Span::Months(n) => (n, "mo", "month"),
            Span::Years(n) => (n, "y", "year"),
        }
    }

    /// Returns the span in words, e.g. `30 days`.
    pub fn describe(self) -> String {
        let (count, _, unit) = self.parts();
        format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, unit, _) = self.parts();
        write!(f, "{count}{unit}")
    }
}

/// A requested expiry, not yet resolved against the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpirySpec {
    Never,
    /// The end of this day in the local zone.
    EndOf(Day),
    /// The end of this span, starting now.
    In(Span),
    /// This instant.
    At(Timestamp),
}

impl From<Expiry> for ExpirySpec {
    fn from(expiry: Expiry) -> Self {
        expiry.at().map_or(ExpirySpec::Never, ExpirySpec::At)
    }
}

/// The form that [`ExpirySpec::parse`] reads.
impl fmt::Display for ExpirySpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExpirySpec::Never => f.write_str("never"),
            ExpirySpec::EndOf(day) => f.write_str(&DateFormat::Iso.day(*day)),
            ExpirySpec::In(span) => span.fmt(f),
            ExpirySpec::At(at) if *at == at.whole_second() => f.write_str(&at.rfc3339()),
            ExpirySpec::At(at) => f.write_str(&at.rfc3339_ms()),
        }
    }
}

impl ExpirySpec {
    /// Parses `never`, `2026-12-31`, `31-12-2026`, a span, or a UTC time such as `2026-12-31T09:00:00Z`.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        if text == "never" {
            return Ok(ExpirySpec::Never);
        }
        if let Some(at) = Timestamp::parse_rfc3339(text) {
            return Ok(ExpirySpec::At(at));
        }
        let refused = |why: &str| Err(Error::usage(format!("\"{}\" is not an expiry", excerpt(text, 32))).why(why));
        if let Some((year, month, day)) = parse_day_numbers(text) {
            return match Day::new(year, month, day) {
                Some(day) => Ok(ExpirySpec::EndOf(day)),
                None => refused("the calendar has no such day"),
            };
        }
        match Span::parse(text) {
            Ok(span) => Ok(ExpirySpec::In(span)),
            Err(_) if has_span_form(text) => refused("use a number from 1 to 99999"),
            Err(_) => refused("use a span (12h, 30d, 2w, 6mo, 1y), a day (2026-12-31 or 31-12-2026), or never"),
        }
    }

    /// Returns the expiry at `now` in `zone`. Ends of days and spans are at a whole second.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] if the expiry is past, quoting the machine's time and zone, or if it is beyond
    /// the year 9999.
    pub fn resolve(self, now: Timestamp, zone: &dyn Zone) -> Result<Expiry> {
        let end = match self {
            ExpirySpec::Never => return Ok(Expiry::Never),
            ExpirySpec::EndOf(day) => time::end_of_day(day, zone).map(Timestamp::whole_second),
            ExpirySpec::In(span) => span.after(now, zone).map(Timestamp::whole_second),
            ExpirySpec::At(at) => Some(at),
        };
        let end = end.ok_or_else(|| {
            Error::usage("the expiry is too far away")
                .why("the last possible day is 9999-12-30")
                .next("For a token without expiry, use: never")
        })?;
        let expiry = Expiry::At(end);
        if expiry.is_past(now) {
            return Err(Error::usage("the expiry is in the past")
                .why(format!("it is now {}", DateFormat::Iso.in_zone(zone).second(now)))
                .next("Choose a later day, a span such as 30d, or never"));
        }
        Ok(expiry)
    }
}

/// Returns `true` for digits and a unit, such as `0d`.
fn has_span_form(text: &str) -> bool {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    unit.len() < text.len() && matches!(unit, "h" | "d" | "w" | "mo" | "y")
}

/// Returns year, month and day of exactly `2026-12-31` or `31-12-2026`, which the calendar may lack.
fn parse_day_numbers(text: &str) -> Option<(i32, u32, u32)> {
    let parts: Vec<&str> = text.split('-').collect();
    let [a, b, c] = parts.as_slice() else { return None };
    let number = |s: &str, width: usize| {
        (s.len() == width && s.bytes().all(|b| b.is_ascii_digit())).then(|| s.parse::<u32>().ok())?
    };
    let (year, month, day) = match (a.len(), c.len()) {
        (2, 4) => (number(c, 4)?, number(b, 2)?, number(a, 2)?),
        (4, 2) => (number(a, 4)?, number(b, 2)?, number(c, 2)?),
        _ => return None,
    };
    Some((i32::try_from(year).ok()?, month, day))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::utc_zone;

    const NOW: Timestamp = Timestamp(1_795_000_000_123);

    fn resolved(text: &str) -> Result<String> {
        let zone = utc_zone();
        let expiry = ExpirySpec::parse(text)?.resolve(NOW, &zone)?;
        Ok(expiry.at().map_or("never".into(), Timestamp::rfc3339))
    }

    #[test]
    fn expiry_forms_are_parsed() {
        assert_eq!(NOW.rfc3339(), "2026-11-18T11:06:40Z");
        assert_eq!(resolved("never").unwrap(), "never");
        assert_eq!(resolved("31-12-2026").unwrap(), "2027-01-01T00:00:00Z");
        assert_eq!(resolved("2026-12-31").unwrap(), "2027-01-01T00:00:00Z");
        assert_eq!(resolved("18-11-2026").unwrap(), "2026-11-19T00:00:00Z", "today still has an end");
        assert_eq!(resolved("12h").unwrap(), "2026-11-18T23:06:40Z");
        assert_eq!(resolved("30d").unwrap(), "2026-12-18T11:06:40Z");
        assert_eq!(resolved("2w").unwrap(), "2026-12-02T11:06:40Z");
        assert_eq!(resolved("30-12-9999").unwrap(), "9999-12-31T00:00:00Z");
        assert_eq!(resolved("6mo").unwrap(), "2027-05-18T11:06:40Z");
        assert_eq!(resolved("1y").unwrap(), "2027-11-18T11:06:40Z");
        assert_eq!(resolved("2026-12-31T09:00:00Z").unwrap(), "2026-12-31T09:00:00Z");
    }

    #[test]
    fn bad_expiry_is_refused() {
        for bad in [
            "",
            "0d",
            "-1d",
            "30",
            "d",
            "1W",
            "w",
            "99999999999w",
            "31-12-9999",
            "9999-12-31",
            "99999mo",
            "31-13-2026",
            "29-02-2027",
            "1-1-2027",
            "99999y",
            "9999999999d",
            "2026-12-31T00:00",
            "2026-12-31T00:00:00+01:00",
            "30d\u{1b}[2J",
        ] {
            let refused = resolved(bad).unwrap_err();
            assert_eq!(refused.kind, crate::error::Kind::Usage, "{bad}");
            assert!(!refused.to_string().contains('\u{1b}'));
        }
        assert!(resolved("2026-11-18T11:06:40.123Z").is_err(), "this instant is past");
        let past = resolved("17-11-2026").unwrap_err().to_string();
        assert!(past.contains("2026-11-18 11:06:40 +00:00"), "{past}");
    }

    #[test]
    fn expired_at_the_very_instant_and_shown_as_its_last_day() {
        let zone = utc_zone();
        let expiry = ExpirySpec::parse("31-12-2026").unwrap().resolve(NOW, &zone).unwrap();
        let at = expiry.at().unwrap();
        assert!(!expiry.is_past(at.plus(-1)));
        assert!(expiry.is_past(at));
        assert_eq!(DateFormat::Iso.in_zone(&zone).last_day(expiry), "2026-12-31");
    }
}
