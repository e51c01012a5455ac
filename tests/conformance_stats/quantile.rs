//! Quantiles of one sample.

use crate::comparison::{Outcome, Produced, object};
use crate::reading::Case;
use switchstand::stats::quantiles::{self, OrderLaw, QuantileType};
use switchstand::stats::{Alpha, Refusal, Sample};

const TYPES: [(&str, QuantileType); 8] = [
    ("1", QuantileType::InverseCdf),
    ("2", QuantileType::AveragedInverseCdf),
    ("4", QuantileType::InterpolatedCdf),
    ("5", QuantileType::Hazen),
    ("6", QuantileType::Weibull),
    ("7", QuantileType::Linear),
    ("8", QuantileType::MedianUnbiased),
    ("9", QuantileType::NormalUnbiased),
];

pub(crate) fn adapt(case: &Case) -> Outcome {
    let refused = |refusal: Refusal| refusal.to_string();
    let input = &case.input;
    let alpha = Alpha::new(input.number("alpha")?).map_err(|e| e.to_string())?;
    let p = input.number("p")?;
    let sample = Sample::new(&input.numbers("x")?).map_err(refused)?;
    let mut types = object([]);
    for (name, by) in TYPES {
        let p = match by {
            QuantileType::InverseCdf | QuantileType::AveragedInverseCdf => plain(p, sample.n()),
            _ => p,
        };
        types = types.with(name, quantiles::quantile(&sample, p, by).map_err(refused)?);
    }
    let order = quantiles::quantile_interval(&sample, p, alpha).map_err(refused)?;
    let error = |law| match quantiles::maritz_jarrett(&sample, p, law) {
        Ok(error) => Ok(Produced::from(error)),
        Err(Refusal::InsufficientData { .. }) => Ok(Produced::Undefined),
        Err(other) => Err(other.to_string()),
    };
    Ok(object([
        ("types", types),
        (
            "order_ci",
            (order.interval.lower, order.interval.upper).into(),
        ),
        ("order_index", [order.lower_rank, order.upper_rank].into()),
        ("coverage", order.coverage.into()),
        (
            "harrell_davis",
            quantiles::harrell_davis(&sample, p)
                .map_err(refused)?
                .into(),
        ),
        ("mj_se", error(OrderLaw::OrderStatistic)?),
        ("mj_se_wilcox", error(OrderLaw::Wilcox)?),
    ]))
}

/// The file takes `p` as it stands in binary, types 1 and 2 as the decimal number it stands for.
/// A neighbour of `p` is on the same side of a whole rank, and stands for none.
fn plain(p: f64, n: u64) -> f64 {
    let n = n as f64;
    let product = n * p;
    let above = (product - product.round()) + n.mul_add(p, -product);
    if above == 0.0 || above.abs() > 1e-9 {
        p
    } else if above > 0.0 {
        p.next_up()
    } else {
        p.next_down()
    }
}
