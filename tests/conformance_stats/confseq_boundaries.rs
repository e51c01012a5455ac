//! Boundaries of centred sums that hold at all times.

use crate::comparison::{Outcome, Produced, Tolerance, object};
use crate::reading::Case;
use switchstand::stats::anytime::{MixtureBoundary, stitched_bound};
use switchstand::stats::planning::Sides;
use switchstand::stats::{Alpha, Refusal};

pub(crate) fn adapt(case: &Case) -> Outcome {
    let refused = |refusal: Refusal| refusal.to_string();
    let input = &case.input;
    let alpha = |key: &str| Alpha::new(input.number(key)?).map_err(|e| e.to_string());
    let (alpha, tuned) = (alpha("alpha")?, alpha("alpha_opt")?);
    let (s, v, v_opt) = (
        input.number("s")?,
        input.number("v")?,
        input.number("v_opt")?,
    );
    let c = input.number("c")?;
    let range = [input.number("g")?, input.number("h")?];
    let of = |boundary: Result<MixtureBoundary, Refusal>| -> Outcome {
        let boundary = boundary.map_err(refused)?;
        let log = match boundary.ln_e(s, v) {
            Err(Refusal::OutOfRange { .. }) => Produced::Undefined,
            other => other.map_err(refused)?.into(),
        };
        let bound = boundary.bound(v, alpha).map_err(refused)?;
        Ok(object([("log", log), ("bound", bound.into())]))
    };
    let two_sided = MixtureBoundary::normal(Sides::Two, v_opt, tuned);
    let v_min = v_opt / 10.0;
    Ok(object([
        (
            "rho_two_sided",
            two_sided.clone().map_err(refused)?.rho().into(),
        ),
        ("normal_two", of(two_sided)?),
        (
            "normal_one",
            of(MixtureBoundary::normal(Sides::One, v_opt, tuned))?,
        ),
        (
            "gamma_exponential",
            of(MixtureBoundary::gamma_exponential(c, v_opt, tuned))?,
        ),
        (
            "gamma_poisson",
            of(MixtureBoundary::gamma_poisson(c, v_opt, tuned))?,
        ),
        (
            "beta_binomial_one",
            of(MixtureBoundary::beta_binomial(
                Sides::One,
                range,
                v_opt,
                tuned,
            ))?,
        ),
        (
            "beta_binomial_two",
            of(MixtureBoundary::beta_binomial(
                Sides::Two,
                range,
                v_opt,
                tuned,
            ))?,
        ),
        ("poly_stitching_vmin", v_min.into()),
        (
            "poly_stitching",
            stitched_bound(v, c, v_min, alpha).map_err(refused)?.into(),
        ),
    ]))
}

pub(crate) fn tolerance(case: &Case, path: &str) -> Tolerance {
    if path.ends_with(".log") {
        let time = |key| case.input.number(key).unwrap_or(0.0);
        let of_time = 1e-13 * (time("v") + time("v_opt"));
        // 1e-12 of the value or of 1, whichever is larger, on top of what time allows.
        let value = case
            .expected
            .pointer(&format!("/{}", path.replace('.', "/")))
            .and_then(serde_json::Value::as_f64)
            .unwrap_or(0.0);
        Tolerance::absolute(1e-12 * value.abs().max(1.0) + of_time)
    } else if path.ends_with(".bound") {
        Tolerance::relative(1e-8)
    } else {
        Tolerance::relative(1e-12)
    }
}
