//! The conditions that a release must keep.

use core::time::Duration;

use super::{Check, GuardSource};
use crate::{
    outcome::Ending,
    share::Share,
    stats::{Worse, guard::RateTest},
};

/// A condition that the candidate must keep, and what happens if it does not.
///
/// A breach is final, even if the number recovers. By default a breach rejects the candidate, and
/// missing data holds the roll-out.
///
/// | guard | what it compares | numbers from |
/// |---|---|---|
/// | [`failures`](Guard::failures), [`failed`](Guard::failed), [`refused`](Guard::refused), [`given_up`](Guard::given_up) | bad endings with the control's | outcomes |
/// | [`latency`](Guard::latency) | a quantile with the control's | outcomes |
/// | [`latency_limit`](Guard::latency_limit) | a quantile with a limit | outcomes |
/// | [`rate`](Guard::rate), [`value`](Guard::value) | bad events, numbers with the control's | the application |
/// | [`limit`](Guard::limit) | a number with a limit | the application |
///
/// ```
/// use switchstand::rollout::{Guard, OnBreach};
/// use switchstand::stats::Worse;
/// let memory = Guard::limit("memory", Worse::Higher, 0.8).projected().on_breach(OnBreach::Pause);
/// assert_eq!(memory.name(), "memory");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Guard {
    name: String,
    check: Check,
    #[cfg_attr(feature = "serde", serde(default))]
    on_breach: OnBreach,
    #[cfg_attr(feature = "serde", serde(default))]
    on_no_data: OnNoData,
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "GuardSource::is_reported")
    )]
    source: GuardSource,
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Readings::is_one")
    )]
    readings: Readings,
    /// Whether the limit also applies to the number expected at the next step's share.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "core::ops::Not::not")
    )]
    projected: bool,
    /// The least and the largest share of the steps to which it applies; `None`: all.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    shares: Option<[Share; 2]>,
}

/// How many of the last readings must be beyond a limit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(super) struct Readings {
    pub(super) bad: u8,
    pub(super) of: u8,
}

impl Readings {
    /// The maximum number of readings that a guard looks at.
    pub(super) const MOST: u8 = 16;
    const ONE: Readings = Readings { bad: 1, of: 1 };
    const THREE: Readings = Readings { bad: 3, of: 3 };

    #[cfg(feature = "serde")]
    pub(super) fn is_one(&self) -> bool {
        *self == Readings::ONE
    }
}

impl Default for Readings {
    fn default() -> Readings {
        Readings::ONE
    }
}

/// The action of a breached guard.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum OnBreach {
    /// It is only recorded. Missing data does not hold the release either.
    Observe,
    /// The release waits for an operator.
    Pause,
    /// The candidate is rejected.
    #[default]
    Reject,
}

/// The action of a guard without data. The release never advances.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum OnNoData {
    /// The release stays on its step.
    #[default]
    Hold,
    /// The release is paused until data come or an operator resumes.
    Pause {
        /// Time without data, since the phase began or the last sample that had some.
        #[cfg_attr(feature = "serde", serde(with = "super::span"))]
        after: Duration,
    },
    /// The candidate is rejected.
    Reject {
        /// Time without data, since the phase began or the last sample that had some.
        #[cfg_attr(feature = "serde", serde(with = "super::span"))]
        after: Duration,
    },
}

impl OnNoData {
    pub(super) const fn after(self) -> Option<Duration> {
        match self {
            OnNoData::Hold => None,
            OnNoData::Pause { after } | OnNoData::Reject { after } => Some(after),
        }
    }
}

impl Guard {
    /// The name of the guard that every schedule has: do the units of a step fit its share?
    pub const SAMPLE_RATIO: &'static str = "sample ratio";

    /// Returns a guard whose breach rejects the candidate, and whose missing data holds the
    /// release.
    ///
    /// The application reports its numbers, by [`Evidence`](super::Evidence) or in samples.
    #[must_use]
    pub fn new(name: &str, check: Check) -> Guard {
        Guard {
            name: name.to_owned(),
            check,
            on_breach: OnBreach::default(),
            on_no_data: OnNoData::default(),
            source: GuardSource::Reported,
            readings: Readings::ONE,
            projected: false,
            shares: None,
        }
    }

    /// Watches that the candidate's requests do not end badly more often than the control's.
    ///
    /// Failed, refused and given up count together: a version that refuses good requests, or
    /// lets them hang, is as harmful as one that fails. Its name is `failures`.
    #[must_use]
    pub fn failures() -> Guard {
        let bad = [Ending::Failed, Ending::Refused, Ending::GivenUp];
        Guard::endings("failures", bad)
    }

    /// Watches requests that end as `failed` alone; its name is `failed`.
    #[must_use]
    pub fn failed() -> Guard {
        Guard::endings("failed", [Ending::Failed])
    }

    /// Watches requests that end as `refused` alone; its name is `refused`.
    #[must_use]
    pub fn refused() -> Guard {
        Guard::endings("refused", [Ending::Refused])
    }

    /// Watches requests that end as `given_up` alone; its name is `given up`.
    #[must_use]
    pub fn given_up() -> Guard {
        Guard::endings("given up", [Ending::GivenUp])
    }

    fn endings(name: &str, bad: impl Into<Vec<Ending>>) -> Guard {
        let check = Check::Rate(RateTest::default());
        Guard::new(name, check).of(GuardSource::Endings(bad.into()))
    }

    /// Watches a rate of bad events that the application reports: wrong answers, complaints.
    #[must_use]
    pub fn rate(name: &str) -> Guard {
        Guard::new(name, Check::Rate(RateTest::default()))
    }

    /// Watches that the candidate is not slower than the control by more than a fraction.
    ///
    /// It compares a quantile of the time that each unit's first request of a step took, by a test
    /// that is valid at any time. `order` is between 0 and 1, `slower` a fraction:
    /// `Guard::latency(0.99, 0.1)` is breached when the 99th percentile is shown to be more than 10
    /// % above the control's. Its name is `latency`. The router needs a clock.
    #[must_use]
    pub fn latency(order: f64, slower: f64) -> Guard {
        Guard::value("latency", order, slower).of(GuardSource::Took)
    }

    /// Watches that the candidate's latency stays below a limit, without a control.
    ///
    /// A reading is the quantile of this order, between 0 and 1, of all requests since the last
    /// reading. It is a breach if the last three readings are above the limit. Its name is `latency
    /// limit`. The router needs a clock.
    #[must_use]
    pub fn latency_limit(order: f64, limit: Duration) -> Guard {
        Guard::limit("latency limit", Worse::Higher, limit.as_secs_f64())
            .of(GuardSource::TookAt(order))
    }

    /// Watches that a quantile of a number of the candidate's units is not above the control's by
    /// more than a fraction. `order` is between 0 and 1; `above` is 0.05 for 5 %. The application
    /// reports one number per unit and step, not below 0.
    #[must_use]
    pub fn value(name: &str, order: f64, above: f64) -> Guard {
        let check = Check::Quantile {
            order,
            harm: above,
            safe: above,
        };
        Guard::new(name, check)
    }

    /// Watches that a number of the candidate, such as memory or a queue's length, keeps to a
    /// limit.
    ///
    /// It is a breach if the last three readings of the step are beyond the limit;
    /// [`on_readings`](Guard::on_readings) sets other numbers.
    #[must_use]
    pub fn limit(name: &str, worse: Worse, limit: f64) -> Guard {
        Guard {
            readings: Readings::THREE,
            ..Guard::new(name, Check::Limit { worse, limit })
        }
    }

    /// Returns a guard of a rate with another test; any other guard is unchanged.
    #[must_use]
    pub fn with_test(self, test: RateTest) -> Guard {
        let check = match self.check {
            Check::Rate(_) => Check::Rate(test),
            check => check,
        };
        Guard { check, ..self }
    }

    /// Returns the guard under another name.
    #[must_use]
    pub fn named(self, name: &str) -> Guard {
        let name = name.to_owned();
        Guard { name, ..self }
    }

    /// Returns the guard with another source of its numbers.
    #[must_use]
    pub fn of(self, source: GuardSource) -> Guard {
        Guard { source, ..self }
    }

    /// Returns the guard with another number of readings: a breach if `bad` of the last `of`
    /// readings are beyond the limit; `of` is at most 16.
    #[must_use]
    pub fn on_readings(self, bad: u8, of: u8) -> Guard {
        let readings = Readings { bad, of };
        Guard { readings, ..self }
    }

    /// Returns the guard with a look ahead: its number is assumed to grow with the candidate's
    /// share.
    ///
    /// A step is not taken if the last reading, times the next share divided by the present one,
    /// would be beyond the limit. Use it for resources that the candidate needs for its own
    /// requests.
    #[must_use]
    pub fn projected(self) -> Guard {
        Guard {
            projected: true,
            ..self
        }
    }

    /// Returns the guard for steps from one share to another only, both included; baking is 100 %.
    ///
    /// On other steps it cannot be breached, and its data is not needed. It still counts there: on
    /// its first step it is judged with what it has counted before.
    #[must_use]
    pub fn at_shares(self, from: Share, to: Share) -> Guard {
        let shares = Some([from, to]);
        Guard { shares, ..self }
    }

    /// Returns the guard with another consequence of a breach.
    #[must_use]
    pub fn on_breach(self, on_breach: OnBreach) -> Guard {
        Guard { on_breach, ..self }
    }

    /// Returns the guard with another consequence of having no data.
    #[must_use]
    pub fn on_no_data(self, on_no_data: OnNoData) -> Guard {
        Guard { on_no_data, ..self }
    }

    /// Returns the name under which samples bring its measurement.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns what the guard looks at.
    #[must_use]
    pub const fn check(&self) -> &Check {
        &self.check
    }

    /// Returns where the guard's numbers come from.
    #[must_use]
    pub const fn source(&self) -> &GuardSource {
        &self.source
    }

    pub(super) const fn shares(&self) -> Option<[Share; 2]> {
        self.shares
    }

    /// Tells whether it looks at a step of this share.
    pub(super) fn looks_at(&self, share: Share) -> bool {
        let range = self.shares;
        range.is_none_or(|[from, to]| (from..=to).contains(&share))
    }

    pub(super) const fn readings(&self) -> Readings {
        self.readings
    }

    pub(super) const fn is_projected(&self) -> bool {
        self.projected
    }

    /// Returns what a breach does.
    #[must_use]
    pub const fn breach_response(&self) -> OnBreach {
        self.on_breach
    }

    /// Returns what having no data does.
    #[must_use]
    pub const fn no_data_response(&self) -> OnNoData {
        self.on_no_data
    }

    /// Tells whether the guard can stop a release at all.
    pub(super) const fn acts(&self) -> bool {
        !matches!(self.on_breach, OnBreach::Observe)
    }
}
