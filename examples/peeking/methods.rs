//! The methods that watch a canary.

use std::error::Error;

use switchstand::stats::anytime::{AnytimeT, AsymptoticSequence, MixtureSprt, SkewnessRule};
use switchstand::stats::guard::{
    CandidateShare, Margins, RateGuard, RateMethod as Process, RateTest, Side,
};
use switchstand::stats::{Alpha, Alternative, Counts, HigherMoments};

use crate::stream::{BadEvent, SHARE};

const ALPHA: Alpha = Alpha::ONE_PERCENT;

/// One way to watch a canary.
pub(crate) struct Method {
    pub(crate) name: &'static str,
    pub(crate) alarms: fn(&Watch) -> bool,
}

/// The methods of the table, in its order.
pub(crate) const METHODS: [Method; 8] = [
    Method {
        name: "error rate twice the control's (a rule)",
        alarms: |watch| {
            let enough = watch.b.successes() >= 3;
            enough && watch.b.rate() > watch.a.rate().map(|rate| 2.0 * rate)
        },
    },
    Method {
        name: "z test at every look (made for one look)",
        alarms: |watch| watch.standard_errors() > 2.326,
    },
    Method {
        name: "asymptotic sequence, skewness ignored",
        alarms: |watch| {
            let n = watch.a.trials() + watch.b.trials();
            let (difference, variance) = watch.difference();
            let greater = Alternative::Greater;
            let influence = variance * n as f64;
            let look = watch.sequence.estimate(difference, influence, n, greater);
            look.is_ok_and(|look| look.is_significant())
        },
    },
    Method {
        name: "mixture SPRT, skewness ignored",
        alarms: |watch| {
            let (difference, variance) = watch.difference();
            let look = watch.sprt.estimate(difference, variance, 0.0, ALPHA);
            look.is_ok_and(|look| look.is_significant() && look.effect > 0.0)
        },
    },
    Method {
        name: "anytime-valid t, skewness ignored",
        alarms: |watch| {
            let (a, b) = watch.moments();
            let ignored = SkewnessRule::new(0.0);
            let look = ignored.and_then(|rule| watch.t.with_skewness_rule(rule).means(a, b, ALPHA));
            look.is_ok_and(|look| look.is_significant() && look.effect > 0.0)
        },
    },
    Method {
        // Needs 35,000 units of the candidate at this error rate, and gets 10,000.
        name: "anytime-valid t (refuses: too skewed)",
        alarms: |watch| {
            let (a, b) = watch.moments();
            let look = watch.t.means(a, b, ALPHA);
            look.is_ok_and(|look| look.is_significant() && look.effect > 0.0)
        },
    },
    Method {
        name: "guard, Wald's SPRT against twice",
        alarms: |watch| watch.wald.reading().verdict().is_harm(),
    },
    Method {
        name: "guard (default)",
        alarms: |watch| watch.guard.reading().verdict().is_harm(),
    },
];

/// What all methods know of one canary.
pub(crate) struct Watch {
    share: CandidateShare,
    /// Errors among requests, control and candidate.
    a: Counts,
    b: Counts,
    moments_a: HigherMoments,
    moments_b: HigherMoments,
    sequence: AsymptoticSequence,
    sprt: MixtureSprt,
    t: AnytimeT,
    wald: RateGuard,
    guard: RateGuard,
}

impl Watch {
    pub(crate) fn new() -> Result<Watch, Box<dyn Error>> {
        let twice = RateTest::new(Margins::new(1.0, 2.0)?, Process::Sprt, ALPHA, ALPHA)?;
        let requests = RateGuard::where_each_request_is_its_own_unit;
        Ok(Watch {
            share: CandidateShare::new(SHARE)?,
            a: Counts::default(),
            b: Counts::default(),
            moments_a: HigherMoments::new(),
            moments_b: HigherMoments::new(),
            sequence: AsymptoticSequence::new(50_000, ALPHA)?,
            sprt: MixtureSprt::new(0.01)?,
            t: AnytimeT::tuned_for(2_500.0, ALPHA)?,
            wald: requests(twice),
            guard: requests(RateTest::default()),
        })
    }

    /// Takes note of a bad event and of the good answers before it.
    pub(crate) fn see(&mut self, event: &BadEvent) -> Result<(), Box<dyn Error>> {
        self.a.merge(&Counts::new(0, event.good_control)?)?;
        self.b.merge(&Counts::new(0, event.good_candidate)?)?;
        self.moments_a.merge(&good_answers(event.good_control)?)?;
        self.moments_b.merge(&good_answers(event.good_candidate)?)?;
        let side = if event.by_candidate {
            self.b.record(true);
            self.moments_b.record(1.0)?;
            Side::Candidate
        } else {
            self.a.record(true);
            self.moments_a.record(1.0)?;
            Side::Control
        };
        self.wald.record(event.request, side, self.share)?;
        self.guard.record(event.request, side, self.share)?;
        Ok(())
    }

    fn moments(&self) -> (&HigherMoments, &HigherMoments) {
        (&self.moments_a, &self.moments_b)
    }

    /// Difference of the error rates and its estimated variance.
    fn difference(&self) -> (f64, f64) {
        let arm = |counts: &Counts| {
            let rate = counts.rate().unwrap_or(0.0);
            (rate, rate * (1.0 - rate) / counts.trials() as f64)
        };
        let ((rate_a, variance_a), (rate_b, variance_b)) = (arm(&self.a), arm(&self.b));
        (rate_b - rate_a, variance_a + variance_b)
    }

    /// Difference of the error rates over its pooled standard error, 0 while there is none.
    fn standard_errors(&self) -> f64 {
        let (a, b) = (self.a.trials() as f64, self.b.trials() as f64);
        let errors = (self.a.successes() + self.b.successes()) as f64;
        let rate = errors / (a + b);
        let error = (rate * (1.0 - rate) * (1.0 / a + 1.0 / b)).sqrt();
        if error > 0.0 {
            self.difference().0 / error
        } else {
            0.0
        }
    }
}

/// The moments of `n` values of zero, by doubling.
fn good_answers(n: u64) -> Result<HigherMoments, Box<dyn Error>> {
    let (mut all, mut power) = (HigherMoments::new(), HigherMoments::new());
    power.record(0.0)?;
    let mut rest = n;
    while rest > 0 {
        if rest % 2 == 1 {
            all.merge(&power)?;
        }
        let half = power;
        power.merge(&half)?;
        rest /= 2;
    }
    Ok(all)
}
