//! One roll-out on several servers, which are killed, cut off and late.
//!
//! ```sh
//! cargo run --release -p switchstand-fleet                  a harmless candidate, then a harmful one
//! cargo run --release -p switchstand-fleet -- play 50       50 runs, seeds printed
//! cargo run --release -p switchstand-fleet -- table 300 60  the guide's table of false alarms
//! cargo run --release -p switchstand-fleet -- sizes         how large reports are
//! ```
//!
//! Four servers and a leader are processes that talk over loopback. A user's requests may go to any
//! server. Servers and leaders are killed at random, and at the worst moments: between deciding and
//! confirming, between acting and reporting. One server is cut off at times, one is always some
//! rounds behind, and their clocks are hours apart. In the end the evidence must equal the logs, a
//! harmful candidate must be rolled back everywhere, and a harmless one promoted.

#![expect(clippy::print_stdout, reason = "an example prints what it found")]

use std::env;
use std::path::Path;

use switchstand_fleet::{Fault, alarms, sizes, stage};

fn main() -> Result<(), Fault> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match *arguments.as_slice() {
        [] => play(2),
        ["play", runs] => play(runs.parse()?),
        ["serve", folder, role] => stage::serve(Path::new(folder), &serde_json::from_str(role)?),
        ["lead", folder, role] => stage::lead(Path::new(folder), &serde_json::from_str(role)?),
        ["table", harmless, harmful] => {
            println!("{}", alarms::table(harmless.parse()?, harmful.parse()?)?);
            Ok(())
        }
        ["sizes"] => {
            println!("{}", sizes::sizes()?);
            Ok(())
        }
        _ => Err("usage: fleet [play RUNS | table HARMLESS HARMFUL | sizes]".into()),
    }
}

/// Plays so many releases, with seeds from 1 on or from FIRST_SEED.
fn play(runs: u64) -> Result<(), Fault> {
    let first: u64 = env::var("FIRST_SEED").map_or(Ok(1), |seed| seed.parse())?;
    let folder = env::temp_dir().join(format!("switchstand-fleet-{}", std::process::id()));
    for seed in first..first + runs {
        let ratio = if seed % 2 == 1 { 1 } else { 3 };
        let found = stage::play(&folder, ratio, seed)
            .map_err(|fault| format!("seed {seed}, in {}: {fault}", folder.display()))?;
        println!("seed {seed}: {found}");
    }
    Ok(std::fs::remove_dir_all(folder)?)
}
