//! Compares two policy files before the new one is merged, for the checks of a repository.
//!
//! ```text
//! cargo run --all-features --example check_policy -- old.toml new.toml [live version]
//! ```
//!
//! Prints what would be refused, who moves, who loses a version, and which versions everyone and
//! each segment can get. The exit code is 0 if the new file is good, 1 if it would be refused, 2 if
//! a file cannot be read.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command prints"
)]

mod report;

use std::process::ExitCode;

use switchstand::testing::LIVE;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (old, new, live) = match arguments.as_slice() {
        [old, new] => (old, new, LIVE),
        [old, new, live] => (old, new, live.as_str()),
        _ => {
            eprintln!("usage: check_policy old.toml new.toml [live version]");
            return ExitCode::from(report::UNREADABLE);
        }
    };
    let report = report::compare(old, new, live);
    print!("{}", report.text);
    ExitCode::from(report.code)
}
