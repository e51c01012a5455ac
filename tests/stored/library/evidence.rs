//! What sequential tests and evidence are asked.

use serde_json::{Value, json};
use switchstand::stats::anytime::{
    BettingCapital, BoundedDifference, Capital, EmpiricalBernstein, Running, RunningIntersection,
    RunningP, SafeTwoProportions, SampleRatioProcess, SkewnessRule,
};
use switchstand::stats::evidence::EValue;
use switchstand::stats::group_sequential::{Interim, Monitor, Spending};
use switchstand::stats::guard::{CandidateShare, Side};
use switchstand::stats::off_policy::{LoggedDecision, MaxWeight, OffPolicy};
use switchstand::stats::{Alpha, Counts, Interval, PValue, Statistic};

use crate::said::{Said, number, said};

use super::accumulators::counts;

pub(crate) fn say(kind: &str, form: &Value) -> Said {
    match kind {
        "Alpha" => said(form, |read: &Alpha| json!([read.get(), read.level()])),
        "Interval" => said(form, interval),
        "PValue" => said(form, p_value),
        "EValue" => said(form, e_value),
        "Statistic" => said(form, |read: &Statistic| json!(read.to_string())),
        "Spending" => said(form, |read: &Spending| {
            json!([0.1, 0.5, 0.9, 1.0].map(|time| read.spent(0.05, time)))
        }),
        "Monitor" => said(form, monitor),
        "SkewnessRule" => said(form, |read: &SkewnessRule| json!(read.factor())),
        "Capital" => said(form, capital),
        "BettingCapital" => said(form, betting),
        "EmpiricalBernstein" => said(form, bernstein),
        "BoundedDifference" => said(form, difference),
        "RunningIntersection" => said(form, intersection),
        "RunningP" => said(form, running_p),
        "SafeTwoProportions" => said(form, proportions),
        "SampleRatioProcess" => said(form, sample_ratio),
        "MaxWeight" => said(form, |read: &MaxWeight| json!(read.get())),
        "OffPolicy" => said(form, off_policy),
        _ => panic!("unknown kind {kind}"),
    }
}

fn interval(read: &Interval) -> Value {
    let contains = [-1.0, 0.0, 0.25, 1.0].map(|value| read.contains(value));
    json!({
        "ends": [number(read.lower), number(read.upper)],
        "level": read.level,
        "width": number(read.width()),
        "contains": contains,
        "is_empty": read.is_empty(),
        "text": read.to_string(),
    })
}

fn p_value(read: &PValue) -> Value {
    json!([
        number(read.value),
        number(read.ln_p),
        json!(read.to_string())
    ])
}

fn e_value(read: &EValue) -> Value {
    json!({
        "ln": number(read.ln()),
        "e": number(read.get()),
        "p": p_value(&read.p()),
        "suffices": read.is_significant(Alpha::FIVE_PERCENT),
        "text": read.to_string(),
    })
}

fn monitor(read: &Monitor) -> Value {
    let look = |look: &Interim| {
        json!({
            "number": look.number,
            "fraction": look.fraction,
            "effect": [look.effect, look.standard_error, look.z],
            "boundary": number(look.boundary),
            "futility": look.futility.map(number),
            "spent": look.spent_so_far,
            "interval": interval(&look.interval),
            "alpha": look.alpha.get(),
            "verdict": look.verdict.to_string(),
        })
    };
    let conclusion = read.conclusion().map(|found| {
        json!([
            p_value(&found.p),
            number(found.estimate),
            interval(&found.interval)
        ])
    });
    let mut later = read.clone();
    let next = later.look(4_500.0, 0.03, 1.0 / f64::sqrt(4_500.0));
    json!({
        "looks": read.looks().iter().map(look).collect::<Vec<_>>(),
        "conclusion": conclusion,
        "later": next.map(|next| look(&next)).map_err(|refusal| refusal.to_string()),
    })
}

fn capital(read: &Capital) -> Value {
    json!([
        number(read.ln_above),
        number(read.ln_below),
        number(read.ln_e())
    ])
}

fn betting(read: &BettingCapital) -> Value {
    let mut later = *read;
    let added = [0.9, 0.2, 1.0].map(|value| later.record(value).is_ok());
    json!([
        read.null(),
        read.n(),
        capital(&read.capital()),
        added,
        capital(&later.capital())
    ])
}

fn bernstein(read: &EmpiricalBernstein) -> Value {
    let mut later = *read;
    let added = [0.9, 0.2, 1.0].map(|value| later.record(value).is_ok());
    json!([
        read.n(),
        interval(&read.interval()),
        added,
        interval(&later.interval())
    ])
}

fn difference(read: &BoundedDifference) -> Value {
    let mut later = *read;
    let share = CandidateShare::new(0.25).unwrap();
    let added = later.record(Side::Candidate, share, 0.75).is_ok();
    json!([
        read.n(),
        read.estimate(),
        capital(&read.capital()),
        added,
        capital(&later.capital())
    ])
}

fn intersection(read: &RunningIntersection) -> Value {
    let running = |running: Running| match running {
        Running::Agree(agreed) => interval(&agreed),
        Running::Drift(_) => json!("drift"),
    };
    let mut later = *read;
    let next = json!({"lower": 0.1, "upper": 0.3, "level": 0.95});
    let next = later.look(serde_json::from_value(next).unwrap());
    let next = next.map(running).map_err(|refusal| refusal.to_string());
    json!([read.running().map(running), next])
}

fn running_p(read: &RunningP) -> Value {
    let mut later = *read;
    json!([p_value(&read.p()), p_value(&later.look(3.0))])
}

fn proportions(read: &SafeTwoProportions) -> Value {
    let (a, b) = read.counts();
    let mut later = *read;
    let pair = [(1, 2), (2, 2)].map(|(one, all)| Counts::new(one, all).unwrap());
    let added = later.record(&pair[0], &pair[1]).is_ok();
    json!([
        number(read.ln_e()),
        p_value(&read.p()),
        counts(&a),
        counts(&b),
        added,
        number(later.ln_e())
    ])
}

fn sample_ratio(read: &SampleRatioProcess) -> Value {
    let alpha = Alpha::FIVE_PERCENT;
    let mut later = read.clone();
    let added = later.record(0, 40).is_ok();
    json!({
        "n": read.n(),
        "ln_e": number(read.ln_e()),
        "p": p_value(&read.p()),
        "interval": read.interval(alpha).map(|found| interval(&found)),
        "ln_rate_ratio": read.ln_rate_ratio_interval(alpha).map(|found| interval(&found)),
        "later": [json!(added), number(later.ln_e())],
    })
}

fn off_policy(read: &OffPolicy) -> Value {
    let estimate = |read: &OffPolicy| {
        let found = read.estimate().map_err(|error| error.to_string())?;
        Ok::<_, String>(json!({
            "n": found.n,
            "values": [found.value, found.self_normalised, found.logged_value, found.gain],
            "intervals": [interval(&found.interval), interval(&found.gain_interval)],
            "weights": [found.effective_sample_size, found.mean_weight, found.greatest_weight],
            "text": found.to_string(),
        }))
    };
    let mut later = *read;
    let added = later
        .record(LoggedDecision::new(0.5, 0.25, 0.75).unwrap())
        .is_ok();
    json!([read.n(), estimate(read), added, estimate(&later)])
}
