//! A rehearsal's result, for a review.

use core::fmt;

use super::{Rehearsed, outcome::chance};
use crate::stats::Counts;

impl fmt::Display for Rehearsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}: {} rehearsed releases to {} units, {} requests a second, seed {}",
            self.release,
            self.runs().len(),
            self.units,
            self.requests_per_second,
            self.seed
        )?;
        for (guard, effect) in &self.effects {
            writeln!(f, "  {guard}: {effect}")?;
        }
        let trials = self.runs().len() as u64;
        for (ending, count) in self.endings() {
            let chance = Counts::new(count, trials).ok().as_ref().and_then(chance);
            let (rate, error) = chance.unwrap_or((f64::NAN, f64::NAN));
            let (rate, error) = (100.0 * rate, 100.0 * error);
            writeln!(
                f,
                "  {rate:>6.2} % {ending} (standard error {error:.2} points)"
            )?;
        }
        let spreads = [
            ("units exposed until rejection", self.exposed_at_rejection()),
            ("seconds until rejection", self.seconds_to_rejection()),
            ("seconds until promotion", self.seconds_to_promotion()),
        ];
        for (what, spread) in spreads {
            if let Some(spread) = spread {
                writeln!(f, "  {what}: {spread}")?;
            }
        }
        f.write_str("  all units are equally busy in this model")
    }
}
