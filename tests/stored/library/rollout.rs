//! What roll-outs and their parts are asked.

use core::time::Duration;

use serde_json::{Value, json};
use switchstand::rollout::{
    Action, Before, Check, Command, Event, Guard, Input, Measured, OnBreach, OnNoData, Phase,
    Rollout, Schedule, StateChange, StepSample,
};
use switchstand::stats::Worse;
use switchstand::stats::guard::{CandidateShare, RateTest, Side, StageTally};
use switchstand::{Policy, Share, Timestamp};

use crate::said::{Said, number, said};

pub(crate) fn say(kind: &str, form: &Value) -> Said {
    match kind {
        "Rollout" => said(form, rollout),
        "Schedule" => said(form, schedule),
        "Input" => said(form, input),
        "Action" => said(form, |one: &Action| action(one)),
        _ => panic!("unknown kind {kind}"),
    }
}

/// Returns what of the first meaning still holds.
pub(crate) fn held(form: &Value, meaning: &Value) -> Value {
    let mut held = meaning.clone();
    let sample = &form["evidence"]["sample"];
    let units = (sample["control"].as_u64(), sample["candidate"].as_u64());
    let both_pause = form["schedule"]["guards"][1]["on_breach"] == "pause";
    if units == (Some(5000), Some(300)) && both_pause {
        // 300 units of 5300 contradict the step's 1 %, so it no longer goes on once resumed.
        held["next"][1] = json!("ramping, step 0; nothing; ");
    }
    held
}

fn rollout(read: &Rollout) -> Value {
    let state = read.state();
    let texts = |list: &mut dyn Iterator<Item = String>| list.collect::<Vec<_>>();
    // At first the last action counted as in force before it was confirmed.
    let mut carried_out = read.clone();
    carried_out.confirm();
    let policy = carried_out.policy_in_force();
    let trail = read.trail();
    let event = |event: &Event| json!([event.at.as_nanos(), change(&event.change)]);
    json!({
        "phase": state.phase().to_string(),
        "since": state.since().as_nanos(),
        "version": read.version(),
        "share": carried_out.share().nanos(),
        "tag": carried_out.tag().map(|tag| [tag.fingerprint.to_string(), tag.phase.to_string()]),
        "paused": texts(&mut state.paused().iter().map(ToString::to_string)),
        "breached": texts(&mut state.breached().iter().map(|(name, found)| format!("{name}: {found}"))),
        "cause": state.cause().map(ToString::to_string),
        "unconfirmed": read.unconfirmed().map(|one| action(&one)),
        "in_force": policy.map(|policy| policy.fingerprint().to_string()),
        "folded": trail.folded(),
        "events": trail.events().iter().map(event).collect::<Vec<_>>(),
        "next": next(read),
    })
}

/// Says what follows a year later, after each of these commands and none.
fn next(read: &Rollout) -> Vec<String> {
    let skip = Command::Skip {
        phase: read.state().phase(),
    };
    let why = "for a test".to_owned();
    let commands = [
        Command::Resume,
        Command::Promote,
        skip,
        Command::Abort { why },
    ];
    let inputs = commands.into_iter().map(Input::Command).map(Some);
    let inputs = std::iter::once(None).chain(inputs);
    let after = |input: Option<Input>| {
        let mut rollout = read.clone();
        rollout.confirm();
        let done = rollout.step(Timestamp::from_secs(40_000_000), input);
        let done = done.map_or("nothing".to_owned(), |done| action(&done).to_string());
        let paused = rollout.state().paused();
        let paused: Vec<_> = paused.iter().map(ToString::to_string).collect();
        format!("{}; {done}; {}", rollout.state().phase(), paused.join(", "))
    };
    inputs.map(after).collect()
}

fn action(action: &Action) -> Value {
    match action {
        Action::Release { policy } => json!(["release", policy.fingerprint().to_string()]),
        Action::Swap { version, .. } => json!(["swap", version]),
        Action::Accept { version, .. } => json!(["accept", version]),
        Action::Reject { version, cause } => json!(["reject", version, cause.to_string()]),
        _ => panic!("unknown action"),
    }
}

fn change(change: &StateChange) -> Value {
    match change {
        StateChange::Gate { name, open } => json!(["gate", name, open]),
        StateChange::Breached { guard, found } => json!(["breached", guard, found.to_string()]),
        StateChange::DeadlinePassed => json!(["deadline passed"]),
        StateChange::Paused { cause } => json!(["paused", cause.to_string()]),
        StateChange::Resumed { cause } => json!(["resumed", cause.to_string()]),
        StateChange::Advanced { to, because } => {
            use switchstand::rollout::Advance::{Promoted, Scheduled, Skipped};
            let because = match because {
                Scheduled => "scheduled",
                Skipped => "skipped",
                Promoted => "promoted",
            };
            json!(["advanced", to.to_string(), because])
        }
        StateChange::RolledBack { cause } => json!(["rolled back", cause.to_string()]),
        _ => panic!("unknown change"),
    }
}

fn schedule(read: &Schedule) -> Value {
    let nanos = |shares: &[Share]| shares.iter().map(|share| share.nanos()).collect::<Vec<_>>();
    let guards = |guards: &[Guard]| guards.iter().map(guard).collect::<Vec<_>>();
    let before = |before| match before {
        Before::Start => "start",
        Before::EachStep => "each step",
        Before::Acceptance => "acceptance",
    };
    let gates = read.gates().map(|(name, what)| json!([name, before(what)]));
    json!({
        "ladder": nanos(read.ladder().shares()),
        "guards": guards(read.guards()),
        "alpha_each": read.alpha_each().get(),
        "gates": gates.collect::<Vec<_>>(),
        "shadow": read.shadow().map(|stage| json!([stage.share.nanos(), stage.pairs, guards(&stage.guards)])),
        "with_good_data": walk(read, true, true),
        "without_data": walk(read, false, true),
        "with_closed_gates": walk(read, true, false),
    })
}

fn guard(guard: &Guard) -> Value {
    let worse = |worse| match worse {
        Worse::Higher => "higher",
        Worse::Lower => "lower",
    };
    let check = match guard.check() {
        Check::Rate(test) => json!(["rate", super::guards::test(test)]),
        Check::Effect {
            worse: side,
            harm,
            safe,
        } => json!(["effect", worse(*side), harm, safe]),
        Check::Limit { worse: side, limit } => json!(["limit", worse(*side), limit]),
        _ => panic!("unknown check"),
    };
    let on_breach = match guard.breach_response() {
        OnBreach::Observe => "observe",
        OnBreach::Pause => "pause",
        OnBreach::Reject => "reject",
    };
    let on_no_data = match guard.no_data_response() {
        OnNoData::Hold => json!("hold"),
        OnNoData::Pause { after } => json!(["pause", after.as_secs()]),
        OnNoData::Reject { after } => json!(["reject", after.as_secs()]),
    };
    json!([guard.name(), check, on_breach, on_no_data])
}

/// Says when a release under this schedule changes, minute by minute over four days.
fn walk(schedule: &Schedule, has_data: bool, opens: bool) -> Vec<Value> {
    let policy = Policy::canary("walk", "v2", Share::NONE);
    let mut rollout = Rollout::new(policy, schedule.clone()).unwrap();
    for minute in 0..5760 {
        let mut inputs: Vec<Input> = Vec::new();
        if opens && minute >= 3 {
            // A gate before each step lets only one step pass now, so it is opened again.
            let gates = schedule.gates();
            let gates = gates.filter(|(_, before)| minute == 3 || *before == Before::EachStep);
            inputs.extend(gates.map(|(name, _)| Input::Gate {
                name: name.to_owned(),
                open: true,
            }));
        }
        let since =
            (minute * 60_u64).saturating_sub(rollout.state().since().as_nanos() / 1_000_000_000);
        if let Some(tag) = rollout.tag().filter(|_| has_data) {
            let candidate = since / 20;
            let control = control(rollout.phase(), rollout.share(), candidate);
            let sample = StepSample::new(tag, minute).exposed(control, candidate);
            let mut guards = schedule.guards().to_vec();
            if rollout.phase() == Phase::Shadowing {
                guards = schedule.shadow().unwrap().guards.clone();
            }
            let with = |sample: StepSample, guard: &Guard| {
                sample.with(
                    guard.name(),
                    good(guard.check(), rollout.share(), since / 10),
                )
            };
            inputs.push(Input::Sample(guards.iter().fold(sample, with)));
        }
        let _ = rollout.step(Timestamp::from_secs(minute * 60), inputs);
        rollout.confirm();
    }
    // At first a gate before each step was neither closed after a step nor opened again.
    let is_at_first = |event: &&Event| match &event.change {
        StateChange::Gate { name, .. } => {
            let is_of_step = schedule
                .gates()
                .any(|gate| gate == (name, Before::EachStep));
            !is_of_step || event.at <= Timestamp::from_secs(180)
        }
        _ => true,
    };
    let events = rollout.trail().events().iter();
    events
        .filter(is_at_first)
        .map(|event| json!([event.at.as_nanos() / 1_000_000_000, change(&event.change)]))
        .collect()
}

/// The control's units beside these of the candidate; the ratio of the two is checked now.
fn control(phase: Phase, share: Share, candidate: u64) -> u64 {
    let share = u64::from(share.nanos());
    match phase {
        Phase::Ramping { .. } => candidate * (1_000_000_000 - share) / share,
        _ => candidate,
    }
}

/// A measurement that is safe.
fn good(check: &Check, share: Share, events: u64) -> Measured {
    match check {
        Check::Rate(_) => {
            let mut tally = StageTally::new();
            if let Ok(share) = CandidateShare::new(share.as_fraction()) {
                tally.record_many(Side::Control, share, events).unwrap();
            }
            Measured::BadEvents(tally.into())
        }
        Check::Effect { worse, harm, .. } => match worse {
            Worse::Higher => Measured::Effect {
                lower: None,
                upper: Some(harm - 1.0),
            },
            Worse::Lower => Measured::Effect {
                lower: Some(1.0 - harm),
                upper: None,
            },
        },
        Check::Limit { limit, .. } => Measured::Value(*limit),
        _ => panic!("unknown check"),
    }
}

/// The release to which stored inputs are given, at its first step.
pub(crate) fn known() -> Rollout {
    let guards = [
        Guard::new("errors", Check::Rate(RateTest::default())).on_breach(OnBreach::Pause),
        Guard::new(
            "latency",
            Check::Effect {
                worse: Worse::Higher,
                harm: 0.0,
                safe: 10.0,
            },
        )
        .on_breach(OnBreach::Pause),
        Guard::new(
            "load",
            Check::Limit {
                worse: Worse::Higher,
                limit: 0.8,
            },
        )
        .on_breach(OnBreach::Pause),
    ];
    let schedule = Schedule::new(guards)
        .unwrap()
        .with_gate("hours", Before::Start)
        .unwrap();
    let mut rollout = Rollout::new(Policy::canary("known", "v2", Share::NONE), schedule).unwrap();
    let open = Input::Gate {
        name: "hours".to_owned(),
        open: true,
    };
    let _ = rollout.step(Timestamp::from_secs(0), [open]);
    rollout.confirm();
    rollout
}

fn input(read: &Input) -> Value {
    let mut rollout = known();
    let start = rollout.trail().events().len();
    let now = Timestamp::from_secs(0).after(Duration::from_secs(700));
    let done = rollout.step(now, [read.clone()]);
    // At first what was not obeyed was not told.
    let is_told = |event: &&Event| !matches!(event.change, StateChange::Refused { .. });
    let events = rollout.trail().events().iter().skip(start).filter(is_told);
    // At first the last action counted as in force before it was confirmed.
    let mut carried_out = rollout.clone();
    carried_out.confirm();
    json!({
        "done": done.map(|done| action(&done)),
        "phase": rollout.state().phase().to_string(),
        "share": number(carried_out.share().as_fraction()),
        "events": events.map(|event| change(&event.change)).collect::<Vec<_>>(),
    })
}
