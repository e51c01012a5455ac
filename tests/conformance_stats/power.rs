//! Plans: sample size, power, smallest detectable effect.

use crate::comparison::{Outcome, Produced, object};
use crate::reading::Case;
use switchstand::stats::planning::{Design, SampleSize, Sides, means, proportions};
use switchstand::stats::{Alpha, Refusal};

pub(crate) fn adapt(case: &Case) -> Outcome {
    let refused = |refusal: Refusal| refusal.to_string();
    let input = &case.input;
    let alpha = Alpha::new(input.number("alpha")?).map_err(|e| e.to_string())?;
    let sides = match input.count("sides")? {
        1 => Sides::One,
        _ => Sides::Two,
    };
    let design = Design::new(alpha, input.number("power")?)
        .and_then(|design| design.with_ratio(input.number("ratio").unwrap_or(f64::NAN)))
        .map_err(refused)?
        .with_sides(sides);
    let units = [input.count("n_a")?, input.count("n_b")?];
    if input.text("kind")? == "means" {
        return of_means(case, &design, units).map_err(|e| e.to_string());
    }
    let (p1, p2) = (input.number("p1")?, input.number("p2")?);
    let size = |size: Result<SampleSize, Refusal>| size.map_err(refused);
    let fleiss = size(proportions::sample_size(p1, p2, &design))?;
    let unpooled = size(proportions::sample_size_unpooled(p1, p2, &design))?;
    let arcsine = size(proportions::sample_size_arcsine(p1, p2, &design))?;
    let margin = input.number("margin")?;
    let equal = size(proportions::non_inferiority(p1, p1, margin, &design))?;
    Ok(object([
        ("fleiss_n_a", fleiss.control_solution().into()),
        ("fleiss_n_a_ceil", fleiss.control().into()),
        ("unpooled_n_a", unpooled.control_solution().into()),
        ("unpooled_n_a_ceil", unpooled.control().into()),
        ("arcsine_n_a", arcsine.control_solution().into()),
        (
            "cohen_h",
            proportions::cohen_h(p1, p2).map_err(refused)?.into(),
        ),
        (
            "power_normal",
            proportions::power(p1, p2, units, alpha, sides)
                .map_err(refused)?
                .into(),
        ),
        ("noninferiority_n_a_equal", equal.control_solution().into()),
    ]))
}

fn of_means(case: &Case, design: &Design, units: [u64; 2]) -> Result<Produced, String> {
    let refused = |refusal: Refusal| refusal.to_string();
    let input = &case.input;
    let difference = input.number("diff")?;
    let (sd1, sd2) = (input.number("sd1")?, input.number("sd2")?);
    let size = means::sample_size(difference, [sd1, sd2], design).map_err(refused)?;
    let mde = means::detectable_difference([sd1, sd2], units, design).map_err(refused)?;
    let power = means::t_test_power(difference, sd1, units, design.alpha(), design.sides());
    let n = means::t_test_sample_size(difference, sd1, design);
    Ok(object([
        ("z_n_a", size.control_solution().into()),
        ("z_n_a_ceil", size.control().into()),
        ("mde_z", mde.into()),
        ("t_power", power.map_err(refused)?.into()),
        ("t_n", n.map_err(refused)?.into()),
    ]))
}
