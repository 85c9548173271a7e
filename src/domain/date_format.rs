//! Dates as people read them: the order of their parts, in a time zone.

use super::expiry::Expiry;
use super::time::{DAY, Day, Timestamp, Zone, day_of, utc_zone};
use super::untrusted_text::excerpt;
use super::word_enum::word_enum;
use crate::error::{Error, Result};

word_enum! {
    /// The order of the parts of a date. A setting of the reader, never of stored data.
    #[derive(Default)]
    pub enum DateFormat {
        /// `2026-12-31`, after ISO 8601.
        #[default]
        Iso = "iso",
        /// `31-12-2026`.
        Dmy = "dmy",
    }
}

impl DateFormat {
    pub fn parse(text: &str) -> Result<Self> {
        DateFormat::from_word(text).ok_or_else(|| {
            Error::usage(format!("\"{}\" is not a date format", excerpt(text, 32)))
                .why("use iso (2026-12-31) or dmy (31-12-2026)")
        })
    }

    /// Formats a day, always in 10 columns.
    pub fn day(self, day: Day) -> String {
        day.format(match self {
            DateFormat::Iso => "%Y-%m-%d",
            DateFormat::Dmy => "%d-%m-%Y",
        })
    }

    /// Formats a day number of [`super::time::utc_day_number`].
    pub fn utc_day(self, number: i64) -> String {
        self.in_zone(&utc_zone()).day(Timestamp(number.saturating_mul(DAY)))
    }

    pub fn in_zone(self, zone: &dyn Zone) -> Dates<'_> {
        Dates { format: self, zone }
    }
}

/// Formats instants for people, in a time zone. An instant that has no local time is shown as RFC 3339.
#[derive(Clone, Copy)]
pub struct Dates<'a> {
    pub format: DateFormat,
    pub zone: &'a dyn Zone,
}

impl Dates<'_> {
    /// Formats the day of `at`: `2026-11-21`.
    pub fn day(self, at: Timestamp) -> String {
        day_of(at, self.zone).map_or_else(|| at.rfc3339(), |day| self.format.day(day))
    }

    /// Formats the last day before `expiry`: `2026-12-31`; `never` if there is none.
    pub fn last_day(self, expiry: Expiry) -> String {
        match expiry {
            Expiry::Never => "never".to_owned(),
            Expiry::At(at) => day_of(at.plus(-1), self.zone).map_or_else(|| at.rfc3339(), |day| self.format.day(day)),
        }
    }

    /// Formats the local time to the second: `2026-11-21 10:30:00 +01:00`.
    pub fn second(self, at: Timestamp) -> String {
        match (self.zone.wall(at), self.format) {
            (Some((wall, offset)), DateFormat::Iso) => format!("{} {offset}", wall.format("%Y-%m-%d %H:%M:%S")),
            (Some((wall, offset)), DateFormat::Dmy) => format!("{} ({offset})", wall.format("%d-%m-%Y %H:%M:%S")),
            (None, _) => at.rfc3339(),
        }
    }

    /// Formats the local time to the minute, for tables: `2026-11-21 10:30`.
    pub fn minute(self, at: Timestamp) -> String {
        match (self.zone.wall(at), self.format) {
            (Some((wall, _)), DateFormat::Iso) => wall.format("%Y-%m-%d %H:%M").to_string(),
            (Some((wall, _)), DateFormat::Dmy) => wall.format("%d-%m-%Y %H:%M").to_string(),
            (None, _) => at.rfc3339(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::Europe::Berlin;

    /// 2026-11-21T09:30:59Z
    const WINTER: Timestamp = Timestamp(1_795_253_459_000);

    #[test]
    fn every_format_is_parsed_back_and_iso_is_the_default() {
        for format in DateFormat::ALL {
            assert_eq!(DateFormat::parse(format.as_str()).unwrap(), format);
        }
        assert_eq!(DateFormat::default(), DateFormat::Iso);
        for bad in ["", "ISO", "mdy", "dmy "] {
            assert_eq!(DateFormat::parse(bad).unwrap_err().kind, crate::error::Kind::Usage, "{bad}");
        }
    }

    #[test]
    fn dates_are_ordered_by_the_format() {
        let shown = |format: DateFormat| {
            let dates = format.in_zone(&Berlin);
            [dates.day(WINTER), dates.minute(WINTER), dates.second(WINTER), dates.last_day(Expiry::At(WINTER))]
        };
        let iso = ["2026-11-21", "2026-11-21 10:30", "2026-11-21 10:30:59 +01:00", "2026-11-21"];
        assert_eq!(shown(DateFormat::Iso), iso);
        let dmy = ["21-11-2026", "21-11-2026 10:30", "21-11-2026 10:30:59 (+01:00)", "21-11-2026"];
        assert_eq!(shown(DateFormat::Dmy), dmy);
    }

    #[test]
    fn instant_without_local_time_is_rfc3339_in_every_format() {
        for format in DateFormat::ALL {
            let dates = format.in_zone(&Berlin);
            for text in [Dates::day, Dates::minute, Dates::second].map(|of| of(dates, Timestamp(i64::MAX))) {
                assert_eq!(text, "9999-12-31T23:59:59Z", "no calendar reaches that far");
            }
        }
    }

    #[test]
    fn expiry_is_shown_as_the_last_day_that_it_allows() {
        let midnight = Timestamp(1_795_215_600_000 + 86_400_000);
        for (format, day) in [(DateFormat::Iso, "2026-11-21"), (DateFormat::Dmy, "21-11-2026")] {
            assert_eq!(format.in_zone(&Berlin).last_day(Expiry::At(midnight)), day);
            assert_eq!(format.in_zone(&Berlin).last_day(Expiry::Never), "never");
        }
    }
}
