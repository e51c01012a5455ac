//! Finds out before a release, in seconds, what its guard can see.
//!
//! `cargo run --release -p rehearsal`
//!
//! Candidates with 1, 1.5, .. up to 10 times the errors of the old version are released thousands
//! of times to made-up users, a few of whom have most of the errors.

#![expect(clippy::print_stdout, reason = "an example that reports what it finds")]

use std::error::Error;
use std::ops::Range;
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use switchstand::rollout::{Check, Climb, Guard, Schedule};
use switchstand::stats::guard::RateTest;
use switchstand::testing::{Effect, Population, Rehearsal, RehearsalError, Rehearsed};
use switchstand::{Policy, Share};

const RATIOS: [f64; 6] = [1.0, 1.5, 2.0, 3.0, 5.0, 10.0];
const RELEASES: u64 = 2_000;
const USERS: usize = 20_000;

fn main() -> Result<(), Box<dyn Error>> {
    let style = "{msg:>11} {wide_bar} {pos}/{len} releases, {eta} left";
    let bar = ProgressBar::new(RELEASES * RATIOS.len() as u64);
    bar.set_style(ProgressStyle::with_template(style)?);
    let mut results = Vec::new();
    for ratio in RATIOS {
        bar.set_message(format!("{ratio} x errors"));
        results.push((ratio, rehearse(&rehearsal(ratio)?, &bar)?));
    }
    bar.finish_and_clear();

    println!("1, 5, 25, 50, 100 %; half an hour on each step, an hour at 100 %");
    println!("{USERS} users, 50 requests a second, 1 % of them bad, a look every minute");
    println!("{RELEASES} rehearsed releases for each line\n");
    println!(
        "{:>7}  {:>17}  {:>21}  {:>27}",
        "errors", "rejected", "minutes to rejection", "users exposed by rejection"
    );
    println!(
        "{:>7}  {:>17}  {:>10} {:>10}  {:>8} {:>8} {:>9}",
        "", "", "mean", "90 %", "mean", "median", "90 %"
    );
    for (ratio, result) in &results {
        print_line(*ratio, result);
    }
    let harmless = results.first().map(|(_, result)| result);
    if let Some(lasted) = harmless.and_then(Rehearsed::seconds_to_promotion) {
        println!(
            "\nA harmless release takes {:.1} hours when it is promoted.",
            lasted.mean / 3_600.0
        );
    }
    Ok(())
}

fn print_line(ratio: f64, result: &Rehearsed) {
    let (chance, error) = result.rejection().unwrap_or_default();
    print!(
        "{ratio:>5} x  {:>7.2} % +- {:>4.2}",
        100.0 * chance,
        100.0 * error
    );
    match (result.seconds_to_rejection(), result.exposed_at_rejection()) {
        (Some(seconds), Some(users)) => println!(
            "  {:>10.1} {:>10.1}  {:>8.0} {:>8.0} {:>9.0}",
            seconds.mean / 60.0,
            seconds.ninety / 60.0,
            users.mean,
            users.median,
            users.ninety
        ),
        _ => println!("  {:>10}", "never"),
    }
}

/// The release as it will be, and a candidate with `ratio` times the errors.
fn rehearsal(ratio: f64) -> Result<Rehearsal, Box<dyn Error>> {
    let errors = Guard::new("errors", Check::Rate(RateTest::default()));
    let half_an_hour = Duration::from_secs(1_800);
    let schedule = Schedule::new([errors])?.with_climb(Climb::Dwell {
        time: half_an_hour,
        exposures: 100,
    })?;
    let policy = Policy::canary("ranker-2026-11", "v2", Share::NONE);
    let users = Population::synthetic(USERS, 7);
    Ok(Rehearsal::new(policy, schedule, users)?
        .with_traffic(50.0)?
        .with_look_every(Duration::from_secs(60))?
        .with_effect("errors", Effect::bad_events(0.01).times(ratio).sticky(0.5))?)
}

/// Runs all releases, on as many threads as there are processors.
fn rehearse(rehearsal: &Rehearsal, bar: &ProgressBar) -> Result<Rehearsed, Box<dyn Error>> {
    let threads = thread::available_parallelism()?.get() as u64;
    let part = |thread: u64| -> Range<u64> {
        RELEASES * thread / threads..RELEASES * (thread + 1) / threads
    };
    let parts = thread::scope(|scope| {
        let parts: Vec<_> = (0..threads)
            .map(|thread| scope.spawn(move || rehearsal.simulate(part(thread), |_| bar.inc(1))))
            .collect();
        parts
            .into_iter()
            .map(|part| part.join())
            .collect::<Vec<_>>()
    });
    let mut whole: Option<Rehearsed> = None;
    for part in parts {
        let part: Result<Rehearsed, RehearsalError> =
            part.map_err(|_| "a thread of the rehearsal panicked")?;
        match &mut whole {
            Some(whole) => whole.merge(part?)?,
            None => whole = Some(part?),
        }
    }
    Ok(whole.ok_or("no thread, no rehearsal")?)
}
