//! What a part says at this moment.

use super::{
    Apart, ExperimentError, Kind, Metric, Part, Role, Verdict, groups::Groups, outcomes::Outcomes,
    part::Cell, quantile,
};
use crate::stats::{
    Alpha, Interval, PValue, Refusal,
    anytime::{AnytimeT, SampleRatioProcess, SkewnessRule},
    multiplicity, ratios,
};

/// Error rate of the sample ratio check, over all looks.
const SAMPLE_RATIO_ALPHA: f64 = 0.001;

/// Holds what an experiment says at this moment.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ReadOut {
    /// Name of the release.
    pub release: String,
    /// What to do.
    pub verdict: Verdict,
    /// Exposed units and sample ratio of the arms.
    pub exposures: Exposures,
    /// What each metric says, in the order of the setup.
    pub findings: Vec<Finding>,
    /// Requests that entered no metric.
    pub apart: Apart,
    /// Error rate over all goals and guardrails and all looks.
    pub alpha: Alpha,
}

/// Holds the exposed units of the arms and how well they fit their weights.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Exposures {
    /// Labels of control and candidate.
    pub labels: [String; 2],
    /// Exposed units of control and candidate that are counted.
    pub units: [u64; 2],
    /// Exposures of any unit to any arm: the requests that the experiment has seen.
    pub requests: u64,
    /// Units that were exposed to both arms, and are counted in neither.
    pub units_of_both: u64,
    /// Fraction of all units that are counted: 1 until the set was full.
    pub units_sampled: f64,
    /// p-value of the sample ratio, valid at every look; none without units.
    pub sample_ratio_p: Option<PValue>,
}

/// Holds what one metric says.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Finding {
    /// Name of the metric.
    pub metric: String,
    /// What kind of number it is.
    pub kind: Kind,
    /// What it is for.
    pub role: Role,
    /// Values of control and candidate, none where there are no data.
    pub values: [Option<f64>; 2],
    /// Outcomes of control and candidate that were announced and have not come; none unless all
    /// of the metric's outcomes are announced.
    pub pending: Option<[u64; 2]>,
    /// The comparison, or why there is none yet.
    #[cfg_attr(feature = "serde", serde(serialize_with = "or_words"))]
    pub test: Result<Test, Refusal>,
}

/// Holds the comparison of one metric, valid at every look.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Test {
    /// Candidate minus control.
    pub effect: f64,
    /// Effects that the observations do not contradict: a confidence sequence, at its part of
    /// the error rate (Bonferroni), so that all intervals hold together.
    pub interval: Interval,
    /// p-value, valid at every look.
    pub p: PValue,
    /// The same, adjusted by Holm for the number of goals and guardrails.
    pub adjusted_p: f64,
    /// Error rate that the adjusted p-value is compared with.
    pub alpha: Alpha,
}

impl Test {
    /// Tells whether there is a difference.
    #[must_use]
    pub fn is_significant(&self) -> bool {
        self.adjusted_p < self.alpha.get()
    }
}

impl Part {
    /// Computes the read-out: the sample ratio first, then every metric, then the verdict.
    ///
    /// It may be looked at any number of times.
    ///
    /// # Errors
    /// [`ExperimentError::Refused`] if counts are too large to be compared.
    pub fn read_out(&self) -> Result<ReadOut, ExperimentError> {
        let setup = &self.setup;
        let [control, candidate, units_of_both] = self.units.counts();
        let units = [control, candidate];
        let sample_ratio_p = self.sample_ratio(units)?;
        let decides = |metric: &&Metric| metric.role != Role::Watched;
        let tested = setup.metrics.iter().filter(decides).count().max(1);
        let alpha_each = Alpha::new(setup.alpha.get() / tested as f64).unwrap_or(setup.alpha);
        let metrics = setup.metrics.iter().zip(&self.cells).zip(&self.outcomes);
        let mut findings: Vec<Finding> = metrics
            .map(|((metric, cells), outcomes)| Finding {
                pending: Outcomes::pending(outcomes),
                ..self.find(metric, cells, alpha_each)
            })
            .collect();
        adjust(&mut findings)?;
        let verdict = match sample_ratio_p {
            None => Verdict::Invalid {
                why: "no unit was exposed yet".to_owned(),
            },
            Some(p) if p.value < SAMPLE_RATIO_ALPHA => Verdict::Invalid {
                why: format!(
                    "the arms have {control} and {candidate} units, which does not fit their \
                     weights: find out why before reading any number"
                ),
            },
            Some(_) => Verdict::of(&findings, || self.left(&findings)),
        };
        Ok(ReadOut {
            release: setup.release.clone(),
            verdict,
            exposures: Exposures {
                labels: setup.arms.clone(),
                units,
                requests: self.units.exposures(),
                units_of_both,
                units_sampled: self.units.sampled(),
                sample_ratio_p,
            },
            findings,
            apart: self.apart,
            alpha: setup.alpha,
        })
    }

    fn sample_ratio(&self, units: [u64; 2]) -> Result<Option<PValue>, Refusal> {
        if units == [0, 0] {
            return Ok(None);
        }
        let mut process = SampleRatioProcess::new(&self.setup.weights.map(|weight| weight as f64))?;
        for (arm, units) in units.into_iter().enumerate() {
            process.record(arm, units)?;
        }
        Ok(Some(process.p()))
    }

    fn find(&self, metric: &Metric, cells: &[Cell; 2], alpha: Alpha) -> Finding {
        let (values, test) = match (cells, metric.kind) {
            ([Cell::Groups(a), Cell::Groups(b)], Kind::Count) => {
                let per = |groups: &Groups, arm| groups.per(&self.units.by_group(arm));
                self.compare(&per(a, 0), &per(b, 1), alpha)
            }
            ([Cell::Groups(a), Cell::Groups(b)], _) => self.compare(a, b, alpha),
            ([Cell::Values(a), Cell::Values(b)], Kind::Quantile { order }) => {
                let test =
                    quantile::difference(a, b, order, alpha).and_then(|(effect, interval)| {
                        let ln_p = quantile::ln_p(a, b, order)?;
                        let p = PValue::new(ln_p.exp(), ln_p);
                        Ok(Test {
                            effect,
                            interval,
                            p,
                            adjusted_p: p.value,
                            alpha: self.setup.alpha,
                        })
                    });
                ([a, b].map(|arm| arm.quantile(order).ok()), test)
            }
            ([Cell::Gauge(a), Cell::Gauge(b)], _) => ([a.mean(), b.mean()], Err(NEVER_TESTED)),
            _ => ([None, None], Err(NEVER_TESTED)),
        };
        Finding {
            metric: metric.name.clone(),
            kind: metric.kind,
            role: metric.role,
            values,
            pending: None,
            test,
        }
    }

    /// Compares two ratios of sums by the variance between groups, with an anytime-valid t.
    fn compare(
        &self,
        control: &Groups,
        candidate: &Groups,
        alpha: Alpha,
    ) -> ([Option<f64>; 2], Result<Test, Refusal>) {
        let values = [control, candidate].map(|groups| {
            let [numerator, denominator] = groups.total();
            (denominator != 0.0).then(|| numerator / denominator)
        });
        (values, self.test(values, [control, candidate], alpha))
    }

    fn test(
        &self,
        values: [Option<f64>; 2],
        [control, candidate]: [&Groups; 2],
        alpha: Alpha,
    ) -> Result<Test, Refusal> {
        let [Some(a), Some(b)] = values else {
            return Err(Refusal::InsufficientData {
                what: "arm",
                found: 0,
                needed: 1,
            });
        };
        let (of_a, of_b) = (control.deviations(a)?, candidate.deviations(b)?);
        SkewnessRule::DEFAULT.check(&of_a, &of_b)?;
        let variance_a = ratios::variance(&control.moments()?)?;
        let variance_b = ratios::variance(&candidate.moments()?)?;
        let total = variance_a + variance_b;
        let (u, v) = (variance_a / total, variance_b / total);
        let df = (of_a.n() as f64 - 1.0) / (u * u + v * v);
        let planned = self.setup.planned as f64;
        let [w_a, w_b] = self.setup.weights.map(|weight| weight as f64);
        let planned = planned * w_a * w_b / (w_a + w_b).powi(2);
        let test = AnytimeT::tuned_for(planned, alpha)?;
        let look = test.estimate(b - a, total.sqrt(), self.effective_units(), df, alpha)?;
        Ok(Test {
            effect: look.effect,
            interval: look.interval,
            p: look.p(),
            adjusted_p: look.p().value,
            alpha: self.setup.alpha,
        })
    }

    /// Returns the number of units whose mean varies as the difference does.
    fn effective_units(&self) -> f64 {
        let [a, b, _] = self.units.counts().map(|units| units as f64);
        a * b / (a + b).max(1.0) / self.units.sampled()
    }

    /// Says how much is left, from the interval of each goal and what would end the experiment.
    fn left(&self, findings: &[Finding]) -> Verdict {
        let [a, b, _] = self
            .units
            .counts()
            .map(|units| units as f64 / self.units.sampled());
        let goals = findings.iter().filter_map(|finding| {
            let (Role::Goal { worth, .. }, Ok(test)) = (finding.role, &finding.test) else {
                return None;
            };
            let target = test.effect.abs().max(worth);
            let times = (test.interval.width() / 2.0 / target).powi(2);
            times.is_finite().then(|| (a + b) * (times - 1.0).max(0.0))
        });
        let units = goals.fold(None, |most: Option<f64>, units| {
            Some(most.map_or(units, |most| most.max(units)))
        });
        let requests = units.map(|units| self.requests_per_unit() * units);
        let whole = |number: f64| number.ceil() as u64;
        Verdict::KeepRunning {
            units_left: units.map(whole),
            requests_left: requests.map(whole),
            days_left: self
                .setup
                .units_per_day
                .zip(units)
                .map(|(day, units)| whole(units / day)),
        }
    }

    /// Returns how often a unit comes, in the mean.
    fn requests_per_unit(&self) -> f64 {
        let [a, b, both] = self.units.counts().map(|units| units as f64);
        self.units.exposures() as f64 * self.units.sampled() / (a + b + both).max(1.0)
    }
}

const NEVER_TESTED: Refusal = Refusal::InsufficientData {
    what: "a gauge, which is shown and never tested,",
    found: 0,
    needed: 1,
};

/// Adjusts the p-values of goals and guardrails for their number.
fn adjust(findings: &mut [Finding]) -> Result<(), Refusal> {
    let deciding = |finding: &&mut Finding| finding.role != Role::Watched;
    let mut tests: Vec<&mut Test> = findings
        .iter_mut()
        .filter(deciding)
        .filter_map(|finding| finding.test.as_mut().ok())
        .collect();
    let p: Vec<f64> = tests.iter().map(|test| test.p.value).collect();
    for (test, adjusted) in tests.iter_mut().zip(multiplicity::holm(&p)?) {
        test.adjusted_p = adjusted;
    }
    Ok(())
}

#[cfg(feature = "serde")]
fn or_words<S: serde::Serializer>(
    test: &Result<Test, Refusal>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    use serde::Serialize as _;
    #[derive(serde::Serialize)]
    #[serde(rename_all = "snake_case")]
    enum Stored<'a> {
        Compared(&'a Test),
        Refused(String),
    }
    match test {
        Ok(test) => Stored::Compared(test),
        Err(refusal) => Stored::Refused(refusal.to_string()),
    }
    .serialize(serializer)
}
