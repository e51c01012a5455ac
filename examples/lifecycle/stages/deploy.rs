//! A version that is deployed answers nobody until it is validated and released.

use std::error::Error;

use switchstand::{Policy, Share, VersionState};

use crate::stand::Stand;

/// Images on which a model must do well before it may answer anybody.
const PROBES: usize = 100;

pub(crate) fn stage(stand: &mut Stand) -> Result<(), Box<dyn Error>> {
    let candidate = stand.candidate.take().ok_or("v2 was not loaded")?;
    stand.router.deploy("v2", candidate)?;
    let early = Policy::canary("digits-2026-11", "v2", Share::percent(1)?);
    let checked = stand.router.check(&early);
    stand.must_be_refused("a canary before the last checks", checked);

    let probes: Vec<_> = stand.samples.iter().take(PROBES).copied().collect();
    stand
        .router
        .validate("v2", |model| match digits::accuracy(model, &probes) {
            Ok(accuracy) if accuracy >= 0.9 => Ok(()),
            Ok(accuracy) => Err(format!("accuracy {accuracy} on {PROBES} images")),
            Err(failed) => Err(failed.to_string()),
        })?;
    stand.must_be("v2", VersionState::Ready);

    let answers = stand.serve();
    stand.must_be_all("requests on v1", answers.of("v1").count(), answers.len());
    Ok(())
}
