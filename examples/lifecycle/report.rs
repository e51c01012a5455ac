//! What the program tells its reader, and the checks that decide its exit code.

use std::{cell::RefCell, error::Error, fmt::Display, process::ExitCode, time::Duration};

use switchstand::{
    Share,
    release::Diff,
    stats::{Alpha, Refusal, sample_ratio},
};

use crate::excerpt;

/// Prints the story and counts the checks that failed.
#[derive(Default)]
pub(crate) struct Report {
    stages: usize,
    checks: usize,
    failed: usize,
    /// The story so far, from which the front pages quote.
    printed: RefCell<Vec<String>>,
}

impl Report {
    fn print(&self, line: &str) {
        println!("{line}");
        self.printed.borrow_mut().push(line.trim().to_owned());
    }

    pub(crate) fn stage(&mut self, title: &str) {
        self.stages += 1;
        println!();
        self.print(&format!("{}. {title}", self.stages));
    }

    /// Begins a step within a stage.
    pub(crate) fn step(&self, title: &str) {
        self.print(&format!("   - {title}"));
    }

    /// Prints whom the next policy will move, one line per audience.
    pub(crate) fn moves(&self, diff: &Diff) {
        for class in diff.to_string().lines() {
            self.print(&format!("   > {class}"));
        }
    }

    /// Prints a number that this run may give or not.
    pub(crate) fn says(&self, what: &str, value: impl Display) {
        self.print(&format!("   {what:<38} {value}"));
    }

    /// Prints a number that must be as the design says, and checks that it is.
    pub(crate) fn must(&mut self, what: &str, value: impl Display, holds: bool) {
        self.checks += 1;
        let verdict = if holds { "ok" } else { "NOT AS DESIGNED" };
        self.failed += usize::from(!holds);
        self.print(&format!(
            "   {what:<38} {:<42} {verdict}",
            value.to_string()
        ));
    }

    /// Checks that `found` of `all` are what a share should give by chance.
    ///
    /// The users are fixed, so the same run gives the same verdict every time; the error rate is
    /// that of a sample ratio check, 0.001.
    pub(crate) fn must_fit(
        &mut self,
        what: &str,
        found: usize,
        all: usize,
        share: Share,
    ) -> Result<(), Refusal> {
        let counts = [found as u64, (all - found) as u64];
        let weights = [share.as_fraction(), share.complement().as_fraction()];
        let check = sample_ratio::check(&counts, &weights, Alpha::ONE_PER_MILLE)?;
        let value = format!(
            "{} of {} = {} (asked {share})",
            count(found),
            count(all),
            percent(found, all)
        );
        self.must(what, value, check.is_consistent());
        Ok(())
    }

    /// Prints the verdict of the whole run, after the last check: what the front pages quote.
    ///
    /// # Errors
    /// A front page that cannot be read or written.
    pub(crate) fn end(
        &mut self,
        requests: usize,
        time: Duration,
        write: bool,
    ) -> Result<ExitCode, Box<dyn Error>> {
        let quoted = excerpt::compare(&self.printed.borrow(), write)?;
        self.must("the front pages quote this story", "as it is", quoted);
        println!(
            "\n{} requests, {} checks, {} failed, {:.1} s",
            count(requests),
            self.checks,
            self.failed,
            time.as_secs_f64()
        );
        Ok(match self.failed {
            0 => ExitCode::SUCCESS,
            _ => ExitCode::FAILURE,
        })
    }
}

/// Returns a number with separators: `20,000`.
pub(crate) fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Returns a part of a whole: `2.5 %`.
pub(crate) fn percent(part: usize, whole: usize) -> String {
    format!("{:.1} %", 100.0 * part as f64 / whole as f64)
}
