//! Records as events.

use std::{
    collections::BTreeMap,
    fmt::Debug,
    sync::{Arc, Mutex},
};

use switchstand::{Model, Policy, Router, Share, Timestamp, tracing::TracingObserver};
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{Layer, Registry, layer::Context, layer::SubscriberExt as _};

struct Same;

impl Model for Same {
    type Input = u64;
    type Output = u64;
    type Error = ();

    fn predict(&self, input: &u64) -> Result<u64, ()> {
        match input {
            0 => panic!("zero"),
            input => Ok(*input),
        }
    }
}

type Fields = BTreeMap<String, String>;

#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<(Level, String, Fields)>>>);

impl<S: Subscriber> Layer<S> for Seen {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        struct Collect(Fields);
        impl Visit for Collect {
            fn record_str(&mut self, field: &Field, value: &str) {
                self.0.insert(field.name().to_owned(), value.to_owned());
            }

            fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
                self.0.insert(field.name().to_owned(), format!("{value:?}"));
            }
        }
        let mut fields = Collect(Fields::new());
        event.record(&mut fields);
        let metadata = event.metadata();
        let entry = (*metadata.level(), metadata.target().to_owned(), fields.0);
        self.0.lock().unwrap().push(entry);
    }
}

#[test]
fn outcomes_shadows_and_changes_bear_the_usual_names() {
    let seen = Seen::default();
    let subscriber = Registry::default().with(seen.clone());
    tracing::subscriber::with_default(subscriber, || {
        let router = Router::builder("test")
            .observer(Arc::new(TracingObserver))
            .clock(|| Timestamp::from_secs(3))
            .build("v1", Same)
            .unwrap();
        router.deploy("v2", Same).unwrap();
        router
            .release(Policy::shadow("look", "v2", Share::ALL))
            .unwrap();
        let mut served = router.predict("ana", &1);
        served.shadows.pop().unwrap().run();
        let mut ticket = router.admit("bob");
        ticket.predict_blocking(&1).unwrap();
        ticket.shadow_task(|| 0).unwrap().run();
        drop(ticket);
        let _ = router.admit("cho").call(|_| Err::<(), _>("no memory"));
    });
    let seen = seen.0.lock().unwrap();
    let brief: Vec<_> = seen
        .iter()
        .map(|(level, target, fields)| {
            let what = [
                "switchstand.operation",
                "switchstand.outcome",
                "feature_flag.result.reason",
            ]
            .iter()
            .find_map(|name| fields.get(*name));
            (*level, target.as_str(), what.unwrap().as_str())
        })
        .collect();
    let expected = [
        (Level::INFO, "switchstand::change", "deploy"),
        (Level::INFO, "switchstand::change", "release"),
        (Level::DEBUG, "switchstand::outcome", "static"),
        (Level::DEBUG, "switchstand::shadow", "answered"),
        (Level::WARN, "switchstand::shadow", "panicked"),
        (Level::DEBUG, "switchstand::outcome", "static"),
        (Level::WARN, "switchstand::outcome", "static"),
        (Level::DEBUG, "switchstand::shadow", "dropped: unrun"),
    ];
    assert_eq!(brief, expected);
    let (_, _, outcome) = &seen[2];
    for (name, value) in [
        ("feature_flag.key", "look"),
        ("feature_flag.result.variant", "v1"),
        ("feature_flag.context.id", "ana"),
        ("switchstand.generation", "2"),
        ("switchstand.ending", "answered"),
        ("switchstand.answered_by", "v1"),
        ("switchstand.seconds", "0.0"),
        ("switchstand.at", "3000000000"),
    ] {
        assert_eq!(outcome.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert_eq!(seen[4].2["switchstand.shadow"], "v2");
}
