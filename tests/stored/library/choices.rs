//! What stored choices of a method are.

use serde_json::{Value, json};
use switchstand::stats::agreement::Weights;
use switchstand::stats::compare::TwoArmsVerdict;
use switchstand::stats::group_sequential::TrialVerdict;
use switchstand::stats::planning::{Counting, Quantity, Sides, TrialMethod};
use switchstand::stats::quantiles::{OrderLaw, QuantileType, maritz_jarrett, quantile};
use switchstand::stats::ranks::{Zeros, signed_rank_statistic};
use switchstand::stats::{Alternative, Measure, Sample};

use crate::said::{Said, said};

pub(crate) fn say(kind: &str, form: &Value) -> Said {
    match kind {
        "Alternative" => said(form, |read: &Alternative| match read {
            Alternative::TwoSided => json!("two-sided"),
            Alternative::Greater => json!("greater"),
            Alternative::Less => json!("less"),
        }),
        "Sides" => said(form, |read: &Sides| match read {
            Sides::Two => json!("two"),
            Sides::One => json!("one"),
        }),
        "Measure" => said(form, measure),
        "QuantileType" => said(form, |read| quantile_type(form, read)),
        "OrderLaw" => said(form, |read: &OrderLaw| {
            json!(maritz_jarrett(&sample(), 0.4, *read).unwrap())
        }),
        "Zeros" => said(form, |read: &Zeros| {
            let found = signed_rank_statistic(&sample(), *read).unwrap();
            json!([found.n, found.positive, found.negative])
        }),
        "Weights" => said(form, |read: &Weights| match read {
            Weights::Identity => json!("identity"),
            Weights::Linear => json!("linear"),
            Weights::Quadratic => json!("quadratic"),
        }),
        "Quantity" => said(form, |read: &Quantity| match read {
            Quantity::Rate { control, candidate } => json!(["rates", control, candidate]),
            Quantity::Mean {
                difference,
                deviation,
            } => json!(["means", difference, deviation]),
        }),
        "Counting" => said(form, |read: &Counting| match read {
            Counting::EachRequest => json!("each request"),
            Counting::EachUnit { requests, shape } => json!(["each unit", requests, shape]),
        }),
        "forecast::Method" => said(form, |read: &TrialMethod| json!(read.to_string())),
        "group_sequential::Verdict" => said(form, |read: &TrialVerdict| json!(read.to_string())),
        "compare::Verdict" => said(form, |read: &TwoArmsVerdict| match read {
            TwoArmsVerdict::Higher => json!("higher"),
            TwoArmsVerdict::Lower => json!("lower"),
            TwoArmsVerdict::Undecided => json!("undecided"),
            TwoArmsVerdict::Withheld => json!("withheld"),
            _ => panic!("unknown verdict"),
        }),
        _ => panic!("unknown kind {kind}"),
    }
}

/// Returns what of the first meaning of a type of quantile still holds.
pub(crate) fn held(form: &Value, meaning: &Value) -> Value {
    match form.as_str() {
        // 0.1 of ten values is rank 1 now, and 0.9 of them rank 9: what lies between is the same.
        Some("inverse_cdf" | "averaged_inverse_cdf") => meaning[1].clone(),
        _ => meaning.clone(),
    }
}

fn quantile_type(form: &Value, read: &QuantileType) -> Value {
    let at = |order| quantile(&sample(), order, *read).unwrap();
    let ends = match form.as_str() {
        Some("inverse_cdf") => [-2.0, 7.5],
        Some("averaged_inverse_cdf") => [-1.25, 9.25],
        _ => return json!([0.1, 0.45, 0.9].map(at)),
    };
    assert_eq!([0.1, 0.9].map(at), ends, "{read:?}");
    json!(at(0.45))
}

fn sample() -> Sample {
    Sample::new(&[-2.0, -0.5, 0.0, 0.0, 0.75, 1.0, 2.5, 4.0, 7.5, 11.0]).unwrap()
}

fn measure(read: &Measure) -> Value {
    let name = match read {
        Measure::RateDifference => "difference of rates",
        Measure::MeanDifference => "difference of means",
        Measure::RelativeDifference => "relative difference",
        Measure::RateRatio => "ratio of rates",
        Measure::OddsRatio => "ratio of odds",
        Measure::RatioDifference => "difference of ratios",
        Measure::EventRateDifference => "difference of event rates",
        Measure::QuantileDifference => "difference of quantiles",
        Measure::Shift => "shift",
        Measure::Superiority => "superiority",
        Measure::AreaDifference => "difference of areas",
        Measure::Agreement => "agreement",
        _ => panic!("unknown measure"),
    };
    json!([name, read.no_effect()])
}
