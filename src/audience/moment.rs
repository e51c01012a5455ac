//! Dates and times that an attribute is compared with.

use super::AudienceError;

/// On which side of the moment the attribute must lie.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Side {
    After,
    Before,
    NotBefore,
    NotAfter,
}

/// A condition on a date, or on a point in time.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Moment {
    pub(super) side: Side,
    text: Box<str>,
    #[cfg(feature = "jiff")]
    point: Option<judged::Point>,
}

impl Side {
    pub(super) fn operator(self) -> &'static str {
        match self {
            Side::After => "after",
            Side::Before => "before",
            Side::NotBefore => "not_before",
            Side::NotAfter => "not_after",
        }
    }

    #[cfg(feature = "serde")]
    pub(super) fn named(operator: &str) -> Option<Side> {
        let sides = [Side::After, Side::Before, Side::NotBefore, Side::NotAfter];
        sides.into_iter().find(|side| side.operator() == operator)
    }
}

impl Moment {
    pub(super) fn new(side: Side, text: Box<str>) -> Moment {
        Moment {
            side,
            #[cfg(feature = "jiff")]
            point: judged::read(&text),
            text,
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    #[cfg(feature = "jiff")]
    pub(super) fn check(&self, attribute: &str) -> Result<(), AudienceError> {
        if self.point.is_some() {
            return Ok(());
        }
        Err(AudienceError::Malformed {
            attribute: attribute.to_owned(),
            operator: self.side.operator(),
            found: self.text.to_string(),
            reason: "a time needs its offset, as in 2026-11-29T08:00:00Z or \
                     2026-11-29T09:00:00+01:00; a date is 2026-11-29"
                .into(),
        })
    }

    #[cfg(not(feature = "jiff"))]
    pub(super) fn check(&self, _: &str) -> Result<(), AudienceError> {
        Ok(())
    }
}

#[cfg(feature = "jiff")]
mod judged {
    use jiff::{Timestamp, civil::Date};

    use super::{Moment, Side};
    use crate::attributes::Value;

    /// A date without a time is another type than a point in time.
    #[derive(Clone, Copy, Debug, Eq, PartialEq)]
    pub(in super::super) enum Point {
        Day(Date),
        Instant(Timestamp),
    }

    /// Reads a date, or a time of RFC 3339.
    pub(super) fn read(text: &str) -> Option<Point> {
        let bytes = text.as_bytes();
        let like = |bytes: &[u8], pattern: &[u8]| {
            bytes.len() == pattern.len()
                && bytes
                    .iter()
                    .zip(pattern)
                    .all(|(sign, wanted)| match wanted {
                        b'0' => sign.is_ascii_digit(),
                        b'T' => matches!(sign, b'T' | b't' | b' '),
                        b'+' => matches!(sign, b'+' | b'-'),
                        _ => sign == wanted,
                    })
        };
        if like(bytes, b"0000-00-00") {
            return text.parse().ok().map(Point::Day);
        }
        let (time, rest) = bytes.split_at_checked(19)?;
        let fraction = match rest.split_first() {
            Some((b'.', digits)) => {
                digits
                    .iter()
                    .take_while(|sign| sign.is_ascii_digit())
                    .count()
                    + 1
            }
            _ => 0,
        };
        let offset = rest.get(fraction..)?;
        let is_offset = matches!(offset, b"Z" | b"z") || like(offset, b"+00:00");
        if !like(time, b"0000-00-00T00:00:00") || fraction == 1 || fraction > 10 || !is_offset {
            return None;
        }
        text.parse().ok().map(Point::Instant)
    }

    impl Moment {
        pub(in super::super) fn matches(&self, value: &Value<'_>) -> bool {
            let (Some(bound), Value::Text(text)) = (self.point, value) else {
                return false;
            };
            let order = match (read(text), bound) {
                (Some(Point::Day(day)), Point::Day(bound)) => day.cmp(&bound),
                (Some(Point::Instant(instant)), Point::Instant(bound)) => instant.cmp(&bound),
                _ => return false,
            };
            match self.side {
                Side::After => order.is_gt(),
                Side::Before => order.is_lt(),
                Side::NotBefore => order.is_ge(),
                Side::NotAfter => order.is_le(),
            }
        }

        #[cfg(feature = "testing")]
        pub(in super::super) fn point(&self) -> Option<Point> {
            self.point
        }
    }
}

#[cfg(all(feature = "jiff", feature = "testing"))]
pub(super) use judged::Point;
