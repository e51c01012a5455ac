//! How much memory the process holds, over time.

use core::fmt;
use std::time::Duration;

/// Time between two looks.
const EVERY: Duration = Duration::from_millis(250);

/// Holds kibibytes of resident memory by time, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    looks: Vec<(Duration, u64)>,
}

/// Returns the resident memory, where the system tells it.
fn resident() -> Option<u64> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

impl Memory {
    pub(crate) fn look(&mut self, now: Duration) {
        let is_due = self
            .looks
            .last()
            .is_none_or(|(last, _)| now >= *last + EVERY);
        if is_due && let Some(resident) = resident() {
            self.looks.push((now, resident));
        }
    }

    /// Returns the highest after a quarter of the time, the first quarter's last, and the last.
    fn summary(&self) -> Option<(u64, u64, u64)> {
        let (end, last) = self.looks.last()?;
        let (warm, after) = self
            .looks
            .split_at(self.looks.partition_point(|(at, _)| *at * 4 < *end));
        let peak = after.iter().map(|(_, resident)| *resident).max()?;
        Some((warm.last()?.1, peak, *last))
    }

    /// Asserts that nothing grew by a tenth once the server was warm.
    ///
    /// Against both ends: what only grows has its peak at the end.
    pub(crate) fn assert_flat(&self) {
        if let Some((warm, peak, end)) = self.summary() {
            assert!(peak * 10 <= end * 11, "{self}");
            assert!(peak * 10 <= warm * 11, "{self}");
        }
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.summary() {
            Some((warm, peak, end)) => {
                let tenths = self.looks.len().div_ceil(10);
                let by_tenths = self.looks.iter().step_by(tenths);
                write!(
                    f,
                    "resident memory: {warm} KiB after warm-up, {peak} at most since, {end} at the \
                     end; by tenths of the time {:?}",
                    by_tenths.map(|(_, kib)| kib).collect::<Vec<_>>()
                )
            }
            None => f.write_str("resident memory: this system does not tell"),
        }
    }
}
