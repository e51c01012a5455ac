//! What servers note, and how their parts add up.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng, seq::SliceRandom};
use switchstand::experiment::{
    Checks, Experiment, ExperimentError, Filed, Kind, Metric, Part, ReadOut, Setup, Standing,
};
use switchstand::stats::Worse;
use switchstand::{Plan, Policy, Reason, Secret, UnitKey};

use crate::experiment::clicks;

fn policy() -> Policy {
    Policy::ab_test("ranker-ab-7", [("a", 1), ("b", 1)])
}

fn setup() -> Setup {
    let metrics = [
        clicks(),
        Metric::guardrail("errors", Kind::Rate, Worse::Higher, 0.01),
        Metric::watched("latency", Kind::Quantile { order: 0.9 }),
        Metric::watched("per view", Kind::Ratio),
        Metric::watched("sessions", Kind::Count),
        Metric::watched("score", Kind::Mean),
        Metric::watched("load", Kind::Gauge),
    ];
    Setup::of(&policy(), metrics).unwrap()
}

/// Notes one request on one server and its outcomes on another.
fn serve(exposing: &Experiment, noting: &Experiment, plan: &Plan, user: u64, request: u64) {
    let mut rng = ChaCha8Rng::seed_from_u64(user << 8 | request);
    let assignment = plan.assignment(user);
    exposing.expose(&assignment, user).unwrap();
    if user.is_multiple_of(50) {
        for reason in [
            Reason::Audience,
            Reason::Fallback,
            Reason::Listed,
            Reason::Holdout,
        ] {
            exposing.count_apart(reason, user);
        }
    }
    let metric = |name| noting.metric(name).unwrap();
    let value = rng.random_range(0.0..1_000.0_f64);
    let record = |name, value| {
        noting
            .record_for(&assignment, metric(name), user, value)
            .unwrap();
    };
    record("clicks", f64::from(rng.random_bool(0.3)));
    if rng.random_bool(0.01) {
        record("errors", 1.0);
    }
    record("latency", value);
    record("score", value);
    record("sessions", 1.0);
    noting
        .record_ratio_for(&assignment, metric("per view"), user, value, 3.0)
        .unwrap();
    let arm = noting.arm(assignment.arm.as_deref().unwrap()).unwrap();
    noting.record_gauge(metric("load"), arm, value).unwrap();
}

fn close(left: f64, right: f64) -> bool {
    left == right || (left - right).abs() <= 1e-12 * right.abs()
}

/// Compares two read-outs: counts exactly, what is computed from sums of fractions to 1e-12.
fn assert_close(found: &ReadOut, expected: &ReadOut) {
    let counts = |checks: &Checks| (checks.arms.clone(), checks.requests, checks.crossed);
    assert_eq!(counts(&found.checks), counts(&expected.checks));
    assert_eq!(found.apart, expected.apart);
    assert_eq!(found.standings, expected.standings);
    for (found, expected) in found.findings.iter().zip(&expected.findings) {
        let name = &found.metric;
        assert_eq!((name, found.units), (&expected.metric, expected.units));
        assert!(
            close(found.value.unwrap(), expected.value.unwrap()),
            "{name}"
        );
        let [left, right] = [found, expected].map(|finding| &finding.comparisons[0]);
        assert_eq!((left.units, left.pending), (right.units, right.pending));
        match (&left.test, &right.test) {
            (Ok(left), Ok(right)) => {
                assert!(close(left.interval.lower, right.interval.lower), "{name}");
                assert!(close(left.interval.upper, right.interval.upper), "{name}");
                assert!((left.p.ln_p - right.p.ln_p).abs() < 1e-9, "{name}");
            }
            (left, right) => assert_eq!(left, right, "{name}"),
        }
    }
}

/// Eight servers without affinity; outcomes come to another server than the exposure.
fn eight_servers(setup: &Setup, users: u64) {
    let plan = policy().compile("a", ["b"]).unwrap();
    let whole = Experiment::new(setup.clone());
    let servers: Vec<Experiment> = (0..8).map(|_| Experiment::new(setup.clone())).collect();
    for user in 0..users {
        for request in 0..1 + user % 2 {
            let to = (user * 7 + request * 3) % 8;
            let noted = (to + 1 + user % 7) % 8;
            serve(
                &servers[to as usize],
                &servers[noted as usize],
                &plan,
                user,
                request,
            );
            serve(&whole, &whole, &plan, user, request);
        }
    }
    let expected = whole.read_out().unwrap();
    // Alone, a server knows hardly any of its outcomes' exposures.
    assert!(
        servers[0]
            .read_out()
            .unwrap()
            .checks
            .are_many_never_exposed()
    );
    assert_eq!(expected.checks.left_out.never_exposed_units, 0);
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    for _ in 0..3 {
        let mut parts: Vec<Part> = servers.iter().map(Experiment::part).collect();
        parts.shuffle(&mut rng);
        let (sum, others) = parts.split_first_mut().unwrap();
        for part in others {
            sum.merge(part).unwrap();
        }
        assert_eq!(sum.units(), whole.part().units());
        assert_close(&sum.read_out().unwrap(), &expected);
    }
}

#[test]
fn x7_parts_of_servers_without_affinity_add_up_to_one_process() {
    eight_servers(&setup(), 2_000);
}

#[test]
fn x7_and_so_they_do_beyond_capacity() {
    eight_servers(&setup().with_capacity(300).unwrap(), 4_000);
}

#[test]
#[ignore = "3 million units take minutes and gigabytes: cargo test --release x7_three -- --ignored"]
fn x7_three_million_units_of_eight_servers_add_up_to_one_process() {
    eight_servers(&setup(), 3_000_000);
}

#[test]
fn t2_a_full_experiment_keeps_the_half_of_the_units_and_their_outcomes_alike() {
    let (all, few) = (setup(), setup().with_capacity(1_000).unwrap());
    let plan = policy().compile("a", ["b"]).unwrap();
    let [whole, thinned] = [all, few].map(Experiment::new);
    for user in 0..6_000 {
        serve(&whole, &whole, &plan, user, 0);
        serve(&thinned, &thinned, &plan, user, 0);
    }
    let (whole, part) = (whole.read_out().unwrap(), thinned.part());
    assert_eq!(
        part.units_sampled(),
        0.125,
        "6,000 halved until 1,000 hold them"
    );
    let read = part.read_out().unwrap();
    let kept: u64 = read.checks.arms.iter().map(|arm| arm.units).sum();
    assert_eq!((kept, read.checks.requests), (part.units() as u64, 6_000));
    assert!((550..950).contains(&kept), "{kept}");
    for (few, all) in read.findings.iter().zip(&whole.findings) {
        if few.kind != Kind::Gauge {
            let (few, all) = (few.units as f64, all.units as f64);
            assert!(
                (few / all * 8.0 - 1.0).abs() < 0.2,
                "sizes are thinned like exposures"
            );
        }
    }
    // A mean of a mean of 500 with a spread of 289, over some 375 units.
    let (few, all) = (
        read.findings[5].value.unwrap(),
        whole.findings[5].value.unwrap(),
    );
    assert!((few - all).abs() < 60.0, "{few} {all}");
    let text = read.to_string();
    assert!(text.contains("one unit in 8 is kept"), "{text}");
    assert!(
        !text.starts_with("ranker-ab-7: NO VERDICT"),
        "it withholds nothing: {text}"
    );
}

#[test]
fn x8_a_stored_part_goes_on() {
    for capacity in [1 << 20, 300] {
        let setup = setup().with_capacity(capacity).unwrap();
        let plan = policy().compile("a", ["b"]).unwrap();
        let [whole, first] = [0; 2].map(|_| Experiment::new(setup.clone()));
        for user in 0..1_500 {
            serve(&whole, &whole, &plan, user, 0);
            serve(&first, &first, &plan, user, 0);
        }
        let part = first.part();
        let next = Experiment::resume(part.clone()).unwrap();
        assert_eq!(next.part(), part);
        for user in 1_000..3_000 {
            serve(&whole, &whole, &plan, user, 1);
            serve(&next, &next, &plan, user, 1);
        }
        let (found, expected) = (next.part(), whole.part());
        assert_eq!(
            (found.units(), found.units_sampled()),
            (expected.units(), expected.units_sampled())
        );
        assert_close(&found.read_out().unwrap(), &expected.read_out().unwrap());
        // The policy was kept, too.
        let other = policy()
            .gate("50%".parse().unwrap())
            .compile("a", ["b"])
            .unwrap();
        let assigned = |user: &u64| other.assignment(*user).arm.is_some();
        let user = (0..).find(assigned).unwrap();
        assert!(next.expose(&other.assignment(user), user).is_err());
    }
}

#[test]
fn parts_of_other_setups_or_keys_do_not_add_up() {
    let mut part = Experiment::new(setup()).part();
    let differs = |other: &Part, part: &mut Part| match part.merge(other) {
        Err(ExperimentError::Mismatch { what, .. }) => what,
        other => panic!("{other:?}"),
    };
    let other = Experiment::of(&policy(), [clicks()]).unwrap().part();
    assert_eq!(differs(&other, &mut part), "metrics");
    let reweighted = Policy::ab_test("ranker-ab-7", [("a", 1), ("b", 2)]);
    let other = Setup::of(&reweighted, setup().metrics().to_vec()).unwrap();
    assert_eq!(differs(&Experiment::new(other).part(), &mut part), "arms");
    // A gate that was raised on one server, and not yet on another, is no difference.
    let gated = policy().gate("50%".parse().unwrap());
    let other = Setup::of(&gated, setup().metrics().to_vec()).unwrap();
    part.merge(&Experiment::new(other).part()).unwrap();

    let secret = Secret::new(*b"0123456789abcdef");
    let keyed = Experiment::keyed(setup(), &secret);
    assert_eq!(
        differs(&keyed.part(), &mut part),
        "the keys of their digests"
    );
    assert!(Experiment::resume(keyed.part()).is_err());
    assert!(Experiment::resume_keyed(keyed.part(), &Secret::new([1; 16])).is_err());
    assert!(Experiment::resume_keyed(keyed.part(), &secret).is_ok());
}

#[test]
fn a_secret_changes_the_digests_and_neither_groups_nor_numbers() {
    let secret = Secret::new(*b"0123456789abcdef");
    let plan = policy().compile("a", ["b"]).unwrap();
    let [open, keyed] = [
        Experiment::new(setup()),
        Experiment::keyed(setup(), &secret),
    ];
    for user in 0..800 {
        serve(&open, &open, &plan, user, 0);
        serve(&keyed, &keyed, &plan, user, 0);
    }
    assert_ne!(open.part(), keyed.part());
    let (found, mut expected) = (keyed.read_out().unwrap(), open.read_out().unwrap());
    // Of a unit's values the quantile keeps one by the digest; each unit has one here.
    expected.apart = found.apart;
    assert_close(&found, &expected);
}

#[test]
fn the_group_of_a_unit_is_frozen_and_even() {
    let groups = |key: UnitKey| key.group();
    let frozen = [
        groups("user-42".into()),
        groups(42_u64.into()),
        groups(42_u128.into()),
        groups(b"\x00\xff".into()),
    ];
    assert_eq!(frozen, FROZEN);
    let mut counts = [0_i64; 256];
    for user in 0..256_000_u64 {
        counts[usize::from(UnitKey::from(user).group())] += 1;
    }
    let chi2: f64 = counts
        .iter()
        .map(|count| ((count - 1_000) as f64).powi(2) / 1_000.0)
        .sum();
    // 0.9999 quantile of chi-square with 255 degrees of freedom.
    assert!(chi2 < 347.7, "{chi2}");
}

/// From an implementation of SipHash-1-3 in another language.
const FROZEN: [u8; 4] = [33, 158, 179, 182];

#[test]
fn x7_what_one_server_alone_was_told_holds_for_the_sum() {
    let policy = Policy::ab_test("ranker-abc", [("a", 1), ("b", 1), ("c", 1)]);
    let without = policy.without_arm("c").unwrap();
    let [first, second] = [0; 2].map(|_| Experiment::of(&policy, [clicks()]).unwrap());
    let metric = second.metric("clicks").unwrap();
    let plan = policy.compile("a", ["b", "c"]).unwrap();
    let in_arm = |label: &str| {
        let is_there = |user: &u64| plan.assignment(*user).arm.as_deref() == Some(label);
        (0..1_000_u64).find(is_there).unwrap()
    };
    // An outcome that names another arm than that of the exposure, which nobody there has seen.
    let user = in_arm("a");
    first.expose_arm(first.arm("b").unwrap(), user).unwrap();
    let told = second.record_for(&plan.assignment(user), metric, user, 1.0);
    assert_eq!(told, Ok(Filed::NotExposed));
    // An arm that was dropped, which only one of them knows.
    second.follow(&without).unwrap();
    for swapped in [false, true] {
        let (mut sum, other) = (first.part(), second.part());
        let other = if swapped {
            std::mem::replace(&mut sum, other)
        } else {
            other
        };
        sum.merge(&other).unwrap();
        let read = sum.read_out().unwrap();
        assert_eq!((read.checks.crossed, read.checks.arms[1].units), (1, 0));
        assert_eq!(read.standings[1].1, Standing::Dropped, "{read}");
        // Assignments by both policies are its own.
        let next = Experiment::resume(sum).unwrap();
        let changed = without.compile("a", ["b"]).unwrap();
        for plan in [&plan, &changed] {
            let user = in_arm("b");
            assert_eq!(
                next.expose(&plan.assignment(user), user),
                Ok(Filed::Counted)
            );
        }
    }
}

#[test]
fn x7_a_part_that_was_thinned_thins_the_sum() {
    let setup = setup().with_capacity(64).unwrap();
    let [small, large] = [0; 2].map(|_| Experiment::new(setup.clone()));
    let arm = |experiment: &Experiment| experiment.arm("a").unwrap();
    for user in 0..12_u64 {
        small.expose_arm(arm(&small), user).unwrap();
    }
    let all = (1_000..1_400_u64).map(|user| large.expose_arm(arm(&large), user).unwrap());
    assert!(all.filter(|filed| *filed == Filed::NotSampled).count() > 100);
    let (small, large) = (small.part(), large.part());
    assert!(large.units_sampled() <= 0.125 && large.units() <= 64);
    for (mut sum, other) in [(small.clone(), large.clone()), (large.clone(), small)] {
        sum.merge(&other).unwrap();
        // 12 more would fit, but of seven in eight of them nothing is known there.
        assert_eq!(sum.units_sampled(), large.units_sampled());
        assert!(sum.units() - large.units() < 8, "{}", sum.units());
    }
}
