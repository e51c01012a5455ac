//! Group sequential boundaries by alpha spending, and the classical ones.

use crate::comparison::{Outcome, Tolerance, object};
use crate::reading::{Case, Fields};
use switchstand::stats::Alpha;
use switchstand::stats::group_sequential::{Fractions, GroupSequential, PlannedLook, Spending};
use switchstand::stats::planning::Sides;

pub(crate) fn adapt(case: &Case) -> Outcome {
    let input = &case.input;
    let design = design(input)?;
    let of_looks =
        |value: fn(&PlannedLook) -> f64| -> Vec<f64> { design.looks().iter().map(value).collect() };
    let without_effect = design.exits(0.0);
    let incremental: Vec<f64> = without_effect.iter().map(|exit| exit.above).collect();
    let mut sum = 0.0;
    let cumulative = incremental.iter().map(|spent| {
        sum += spent;
        sum
    });
    let produced = object([
        ("z", of_looks(|look| look.boundary).into()),
        ("nominal_p", of_looks(PlannedLook::nominal_p).into()),
        ("cumulative_alpha", cumulative.collect::<Vec<f64>>().into()),
        ("incremental_alpha", incremental.into()),
    ]);
    let Some(drift) = input.optional_number("drift")? else {
        return Ok(produced);
    };
    let exits = design.exits(drift);
    let above: Vec<f64> = exits.iter().map(|exit| exit.above).collect();
    Ok(produced
        .with("drift_upper_prob", above)
        .with("power", design.power(drift))
        .with("expected_information", design.expected_information(drift))
        .with("expected_information_h0", design.expected_information(0.0)))
}

fn design(input: &Fields) -> Result<GroupSequential, String> {
    let refused = |refusal: switchstand::stats::Refusal| refusal.to_string();
    let looks = Fractions::new(&input.numbers("fractions")?).map_err(refused)?;
    let rate = input.number("alpha_side")?;
    let (sides, rate) = match input.count("sides")? {
        2 => (Sides::Two, 2.0 * rate),
        _ => (Sides::One, rate),
    };
    let alpha = Alpha::new(rate).map_err(|e| e.to_string())?;
    let family = input.object("spending")?;
    let spending = match family.text("kind")? {
        "ldof" => Spending::OBRIEN_FLEMING,
        "ldpocock" => Spending::POCOCK,
        "hsd" => Spending::hwang_shih_decani(family.number("param")?).map_err(refused)?,
        "power" => Spending::power(family.number("param")?).map_err(refused)?,
        "wang_tsiatis" => {
            let delta = family.number("param")?;
            return GroupSequential::wang_tsiatis(&looks, delta, alpha, sides).map_err(refused);
        }
        other => return Err(format!("unknown spending function {other}")),
    };
    GroupSequential::new(&looks, spending, alpha, sides).map_err(refused)
}

pub(crate) fn tolerance(_: &Case, path: &str) -> Tolerance {
    if path.starts_with("z[") {
        Tolerance::absolute(1e-8)
    } else {
        Tolerance::absolute(1e-9)
    }
}
