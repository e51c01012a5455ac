//! Whatever bytes are taken for stored state, they are refused or they are a state that works
//! and that is written as it was read.

use core::fmt::Debug;

use serde::{Serialize, de::DeserializeOwned};
use switchstand::comparison;
use switchstand::experiment::{Part, Setup};
use switchstand::rollout::{Rollout, Schedule};
use switchstand::stats::guard::{RateGuard, SeenUnits, StageTally};
use switchstand::stats::{
    Alpha, Alternative, Counts, HigherMoments, Histogram, Interval, Moments, PairedCounts,
    PairedMoments, RatioMoments, agreement, anytime, covariate, means, ratios,
};
use switchstand::{
    Router, Timestamp, UnitKey, VersionState,
    deployment::{Deployments, Operation},
    pin::{Pin, TaggedPin},
};

/// Tells whether the bytes are stored state of any kind.
pub(crate) fn check(bytes: &[u8]) -> bool {
    let Ok(text) = core::str::from_utf8(bytes) else {
        return false;
    };
    let machines = [
        read::<Deployments>(text).map(check_environments).is_some(),
        read::<Rollout>(text).map(check_rollout).is_some(),
        read::<Part>(text).map(check_part).is_some(),
        read::<RateGuard>(text).map(check_guard).is_some(),
        read::<comparison::Tally<u8>>(text)
            .map(check_comparison)
            .is_some(),
        check_seen_units(text),
        check_pins(text),
        check_accumulators(text),
    ];
    let values = [
        read::<Schedule>(text).is_some(),
        read::<Setup>(text).is_some(),
        read::<StageTally>(text).is_some(),
        read::<Counts>(text).is_some(),
        read::<PairedCounts>(text).is_some(),
        read::<Interval>(text).is_some(),
        read::<comparison::Agreement<u8>>(text).is_some(),
        read::<comparison::Worst<u8>>(text).is_some(),
        read::<comparison::Confusion>(text).is_some(),
        read::<UnitKey>(text).is_some(),
        read::<Operation>(text).is_some(),
        read::<agreement::ConfusionMatrix>(text).is_some(),
        read::<anytime::SampleRatioProcess>(text).is_some(),
        read::<anytime::SafeTwoProportions>(text).is_some(),
    ];
    machines.contains(&true) || values.contains(&true)
}

/// Reads a value, and requires that it is written as something that reads back equal.
fn read<T: Serialize + DeserializeOwned + PartialEq + Debug>(text: &str) -> Option<T> {
    let value: T = serde_json::from_str(text).ok()?;
    let written = serde_json::to_string(&value).expect("what was read can be written");
    let again: T = serde_json::from_str(&written).expect("what was written can be read");
    assert_eq!(again, value, "{written}");
    Some(value)
}

fn check_pins(text: &str) -> bool {
    let pins = [
        text.parse::<Pin>().ok().map(|pin| pin.to_string()),
        text.parse::<TaggedPin>().ok().map(|pin| pin.to_string()),
    ];
    let written = pins.iter().flatten();
    written.for_each(|written| assert_eq!(written, text, "a pin has one text"));
    pins.iter().any(Option::is_some)
}

fn check_guard(guard: RateGuard) {
    let reading = guard.reading();
    assert!(!format!("{reading:?}").contains("NaN"), "{reading:?}");
}

/// The set has no equality of its own.
fn check_seen_units(text: &str) -> bool {
    let Ok(seen) = serde_json::from_str::<SeenUnits>(text) else {
        return false;
    };
    let stored = serde_json::to_value(&seen).expect("what was read can be written");
    let again: SeenUnits = serde_json::from_value(stored.clone()).expect("and read again");
    assert_eq!(serde_json::to_value(&again).expect("and written"), stored);
    assert!((0.0..=1.0).contains(&seen.sampled()) && !seen.ln_stake().is_nan());
    true
}

fn check_environments(state: Deployments) {
    let live = state
        .iter()
        .filter(|version| version.state() == VersionState::Live);
    assert_eq!(live.count(), 1, "E1");
    let labels: Vec<String> = state
        .iter()
        .map(|version| version.label().to_owned())
        .collect();
    let models = labels.iter().map(|label| (label.clone(), ()));
    let router = Router::builder("fuzz").restore(state.clone(), models);
    let router = router.expect("an accepted state with all its models is taken up");
    assert_eq!(
        router.deployments(),
        state,
        "a router goes on where it left off"
    );
    let route = router.route("user-42");
    let label = router.label(route.version()).map(str::to_owned);
    assert!(
        label.is_some_and(|label| labels.contains(&label)),
        "R5: one version answers"
    );
    // An abort always wins, whatever came before.
    let mut next = state.clone();
    for version in labels {
        let cause = "fuzz".to_owned();
        let before = next.generation();
        if next.apply(&Operation::Reject { version, cause }).is_ok() {
            assert_eq!(next.generation(), before + 1, "E2");
        }
    }
    let live = next
        .iter()
        .filter(|version| version.state() == VersionState::Live);
    assert_eq!(live.count(), 1, "E1");
}

fn check_rollout(mut rollout: Rollout) {
    let before = rollout.share();
    let _ = rollout.step(Timestamp::from_nanos(u64::MAX), []);
    rollout.confirm();
    let is_back = rollout.state().cause().is_some();
    assert!(rollout.share() >= before || is_back, "C1");
    let written = serde_json::to_string(&rollout).expect("a roll-out can be written");
    assert_eq!(
        serde_json::from_str::<Rollout>(&written).ok(),
        Some(rollout),
        "C9"
    );
}

fn check_part(mut part: Part) {
    let twin = part.clone();
    for _ in 0..2 {
        if let Ok(read_out) = part.read_out() {
            let text = format!("{read_out:?}");
            assert!(!text.contains("NaN"), "T4: {text}");
        }
        // What overflows is not added.
        let _ = part.merge(&twin);
    }
}

fn check_comparison(mut tally: comparison::Tally<u8>) {
    let twin = tally.clone();
    let kept = |tally: &comparison::Tally<u8>| -> Vec<usize> {
        let agreements = tally.agreements();
        agreements
            .map(|(_, agreement)| agreement.worst().iter().count())
            .collect()
    };
    // What overflows is not added.
    if tally.merge(&twin).is_ok() {
        assert_eq!(tally.pairs(), 2 * twin.pairs());
        assert_eq!(kept(&tally), kept(&twin), "a unit is kept once");
    } else {
        assert_eq!(tally, twin);
    }
}

fn check_accumulators(text: &str) -> bool {
    let mut is_any = false;
    const ALPHA: Alpha = Alpha::FIVE_PERCENT;
    const TWO: Alternative = Alternative::TwoSided;
    if let Some(moments) = read::<Moments>(text) {
        is_any = true;
        let numbers = [moments.mean(), moments.variance(), moments.standard_error()];
        check_numbers(&numbers);
        if let Ok(test) = means::welch(&moments, &moments, ALPHA, TWO) {
            assert!((0.0..=1.0).contains(&test.p.value), "{test:?}");
        }
    }
    if let Some(moments) = read::<HigherMoments>(text) {
        is_any = true;
        check_numbers(&[moments.mean(), moments.variance(), moments.skewness()]);
        check_numbers(&[moments.excess_kurtosis(), moments.min(), moments.max()]);
    }
    if let Some(pairs) = read::<PairedMoments>(text) {
        is_any = true;
        check_numbers(&[pairs.covariance(), pairs.correlation()]);
    }
    if let Some(units) = read::<RatioMoments>(text) {
        is_any = true;
        check_numbers(&[ratios::variance(&units).ok()]);
    }
    if let Some(arm) = read::<covariate::CovariateMoments>(text) {
        is_any = true;
        check_numbers(&[arm.covariance(), arm.correlation()]);
    }
    if let Some(histogram) = read::<Histogram>(text) {
        is_any = true;
        check_numbers(&[0.0, 0.5, 1.0].map(|q| histogram.quantile(q).ok()));
    }
    is_any
}

fn check_numbers(numbers: &[Option<f64>]) {
    assert!(
        numbers.iter().flatten().all(|number| number.is_finite()),
        "T4: {numbers:?}"
    );
}
