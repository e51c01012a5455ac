//! What is read at the moment when somebody asks.

use std::sync::PoisonError;

use metrics::{describe_gauge, gauge};
use switchstand::{VersionState, rollout::Phase};

use crate::app::App;

const PHASES: [&str; 6] = [
    "pending",
    "shadowing",
    "ramping",
    "baking",
    "promoted",
    "rolled_back",
];

pub(super) fn describe() {
    for (name, meaning) in [
        ("switchstand_generation", "Changes by operators so far."),
        (
            "switchstand_version_state",
            "1 for the state that a version is in, 0 for the others.",
        ),
        (
            "switchstand_in_flight",
            "Requests that hold a lease on a version.",
        ),
        (
            "switchstand_shadows_pending",
            "Sampled shadows that have not ended.",
        ),
        (
            "switchstand_shadows_in_flight",
            "Shadows that hold a permit.",
        ),
        (
            "switchstand_pairs",
            "Pairs of digits of both models, by whether they are the same.",
        ),
        (
            "switchstand_rollout_share",
            "Share of the units that the candidate answers by the draw.",
        ),
        (
            "switchstand_rollout_phase",
            "1 for the phase that the roll-out is in, 0 for the others.",
        ),
        ("switchstand_rollout_step", "Place on the ladder, from 0."),
        (
            "switchstand_rollout_units",
            "Units that have met the present phase.",
        ),
        (
            "switchstand_rollout_bad_events",
            "First bad events of units, by side.",
        ),
        (
            "switchstand_rollout_evidence",
            "Natural logarithm of the evidence of harm, or of safety.",
        ),
        (
            "switchstand_rollout_evidence_needed",
            "Evidence from which it is conclusive.",
        ),
        (
            "switchstand_release_file_refused",
            "1 while the release file as it stands is refused.",
        ),
        (
            "switchstand_wiring_faults",
            "Requests that met something that is wired wrong.",
        ),
        (
            "switchstand_log_lines_lost",
            "Lines of the log that the disk was too slow for.",
        ),
    ] {
        describe_gauge!(name, meaning);
    }
}

/// Sets all gauges.
pub(super) fn read(app: &App) {
    let router = &app.router;
    gauge!("switchstand_generation").set(router.generation() as f64);
    gauge!("switchstand_shadows_in_flight").set(router.shadows_in_flight() as f64);
    versions(app);
    pairs(app);
    rollout(app);
    if let Some(file) = &app.release_file {
        let is_refused = file.fault().is_some();
        gauge!("switchstand_release_file_refused").set(f64::from(u8::from(is_refused)));
    }
    if let Some(log) = &app.log {
        gauge!("switchstand_log_lines_lost").set(log.lost() as f64);
    }
    let faults: u64 = router.wiring().iter().map(|fault| fault.times).sum();
    gauge!("switchstand_wiring_faults").set(faults as f64);
}

fn versions(app: &App) {
    let deployments = app.router.deployments();
    let mut seen = app
        .metrics
        .versions
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    seen.extend(deployments.iter().map(|it| it.label().to_owned()));
    // One that is gone has no state: all its gauges fall to 0, or they would stay for ever.
    for version in &*seen {
        let now = deployments.get(version).map(|it| it.state());
        for state in VersionState::ALL {
            let is_in = f64::from(u8::from(now == Some(state)));
            let state = state.as_str();
            gauge!("switchstand_version_state", "version" => version.clone(), "state" => state)
                .set(is_in);
        }
        let in_flight = app.router.in_flight(version).unwrap_or_default();
        gauge!("switchstand_in_flight", "version" => version.clone()).set(in_flight as f64);
        let counts = app.router.shadow_counts(version);
        let pending = counts.map_or(0, |counts| counts.pending());
        gauge!("switchstand_shadows_pending", "version" => version.clone()).set(pending as f64);
    }
}

fn pairs(app: &App) {
    for ([primary, shadow], tally) in app.comparison.tallies() {
        let Some(agreement) = tally.agreement("digit") else {
            continue;
        };
        let different = agreement.disagreeing();
        for (digit, pairs) in [
            ("same", agreement.pairs() - different),
            ("different", different),
        ] {
            gauge!(
                "switchstand_pairs",
                "primary" => primary.clone(),
                "shadow" => shadow.clone(),
                "digit" => digit,
            )
            .set(pairs as f64);
        }
    }
}

/// The roll-out that runs, or the last one.
fn rollout(app: &App) {
    let Some(ramp) = app.ramp() else { return };
    let rollout = ramp.rollout();
    let labels = [
        ("release", rollout.policy().release().to_owned()),
        ("version", rollout.version().to_owned()),
    ];
    let with = |name: &'static str, value: &str| {
        let mut labels = labels.to_vec();
        labels.push((name, value.to_owned()));
        labels
    };
    gauge!("switchstand_rollout_share", &labels).set(rollout.share().as_fraction());
    let now = rollout.phase().as_str();
    for phase in PHASES {
        let is_in = f64::from(u8::from(phase == now));
        gauge!("switchstand_rollout_phase", &with("phase", phase)).set(is_in);
    }
    if let Phase::Ramping { step } = rollout.phase() {
        gauge!("switchstand_rollout_step", &labels).set(step as f64);
    }
    for (side, units) in ["control", "candidate"].into_iter().zip(ramp.units()) {
        gauge!("switchstand_rollout_units", &with("side", side)).set(units as f64);
    }
    for guard in rollout.schedule().guards() {
        let Some(reading) = ramp.rate_of(guard.name()) else {
            continue;
        };
        for (side, events) in [
            ("control", reading.control_events),
            ("candidate", reading.candidate_events),
        ] {
            let mut labels = with("guard", guard.name());
            labels.push(("side", side.to_owned()));
            gauge!("switchstand_rollout_bad_events", &labels).set(events as f64);
        }
        for (of, evidence) in [("harm", reading.harm), ("safety", reading.safe)] {
            let mut labels = with("guard", guard.name());
            labels.push(("of", of.to_owned()));
            gauge!("switchstand_rollout_evidence", &labels).set(evidence.ln_e);
            gauge!("switchstand_rollout_evidence_needed", &labels).set(evidence.threshold);
        }
    }
}
