//! The time of the day and the day, as the shell gives them, and how they are shown.

use time::{Date, OffsetDateTime, UtcOffset};

/// What the clock on the wall shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// The day.
    pub date: Date,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
}

/// Midnight of the first day of 1970.
impl Default for Clock {
    fn default() -> Self {
        Self {
            date: OffsetDateTime::UNIX_EPOCH.date(),
            hour: 0,
            minute: 0,
        }
    }
}

impl Clock {
    /// So many milliseconds after 1970 began, where the user is; where that is not known, UTC.
    pub(crate) fn of(millis: u64) -> Self {
        let since = time::Duration::milliseconds(i64::try_from(millis).unwrap_or(i64::MAX));
        let at = OffsetDateTime::UNIX_EPOCH.checked_add(since);
        at.map_or_else(Self::default, Self::at)
    }

    /// The same of a moment.
    pub(crate) fn at(at: OffsetDateTime) -> Self {
        let here = at.to_offset(UtcOffset::local_offset_at(at).unwrap_or(UtcOffset::UTC));
        Self {
            date: here.date(),
            hour: here.hour(),
            minute: here.minute(),
        }
    }

    /// The day in short: `28 Nov`, with its year where that is another one than now.
    pub(crate) fn date(&self, now: Self) -> String {
        let (day, year) = (self.date.day(), self.date.year());
        let month: String = self.date.month().to_string().chars().take(3).collect();
        if year == now.date.year() {
            format!("{day} {month}")
        } else {
            format!("{day} {month} {year}")
        }
    }

    /// The day in words.
    pub(crate) fn day(&self) -> String {
        format!(
            "{}, {} {}",
            self.date.weekday(),
            self.date.day(),
            self.date.month()
        )
    }
}

/// `Sun 5 Dec`.
pub(crate) fn short_day(day: u32) -> String {
    /// The Julian day of 1970-01-01.
    const EPOCH: i32 = 2_440_588;
    let date = i32::try_from(day).ok().and_then(|day| EPOCH.checked_add(day));
    let Some(Ok(date)) = date.map(Date::from_julian_day) else {
        return "a far day".to_owned();
    };
    let (weekday, month) = (date.weekday().to_string(), date.month().to_string());
    format!("{:.3} {} {:.3}", weekday, date.day(), month)
}

/// How times are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) enum TimeFormat {
    /// `16:05`.
    #[default]
    Hours24,
    /// ` 4:05 pm`.
    Hours12,
    /// Not at all.
    None,
}

impl TimeFormat {
    /// A time, with a space behind it; nothing when times are not shown.
    pub(crate) fn show(self, clock: Clock) -> String {
        let Clock { hour, minute, .. } = clock;
        match self {
            Self::Hours24 => format!("{hour:02}:{minute:02} "),
            Self::Hours12 => {
                let half = if hour < 12 { "am" } else { "pm" };
                format!("{:2}:{minute:02} {half} ", (hour + 11) % 12 + 1)
            }
            Self::None => String::new(),
        }
    }

    /// The columns that a time takes.
    pub(crate) fn columns(self) -> usize {
        match self {
            Self::Hours24 => 6,
            Self::Hours12 => 9,
            Self::None => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: u8) -> Clock {
        Clock {
            hour,
            minute: 5,
            ..Clock::default()
        }
    }

    #[test]
    fn noon_and_midnight_are_twelve() {
        let shown = [0, 9, 12, 16].map(|hour| TimeFormat::Hours12.show(at(hour)));
        assert_eq!(shown, ["12:05 am ", " 9:05 am ", "12:05 pm ", " 4:05 pm "]);
    }

    #[test]
    fn every_time_is_as_wide_as_its_column() {
        for format in [TimeFormat::Hours24, TimeFormat::Hours12, TimeFormat::None] {
            for hour in 0..24 {
                assert_eq!(format.show(at(hour)).len(), format.columns());
            }
        }
    }
}
