//! Runs several methods side by side on one stream and notes when each first rejects.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that cannot be set up fails"
)]

/// When each method first rejected, over many runs.
pub(crate) struct Stops {
    pub(crate) names: Vec<&'static str>,
    pub(crate) end: usize,
    /// By method, then by run; none where it never rejected.
    pub(crate) first: Vec<Vec<Option<usize>>>,
}

impl Stops {
    /// Runs `runs` streams of `end` steps.
    ///
    /// `stream` makes a stream: a closure that takes one step and says, by asking back, whether
    /// method `i` rejects now. Methods that have rejected are not asked again.
    pub(crate) fn collect<S>(
        names: &[&'static str],
        runs: usize,
        end: usize,
        mut start: impl FnMut(usize) -> S,
        mut step: impl FnMut(&mut S),
        mut rejects: impl FnMut(&S, usize) -> bool,
    ) -> Stops {
        let mut first = vec![vec![None; runs]; names.len()];
        for run in 0..runs {
            let mut state = start(run);
            for time in 1..=end {
                step(&mut state);
                for (method, stops) in first.iter_mut().enumerate() {
                    if stops[run].is_none() && rejects(&state, method) {
                        stops[run] = Some(time);
                    }
                }
                if first.iter().all(|stops| stops[run].is_some()) {
                    break;
                }
            }
        }
        Stops {
            names: names.to_vec(),
            end,
            first,
        }
    }

    pub(crate) fn rejected(&self, name: &str) -> crate::draws::Proportion {
        let stops = self.of(name);
        crate::draws::Proportion::new(stops.iter().flatten().count(), stops.len())
    }

    /// Mean stop, at the end where it never rejected, with its standard error.
    pub(crate) fn mean_stop(&self, name: &str) -> (f64, f64) {
        let stops = self.of(name);
        let ends: Vec<f64> = stops
            .iter()
            .map(|stop| stop.unwrap_or(self.end) as f64)
            .collect();
        let n = ends.len() as f64;
        let mean = ends.iter().sum::<f64>() / n;
        let squares: f64 = ends.iter().map(|x| (x - mean).powi(2)).sum();
        (mean, (squares / (n - 1.0) / n).sqrt())
    }

    pub(crate) fn print(&self, title: &str) {
        for name in &self.names {
            let (mean, se) = self.mean_stop(name);
            let rate = self.rejected(name).value();
            println!("{title}: {name:<34} rejects {rate:.4}, mean stop {mean:.0} +- {se:.0}");
        }
    }

    fn of(&self, name: &str) -> &[Option<usize>] {
        let index = self.names.iter().position(|&other| other == name).unwrap();
        &self.first[index]
    }
}
