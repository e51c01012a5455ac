//! What the server tells Prometheus: an observer that counts, and gauges that are read when asked.

mod gauges;

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, PoisonError, RwLock},
};

use metrics::{Counter, Histogram, counter, histogram, with_local_recorder};
use metrics_exporter_prometheus::{
    BuildError, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};
use switchstand::{Ending, Observer, Outcome, Reason, release::Fingerprint, shadow::ShadowRun};

use crate::gate::Ready;

/// The upper ends of the buckets of seconds.
const SECONDS: [f64; 12] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0,
];

/// Counts outcomes and shadows by the facade `metrics`.
///
/// It has a recorder of its own, so that several servers in one process stay apart. With the
/// process-wide one (`PrometheusBuilder::install_recorder`) the macros need no
/// `with_local_recorder` around them.
pub(crate) struct Metrics {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    /// The handles of what was counted before: a name is looked up once, not for each request.
    series: RwLock<HashMap<(Fingerprint, Reason, Ending), Vec<Series>>>,
    /// Every version that was ever deployed.
    versions: Mutex<BTreeSet<String>>,
}

/// What is counted for one version under one policy, reason and ending.
struct Series {
    version: String,
    requests: Counter,
    seconds: Histogram,
}

impl Metrics {
    pub(crate) fn new() -> Result<Metrics, BuildError> {
        let recorder = PrometheusBuilder::new()
            .set_buckets(&SECONDS)?
            .build_recorder();
        let handle = recorder.handle();
        with_local_recorder(&recorder, describe);
        Ok(Metrics {
            recorder,
            handle,
            series: RwLock::default(),
            versions: Mutex::default(),
        })
    }

    /// Files what was measured away; to be called from time to time.
    pub(crate) fn keep_up(&self) {
        self.handle.run_upkeep();
    }

    /// Counts an outcome whose series is known.
    fn count(&self, outcome: &Outcome<'_>) -> bool {
        let series = self.series.read().unwrap_or_else(PoisonError::into_inner);
        let known = series.get(&key(outcome));
        let known = known.and_then(|all| all.iter().find(|it| it.version == outcome.version()));
        if let Some(series) = known {
            series.count(outcome);
        }
        known.is_some()
    }

    fn count_anew(&self, outcome: &Outcome<'_>) {
        let labels = [
            ("release", outcome.release().to_owned()),
            ("version", outcome.version().to_owned()),
            ("reason", outcome.reason().as_str().to_owned()),
            ("ending", outcome.ending().as_str().to_owned()),
        ];
        let new = with_local_recorder(&self.recorder, || Series {
            version: outcome.version().to_owned(),
            requests: counter!("switchstand_requests_total", &labels),
            seconds: histogram!("switchstand_request_seconds", &labels),
        });
        new.count(outcome);
        let mut series = self.series.write().unwrap_or_else(PoisonError::into_inner);
        series.entry(key(outcome)).or_default().push(new);
    }
}

impl Series {
    fn count(&self, outcome: &Outcome<'_>) {
        self.requests.increment(1);
        if let Some(took) = outcome.took() {
            self.seconds.record(took.as_secs_f64());
        }
    }
}

fn key(outcome: &Outcome<'_>) -> (Fingerprint, Reason, Ending) {
    (outcome.fingerprint(), outcome.reason(), outcome.ending())
}

impl Observer for Metrics {
    /// No series is kept for a single unit.
    fn needs_unit(&self) -> bool {
        false
    }

    fn outcome(&self, outcome: &Outcome<'_>) {
        if !self.count(outcome) {
            self.count_anew(outcome);
        }
        if let (Some(ending), Some(live)) = (outcome.stand_in(), outcome.answered_by()) {
            with_local_recorder(&self.recorder, || {
                counter!(
                    "switchstand_fallbacks_total",
                    "release" => outcome.release().to_owned(),
                    "version" => outcome.version().to_owned(),
                    "answered_by" => live.to_owned(),
                    "ending" => ending.as_str(),
                )
                .increment(1);
            });
        }
    }

    fn shadow(&self, run: &ShadowRun<'_>) {
        let labels = [
            ("release", run.assignment.release.to_string()),
            ("version", run.shadow.to_string()),
            ("ending", run.outcome.as_str().to_owned()),
        ];
        with_local_recorder(&self.recorder, || {
            counter!("switchstand_shadows_total", &labels).increment(1);
            if let Some(took) = run.took {
                histogram!("switchstand_shadow_seconds", &labels).record(took.as_secs_f64());
            }
        });
    }
}

/// Says once what each name means.
fn describe() {
    for (name, meaning) in [
        (
            "switchstand_requests_total",
            "Requests, by the version drawn and how they ended for it.",
        ),
        (
            "switchstand_fallbacks_total",
            "Requests that the live version answered for one that failed.",
        ),
        ("switchstand_shadows_total", "Shadows that have ended."),
    ] {
        metrics::describe_counter!(name, meaning);
    }
    for (name, meaning) in [
        (
            "switchstand_request_seconds",
            "From the admission to the end, a stand-in's time included.",
        ),
        (
            "switchstand_shadow_seconds",
            "How long shadows took that were run.",
        ),
    ] {
        metrics::describe_histogram!(name, metrics::Unit::Seconds, meaning);
    }
    gauges::describe();
}

/// Answers Prometheus.
pub(crate) async fn text(Ready(app): Ready) -> String {
    with_local_recorder(&app.metrics.recorder, || gauges::read(&app));
    app.metrics.handle.render()
}
