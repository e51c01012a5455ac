//! Distances of two distributions.

use crate::comparison::{Outcome, object};
use crate::reading::Case;
use switchstand::stats::{Refusal, Sample, drift};

pub(crate) fn adapt(case: &Case) -> Outcome {
    let refused = |refusal: Refusal| refusal.to_string();
    let a = Sample::new(&case.input.numbers("a")?).map_err(refused)?;
    let b = Sample::new(&case.input.numbers("b")?).map_err(refused)?;
    let distance = drift::distance(&a, &b);
    let exact = drift::kolmogorov_smirnov_exact(&a, &b).map_err(refused)?;
    Ok(object([
        ("d", distance.largest.into()),
        ("d_plus", distance.candidate_above.into()),
        ("d_minus", distance.control_above.into()),
        ("p_exact", exact.value.into()),
        (
            "p_kolmogorov",
            drift::kolmogorov_smirnov(&a, &b).value.into(),
        ),
    ]))
}
