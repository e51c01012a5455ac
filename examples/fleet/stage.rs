//! The play: processes that are started, killed, cut off and checked.

mod checks;
mod luck;
mod process;

pub use checks::{check, is_settled};
pub use luck::Luck;
pub use process::{lead, serve};

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::Fault;

/// How many servers there are.
const SERVERS: u64 = 4;
/// A run that takes longer has stopped.
const LONGEST: Duration = Duration::from_secs(240);
/// How a process ends that was unlucky.
pub const UNLUCKY: i32 = 7;

/// What a process is told at its start.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// Its place among the servers.
    pub number: u64,
    /// Which start it is; a leader's term.
    pub incarnation: u64,
    /// How much more often the candidate fails.
    pub ratio: u64,
    /// By how many rounds a server does late what it is told.
    pub rounds_behind: usize,
    /// The names of all servers.
    pub servers: Vec<String>,
    /// The minute at which a leader's clock begins.
    pub clock: u64,
    /// What its luck is drawn from.
    pub seed: u64,
    /// Whether it may die at the worst moment.
    pub may_die: bool,
}

/// Plays one release: a candidate that fails `ratio` times as often.
///
/// # Errors
/// What was not as it must be, with the seed.
pub fn play(folder: &Path, ratio: u64, seed: u64) -> Result<String, Fault> {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder)?;
    let servers: Vec<String> = (0..SERVERS)
        .map(|number| format!("server-{number}"))
        .collect();
    let role = |number: u64| Role {
        name: format!("server-{number}"),
        number,
        incarnation: 1,
        ratio,
        rounds_behind: if number == 2 { 5 } else { 0 },
        servers: servers.clone(),
        clock: 0,
        seed: seed.wrapping_mul(1_000).wrapping_add(number),
        may_die: true,
    };
    let mut roles: Vec<Role> = (0..SERVERS).map(role).collect();
    roles.push(Role {
        name: "leader".to_owned(),
        ..role(SERVERS)
    });
    let mut luck = Luck::of(seed);
    let mut processes = Vec::new();
    for role in &roles {
        processes.push(start(folder, role)?);
    }
    let mut deaths = 0;
    let mut next = 300 + luck.below(600);
    let started = Instant::now();
    let ended = loop {
        let elapsed = started.elapsed();
        if elapsed > LONGEST {
            break Err("the release does not end");
        }
        if elapsed.as_millis() > u128::from(next) {
            next += 300 + luck.below(900);
            let whom = luck.below(SERVERS + 2) as usize;
            match processes.get_mut(whom) {
                Some(process) => process.kill()?,
                // One is cut off, or comes back.
                None => {
                    let cut = folder.join("cut-server-1");
                    match cut.exists() {
                        true => fs::remove_file(cut)?,
                        false => fs::write(cut, "")?,
                    }
                }
            }
        }
        let is_over = folder.join("over").exists();
        for (process, role) in processes.iter_mut().zip(&mut roles) {
            let Some(status) = process.try_wait()? else {
                continue;
            };
            if status.code().is_some_and(|code| code != UNLUCKY) {
                return Err(format!("{} failed: {status}", role.name).into());
            }
            deaths += 1;
            role.incarnation += 1;
            role.seed = luck.below(1 << 60);
            // Later leaders' clocks are up to an hour ahead of the first one's, or behind.
            role.clock = luck.below(2) * 60;
            role.may_die = deaths < 6;
            *process = start(folder, role)?;
        }
        if is_over && is_settled(folder, &servers, ratio) {
            break Ok(());
        }
        if is_over || deaths >= 8 {
            next = u64::MAX;
            let _ = fs::remove_file(folder.join("cut-server-1"));
        }
        sleep(Duration::from_millis(10));
    };
    for process in &mut processes {
        let _ = process.kill();
        process.wait()?;
    }
    ended?;
    let found = check(folder, &servers, ratio)?;
    Ok(format!(
        "{found}; {deaths} deaths, {:.1} s",
        started.elapsed().as_secs_f64()
    ))
}

fn start(folder: &Path, role: &Role) -> Result<Child, Fault> {
    let command = match role.name.as_str() {
        "leader" => "lead",
        _ => "serve",
    };
    let role = serde_json::to_string(role)?;
    let mut program = Command::new(env::current_exe()?);
    Ok(program.arg(command).arg(folder).arg(role).spawn()?)
}
