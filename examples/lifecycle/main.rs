//! Takes a better model from its first deployment to everybody, and back once.
//!
//! Classifiers of handwritten digits are loaded. `v1` answers 20,000 users on two
//! threads; `v2` goes through a shadow, a canary, an A/B test, a blue/green swap, a roll-back and
//! a progressive roll-out that climbs by itself. `v3` got worse in training, and a guard takes it
//! back. Every number is computed from this run, and every line that ends in `ok`
//! is a check: if one fails, the program says so and ends with a non-zero exit code.
//!
//! Each stage is one function in `stages/`; the list in `stages.rs` is the order. The front pages
//! quote some lines; with `-- --write` their figures are renewed, and else they are a check.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program prints, reads the clock and may wait; the library does not"
)]

mod excerpt;
mod ramp;
mod records;
mod report;
mod stages;
mod stand;
mod traffic;
mod users;

use std::{env, error::Error, process::ExitCode, time::Instant};

use stand::Stand;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let started = Instant::now();
    let mut stand = Stand::new()?;
    for (title, stage) in stages::ALL {
        stand.begin(title);
        stage(&mut stand)?;
    }
    let write = env::args().nth(1).as_deref() == Some("--write");
    stand.end(started.elapsed(), write)
}
