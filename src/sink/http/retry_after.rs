//! The header `Retry-After`: how long a server wants to be left alone.

use std::time::Duration;

use chrono::{DateTime, Utc};

/// Reads a number of seconds or a date (RFC 9110, 10.2.3); nothing if it is neither.
pub(super) fn parse(text: &str, now: DateTime<Utc>) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTime::parse_from_rfc2822(text).ok()?;
    // A date that is over asks for no wait.
    Some((date.to_utc() - now).to_std().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_read() {
        let now = "2015-10-21T07:28:00Z".parse().unwrap();
        let wait = |text| parse(text, now).map(|wait| wait.as_secs());
        assert_eq!(wait("0"), Some(0));
        assert_eq!(wait(" 120 "), Some(120));
        assert_eq!(wait("Wed, 21 Oct 2015 07:28:30 GMT"), Some(30));
        assert_eq!(wait("Wed, 21 Oct 2015 07:27:00 GMT"), Some(0));
        assert_eq!(wait("soon"), None);
        assert_eq!(wait("-1"), None);
    }
}
