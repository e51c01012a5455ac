//! Durations as people write them: `10m`, `1h30m`.

use core::{fmt, time::Duration};

/// Writes a duration as text.
pub(super) fn text(span: Duration) -> impl fmt::Display {
    humantime::format_duration(span)
}

/// Writes a duration rounded to seconds, or to minutes where it is long: for people to read.
pub(super) fn about(span: Duration) -> impl fmt::Display {
    let seconds = span.as_secs();
    let rounded = match seconds {
        0..600 => seconds,
        _ => seconds.div_ceil(60) * 60,
    };
    humantime::format_duration(Duration::from_secs(rounded.max(1)))
}

#[cfg(feature = "serde")]
pub(super) use serial::{Span, deserialize, serialize};

#[cfg(feature = "serde")]
mod serial {
    use core::{fmt, time::Duration};

    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    /// A duration that is written as text.
    #[derive(Clone, Copy)]
    pub(in crate::rollout) struct Span(pub(in crate::rollout) Duration);

    impl Serialize for Span {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serialize(&self.0, serializer)
        }
    }

    impl<'de> Deserialize<'de> for Span {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Span, D::Error> {
            deserialize(deserializer).map(Span)
        }
    }

    pub(in crate::rollout) fn serialize<S: Serializer>(
        span: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&super::text(*span))
    }

    /// Reads text, or the form of the first edition: whole seconds and nanoseconds.
    pub(in crate::rollout) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        deserializer.deserialize_any(Visitor)
    }

    struct Visitor;

    impl<'de> de::Visitor<'de> for Visitor {
        type Value = Duration;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a duration as text, such as \"10m\" or \"1h30m\"")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Duration, E> {
            humantime::parse_duration(text)
                .map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
        }

        fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Duration, A::Error> {
            Duration::deserialize(de::value::MapAccessDeserializer::new(map))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remaining_time_is_told_in_whole_seconds_or_minutes() {
        for (millis, told) in [
            (1, "1s"),
            (59_400, "59s"),
            (599_000, "9m 59s"),
            (601_000, "11m"),
            (5_400_000, "1h 30m"),
        ] {
            assert_eq!(about(Duration::from_millis(millis)).to_string(), told);
        }
    }
}
