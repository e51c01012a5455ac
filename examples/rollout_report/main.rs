//! Runs a healthy and a harmful release and writes a report of both, one HTML file.
//!
//! ```console
//! cargo run --release -p rollout_report
//! ```
//!
//! The requests are simulated, everything else is what a server would use: a router, a roll-out
//! with two guards, an experiment for each step. The file's name may be given. The program draws
//! the picture of the front pages too and fails if it differs from the one in the repository;
//! `-- --write` stores the new one.

#![expect(clippy::print_stdout, reason = "it tells how the releases ended")]
#![expect(
    clippy::indexing_slicing,
    reason = "columns of a picture and the two versions have fixed places"
)]

mod chart;
mod intervals;
mod page;
mod picture;
#[path = "../pictures.rs"]
mod pictures;
mod release;
mod requests;
#[path = "../three_arms.rs"]
mod three_arms;

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use switchstand::rollout::Phase;

use release::Release;
use requests::Candidate;

fn main() -> Result<(), Box<dyn Error>> {
    let healthy = Candidate {
        errors: 1.0,
        score: 0.002,
    };
    let harmful = Candidate {
        errors: 3.0,
        score: -0.01,
    };
    let releases = [
        Release::run("healthy-2026-11", healthy)?,
        Release::run("harmful-2026-11", harmful)?,
    ];

    let folder = PathBuf::from(env::var_os("CARGO_TARGET_DIR").unwrap_or("target".into()));
    let write = env::args_os().any(|given| given == "--write");
    let mut given = env::args_os().skip(1).filter(|given| given != "--write");
    let given = given.next().map(PathBuf::from);
    let path = given.unwrap_or_else(|| folder.join("rollout_report.html"));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&path, page::write(&releases)?)?;

    for release in &releases {
        println!("{}", release.outcome());
    }
    println!("report: {}", path.display());
    if !pictures::keep("rollouts", &picture::draw(&releases)?, write)? {
        return Err("the picture of the front pages is another: `-- --write` renews it".into());
    }
    match releases.map(|release| release.rollout.phase()) {
        [Phase::Promoted, Phase::RolledBack] => Ok(()),
        [healthy, harmful] => {
            Err(format!("the healthy release is {healthy}, the harmful one {harmful}").into())
        }
    }
}
