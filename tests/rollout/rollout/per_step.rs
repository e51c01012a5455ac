//! Time, units and guards of single steps, and deadlines with and without pauses.

use core::time::Duration;

use switchstand::rollout::{
    Climb, Command, Guard, Input, Ladder, Measured, OnDeadline, OnNoData, Phase, Rollout, Schedule,
    ScheduleError,
};
use switchstand::stats::Worse;
use switchstand::{Share, Timestamp};

use crate::rollout::outcomes::ladder;
use crate::rollout::releases::{DWELL, at, good, memory, ramping, rollout, simple, started, step};

fn percent(percent: u32) -> Share {
    Share::percent(percent).unwrap()
}

fn hours(hours: u64) -> Duration {
    Duration::from_secs(3_600 * hours)
}

fn own_at_5() -> Ladder {
    let ladder = ladder(&["1%", "5%", "25%", "100%"]);
    ladder.dwelling(percent(5), hours(2), 500).unwrap()
}

#[test]
fn c11_a_step_with_a_time_and_units_of_its_own_is_left_by_them() {
    let mut release = started(simple().with_ladder(own_at_5()));
    let sample = good(&release);
    let _ = step(&mut release, DWELL, [sample]);
    assert_eq!(release.phase(), ramping(1));
    let enough = |release: &Rollout, units| {
        let sample = release.sample().unwrap().exposed(19 * units, units);
        Input::Sample(sample.with("memory", Measured::Value(0.5)))
    };
    // The schedule's time has passed, with the schedule's units.
    let few = enough(&release, 499);
    let _ = step(&mut release, 2 * DWELL, [few]);
    let waits = ["1h 50m on this step, of 2h", "1 units of \"v2\", of 500"];
    let found: Vec<String> = release.waiting_for();
    assert_eq!(found.first().map(String::as_str), Some(waits[0]));
    assert!(found[1].starts_with(waits[1]), "{found:?}");
    let due = at(DWELL).after(hours(2));
    assert_eq!(release.next_deadline(), Some(due));
    let many = enough(&release, 500);
    let _ = step(&mut release, DWELL + 7_199, [many]);
    assert_eq!(release.phase(), ramping(1));
    let _ = step(&mut release, DWELL + 7_200, []);
    assert_eq!(release.phase(), ramping(2));
    // The next one has the schedule's again.
    let sample = good(&release);
    let _ = step(&mut release, DWELL + 7_200 + DWELL, [sample]);
    assert_eq!(release.phase(), Phase::Baking);
}

#[test]
fn a_ladder_with_steps_of_their_own_is_written_as_it_is_read() {
    let ladder = own_at_5();
    let text = r#"["1%",{"share":"5%","dwell":"2h","units":500},"25%","100%"]"#;
    assert_eq!(serde_json::to_string(&ladder).unwrap(), text);
    assert_eq!(serde_json::from_str::<Ladder>(text).unwrap(), ladder);
    for (wrong, said) in [
        (text.replace("\"2h\"", "7200"), "a duration as text"),
        (text.replace(",\"units\":500", ""), "missing field `units`"),
        (text.replace("units", "unit"), "unknown field `unit`"),
        (
            text.replace("\"1%\"", "1"),
            "a percentage such as \"5%\", or a table",
        ),
        (
            r#"["1%",{"share":"100%","dwell":"2h","units":5}]"#.to_owned(),
            "100% is no step below 100% of this ladder, which has 1%",
        ),
    ] {
        let refused = serde_json::from_str::<Ladder>(&wrong)
            .unwrap_err()
            .to_string();
        assert!(refused.contains(said), "{wrong}: {refused}");
    }
}

#[test]
fn a_guard_looks_at_its_steps_alone() {
    let queue = Guard::limit("queue", Worse::Higher, 0.8)
        .on_readings(1, 1)
        .at_shares(percent(5), percent(25))
        .on_no_data(OnNoData::Reject {
            after: Duration::from_secs(60),
        });
    let schedule = Schedule::new([memory(), queue]).unwrap();
    let full = |release: &Rollout| {
        let sample = release.sample().unwrap().exposed(9_900, 100);
        let sample = sample.with("memory", Measured::Value(0.5));
        Input::Sample(sample.with("queue", Measured::Value(0.9)))
    };
    let mut release = started(schedule);
    // On the first step neither its number nor the want of one does anything.
    let sample = good(&release);
    let _ = step(&mut release, DWELL - 1, [sample]);
    let sample = full(&release);
    let _ = step(&mut release, DWELL, [sample]);
    assert_eq!(release.phase(), ramping(1));
    let mut silent = release.clone();
    let sample = good(&silent);
    let _ = step(&mut silent, DWELL + 30, [sample]);
    assert_eq!(silent.waiting_for()[1], "data of guard \"queue\"");
    let _ = step(&mut silent, DWELL + 60, []);
    assert_eq!(silent.phase(), Phase::RolledBack);
    let sample = full(&release);
    let _ = step(&mut release, DWELL + 1, [sample]);
    assert_eq!(release.phase(), Phase::RolledBack);
}

#[test]
fn a_guard_without_a_step_and_a_step_without_evidence_are_refused() {
    let of = |schedule: Schedule| Rollout::new(crate::rollout::releases::policy(), schedule);
    let failures = |from, to| Guard::failures().at_shares(percent(from), percent(to));
    for (from, to) in [(30, 40), (50, 5)] {
        let refused = of(Schedule::new([failures(from, to)]).unwrap()).unwrap_err();
        assert!(
            refused.to_string().contains("the ladder has 1%, 5%"),
            "{refused}"
        );
    }
    let on_evidence = |guards: &[Guard]| {
        let schedule = Schedule::new(guards.iter().cloned()).unwrap();
        of(schedule.with_climb(Climb::OnEvidence).unwrap())
    };
    let refused = on_evidence(&[failures(5, 50)]).unwrap_err();
    assert_eq!(refused, ScheduleError::NothingToClimbOn.into());
    assert!(on_evidence(&[failures(1, 50)]).is_ok());
    // A step that has a time of its own needs none.
    let ladder = Ladder::default()
        .dwelling(percent(1), hours(1), 10)
        .unwrap();
    let schedule = Schedule::new([failures(5, 50)])
        .unwrap()
        .with_ladder(ladder);
    assert!(of(schedule.with_climb(Climb::OnEvidence).unwrap()).is_ok());
}

/// Pauses from minute 5 to 35 of a release with an hour's deadline, and returns when it is late.
fn late_at(schedule: Schedule, restarts: bool) -> u64 {
    let mut release = started(schedule);
    for minute in 1..200 {
        let order = match minute {
            5 => Some(Input::Command(Command::Pause)),
            35 => Some(Input::Command(Command::Resume)),
            _ => None,
        };
        let deadline = release.next_deadline();
        let _ = step(&mut release, 60 * minute, order);
        if restarts {
            let stored = serde_json::to_string(&release).unwrap();
            release = serde_json::from_str(&stored).unwrap();
        }
        if release.phase() == Phase::RolledBack {
            assert_eq!(deadline, Some(at(60 * minute)));
            assert_eq!(
                release.state().cause().unwrap().to_string(),
                "the deadline has passed"
            );
            return minute;
        }
    }
    panic!("it is never late");
}

#[test]
fn a_deadline_counts_pauses_or_not_as_the_schedule_says() {
    let hour = Duration::from_secs(3_600);
    for restarts in [false, true] {
        let counted = simple().with_deadline(hour, OnDeadline::Reject);
        assert_eq!(late_at(counted, restarts), 60);
        let not = simple().with_deadline_without_pauses(hour, OnDeadline::Reject);
        assert_eq!(late_at(not, restarts), 90);
    }
}

#[test]
fn a_pause_before_the_start_delays_no_deadline() {
    let hour = Duration::from_secs(3_600);
    let mut release = rollout(simple().with_deadline_without_pauses(hour, OnDeadline::Pause));
    let _ = step(&mut release, 0, [Input::Command(Command::Pause)]);
    assert_eq!(release.phase(), Phase::Pending);
    let _ = step(&mut release, 7_200, [Input::Command(Command::Resume)]);
    assert_eq!(release.phase(), ramping(0));
    let _ = step(&mut release, 7_200 + 3_599, []);
    assert!(release.state().paused().is_empty());
    let _ = step(&mut release, 7_200 + 3_600, []);
    assert_eq!(release.state().paused().len(), 1);
    // While it waits, there is no telling when.
    assert_eq!(release.next_deadline(), None::<Timestamp>);
}
