//! The kinds of numbers.

/// What kind of number a metric is.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
#[non_exhaustive]
pub enum Kind {
    /// The share of exposed units that have had an event: failures, conversions, anything rare.
    ///
    /// Values are 0 or 1, and a unit's first 1 counts; zeros need not be recorded. Compared by the
    /// arm of each first event, exactly, also where the control has none. Stored as
    /// `first_events`.
    #[cfg_attr(feature = "serde", serde(rename = "first_events"))]
    Rate,
    /// Successes among trials, where both are recorded and the rate is above about 10 %.
    ///
    /// Values are 0 or 1, any number of each unit. Declared beforehand, never chosen from the
    /// data. Compared between groups of units. What was stored as `rate` once is read as this,
    /// which it meant.
    #[cfg_attr(feature = "serde", serde(alias = "rate"))]
    CommonRate,
    /// A mean of values, any number of each unit.
    Mean,
    /// A ratio of sums; every record has a numerator and a denominator of at least 0.
    ///
    /// A rate of events, such as errors per request, is such a ratio with units as clusters.
    Ratio,
    /// A quantile of non-negative values, such as a latency, over units.
    ///
    /// One value of each unit counts. Of several one is kept, drawn by a hash of unit and value:
    /// values of one unit hang together, units do not. So it is the quantile over units, each with
    /// one request drawn at random; [`RequestQuantile`](Kind::RequestQuantile) is that over all
    /// requests, in which heavy users count more.
    ///
    /// The intervals are those of ranks, by a confidence sequence for a rate: Howard and Ramdas
    /// (2022), <https://doi.org/10.3150/21-BEJ1388>.
    Quantile {
        /// The order, strictly between 0 and 1.
        #[cfg_attr(feature = "serde", serde(with = "super::exact"))]
        order: f64,
    },
    /// Events per exposed unit; every record adds that many.
    Count,
    /// Use of a resource, such as memory or queue depth, as the application reads it.
    ///
    /// Successive values depend on each other, so it is shown and never tested.
    Gauge,
    // The last one: binary formats store a kind by its place.
    /// A quantile of non-negative values over all requests, such as a p95 latency; units are its
    /// clusters.
    ///
    /// Every value counts, in buckets of 0.8 % of it: the value shown is off by 0.4 % at most. A
    /// unit takes some 60 bytes for each bucket that it has met, 128 buckets for every power of two
    /// at most, however many requests it makes.
    ///
    /// The share of requests up to a value is a ratio with units as clusters, which varies between
    /// groups of units. An arm's interval is that of the values whose share is not told from the
    /// order: Woodruff (1952), <https://doi.org/10.1080/01621459.1952.10483443>; on clusters Deng,
    /// Knoblich and Lu (2018), <https://doi.org/10.1145/3219819.3219919>. At any time both arms'
    /// intervals hold together, at half the error rate each; at a planned look they are joined by
    /// the squares of their halves: Zou and Donner (2008), <https://doi.org/10.1002/sim.3095>.
    ///
    /// Beside 20 groups it takes some 355 requests beyond the quantile in each arm, more where they
    /// are of few units: 7,100 requests for a p95, 35,500 for a p99.
    RequestQuantile {
        /// The order, strictly between 0 and 1.
        #[cfg_attr(feature = "serde", serde(with = "super::exact"))]
        order: f64,
    },
}
