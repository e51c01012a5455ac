//! Units that are none, or are not sticky.

use switchstand::Policy;
use switchstand::experiment::Experiment;

use super::{ab, clicks, says};

#[test]
fn outcomes_of_units_that_no_exposure_has_named_are_counted_in_the_read_out() {
    // Before any exposure.
    let experiment = Experiment::of(&ab(), clicks()).unwrap();
    let clicks_of = experiment.metric("clicks").unwrap();
    for user in 0..100_u64 {
        let _ = experiment.record(clicks_of, user, 1.0).unwrap();
    }
    let read = experiment.read_out().unwrap();
    says(
        "early",
        read,
        &["no unit was exposed yet", "never exposed: 100 units"],
    );

    // Exposed as a text, recorded as a number.
    let experiment = Experiment::of(&ab(), clicks()).unwrap();
    let clicks_of = experiment.metric("clicks").unwrap();
    for user in 0..2_000_u64 {
        let arm = experiment.arm(["v1", "v2"][user as usize % 2]).unwrap();
        let _ = experiment
            .expose_arm(arm, user.to_string().as_str())
            .unwrap();
        let _ = experiment.record(clicks_of, user, 1.0).unwrap();
    }
    let read = experiment.read_out().unwrap();
    says(
        "two kinds",
        read,
        &["never exposed: 2000 units", "find out where they come from"],
    );
}

#[test]
fn units_that_change_their_arm_and_arms_of_the_wrong_sizes_give_no_verdict() {
    let experiment = Experiment::of(&ab(), clicks()).unwrap();
    for arm in ["v1", "v2"] {
        let arm = experiment.arm(arm).unwrap();
        for user in 0..2_000_u64 {
            let _ = experiment.expose_arm(arm, user).unwrap();
        }
    }
    let read = experiment.read_out().unwrap();
    let parts = [
        "all 2000 units",
        "more than one arm",
        "exposed to several arms: 2000 units",
    ];
    says("a request's id", read, &parts);

    let experiment = Experiment::of(&ab(), clicks()).unwrap();
    for user in 0..4_000_u64 {
        let arm = experiment
            .arm(["v1", "v2"][usize::from(user % 5 > 2)])
            .unwrap();
        let _ = experiment.expose_arm(arm, user).unwrap();
    }
    let read = experiment.read_out().unwrap();
    let parts = [
        "2400 on v1",
        "1600 on v2",
        "does not fit their weights",
        "find out why",
    ];
    says("sizes", read, &parts);
    let one_armed = Experiment::of(&Policy::ab_test("ab", [("v1", 1)]), clicks());
    says(
        "one arm",
        one_armed.unwrap_err(),
        &["\"ab\"", "1 arms", "2 to 64"],
    );
}
