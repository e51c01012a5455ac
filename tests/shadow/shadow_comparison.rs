//! What comparisons add up to, and what is A's own noise.

use core::time::Duration;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use switchstand::{
    Model, Policy, Router, Share, Timestamp, UnitKey,
    comparison::{Difference, PairedComparison},
    shadow::{Comparison, Pair},
};

/// Gives a score, a label and a ranking to a number; errs on multiples of 10.
#[derive(Clone, Debug, PartialEq)]
struct Answer {
    score: f64,
    label: &'static str,
    ranking: Vec<u64>,
}

type Compared = PairedComparison<Answer, &'static str, Answer>;

fn comparison() -> Compared {
    PairedComparison::new(Answer::clone, |error: &&str| (*error).to_owned())
        .comparing("label", |a: &Answer, b: &Answer| {
            Difference::unless_equal(a.label, b.label)
        })
        .comparing("score", |a: &Answer, b: &Answer| {
            Difference::unless_within(0.5, a.score, b.score)
        })
        .comparing("top 3", |a: &Answer, b: &Answer| {
            Difference::unless_shared(2, 3, &a.ranking, &b.ranking)
        })
        .label(|answer| answer.label.to_owned())
        .score(|answer| answer.score)
        .keeping_worst(3, 1)
}

fn answer(score: f64) -> Answer {
    let first = score as u64;
    Answer {
        score,
        label: if score < 50.0 { "low" } else { "high" },
        ranking: vec![first, first + 1, first + 2],
    }
}

fn feed(comparison: &Compared, requests: impl IntoIterator<Item = u64>) {
    for request in requests {
        let primary = match request {
            request if request % 10 == 0 => Err("timeout"),
            request => Ok(answer(request as f64)),
        };
        let shadow = match request {
            request if request % 10 == 0 => Err("overload"),
            request if request % 10 == 1 => Err("timeout"),
            request if request % 10 == 2 => Ok(answer(request as f64 + 2.0)),
            request => Ok(answer(request as f64 + 0.25)),
        };
        let [primary, shadow] = [primary, shadow].map(|answer| comparison.project(&answer));
        let unit = UnitKey::U64(request);
        comparison.compare(Pair::new(&unit, ["v1", "v2"], &primary, &shadow));
    }
}

#[test]
fn a_tally_counts_agreement_errors_and_labels() {
    let comparison = comparison();
    feed(&comparison, 0..100);
    let tally = comparison.tally("v1", "v2").unwrap();
    assert_eq!(tally.pairs(), 100);
    let errors: Vec<_> = tally.errors().collect();
    let expected = [
        (None, Some("timeout"), 10),
        (Some("timeout"), Some("overload"), 10),
    ];
    assert_eq!(errors, expected);

    let score = tally.agreement("score").unwrap();
    assert_eq!((score.pairs(), score.disagreeing()), (80, 10));
    assert_eq!(score.disagreement(), Some(0.125));
    let worst: Vec<_> = score
        .worst()
        .iter()
        .map(|kept| kept.difference.size())
        .collect();
    assert_eq!(worst, [2.0; 3]);
    let top = tally.agreement("top 3").unwrap();
    assert_eq!((top.pairs(), top.disagreeing()), (80, 10));
    assert!(tally.agreement("nothing").is_none());

    // From 48 and 49 upwards the shadow's label may differ: neither 48 + 0.25 nor 49.25 does.
    assert_eq!(tally.agreement("label").unwrap().disagreeing(), 0);
    let labels = tally.labels();
    assert_eq!((labels.count("low", "low"), labels.pairs()), (40, 80));
    assert!(comparison.tally("v2", "v1").is_none());
}

#[cfg(feature = "stats")]
#[test]
fn t2_tallies_of_any_partition_add_up() {
    let whole = comparison();
    feed(&whole, 0..200);
    let whole = whole.tally("v1", "v2").unwrap();
    let mut parts = [150..200, 0..50, 50..150].map(|part| {
        let comparison = comparison();
        feed(&comparison, part);
        comparison.tally("v1", "v2").unwrap()
    });
    let [total, others @ ..] = &mut parts;
    for other in others {
        total.merge(other).unwrap();
    }
    assert_eq!(total.pairs(), whole.pairs());
    assert_eq!(total.labels(), whole.labels());
    assert!(total.errors().eq(whole.errors()));
    for ((name, merged), (_, expected)) in total.agreements().zip(whole.agreements()) {
        assert_eq!(merged, expected, "{name}");
    }
    let [merged, expected] =
        [total.scores(), whole.scores()].map(|scores| scores.difference().mean().unwrap());
    assert!((merged - expected).abs() < 1e-12);
    // 20 of 160 pairs differ by 2, the others by a quarter.
    assert!((expected - (20.0 * 2.0 + 140.0 * 0.25) / 160.0).abs() < 1e-12);
}

#[cfg(feature = "stats")]
#[test]
fn t4_a_score_that_is_no_number_is_counted_apart() {
    let comparison = comparison();
    let unit = UnitKey::U64(1);
    let [nan, one] = [f64::NAN, 1.0].map(|score| comparison.project(&Ok(answer(score))));
    comparison.compare(Pair::new(&unit, ["v1", "v2"], &nan, &one));
    comparison.compare(Pair::new(&unit, ["v1", "v2"], &one, &one));
    let tally = comparison.tally("v1", "v2").unwrap();
    assert_eq!((tally.unscored(), tally.scores().n()), (1, 1));
    assert_eq!(tally.agreement("score").unwrap().disagreeing(), 1);
}

/// Answers a number, off by one on every `noise`-th call and, if biased, on every fifth input.
struct Noisy {
    calls: AtomicU64,
    noise: u64,
    biased: bool,
}

impl Noisy {
    fn new(noise: u64, biased: bool) -> Arc<Noisy> {
        Arc::new(Noisy {
            calls: AtomicU64::new(0),
            noise,
            biased,
        })
    }
}

impl Model for Noisy {
    type Input = u64;
    type Output = u64;
    type Error = &'static str;

    fn predict(&self, input: &u64) -> Result<u64, &'static str> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let noise = u64::from(call % self.noise == self.noise - 1);
        let bias = u64::from(self.biased && input.is_multiple_of(5));
        Ok(input * 10 + noise + 2 * bias)
    }
}

#[test]
fn disagreement_is_reported_net_of_what_a_disagrees_with_itself() {
    let comparison = PairedComparison::new(|answer: &u64| *answer, |_: &&str| String::new())
        .comparing("exact", Difference::unless_equal);
    let comparison = Arc::new(comparison);
    let model = Noisy::new(10, false);
    let router = Router::builder("test")
        .comparison(Arc::clone(&comparison))
        .build("a", Arc::clone(&model))
        .unwrap();
    router.deploy("a'", model).unwrap();
    router.deploy("b", Noisy::new(u64::MAX, true)).unwrap();
    let policy = Policy::shadow("look", "a'", Share::ALL).with_shadow("b", Share::ALL);
    router.release(policy).unwrap();
    for request in 0..1_000u64 {
        for task in router.predict(request, &request).shadows {
            task.run();
        }
    }
    let of = |shadow| comparison.tally("a", shadow).unwrap();
    let (noise, candidate) = (of("a'"), of("b"));
    let noise = noise.agreement("exact").unwrap();
    let found = candidate.agreement("exact").unwrap();
    // A answers by its calls 0, 2, 4 and so on, A' by those between: every tenth call is off,
    // and that is always one of A', so A and A' differ on one request in five.
    for agreement in [noise, found] {
        let told = (agreement.disagreement(), agreement.pairs());
        assert_eq!(told, (Some(0.2), 1_000));
    }
    assert_eq!(found.net_of(noise), Some(0.0));
}

/// Labels a number, one in ten times wrongly by chance; a changed one also otherwise on every
/// fifth input.
struct Unsure {
    calls: AtomicU64,
    seed: u64,
    is_changed: bool,
}

impl Unsure {
    fn new(seed: u64, is_changed: bool) -> Arc<Unsure> {
        Arc::new(Unsure {
            calls: AtomicU64::new(0),
            seed,
            is_changed,
        })
    }
}

impl Model for Unsure {
    type Input = u64;
    type Output = u64;
    type Error = &'static str;

    fn predict(&self, input: &u64) -> Result<u64, &'static str> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let mut draw = call
            .wrapping_add(self.seed)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15);
        draw = (draw ^ (draw >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        draw ^= draw >> 27;
        let noise = u64::from(draw.is_multiple_of(10));
        let change = u64::from(self.is_changed && input.is_multiple_of(5));
        Ok(input * 10 + noise + 5 * change)
    }
}

/// Nearly one answer in five differs between two runs of one model, so that a candidate's raw
/// disagreement says nothing: net of it a faithful copy has none, and a changed one its change.
#[cfg(feature = "stats")]
#[test]
fn a_faithful_copy_of_an_unsure_model_disagrees_by_nothing_net_and_a_changed_one_by_its_change() {
    use switchstand::stats::{Alpha, proportions::newcombe};

    let comparison = PairedComparison::new(|answer: &u64| *answer, |_: &&str| String::new())
        .comparing("label", Difference::unless_equal)
        .comparing("group", |a: &u64, b: &u64| {
            Difference::unless_equal(&(a / 10), &(b / 10))
        });
    let comparison = Arc::new(comparison);
    let model = Unsure::new(1, false);
    let router = Router::builder("test")
        .comparison(Arc::clone(&comparison))
        .build("a", Arc::clone(&model))
        .unwrap();
    // The second arm holds the very same model: it need not be loaded twice.
    router.deploy("a'", model).unwrap();
    router.deploy("copy", Unsure::new(2, false)).unwrap();
    router.deploy("changed", Unsure::new(3, true)).unwrap();
    let policy = Policy::shadow("look", "a'", Share::ALL)
        .with_shadow("copy", Share::ALL)
        .with_shadow("changed", Share::ALL);
    router.release(policy).unwrap();
    for request in 0..4_000u64 {
        for task in router.predict(request, &request).shadows {
            task.run();
        }
    }
    let of = |shadow| comparison.tally("a", shadow).unwrap();
    let (noise, copy, changed) = (of("a'"), of("copy"), of("changed"));
    let noise = noise.agreement("label").unwrap();
    for (tally, net) in [(&copy, 0.0), (&changed, 0.2 * (1.0 - 0.18))] {
        let found = tally.agreement("label").unwrap();
        let reported = found.net_of(noise).unwrap();
        assert_eq!((found.pairs(), noise.pairs()), (4_000, 4_000));
        let [own, raw] = [noise, found].map(|agreement| agreement.disagreement().unwrap());
        assert!((own - 0.18).abs() < 0.02, "{own}");
        assert!((raw - 0.18 - net).abs() < 0.025, "{raw}");
        let [noise, found] = [noise, found].map(|agreement| agreement.counts().unwrap());
        let alpha = Alpha::new(0.001).unwrap();
        let interval = newcombe(&noise, &found, alpha).unwrap();
        assert!(interval.contains(reported) && interval.contains(net));
        assert_eq!(interval.contains(0.0), net == 0.0);
    }
    // Each comparator has its own noise: none of all this changes the group.
    for tally in [&copy, &changed] {
        let group = tally.agreement("group").unwrap();
        let noise = of("a'");
        let noise = noise.agreement("group").unwrap();
        assert_eq!(group.net_of(noise), Some(0.0));
        assert_eq!(group.disagreement(), Some(0.0));
    }
}

#[test]
fn latencies_are_those_of_the_applications_clock() {
    let ticks = Arc::new(AtomicU64::new(0));
    let clock = {
        let ticks = Arc::clone(&ticks);
        move || {
            let tick = ticks.fetch_add(1, Ordering::Relaxed);
            // The primary takes 1 s, the shadow 3 s.
            let step = [0, 1, 10, 13][tick as usize % 4];
            Timestamp::from_secs(tick / 4 * 100).after(Duration::from_secs(step))
        }
    };
    let comparison = PairedComparison::new(|answer: &u64| *answer, |_: &&str| String::new())
        .comparing("exact", Difference::unless_equal);
    let comparison = Arc::new(comparison);
    let router = Router::builder("test")
        .clock(clock)
        .comparison(Arc::clone(&comparison))
        .build("a", Noisy::new(u64::MAX, false))
        .unwrap();
    router.deploy("b", Noisy::new(u64::MAX, false)).unwrap();
    router
        .release(Policy::shadow("look", "b", Share::ALL))
        .unwrap();
    for request in 0..10u64 {
        for task in router.predict(request, &request).shadows {
            task.run();
        }
    }
    // One look at the clock each before and after, and none for requests without a shadow.
    assert_eq!(ticks.load(Ordering::Relaxed), 40);
    router.release(Policy::live_only("off")).unwrap();
    drop(router.predict(1u64, &1));
    assert_eq!(ticks.load(Ordering::Relaxed), 40);
    #[cfg(feature = "stats")]
    {
        let tally = comparison.tally("a", "b").unwrap();
        assert_eq!(tally.latency().x().mean(), Some(1.0));
        assert_eq!(tally.latency().y().mean(), Some(3.0));
        let median = tally.shadow_latency().quantile(0.5).unwrap();
        assert!((median / 3.0 - 1.0).abs() <= tally.shadow_latency().relative_error());
    }
}
