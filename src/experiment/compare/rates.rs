//! Rates, by the arm of each unit's first event.

use super::{Evidence, Pair, p_of_intervals};
use crate::experiment::{Missing, Relative};
use crate::stats::{
    Alpha, Alternative, Counts, Interval, PValue, Refusal,
    anytime::LabelProcess,
    proportions::{miettinen_nurminen, miettinen_nurminen_interval, risk_ratio},
};

/// Units with an event that the score test of one look needs, and as many without.
const FEW: u64 = 20;

/// Units with an event, tested at the declared and at the observed share.
///
/// The proof is for the declared share. The observed share protects if the declared one is wrong.
/// The weaker evidence of the two decides.
pub(super) struct Rates {
    arms: [Counts; 2],
    shares: [f64; 2],
    both: [LabelProcess; 2],
}

impl Rates {
    pub(super) fn new(pair: &Pair<'_>) -> Result<Rates, Missing> {
        let [n_a, n_b] = pair.units;
        for (arm, units) in [("the control", n_a), ("the candidate", n_b)] {
            if units == 0 {
                return Err(Missing::NoUnits { arm });
            }
        }
        let [s_a, s_b] = pair.cells.map(|cell| cell.events);
        let [w_a, w_b] = pair.weights.map(|weight| weight as f64);
        let shares = [w_b / (w_a + w_b), n_b as f64 / (n_a + n_b) as f64];
        let [declared, observed] = shares.map(LabelProcess::new);
        Ok(Rates {
            arms: [Counts::new(s_a, n_a)?, Counts::new(s_b, n_b)?],
            shares,
            both: [declared?, observed?],
        })
    }

    fn events(&self) -> [u64; 2] {
        self.arms.each_ref().map(Counts::successes)
    }

    fn p(&self, both: [LabelProcess; 2]) -> PValue {
        let [s_a, s_b] = self.events();
        let [one, other] = both.map(|process| process.p(s_a, s_b));
        if one.value > other.value { one } else { other }
    }
}

impl Evidence for Rates {
    fn is_exact(&self) -> bool {
        true
    }

    fn effect(&self) -> f64 {
        let [a, b] = self
            .arms
            .each_ref()
            .map(|arm| arm.successes() as f64 / arm.trials() as f64);
        b - a
    }

    fn interval(&self, alpha: Alpha) -> Result<Interval, Refusal> {
        let [a, b] = &self.arms;
        let [one, other] = self
            .both
            .map(|process| process.difference_interval(a, b, alpha));
        Ok(hull(one?, other?, alpha))
    }

    fn p_against(&self, effect: f64) -> Result<PValue, Refusal> {
        if effect == 0.0 {
            return Ok(self.p(self.both));
        }
        p_of_intervals(&|alpha| self.interval(alpha), effect)
    }

    fn relative(&self, alpha: Alpha) -> Option<Relative> {
        let [s_a, s_b] = self.events();
        let [one, other] = self
            .both
            .map(|process| process.ratio_interval(s_a, s_b, alpha));
        let ratios = hull(one, other, alpha);
        let [a, b] = &self.arms;
        let ratio = s_b as f64 / b.trials() as f64 * (a.trials() as f64 / s_a as f64);
        Some(Relative {
            effect: (s_a > 0).then_some(ratio - 1.0),
            interval: Interval::new(ratios.lower - 1.0, ratios.upper - 1.0, alpha),
        })
    }

    fn ready_once(&self) -> Result<(), Missing> {
        let events: u64 = self.events().iter().sum();
        let units: u64 = self.arms.iter().map(Counts::trials).sum();
        match events.min(units - events) {
            few @ ..FEW => Err(Missing::TooFewEvents {
                found: few,
                needed: FEW,
            }),
            _ => Ok(()),
        }
    }

    fn interval_once(&self, alpha: Alpha) -> Result<Interval, Refusal> {
        let [a, b] = &self.arms;
        miettinen_nurminen_interval(a, b, alpha)
    }

    fn p_once(&self, effect: f64) -> Result<f64, Refusal> {
        if effect != 0.0 {
            let p = p_of_intervals(&|alpha| self.interval_once(alpha), effect);
            return Ok(p?.value);
        }
        let [a, b] = &self.arms;
        let test = miettinen_nurminen(a, b, Alpha::FIVE_PERCENT, Alternative::TwoSided)?;
        Ok(test.p.value)
    }

    fn relative_once(&self, alpha: Alpha) -> Option<Relative> {
        let [a, b] = &self.arms;
        // If an arm has no event, the any-time test is used at the look, too.
        let Ok(found) = risk_ratio(a, b, alpha) else {
            return self.relative(alpha);
        };
        let Interval { lower, upper, .. } = found.interval;
        Some(Relative {
            effect: Some(found.ratio - 1.0),
            interval: Interval::new(lower - 1.0, upper - 1.0, alpha),
        })
    }

    fn p_relative_once(&self, effect: f64) -> Result<f64, Refusal> {
        let all = |alpha| Interval::new(-1.0, f64::INFINITY, alpha);
        let interval = |alpha| {
            let found = self.relative_once(alpha);
            Ok(found.map_or(all(alpha), |found| found.interval))
        };
        Ok(p_of_intervals(&interval, effect)?.value)
    }

    fn p_against_relative(&self, effect: f64) -> Result<PValue, Refusal> {
        // If the candidate's rate is so many times the control's, its share of first events is as
        // if it had so many times its units.
        let times = 1.0 + effect;
        let [declared, observed] = self
            .shares
            .map(|share| LabelProcess::new(share * times / (1.0 - share + share * times)));
        Ok(self.p([declared?, observed?]))
    }
}

fn hull(one: Interval, other: Interval, alpha: Alpha) -> Interval {
    let (lower, upper) = (one.lower.min(other.lower), one.upper.max(other.upper));
    Interval::new(lower, upper, alpha)
}
