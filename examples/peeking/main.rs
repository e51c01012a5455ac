//! Shows how often tests made for one look raise a false alarm if they look at every bad event.
//!
//! Canaries of 5 % with an error rate of 1 %, harmless or harmful, are watched by several methods
//! on the same streams. The table says how often each raised an alarm and when; the chart shows
//! the share of canaries stopped so far, over time.
//!
//! ```text
//! cargo run --release -p peeking [-- chart.svg]
//! ```
//!
//! The chart is the one of the guide. The program fails if it differs; `-- --write` stores the new
//! one.

#![expect(clippy::print_stdout, reason = "an example prints what it found")]

mod chart;
mod methods;
#[path = "../pictures.rs"]
mod pictures;
mod stream;

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use methods::{METHODS, Watch};
use stream::Stream;

/// Requests after which a canary ends.
const REQUESTS: u64 = 200_000;
/// Canaries per rate ratio.
const RUNS: usize = 400;
const SEED: u64 = 20;

/// When each method stopped each canary: the request, none where it did not.
pub(crate) struct Outcome {
    pub(crate) ratio: f64,
    /// By method, then by canary.
    pub(crate) stops: Vec<Vec<Option<u64>>>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let write = std::env::args().any(|given| given == "--write");
    let path = std::env::args().skip(1).find(|given| given != "--write");
    let outcomes = [1.0, 1.5, 2.0, 3.0]
        .map(watch)
        .into_iter()
        .collect::<Result<Vec<Outcome>, _>>()?;
    print(&outcomes);
    let chart = chart::draw(&outcomes)?;
    if let Some(path) = path.map(PathBuf::from) {
        fs::write(&path, &chart)?;
        println!("\nChart: {}", path.display());
    }
    if !pictures::keep("peeking", &chart, write)? {
        return Err("the guide has another picture: `-- --write` renews it".into());
    }
    Ok(())
}

/// Runs canaries whose error rate is `ratio` times the control's.
fn watch(ratio: f64) -> Result<Outcome, Box<dyn Error>> {
    let mut stops = vec![vec![None; RUNS]; METHODS.len()];
    for run in 0..RUNS {
        let mut stream = Stream::new(SEED + run as u64, ratio);
        let mut watch = Watch::new()?;
        while let Some(event) = stream.next_bad_event(REQUESTS) {
            watch.see(&event)?;
            for (method, stops) in METHODS.iter().zip(&mut stops) {
                let stop = stops.get_mut(run).ok_or("a canary too many")?;
                if stop.is_none() && (method.alarms)(&watch) {
                    *stop = Some(event.request);
                }
            }
        }
    }
    Ok(Outcome { ratio, stops })
}

fn print(outcomes: &[Outcome]) {
    println!(
        "{RUNS} canaries of 5 % per column, error rate 1 %, at most {REQUESTS} requests, a look \
         after every bad event.\nThe nominal error rate of every method is 1 %.\n"
    );
    print!("{:<44}", "share stopped, mean request of the stop");
    for outcome in outcomes {
        match outcome.ratio {
            1.0 => print!("{:>16}", "harmless"),
            ratio => print!("{:>16}", format!("{ratio} x errors")),
        }
    }
    println!();
    for (index, method) in METHODS.iter().enumerate() {
        print!("{:<44}", method.name);
        for outcome in outcomes {
            let stops = outcome.stops.get(index).map_or(&[][..], Vec::as_slice);
            let stopped: Vec<u64> = stops.iter().flatten().copied().collect();
            let share = 100.0 * stopped.len() as f64 / RUNS as f64;
            let mean = stopped.iter().sum::<u64>() as f64 / stopped.len() as f64;
            let when = match stopped.len() {
                0 => "never".to_owned(),
                _ => format!("{mean:.0}"),
            };
            print!("{:>16}", format!("{share:.1} % {when:>7}"));
        }
        println!();
    }
}
