//! The chance that a look decides, at some number of units.

use crate::experiment::{
    ExperimentError, Metric, Role,
    compare::{badness, greatest},
};
use crate::stats::{
    Alpha, Counts,
    anytime::{GroupedT, LabelProcess},
    special::{binomial_sf, noncentral_t_sf, normal_cdf, normal_quantile, normal_sf, t_quantile},
};

/// How many groups units fall into.
const GROUPS: f64 = 256.0;
/// The expected number of events at one look; at least 20 must come.
const FEW_EVENTS: f64 = 30.0;

/// A pair of arms at a given number of units of all arms.
pub(super) struct Sizes {
    /// Whether a single look decides.
    pub(super) is_once: bool,
    pub(super) units: [f64; 2],
    pub(super) weights: [f64; 2],
    pub(super) alpha: Alpha,
}

impl Sizes {
    pub(super) fn groups(
        &self,
        effect: f64,
        shapes: [[f64; 2]; 2],
    ) -> Result<f64, ExperimentError> {
        let planned: f64 = self.units.iter().sum();
        let test = GroupedT::planned(planned, self.weights, self.alpha)?;
        let [n_a, n_b] = self.units;
        let filled = self.units.map(|n| {
            let rest = (n * (-1.0 / GROUPS).ln_1p()).exp();
            GROUPS * (1.0 - rest)
        });
        let [m_a, m_b] = filled;
        if m_a.min(m_b) < GroupedT::LEAST_GROUPS as f64 + 2.0 {
            return Ok(0.0);
        }
        // With equal deviations, an arm's part of the variance is the other arm's part of the
        // units.
        let [a, b] = [n_b / (n_a + n_b), n_a / (n_a + n_b)];
        let df = 1.0 / (a * a / (m_a - 1.0) + b * b / (m_b - 1.0));
        let n = n_a * (n_b / (n_a + n_b));
        let critical = match self.is_once {
            true => -t_quantile(0.5 * self.alpha.get(), df),
            false => test.critical_t(n, df, self.alpha),
        };
        let mut power = noncentral_t_sf(critical, df, effect * n.sqrt());
        let limit = (m_a.min(m_b) / GroupedT::GROUPS_PER_SQUARED_SKEWNESS).sqrt();
        for ((n, m), [skewness, kurtosis]) in self.units.into_iter().zip(filled).zip(shapes) {
            power *= even_enough(n, m, skewness, kurtosis, limit);
        }
        Ok(power)
    }

    pub(super) fn rates(
        &self,
        rates: [f64; 2],
        margin: Option<f64>,
        metric: &Metric,
    ) -> Result<f64, ExperimentError> {
        let [n_a, n_b] = self.units;
        let share = n_b / (n_a + n_b);
        if self.is_once {
            return Ok(self.rates_once(rates, margin, metric));
        }
        if let Some(margin) = margin {
            return self.holds(rates, margin, metric);
        }
        let [p_a, p_b] = rates;
        let (s_a, s_b) = (n_a * p_a, n_b * p_b);
        let events = (s_a + s_b).round();
        if events < 1.0 {
            return Ok(0.0);
        }
        let process = LabelProcess::new(share)?;
        let threshold = -self.alpha.get().ln();
        let expected = s_b / (s_a + s_b);
        let is_higher = expected > share;
        // Events of the arm that is expected to have more than its part.
        let decides = |more: u64| {
            let rest = events as u64 - more;
            let ln_e = match is_higher {
                true => process.ln_e(rest, more),
                false => process.ln_e(more, rest),
            };
            let even = if is_higher { share } else { 1.0 - share };
            more as f64 > even * events && ln_e >= threshold
        };
        let (mut low, mut high) = (0, events as u64);
        if !decides(high) {
            return Ok(0.0);
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if decides(middle) {
                high = middle;
            } else {
                low = middle;
            }
        }
        let part = if is_higher { expected } else { 1.0 - expected };
        let by_declared = binomial_sf(low, events as u64, part);
        Ok(by_declared * self.observed_too(rates, high as f64 / events, part))
    }

    /// Returns the probability that a score test at one look decides, by the normal law.
    fn rates_once(&self, rates: [f64; 2], margin: Option<f64>, metric: &Metric) -> f64 {
        let ([n_a, n_b], [p_a, p_b]) = (self.units, rates);
        let spread = |n: f64, p: f64| p * (1.0 - p) / n;
        let error = (spread(n_a, p_a) + spread(n_b, p_b)).sqrt();
        let pooled = (n_a * p_a + n_b * p_b) / (n_a + n_b);
        let few = (n_a + n_b) * pooled.min(1.0 - pooled);
        if few < FEW_EVENTS || error == 0.0 {
            return 0.0;
        }
        let under = match margin {
            Some(_) => error,
            None => (spread(n_a, pooled) + spread(n_b, pooled)).sqrt(),
        };
        let z = -normal_quantile(0.5 * self.alpha.get());
        normal_cdf((distance(p_b - p_a, margin, metric) - z * under) / error)
    }

    /// Returns how much rarer the test at both shares, declared and observed, decides than the test
    /// at the declared share alone.
    ///
    /// The log-odds of events at the observed share do not depend on the realised sizes of the
    /// arms; those at the declared share also have the deviation of the units' share.
    fn observed_too(&self, rates: [f64; 2], critical: f64, part: f64) -> f64 {
        let [n_a, n_b] = self.units;
        let [p_a, p_b] = rates;
        if p_a.min(p_b) == 0.0 || critical >= 1.0 {
            return 1.0;
        }
        let variance = (1.0 - p_a) / (n_a * p_a) + (1.0 - p_b) / (n_b * p_b);
        let of_units = 1.0 / n_a + 1.0 / n_b;
        let odds = |p: f64| (p / (1.0 - p)).ln();
        let missing = odds(critical) - odds(part);
        let reached = |missing: f64| match variance > 0.0 {
            true => normal_sf(missing / variance.sqrt()),
            false => f64::from(u8::from(missing < 0.0)),
        };
        // An average over the quantiles of the units' share, in steps of 5 %.
        let (mut both, mut declared) = (0.0, 0.0);
        for step in 0..20 {
            let quantile = (f64::from(step) + 0.5) / 20.0;
            let off = normal_quantile(quantile) * of_units.sqrt();
            both += reached(missing - off.min(0.0));
            declared += reached(missing - off);
        }
        if declared > 0.0 { both / declared } else { 1.0 }
    }

    /// Returns the probability that a rate is shown to stay within its margin, by the declared share
    /// and by the observed one.
    fn holds(&self, rates: [f64; 2], margin: f64, metric: &Metric) -> Result<f64, ExperimentError> {
        let Role::Guardrail { worse, .. } = metric.role else {
            return Ok(0.0);
        };
        let [n_a, n_b] = self.units.map(f64::floor);
        let [p_a, p_b] = rates;
        let [s_a, s_b] = [(n_a * p_a).round() as u64, (n_b * p_b).round() as u64];
        let reached = |share: f64, s_a: u64, s_b: u64| -> Result<f64, ExperimentError> {
            let (a, b) = (Counts::new(s_a, n_a as u64)?, Counts::new(s_b, n_b as u64)?);
            let interval = LabelProcess::new(share)?.difference_interval(&a, &b, self.alpha)?;
            Ok(greatest(&interval, worse))
        };
        if n_a < 1.0 || n_b < 1.0 {
            return Ok(0.0);
        }
        let share = n_b / (n_a + n_b);
        let middle = reached(share, s_a, s_b)?;
        // The bound moves by more than the estimate: more events widen the interval, too.
        let part = |n: f64, p: f64, s: u64, at: &dyn Fn(u64) -> Result<f64, ExperimentError>| {
            let deviation = (n * p * (1.0 - p)).sqrt();
            let (low, high) = around(s, deviation, n as u64);
            let slope = (at(high)? - at(low)?) / (high - low).max(1) as f64;
            Ok::<_, ExperimentError>(slope * deviation)
        };
        let error =
            part(n_a, p_a, s_a, &|s| reached(share, s, s_b))?
                .hypot(part(n_b, p_b, s_b, &|s| reached(share, s_a, s))?);
        if !error.is_finite() || error == 0.0 {
            return Ok(f64::from(u8::from(middle <= margin)));
        }
        let of_units = 1.0 / n_a + 1.0 / n_b;
        // Over the quantiles of the units' share in steps of 5 %: what the declared one is off by.
        let mut sum = 0.0;
        for step in 0..20 {
            let off = normal_quantile((f64::from(step) + 0.5) / 20.0) * of_units.sqrt();
            let declared = n_b / (n_b + n_a * off.exp());
            let both = middle.max(reached(declared, s_a, s_b)?);
            sum += normal_sf((both - margin) / error);
        }
        Ok(sum / 20.0)
    }
}

/// Returns two counts about a deviation below and above this one, of at most `n`.
fn around(count: u64, deviation: f64, n: u64) -> (u64, u64) {
    let reach = deviation.ceil().max(1.0) as u64;
    (
        count.saturating_sub(reach),
        count.saturating_add(reach).min(n),
    )
}

/// Returns the distance that must be shown to differ from 0: the effect, or its distance from the
/// margin.
pub(super) fn distance(effect: f64, margin: Option<f64>, metric: &Metric) -> f64 {
    match (margin, metric.role) {
        (Some(margin), Role::Guardrail { worse, .. }) => (margin - badness(effect, worse)).max(0.0),
        _ => effect.abs(),
    }
}

/// Returns the probability that the groups' deviations of an arm pass the rule on skewness.
///
/// The skewness of sums over groups falls with the root of the units in each; that of `m` such
/// sums is itself off by the root of `(6 + 9 k - 4.5 s^2 + 2.25 s^2 k) / m`, with skewness `s` and
/// excess kurtosis `k` of a sum.
fn even_enough(n: f64, m: f64, skewness: f64, kurtosis: f64, limit: f64) -> f64 {
    let per_group = (n / m).max(1.0);
    let of_sums = skewness.abs() / per_group.sqrt();
    // A group has so many units only on average, which makes its sum more uneven.
    let excess = (kurtosis + 3.0 * (1.0 - 1.0 / per_group)) / per_group;
    let squared = of_sums * of_sums;
    let noise = 6.0 + 9.0 * excess - 4.5 * squared + 2.25 * squared * excess;
    let error = (noise.max(6.0) / m).sqrt();
    normal_cdf((limit - of_sums) / error) - normal_cdf((-limit - of_sums) / error)
}
