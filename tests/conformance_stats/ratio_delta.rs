//! Ratios of sums by the delta method.

use super::welch_t::flipped;
use crate::comparison::{Outcome, Produced, object, refusal};
use crate::reading::Case;
use switchstand::stats::{
    Alpha, Alternative, FixedHorizon, RatioMoments, Refusal, Statistic, ratios,
};

type Test = fn(&RatioMoments, &RatioMoments, Alpha, Alternative) -> Result<FixedHorizon, Refusal>;

pub(crate) fn adapt(case: &Case) -> Outcome {
    let refused = |refusal: Refusal| refusal.to_string();
    let input = &case.input;
    let alpha = Alpha::new(input.number("alpha")?).map_err(|e| e.to_string())?;
    let arm = |key: &str| {
        let (x, y): (Vec<f64>, Vec<f64>) = input.pairs(key)?.into_iter().unzip();
        let mut units = RatioMoments::new();
        units.extend_from_slices(&x, &y).map_err(refused)?;
        Ok::<RatioMoments, String>(units)
    };
    let (a, b) = (arm("a")?, arm("b")?);
    let two_sided = ratios::difference(&a, &b, alpha, Alternative::TwoSided);
    if matches!(two_sided, Err(Refusal::ZeroDenominator { .. })) {
        return Ok(Produced::refused("zero_denominator"));
    }
    if let Err(Refusal::InsufficientData { .. }) = &two_sided {
        return refusal(case, &two_sided.unwrap_err());
    }
    let (ratio_a, ratio_b) = (a.ratio().map_err(refused)?, b.ratio().map_err(refused)?);
    let variance_a = ratios::variance(&a).map_err(refused)?;
    let variance_b = ratios::variance(&b).map_err(refused)?;
    let produced = object([
        ("ratio_a", ratio_a.into()),
        ("ratio_b", ratio_b.into()),
        ("var_ratio_a", variance_a.into()),
        ("var_ratio_b", variance_b.into()),
        ("sums_a", sums(&a)?),
        ("sums_b", sums(&b)?),
    ]);
    if let Err(Refusal::ZeroVariance { .. }) = two_sided {
        return Ok(produced
            .with("diff", ratio_b - ratio_a)
            .with("se", (variance_a + variance_b).sqrt())
            .with("error", "zero_variance"));
    }
    let test = two_sided.map_err(refused)?;
    let mut produced = produced
        .with("diff", test.effect)
        .with("se", test.standard_error)
        .with("z", z(&test))
        .with("ci", (test.interval.lower, test.interval.upper));
    for (key, value) in p_values(ratios::difference, &a, &b, alpha)? {
        produced = produced.with(key, value);
    }
    if let Ok(lift) = ratios::relative_lift(&a, &b, alpha, Alternative::TwoSided) {
        // The file divides by the control's ratio, sign and all; here its size divides.
        let flips = ratio_a < 0.0;
        let interval = lift.interval;
        let (sign, bounds) = match flips {
            true => (-1.0, (-interval.upper, -interval.lower)),
            false => (1.0, (interval.lower, interval.upper)),
        };
        let mut relative = object([
            ("lift", (sign * lift.effect).into()),
            ("se", lift.standard_error.into()),
            ("ci", bounds.into()),
        ]);
        let test: Test = match flips {
            true => |a, b, alpha, side| ratios::relative_lift(a, b, alpha, flipped(side, true)),
            false => ratios::relative_lift,
        };
        for (key, value) in p_values(test, &a, &b, alpha)? {
            relative = relative.with(key, value);
        }
        produced = produced.with("lift", relative);
    }
    Ok(produced)
}

fn z(test: &FixedHorizon) -> Option<f64> {
    match test.statistic {
        Statistic::Normal { z } => Some(z),
        _ => None,
    }
}

fn p_values(
    test: Test,
    a: &RatioMoments,
    b: &RatioMoments,
    alpha: Alpha,
) -> Result<[(&'static str, f64); 4], String> {
    let p = |alternative| test(a, b, alpha, alternative).map_err(|e| e.to_string());
    let two_sided = p(Alternative::TwoSided)?.p;
    Ok([
        ("p_two_sided", two_sided.value),
        ("ln_p_two_sided", two_sided.ln_p),
        ("p_greater", p(Alternative::Greater)?.p.value),
        ("p_less", p(Alternative::Less)?.p.value),
    ])
}

/// The raw sums follow from the moments, which is what shows that none of them is lost.
fn sums(units: &RatioMoments) -> Result<Produced, String> {
    let n = units.n() as f64;
    let (x, y) = (units.numerator(), units.denominator());
    let parts = (x.mean(), y.mean(), x.variance(), y.variance());
    let (Some(mx), Some(my), Some(vx), Some(vy)) = parts else {
        return Err("fewer than two units".to_owned());
    };
    let covariance = units.covariance().ok_or("fewer than two units")?;
    Ok(object([
        ("n", units.n().into()),
        ("sum_x", (n * mx).into()),
        ("sum_y", (n * my).into()),
        ("sum_xx", ((n - 1.0) * vx + n * mx * mx).into()),
        ("sum_yy", ((n - 1.0) * vy + n * my * my).into()),
        ("sum_xy", ((n - 1.0) * covariance + n * mx * my).into()),
    ]))
}
