//! Experiments with more arms than fit beside a unit's group.

use core::time::Duration;

use switchstand::experiment::{Experiment, Kind, Metric, Setup};
use switchstand::stats::Worse;

fn labels() -> Vec<String> {
    (10..50).map(|arm| format!("arm-{arm}")).collect()
}

fn served(units: u64) -> Experiment {
    let labels = labels();
    let arms = labels.iter().map(|label| (label.as_str(), 1));
    let spent = Metric::goal("spent", Kind::Mean, Worse::Lower, 0.1);
    let experiment = Experiment::new(Setup::new("r", arms, [spent]).unwrap());
    let metric = experiment.metric("spent").unwrap();
    for unit in 0..units {
        let arm = experiment
            .arm(&labels[unit as usize % labels.len()])
            .unwrap();
        experiment.expose_arm(arm, unit).unwrap();
        experiment.record(metric, unit, unit as f64).unwrap();
        if unit.is_multiple_of(50) {
            experiment
                .expose_arm(experiment.arm("arm-49").unwrap(), unit)
                .unwrap();
        }
    }
    experiment
}

#[test]
fn x8_a_part_of_forty_arms_goes_on_with_every_unit_in_its_arm() {
    let part = served(4_000).part();
    let on = Experiment::resume(part.clone()).unwrap();
    assert_eq!(on.part(), part);
    let read = on.read_out().unwrap();
    assert_eq!(read, served(4_000).read_out().unwrap());
    // Every 200th is in arm-10 first, every 200th after it in arm-20, 30 and 40.
    assert_eq!(read.checks.crossed, 80);
    let units: Vec<u64> = read.checks.arms.iter().map(|arm| arm.units).collect();
    assert_eq!(units.iter().sum::<u64>(), 4_000 - 80);
    assert_eq!(units.iter().filter(|&&units| units == 80).count(), 4);
}

#[test]
fn a_metric_says_how_long_its_outcomes_count() {
    let metric = Metric::watched("spent", Kind::Mean);
    assert_eq!(metric.window(), None);
    let hour = Duration::from_secs(3_600);
    assert_eq!(metric.within(hour).window(), Some(hour));
}
