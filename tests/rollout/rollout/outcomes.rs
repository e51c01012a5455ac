//! Evidence that is made of outcomes: what counts, for whom, how often, and what is refused.

use core::time::Duration;

use switchstand::fleet::FleetEvidence;
use switchstand::rollout::{
    Cause, Climb, Evidence, EvidenceError, Found, Guard, GuardSource, Ladder, Measured, Phase,
    Receipt, Rollout, Schedule, ScheduleError,
};
use switchstand::stats::{Worse, guard::RateTest};
use switchstand::{Assignment, Ending, Policy, Router, Share, Unit, attr};

use crate::rollout::persons::router;
use crate::rollout::releases::{at, ramping};

pub(crate) fn ladder(shares: &[&str]) -> Ladder {
    Ladder::custom(shares.iter().map(|share| share.parse().unwrap())).unwrap()
}

/// Ten minutes on each step of 10, 50 and 100 %, and ten at 100 %.
pub(crate) fn schedule(guards: impl IntoIterator<Item = Guard>) -> Schedule {
    let time = Duration::from_secs(600);
    let climb = Climb::Dwell {
        time,
        exposures: 100,
    };
    let schedule = Schedule::new(guards).unwrap().with_climb(climb).unwrap();
    let schedule = schedule.with_ladder(ladder(&["10%", "50%", "100%"]));
    schedule.with_bake(time, 100)
}

pub(crate) fn policy() -> Policy {
    Policy::canary("ranker-2026-11", "v2", Share::NONE)
}

/// A release with its evidence, at its first step.
fn begun(router: &Router<()>, schedule: Schedule) -> (Rollout, Evidence) {
    let mut rollout = Rollout::new(policy(), schedule).unwrap();
    let mut evidence = Evidence::of(&rollout);
    tick(router, &mut rollout, &mut evidence, 0);
    (rollout, evidence)
}

fn tick(router: &Router<()>, rollout: &mut Rollout, evidence: &mut Evidence, minute: u64) {
    let sample = evidence.sample(rollout).map(Into::into);
    if let Some(action) = rollout.step(at(60 * minute), sample) {
        router.carry_out(&action).unwrap();
        rollout.confirm();
        let _ = evidence.sample(rollout);
    }
    assert!(rollout.refused().is_empty(), "{:?}", rollout.refused());
}

fn assigned<'a>(router: &Router<()>, unit: impl Into<Unit<'a>>) -> Assignment<'static> {
    router.assignment(&router.route(unit)).unwrap().into_owned()
}

/// A hash of request and user, as good as chance.
pub(crate) fn lot(user: u64, salt: u64) -> f64 {
    let mut z = user
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .wrapping_add(salt.wrapping_mul(0xd1b5_4a32_d192_ed03));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Runs a release of new users until it ends, or for two hours.
fn run(schedule: Schedule, ends: impl Fn(u64, bool) -> (Ending, Duration)) -> Rollout {
    let router = router();
    let (mut rollout, mut evidence) = begun(&router, schedule);
    for minute in 1..120 {
        for user in minute * 1_000..(minute + 1) * 1_000 {
            let assignment = assigned(&router, user);
            let (ending, took) = ends(user, assignment.version == "v2");
            let _ = evidence.record(user, &assignment, ending, Some(took));
        }
        tick(&router, &mut rollout, &mut evidence, minute);
        if rollout.phase().is_final() {
            break;
        }
    }
    rollout
}

fn cause(rollout: &Rollout) -> String {
    assert_eq!(rollout.phase(), Phase::RolledBack);
    rollout.state().cause().unwrap().to_string()
}

const MS: Duration = Duration::from_millis(1);

#[test]
fn o5_a_candidate_that_fails_refuses_or_gives_up_is_rolled_back_by_the_ending() {
    for bad in [Ending::Failed, Ending::Refused, Ending::GivenUp] {
        let ends = |user, on_v2| {
            let rate = if on_v2 { 0.3 } else { 0.02 };
            match lot(user, 1) < rate {
                true => (bad, MS),
                false => (Ending::Answered, MS),
            }
        };
        assert!(cause(&run(schedule([Guard::failures()]), ends)).contains("\"failures\""));
        // Each alone sees its own kind and no other.
        for (guard, seen) in [
            (Guard::failed(), Ending::Failed),
            (Guard::refused(), Ending::Refused),
            (Guard::given_up(), Ending::GivenUp),
        ] {
            let name = guard.name().to_owned();
            let ended = run(schedule([guard]), ends);
            match seen == bad {
                true => assert!(cause(&ended).contains(&format!("{name:?}"))),
                false => assert_eq!(ended.phase(), Phase::Promoted, "{name}"),
            }
        }
    }
    let same = |user, _| match lot(user, 1) < 0.02 {
        true => (Ending::Failed, MS),
        false => (Ending::Answered, MS),
    };
    let ended = run(schedule([Guard::failures()]), same);
    assert_eq!(ended.phase(), Phase::Promoted);
}

#[test]
fn o5_latency_is_compared_with_the_control_and_with_a_limit() {
    let took = |slower: f64| {
        move |user, on_v2| {
            // Long tails: 20 ms at the median, 200 at the 99th percentile.
            let ms = 20.0 * (lot(user, 2).max(1e-9).ln() * -0.5).exp();
            let ms = if on_v2 { ms * slower } else { ms };
            (Ending::Answered, Duration::from_secs_f64(ms / 1e3))
        }
    };
    let latency = || schedule([Guard::latency(0.9, 0.1)]);
    assert_eq!(run(latency(), took(1.0)).phase(), Phase::Promoted);
    let ended = run(latency(), took(2.0));
    let said = cause(&ended);
    assert!(
        said.starts_with("guard \"latency\" breached: the 0.9 quantile is"),
        "{said}"
    );
    // A limit is the candidate's own, and needs three readings.
    let limit = |ms| schedule([Guard::latency_limit(0.5, Duration::from_millis(ms))]);
    assert_eq!(run(limit(100), took(1.0)).phase(), Phase::Promoted);
    let ended = run(limit(20), took(1.0));
    let Some(Cause::Breached { found, .. }) = ended.state().cause() else {
        panic!("{:?}", ended.state().cause());
    };
    assert!(
        matches!(
            found,
            Found::Readings {
                bad: 3,
                had: 3,
                of: 3,
                ..
            }
        ),
        "{found:?}"
    );
}

#[test]
fn c14_each_unit_counts_once_and_for_the_policy_that_decided() {
    let router = router();
    let (mut rollout, mut evidence) = begun(&router, schedule([Guard::rate("wrong")]));
    let early: Vec<_> = (0..2_000_u64)
        .map(|user| (user, assigned(&router, user)))
        .collect();
    for (user, assignment) in &early {
        let record =
            |evidence: &mut Evidence| evidence.record(*user, assignment, Ending::Answered, None);
        assert_eq!(record(&mut evidence), Receipt::Counted);
        assert_eq!(record(&mut evidence), Receipt::Repeated);
    }
    let sample = evidence.sample(&rollout).unwrap();
    let on_v2 = early.iter().filter(|(_, it)| it.version == "v2").count() as u64;
    let counted = serde_json::to_value(&sample).unwrap();
    assert_eq!(counted["candidate"], on_v2);
    assert_eq!(counted["control"], 2_000 - on_v2);
    tick(&router, &mut rollout, &mut evidence, 10);
    assert_eq!(rollout.phase(), ramping(1));
    // Nobody has met this step yet, whoever comes late from the one before.
    let (user, assignment) = &early[0];
    let late = evidence.record(*user, assignment, Ending::Answered, None);
    assert_eq!(late, Receipt::Repeated);
    let sample = serde_json::to_value(evidence.sample(&rollout).unwrap()).unwrap();
    assert_eq!(
        (&sample["candidate"], &sample["control"]),
        (&0.into(), &0.into())
    );
    // A label of a step that has ended counts under that step's share.
    for (user, assignment) in &early {
        let receipt = evidence.bad("wrong", *user, assignment).unwrap();
        assert_eq!(receipt, Receipt::Counted);
    }
    let Some(Measured::BadEvents(_)) = evidence.measured("wrong") else {
        panic!("no bad events");
    };
    let events = serde_json::to_value(evidence.measured("wrong").unwrap()).unwrap();
    let stages = events["bad_events"]["tally"].to_string();
    assert!(
        stages.contains("0.1") && !stages.contains("0.5"),
        "{stages}"
    );
}

#[test]
fn c14_what_no_draw_has_placed_and_what_is_of_another_release_says_so() {
    let router = router();
    let policy = policy().or_for(attr("tier").is("internal"));
    let mut rollout = Rollout::new(policy, schedule([Guard::failures(), Guard::rate("wrong")]));
    let rollout = rollout.as_mut().unwrap();
    let mut evidence = Evidence::of(rollout);
    let before = assigned(&router, 1_u64);
    tick(&router, rollout, &mut evidence, 0);
    let internal = [("tier", "internal")];
    let colleague = assigned(&router, Unit::from(1_u64).with(&internal));
    assert_eq!(colleague.version, "v2");
    for (assignment, receipt) in [
        (&before, Receipt::NotOfThisRelease),
        (&colleague, Receipt::Confounded),
    ] {
        let recorded = evidence.record(1_u64, assignment, Ending::Failed, None);
        assert_eq!(recorded, receipt);
        assert_eq!(evidence.bad("wrong", 1_u64, assignment), Ok(receipt));
    }
    // Shed units are nobody's, and the others count under the share that is left.
    router.shed("v2", Share::ALL).unwrap();
    let mut shed = (0..200_u64).map(|user| (user, assigned(&router, user)));
    assert!(shed.all(|(user, assignment)| {
        evidence.record(user, &assignment, Ending::Failed, None) == Receipt::Confounded
    }));
}

#[test]
fn c14_names_and_kinds_are_checked_where_evidence_is_handed_in() {
    let router = router();
    let guards = [
        Guard::failures(),
        Guard::rate("wrong"),
        Guard::limit("memory", Worse::Higher, 0.8),
        Guard::value("pages", 0.5, 0.1),
    ];
    let (_rollout, mut evidence) = begun(&router, schedule(guards));
    let assignment = assigned(&router, 1_u64);
    let unknown = evidence.bad("worng", 1_u64, &assignment).unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "the schedule has no guard \"worng\", it has \"failures\", \"wrong\", \"memory\", \
         \"pages\": take the name from there"
    );
    let itself = evidence.bad("failures", 1_u64, &assignment).unwrap_err();
    assert!(matches!(itself, EvidenceError::CountsByItself { .. }));
    for other in [
        evidence.bad("memory", 1_u64, &assignment).map(drop),
        evidence.reading("wrong", 0.5),
        evidence.effect("memory", None, None),
        evidence.value("wrong", 1_u64, &assignment, 0.5).map(drop),
    ] {
        assert!(
            matches!(other, Err(EvidenceError::OtherKind { .. })),
            "{other:?}"
        );
    }
    for value in [f64::NAN, f64::INFINITY] {
        let refused = evidence.reading("memory", value).unwrap_err();
        assert!(matches!(refused, EvidenceError::Number { .. }));
    }
    let refused = evidence.value("pages", 1_u64, &assignment, -1.0);
    assert!(matches!(refused, Err(EvidenceError::Number { .. })));
    let counted = evidence.value("pages", 1_u64, &assignment, 3.0);
    assert_eq!(counted, Ok(Receipt::Counted));
    let again = evidence.value("pages", 1_u64, &assignment, 3.0);
    assert_eq!(again, Ok(Receipt::Repeated));
}

#[test]
fn c2_a_limit_is_passed_by_readings_of_this_step_alone_and_looked_at_ahead() {
    let router = router();
    let memory = Guard::limit("memory", Worse::Higher, 0.8);
    let (mut rollout, mut evidence) = begun(&router, schedule([memory.clone()]));
    let meet = |evidence: &mut Evidence| {
        for user in 0..3_000_u64 {
            let assignment = assigned(&router, user);
            let _ = evidence.record(user, &assignment, Ending::Answered, None);
        }
    };
    meet(&mut evidence);
    for value in [0.9, 0.9, 0.5] {
        evidence.reading("memory", value).unwrap();
    }
    // Two of three are no breach; and these are readings of the first step.
    tick(&router, &mut rollout, &mut evidence, 10);
    assert_eq!(rollout.phase(), ramping(1));
    meet(&mut evidence);
    evidence.reading("memory", 0.9).unwrap();
    tick(&router, &mut rollout, &mut evidence, 20);
    assert_eq!(rollout.phase(), ramping(1));
    let waiting = rollout.waiting_for().join("; ");
    assert!(
        waiting.contains("1 of 1 readings pass it, of 3"),
        "{waiting}"
    );
    evidence.reading("memory", 0.9).unwrap();
    evidence.reading("memory", 0.9).unwrap();
    tick(&router, &mut rollout, &mut evidence, 21);
    assert!(cause(&rollout).contains("3 of 3 readings pass it"));

    // At 10 % it uses 0.2 of its memory: at 50 % it would use 1, and the step is not taken.
    let router = self::router();
    let (mut rollout, mut evidence) = begun(&router, schedule([memory.projected()]));
    for user in 0..3_000_u64 {
        let assignment = assigned(&router, user);
        let _ = evidence.record(user, &assignment, Ending::Answered, None);
    }
    for _ in 0..3 {
        evidence.reading("memory", 0.2).unwrap();
    }
    tick(&router, &mut rollout, &mut evidence, 10);
    assert_eq!(rollout.phase(), ramping(0));
    let waiting = rollout.waiting_for().join("; ");
    assert!(
        waiting.contains("at the next step it would be 1"),
        "{waiting}"
    );
    for _ in 0..3 {
        evidence.reading("memory", 0.1).unwrap();
    }
    tick(&router, &mut rollout, &mut evidence, 11);
    assert_eq!(rollout.phase(), ramping(1));
}

#[test]
fn c15_units_that_contradict_the_share_for_long_are_a_breach_of_their_own_name() {
    let router = router();
    let (mut rollout, mut evidence) = begun(&router, schedule([Guard::failures()]));
    for minute in 1..30 {
        for user in minute * 1_000..(minute + 1) * 1_000 {
            let assignment = assigned(&router, user);
            // Half of the candidate's outcomes are lost on the way.
            if assignment.version == "v2" && user % 2 == 0 {
                continue;
            }
            let _ = evidence.record(user, &assignment, Ending::Answered, None);
        }
        tick(&router, &mut rollout, &mut evidence, minute);
    }
    assert_eq!(rollout.phase(), ramping(0));
    assert_eq!(
        rollout.waiting_for()[0],
        "guard \"sample ratio\" was breached"
    );
    let found = &rollout.state().breached()[Guard::SAMPLE_RATIO];
    assert!(matches!(found, Found::Ratio { .. }), "{found:?}");
    // The name is the library's.
    let taken = Schedule::new([Guard::rate("sample ratio")]).unwrap_err();
    assert!(matches!(taken, ScheduleError::NameTaken { .. }));
}

#[test]
fn c16_evidence_is_stored_and_goes_on_and_that_of_two_servers_adds_up() {
    let router = router();
    let guards = || {
        [
            Guard::failures(),
            Guard::latency(0.9, 0.1),
            Guard::limit("memory", Worse::Higher, 0.8),
        ]
    };
    let (rollout, empty) = begun(&router, schedule(guards()));
    let serve = |evidence: &mut Evidence, users: core::ops::Range<u64>| {
        for user in users {
            let assignment = assigned(&router, user);
            let ending = match lot(user, 1) < 0.1 {
                true => Ending::Failed,
                false => Ending::Answered,
            };
            let took = Duration::from_secs_f64(lot(user, 2));
            let _ = evidence.record(user, &assignment, ending, Some(took));
        }
    };
    let mut whole = empty.clone();
    serve(&mut whole, 0..4_000);
    whole.reading("memory", 0.5).unwrap();
    let mut half = empty.clone();
    serve(&mut half, 0..2_000);
    let stored = serde_json::to_string(&half).unwrap();
    let mut again: Evidence = serde_json::from_str(&stored).unwrap();
    assert_eq!(serde_json::to_string(&again).unwrap(), stored);
    serve(&mut again, 2_000..4_000);
    again.reading("memory", 0.5).unwrap();
    assert_eq!(again.sample(&rollout), whole.sample(&rollout));
    // Two servers, who know some units both.
    let mut other = empty;
    serve(&mut other, 1_500..4_000);
    other.reading("memory", 0.5).unwrap();
    half.add(&other).unwrap();
    let of = |evidence: &mut Evidence| {
        let sample = serde_json::to_value(evidence.sample(&rollout).unwrap()).unwrap();
        let counted = &sample["measured"]["failures"]["bad_events"]["tally"];
        (
            sample["candidate"].clone(),
            sample["control"].clone(),
            counted.clone(),
        )
    };
    assert_eq!(of(&mut half), of(&mut whole));
    let (_, alien) = begun(&self::router(), schedule([Guard::failures()]));
    assert!(half.add(&alien).is_err());
}

#[test]
fn a_guard_whose_numbers_come_from_elsewhere_than_it_looks_at_is_refused() {
    let rate = || Guard::rate("wrong");
    for guard in [
        rate().of(GuardSource::Took),
        rate().of(GuardSource::Endings(vec![])),
        rate().of(GuardSource::Endings(vec![Ending::Answered])),
        Guard::latency(0.5, 0.1).of(GuardSource::TookAt(0.5)),
        Guard::limit("memory", Worse::Higher, 1.0).of(GuardSource::TookAt(1.0)),
    ] {
        let refused = Schedule::new([guard]).unwrap_err();
        assert!(
            matches!(refused, ScheduleError::OtherSource { .. }),
            "{refused}"
        );
    }
    for (bad, of) in [(0, 3), (4, 3), (1, 17)] {
        let memory = Guard::limit("memory", Worse::Higher, 1.0);
        let refused = Schedule::new([memory.on_readings(bad, of)]).unwrap_err();
        assert!(matches!(refused, ScheduleError::Readings { .. }));
    }
    let refused = Schedule::new([Guard::latency(1.0, 0.1)]).unwrap_err();
    assert!(matches!(refused, ScheduleError::Order { .. }));
    // Rates that are counted by the roll-out are those of the guard's own test.
    assert!(Schedule::new([Guard::failures(), rate()]).is_ok());
    let _ = RateTest::default();
}
