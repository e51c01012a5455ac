//! What guards of event rates are asked.

use serde_json::{Value, json};
use switchstand::stats::guard::{
    BetaPrior, CandidateShare, GuardVerdict, Latch, LnEvidence, Margins, RateGuard, RateMethod,
    RateTest, Reading, Scenario, SeenUnits, Side, Stage, StageTally,
};

use crate::said::{Said, number, said};

pub(crate) fn say(kind: &str, form: &Value) -> Said {
    match kind {
        "RateGuard" => said(form, guard),
        "RateTest" => said(form, test),
        "SeenUnits" => said(form, seen),
        "Tally" => said(form, tally),
        "Reading" => said(form, reading),
        "Evidence" => said(form, evidence),
        "Latch" => said(form, latch),
        "Margins" => said(form, |read: &Margins| json!([read.harm(), read.safe()])),
        "Method" => said(form, method),
        "CandidateShare" => said(form, |read: &CandidateShare| json!(read.get())),
        "Verdict" => said(form, |read: &GuardVerdict| json!(read.to_string())),
        "Side" => said(form, |read: &Side| match read {
            Side::Control => json!("the control"),
            Side::Candidate => json!("the candidate"),
        }),
        "Scenario" => said(form, |read: &Scenario| {
            json!([read.ratio, read.control_rate, read.share.get()])
        }),
        _ => panic!("unknown kind {kind}"),
    }
}

fn guard(read: &RateGuard) -> Value {
    // What units known and unknown add, and what is then said.
    let mut later = read.clone();
    let share = CandidateShare::new(0.25).unwrap();
    for unit in 0..300_u64 {
        let side = if unit % 4 == 0 {
            Side::Candidate
        } else {
            Side::Control
        };
        later.record(unit, side, share).unwrap();
    }
    json!({
        "test": test(read.test()),
        "reading": reading(&read.reading()),
        "tally": tally(read.tally()),
        "safe_tally": tally(read.safe_tally()),
        "seen": read.seen_units().map(seen),
        "later": reading(&later.reading()),
    })
}

pub(crate) fn test(read: &RateTest) -> Value {
    let mut counted = StageTally::new();
    for (share, candidate, control) in [(0.05, 9, 60), (0.5, 40, 30)] {
        let share = CandidateShare::new(share).unwrap();
        counted
            .record_many(Side::Candidate, share, candidate)
            .unwrap();
        counted.record_many(Side::Control, share, control).unwrap();
    }
    json!({
        "margins": [read.margins().harm(), read.margins().safe()],
        "alpha": [read.alpha_harm().get(), read.alpha_safe().get()],
        "method": method(read.method()),
        "harm": evidence(&read.harm(&counted)),
        "safe": evidence(&read.safe(&counted)),
        "harm_of_units": evidence(&read.harm_of_units(&counted)),
        "safe_of_units": evidence(&read.safe_of_units(&counted)),
    })
}

fn method(read: &RateMethod) -> Value {
    match read {
        RateMethod::Grid(grid) => json!(["grid", grid.harm, grid.safe]),
        RateMethod::TruncatedBeta(BetaPrior::Parameters { a, b }) => json!(["beta", a, b]),
        RateMethod::TruncatedBeta(BetaPrior::Concentration(weight)) => {
            json!(["beta of share", weight])
        }
        RateMethod::Sprt => json!(["sprt"]),
        _ => panic!("unknown method"),
    }
}

fn seen(read: &SeenUnits) -> Value {
    json!({
        "length": read.len(),
        "capacity": read.capacity(),
        "level": read.level(),
        "sampled": read.sampled(),
        "ln_stake": number(read.ln_stake()),
        "repeats": read.repeats(),
        "margins": [read.margins().harm(), read.margins().safe()],
        "tally": tally(read.tally()),
        "safe_tally": tally(read.safe_tally()),
    })
}

fn tally(read: &StageTally) -> Value {
    let stage = |stage: &Stage| json!([stage.share.get(), stage.candidate, stage.control]);
    json!(read.stages().iter().map(stage).collect::<Vec<_>>())
}

pub(crate) fn reading(read: &Reading) -> Value {
    json!({
        "verdict": read.verdict().to_string(),
        "text": read.to_string(),
        "harm": evidence(&read.harm),
        "safe": evidence(&read.safe),
        "events": [read.candidate_events, read.control_events, read.kept_candidate_events, read.repeated_events],
        "sampled": read.units_sampled,
    })
}

fn evidence(read: &LnEvidence) -> Value {
    json!([
        number(read.ln_e),
        number(read.threshold),
        read.is_significant()
    ])
}

fn latch(read: &Latch) -> Value {
    json!([
        read.verdict().to_string(),
        read.harm().map(reading),
        read.safe().map(reading)
    ])
}
