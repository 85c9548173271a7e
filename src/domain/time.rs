//! Instants, zones and calendar arithmetic. The only module that uses `chrono`.

use std::fmt;

use chrono::{
    DateTime, Datelike, LocalResult, Months, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Utc,
};

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

/// Milliseconds in a second.
pub const SECOND: i64 = 1_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 3_600 * SECOND;
/// Milliseconds in a day of 24 hours.
pub const DAY: i64 = 24 * HOUR;

impl Timestamp {
    /// The first instant that RFC 3339 can represent: its years have four digits.
    pub const FIRST: Timestamp = Timestamp(-62_167_219_200_000);
    pub const LAST: Timestamp = Timestamp(253_402_300_799_999);

    /// Formats as RFC 3339 in UTC at whole seconds, e.g. `2026-11-21T09:30:00Z`. A store of an earlier version may
    /// hold an instant outside the range. Such an instant is written as the first or last possible one.
    pub fn rfc3339(self) -> String {
        self.in_format("%Y-%m-%dT%H:%M:%SZ")
    }

    /// Like [`Timestamp::rfc3339`], with the milliseconds if there are any.
    pub fn rfc3339_ms(self) -> String {
        self.in_format("%Y-%m-%dT%H:%M:%S%.fZ")
    }

    /// Formats as RFC 2822 in UTC, as in mails: `Sat, 21 Nov 2026 09:30:00 +0000`.
    pub fn rfc2822(self) -> String {
        self.in_format("%a, %d %b %Y %H:%M:%S +0000")
    }

    fn in_format(self, pattern: &str) -> String {
        let at = self.clamp(Self::FIRST, Self::LAST).utc();
        at.map_or_else(|| format!("{} ms", self.0), |at| at.format(pattern).to_string())
    }

    /// Parses a UTC time, with a fraction of a second or without.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let at = DateTime::parse_from_rfc3339(text).ok().filter(|_| text.ends_with('Z'))?;
        Timestamp(at.timestamp_millis()).writable()
    }

    /// Parses the time of an HTTP header, e.g. `Sun, 29 Nov 2026 10:00:00 GMT`.
    pub fn parse_http_date(text: &str) -> Option<Self> {
        DateTime::parse_from_rfc2822(text).ok().map(|at| Timestamp(at.timestamp_millis()))
    }

    /// Rounds down to a whole second.
    pub fn whole_second(self) -> Self {
        Timestamp(self.0.div_euclid(SECOND) * SECOND)
    }

    /// Returns the instant if RFC 3339 can represent it.
    pub fn writable(self) -> Option<Self> {
        (Self::FIRST..=Self::LAST).contains(&self).then_some(self)
    }

    /// Returns the instant `ms` milliseconds later (earlier if negative), limited to the range of `i64`.
    pub fn plus(self, ms: i64) -> Self {
        Timestamp(self.0.saturating_add(ms))
    }

    fn utc(self) -> Option<DateTime<Utc>> {
        Utc.timestamp_millis_opt(self.0).single()
    }
}

/// [`Timestamp::rfc3339`].
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(NaiveDate);

impl Day {
    /// Creates a day; `None` if there is no such day or its year is not 1970 to 9999.
    pub fn new(year: i32, month: u32, day: u32) -> Option<Self> {
        NaiveDate::from_ymd_opt(year, month, day).filter(|d| (1970..=9999).contains(&d.year())).map(Day)
    }

    /// Formats by a pattern of `chrono`. For people: [`super::dates::DateFormat::day`].
    pub(super) fn format(self, pattern: &str) -> String {
        self.0.format(pattern).to_string()
    }
}

/// A time zone, reduced to the functions that jeton needs. Implemented for every zone of `chrono`.
pub trait Zone: Send + Sync {
    /// Returns the local time at `at`, and its offset as text, e.g. `+01:00`.
    fn wall(&self, at: Timestamp) -> Option<(NaiveDateTime, String)>;
    /// Returns the earliest instant at which the local time is `wall`. In a gap, returns the first instant after the
    /// gap.
    fn instant(&self, wall: NaiveDateTime) -> Option<Timestamp>;
}

impl<Tz: TimeZone + Send + Sync> Zone for Tz {
    fn wall(&self, at: Timestamp) -> Option<(NaiveDateTime, String)> {
        let utc = at.utc()?.naive_utc();
        let offset = self.offset_from_utc_datetime(&utc).fix();
        Some((utc.checked_add_offset(offset)?, offset.to_string()))
    }

    fn instant(&self, wall: NaiveDateTime) -> Option<Timestamp> {
        // The longest gap of any zone so far is a day (Samoa skipped 2011-12-30).
        let mut candidate = wall;
        for _ in 0..=(25 * 4) {
            match self.from_local_datetime(&candidate) {
                LocalResult::Single(at) => return Some(Timestamp(at.timestamp_millis())),
                // At the very end of a repeated hour `chrono` gives both, though the clock shows that time only once.
                LocalResult::Ambiguous(first, second) => {
                    let shows = |at: &DateTime<Tz>| at.naive_local() == candidate;
                    let at = if shows(&first) { first } else { second };
                    return Some(Timestamp(at.timestamp_millis()));
                }
                LocalResult::None => candidate = candidate.checked_add_signed(TimeDelta::minutes(15))?,
            }
        }
        None
    }
}

pub fn local_zone() -> impl Zone {
    chrono::Local
}

pub fn utc_zone() -> impl Zone {
    Utc
}

/// Returns the instant at which `day` ends in `zone`: from then on, the local calendar shows only later days. `None`
/// if RFC 3339 can't represent that instant.
///
/// Only uses the local time of an instant, which is always unambiguous. Midnight itself may be missing that night, or
/// occur twice.
pub fn end_of_day(day: Day, zone: &dyn Zone) -> Option<Timestamp> {
    // No local time is further from UTC than this, or was moved by more.
    const MAX_OFFSET: i64 = 2 * DAY;
    let midnight = Timestamp(day.0.succ_opt()?.and_time(NaiveTime::MIN).and_utc().timestamp_millis());
    let offset = |at: Timestamp| Some(zone.wall(at)?.0.and_utc().timestamp_millis() - at.0);
    let is_over = |at: Timestamp| Some(zone.wall(at)?.0.date() > day.0);
    let ends_at = |at: &Timestamp| is_over(*at) == Some(true) && is_over(at.plus(-1)) == Some(false);
    let by_offset = |near: Timestamp| Some(midnight.plus(-offset(near)?));
    let candidates = [by_offset(midnight.plus(-MAX_OFFSET))?, by_offset(midnight.plus(MAX_OFFSET))?];
    if let Some(end) = candidates.into_iter().filter(ends_at).max() {
        return end.writable();
    }
    // The clock was moved over midnight: the day ends at that moment.
    let (mut before, mut after) = (midnight.plus(-MAX_OFFSET), midnight.plus(MAX_OFFSET));
    while after.0 - before.0 > 1 {
        let middle = before.plus((after.0 - before.0) / 2);
        if is_over(middle)? { after = middle } else { before = middle }
    }
    after.writable()
}

/// Returns `at` moved by calendar months in `zone`, on or back, at the same local time. In a shorter month, it's the last
/// day.
pub fn shift_months(at: Timestamp, months: u32, forward: bool, zone: &dyn Zone) -> Option<Timestamp> {
    let (wall, _) = zone.wall(at)?;
    let months = Months::new(months);
    let moved = if forward { wall.checked_add_months(months) } else { wall.checked_sub_months(months) };
    zone.instant(moved?)?.writable()
}

pub fn day_of(at: Timestamp, zone: &dyn Zone) -> Option<Day> {
    zone.wall(at).map(|(wall, _)| Day(wall.date()))
}

/// Returns the day number of `at` in UTC, counted from 1970-01-01. It is the key of daily counts.
pub fn utc_day_number(at: Timestamp) -> i64 {
    at.0.div_euclid(DAY)
}

/// Formats a day number as `2026-11-21`, for JSON.
pub fn utc_day(number: i64) -> String {
    let at = Timestamp(number.saturating_mul(DAY));
    at.utc().map_or_else(|| format!("day {number}"), |at| at.format("%Y-%m-%d").to_string())
}

/// Parses the output of [`utc_day`].
pub(super) fn parse_utc_day(text: &str) -> Option<i64> {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    Some(utc_day_number(Timestamp(day.and_time(NaiveTime::MIN).and_utc().timestamp_millis())))
}

/// Tolerated difference between two clocks, or two readings of one, in milliseconds.
pub const CLOCK_SKEW: i64 = MINUTE;

/// Formats a past instant relative to `now`. Clocks are read one after another, so an instant slightly ahead counts as
/// just now. An instant further ahead was written while a clock was wrong, and is marked: `in 3 h (clock?)`.
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    if at > now.plus(CLOCK_SKEW) {
        return format!("{} (clock?)", relative(at, now));
    }
    relative(at.min(now), now)
}

/// Formats `at` relative to `now`, rounded for people: `in 12 days`, `tomorrow`, `3 min ago`.
pub fn relative(at: Timestamp, now: Timestamp) -> String {
    let distance = at.0.saturating_sub(now.0);
    let ahead = distance > 0;
    let seconds = distance.unsigned_abs() / 1_000;
    // Past spans count whole elapsed units. Future spans are rounded, so that a 30 d expiry shows 30 days.
    let in_units = |unit: u64| (seconds + if ahead { unit / 2 } else { 0 }) / unit;
    // 61 days and 730.5 days are the first spans that make two whole months and years.
    let (count, unit) = match seconds {
        0..60 => return if ahead { "in < 1 min".to_owned() } else { "just now".to_owned() },
        60..3_600 => (in_units(60), "min"),
        3_600..86_400 => (in_units(3_600), "h"),
        86_400..129_600 => return if ahead { "tomorrow" } else { "yesterday" }.to_owned(),
        129_600..172_800 if !ahead => return "yesterday".to_owned(),
        129_600..5_270_400 => (in_units(86_400), "days"),
        5_270_400..63_115_200 => (in_units(2_629_800), "mo"),
        _ => (in_units(31_557_600), "years"),
    };
    if ahead { format!("in {count} {unit}") } else { format!("{count} {unit} ago") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::{America::Sao_Paulo, Europe::Berlin, Pacific::Apia};

    fn at(text: &str) -> Timestamp {
        Timestamp(DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis())
    }

    #[test]
    fn day_ends_where_the_zone_says() {
        let day = |y, m, d| Day::new(y, m, d).unwrap();
        let end = |d, z: &dyn Zone| end_of_day(d, z).unwrap().rfc3339();
        assert_eq!(end(day(2026, 12, 31), &Utc), "2027-01-01T00:00:00Z");
        assert_eq!(end(day(2026, 12, 31), &Berlin), "2026-12-31T23:00:00Z");
        assert_eq!(end(day(2026, 3, 29), &Berlin), "2026-03-29T22:00:00Z", "the day that summer time begins has 23 h");
        assert_eq!(end(day(2018, 11, 3), &Sao_Paulo), "2018-11-04T03:00:00Z", "midnight did not exist there");
        assert_eq!(end(day(2011, 12, 29), &Apia), "2011-12-30T10:00:00Z", "the whole 30th did not exist there");
        assert_eq!(end(day(9999, 12, 30), &Utc), "9999-12-31T00:00:00Z");
        assert_eq!(end_of_day(day(9999, 12, 31), &Utc), None, "it would be in the year 10000");
        assert_eq!(end(day(9999, 12, 31), &Berlin), "9999-12-31T23:00:00Z");
    }

    #[test]
    fn day_ends_once_where_midnight_is_missing_or_comes_twice() {
        use chrono_tz::{Africa::Cairo, America::Havana, America::Santiago, America::St_Johns, Asia::Beirut};
        type End<'a> = (&'a dyn Zone, (i32, u32, u32), &'a str);
        let ends: [End<'_>; 9] = [
            // Midnight is missing: the clock goes from 24:00 to 01:00.
            (&Havana, (2026, 3, 7), "2026-03-08T05:00:00Z"),
            (&Santiago, (2026, 9, 5), "2026-09-06T04:00:00Z"),
            (&Cairo, (2026, 4, 23), "2026-04-23T22:00:00Z"),
            (&Beirut, (2026, 3, 28), "2026-03-28T22:00:00Z"),
            // 00:00 to 01:00 occurs twice: the day before ends with the first.
            (&Havana, (2026, 10, 31), "2026-11-01T04:00:00Z"),
            // The last hour of the day occurs twice, up to 24:00: the day ends with the second.
            (&Santiago, (2026, 4, 4), "2026-04-05T04:00:00Z"),
            (&Cairo, (2026, 10, 29), "2026-10-29T22:00:00Z"),
            (&Beirut, (2026, 10, 24), "2026-10-24T22:00:00Z"),
            // At one minute past midnight the clock went back into the day: the day is over the second time.
            (&St_Johns, (2010, 11, 6), "2010-11-07T03:30:00Z"),
        ];
        for (zone, (y, m, d), expected) in ends {
            let day = Day::new(y, m, d).unwrap();
            let end = end_of_day(day, zone).unwrap();
            assert_eq!(end.rfc3339(), expected, "{day:?}");
            assert_eq!(day_of(end.plus(-1), zone), Some(day), "its last moment is shown as that day");
            assert!(day_of(end, zone).unwrap() > day);
        }
    }

    #[test]
    fn no_instant_is_written_that_rfc3339_cant_write() {
        assert_eq!(Timestamp::LAST.rfc3339(), "9999-12-31T23:59:59Z");
        assert_eq!(Timestamp::FIRST.rfc3339(), "0000-01-01T00:00:00Z");
        for at in [Timestamp(i64::MAX), Timestamp(i64::MIN), Timestamp::LAST.plus(1), Timestamp::FIRST.plus(-1)] {
            assert_eq!(at.rfc3339().len(), 20, "{}", at.rfc3339());
            assert_eq!(at.writable(), None);
        }
        assert_eq!(shift_months(Timestamp::LAST.plus(-30 * DAY), 12, true, &Utc), None);
    }

    #[test]
    fn past_time_that_is_ahead_is_marked() {
        let now = at("2026-11-21T12:00:00Z");
        let texts = [5 * SECOND, 3 * HOUR, -3 * HOUR].map(|ms| ago(now.plus(ms), now));
        insta::assert_snapshot!(texts.join("\n"), @"
        just now
        in 3 h (clock?)
        3 h ago
        ");
    }

    #[test]
    fn months_keep_the_wall_clock_and_the_month() {
        let plus = |t, n, z: &dyn Zone| shift_months(at(t), n, true, z).unwrap().rfc3339();
        assert_eq!(plus("2027-01-31T12:00:00Z", 1, &Utc), "2027-02-28T12:00:00Z");
        assert_eq!(plus("2028-02-29T12:00:00Z", 12, &Utc), "2029-02-28T12:00:00Z");
        assert_eq!(plus("2026-01-15T11:00:00Z", 6, &Berlin), "2026-07-15T10:00:00Z");
        assert_eq!(plus("2026-02-28T01:30:00Z", 1, &Berlin), "2026-03-28T01:30:00Z");
    }

    #[test]
    fn impossible_day_is_refused() {
        assert_eq!(Day::new(2026, 2, 29), None);
        assert_eq!(Day::new(10_000, 1, 1), None);
        assert!(Day::new(2028, 2, 29).is_some());
    }

    #[test]
    fn relative_times_are_worded() {
        let now = at("2026-11-21T12:00:00Z");
        let say = |ms| relative(now.plus(ms), now);
        let spans = [
            ("0", 0),
            ("-3 * 60 * SECOND", -3 * 60 * SECOND),
            ("12 * DAY", 12 * DAY),
            ("30 * DAY - 5 * SECOND", 30 * DAY - 5 * SECOND),
            ("-(30 * DAY - 5 * SECOND)", -(30 * DAY - 5 * SECOND)),
            ("47 * HOUR", 47 * HOUR),
            ("-47 * HOUR", -47 * HOUR),
            ("-60 * DAY", -60 * DAY),
            ("-61 * DAY", -61 * DAY),
            ("-731 * DAY", -731 * DAY),
            ("30 * HOUR", 30 * HOUR),
            ("-30 * HOUR", -30 * HOUR),
            ("365 * DAY", 365 * DAY),
        ];
        let texts = spans.map(|(span, ms)| format!("{span}: {}", say(ms)));
        insta::assert_snapshot!(texts.join("\n"), @"
        0: just now
        -3 * 60 * SECOND: 3 min ago
        12 * DAY: in 12 days
        30 * DAY - 5 * SECOND: in 30 days
        -(30 * DAY - 5 * SECOND): 29 days ago
        47 * HOUR: in 2 days
        -47 * HOUR: yesterday
        -60 * DAY: 60 days ago
        -61 * DAY: 2 mo ago
        -731 * DAY: 2 years ago
        30 * HOUR: tomorrow
        -30 * HOUR: yesterday
        365 * DAY: in 12 mo
        ");
        assert!(say(i64::MIN).contains("years"));
    }
}
