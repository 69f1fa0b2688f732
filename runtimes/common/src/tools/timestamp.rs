//! Dates and times in UTC, by the letters of strftime.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A moment, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Timestamp {
    since_epoch: Duration,
    year: i64,
    month: usize,
    day: u64,
    day_of_year: u64,
    weekday: usize,
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

impl Timestamp {
    /// The moment that the wall clock shows; 1970 if it shows an earlier one.
    pub(super) fn at(time: SystemTime) -> Self {
        let since_epoch = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut day = since_epoch.as_secs() / 86_400;
        let weekday = usize::try_from((day + 4) % 7).unwrap_or(0);
        let mut year = 1970;
        while day >= days_of_year(year) {
            day -= days_of_year(year);
            year += 1;
        }
        let day_of_year = day;
        let mut month = 0;
        while day >= days_of_month(year, month) {
            day -= days_of_month(year, month);
            month += 1;
        }
        Self { since_epoch, year, month, day: day + 1, day_of_year: day_of_year + 1, weekday }
    }

    /// Seconds since 1970, with nanoseconds.
    pub(super) fn unix(&self) -> String {
        format!("{}.{:09}", self.since_epoch.as_secs(), self.since_epoch.subsec_nanos())
    }

    /// As `2016-08-10T09:47:38+0000`.
    pub(super) fn iso_8601(&self) -> String {
        self.letters("FTz", &["", "T", ""])
    }

    /// As `2016-08-10T09:47:38.123456+0000`.
    pub(super) fn iso_8601_microseconds(&self) -> String {
        let seconds = self.letters("FT", &["", "T"]);
        format!("{seconds}.{:06}+0000", self.since_epoch.subsec_micros())
    }

    fn letters(&self, letters: &str, before: &[&str]) -> String {
        let parts = letters.chars().zip(before);
        parts.map(|(letter, before)| format!("{before}{}", self.letter(letter).unwrap_or_default())).collect()
    }

    /// What strftime makes of `%` and this letter in the C locale; `None` for letters it does not know here.
    pub(super) fn letter(&self, letter: char) -> Option<String> {
        let seconds = self.since_epoch.as_secs();
        let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
        let hour_of_12 = (hour + 11) % 12 + 1;
        let (month, weekday) = (MONTHS.get(self.month)?, WEEKDAYS.get(self.weekday)?);
        let half = if hour < 12 { "AM" } else { "PM" };
        let again = |letters: &str, before: &[&str]| self.letters(letters, before);
        Some(match letter {
            'a' => weekday.get(..3)?.into(),
            'A' => (*weekday).into(),
            'b' | 'h' => month.get(..3)?.into(),
            'B' => (*month).into(),
            'c' => again("abeTY", &["", " ", " ", " ", " "]),
            'C' => format!("{:02}", self.year / 100),
            'd' => format!("{:02}", self.day),
            'D' | 'x' => again("mdy", &["", "/", "/"]),
            'e' => format!("{:2}", self.day),
            'F' => again("Ymd", &["", "-", "-"]),
            'H' => format!("{hour:02}"),
            'I' => format!("{hour_of_12:02}"),
            'j' => format!("{:03}", self.day_of_year),
            'k' => format!("{hour:2}"),
            'l' => format!("{hour_of_12:2}"),
            'm' => format!("{:02}", self.month + 1),
            'M' => format!("{minute:02}"),
            'n' => "\n".into(),
            'N' => format!("{:09}", self.since_epoch.subsec_nanos()),
            'p' => half.into(),
            'P' => half.to_lowercase(),
            'r' => again("IMSp", &["", ":", ":", " "]),
            'R' => again("HM", &["", ":"]),
            's' => seconds.to_string(),
            'S' => format!("{second:02}"),
            't' => "\t".into(),
            'T' | 'X' => again("HMS", &["", ":", ":"]),
            'u' => (if self.weekday == 0 { 7 } else { self.weekday }).to_string(),
            'w' => self.weekday.to_string(),
            'y' => format!("{:02}", self.year % 100),
            'Y' => self.year.to_string(),
            'z' => "+0000".into(),
            'Z' => "UTC".into(),
            _ => return None,
        })
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_of_year(year: i64) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}

fn days_of_month(year: i64, month: usize) -> u64 {
    match month {
        1 if is_leap(year) => 29,
        1 => 28,
        3 | 5 | 8 | 10 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters(seconds: u64, nanoseconds: u32, letters: &str) -> String {
        let moment = Timestamp::at(UNIX_EPOCH + Duration::new(seconds, nanoseconds));
        letters.chars().map(|letter| moment.letter(letter).unwrap() + "|").collect()
    }

    #[test]
    fn as_date_says() {
        // Each one from `date -u -d @SECONDS +…` of GNU.
        let all = "aAbBcCdDeFHIjklmMNpPrRsSTuwyYzZ";
        assert_eq!(
            letters(1_470_818_943, 786_368_637, all),
            "Wed|Wednesday|Aug|August|Wed Aug 10 08:49:03 2016|20|10|08/10/16|10|2016-08-10|08|08|223| 8| 8|08|49|\
             786368637|AM|am|08:49:03 AM|08:49|1470818943|03|08:49:03|3|3|16|2016|+0000|UTC|"
        );
        for (seconds, expected) in [
            (0, "1970-01-01|00|12|001|4|AM|"),
            (951_782_400, "2000-02-29|00|12|060|2|AM|"),
            (951_868_799, "2000-02-29|23|11|060|2|PM|"),
            (951_868_800, "2000-03-01|00|12|061|3|AM|"),
            (1_735_689_599, "2024-12-31|23|11|366|2|PM|"),
            (4_107_542_400, "2100-03-01|00|12|060|1|AM|"),
        ] {
            assert_eq!(letters(seconds, 0, "FHIjwp"), expected);
        }
        assert_eq!(Timestamp::at(UNIX_EPOCH).letter('Q'), None);
    }

    #[test]
    fn whole_forms() {
        let moment = Timestamp::at(UNIX_EPOCH + Duration::new(1_470_818_943, 1_002_003));
        assert_eq!(moment.unix(), "1470818943.001002003");
        assert_eq!(moment.iso_8601(), "2016-08-10T08:49:03+0000");
        assert_eq!(moment.iso_8601_microseconds(), "2016-08-10T08:49:03.001002+0000");
    }
}
