//! One server of the fleet.

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use switchstand::experiment::Experiment;
use switchstand::outcomes::Record;
use switchstand::{Observer, Outcome, Policy, Router, Unit};

use crate::traffic::{Ranker, Request, experiment, users_of};
use crate::{LAGGING, SERVERS};

/// Serves one server's traffic and writes its part and its records.
pub(crate) fn serve(number: u64, folder: &Path) -> Result<(), Box<dyn Error>> {
    let file = BufWriter::new(File::create(
        folder.join(format!("records-{number}.jsonl")),
    )?);
    let log = Arc::new(Log {
        file: Mutex::new(file),
    });
    let experiment = experiment(&policy(folder, 1)?)?;
    let router = router(Some(Arc::clone(&log)))?;
    for half in 0..2 {
        load(&router, &experiment, number, half, folder)?;
        serve_half(&router, &experiment, number, half)?;
    }
    log.file
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .flush()?;
    let part = serde_json::to_vec(&experiment.part())?;
    Ok(fs::write(folder.join(format!("part-{number}.json")), part)?)
}

/// Serves the traffic of all servers in one process, each by the policies that it had.
pub(crate) fn serve_alone(folder: &Path) -> Result<Experiment, Box<dyn Error>> {
    let experiment = experiment(&policy(folder, 1)?)?;
    let routers = (0..SERVERS)
        .map(|_| router(None))
        .collect::<Result<Vec<_>, _>>()?;
    for half in 0..2 {
        for (router, number) in routers.iter().zip(0..) {
            load(router, &experiment, number, half, folder)?;
            serve_half(router, &experiment, number, half)?;
        }
    }
    Ok(experiment)
}

fn router(log: Option<Arc<Log>>) -> Result<Router<Ranker>, Box<dyn Error>> {
    let mut builder = Router::builder("ranker");
    if let Some(log) = log {
        builder = builder.observer(log);
    }
    let router = builder.build(
        "v1",
        Ranker {
            clicks_per_mille: 200,
        },
    )?;
    router
        .deploy(
            "v2",
            Ranker {
                clicks_per_mille: 240,
            },
        )
        .map_err(|refused| refused.to_string())?;
    router.validate("v2", |_| Ok::<(), String>(()))?;
    Ok(router)
}

/// Puts in force the policy of this half, on all servers but the one that missed it.
fn load(
    router: &Router<Ranker>,
    experiment: &Experiment,
    number: u64,
    half: u64,
    folder: &Path,
) -> Result<(), Box<dyn Error>> {
    let policy = match half {
        0 => policy(folder, 1)?,
        _ if number == LAGGING => return Ok(()),
        _ => policy(folder, 2)?,
    };
    // A gate that was raised is no other experiment.
    experiment.follow(&policy)?;
    router.release(policy)?;
    Ok(())
}

fn policy(folder: &Path, number: u64) -> Result<Policy, Box<dyn Error>> {
    let file = folder.join(format!("policy-{number}.toml"));
    Ok(toml::from_str(&fs::read_to_string(file)?)?)
}

fn serve_half(
    router: &Router<Ranker>,
    experiment: &Experiment,
    number: u64,
    half: u64,
) -> Result<(), Box<dyn Error>> {
    let (clicks, errors) = (experiment.metric("clicks")?, experiment.metric("errors")?);
    let plan = router.current();
    for user in users_of(number) {
        let unit = Unit::from(user);
        let served = router.predict(unit, &Request { user, half });
        // Who is outside of the gate has no arm, and is counted apart.
        let Ok(_) = experiment.expose(&plan.assignment(unit), unit) else {
            continue;
        };
        experiment.record(errors, unit, f64::from(served.answer.is_err()))?;
        if let Ok(clicked) = served.answer {
            experiment.record(clicks, unit, f64::from(clicked))?;
        }
    }
    Ok(())
}

/// Writes every record as a line of JSON.
struct Log {
    file: Mutex<BufWriter<File>>,
}

impl Observer for Log {
    fn outcome(&self, outcome: &Outcome<'_>) {
        let Ok(mut line) = serde_json::to_vec(&Record::Outcome(outcome.to_record())) else {
            return;
        };
        line.push(b'\n');
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // A log that cannot be written is found too short by the reader.
        let _ = file.write_all(&line);
    }
}
