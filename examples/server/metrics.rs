//! What the server counts, in the text format of Prometheus.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{Mutex, PoisonError},
};

use switchstand::shadow::{DropReason, ShadowOutcome};

use crate::app::App;

/// Counts the answers that clients got.
#[derive(Default)]
pub(crate) struct Answers(Mutex<BTreeMap<(String, bool), u64>>);

impl Answers {
    pub(crate) fn count(&self, version: &str, ok: bool) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry((version.to_owned(), ok)).or_default() += 1;
    }

    fn read(&self) -> BTreeMap<(String, bool), u64> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.clone()
    }
}

/// Returns all metrics.
pub(crate) fn text(app: &App) -> String {
    let mut text = String::new();
    let mut family = |name: &str, kind: &str, help: &str, samples: Vec<(String, String)>| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (labels, value) in samples {
            let _ = writeln!(text, "{name}{labels} {value}");
        }
    };
    let answers = app.answers.read().into_iter();
    family(
        "answers_total",
        "counter",
        "Answers that clients got.",
        answers
            .map(|((version, ok), count)| {
                let result = if ok { "ok" } else { "error" };
                let labels = [("version", version.as_str()), ("result", result)];
                (label_set(&labels), count.to_string())
            })
            .collect(),
    );
    let generation = app.router.generation().to_string();
    let one = |value: String| vec![(String::new(), value)];
    family("generation", "gauge", "Changes so far.", one(generation));
    let deployments = app.router.deployments();
    family(
        "version_state",
        "gauge",
        "Deployed versions and their states.",
        deployments
            .iter()
            .map(|deployment| {
                let state = deployment.state().to_string();
                let labels = [("version", deployment.label()), ("state", &state)];
                (label_set(&labels), "1".to_owned())
            })
            .collect(),
    );
    let in_flight = app.router.shadows_in_flight().to_string();
    family(
        "shadows_in_flight",
        "gauge",
        "Shadows that hold a permit.",
        one(in_flight),
    );
    let (mut sampled, mut pending, mut ended) = (Vec::new(), Vec::new(), Vec::new());
    for deployment in &deployments {
        let version = deployment.label();
        let Some(counts) = app.router.shadow_counts(version) else {
            continue;
        };
        let labels = label_set(&[("version", version)]);
        sampled.push((labels.clone(), counts.sampled().to_string()));
        pending.push((labels, counts.pending().to_string()));
        ended.extend(counts.iter().map(|(outcome, count)| {
            let labels = [("version", version), ("outcome", word(outcome))];
            (label_set(&labels), count.to_string())
        }));
    }
    let sampled_help = "Shadows sampled: ended and pending ones.";
    family("shadows_sampled_total", "counter", sampled_help, sampled);
    family("shadows_pending", "gauge", "Shadows not ended.", pending);
    family(
        "shadows_ended_total",
        "counter",
        "How shadows ended.",
        ended,
    );
    let compared = app
        .comparison
        .tallies()
        .into_iter()
        .flat_map(|(key, tally)| {
            let [primary, shadow] = key;
            let digits = tally.agreement("digit").map(|agreement| {
                let different = agreement.disagreeing();
                [
                    ("same", agreement.pairs() - different),
                    ("different", different),
                ]
            });
            digits.into_iter().flatten().map(move |(result, count)| {
                let labels = [
                    ("primary", primary.as_str()),
                    ("shadow", shadow.as_str()),
                    ("digit", result),
                ];
                (label_set(&labels), count.to_string())
            })
        });
    let help = "Pairs of digits that both models read.";
    family("pairs_total", "counter", help, compared.collect());
    text
}

const fn word(outcome: ShadowOutcome) -> &'static str {
    match outcome {
        ShadowOutcome::Answered => "answered",
        ShadowOutcome::Failed => "failed",
        ShadowOutcome::Panicked => "panicked",
        ShadowOutcome::Dropped(DropReason::NoPermit) => "dropped_no_permit",
        ShadowOutcome::Dropped(DropReason::Deadline) => "dropped_deadline",
        ShadowOutcome::Dropped(DropReason::QueueFull) => "dropped_queue_full",
        ShadowOutcome::Dropped(DropReason::NotReady) => "dropped_not_ready",
        ShadowOutcome::Dropped(DropReason::Unrun) => "dropped_unrun",
        ShadowOutcome::Dropped(DropReason::Cancelled) => "dropped_cancelled",
        _ => "other",
    }
}

/// Returns labels in braces, with the three characters escaped that the format names.
fn label_set(labels: &[(&str, &str)]) -> String {
    let escape = |value: &str| {
        let value = value.replace('\\', r"\\").replace('"', "\\\"");
        value.replace('\n', r"\n")
    };
    let labels: Vec<_> = labels
        .iter()
        .map(|(name, value)| format!("{name}=\"{}\"", escape(value)))
        .collect();
    format!("{{{}}}", labels.join(","))
}
