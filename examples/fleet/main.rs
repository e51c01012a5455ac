//! Three servers, one experiment: what each has noted adds up to what one would have noted.
//!
//! ```console
//! cargo run --release --example fleet
//! ```
//!
//! Three processes load the same policy file, route traffic of their own, and write their part of
//! the experiment and their records to files. Amid the traffic a new policy is handed out, and one
//! server misses it. A fourth process adds the parts up, reads the experiment, and finds the server
//! that lags by the fingerprints in the records. Then one process serves the same traffic alone: its
//! read-out must be the same to the last digit, or the example fails.

#![expect(clippy::print_stdout, reason = "an example that reports what it finds")]

mod reading;
mod server;
mod traffic;

use std::env;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;

use switchstand::{Policy, Share};

/// The release's name, which salts the draws on every server.
const RELEASE: &str = "ranker-ab-7";
/// The server that never loads the second policy.
const LAGGING: u64 = 2;
const SERVERS: u64 = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match *arguments {
        [] => run_all(),
        ["serve", number, folder] => server::serve(number.parse()?, Path::new(folder)),
        ["read", folder] => reading::read(Path::new(folder)),
        _ => Err("usage: fleet".into()),
    }
}

fn run_all() -> Result<(), Box<dyn Error>> {
    let folder = env::temp_dir().join(format!("switchstand-fleet-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let result = run_in(&folder);
    fs::remove_dir_all(&folder)?;
    result
}

fn run_in(folder: &Path) -> Result<(), Box<dyn Error>> {
    // A product team starts with 40 % of the users, and lets more in later.
    let arms = [("v1", 1), ("v2", 1)];
    for (name, percent) in [("policy-1.toml", 40), ("policy-2.toml", 60)] {
        let policy = Policy::ab_test(RELEASE, arms).gate(Share::percent(percent)?);
        fs::write(folder.join(name), toml::to_string(&policy)?)?;
    }
    let program = env::current_exe()?;
    let servers: Vec<_> = (0..SERVERS)
        .map(|number| {
            let number = number.to_string();
            Command::new(&program)
                .args(["serve", &number])
                .arg(folder)
                .spawn()
        })
        .collect::<Result<_, _>>()?;
    for mut server in servers {
        must(server.wait()?.success(), "a server failed")?;
    }
    let reader = Command::new(&program).arg("read").arg(folder).status()?;
    must(reader.success(), "the reading failed")?;

    let alone = server::serve_alone(folder)?;
    let (merged, single) = (reading::merged(folder)?, alone.part());
    must(
        merged == single,
        "the parts do not add up to what one process notes",
    )?;
    let (fleet, alone) = (merged.read_out()?, single.read_out()?);
    must(
        fleet == alone,
        "the fleet and one process read different numbers",
    )?;
    println!("\nOne process with the same traffic: {}", alone.verdict);
    println!("Its read-out is equal to the fleet's in every number.");
    Ok(())
}

pub(crate) fn must(holds: bool, otherwise: &str) -> Result<(), Box<dyn Error>> {
    if holds { Ok(()) } else { Err(otherwise.into()) }
}
