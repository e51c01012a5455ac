//! A read-out as a table.

use core::fmt;

use super::{ReadOut, Role};
use crate::stats::measure::significant;

impl fmt::Display for ReadOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.release, self.verdict)?;
        let [a, b] = &self.exposures.labels;
        let [units_a, units_b] = self.exposures.units;
        write!(f, "  units: {units_a} on {a} (A), {units_b} on {b} (B)")?;
        match &self.exposures.sample_ratio_p {
            Some(p) => writeln!(f, "; sample ratio {p}")?,
            None => writeln!(f)?,
        }
        writeln!(
            f,
            "  {:<16} {:<10} {:>11} {:>11} {:>11}  {:<26} {:>9}",
            "metric", "role", "A", "B", "B - A", "interval", "p, Holm"
        )?;
        for finding in &self.findings {
            let role = match finding.role {
                Role::Goal { .. } => "goal",
                Role::Guardrail { .. } => "guardrail",
                Role::Watched => "watched",
            };
            let number = |value: f64| significant(value).to_string();
            let [a, b] = finding
                .values
                .map(|value| value.map_or("-".to_owned(), number));
            write!(f, "  {:<16} {role:<10} {a:>11} {b:>11}", finding.metric)?;
            match &finding.test {
                Ok(test) => {
                    let (lower, upper) = (test.interval.lower, test.interval.upper);
                    let interval = format!("{} to {}", number(lower), number(upper));
                    let effect = number(test.effect);
                    writeln!(f, " {effect:>11}  {interval:<26} {:>9.2e}", test.adjusted_p)?;
                }
                Err(refusal) => writeln!(f, "  {refusal}")?,
            }
            if let Some([a, b]) = finding.pending {
                writeln!(f, "    pending outcomes: {a} of A, {b} of B")?;
            }
        }
        let apart = self.apart;
        write!(
            f,
            "  apart: {} fallbacks, {} overrides, {} pinned, {} listed, {} by audience, {} \
             outside; alpha {} over all goals, guardrails and looks",
            apart.fallbacks,
            apart.overrides,
            apart.pinned,
            apart.listed,
            apart.audiences,
            apart.outside,
            self.alpha.get()
        )
    }
}
