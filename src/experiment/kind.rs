//! The kinds of metrics.

/// The kind of a metric: how its values are summed up and compared.
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
    /// Values are 0 or 1, and a unit's first 1 counts; zeros need not be recorded. The test is
    /// exact, by the arm of each first event, also if the control has none. Stored as
    /// `first_events`.
    #[cfg_attr(feature = "serde", serde(rename = "first_events"))]
    Rate,
    /// Successes among trials, where both are recorded and the rate is above about 10 %.
    ///
    /// Values are 0 or 1, any number for each unit. Choose it beforehand, never from the data.
    /// Compared between groups of units. A stored `rate` of the first edition is read as this kind.
    #[cfg_attr(feature = "serde", serde(alias = "rate"))]
    CommonRate,
    /// A mean of values, any number for each unit.
    Mean,
    /// A ratio of sums; every record has a numerator and a denominator of at least 0.
    ///
    /// A rate of events, such as errors per request, is such a ratio with units as clusters.
    Ratio,
    /// A quantile of non-negative values, such as a latency, over units.
    ///
    /// One value of each unit counts, because values of one unit depend on each other. If there are
    /// several, one is kept, chosen by a hash of unit and value. So it is the quantile over units,
    /// each with one random request; [`RequestQuantile`](Kind::RequestQuantile) is the quantile
    /// over all requests, in which heavy users count more.
    ///
    /// The intervals are those of ranks, by a confidence sequence for a rate: Howard and Ramdas
    /// (2022), <https://doi.org/10.3150/21-BEJ1388>.
    Quantile {
        /// The order, strictly between 0 and 1.
        #[cfg_attr(feature = "serde", serde(with = "super::exact"))]
        order: f64,
    },
    /// Events per exposed unit; every recorded value adds so many events.
    Count,
    /// Use of a resource, such as memory or queue depth, as the application reads it.
    ///
    /// Successive values depend on each other, so it is shown but never tested.
    Gauge,
    // The last one: binary formats store a kind by its place.
    /// A quantile of non-negative values over all requests, such as a p95 latency; units are its
    /// clusters.
    ///
    /// Every value counts, in buckets 0.8 % wide, so the value shown is wrong by at most 0.4 %. A
    /// unit takes about 60 bytes for each bucket that it uses, and at most 128 buckets for each
    /// power of two, however many requests it makes.
    ///
    /// The share of requests up to a value is a ratio with units as clusters, which varies between
    /// groups of units. An arm's interval has all values whose share does not differ significantly
    /// from the order: Woodruff (1952), <https://doi.org/10.1080/01621459.1952.10483443>; on
    /// clusters Deng, Knoblich and Lu (2018), <https://doi.org/10.1145/3219819.3219919>. At any
    /// time both arms' intervals hold together, at half the error rate each; at a planned look
    /// their half-widths are added as squares: Zou and Donner (2008),
    /// <https://doi.org/10.1002/sim.3095>.
    ///
    /// It needs 20 groups, and about 355 requests beyond the quantile in each arm, more if they
    /// come from few units: 7,100 requests for a p95, 35,500 for a p99.
    RequestQuantile {
        /// The order, strictly between 0 and 1.
        #[cfg_attr(feature = "serde", serde(with = "super::exact"))]
        order: f64,
    },
}
