//! What roll-outs and their parts are asked.

use core::time::Duration;

use serde_json::{Value, json};
use switchstand::rollout::{
    Action, Before, Change, Check, Command, Guard, Input, Measured, OnBreach, OnNoData, Phase,
    Rollout, Sample, Schedule,
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

fn rollout(read: &Rollout) -> Value {
    let state = read.state();
    let texts = |list: &mut dyn Iterator<Item = String>| list.collect::<Vec<_>>();
    let policy = read.policy_in_force();
    let trail = read.trail();
    let event =
        |event: &switchstand::rollout::Event| json!([event.at.as_nanos(), change(&event.change)]);
    json!({
        "phase": read.phase().to_string(),
        "since": state.since().as_nanos(),
        "version": read.version(),
        "share": read.share().nanos(),
        "tag": read.tag().map(|tag| [tag.fingerprint.to_string(), tag.phase.to_string()]),
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
        phase: read.phase(),
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
        format!("{}; {done}; {}", rollout.phase(), paused.join(", "))
    };
    inputs.map(after).collect()
}

fn action(action: &Action) -> Value {
    match action {
        Action::Release { policy } => json!(["release", policy.fingerprint().to_string()]),
        Action::Swap { version } => json!(["swap", version]),
        Action::Accept { version } => json!(["accept", version]),
        Action::Reject { version, cause } => json!(["reject", version, cause.to_string()]),
        _ => panic!("unknown action"),
    }
}

fn change(change: &Change) -> Value {
    match change {
        Change::Gate { name, open } => json!(["gate", name, open]),
        Change::Breached { guard, found } => json!(["breached", guard, found.to_string()]),
        Change::DeadlinePassed => json!(["deadline passed"]),
        Change::Paused { cause } => json!(["paused", cause.to_string()]),
        Change::Resumed { cause } => json!(["resumed", cause.to_string()]),
        Change::Advanced { to, because } => {
            use switchstand::rollout::Advance::{Promoted, Scheduled, Skipped};
            let because = match because {
                Scheduled => "scheduled",
                Skipped => "skipped",
                Promoted => "promoted",
            };
            json!(["advanced", to.to_string(), because])
        }
        Change::RolledBack { cause } => json!(["rolled back", cause.to_string()]),
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
        if opens && minute == 3 {
            let gate = |(name, _): (&str, _)| Input::Gate {
                name: name.to_owned(),
                open: true,
            };
            inputs.extend(schedule.gates().map(gate));
        }
        let since =
            (minute * 60_u64).saturating_sub(rollout.state().since().as_nanos() / 1_000_000_000);
        if let Some(tag) = rollout.tag().filter(|_| has_data) {
            let sample = Sample::new(tag, minute).exposed(since / 20, since / 20);
            let mut guards = schedule.guards().to_vec();
            if rollout.phase() == Phase::Shadowing {
                guards = schedule.shadow().unwrap().guards.clone();
            }
            let with = |sample: Sample, guard: &Guard| {
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
    let events = rollout.trail().events().iter();
    events
        .map(|event| json!([event.at.as_nanos() / 1_000_000_000, change(&event.change)]))
        .collect()
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
    let events = rollout.trail().events().iter().skip(start);
    json!({
        "done": done.map(|done| action(&done)),
        "phase": rollout.phase().to_string(),
        "share": number(rollout.share().as_fraction()),
        "events": events.map(|event| change(&event.change)).collect::<Vec<_>>(),
    })
}
