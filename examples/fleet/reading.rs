//! The process that adds up what the servers have noted.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;

use switchstand::experiment::Part;
use switchstand::{Policy, outcomes::Record, release::Fingerprint};

use crate::traffic::users_of;
use crate::{LAGGING, SERVERS, must};

/// Adds up the parts of all servers.
pub(crate) fn merged(folder: &Path) -> Result<Part, Box<dyn Error>> {
    let part = |number: u64| -> Result<Part, Box<dyn Error>> {
        let file = fs::read(folder.join(format!("part-{number}.json")))?;
        Ok(serde_json::from_slice(&file)?)
    };
    let mut sum = part(0)?;
    for number in 1..SERVERS {
        sum.merge(&part(number)?)?;
    }
    Ok(sum)
}

/// Reads the experiment, and finds the server that lags.
pub(crate) fn read(folder: &Path) -> Result<(), Box<dyn Error>> {
    println!("{}\n", merged(folder)?.read_out()?);

    let policy: Policy = toml::from_str(&fs::read_to_string(folder.join("policy-2.toml"))?)?;
    let wanted = policy.fingerprint();
    println!("Policy handed out last: {wanted}\nExposures by the policy that decided them:");
    let mut lagging = Vec::new();
    for number in 0..SERVERS {
        let exposures = exposures(&folder.join(format!("records-{number}.jsonl")))?;
        let total: usize = exposures.counts.values().sum();
        must(
            total == 2 * users_of(number).count(),
            "a log has lost records",
        )?;
        for (fingerprint, count) in &exposures.counts {
            println!("  server {number}: {count:>6} by {fingerprint}");
        }
        if exposures.last != Some(wanted) {
            println!("  server {number} LAGS BEHIND: it decides by another policy");
            lagging.push(number);
        }
    }
    must(
        lagging == [LAGGING],
        "the fingerprints do not show which server lags",
    )
}

/// Exposures of one log.
#[derive(Default)]
struct Exposures {
    counts: BTreeMap<String, usize>,
    /// The policy that decided the last one.
    last: Option<Fingerprint>,
}

fn exposures(log: &Path) -> Result<Exposures, Box<dyn Error>> {
    let mut exposures = Exposures::default();
    for line in BufReader::new(File::open(log)?).lines() {
        if let Record::Outcome(exposure) = serde_json::from_str(&line?)? {
            let fingerprint = exposure.assignment.fingerprint;
            *exposures.counts.entry(fingerprint.to_string()).or_default() += 1;
            exposures.last = Some(fingerprint);
        }
    }
    Ok(exposures)
}
