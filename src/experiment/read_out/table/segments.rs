//! The segments of a read-out, below its table.

use core::fmt;

use super::{number, of_p, range, row, table, units};
use crate::experiment::ReadOut;

const HEAD: [&str; 9] = [
    "segment",
    "metric",
    "arm",
    "units",
    "control",
    "value",
    "effect",
    "interval",
    "p (all segments)",
];

impl ReadOut {
    pub(super) fn segment_table(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.segments.is_empty() {
            return Ok(());
        }
        writeln!(
            f,
            "\n\nSegments: exploratory, they decide nothing. {} comparisons, whose intervals hold \
             together at alpha {}.\n",
            self.segment_family,
            self.alpha.get()
        )?;
        let mut rows = vec![HEAD.map(str::to_owned)];
        for segment in &self.segments {
            let name = format!("{}: {}", segment.division, segment.segment);
            for finding in &segment.findings {
                for arm in &finding.comparisons {
                    // As in the table of the whole.
                    let cells = row(finding, arm);
                    let interval = arm.test.as_ref().map_or(String::new(), |test| {
                        range(&test.interval, |end| number(Some(end)))
                    });
                    rows.push([
                        name.clone(),
                        finding.metric.clone(),
                        arm.arm.clone(),
                        format!(
                            "{} and {}",
                            units(finding, finding.units),
                            units(finding, arm.units)
                        ),
                        number(finding.value),
                        number(arm.value),
                        cells[5].clone(),
                        interval,
                        arm.test
                            .as_ref()
                            .map_or("-".to_owned(), |test| of_p(test.adjusted_p)),
                    ]);
                }
            }
        }
        table(f, &rows)?;
        let mut names: Vec<&str> = self
            .segments
            .iter()
            .map(|one| one.division.as_str())
            .collect();
        names.dedup();
        let all: u64 = self.checks.arms.iter().map(|arm| arm.units).sum();
        for name in names {
            let own = self.segments.iter().filter(|one| one.division == name);
            let known: u64 = own.map(|one| one.units).sum();
            writeln!(
                f,
                "- {name}: of {} of {all} units no segment was noted",
                all - known
            )?;
        }
        for segment in &self.segments {
            for (metric, arm) in &segment.contradicts {
                writeln!(
                    f,
                    "- WARNING: {}: {}: the effect of {arm} on {metric} contradicts that of the whole",
                    segment.division, segment.segment
                )?;
            }
        }
        for [division, metric, arm] in &self.reversed {
            writeln!(
                f,
                "- WARNING: {division}: in every segment the effect of {arm} on {metric} is of the \
                 other sign than in the whole: the arms are made up of different segments"
            )?;
        }
        write!(
            f,
            "- a segment that stands out is a hypothesis for another experiment"
        )
    }
}
