//! A read-out as a table in Markdown.

mod segments;

use core::fmt;

use super::{Checks, ReadOut, Standing};
use crate::experiment::{ArmFinding, Finding, Grouping, Kind, Role};
use crate::stats::{Interval, measure::significant};

const HEAD: [&str; 11] = [
    "metric",
    "role",
    "arm",
    "units",
    "value",
    "effect",
    "interval",
    "relative",
    "interval",
    "p (Holm)",
    "units needed",
];

impl fmt::Display for ReadOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.release, self.verdict)?;
        for (arm, standing) in &self.standings {
            if let Standing::Worse { metric } = standing {
                writeln!(f, "- {arm} is worse in {metric}")?;
            }
        }
        writeln!(f, "{}", self.checks)?;
        let mut rows = vec![HEAD.map(str::to_owned)];
        for finding in &self.findings {
            let control = self.checks.arms.first();
            rows.push(control_row(finding, control.map_or("", |arm| &arm.arm)));
            rows.extend(finding.comparisons.iter().map(|arm| row(finding, arm)));
        }
        table(f, &rows)?;
        self.notes(f)?;
        self.segment_table(f)
    }
}

impl ReadOut {
    fn notes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            for arm in &finding.comparisons {
                if let Err(missing) = &arm.test {
                    writeln!(f, "- {} of {}: {missing}", finding.metric, arm.arm)?;
                }
            }
            if let Some(cap) = finding.cap {
                let (name, of_control) = (&finding.metric, finding.capped);
                let cap = significant(cap);
                write!(
                    f,
                    "- {name}: capped at {cap}, which {of_control} units of the control had more than"
                )?;
                for arm in &finding.comparisons {
                    write!(f, ", {} of {}", arm.capped, arm.arm)?;
                }
                writeln!(f)?;
            }
            for arm in &finding.comparisons {
                let test = arm.test.as_ref().ok();
                let Some(without) = test.and_then(|test| test.unadjusted) else {
                    continue;
                };
                writeln!(
                    f,
                    "- {} of {}: without the past {:+} ({}); it is known of {} of {} units and saves \
                     {:.0} % of the variance",
                    finding.metric,
                    arm.arm,
                    significant(without.effect),
                    range(&without.interval, |value| significant(value).to_string()),
                    without.known,
                    without.units,
                    100.0 * without.variance_saved
                )?;
            }
            let pending = finding
                .comparisons
                .iter()
                .map(|arm| (&arm.arm, arm.pending));
            if let Some(of_control) = finding.pending {
                write!(
                    f,
                    "- {}: pending outcomes: {of_control} of the control",
                    finding.metric
                )?;
                for (arm, pending) in pending {
                    write!(f, ", {} of {arm}", pending.unwrap_or_default())?;
                }
                writeln!(f)?;
            }
        }
        if self.grouping == Grouping::Engine {
            writeln!(
                f,
                "- the groups of units are an engine's own: sizes, values and effects are those of \
                 a live experiment; intervals, p-values and so the verdict are of another grouping"
            )?;
        }
        let apart = self.apart;
        writeln!(
            f,
            "- apart: {} fallbacks, {} overrides, {} pinned, {} listed, {} by audience, {} outside, \
             {} of other policies",
            apart.fallbacks,
            apart.overrides,
            apart.pinned,
            apart.listed,
            apart.audiences,
            apart.outside,
            apart.other_policy
        )?;
        write!(
            f,
            "- alpha {} over all looks and {} comparison{}; lines marked ~ are approximate (simulated \
             in the guide's chapter on A/B tests), all others hold for any distribution",
            self.alpha.get(),
            self.family,
            if self.family == 1 { "" } else { "s" }
        )
    }
}

impl fmt::Display for Checks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arms = self.arms.iter().map(|arm| {
            let dropped = if arm.dropped { " (dropped)" } else { "" };
            format!("{} on {}{dropped}", arm.units, arm.arm)
        });
        let arms = arms.collect::<Vec<_>>().join(", ");
        write!(f, "- units: {arms}; {} requests", self.requests)?;
        if self.units_sampled < 1.0 {
            write!(f, "; one unit in {} is kept", 1.0 / self.units_sampled)?;
        }
        match &self.sample_ratio_p {
            Some(p) => writeln!(f, "\n- sample ratio: {p}")?,
            None => writeln!(f, "\n- sample ratio: no units")?,
        }
        write!(f, "- exposed to several arms: {} units", self.crossed)?;
        if self.moved > 0 {
            write!(f, ", and {} that a dropped arm left to others", self.moved)?;
        }
        let left = self.left_out;
        write!(
            f,
            "\n- never exposed: {} units, {} of {} records",
            left.never_exposed_units, left.never_exposed_records, self.records
        )?;
        if self.are_many_never_exposed() {
            write!(
                f,
                ": more than 1 %, find out where they come from; the text \"42\" is not the number 42"
            )?;
        }
        if left.excluded_units > 0 {
            let (units, records) = (left.excluded_units, left.excluded_records);
            write!(f, "\n- excluded: {units} units, {records} records")?;
        }
        if left.early + left.late > 0 {
            write!(
                f,
                "\n- outside of their window: {} outcomes before the unit's first exposure, {} too late",
                left.early, left.late
            )?;
        }
        if left.repeated > 0 {
            write!(
                f,
                "\n- came again, and count once: {} outcomes",
                left.repeated
            )?;
        }
        writeln!(f)
    }
}

fn control_row(finding: &Finding, arm: &str) -> [String; 11] {
    let mut row = HEAD.map(|_| String::new());
    let cells = [
        finding.metric.clone(),
        role(finding),
        arm.to_owned(),
        units(finding, finding.units),
        number(finding.value),
    ];
    for (place, cell) in row.iter_mut().zip(cells) {
        *place = cell;
    }
    row
}

fn row(finding: &Finding, arm: &ArmFinding) -> [String; 11] {
    let mut row = control_row(finding, &arm.arm);
    row[3] = units(finding, arm.units);
    row[4] = number(arm.value);
    let Ok(test) = &arm.test else {
        row[5] = "-".to_owned();
        return row;
    };
    let exact = if test.is_exact { "" } else { "~" };
    row[5] = format!("{:+}", significant(test.effect));
    row[6] = range(&test.interval, |value| significant(value).to_string());
    let percent = |value: f64| format!("{:+.2} %", 100.0 * value);
    match &test.relative {
        Some(relative) => {
            row[7] = relative.effect.map_or("-".to_owned(), percent);
            row[8] = range(&relative.interval, percent);
        }
        None => row[7] = "-".to_owned(),
    }
    let p = match finding.role {
        Role::Watched => test.p.value,
        _ => test.adjusted_p,
    };
    row[9] = format!("{exact}{}", of_p(p));
    row[10] = test
        .units_left
        .map_or("-".to_owned(), |units| units.to_string());
    row
}

/// Returns a p-value with three decimals, or three digits where those would be zeros.
pub(super) fn of_p(p: f64) -> String {
    if p < 0.001 {
        format!("{p:.2e}")
    } else {
        format!("{p:.3}")
    }
}

fn role(finding: &Finding) -> String {
    match finding.role {
        Role::Goal { .. } => "goal",
        Role::Guardrail { .. } => "guardrail",
        Role::Watched => "watched",
    }
    .to_owned()
}

fn units(finding: &Finding, units: u64) -> String {
    match finding.kind {
        Kind::Gauge => "-".to_owned(),
        _ => units.to_string(),
    }
}

fn number(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), |value| significant(value).to_string())
}

fn range(interval: &Interval, number: impl Fn(f64) -> String) -> String {
    let end = |value: f64| match value.is_finite() {
        true => number(value),
        false => if value > 0.0 { "inf" } else { "-inf" }.to_owned(),
    };
    format!("{} to {}", end(interval.lower), end(interval.upper))
}

/// Writes rows as a Markdown table with aligned columns.
fn table<const N: usize>(f: &mut fmt::Formatter<'_>, rows: &[[String; N]]) -> fmt::Result {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for (place, row) in rows.iter().enumerate() {
        for (cell, width) in row.iter().zip(widths) {
            write!(f, "| {cell:<width$} ")?;
        }
        writeln!(f, "|")?;
        if place == 0 {
            for width in widths {
                write!(f, "|{:-<1$}", "", width + 2)?;
            }
            writeln!(f, "|")?;
        }
    }
    writeln!(f)
}

#[cfg(test)]
mod tests {
    use super::of_p;

    #[test]
    fn a_p_value_is_read_without_counting_zeros() {
        let texts = [1.0, 0.0421, 0.001, 0.00099, 4.2e-12].map(of_p);
        assert_eq!(texts, ["1.000", "0.042", "0.001", "9.90e-4", "4.20e-12"]);
    }
}
